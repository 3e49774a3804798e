import Foundation
import JSONBytes
import Reconciliation
import Storage
import Synchronization

@testable import PushEndpoint

/// Two organizations with an endpoint each, in memory, and a clock that a test moves.
final class World: Sendable {
    let store: Store
    let endpoint: Endpoint
    let token: BearerToken
    let otherToken: BearerToken

    static let configuration = "c-1"
    static let otherConfiguration = "c-2"

    init(log: (@Sendable (RequestEntry) -> Void)? = nil) throws {
        let store = try Store(inMemory: "test")
        let start = Instant(milliseconds: 1_795_000_000_000)
        token = BearerToken(random: (0..<32).map { UInt8($0) })
        otherToken = BearerToken(random: (0..<32).map { UInt8(100 + $0) })
        for (name, id, token) in [("acme", Self.configuration, token), ("globex", Self.otherConfiguration, otherToken)]
        {
            let organization = try store.createOrganization(named: name, now: start).organization
            _ = try store.createSSOConfiguration(named: "sso", id: "sso-" + name, of: organization, now: start)
            _ = try store.createSCIMConfiguration(
                SCIMConfigurationRequest(id: id, name: "push", sso: "sso", token: token), of: organization, now: start)
        }
        self.store = store
        let box = Box()
        endpoint = Endpoint(
            store: store, commits: GroupCommit(store: store), publicURL: { "https://id.example" },
            now: { Instant(milliseconds: box.clock.withLock { $0 }) },
            newID: {
                let next = box.ids.withLock { value in
                    value += 1
                    return value
                }
                let digits = String(next)
                return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
            }, onAccepted: { box.wakes.withLock { $0 += 1 } }, onAnswered: log)
        self.box = box
    }

    final class Box: Sendable {
        let clock = Mutex<Int64>(1_795_000_001_000)
        let ids = Mutex<Int>(0)
        let wakes = Mutex<Int>(0)
    }

    let box: Box

    var wakeCount: Int { box.wakes.withLock { $0 } }

    func tick(days: Int64 = 0) { box.clock.withLock { $0 += 1000 + days * 86_400_000 } }

    /// A request with the good token.
    func call(
        _ method: String, _ path: String, _ body: String? = nil, query: String = "", headers: [String: String] = [:]
    ) async -> Answer {
        var all = ["authorization": "Bearer " + token.text, "content-type": "application/scim+json"]
        all.merge(headers) { $1 }
        return await raw(method, "/scim/\(Self.configuration)\(path)", body, query: query, headers: all)
    }

    func raw(
        _ method: String, _ path: String, _ body: String? = nil, query: String = "", headers: [String: String] = [:]
    ) async -> Answer {
        let bytes = Array((body ?? "").utf8)
        let response = await endpoint.handle(
            EndpointRequest(method: method, path: path, query: query, headers: headers, body: { bytes }))
        return Answer(response: response)
    }

    /// Creates somebody and returns the id.
    func user(_ name: String) async -> String {
        await call("POST", "/Users", #"{"userName":"\#(name)"}"#).text("id")
    }
}

struct Answer: Sendable {
    let response: EndpointResponse

    var status: Int { response.status }
    var headers: [String: String] { response.headers }
    var body: JSONObject { (try? JSONValue(parsing: response.body))?.object ?? JSONObject() }
    func text(_ key: String) -> String { body[key]?.string ?? "" }
    var names: [String] { (body["Resources"]?.array ?? []).compactMap { $0.object?["userName"]?.string } }
    var members: [String] {
        (body["members"]?.array ?? []).compactMap { $0.object?["value"]?.string }.sorted()
    }
}

enum Samples {
    static func request(_ name: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "samples/requests/" + name), encoding: .utf8)
    }
}
