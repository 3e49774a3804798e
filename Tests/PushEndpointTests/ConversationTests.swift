import Foundation
import JSONBytes
import Provisioning
import Reconciliation
import Storage
import Testing

@testable import PushEndpoint

@Suite("Conversations of identity providers")
struct ConversationTests {
    @Test("every client has a conversation, in the folder of its name")
    func complete() throws {
        for client in Client.all {
            let files = Conversation.files.filter { $0.hasPrefix(client.name + "/") }
            #expect(!files.isEmpty, "\(client.name)")
            for file in files { #expect(try Conversation(file: file).client == client.name, "\(file)") }
        }
        for file in Conversation.files { #expect(Client(named: String(file.prefix { $0 != "/" })) != nil, "\(file)") }
    }

    @Test("every client's conversations go from the first lookup to the end of a person and a group")
    func whole() throws {
        for client in Client.all {
            let steps = try Conversation.files.filter { $0.hasPrefix(client.name + "/") }
                .flatMap { try Conversation(file: $0).steps }
            #expect(steps.first?.method == "GET" && steps.first?.status == 200, "\(client.name)")
            for method in ["POST", "DELETE"] { #expect(steps.contains { $0.method == method }, "\(client.name)") }
            for kind in ["/Users", "/Groups"] {
                #expect(steps.contains { $0.method == "POST" && $0.target == kind }, "\(client.name) \(kind)")
                let changes = steps.filter { ["PUT", "PATCH"].contains($0.method) && $0.target.hasPrefix(kind) }
                #expect(changes.count >= 2, "\(client.name) \(kind)")
            }
            #expect(steps.contains { $0.state.contains { $0.contains(#""active": false"#) } }, "\(client.name)")
        }
    }

    @Test(
        "a client is answered, and its people are in the accounts, as its conversation says",
        arguments: Conversation.files)
    func conversation(_ file: String) async throws {
        let conversation = try Conversation(file: file)
        let room = try Room(client: conversation.client)
        var placeholders = Placeholders()
        for step in conversation.steps {
            let answer = await room.world.call(
                step.method, placeholders.filled(step.path), placeholders.filled(step.body),
                query: placeholders.filled(step.query), headers: step.headers)
            #expect(answer.status == step.status, "\(step.title): \(answer.body)")
            if !step.answer.isEmpty {
                let expected = try JSONValue(parsing: placeholders.filled(step.answer))
                let difference = placeholders.difference(expected, .object(answer.body))
                #expect(difference == nil, "\(step.title): \(answer.body)")
            }
            try room.drain()
            for line in step.state {
                #expect(try room.difference(placeholders.filled(line)) == nil, "\(step.title)")
            }
            room.world.tick()
        }
    }

    @Test("a conversation that does not hold is found out")
    func notices() throws {
        var placeholders = Placeholders()
        let found: JSONValue = ["id": "7", "active": false, "members": [["value": "1"], ["value": "2"]]]
        for good: JSONValue in [
            ["id": "{{who}}"], ["members": [["value": "2"], ["value": "1"]]], ["title": .null],
            ["id": "{{who}}", "active": false],
        ] {
            #expect(placeholders.difference(good, found) == nil, "\(good)")
        }
        #expect(placeholders.filled("/Users/{{who}}") == "/Users/7")
        for bad: JSONValue in [
            ["active": true], ["title": "x"], ["id": .null], ["members": [["value": "1"]]],
            ["members": [["value": "{{who}}"], ["value": "1"]]],
            ["members": [["value": "1"], ["value": "2"], ["value": "3"]]],
        ] {
            #expect(placeholders.difference(bad, found) != nil, "\(bad)")
        }
    }
}

/// An endpoint that is set up for a client, with a worker that drains when it is told to.
private struct Room {
    let world: World
    private let organization: Int64

    init(client: String) throws {
        world = try World()
        organization = try world.store.organization(named: "acme").organization
        _ = try world.store.setSCIMConfiguration(World.configuration, of: organization, client: client)
        // In companies of two every departure is half of the people, which the gates would hold.
        var gates = GateLimits()
        gates.classes = [:]
        let now = world.endpoint.now()
        let state = try world.store.connectionState(
            organization: "acme", connection: ConnectionNaming.standard, now: now)
        try world.store.accept(
            state, takenAt: nil, counts: [:], digest: nil, rules: state.rules ?? Rules(), gates: gates, startedAt: now)
    }

    func drain() throws {
        let environment = RunEnvironment(now: world.endpoint.now, makeID: world.endpoint.newID)
        _ = try Drainer(store: world.store, environment: environment).drain { _ in }
    }

    /// Compares a line such as `user NAME {"active": true}` or `no group NAME` with the accounts.
    func difference(_ line: String) throws -> String? {
        let brace = line.firstIndex(of: "{") ?? line.endIndex
        var words = line[..<brace].split(separator: " ")
        let isAbsent = words.first == "no"
        if isAbsent { words.removeFirst() }
        let kind: Kind = words.removeFirst() == "user" ? .user : .group
        let name = words.joined(separator: " ")
        var found: StoredAccount?
        try world.store.forEachAccount(of: organization, kind: kind, related: true) { stored in
            if stored.account.name == name { found = stored }
        }
        if isAbsent { return found == nil ? nil : "\(name) is there" }
        guard let found else { return "\(name) is missing" }
        var placeholders = Placeholders()
        return placeholders.difference(try JSONValue(parsing: String(line[brace...])), Self.object(found))
    }

    private static func object(_ stored: StoredAccount) -> JSONValue {
        var object = JSONObject()
        for slot in stored.account.attributes.slots { object[slot.path] = slot.value }
        object["active"] = .bool(stored.account.active)
        object["externalId"] = stored.account.externalId.map(JSONValue.string)
        let related = stored.related.map { JSONValue.string($0.name) }
        object[stored.account.kind == .user ? "groups" : "members"] = .array(related)
        return .object(object)
    }
}
