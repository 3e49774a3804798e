import Foundation
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Laws of restraint")
struct LawsOfRestraintTests {
    private static let first = Day(
        [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z", manager: "p1")],
        groups: [Day.Group("g1", ["p1", "p2"]), Day.Group("g2", ["p3"])])

    /// Replaces the users file of a job.
    private func rewrite(_ job: Job, users: String? = nil, groups: String? = nil) throws {
        if let users { try Data(users.utf8).write(to: URL(fileURLWithPath: job.source.users[0])) }
        if let groups { try Data(groups.utf8).write(to: URL(fileURLWithPath: job.source.groups[0])) }
    }

    /// Whether everybody who had something has it still.
    private func isKept(_ before: Accounts, _ after: Accounts) -> Bool {
        before.users.allSatisfy { anchor, user in
            guard let now = after.users[anchor] else { return false }
            return now.active == user.active || now.active
        }
            && before.groups.allSatisfy { anchor, group in
                guard let now = after.groups[anchor] else { return false }
                return group.members.isSubset(of: now.members) && (now.active || !group.active)
            }
    }

    @Test("a partial source that is accepted creates and updates, and takes nothing from anybody", arguments: 0..<30)
    func partial(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(3000 + seed))
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        world.clock.advance(3600)
        let day = Days.random(people: 4, using: &generator)
        var job = try world.job(day)
        try rewrite(
            job, users: Day.list(day.people.map(\.resource), total: 99),
            groups: Day.list((day.groups ?? []).map(\.resource), total: 99))
        #expect(throws: RunError.self) { try world.run(job) }
        #expect(try world.accounts() == before)
        job.acceptsPartial = true
        let told = try world.run(job)
        #expect(told.summary.outcome == .applied)
        let after = try world.accounts()
        #expect(isKept(before, after), "seed \(seed): \(day)\n before \(before)\n after \(after)")
        #expect(!told.rows.contains { $0.changes.contains { $0.changeClass.isDestructive } })
        #expect(try world.violations().isEmpty)
    }

