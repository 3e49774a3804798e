import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

/// Laws 1, 2 and 11 where filters ask for memberships.
@Suite("Laws of filters by group")
struct LawsOfGroupsTests {
    /// In scope: sales people in g1 (by its name), and anybody in g3 (by its immutable id), directly or through other groups.
    static var rules: Rules {
        var rules = Rules()
        rules.userScope = .clauses([
            [
                ScopingClause(
                    attribute: .slot(path: World.department, isMultiValued: false), operator: .equals, values: ["Sales"]
                ),
                ScopingClause(attribute: .groups, operator: .memberOf, values: ["GROUP g1"]),
            ],
            [ScopingClause(attribute: .groups, operator: .memberOf, values: ["g3"])],
        ])
        return rules
    }

    /// People with names of their own, and groups that may be in each other, also in rings.
    static func day(using generator: inout SeededGenerator, silent: Bool = true) -> Day {
        let anchors = (1...5).map { "p\($0)" }
        let groups = ["g1", "g2", "g3"]
        var people: [Day.Person] = []
        for anchor in anchors where Int.random(in: 0..<6, using: &generator) > 0 {
            people.append(
                Day.Person(
                    anchor, "name-" + anchor, active: Int.random(in: 0..<8, using: &generator) > 0,
                    inScope: Bool.random(using: &generator)))
        }
        var lists: [Day.Group] = []
        for group in groups where group == "g2" || Int.random(in: 0..<5, using: &generator) > 0 {
            var members = people.map(\.anchor).filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            members += groups.filter { $0 != group && Int.random(in: 0..<3, using: &generator) == 0 }
            lists.append(Day.Group(group, silent && Int.random(in: 0..<6, using: &generator) == 0 ? nil : members))
        }
        let present = Set(lists.map(\.anchor))
        for index in lists.indices where !silent {
            lists[index].members?.removeAll { $0.hasPrefix("g") && !present.contains($0) }
        }
        return Day(people.shuffled(using: &generator), groups: lists.shuffled(using: &generator))
    }

    /// Who has to be active, worked out from what was said.
    struct Oracle {
        var lists: [String: Set<String>] = [:]

        mutating func active(_ day: Day) -> Set<String> {
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
            return Set(
                day.people.filter { person in
                    person.active && (third.contains(person.anchor) || person.inScope && first.contains(person.anchor))
                }.map(\.anchor))
        }
    }

    private func active(_ world: World) throws -> Set<String> {
        Set(try world.accounts().users.filter(\.value.active).keys)
    }

    private static func useRules(_ job: inout Job) { job.rules = rules }

