import Foundation
import GRDB
import Reconciliation
import Synchronization
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Laws of pushes")
struct LawsOfPushesTests {
    /// A day that a push client can tell: no keys twice, members who are there, and a manager for whoever had one.
    static func day(after last: Day?, managers: Bool, using generator: inout SeededGenerator) -> Day {
        var day = Day.sayable(Days.random(people: 4, using: &generator))
        for index in day.people.indices {
            let person = day.people[index]
            if !managers { day.people[index].manager = nil }
            guard managers, let before = last?.people.first(where: { $0.anchor == person.anchor })?.manager else {
                continue
            }
            let anchors = day.people.map(\.anchor)
            if day.people[index].manager.map(anchors.contains) ?? false { continue }
            day.people[index].manager = anchors.contains(before) ? before : anchors.first { $0 != person.anchor }
        }
        let anchors = day.people.map(\.anchor)
        for index in day.people.indices where !(day.people[index].manager.map(anchors.contains) ?? true) {
            day.people[index].manager = nil
        }
        return day
    }

    @Test("pushes in any order and any batches end in the accounts of a snapshot of what they reach", arguments: 0..<24)
    func agreement(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(5000 + seed))
        let managers = seed % 2 == 0
        let first = Self.day(after: nil, managers: managers, using: &generator)
        let meantime = Self.day(after: first, managers: managers, using: &generator)
        let last = Self.day(after: first, managers: managers, using: &generator)
        guard !first.people.isEmpty, !last.people.isEmpty else { return }
        let story = "seed \(seed): \(first), meantime \(meantime), then \(last)"

        let pulled = try World()
        try pulled.run(first)
        try pulled.run(last)