    @Test("an import creates and updates, and takes nothing from anybody", arguments: 0..<20)
    func imports(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(4000 + seed))
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        let day = Days.random(people: 4, using: &generator)
        guard !day.people.isEmpty else { return }
        let told = try world.run(day) { $0.mode = .import }
        #expect(isKept(before, try world.accounts()), "seed \(seed): \(day)")
        #expect(!told.rows.contains { $0.changes.contains { $0.changeClass.isDestructive } })
        // What the import left out is done by the next whole run.
        var oracle = Oracle()
        oracle.take(Self.first)
        oracle.take(day)
        guard day.groups?.isEmpty == false else { return }
        try world.run(day)
        #expect(try world.accounts() == oracle.accounts, "seed \(seed): \(day)")
    }

    @Test("a first snapshot that proves nothing deactivates nobody, unless the job says how many are plausible")
    func plausible() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        let bare = JSONValue.array([.object(Day.Person("p1", "x").resource), .object(Day.Person("p2", "y").resource)])
            .text
        let other = try World()
        world.clock.advance(3600)
        var job = try world.job(Day([]))
        try rewrite(job, users: bare)
        let silent = try world.run(job)
        #expect(silent.summary.outcome == .applied && silent.summary.isEmpty)
        #expect(try world.accounts() == before)
        job.expect = [.user: 2...10]
        #expect(try world.run(job).summary.counts == [.deactivate: 1])
        job.expect = [.user: 3...10]
        #expect(throws: RunError.self) { try world.run(job) }
        _ = other
    }

    @Test("an unread row is never taken for an absent person", arguments: [true, false])
    func rejected(hasAnchor: Bool) throws {
        let world = try World()
        try world.run(Self.first)
        world.clock.advance(3600)
        let job = try world.job(Self.first)
        var broken = Day.Person("p2", "y").resource
        if hasAnchor { broken["userName"] = nil } else { broken["id"] = nil }
        try rewrite(job, users: Day.list([Day.Person("p1", "x").resource, broken]))
        let told = try world.run(job)
        let users = try world.accounts().users
        #expect(users["p2"]?.active == true)
        // Where the anchor is known, others who are absent leave; where it is not, nobody does.
        #expect(users["p3"]?.active == !hasAnchor)
        #expect(told.summary.quarantined == 1)
    }

    @Test("a file of groups, a group and a list that are not there say nothing")
    func silentGroups() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        var day = Self.first
        day.groups = [Day.Group("g1", nil), Day.Group("g2", nil)]
        #expect(try world.run(day).summary.isEmpty)
        day.groups = nil
        #expect(try world.run(day).summary.isEmpty)
        #expect(try world.accounts() == before)
        day.groups = [Day.Group("g1", []), Day.Group("g2", ["p3"])]
        #expect(try world.run(day).summary.counts == [.memberRemove: 2])
    }

    @Test("a refused plan changes no account, link, record or queue entry; a dry run writes no byte")
    func refused() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.dump()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: world.database))
        var leaving = Self.first
        leaving.people.removeFirst(2)
        let dry = try world.run(try world.job(leaving), RunOptions(purpose: .dryRun))
        #expect(dry.summary.counts[.deactivate] == 2)
        #expect(try Data(contentsOf: URL(fileURLWithPath: world.database)) == bytes)
        let told = try world.run(leaving) { $0.gates = GateLimits() }
        #expect(told.summary.outcome == .refused && told.result.tripped.map(\.name).contains("limit.deactivate"))
        #expect(try world.dump() == before)
        #expect(try world.violations().isEmpty)
        let run = try #require(try world.store().runs(limit: 1).first)
        #expect(run.state == "refused" && run.spool != nil)
        #expect(try world.run(leaving).summary.counts[.deactivate] == 2)
    }

    @Test("an empty snapshot is refused whatever the limits are")
    func empty() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.dump()
        let told = try world.run(Day([], groups: []))
        #expect(told.summary.outcome == .refused)
        #expect(Set(told.result.tripped.map(\.name)) == ["plausibleSize.users", "plausibleSize.groups"])
        #expect(try world.dump() == before)
    }

    @Test("a canary must be present, in scope and active")
    func canaries() throws {
        for (person, trips) in [
            (Day.Person("p1", "x"), false), (Day.Person("p1", "x", active: false), true),
            (Day.Person("p1", "x", inScope: false), true), (Day.Person("p9", "other"), true),
        ] {
            for canary in ["p1", "X"] {
                let world = try World()
                try world.run(Self.first)
                var day = Self.first
                day.people[0] = person
                let told = try world.run(day) { $0.gates.canaries = [canary] }
                #expect(told.result.tripped.map(\.name) == (trips ? ["canaries"] : []), "\(person) \(canary)")
            }
        }
    }

    @Test("a snapshot older than the last accepted one is refused, unless it is replayed on purpose")
    func older() throws {
        let world = try World()
        world.clock.advance(7200)
        let old = world.clock.now
        try world.run(Self.first)
        let before = try world.dump()
        #expect(throws: RunError.self) { try world.run(Self.first) { $0.source.takenAt = old } }
        #expect(try world.dump() == before)
        let told = try world.run(Self.first) {
            $0.source.takenAt = old
            $0.allowsOlder = true
        }
        #expect(told.summary.isEmpty)
    }

    @Test("no organization sees, matches or changes another's")
    func organizations() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.dump(
            ["account", "membership", "link", "directoryRecord", "directoryMember"], organization: 1)
        var leaving = Self.first
        leaving.people.removeLast()
        for day in [Self.first, leaving, Self.first] {
            try world.run(day) { $0.organization = "globex" }
            #expect(try world.violations().isEmpty)
        }
        #expect(
            try world.dump(["account", "membership", "link", "directoryRecord", "directoryMember"], organization: 1)
                == before)
        #expect(try world.accounts(organization: "globex") == world.accounts())
        #expect(try world.run(Self.first).summary.isEmpty)
    }
}
