import Foundation
import GRDB
import Reconciliation
import Snapshots
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Grace, deletion and return")
struct GraceTests {
    private static let day: Int64 = 86_400
    private let all = Day(
        [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")],
        groups: [Day.Group("g1", ["p1", "p2"])])
    private let without = Day(
        [Day.Person("p1", "x"), Day.Person("p3", "z")], groups: [Day.Group("g1", ["p1"])])

    private func policies(_ change: (inout Policies) -> Void) -> (inout Job) -> Void {
        var policies = Policies()
        change(&policies)
        return { [policies] in $0.rules.policies = policies }
    }

    private var weekAndMonth: (inout Job) -> Void {
        policies {
            $0.deactivateAfter = .after(.seconds(7 * Self.day))
            $0.deleteAfter = .seconds(30 * Self.day)
        }
    }

    private func id(_ world: World, _ anchor: String) throws -> String? {
        try world.store().read {
            try String.fetchOne($0, sql: "SELECT id FROM account WHERE externalId = ?", arguments: [anchor])
        }
    }

    // MARK: Countdown

    @Test("everybody in grace is told about in every run, with the day, and keeps the account until then")
    func countdown() throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        let first = try world.run(without, weekAndMonth)
        let missingSince = world.clock.now
        let due = Notice.Due(.deactivate, at: missingSince + .seconds(7 * Self.day))
        #expect(first.notices.map(\.due) == [due] && first.summary.counts[.deactivate] == nil)
        world.clock.advance(6 * Self.day)
        let second = try world.run(without, weekAndMonth)
        #expect(second.notices.map(\.due) == [due] && second.summary.isEmpty)
        #expect(try world.accounts().users["p2"]?.active == true)
        world.clock.advance(Self.day)
        let third = try world.run(without, weekAndMonth)
        #expect(third.summary.counts == [.deactivate: 1, .memberRemove: 0].filter { $0.value > 0 })
        let deleted = Notice.Due(.delete, at: world.clock.now + .seconds(30 * Self.day))
        #expect(third.notices.map(\.due) == [deleted])
        world.clock.advance(Self.day)
        let fourth = try world.run(without, weekAndMonth)
        #expect(fourth.notices.map(\.due) == [deleted] && fourth.summary.isEmpty)
        #expect(fourth.summary.situations[.sourceMissing] == 1)
    }

