import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Matching")
struct MatchingTests {
    private static let names: [MatchingRule.Attribute] = [
        .slot(path: "name.givenName", isCaseExact: false), .slot(path: "title", isCaseExact: false),
    ]

    /// An account that the application had before anybody connected a directory.
    private func add(
        _ world: World, _ id: String, name: String, externalId: String? = nil, protected: Bool = false,
        _ document: JSONObject = [:]
    ) throws {
        let store = try world.store(.readWrite)
        _ = try store.connectionState(organization: "acme", connection: "main", now: world.clock.now)
        try store.write { db in
            try db.execute(
                sql: """
                    INSERT INTO account (organization, id, kind, name, externalId, document, protected)
                    VALUES (1, ?, 'user', ?, ?, ?, ?)
                    """, arguments: [id, name, externalId, JSONValue.object(document).text, protected])
        }
    }

    /// A person with more attributes than a day says.
    private func day(_ anchor: String, _ name: String, _ more: JSONObject) -> String {
        var resource = Day.Person(anchor, name).resource
        for member in more.members { resource[member.key] = member.value }
        return Day.list([resource])
    }

    private func run(
        _ world: World, _ text: String, _ matching: [MatchingRule], _ change: (inout Policies) -> Void = { _ in }
    ) throws -> Told {
        try world.run(Day([])) { job in
            try! Data(text.utf8).write(to: URL(fileURLWithPath: job.source.users[0]))
            job.rules.matching = matching
            change(&job.rules.policies)
        }
    }

    private func evidence(_ world: World) throws -> [String: String] {
        try world.store().read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT a.id, l.evidence FROM link l JOIN account a ON a.row = l.accountRow")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] as String, $0[1] as String) })
        }
    }

    @Test("a rule of several attributes finds whom all of them agree about, folded, and keeps the evidence")
    func composite() throws {
        let world = try World()
        try add(world, "a1", name: "ann.old", ["name.givenName": "ANN", "title": "Boss"])
        try add(world, "a2", name: "ann.other", ["name.givenName": "Ann", "title": "Clerk"])
        let text = day("p1", "ann", ["name": ["givenName": "Ann"], "title": "boss"])
        let told = try run(world, text, [MatchingRule(.externalId), MatchingRule(Self.names), MatchingRule(.userName)])
        #expect(told.summary.situations[.found] == 1 && told.summary.counts[.create] == nil)
        #expect(try evidence(world) == ["a1": "name.givenName ann, title boss"])
        #expect(try world.violations().isEmpty)
    }

    @Test("a record without a value for one of a rule's attributes is not asked by that rule")
    func incomplete() throws {
        let world = try World()
        try add(world, "a1", name: "ann.old", ["title": "t"])
        let told = try run(world, day("p1", "ann", [:]), [MatchingRule(Self.names)])
        #expect(told.summary.counts == [.create: 1])
    }

    @Test("the first rule that finds anything decides: two hits are nobody's, and no weaker rule is asked")
    func ambiguous() throws {
        let world = try World()
        for id in ["a1", "a2"] {
            try add(world, id, name: "ann." + id, ["name.givenName": "Ann", "title": "t"])
        }
        try add(world, "a3", name: "ann")
        let text = day("p1", "ann", ["name": ["givenName": "Ann"]])
        let told = try run(world, text, [MatchingRule(Self.names), MatchingRule(.userName)])
        #expect(told.quarantined.map(\.finding.code) == ["AMBIGUOUS"] && told.summary.isEmpty)
        let other = try run(world, text, [MatchingRule(.userName), MatchingRule(Self.names)])
        #expect(other.summary.situations[.found] == 1)
        #expect(try evidence(world) == ["a3": "userName ann"])
    }

    @Test("an address links only if the connection says so, and one that nobody verified only by policy")
    func emails() throws {
        let address: JSONValue = ["type": "work", "value": "Ann@Acme.example"]
        let verified: JSONValue = ["type": "work", "value": "Ann@Acme.example", "verified": true]
        let emails = [MatchingRule(.externalId), MatchingRule(.emails)]
        let cases: [([MatchingRule], JSONValue, Bool, Bool)] = [
            (MatchingRule.defaults, verified, true, false), (emails, address, false, false),
            (emails, address, true, true), (emails, verified, false, true),
        ]
        for (rules, value, isAllowed, links) in cases {
            let world = try World()
            try add(world, "a1", name: "ann.old", [#"emails[type eq "work"]"#: ["value": "ann@acme.example"]])
            let told = try run(world, day("p1", "ann", ["emails": [value]]), rules) {
                $0.allowUnverifiedEmailAccountLinking = isAllowed
            }
            #expect((told.summary.situations[.found] == 1) == links, "\(rules.map(\.text)) \(value.text) \(isAllowed)")
            #expect((told.summary.counts[.create] == 1) == !links)
        }
    }

    @Test("a protected account, and one that carries another externalId, is not linked by what people share")
    func strangers() throws {
        let document: JSONObject = ["name.givenName": "Ann", "title": "t"]
        for (externalId, protected, expected) in [("other", false, Situation.absent), (nil, true, .taken)] {
            let world = try World()
            try add(world, "a1", name: "ann.old", externalId: externalId, protected: protected, document)
            let told = try run(world, day("p1", "ann", ["name": ["givenName": "Ann"]]), [MatchingRule(Self.names)])
            #expect(told.summary.situations[expected] == 1, "\(expected)")
        }
    }

    @Test("two records that find one account by a weak rule do not get it")
    func rivals() throws {
        let world = try World()
        try add(world, "a1", name: "ann.old", ["name.givenName": "Ann", "title": "t"])
        var people: [JSONObject] = []
        for anchor in ["p1", "p2"] {
            var resource = Day.Person(anchor, anchor).resource
            resource["name"] = ["givenName": "Ann"]
            people.append(resource)
        }
        let told = try run(world, Day.list(people), [MatchingRule(Self.names)])
        #expect(told.summary.situations[.duplicateSource] == 2 && told.summary.isEmpty)
        #expect(try evidence(world).isEmpty)
    }

    @Test("matching by other attributes is the same on a push")
    func pushes() async throws {
        let world = try World()
        try add(world, "a1", name: "x.old", ["title": "t"])
        var rules = World.rules
        rules.matching = [MatchingRule([.slot(path: "title", isCaseExact: false)])]
        let client = try Client(world, rules: rules)
        try await client.put(Day.Person("p1", "x"))
        #expect(try client.drain()?.summary.situations == [.found: 1])
        #expect(try evidence(world) == ["a1": "title t"])
        await client.close()
    }

    @Test("rules come back from the database as they were")
    func coding() throws {
        var rules = Rules()
        rules.matching = [MatchingRule(.externalId), MatchingRule(Self.names), MatchingRule(.emails, .userName)]
        #expect(try Rules(json: rules.json) == rules)
        #expect(Rules().canonicalText.contains("matching: externalId, userName"))
    }
}
