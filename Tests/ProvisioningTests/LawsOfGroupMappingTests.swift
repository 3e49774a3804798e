import Foundation
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

/// Laws 1, 2 and 11 where the mapping gives roles and entitlements by membership.
@Suite("Laws of mappings by group")
struct LawsOfGroupMappingTests {
    /// Group g1 gives a role, and g3 an entitlement.
    static func rules() throws -> Rules {
        var rules = Rules()
        rules.recordMapping = [
            MappingLine(
                target: try MappingTarget(parsing: "roles", kind: .user),
                from: .expression(try MappingExpression(parsing: #"IIF(MemberOf("GROUP g1"), "admin", "user")"#))),
            MappingLine(
                target: try MappingTarget(parsing: "entitlements", kind: .user),
                from: .expression(try MappingExpression(parsing: #"IIF(MemberOf("g3"), "vpn", "")"#)),
                whenEmpty: .clear),
        ]
        return rules
    }

    /// Role and entitlement of every active account, by anchor.
    private func given(_ world: World) throws -> [String: [String]] {
        let store = try world.store()
        var found: [String: [String]] = [:]
        guard let organization = try store.organizations().first else { return found }
        try store.forEachAccount(of: organization.organization, related: false) { stored in
            guard stored.account.kind == .user, stored.account.active else { return }
            found[stored.account.externalId ?? ""] = ["roles", "entitlements"].map { slot in
                stored.account.attributes[slot]?.object?["value"]?.string ?? "-"
            }
        }
        return found
    }

    /// What was said about groups so far: a group without a list keeps the one that it had.
    private struct Oracle {
        private var lists: [String: Set<String>] = [:]

        mutating func given(_ day: Day) -> [String: [String]] {
            for group in day.groups ?? [] { if let members = group.members { lists[group.anchor] = Set(members) } }
            let present = Set((day.groups ?? []).map(\.anchor))
            func members(_ group: String) -> Set<String> {
                var (found, waiting): (Set<String>, [String]) = ([], present.contains(group) ? [group] : [])
                while let next = waiting.popLast() {
                    for member in lists[next] ?? [] where found.insert(member).inserted && present.contains(member) {
                        waiting.append(member)
                    }
                }
                return found
            }
            let (first, third) = (members("g1"), members("g3"))
            return Dictionary(
                day.people.filter(\.active).map { person in
                    let anchor = person.anchor
                    return (anchor, [first.contains(anchor) ? "admin" : "user", third.contains(anchor) ? "vpn" : "-"])
                }, uniquingKeysWith: { first, _ in first })
        }
    }

    @Test("weeks of snapshots give roles by membership, converge, and skipping is invisible", arguments: 0..<16)
    func weeks(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(9700 + seed))
        let (world, rules) = (try World(), try Self.rules())
        var oracle = Oracle()
        var days: [Day] = []
        for _ in 0..<5 {
            let day = LawsOfGroupsTests.day(using: &generator)
            guard !day.people.isEmpty else { continue }
            days.append(day)
            let story = "seed \(seed): \(days)"
            var job = try world.job(day)
            job.rules = rules
            let (short, long) = (try world.plan(job, shortcuts: true), try world.plan(job, shortcuts: false))
            #expect(short.summary.digest == long.summary.digest, "\(story)")
            let told = try world.run(day) { $0.rules = rules }
            #expect(told.summary.outcome == .applied, "\(story)")
            #expect(try given(world) == oracle.given(day), "\(story)")
            let again = try world.plan(job, shortcuts: true)
            #expect(again.summary.isEmpty, "\(story) \(again.events.rows.filter { !$0.changes.isEmpty })")
            #expect(try world.queued() == 0 && world.violations().isEmpty, "\(story)")
        }
    }

    @Test("pushed memberships give the same roles, and a snapshot then has nothing to do", arguments: 0..<16)
    func agreement(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(9800 + seed))
        let (world, rules) = (try World(), try Self.rules())
        let client = try Client(world, rules: rules)
        var oracle = Oracle()
        var days: [Day] = []
        for _ in 0..<3 {
            let day = LawsOfGroupsTests.day(using: &generator, silent: false)
            guard !day.people.isEmpty else { continue }
            days.append(day)
            let story = "seed \(seed): \(days)"
            var drains = generator
            try await client.reach(day, using: &generator) {
                if Int.random(in: 0..<3, using: &drains) == 0 { try client.drain() }
            }
            for group in (day.groups ?? []).shuffled(using: &generator) { try await client.put(group) }
            try client.drain()
            let expected = oracle.given(day)
            #expect(try given(world) == expected, "\(story)")
            #expect(try world.queued() == 0 && world.violations().isEmpty, "\(story)")
            guard Bool.random(using: &generator) else { continue }
            let told = try world.run(day) { $0.rules = rules }
            #expect(told.summary.isEmpty, "\(story) \(told.rows.filter { !$0.changes.isEmpty })")
            #expect(try given(world) == expected, "\(story)")
        }
        await client.close()
    }

    @Test("a push of a group's list alone changes the role of whom it moves, and takes the entitlement back")
    func membershipAlone() async throws {
        let world = try World()
        let client = try Client(world, rules: try Self.rules())
        for (anchor, name) in [("p1", "x"), ("p2", "y")] { try await client.put(Day.Person(anchor, name)) }
        for group in [Day.Group("g1", ["p1"]), Day.Group("g3", ["p1"])] { try await client.put(group) }
        try client.drain()
        #expect(try given(world) == ["p1": ["admin", "vpn"], "p2": ["user", "-"]])
        try await client.change(group: "g1", add: ["p2"], remove: ["p1"])
        try await client.change(group: "g3", remove: ["p1"])
        let told = try #require(try client.drain())
        #expect(told.summary.counts[.attributeClear] == 1)
        #expect(try given(world) == ["p1": ["user", "-"], "p2": ["admin", "-"]])
        try await client.delete(.group, "g1")
        try client.drain()
        #expect(try given(world) == ["p1": ["user", "-"], "p2": ["user", "-"]])
        await client.close()
    }

    @Test("a group that the mapping or a filter names and nobody is called is noted once in every run")
    func unknown() throws {
        let world = try World()
        let day = Day([Day.Person("p1", "x"), Day.Person("p2", "y")], groups: [Day.Group("g1", ["p1"])])
        let rules = try Self.rules()
        for _ in 0..<2 {
            let told = try world.run(day) { $0.rules = rules }
            let notes = told.notices.filter { $0.text.contains("no group is called") }
            #expect(notes.map(\.subject.name) == ["g3"])
        }
        #expect(try world.run(day).notices.allSatisfy { !$0.text.contains("no group is called") })
    }
}
