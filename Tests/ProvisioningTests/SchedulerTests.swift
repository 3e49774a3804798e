import Foundation
import GRDB
import Reconciliation
import SCIM
import Synchronization
import Testing

@testable import Provisioning
@testable import Storage

/// A worker's scheduler over job files, a database and a clock of its own. Runs are only counted.
private final class Rota {
    let world: World
    let store: Store
    var scheduler: Scheduler
    var runs: [String] = []
    var broken: [String] = []
    var ends: [ScheduledEnd] = []
    /// What happens while a job runs.
    var during: () -> Void = {}

    init(_ jobs: [String: String], world: World? = nil, owner: String = "process 1 on a-test", start: String? = nil)
        throws
    {
        let world = try world ?? World()
        self.world = world
        if let start { world.clock.set(try #require(DateTime.milliseconds(start))) }
        store = try world.store(.readWrite)
        for (name, schedule) in jobs { try Self.write(world, name, schedule) }
        scheduler = Scheduler(
            jobs: jobs.keys.sorted().map { world.folder + "/" + $0 + ".yaml" }, store: store,
            environment: world.environment, owner: owner)
    }

    static func write(_ world: World, _ name: String, _ schedule: String) throws {
        let text = "organization: acme\nconnection: main\nsource: {preset: scim, users: u.json}\n\(schedule)\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: world.folder + "/\(name).yaml"))
    }

    @discardableResult
    func tick() throws -> String? {
        try scheduler.tick(
            Scheduler.Hands(
                run: { [self] job, due in
                    runs.append("\(job.name) \(due.due.text)\(due.isSeveral ? " and later" : "")")
                    during()
                    return ends.isEmpty ? ScheduledEnd(.ended, status: 0, run: 7) : ends.removeFirst()
                }, broken: { [self] error, _ in broken.append(error.description) })
        )?.text
    }

    func go(to text: String) throws { world.clock.set(try #require(DateTime.milliseconds(text))) }

    func take() -> [String] {
        defer { runs = [] }
        return runs
    }
}

extension TestClock {
    func set(_ milliseconds: Int64) { advance((milliseconds - now.milliseconds) / 1000) }
}

@Suite("Scheduler")
struct SchedulerTests {
    private static let nightly = "schedule: {cron: \"0 2 * * *\", timeZone: Europe/Berlin}"

    @Test("a job that is seen for the first time has missed nothing, and runs at its next time")
    func first() throws {
        let rota = try Rota(["a": Self.nightly], start: "2026-01-14T12:00:00Z")
        #expect(try rota.tick() == "2026-01-15T01:00:00Z")
        #expect(rota.take() == [])
        try rota.go(to: "2026-01-15T00:59:59Z")
        try rota.tick()
        #expect(rota.take() == [])
        try rota.go(to: "2026-01-15T01:00:00Z")
        #expect(try rota.tick() == "2026-01-16T01:00:00Z")
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z"])
    }

    @Test("a missed run is caught up once, however many were missed")
    func missed() throws {
        let rota = try Rota(["a": Self.nightly, "b": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-20T12:00:00Z")
        #expect(try rota.tick() == "2026-01-21T01:00:00Z")
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z and later", "b 2026-01-15T01:00:00Z and later"])
    }

    @Test("a worker that starts again catches up what was due while it was down")
    func restarted() throws {
        let rota = try Rota(["a": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        let later = try Rota(["a": Self.nightly], world: rota.world, start: "2026-01-15T03:00:00Z")
        try later.tick()
        #expect(later.take() == ["a 2026-01-15T01:00:00Z"])
    }

    @Test("of two workers on one database one runs what is due, and the other does not repeat it")
    func twoWorkers() throws {
        let one = try Rota(
            ["a": Self.nightly], owner: "process \(getpid()) on elsewhere", start: "2026-01-14T12:00:00Z")
        let two = try Rota(["a": Self.nightly], world: one.world, owner: "process \(getpid()) on here")
        try one.tick()
        try two.tick()
        try one.go(to: "2026-01-15T01:00:00Z")
        var meanwhile: String?
        one.during = { meanwhile = try? two.tick() }
        try one.tick()
        #expect(two.runs == [] && meanwhile == "2026-01-15T01:00:30Z")
        try two.tick()
        #expect(one.take() == ["a 2026-01-15T01:00:00Z"] && two.take() == [])
    }

    @Test("a claim is taken by who saw the same state, and by nobody else")
    func claims() throws {
        let rota = try Rota([:])
        let (store, now) = (rota.store, rota.world.clock.now)
        let key = ScheduleKey(organization: "ACME", connection: "main", job: "a")
        let seen = try store.schedule(key, text: "x", now: now)
        #expect(try store.claim(key, seen: seen, owner: "one", now: now))
        #expect(try !store.claim(key, seen: seen, owner: "two", now: now))
        let claim = ScheduleState.Claim(owner: "one", at: now)
        try store.endClaim(
            key, ScheduleState.Claim(owner: "two", at: now), handledUntil: now, status: 0, run: nil, now: now)
        #expect(try store.schedule(key, text: "x", now: now).claim == claim)
        try store.endClaim(key, claim, handledUntil: now, status: 4, run: 9, now: now)
        let after = try store.schedule(
            ScheduleKey(organization: "acme", connection: "main", job: "a"), text: "y", now: now)
        #expect(after.claim == nil && after.lastStatus == 4 && after.lastRun == 9 && after.schedule == "x")
    }

    @Test("a run whose worker is gone is due again, and runs once")
    func killed() throws {
        let rota = try Rota(["a": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-15T01:00:00Z")
        let key = ScheduleKey(organization: "acme", connection: "main", job: "a")
        let state = try rota.store.schedule(key, text: "x", now: rota.world.clock.now)
        // A process number that no process has.
        let gone = "process 4194305 on \(ProcessInfo.processInfo.hostName)"
        #expect(try rota.store.claim(key, seen: state, owner: gone, now: rota.world.clock.now))
        try rota.tick()
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z"])
    }

    @Test("a claim of a worker elsewhere that died is taken over once it is old and its connection is not leased")
    func elsewhere() throws {
        let rota = try Rota(["a": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-15T01:00:00Z")
        let key = ScheduleKey(organization: "acme", connection: "main", job: "a")
        let state = try rota.store.schedule(key, text: "x", now: rota.world.clock.now)
        #expect(try rota.store.claim(key, seen: state, owner: "process 5 on mars", now: rota.world.clock.now))
        try rota.tick()
        rota.world.clock.advance(14 * 60)
        try rota.tick()
        #expect(rota.take() == [])
        rota.world.clock.advance(60)
        let connection = try rota.store.connectionState(
            organization: "acme", connection: "main", now: rota.world.clock.now)
        let lease = try rota.store.acquireLease(
            connection, owner: "x", now: rota.world.clock.now, isGone: { _ in false })
        try rota.tick()
        #expect(rota.take() == [])
        try rota.store.release(lease)
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z"])
    }

    @Test("a run that found its connection busy is tried again, not lost; other jobs go on")
    func busy() throws {
        let rota = try Rota(["a": Self.nightly, "b": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-15T01:00:00Z")
        rota.ends = [ScheduledEnd(.busy, status: 7)]
        #expect(try rota.tick() == "2026-01-15T01:00:30Z")
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z", "b 2026-01-15T01:00:00Z"])
        rota.world.clock.advance(30)
        #expect(try rota.tick() == "2026-01-16T01:00:00Z")
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z"])
    }

    @Test("an interrupted run stays due, and the next worker goes on with it")
    func interrupted() throws {
        let rota = try Rota(["a": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-15T01:00:00Z")
        rota.ends = [ScheduledEnd(.interrupted, status: 8, run: 3)]
        try rota.tick()
        let next = try Rota(["a": Self.nightly], world: rota.world)
        try next.tick()
        try next.tick()
        #expect(rota.take() + next.take() == ["a 2026-01-15T01:00:00Z", "a 2026-01-15T01:00:00Z"])
    }

    @Test("due times that pass during a long run are caught up once after it")
    func long() throws {
        let rota = try Rota(["a": "schedule: {cron: \"*/15 * * * *\"}"], start: "2026-01-14T12:01:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-14T12:15:00Z")
        rota.during = { rota.world.clock.advance(50 * 60) }
        try rota.tick()
        rota.during = {}
        #expect(try rota.tick() == "2026-01-14T13:15:00Z")
        #expect(rota.take() == ["a 2026-01-14T12:15:00Z", "a 2026-01-14T12:30:00Z and later"])
    }

    @Test("an edited schedule counts from the edit on, but what the old one owes is still run")
    func edited() throws {
        let rota = try Rota(["a": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        // 05:00 today is past: it does not count.
        try Rota.write(rota.world, "a", "schedule: {cron: \"0 5 * * *\", timeZone: Europe/Berlin}")
        #expect(try rota.tick() == "2026-01-15T04:00:00Z")
        try rota.go(to: "2026-01-15T12:00:00Z")
        try Rota.write(rota.world, "a", Self.nightly)
        #expect(try rota.tick() == "2026-01-16T01:00:00Z")
        #expect(rota.take() == ["a 2026-01-15T04:00:00Z"])
    }

    @Test("a file that breaks is reported once, the other jobs go on, and mended it catches up")
    func broken() throws {
        let rota = try Rota(["a": Self.nightly, "b": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try Rota.write(rota.world, "a", "schedule: {cron: \"0 25 * * *\"}")
        try rota.go(to: "2026-01-15T01:00:00Z")
        try rota.tick()
        try rota.tick()
        #expect(rota.take() == ["b 2026-01-15T01:00:00Z"] && rota.scheduler.hasBroken)
        #expect(rota.broken.count == 1 && rota.broken[0].contains("a.yaml:4:21: cron: there is no hour 25"))
        try Rota.write(rota.world, "a", Self.nightly)
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z"] && !rota.scheduler.hasBroken)
    }

    @Test("a job without a schedule, a missing file and a job given twice are named")
    func unusable() throws {
        let rota = try Rota(["a": "mode: import"])
        rota.scheduler = Scheduler(
            jobs: ["a", "missing", "b", "b"].map { rota.world.folder + "/\($0).yaml" }, store: rota.store,
            environment: rota.world.environment)
        try Rota.write(rota.world, "b", Self.nightly)
        #expect(try rota.tick() != nil)
        #expect(rota.broken.count == 3)
        #expect(rota.broken.count { $0.contains("has no schedule") } == 1)
        #expect(rota.broken.count { $0.contains("No such file") } == 1)
        #expect(rota.broken.count { $0.contains("is given twice") } == 1)
    }

    @Test("a worker that is asked to stop begins no other run")
    func stopping() throws {
        let rota = try Rota(["a": Self.nightly, "b": Self.nightly], start: "2026-01-14T12:00:00Z")
        try rota.tick()
        try rota.go(to: "2026-01-15T01:00:00Z")
        let isStopping = Atomic(false)
        rota.scheduler = Scheduler(
            jobs: ["a", "b"].map { rota.world.folder + "/\($0).yaml" }, store: rota.store,
            environment: rota.world.environment(stopping: { isStopping.load(ordering: .relaxed) }))
        rota.during = { isStopping.store(true, ordering: .relaxed) }
        try rota.tick()
        #expect(rota.take() == ["a 2026-01-15T01:00:00Z"])
    }
}
