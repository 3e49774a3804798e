import Foundation
import GRDB
import Reconciliation
import Synchronization
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Runs")
struct RunScenarioTests {
    private static let first = Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")])

    private func code(_ body: () throws -> Void) -> RunError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? RunError)?.code
        }
    }

    // MARK: Kept plans

    @Test("a kept plan that was cut or changed is refused before anything of it is used")
    func damaged() throws {
        let world = try World()
        let path = world.folder + "/plan.jsonl"
        try world.run(try world.job(Self.first), RunOptions(purpose: .keepPlan(path: path)))
        let text = try String(contentsOfFile: path, encoding: .utf8)
        for damaged in [String(text.dropLast(200)), text.replacing("\"x\"", with: "\"q\""), ""] {
            try Data(damaged.utf8).write(to: URL(fileURLWithPath: path))
            #expect(code { _ = try world.engine.apply(planFile: path) { _ in } } == .planDamaged)
        }
        #expect(try world.accounts() == Accounts())
    }

    @Test("a kept plan does not touch who was protected since")
    func protectedSince() throws {
        let world = try World()
        try world.run(Self.first)
        world.clock.advance(3600)
        let path = world.folder + "/plan.jsonl"
        try world.run(
            try world.job(Day([Day.Person("p1", "x"), Day.Person("p2", "y")])),
            RunOptions(purpose: .keepPlan(path: path)))
        let organization = try world.store().organizations()[0].organization
        _ = try world.store(.readWrite).change("z", of: organization, by: .protect, now: world.clock.now)
        let before = try world.dump()
        var tripped: [String] = []
        let refusal = code {
            _ = try world.engine.apply(planFile: path, options: ApplyOptions(isFreshOnly: true)) { event in
                if case .gate(let reading) = event, reading.tripped { tripped.append(reading.name) }
            }
        }
        #expect(refusal == nil && tripped == ["protected"])
        #expect(code { _ = try world.engine.apply(planFile: path) { _ in } } == .planStale)
        #expect(try world.dump() == before)
    }

    @Test("the plan of a job that is never applied is not applied from its file either")
    func planMode() throws {
        let world = try World()
        let path = world.folder + "/plan.jsonl"
        var job = try world.job(Self.first)
        job.mode = .plan
        try world.run(job, RunOptions(purpose: .keepPlan(path: path)))
        #expect(code { _ = try world.engine.apply(planFile: path) { _ in } } == .configuration)
        #expect(try world.accounts() == Accounts())
    }

    // MARK: Leases

    @Test("a run that is busy planning keeps its lease by its signs of progress; one that is silent loses it")
    func heartbeat() throws {
        let world = try World()
        try world.run(Self.first)
        let store = try world.store(.readWrite)
        let lease = try hold(world, owner: "somebody")
        let heartbeat = Heartbeat(lease: lease, store: store, startedAt: world.clock.now)
        let beating = heartbeat.environment(over: world.environment(stopping: { false }))
        for _ in 0..<10 {
            world.clock.advance(40)
            beating.progress(Progress(phase: "reading", done: 1, total: nil))
            #expect(throws: LeaseHeld.self) { _ = try hold(world, owner: "another") }
        }
        try heartbeat.check()
        world.clock.advance(121)
        _ = try hold(world, owner: "another")
        beating.progress(Progress(phase: "reading", done: 2, total: nil))
        #expect(throws: LeaseLost.self) { try heartbeat.check() }
    }

    private func hold(_ world: World, owner: String) throws -> Lease {
        let store = try world.store(.readWrite)
        let state = try #require(try store.existingConnection(organization: "acme", connection: "main"))
        return try store.acquireLease(state, owner: owner, now: world.clock.now, isGone: { _ in false })
    }

    @Test("while somebody lives who holds the lease, another run is refused; a later one takes over what has expired")
    func lease() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.dump()
        _ = try hold(world, owner: ProcessOwner.current)
        let changed = Day([Day.Person("p1", "x", title: "u"), Day.Person("p2", "y"), Day.Person("p3", "z")])
        let job = try world.job(changed)
        #expect(code { try world.run(job) } == .leaseHeld)
        #expect(try world.dump() == before)
        // A dry run needs no lease.
        #expect(try world.run(job, RunOptions(purpose: .dryRun)).summary.counts == [.update: 1])
        world.clock.advance(119)
        #expect(code { try world.run(job) } == .leaseHeld)
        world.clock.advance(2)
        #expect(try world.run(job).summary.outcome == .applied)
        #expect(try world.violations().isEmpty)
    }

    @Test("the lease of a process that is no more is taken over at once, and its run is closed")
    func abandoned() throws {
        let world = try World()
        try world.run(Self.first)
        let ended = Process()
        ended.executableURL = URL(fileURLWithPath: "/bin/true")
        try ended.run()
        ended.waitUntilExit()
        let host = ProcessInfo.processInfo.hostName
        let lease = try hold(world, owner: "process \(ended.processIdentifier) on \(host)")
        let store = try world.store(.readWrite)
        let state = try #require(try store.existingConnection(organization: "acme", connection: "main"))
        let header = PlanHeader(
            organization: "acme", connection: "main", job: "test", mode: .reconcile, asOf: world.clock.now)
        let run = try store.beginRun(state, header: header, kind: "run", now: world.clock.now)
        #expect(try world.run(Self.first).summary.outcome == .applied)
        #expect(try world.store().run(run)?.state == "interrupted")
        #expect(try world.violations().isEmpty)
        // Who slept through it cannot write any more.
        #expect(throws: LeaseLost.self) { try store.renew(lease, now: world.clock.now) }
    }

    @Test("a run that is stopped between two batches keeps what it did, and the next one does the rest")
    func interrupted() throws {
        let world = try World()
        let people = (0..<(Applier.batchRows * 2)).map { Day.Person("p\($0)", "name\($0)") }
        try world.run(Day([Day.Person("p0", "name0")]))
        world.clock.advance(3600)
        let job = try world.job(Day(people))
        let hasApplied = Mutex(false)
        var environment = world.environment(stopping: { hasApplied.withLock { $0 } })
        environment.progress = { if $0.phase == "applying" { hasApplied.withLock { $0 = true } } }
        let stopped = try Engine(database: world.database, environment: environment)
            .run(job, options: RunOptions(purpose: .apply)) { _ in }
        #expect(stopped.summary.outcome == .interrupted)
        #expect(try world.violations().isEmpty)
        let rest = try world.run(job)
        #expect(rest.summary.outcome == .applied && rest.summary.stale == 0)
        #expect(try world.accounts().users.count == people.count)
        #expect(try world.run(job).summary.isEmpty)
    }

    @Test("the first run of a new connection finds the accounts that its organization has")
    func newConnection() throws {
        let world = try World()
        try world.run(Day([Day.Person("p1", "two")]))
        try world.store(.readWrite).write { db in
            try db.execute(
                sql:
                    "INSERT INTO account (organization, id, kind, name, externalId) VALUES (1, 'a9', 'user', 'ann', 'p9')"
            )
        }
        let told = try world.run(Day([Day.Person("p9", "ann"), Day.Person("p8", "two")])) { $0.connection = "other" }
        #expect(told.summary.counts[.link] == 1 && told.summary.counts[.create] == nil)
        #expect(told.quarantined.map(\.situation) == [.taken] && told.summary.stale == 0)
        #expect(try world.accounts().users.count == 2 && world.violations().isEmpty)
    }

    // MARK: Grace

    @Test("the grace period counts down, is rescinded by a return, and begins anew")
    func grace() throws {
        let world = try World()
        let day = 86_400
        let without = Day([Day.Person("p1", "x"), Day.Person("p2", "y")])
        func run(_ day: Day) throws -> Told {
            try world.run(day) { $0.rules.policies.deactivateAfter = .after(.seconds(7 * 86_400)) }
        }
        func isActive() throws -> Bool { try world.accounts().users["p3"]!.active }
        _ = try run(Self.first)
        let missing = try run(without)
        #expect(missing.summary.situations[.sourceMissing] == 1 && missing.notices.count == 1)
        #expect(try isActive())
        world.clock.advance(Int64(6 * day))
        #expect(try run(without).summary.isEmpty)
        #expect(try isActive())
        #expect(try run(Self.first).summary.isEmpty)
        world.clock.advance(Int64(day))
        #expect(try run(without).summary.isEmpty)
        world.clock.advance(Int64(6 * day))
        #expect(try run(without).summary.isEmpty)
        world.clock.advance(Int64(day))
        #expect(try run(without).summary.counts == [.deactivate: 1])
        #expect(try !isActive())
        #expect(try run(without).summary.isEmpty)
        #expect(try run(Self.first).summary.counts == [.reactivate: 1])
    }

    // MARK: Names

    @Test("people swap names and move names in a ring, in one run")
    func rings() throws {
        let world = try World()
        try world.run(Self.first)
        let swapped = Day([Day.Person("p1", "y"), Day.Person("p2", "x"), Day.Person("p3", "Z")])
        #expect(try world.run(swapped).summary.counts == [.rename: 3])
        let ring = Day([Day.Person("p1", "x"), Day.Person("p2", "Z"), Day.Person("p3", "y")])
        #expect(try world.run(ring).summary.counts == [.rename: 3])
        for person in ring.people { #expect(try world.accounts().users[person.anchor]?.name == person.name) }
        #expect(try world.violations().isEmpty && world.run(ring).summary.isEmpty)
    }

    @Test("a newcomer with a leaver's name gets an account of their own, and the reason says so")
    func nameReused() throws {
        let world = try World()
        try world.run(Self.first)
        let told = try world.run(Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p4", "z")]))
        #expect(told.summary.counts == [.create: 1, .deactivate: 1])
        #expect(told.rows.first { $0.situation == .absent }?.reason.contains("NAME_REUSED") ?? false)
        let users = try world.accounts().users
        #expect(users["p3"]?.active == false && users["p4"]?.active == true)
        // The old one returns, and the name is taken.
        let back = try world.run(
            Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p4", "z"), Day.Person("p3", "z")]))
        #expect(Set(back.quarantined.map(\.anchor?.value)) == ["p3", "p4"])
        #expect(try world.accounts().users == users)
    }

    @Test("a name that an administrator's disabled account holds is taken")
    func takenByDisabled() throws {
        let world = try World()
        try world.run(Self.first)
        let organization = try world.store().organizations()[0].organization
        _ = try world.store(.readWrite).change("z", of: organization, by: .disable, now: world.clock.now)
        let told = try world.run(Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p4", "z")]))
        #expect(told.quarantined.map(\.situation) == [.taken])
        #expect(try world.accounts().users["p4"] == nil && world.violations().isEmpty)
    }

    // MARK: Administrators

    @Test("an account that an administrator disabled is HELD, and never switched on by a run")
    func held() throws {
        let world = try World()
        try world.run(Self.first)
        let organization = try world.store().organizations()[0].organization
        let store = try world.store(.readWrite)
        _ = try store.change("z", of: organization, by: .disable, now: world.clock.now)
        for _ in 0..<2 {
            let told = try world.run(Self.first)
            #expect(told.summary.isEmpty && told.summary.situations[.held] == 1)
            #expect(told.notices.map(\.situation) == [.held])
        }
        try world.run(Day([Day.Person("p1", "x"), Day.Person("p2", "y")]))
        try world.run(Self.first)
        #expect(try world.accounts().users["p3"]?.active == false)
        _ = try store.change("z", of: organization, by: .enable, now: world.clock.now)
        #expect(try world.run(Self.first).summary.isEmpty)
        #expect(try world.accounts().users["p3"]?.active == true)
    }

    @Test("a protected account is neither renamed nor deactivated; other attributes follow the source")
    func protected() throws {
        let world = try World()
        try world.run(Self.first)
        let organization = try world.store().organizations()[0].organization
        _ = try world.store(.readWrite).change("z", of: organization, by: .protect, now: world.clock.now)
        let rest = [Day.Person("p1", "x"), Day.Person("p2", "y")]
        for person in [
            Day.Person("p3", "z", active: false), Day.Person("p3", "z", inScope: false), Day.Person("p3", "other"), nil,
        ] {
            let told = try world.run(Day(rest + [person].compactMap { $0 }))
            #expect(told.summary.isEmpty && told.summary.situations[.protected] == 1, "\(String(describing: person))")
            #expect(try world.accounts().users["p3"] == .init(name: "z", title: "t", department: "Sales"))
        }
        #expect(try world.run(Day(rest + [Day.Person("p3", "other", title: "u")])).summary.counts == [.update: 1])
        #expect(try world.accounts().users["p3"]?.title == "u")
    }

    // MARK: Matching

    private func insert(_ world: World, _ id: String, name: String, externalId: String?) throws {
        let store = try world.store(.readWrite)
        _ = try store.connectionState(organization: "acme", connection: "main", now: world.clock.now)
        try store.write { db in
            try db.execute(
                sql: "INSERT INTO account (organization, id, kind, name, externalId) VALUES (1, ?, 'user', ?, ?)",
                arguments: [id, name, externalId])
        }
    }

    @Test("an ambiguous key is nobody's")
    func ambiguous() throws {
        let world = try World()
        try insert(world, "one", name: "first", externalId: "p1")
        try insert(world, "two", name: "second", externalId: "p1")
        let told = try world.run(Self.first)
        #expect(told.quarantined.map(\.situation) == [.ambiguous])
        #expect(told.quarantined.first?.finding.detail.contains("two") ?? false)
        #expect(try world.violations().isEmpty)
        let linked = try world.store().read { try Int.fetchOne($0, sql: "SELECT count(*) FROM link") }
        #expect(linked == 2)
    }

    @Test("an account that two records find is nobody's, in whatever order they stand")
    func rivals() throws {
        for isReversed in [false, true] {
            let world = try World()
            try insert(world, "one", name: "y", externalId: "p1")
            var people = [Day.Person("p1", "x"), Day.Person("p2", "y")]
            if isReversed { people.reverse() }
            let told = try world.run(Day(people))
            // The strong key decides: the name of an account that carries another's anchor is not a match.
            let users = try world.accounts().users
            #expect(users["p1"]?.name == "x" && users["p2"]?.name == "y", "\(told.quarantined)")
            #expect(try world.violations().isEmpty)
        }
    }

    @Test("an account that was there before is linked by its externalId or its name, and follows the source")
    func found() throws {
        let world = try World()
        try insert(world, "one", name: "old name", externalId: "p1")
        try insert(world, "two", name: "Y", externalId: nil)
        let told = try world.run(Self.first)
        #expect(told.summary.situations[.found] == 2 && told.summary.counts[.create] == 1)
        #expect(try world.accounts().users.count == 3 && world.violations().isEmpty)
        #expect(try world.run(Self.first).summary.isEmpty)
    }

    // MARK: Deferred members and managers

    @Test("members and managers who are unknown, out of scope or set aside appear with their account")
    func deferred() throws {
        let groups = [Day.Group("g1", ["p1", "p2", "p3", "p4"])]
        let world = try World()
        let told = try world.run(
            Day(
                [
                    Day.Person("p1", "x", manager: "p2"), Day.Person("p2", "y", inScope: false), Day.Person("p3", "z"),
                    Day.Person("p3", "twin"),
                ], groups: groups))
        #expect(told.summary.deferredMembers == 3)
        #expect(try world.accounts().groups["g1"]?.members == ["p1"])
        #expect(try world.accounts().users["p1"]?.manager == nil)
        let whole = Day(
            [
                Day.Person("p1", "x", manager: "p2"), Day.Person("p2", "y"), Day.Person("p3", "z"),
                Day.Person("p4", "w"),
            ],
            groups: groups)
        try world.run(whole)
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p2", "p3", "p4"])
        #expect(try world.accounts().users["p1"]?.manager == "p2")
        #expect(try world.run(whole).summary.isEmpty)
    }

    // MARK: Drift

    @Test("what somebody changed here is put right and marked as drift, also where nothing changed at the source")
    func drift() throws {
        let world = try World()
        let day = Day(Self.first.people, groups: [Day.Group("g1", ["p1", "p2"])])
        try world.run(day)
        try world.store(.readWrite).write { db in
            try db.execute(
                sql: "UPDATE account SET document = json_set(document, '$.title', 'drifted') WHERE externalId = 'p1'")
            try db.execute(
                sql: """
                    DELETE FROM membership WHERE memberRow = (SELECT row FROM account WHERE externalId = 'p2')
                    """)
            try db.execute(
                sql: """
                    INSERT INTO membership SELECT organization, (SELECT row FROM account WHERE externalId = 'g1'), row
                    FROM account WHERE externalId = 'p3'
                    """)
        }
        let told = try world.run(day)
        #expect(told.summary.counts == [.update: 1, .memberAdd: 1, .memberRemove: 1])
        #expect(told.rows.flatMap(\.changes).filter { !$0.isDrift }.isEmpty)
        #expect(try world.accounts().users["p1"]?.title == "t")
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p2"])
        #expect(try world.run(day).summary.isEmpty)
    }
}
