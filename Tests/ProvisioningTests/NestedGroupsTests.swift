import Foundation
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Groups within groups")
struct NestedGroupsTests {
    private let people = ["1", "2", "3", "4"].map { Day.Person("p" + $0, "name" + $0) }

    private func day(_ lists: [String: [String]?], people: [Day.Person]? = nil) -> Day {
        Day(
            people ?? self.people,
            groups: lists.sorted { $0.key < $1.key }.map { Day.Group($0.key, $0.value) })
    }

    private func flatten(_ job: inout Job) { job.rules.policies.nestedGroups = .flatten }

    private func members(_ world: World) throws -> [String: Set<String>] {
        try world.accounts().groups.filter(\.value.active).mapValues(\.members)
    }

    @Test("kept: a group within a group is a member, and its people are not")
    func kept() throws {
        let world = try World()
        try world.run(day(["g1": ["p1", "g2"], "g2": ["p2"]]))
        #expect(try members(world) == ["g1": ["p1", "g2"], "g2": ["p2"]])
        #expect(try world.run(day(["g1": ["p1", "g2"], "g2": ["p2"]])).summary.isEmpty)
    }

    @Test("flattened: a group has everybody within it, however deep, and no group is a member")
    func flattened() throws {
        let world = try World()
        let lists: [String: [String]?] = ["g1": ["p1", "g2"], "g2": ["p2", "g3"], "g3": ["p3"]]
        try world.run(day(lists), flatten)
        #expect(try members(world) == ["g1": ["p1", "p2", "p3"], "g2": ["p2", "p3"], "g3": ["p3"]])
        #expect(try world.run(day(lists), flatten).summary.isEmpty)
        #expect(try world.violations().isEmpty)
    }

    @Test("a change deep inside changes the groups around it, by what changed")
    func deep() throws {
        let world = try World()
        try world.run(day(["g1": ["p1", "g2"], "g2": ["p2", "g3"], "g3": ["p3"]]), flatten)
        let told = try world.run(day(["g1": ["p1", "g2"], "g2": ["p2", "g3"], "g3": ["p4"]]), flatten)
        #expect(told.summary.counts == [.memberAdd: 3, .memberRemove: 3])
        #expect(told.rows.allSatisfy { $0.changes.allSatisfy { !$0.isDrift } })
        #expect(try members(world) == ["g1": ["p1", "p2", "p4"], "g2": ["p2", "p4"], "g3": ["p4"]])
    }

    @Test("a ring of groups loses nobody and is told")
    func ring() throws {
        let world = try World()
        let lists: [String: [String]?] = ["g1": ["p1", "g2"], "g2": ["p2", "g3"], "g3": ["p3", "g1"]]
        let told = try world.run(day(lists), flatten)
        let everybody: Set<String> = ["p1", "p2", "p3"]
        #expect(try members(world) == ["g1": everybody, "g2": everybody, "g3": everybody])
        #expect(told.notices.contains { $0.text.hasPrefix("these groups contain each other: Group ") })
        #expect(try world.run(day(lists), flatten).summary.isEmpty)
    }

    @Test("a group within that is out of scope still brings its people; one that is gone does not")
    func scope() throws {
        let world = try World()
        func job(_ job: inout Job) {
            flatten(&job)
            job.rules.groupScope = .clauses([
                [
                    ScopingClause(
                        attribute: .slot(path: "displayName", isMultiValued: false), operator: .equals,
                        values: ["Group g1"])
                ]
            ])
        }
        try world.run(day(["g1": ["p1", "g2"], "g2": ["p2"]]), job)
        #expect(try members(world) == ["g1": ["p1", "p2"]])
        // The list of the group around it is not said again.
        try world.run(day(["g1": nil, "g3": ["p3"]]), job)
        #expect(try members(world) == ["g1": ["p1"]])
    }

    @Test("from keep to flatten and back, each run ends in what its policy says")
    func policy() throws {
        let world = try World()
        let lists: [String: [String]?] = ["g1": ["p1", "g2"], "g2": ["p2"]]
        try world.run(day(lists))
        try world.run(day(lists), flatten)
        #expect(try members(world) == ["g1": ["p1", "p2"], "g2": ["p2"]])
        #expect(try world.run(day(lists), flatten).summary.isEmpty)
        try world.run(day(lists))
        #expect(try members(world) == ["g1": ["p1", "g2"], "g2": ["p2"]])
    }

    @Test("an import and a partial source take nobody out of a flattened group")
    func restrained() throws {
        let world = try World()
        try world.run(day(["g1": ["p1", "g2"], "g2": ["p2"]]), flatten)
        try world.run(day(["g1": ["p1", "g2"], "g2": ["p3"]])) {
            flatten(&$0)
            $0.mode = .import
        }
        #expect(try members(world) == ["g1": ["p1", "p2", "p3"], "g2": ["p2", "p3"]])
    }

    @Test("pushes and snapshots of nested groups end in the same memberships", arguments: 0..<12)
    func agreement(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(9000 + seed))
        let pulled = try World()
        let pushed = try World()
        var rules = World.rules
        rules.policies.nestedGroups = .flatten
        let client = try Client(pushed, rules: rules)
        var story: [String] = []
        for _ in 0..<4 {
            let day = random(using: &generator)
            story.append(day.description)
            let plans = try [true, false].map { shortcuts in
                var job = try pulled.job(day)
                flatten(&job)
                return try pulled.plan(job, shortcuts: shortcuts).summary.digest
            }
            #expect(plans[0] == plans[1], "seed \(seed): \(story)")
            try pulled.run(day, flatten)
            // Groups first without lists, since a push names only who is there.
            let bare = Day(day.people, groups: day.groups!.map { Day.Group($0.anchor, nil) })
            var drains = generator
            try await client.reach(bare, using: &generator) {
                if Int.random(in: 0..<4, using: &drains) == 0 { try client.drain() }
            }
            try await client.reach(day, using: &generator)
            try client.drain()
            let expected = oracle(day)
            #expect(try members(pulled) == expected, "seed \(seed): \(story)")
            #expect(try members(pushed) == expected, "seed \(seed): \(story)")
            #expect(try pulled.violations().isEmpty && pushed.violations().isEmpty)
            #expect(try pulled.run(day, flatten).summary.isEmpty, "seed \(seed): \(story)")
        }
        await client.close()
    }

    private func random(using generator: inout SeededGenerator) -> Day {
        let present = people.filter { _ in Int.random(in: 0..<6, using: &generator) > 0 }
        let groups = ["g1", "g2", "g3"].filter { _ in Int.random(in: 0..<6, using: &generator) > 0 }
        guard !present.isEmpty, !groups.isEmpty else { return Day(people, groups: [Day.Group("g1", [])]) }
        let anchors = present.map(\.anchor) + groups
        return Day(
            present,
            groups: groups.map { group in
                Day.Group(group, anchors.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 })
            })
    }

    /// Who is in each group, worked out by going on until nothing changes.
    private func oracle(_ day: Day) -> [String: Set<String>] {
        var lists = Dictionary(uniqueKeysWithValues: day.groups!.map { ($0.anchor, Set($0.members ?? [])) })
        while true {
            var next = lists
            for (group, members) in lists {
                for member in members { next[group]!.formUnion(lists[member] ?? []) }
            }
            if next == lists { break }
            lists = next
        }
        return lists.mapValues { $0.filter { $0.hasPrefix("p") } }
    }
}