    @Test("weeks of snapshots with groups in groups converge, and skipping is invisible", arguments: 0..<24)
    func weeks(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(9000 + seed))
        let world = try World()
        var oracle = Oracle()
        var days: [Day] = []
        for _ in 0..<5 {
            let day = Self.day(using: &generator)
            guard !day.people.isEmpty else { continue }
            days.append(day)
            let story = "seed \(seed): \(days)"
            var job = try world.job(day)
            Self.useRules(&job)
            let (short, long) = (try world.plan(job, shortcuts: true), try world.plan(job, shortcuts: false))
            #expect(short.summary.digest == long.summary.digest, "\(story)")
            let told = try world.run(day, Self.useRules)
            #expect(told.summary.outcome == .applied, "\(story)")
            #expect(try active(world) == oracle.active(day), "\(story)")
            let again = try world.plan(job, shortcuts: true)
            #expect(again.summary.isEmpty, "\(story) \(again.events.rows.filter { !$0.changes.isEmpty })")
            #expect(try world.queued() == 0 && world.violations().isEmpty, "\(story)")
        }
    }

    @Test(
        "pushes in any order and batches end where a snapshot leads, and a snapshot then has nothing to do",
        arguments: 0..<24)
    func agreement(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(9500 + seed))
        let world = try World()
        let client = try Client(world, rules: Self.rules)
        var oracle = Oracle()
        var days: [Day] = []
        for _ in 0..<3 {
            let day = Self.day(using: &generator, silent: false)
            guard !day.people.isEmpty else { continue }
            days.append(day)
            let story = "seed \(seed): \(days)"
            var drains = generator
            try await client.reach(day, using: &generator) {
                if Int.random(in: 0..<3, using: &drains) == 0 { try client.drain() }
            }
            // Groups that came after those that list them.
            for group in (day.groups ?? []).shuffled(using: &generator) { try await client.put(group) }
            try client.drain()
            let expected = oracle.active(day)
            #expect(try active(world) == expected, "\(story)")
            #expect(try world.queued() == 0 && world.violations().isEmpty, "\(story)")
            guard Bool.random(using: &generator) else { continue }
            let told = try world.run(day, Self.useRules)
            #expect(told.summary.isEmpty, "\(story) \(told.rows.filter { !$0.changes.isEmpty })")
            #expect(try active(world) == expected, "\(story)")
        }
        await client.close()
    }

    private static let first = Day(
        [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z", inScope: false)],
        groups: [Day.Group("g1", ["p1", "g2"]), Day.Group("g2", ["p2"]), Day.Group("g3", [])])

    @Test("a file of groups alone moves the people whom it moves between groups, in its own plan")
    func groupsAlone() throws {
        let world = try World()
        try world.run(Self.first, Self.useRules)
        #expect(try active(world) == ["p1", "p2"])
        var day = Self.first
        day.groups = [Day.Group("g1", ["p1"]), Day.Group("g2", ["p2"]), Day.Group("g3", ["p3"])]
        let told = try world.run(day) { job in
            Self.useRules(&job)
            job.source.users = []
        }
        #expect(told.summary.counts[.deactivate] == 1 && told.summary.counts[.create] == 1)
        #expect(try active(world) == ["p1", "p3"])
        #expect(try world.run(day, Self.useRules).summary.isEmpty)
    }

    @Test("a push of a nested group's list, its name or its end reaches the people below it")
    func nestedPushes() async throws {
        let world = try World()
        try world.run(Self.first, Self.useRules)
        let client = try Client(world)
        let id = try #require(try client.find(.group, "g2")?.record.id)
        try await client.change(group: "g2", add: ["p1"], remove: ["p2"])
        try client.drain()
        #expect(try active(world) == ["p1"])
        try await client.change(group: "g2", add: ["p2"])
        try client.drain()
        #expect(try active(world) == ["p1", "p2"])
        // Another name for the group that the rules name: nobody is in it any more.
        let group = try #require(try client.find(.group, "g1"))
        try await client.submit { transaction in
            _ = try transaction.store(
                group.record.replacing(resource: ["externalId": "g1", "displayName": "Other"]), over: group)
        }
        try client.drain()
        #expect(try active(world) == [])
        try await client.put(Day.Group("g1", ["p1", "g2"]))
        try client.drain()
        #expect(try active(world) == ["p1", "p2"])
        try await client.delete(.group, "g2")
        try client.drain()
        #expect(try active(world) == ["p1"] && world.queued() == 0)
        _ = id
        await client.close()
    }

    @Test("a push that is newer than the snapshot counts for memberships too")
    func newer() async throws {
        let world = try World()
        try world.run(Self.first, Self.useRules)
        let client = try Client(world)
        world.clock.advance(3600)
        let takenAt = world.clock.now
        world.clock.advance(600)
        try await client.change(group: "g2", remove: ["p2"])
        let told = try world.run(Self.first) { job in
            Self.useRules(&job)
            job.source.takenAt = takenAt
        }
        #expect(told.summary.counts[.deactivate] == 1)
        try client.drain()
        #expect(try active(world) == ["p1"] && world.queued() == 0)
        await client.close()
    }

    @Test("a name that two groups have leaves those in doubt as they are")
    func ambiguous() throws {
        let world = try World()
        try world.run(Self.first, Self.useRules)
        // p1 is in one of the two, p2 in both, p3 in none.
        var rules = Self.rules
        rules.userScope = .clauses([
            [ScopingClause(attribute: .groups, operator: .memberOf, values: ["Twin"])]
        ])
        let groups: [JSONObject] = ["a", "b"].map { anchor in
            [
                "id": .string(anchor), "displayName": "Twin",
                "members": .array((anchor == "a" ? ["p1", "p2"] : ["p2"]).map { ["value": .string($0)] }),
            ]
        }
        let told = try world.run(Self.first) { job in
            job.rules = rules
            try! Data(Day.list(groups).utf8).write(to: URL(fileURLWithPath: job.source.groups[0]))
        }
        #expect(
            told.quarantined.map(\.name) == ["x"]
                && told.quarantined[0].finding.detail.contains("name the group by its id"))
        #expect(try active(world) == ["p1", "p2"])
    }

    // MARK: Dates

    /// In scope until the date in the title.
    private static func untilTitle(_ job: inout Job) {
        job.rules.userScope = .clauses([
            [ScopingClause(attribute: .slot(path: "title", isMultiValued: false), operator: .after, values: [])]
        ])
    }

    @Test("a date that passes between two snapshots of the same bytes is seen, with and without shortcuts")
    func dates() throws {
        let world = try World()
        // The clock stands at 2027-01-15T08:00:00Z.
        let day = Day([Day.Person("p1", "x", title: "2027-01-16"), Day.Person("p2", "y", title: "2028-01-01")])
        try world.run(day, Self.untilTitle)
        #expect(try active(world) == ["p1", "p2"])
        #expect(try world.run(day, Self.untilTitle).summary.isEmpty)
        world.clock.advance(86_400)
        var job = try world.job(day)
        Self.untilTitle(&job)
        let (short, long) = (try world.plan(job, shortcuts: true), try world.plan(job, shortcuts: false))
        #expect(short.summary.digest == long.summary.digest && short.summary.counts == [.deactivate: 1])
        try world.run(day, Self.untilTitle)
        #expect(try active(world) == ["p2"])
        #expect(try world.run(day, Self.untilTitle).summary.isEmpty)
    }

    @Test("a pushed person leaves when the date has passed, at the next drain and once")
    func due() async throws {
        let world = try World()
        var job = try world.job(Day([Day.Person("p1", "x")]))
        Self.untilTitle(&job)
        let client = try Client(world, rules: job.rules)
        try await client.put(Day.Person("p1", "x", title: "2027-01-16"))
        try await client.put(Day.Person("p2", "y", title: "soon"))
        try client.drain()
        #expect(try active(world) == ["p1"])
        #expect(try client.drain() == nil)
        world.clock.advance(86_400)
        #expect(try client.drain()?.summary.counts == [.deactivate: 1])
        #expect(try active(world) == [] && client.drain() == nil)
        await client.close()
    }
}
