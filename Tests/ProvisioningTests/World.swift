import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Snapshots
import Synchronization

@testable import Provisioning
@testable import Storage

/// A company in a folder of its own: a database, the files of its snapshots, a clock and a source of ids that the test
/// owns.
final class World: Sendable {
    static let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    static let manager = DirectoryRecord.managerPath

    let folder: String
    let database: String
    let clock: TestClock
    let ids: TestIDs
    private let keepsReader: Bool
    private let reader = Mutex<Store?>(nil)
    /// How much of the longest delay a failure waits: all of it.
    let random: @Sendable (Int64) -> Int64 = { $0 }

    /// - Parameter inMemory: nothing reaches a disk, where the system has such a folder: for many worlds, since each commit
    ///   is flushed.
    init(inMemory: Bool = false) throws {
        let isThere = inMemory && FileManager.default.isWritableFile(atPath: "/dev/shm")
        folder = (isThere ? "/dev/shm/" : NSTemporaryDirectory()) + "rollcall-world-" + UUID().uuidString
        database = folder + "/rollcall.db"
        (clock, ids) = (TestClock(), TestIDs())
        keepsReader = false
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    /// How a world stands when nothing of it is open.
    struct Moment: Sendable {
        fileprivate var database: Data
        fileprivate var now: Instant
        fileprivate var ids: Int
    }

    func moment() throws -> Moment {
        try Moment(
            database: Data(contentsOf: URL(fileURLWithPath: database)), now: clock.now, ids: ids.used)
    }

    /// A world that goes on from there, in memory. It keeps one connection for all that the test reads.
    init(from moment: Moment) throws {
        let isThere = FileManager.default.isWritableFile(atPath: "/dev/shm")
        folder = (isThere ? "/dev/shm/" : NSTemporaryDirectory()) + "rollcall-world-" + UUID().uuidString
        database = folder + "/rollcall.db"
        (clock, ids) = (TestClock(moment.now), TestIDs(used: moment.ids))
        keepsReader = true
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try moment.database.write(to: URL(fileURLWithPath: database))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var environment: RunEnvironment { environment(stopping: { false }) }

    func environment(stopping: @escaping @Sendable () -> Bool) -> RunEnvironment {
        let (clock, ids) = (clock, ids)
        return RunEnvironment(now: { clock.now }, makeID: { ids.next() }, isStopping: stopping, random: random)
    }

    var engine: Engine { Engine(database: database, environment: environment) }

    /// The job that takes this day's files. Only who works in sales is in scope, and no gate but an empty source stops it.
    func job(_ day: Day, organization: String = "acme", connection: String = "main") throws -> Job {
        let name = folder + "/day-" + ids.next()
        try Data(day.usersText.utf8).write(to: URL(fileURLWithPath: name + "-users.json"))
        var source = SourceSpecification(preset: .scim, users: [name + "-users.json"], takenAt: clock.now)
        if let groups = day.groupsText {
            try Data(groups.utf8).write(to: URL(fileURLWithPath: name + "-groups.json"))
            source.groups = [name + "-groups.json"]
        }
        return Job(
            name: "test", organization: organization, connection: connection, source: source, rules: Self.rules,
            gates: Self.openGates)
    }

    static var rules: Rules {
        var rules = Rules()
        rules.userScope = .clauses([
            [
                ScopingClause(
                    attribute: .slot(path: department, isMultiValued: false), operator: .equals, values: ["Sales"])
            ]
        ])
        return rules
    }

    static var openGates: GateLimits {
        var gates = GateLimits()
        gates.classes = [:]
        gates.shrinkFloor = 1000
        gates.editLeavers = nil
        gates.churnPercent = 100
        gates.updatedPercent = 100
        return gates
    }

    /// Takes a snapshot an hour later and applies it.
    @discardableResult
    func run(_ day: Day, _ change: (inout Job) -> Void = { _ in }) throws -> Told {
        clock.advance(3600)
        var job = try job(day)
        change(&job)
        return try run(job)
    }

    @discardableResult
    func run(_ job: Job, _ options: RunOptions = RunOptions(purpose: .apply)) throws -> Told {
        var events: [PlanEvent] = []
        let result = try engine.run(job, options: options) { events.append($0) }
        return Told(result: result, events: events)
    }

    /// Plans without writing, with or without the shortcuts for what did not change.
    func plan(_ job: Job, shortcuts: Bool) throws -> (events: [PlanEvent], summary: PlanSummary) {
        let reader = try SnapshotReader(job.source, hashSeed: Engine.hashSeed(job))
        return try store().planning(organization: job.organization, connection: job.connection) { session in
            let planning = try SnapshotPlanning(
                job: job, reader: reader, session: session, environment: environment, asOf: clock.now,
                usesShortcuts: shortcuts)
            planning.accepted = session.state?.acceptedCounts ?? [:]
            try planning.plan()
            var events: [PlanEvent] = []
            let header = PlanHeader(
                organization: job.organization, connection: job.connection, job: job.name, mode: job.mode,
                asOf: clock.now)
            let judged = try planning.tell(header: header) { events.append($0) }
            return (events, judged.summary)
        }
    }

    func store(_ mode: Store.Mode = .readOnly) throws -> Store {
        guard keepsReader, mode == .readOnly else { return try Store(path: database, mode: mode) }
        return try reader.withLock { reader in
            let store = try reader ?? Store(path: database, mode: .readOnly)
            reader = store
            return store
        }
    }
}

/// What a run said and how it ended.
struct Told {
    var result: RunResult
    var events: [PlanEvent]

    var summary: PlanSummary { result.summary }
    var rows: [PlanRow] { events.rows }
    var notices: [Notice] { events.compactMap { if case .notice(let notice) = $0 { notice } else { nil } } }
    var quarantined: [Quarantined] { events.compactMap { if case .quarantined(let entry) = $0 { entry } else { nil } } }
}

extension [PlanEvent] {
    var rows: [PlanRow] { compactMap { if case .row(let row) = $0 { row } else { nil } } }
}

/// A clock that stands until somebody moves it.
final class TestClock: Sendable {
    private let milliseconds: Mutex<Int64>

    init(_ start: Instant = Instant(milliseconds: 1_800_000_000_000)) { milliseconds = Mutex(start.milliseconds) }

    var now: Instant { Instant(milliseconds: milliseconds.withLock { $0 }) }
    func advance(_ seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
}

/// Ids in a row.
final class TestIDs: Sendable {
    private let count: Mutex<Int>

    init(used: Int = 0) { count = Mutex(used) }

    var used: Int { count.withLock { $0 } }

    func next() -> String {
        let number = count.withLock { count -> Int in
            count += 1
            return count
        }
        let digits = String(number)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Counts down to nothing.
final class TestCounter: Sendable {
    private let left: Mutex<Int>

    init(_ count: Int) { left = Mutex(count) }

    /// - Returns: whether the count was used up before.
    func countDown() -> Bool {
        left.withLock { left in
            left -= 1
            return left < 0
        }
    }
}