    @Test("who returns within the grace period is as before, and the next absence counts from its own beginning")
    func rescinded() throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        try world.run(without, weekAndMonth)
        world.clock.advance(6 * Self.day)
        let back = try world.run(all, weekAndMonth)
        #expect(back.notices.isEmpty)
        world.clock.advance(2 * Self.day)
        let again = try world.run(without, weekAndMonth)
        #expect(again.notices.map(\.due) == [Notice.Due(.deactivate, at: world.clock.now + .seconds(7 * Self.day))])
        #expect(try world.accounts().users["p2"]?.active == true)
    }

    @Test("a grace of sightings counts whole snapshots; the same file again is none, and a return begins anew")
    func sightings() throws {
        let three = policies { $0.deactivateAfter = .sightings(3) }
        let world = try World()
        try world.run(all, three)
        // As a nightly job sees it: the time of a file is the time of its bytes, not said by anybody.
        func sight(_ day: Day) throws -> (Told, Job) {
            world.clock.advance(3600)
            var job = try world.job(day)
            three(&job)
            return (try world.run(job), job)
        }
        let (first, job) = try sight(without)
        #expect(first.notices.map(\.due?.sightings) == [2])
        #expect(try world.run(job).notices.map(\.due?.sightings) == [2])
        world.clock.advance(Self.day)
        #expect(try world.run(job).notices.map(\.due?.sightings) == [2])
        var titled = without
        titled.people[0].title = "u"
        #expect(try sight(titled).0.notices.map(\.due?.sightings) == [1])
        #expect(try sight(all).0.notices.isEmpty)
        for left in [2, 1] { #expect(try sight(without).0.notices.map(\.due?.sightings) == [left]) }
        #expect(try sight(without).0.summary.counts[.deactivate] == 1)
    }

    @Test("the same bytes with a new file time are no new sighting, unless somebody says when they were exported")
    func sameBytes() throws {
        let two = policies { $0.deactivateAfter = .sightings(2) }
        let world = try World()
        try world.run(all, two)
        world.clock.advance(3600)
        var job = try world.job(without)
        two(&job)
        try world.run(job)
        // A copy of yesterday's file.
        world.clock.advance(Self.day)
        job.source.takenAt = nil
        job.source.exportDuration = .zero
        for path in job.source.users + job.source.groups {
            let modified = Date(timeIntervalSince1970: Double(world.clock.now.milliseconds) / 1000)
            try FileManager.default.setAttributes([.modificationDate: modified], ofItemAtPath: path)
        }
        #expect(try world.run(job).notices.map(\.due?.sightings) == [1])
        job.source.takenAt = world.clock.now + .seconds(60)
        #expect(try world.run(job).summary.counts[.deactivate] == 1)
    }

    @Test("absence alone deactivates nobody where the policy says never")
    func never() throws {
        let world = try World()
        let never = policies {
            $0.deactivateAfter = .never
            $0.deleteAfter = .seconds(Self.day)
        }
        try world.run(all, never)
        for _ in 0..<3 {
            world.clock.advance(100 * Self.day)
            let told = try world.run(without, never)
            #expect(told.summary.isEmpty || told.summary.counts.keys.allSatisfy { $0 == .memberRemove })
        }
        #expect(try world.accounts().users["p2"]?.active == true)
    }

    @Test(
        "a source that says nothing about absence deactivates and deletes nobody, and tells who is about to lose access"
    )
    func uncovered() throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        try world.run(without, weekAndMonth)
        for _ in 0..<3 {
            world.clock.advance(40 * Self.day)
            let told = try world.run(without) {
                weekAndMonth(&$0)
                $0.source.kind = .delta
            }
            #expect(told.notices.map(\.due?.changeClass) == [.deactivate] && told.summary.isEmpty)
        }
        #expect(try world.accounts().users["p2"]?.active == true)
    }

    // MARK: Deletion

    /// Everybody there, p2 gone for a week, then for a month.
    private func deleted(_ world: World) throws -> Told {
        try world.run(all, weekAndMonth)
        try world.run(without, weekAndMonth)
        world.clock.advance(7 * Self.day)
        try world.run(without, weekAndMonth)
        world.clock.advance(30 * Self.day)
        return try world.run(without, weekAndMonth)
    }

    @Test("an account is deleted once, a delay after its deactivation, with everything that it had in the plan")
    func deletion() throws {
        let world = try World()
        let told = try deleted(world)
        #expect(told.summary.counts == [.delete: 1])
        let row = try #require(told.rows.first { $0.changes.map(\.changeClass) == [.delete] })
        #expect(row.phase == .deleteUsers && row.situation == .sourceMissing)
        #expect(row.changes[0].attributes.contains { $0.path == "userName" && $0.before == "y" && $0.after == nil })
        #expect(try world.accounts().users["p2"] == nil)
        #expect(try world.violations().isEmpty)
        world.clock.advance(100 * Self.day)
        let again = try world.run(without, weekAndMonth)
        #expect(again.summary.isEmpty && again.notices.isEmpty)
    }

    @Test("planning at the same instant again finds nothing to delete: deactivation comes first, whatever the delay")
    func convergence() throws {
        let world = try World()
        let hasty = policies { $0.deleteAfter = .milliseconds(1) }
        try world.run(all, hasty)
        try world.run(without, hasty)
        var job = try world.job(without)
        hasty(&job)
        #expect(try world.plan(job, shortcuts: true).summary.isEmpty)
        world.clock.advance(1)
        #expect(try world.plan(job, shortcuts: true).summary.counts == [.delete: 1])
    }

    @Test("who was deleted and comes back gets the same account, with what it had, and the memberships of the source")
    func rehire() throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        let before = try #require(try id(world, "p2"))
        _ = try deleted(world)
        let titled = Day(
            [Day.Person("p1", "x"), Day.Person("p2", "new", title: "u"), Day.Person("p3", "z")],
            groups: [Day.Group("g1", ["p2"])])
        let told = try world.run(titled, weekAndMonth)
        #expect(told.summary.situations[.rehire] == 1 && told.summary.counts[.restore] == 1)
        #expect(try id(world, "p2") == before)
        let accounts = try world.accounts()
        #expect(accounts.users["p2"] == .init(name: "new", title: "u", department: "Sales"))
        #expect(accounts.groups["g1"]?.members == ["p2"])
        #expect(try world.run(titled, weekAndMonth).summary.isEmpty)
        #expect(try world.violations().isEmpty)
    }

    @Test("whose name was taken meanwhile is set aside until it is free, and then comes back")
    func nameTaken() throws {
        let world = try World()
        let before = { try id(world, "p2") }
        try world.run(all, weekAndMonth)
        let old = try before()
        _ = try deleted(world)
        let newcomer = Day(
            [Day.Person("p1", "x"), Day.Person("p3", "z"), Day.Person("p4", "y")], groups: without.groups)
        try world.run(newcomer, weekAndMonth)
        // The same name twice in a source is nobody's; the directory has it from the newcomer, and a push from the old one
        // is refused, so the return says another one and the account keeps another account's name out of its way.
        let back = Day(newcomer.people + [Day.Person("p2", "y")], groups: without.groups)
        let told = try world.run(back, weekAndMonth)
        #expect(told.quarantined.map(\.situation).contains(.duplicateSource) && told.summary.counts[.restore] == nil)
        let free = Day(
            [Day.Person("p1", "x"), Day.Person("p3", "z"), Day.Person("p4", "w"), Day.Person("p2", "y")],
            groups: without.groups)
        #expect(try world.run(free, weekAndMonth).summary.counts == [.restore: 1, .rename: 1])
        #expect(try before() == old && world.accounts().users["p2"]?.name == "y")
        #expect(try world.violations().isEmpty)
    }

    @Test("a name that an account outside of the directory took meanwhile keeps the returning one aside")
    func nameTakenByStranger() throws {
        let world = try World()
        _ = try deleted(world)
        try world.store(.readWrite).write { db in
            try db.execute(
                sql: "INSERT INTO account (organization, id, kind, name) VALUES (1, 'stranger', 'user', 'y')")
        }
        let told = try world.run(all, weekAndMonth)
        #expect(told.quarantined.map(\.situation) == [.taken] && told.summary.counts[.restore] == nil)
        #expect(try world.violations().isEmpty)
    }

    @Test("what an administrator disabled or protected is not deleted")
    func administrators() throws {
        for change in [AccountChange.disable, .protect] {
            let world = try World()
            try world.run(all, weekAndMonth)
            let organization = try world.store().organizations()[0].organization
            _ = try world.store(.readWrite).change("y", of: organization, by: change, now: world.clock.now)
            for _ in 0..<4 {
                world.clock.advance(40 * Self.day)
                let told = try world.run(without, weekAndMonth)
                #expect(told.summary.counts[.delete] == nil, "\(change)")
            }
            #expect(try world.accounts().users["p2"] != nil, "\(change)")
        }
    }

    @Test("who an administrator switches on again while gone is deactivated again, and the deletion counts from there")
    func enabledAgain() throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        try world.run(without, weekAndMonth)
        world.clock.advance(7 * Self.day)
        try world.run(without, weekAndMonth)
        world.clock.advance(29 * Self.day)
        let organization = try world.store().organizations()[0].organization
        _ = try world.store(.readWrite).change("y", of: organization, by: .enable, now: world.clock.now)
        world.clock.advance(2 * Self.day)
        let told = try world.run(without, weekAndMonth)
        #expect(told.summary.counts[.deactivate] == 1 && told.summary.counts[.delete] == nil)
        #expect(told.notices.map(\.due) == [Notice.Due(.delete, at: world.clock.now + .seconds(30 * Self.day))])
    }

    @Test("a group that is gone is deleted like a person, and comes back under its id with its members")
    func groups() throws {
        let world = try World()
        let second = Day.Group("g2", ["p1"])
        let both = Day(all.people, groups: all.groups! + [second])
        let one = Day(all.people, groups: [second])
        try world.run(both, weekAndMonth)
        let before = try id(world, "g1")
        try world.run(one, weekAndMonth)
        world.clock.advance(7 * Self.day)
        #expect(try world.run(one, weekAndMonth).summary.counts == [.groupDisable: 1])
        world.clock.advance(30 * Self.day)
        let told = try world.run(one, weekAndMonth)
        #expect(told.summary.counts == [.delete: 1] && told.rows.contains { $0.phase == .deleteGroups })
        #expect(try world.accounts().groups["g1"] == nil && world.violations().isEmpty)
        // Without a list: the directory still knows who was in it.
        let silent = Day(all.people, groups: [second, Day.Group("g1", nil)])
        #expect(try world.run(silent, weekAndMonth).summary.counts == [.restore: 1, .memberAdd: 2])
        #expect(try id(world, "g1") == before && world.accounts().groups["g1"]?.members == ["p1", "p2"])
        #expect(try world.run(both, weekAndMonth).summary.isEmpty)
    }

    @Test("deletions are counted by their own limit before the first of them")
    func limit() throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        try world.run(without, weekAndMonth)
        world.clock.advance(7 * Self.day)
        try world.run(without, weekAndMonth)
        world.clock.advance(30 * Self.day)
        let before = try world.dump()
        let told = try world.run(without) {
            weekAndMonth(&$0)
            $0.gates.classes[.delete] = ClassLimit(count: 0, percent: nil, floor: .number(0))
        }
        #expect(told.result.tripped.map(\.name) == ["limit.delete"])
        #expect(try world.dump() == before)
    }

    // MARK: Pushes

    private var monthAfter: Rules {
        var rules = World.rules
        rules.policies.deleteAfter = .seconds(30 * Self.day)
        return rules
    }

    @Test(
        "a pushed delete deactivates at once, is told about, and deletes after the delay; a push brings the account back"
    )
    func pushed() async throws {
        let world = try World()
        let client = try Client(world, rules: monthAfter)
        for person in all.people { try await client.put(person) }
        try await client.put(Day.Group("g1", ["p1", "p2"]))
        try client.drain()
        let before = try id(world, "p2")
        try await client.delete(.user, "p2")
        let gone = try #require(try client.drain())
        let due = world.clock.now + .seconds(30 * Self.day)
        #expect(gone.summary.counts == [.deactivate: 1] && gone.notices.map(\.due) == [Notice.Due(.delete, at: due)])
        let dueAt = try world.store().read {
            try Int64.fetchOne($0, sql: "SELECT dueAt FROM directoryRecord WHERE anchor = 'p2'")
        }
        #expect(dueAt == due.milliseconds)
        world.clock.advance(31 * Self.day)
        // What is due goes through the queue like everything else.
        try requeue(world, "p2")
        #expect(try client.drain()?.summary.counts == [.delete: 1])
        #expect(try world.accounts().users["p2"] == nil && world.violations().isEmpty)
        try await client.put(Day.Person("p2", "y", title: "u"))
        let back = try #require(try client.drain())
        #expect(back.summary.counts[.restore] == 1 && back.summary.situations[.rehire] == 1)
        #expect(try id(world, "p2") == before && world.accounts().users["p2"]?.title == "u")
        #expect(try world.queued() == 0 && world.violations().isEmpty)
        await client.close()
    }

    private func requeue(_ world: World, _ anchor: String) throws {
        try world.store(.readWrite).write { db in
            try db.execute(
                sql: """
                    INSERT INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                    SELECT organization, connection, row, version, 0 FROM directoryRecord WHERE anchor = ?
                    """, arguments: [anchor])
        }
    }

    @Test("a snapshot deletes whom a push deleted when the delay is over, also one that says nothing about absence")
    func tombstone() async throws {
        let world = try World()
        let client = try Client(world, rules: monthAfter)
        for person in all.people { try await client.put(person) }
        try client.drain()
        try await client.delete(.user, "p2")
        try client.drain()
        let delta = { (job: inout Job) in
            job.rules = self.monthAfter
            job.source.kind = .delta
        }
        world.clock.advance(10 * Self.day)
        let early = try world.run(without, delta)
        #expect(early.notices.map(\.due?.changeClass) == [.delete] && early.summary.counts[.delete] == nil)
        world.clock.advance(21 * Self.day)
        #expect(try world.run(without, delta).summary.counts[.delete] == 1)
        #expect(try world.violations().isEmpty)
        await client.close()
    }

    @Test("a push that is newer than the snapshot keeps a missing person, whatever the file does not say")
    func pushedMeanwhile() async throws {
        let world = try World()
        try world.run(all, weekAndMonth)
        try world.run(without, weekAndMonth)
        world.clock.advance(8 * Self.day)
        let takenAt = world.clock.now
        let client = try Client(world)
        world.clock.advance(600)
        try await client.put(Day.Person("p2", "y"))
        let told = try world.run(without) {
            weekAndMonth(&$0)
            $0.source.takenAt = takenAt
        }
        #expect(told.summary.counts[.deactivate] == nil && told.summary.situations[.superseded] == 1)
        try client.drain()
        #expect(try world.accounts().users["p2"]?.active == true)
        await client.close()
    }

    // MARK: Accounts that the application removed

    private func remove(_ world: World, _ anchor: String) throws {
        try world.store(.readWrite).write {
            try $0.execute(sql: "DELETE FROM account WHERE externalId = ?", arguments: [anchor])
        }
    }

    @Test("an account that the application removed is set aside, or made again where the connection says so")
    func removedAccount() throws {
        let world = try World()
        try world.run(all)
        try remove(world, "p2")
        let aside = try world.run(all)
        #expect(aside.quarantined.map(\.finding.code) == ["MISSING"] && aside.summary.isEmpty)
        let recreate = policies { $0.accountMissing = .recreate }
        let told = try world.run(all, recreate)
        #expect(told.summary.counts == [.create: 1, .memberAdd: 1] && told.summary.situations[.missing] == 1)
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p2"] && world.violations().isEmpty)
        #expect(try world.run(all, recreate).summary.isEmpty)
    }

    @Test("a link to an account that was removed by SQL never finds the account that gets its row number")
    func rowNumbers() throws {
        let world = try World()
        let people = Day([Day.Person("p1", "x"), Day.Person("p2", "y")])
        try world.run(people)
        try remove(world, "p2")
        let told = try world.run(Day(people.people + [Day.Person("p9", "n")]))
        #expect(told.quarantined.map(\.finding.code) == ["MISSING"])
        let users = try world.accounts().users
        #expect(users["p9"]?.name == "n" && users["p2"] == nil)
        try world.run(Day([Day.Person("p1", "x"), Day.Person("p9", "n")]))
        #expect(try world.accounts().users["p9"]?.active == true)
    }
}