        let pushed = try World()
        try pushed.run(first)
        let client = try Client(pushed)
        pushed.clock.advance(3600)
        // What is not drained in between never happened to an account.
        if seed % 3 == 0 { try await client.reach(meantime, using: &generator) }
        var drains = generator
        try await client.reach(last, using: &generator) {
            if !managers, Int.random(in: 0..<3, using: &drains) == 0 { try client.drain() }
        }
        try client.drain()
        let (left, right) = (try pushed.accounts().live, try pulled.accounts().live)
        if seed % 3 == 0 {
            #expect(left.users.filter(\.value.active) == right.users.filter(\.value.active), "\(story)")
        } else {
            #expect(left == right, "\(story)\n pushed \(left)\n pulled \(right)")
        }
        #expect(try pushed.queued() == 0 && pushed.violations().isEmpty, "\(story)")
        try await agreesWithSnapshot(pushed, last, story)
        await client.close()
    }

    /// A snapshot that is taken after the last push finds nothing to do.
    private func agreesWithSnapshot(_ world: World, _ day: Day, _ story: String) async throws {
        let before = try world.accounts()
        let told = try world.run(day)
        #expect(told.summary.isEmpty, "\(story)\n \(told.rows.filter { !$0.changes.isEmpty })")
        #expect(try world.accounts() == before && world.violations().isEmpty, "\(story)")
    }

    @Test("pushes alone end in the accounts of snapshots", arguments: 0..<16)
    func pushesAlone(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(6000 + seed))
        let pulled = try World()
        let pushed = try World()
        let client = try Client(pushed, rules: World.rules)
        var days: [Day] = []
        for _ in 0..<3 {
            let day = Self.day(after: days.last, managers: seed % 2 == 0, using: &generator)
            guard !day.people.isEmpty else { continue }
            days.append(day)
            try pulled.run(day)
            try await client.reach(day, using: &generator)
            try client.drain()
            let (left, right) = (try pushed.accounts().live, try pulled.accounts().live)
            #expect(left == right, "seed \(seed): \(days)\n pushed \(left)\n pulled \(right)")
            #expect(try pushed.queued() == 0 && pushed.violations().isEmpty, "seed \(seed): \(days)")
        }
        await client.close()
    }

    @Test(
        "every push is decided exactly once, also when the drain is stopped between batches and pushes arrive meanwhile"
    )
    func exactlyOnce() async throws {
        let world = try World()
        let client = try Client(world)
        let count = Drainer.batchRecords * 2 + 50
        for number in 0..<count { try await client.put(Day.Person("p\(number)", "name\(number)")) }
        let first = try #require(try client.drain(stopping: { true }))
        #expect(first.summary.outcome == .interrupted)
        #expect(try world.queued() == count - Drainer.batchRecords)
        try await client.put(Day.Person("p0", "name0", title: "new"))
        try await client.put(Day.Person("p\(count - 1)", "name\(count - 1)", title: "new"))
        try await client.put(Day.Person("late", "late"))
        let second = try #require(try client.drain(stopping: { true }))
        let third = try #require(try client.drain())
        #expect(try client.drain() == nil)
        #expect(try world.queued() == 0)
        let created = (first.rows + second.rows + third.rows).filter { $0.situation == .absent }.map(\.subject.name)
        #expect(created.count == count + 1 && Set(created).count == created.count)
        #expect(try world.accounts().users.count == count + 1)
        #expect(try world.accounts().users["p\(count - 1)"]?.title == "new")
        #expect(try world.accounts().users["p0"]?.title == "new")
        #expect(try undecided(world) == 0)
        #expect(try created.count == journalled(world, "create"))
        await client.close()
    }

    private func undecided(_ world: World) throws -> Int {
        try world.store().read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM directoryRecord WHERE decidedVersion <> version") ?? 0
        }
    }

    private func journalled(_ world: World, _ changeClass: String) throws -> Int {
        try world.store().read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM journal WHERE class = ?", arguments: [changeClass]) ?? 0
        }
    }

    @Test(
        "a push whose name belongs to somebody else is set aside; others go on, and it gets its account when the name is free"
    )
    func poisoned() async throws {
        let world = try World()
        let other = try Client(world, connection: "other")
        try await other.put(Day.Person("o1", "x"))
        try other.drain()
        let client = try Client(world)
        for person in [Day.Person("p1", "a"), Day.Person("p2", "X"), Day.Person("p3", "c")] {
            try await client.put(person)
        }
        try await client.put(Day.Group("g1", ["p1", "p2", "p3"]))
        let told = try #require(try client.drain())
        #expect(told.quarantined.map(\.situation) == [.taken])
        #expect(told.quarantined.first?.anchor == Anchor("p2"))
        var accounts = try world.accounts()
        #expect(Set(accounts.users.keys) == ["o1", "p1", "p3"])
        #expect(accounts.groups["g1"]?.members == ["p1", "p3"])
        #expect(try world.queued() == 0)
        // The next push of the same record is judged anew.
        try await other.delete(.user, "o1")
        try client.drain()
        try await client.put(Day.Person("p2", "X", title: "new"))
        try client.drain()
        accounts = try world.accounts()
        #expect(accounts.users["p2"]?.active == true && accounts.users["o1"]?.active == false)
        #expect(accounts.groups["g1"]?.members == ["p1", "p2", "p3"])
        #expect(try world.violations().isEmpty)
        await client.close()
        await other.close()
    }

    @Test("a name that becomes free wakes the one who waited for it")
    func wakes() async throws {
        let world = try World()
        let client = try Client(world)
        try await client.put(Day.Person("p1", "x"))
        try client.drain()
        let organization = try world.store().organizations()[0].organization
        _ = try client.store.change("x", of: organization, by: .disable, now: world.clock.now)
        try await client.delete(.user, "p1")
        try await client.put(Day.Person("p2", "x"))
        let told = try #require(try client.drain())
        #expect(told.quarantined.map(\.anchor?.value) == ["p2"])
        #expect(try world.accounts().users["p2"] == nil)
        await client.close()
    }

    @Test("a filter that cannot judge a push sets that person aside and changes nothing")
    func undecidable() async throws {
        let world = try World()
        var rules = Rules()
        rules.userScope = .clauses([
            [
                ScopingClause(
                    attribute: .slot(path: "title", isMultiValued: false), operator: .greaterThan, values: ["5"])
            ]
        ])
        let client = try Client(world, rules: rules)
        try await client.put(Day.Person("p1", "x", title: "9"))
        try await client.put(Day.Person("p2", "y", title: "9"))
        try client.drain()
        try await client.put(Day.Person("p1", "x2", active: false, title: "many"))
        try await client.put(Day.Person("p2", "y2", title: "8"))
        let told = try #require(try client.drain())
        #expect(told.quarantined.map(\.situation) == [.undecided])
        let users = try world.accounts().users
        #expect(users["p1"] == .init(name: "x", title: "9", department: "Sales"))
        #expect(users["p2"]?.name == "y2")
        #expect(try world.queued() == 0)
        await client.close()
    }

    @Test("members and managers appear when the person gets an account, in whatever order they are pushed")
    func deferred() async throws {
        let world = try World()
        let client = try Client(world, rules: World.rules)
        try await client.put(Day.Person("p1", "x", inScope: false))
        try await client.put(Day.Person("p2", "y", manager: "p1"))
        try await client.put(Day.Group("g1", ["p1", "p2"]))
        try client.drain()
        var accounts = try world.accounts()
        #expect(accounts.users["p2"]?.manager == nil && accounts.groups["g1"]?.members == ["p2"])
        try await client.put(Day.Person("p1", "x"))
        try client.drain()
        accounts = try world.accounts()
        #expect(accounts.users["p2"]?.manager == "p1" && accounts.groups["g1"]?.members == ["p1", "p2"])
        #expect(try world.queued() == 0)
        await client.close()
    }

    @Test("people swap names, and move names in a ring, in one drain")
    func rings() async throws {
        let world = try World()
        let client = try Client(world)
        var generator = SeededGenerator(state: 1)
        let people = (0..<5).map { Day.Person("p\($0)", "n\($0)") }
        try await client.reach(Day(people), using: &generator)
        try client.drain()
        let moved = (0..<5).map { Day.Person("p\($0)", "n\(($0 + 1) % 5)") }
        try await client.reach(Day(moved), using: &generator)
        let told = try #require(try client.drain())
        #expect(told.quarantined.isEmpty && told.summary.counts == [.rename: 5])
        for person in moved { #expect(try world.accounts().users[person.anchor]?.name == person.name) }
        #expect(try world.violations().isEmpty)
        await client.close()
    }

    // MARK: Pushes and an older snapshot

    @Test("a push after the snapshot was taken wins per record, and by its silence the snapshot deactivates nobody")
    func newerPush() async throws {
        let world = try World()
        let day = Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")])
        try world.run(day)
        let client = try Client(world)
        world.clock.advance(3600)
        let takenAt = world.clock.now
        world.clock.advance(3600)
        try await client.put(Day.Person("p1", "x", title: "pushed"))
        try await client.put(Day.Person("p4", "new"))
        for drained in [false, true] {
            if drained { try client.drain() }
            let old = Day([
                Day.Person("p1", "x", active: false), Day.Person("p2", "y", title: "u"), Day.Person("p3", "z"),
            ])
            let told = try world.run(old) { $0.source.takenAt = takenAt }
            #expect(told.summary.situations[.superseded] == 2)
            let users = try world.accounts().users
            #expect(users["p1"]?.active == true && users["p2"]?.title == "u")
            #expect(users["p4"]?.active ?? true)
        }
        try client.drain()
        let users = try world.accounts().users
        #expect(users["p1"]?.title == "pushed" && users["p4"]?.active == true)
        #expect(try world.queued() == 0)
        await client.close()
    }

    @Test("a push that repeats what is known is news, too: an older snapshot does not revert it")
    func repeatedPush() async throws {
        let world = try World()
        let day = Day([Day.Person("p1", "x", title: "known"), Day.Person("p2", "y")])
        try world.run(day)
        let client = try Client(world)
        world.clock.advance(3600)
        let takenAt = world.clock.now
        world.clock.advance(3600)
        try await client.put(Day.Person("p1", "x", title: "known"))
        #expect(try world.queued() == 0)
        let old = Day([Day.Person("p1", "x", title: "older"), Day.Person("p2", "y")])
        let told = try world.run(old) { $0.source.takenAt = takenAt }
        #expect(told.summary.situations[.superseded] == 1)
        #expect(try world.accounts().users["p1"]?.title == "known")
        await client.close()
    }

    @Test("a push that gives a group's whole list is the newer word about everybody, also about those it leaves out")
    func replacedMembers() async throws {
        let world = try World()
        let people = [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")]
        try world.run(Day(people, groups: [Day.Group("g1", ["p1", "p2"])]))
        let client = try Client(world)
        world.clock.advance(3600)
        let takenAt = world.clock.now
        world.clock.advance(3600)
        try await client.put(Day.Group("g1", ["p2"]))
        try client.drain()
        // The older file knows of p3, whom no push ever named.
        try world.run(Day(people, groups: [Day.Group("g1", ["p1", "p3"])])) { $0.source.takenAt = takenAt }
        #expect(try world.accounts().groups["g1"]?.members == ["p2"])
        try world.run(Day(people, groups: [Day.Group("g1", ["p1", "p3"])]))
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p3"])
        await client.close()
    }

    @Test("a push after the snapshot was taken wins per member of a group, not per group")
    func newerMember() async throws {
        let world = try World()
        let people = [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z"), Day.Person("p4", "w")]
        try world.run(Day(people, groups: [Day.Group("g1", ["p1", "p2"])]))
        let client = try Client(world)
        world.clock.advance(3600)
        let takenAt = world.clock.now
        world.clock.advance(3600)
        try await client.change(group: "g1", add: ["p3"], remove: ["p1"])
        try client.drain()
        #expect(try world.accounts().groups["g1"]?.members == ["p2", "p3"])
        // The file still has p1, has not p3 yet, and knows of p4 and of p2's leaving, which no push said.
        try world.run(Day(people, groups: [Day.Group("g1", ["p1", "p4"])])) { $0.source.takenAt = takenAt }
        #expect(try world.accounts().groups["g1"]?.members == ["p3", "p4"])
        // A file that is newer than the push is right about everybody.
        try world.run(Day(people, groups: [Day.Group("g1", ["p1", "p4"])]))
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p4"])
        await client.close()
    }
}

extension Day {
    /// The day as a push client could say it.
    static func sayable(_ day: Day) -> Day {
        var names: Set<String> = []
        var anchors: Set<String> = []
        var people: [Person] = []
        for var person in day.people where anchors.insert(person.anchor).inserted {
            if !names.insert(person.name.lowercased()).inserted { person.name = "other-" + person.anchor }
            people.append(person)
        }
        var groups: [Group] = []
        for anchor in ["g1", "g2"] {
            let members = day.groups?.first { $0.anchor == anchor }?.members
            if anchor == "g2" && members == nil { continue }
            groups.append(Group(anchor, (members ?? []).filter(anchors.contains)))
        }
        return Day(people, groups: groups)
    }
}
