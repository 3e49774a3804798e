import Foundation
import Reconciliation
import SCIM
import Snapshots
import Storage

/// Runs jobs: reads, plans, judges, applies, journals. The one path of a nightly run, an import, a dry run and a kept plan.
package final class Engine: Sendable {
    package let database: String
    package let environment: RunEnvironment

    /// - Parameter path: the database file; it need not exist.
    package init(database path: String, environment: RunEnvironment) {
        database = path
        self.environment = environment
    }

    /// Runs a job once.
    ///
    /// - Parameter report: told the plan while it is made, and last the summary with how the run ended.
    /// - Throws: ``RunError``, `SnapshotError`, `StorageError`; the accounts are then as they were.
    package func run(
        _ job: Job, options: RunOptions, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let isApplied = options.purpose == .apply && job.mode != .plan
        let expectation = try expectation(options.expect)
        var options = options
        options.expect = expectation?.digest
        options.shown = try expectation?.plan.map(PlanComparison.init(shown:))
        guard isApplied else { return try dryRun(job, options: options, report: report) }
        let asOf = environment.now()
        // The source is opened before the database, so that a file that cannot be read leaves no trace.
        let reader = try SnapshotReader(job.source, hashSeed: Self.hashSeed(job))
        let leased = try lease(job, now: asOf)
        return try holding(leased) {
            try planAndApply(job, reader: reader, leased: leased, asOf: asOf, options: options, report: report)
        }
    }

    /// Everything that changes what an element means, so that a changed job looks at every element again.
    static func hashSeed(_ job: Job) -> [UInt8] {
        Array(
            (job.rules.hash + job.source.preset.mappingText + job.source.sourceAttributes.joined(separator: ",")).utf8)
    }

    // MARK: Planning

    /// Plans in one view of the database.
    private func plan(
        _ job: Job, reader: SnapshotReader, store: Store, asOf: Instant, environment: RunEnvironment,
        emit: (PlanEvent) throws -> Void
    ) throws -> JudgedPlan {
        try store.planning(organization: job.organization, connection: job.connection) { session in
            try Self.refuseOlder(reader.takenAt, job: job, state: session.state)
            let planning = try SnapshotPlanning(
                job: job, reader: reader, session: session, environment: environment, asOf: asOf, usesShortcuts: true)
            planning.accepted = session.state?.acceptedCounts ?? [:]
            try planning.plan()
            let header = PlanHeader(
                organization: session.state?.organizationName ?? job.organization, connection: job.connection,
                job: job.name, mode: job.mode, asOf: asOf, rulesHash: job.rules.hash,
                createsConnection: session.state == nil)
            return try planning.tell(header: header, emit: emit)
        }
    }

    private static func refuseOlder(_ takenAt: Instant, job: Job, state: ConnectionState?) throws {
        guard let accepted = state?.acceptedTakenAt, takenAt < accepted, !job.allowsOlder else { return }
        throw RunError(
            .sourceRefused,
            "the snapshot was taken at \(takenAt.text), before the last accepted one of \(accepted.text); give the newer "
                + "export, or --allow-older to replay this one on purpose")
    }

    private func dryRun(
        _ job: Job, options: RunOptions, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let reader = try SnapshotReader(job.source, hashSeed: Self.hashSeed(job))
        let store = try Store(path: database, mode: .readOnly)
        var writer: PlanFileWriter?
        if case .keepPlan(let path) = options.purpose { writer = try PlanFileWriter(path: path) }
        var planned = try plan(
            job, reader: reader, store: store, asOf: environment.now(), environment: environment
        ) { event in
            try writer?.write(event)
            if case .header = event {
                try writer?.write("rules", job.rules.json)
                try writer?.write("source", job.source.mappingJSON)
            }
            options.shown?.see(event)
            try report(event)
        }
        planned.summary.shown = options.expect
        if let expected = options.expect, expected != planned.summary.digest {
            planned.summary.outcome = .unexpected(expected)
            planned.summary.deviations = options.shown?.finish() ?? []
        }
        try writer?.write(.summary(planned.summary))
        try writer?.finish()
        try lookUpApproval(of: &planned, in: store)
        try report(.summary(planned.summary))
        try store.close()
        return RunResult(
            header: planned.header, summary: planned.summary,
            tripped: planned.summary.approval == nil ? planned.tripped : [])
    }

    // MARK: Applying

    struct Leased {
        var store: Store
        var lease: Lease
        var state: ConnectionState
    }

    /// Takes the lease of a connection that exists already; a new one is made when its first plan is known.
    private func lease(_ job: Job, now: Instant) throws -> Leased? {
        guard FileManager.default.fileExists(atPath: database) else { return nil }
        let store = try Store(path: database, mode: .readWrite)
        guard
            let state = try store.existingConnection(organization: job.organization, connection: job.connection)
        else { return nil }
        return try lease(state, store: store, now: now)
    }

    /// Makes the organization and the connection of a plan where they do not exist, and takes the lease.
    func lease(_ header: PlanHeader) throws -> Leased {
        let store = try Store(path: database, mode: .readWrite)
        let now = environment.now()
        let state = try store.connectionState(
            organization: header.organization, connection: header.connection, now: now)
        return try lease(state, store: store, now: now)
    }

    private func lease(_ state: ConnectionState, store: Store, now: Instant) throws -> Leased {
        do {
            let lease = try store.acquireLease(
                state, owner: ProcessOwner.current, now: now, isGone: ProcessOwner.isGone)
            try store.closeAbandonedRuns(lease, now: now)
            return Leased(store: store, lease: lease, state: state)
        } catch let held as LeaseHeld {
            throw RunError(
                .leaseHeld,
                "another run of \(state.organizationName)/\(state.connectionName) is going on (\(held.owner)); wait for it, or "
                    + "run again after \(held.expiresAt.text)")
        }
    }

    /// Does something under a lease, which is given back when that fails.
    func holding<T>(_ leased: Leased?, _ body: () throws -> T) throws -> T {
        do { return try body() } catch {
            if let leased { Self.giveBack(leased) }
            guard error is LeaseLost else { throw error }
            throw RunError(
                .leaseHeld, "another run took over while this one slept; what it applied stays, run again to go on")
        }
    }

    private static func giveBack(_ leased: Leased) {
        do { try leased.store.release(leased.lease) } catch {
            // What failed before is what is reported. A lease that stays behind blocks nobody: its owner is this process,
            // and the next run takes it over as soon as that is gone.
        }
    }

    private func planAndApply(
        _ job: Job, reader: SnapshotReader, leased: Leased?, asOf: Instant, options: RunOptions,
        report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let planningStore = try leased?.store ?? Store(path: database, mode: .readOnly)
        let spool = try Spool(database: database, id: environment.makeID())
        do {
            let writer = try PlanFileWriter(path: spool.path)
            let heartbeat = leased.map { Heartbeat(lease: $0.lease, store: $0.store, startedAt: asOf) }
            var planned = try plan(
                job, reader: reader, store: planningStore, asOf: asOf,
                environment: heartbeat?.environment(over: environment) ?? environment
            ) { event in
                try writer.write(event)
                if case .header = event {
                    try writer.write("rules", job.rules.json)
                    try writer.write("source", job.source.mappingJSON)
                }
                options.shown?.see(event)
                try report(event)
            }
            if let expected = options.expect, expected != planned.summary.digest {
                planned.summary.deviations = options.shown?.finish() ?? []
            }
            try heartbeat?.check()
            try writer.write(.summary(planned.summary))
            try writer.finish()
            return try carryOut(
                planned, rules: job.rules, spool: spool, leased: leased, kind: "run", expect: options.expect,
                report: report)
        } catch {
            try spool.removeIfUnnumbered()
            throw error
        }
    }

    /// What happens once a plan is known: it is refused, or applied, and either is remembered.
    func carryOut(
        _ planned: JudgedPlan, rules: Rules, spool: Spool, leased: Leased?, kind: String, expect: String?,
        report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        guard let leased else {
            let made = try lease(planned.header)
            return try holding(made) {
                try carryOut(
                    planned, rules: rules, spool: spool, leased: made, kind: kind, expect: expect, report: report)
            }
        }
        let header = planned.header
        let store = leased.store
        let run = try store.beginRun(leased.state, header: header, kind: kind, now: environment.now())
        try spool.number(run)
        var result = RunResult(header: header, summary: planned.summary, tripped: planned.tripped)
        result.summary.run = run
        result.summary.shown = planned.summary.shown ?? expect
        if let expect, expect != planned.summary.digest {
            result.summary.outcome = .unexpected(expect)
        } else if !planned.stale.isEmpty {
            result.summary.outcome = .refused
            result.summary.deviations = planned.stale
            result.summary.stale = planned.stale.count
            result.stale = planned.stale
        } else if try admit(planned, leased: leased, result: &result) {
            try apply(
                planned, rules: rules, plan: PlanFileReader(trusting: spool.path), leased: leased, result: &result)
        }
        try store.endRun(
            run, state: Self.state(result.summary.outcome), summary: result.summary, spool: spool.name,
            now: environment.now())
        try store.release(leased.lease)
        try store.checkpoint()
        try report(.summary(result.summary))
        return result
    }

    private static func state(_ outcome: PlanSummary.Outcome) -> String {
        switch outcome {
        case .applied: "applied"
        case .interrupted: "interrupted"
        case .planned, .refused, .unexpected: "refused"
        }
    }

    private func apply(
        _ planned: JudgedPlan, rules: Rules, plan: PlanFileReader, leased: Leased, result: inout RunResult
    ) throws {
        let (store, lease) = (leased.store, leased.lease)
        let run = result.summary.run!
        let total = planned.summary.counts.values.reduce(0, +)
        var applier = Applier(store: store, lease: lease, run: run, environment: environment, total: total)
        applier.undoing = try planned.header.undoes.map {
            Undoing(run: $0, isOfUndo: try store.run($0)?.undoes != nil)
        }
        do {
            try applier.apply(plan)
        } catch is Applier.Interrupted {
            result.summary.outcome = .interrupted
            result.take(applier)
            return
        }
        result.summary.outcome = .applied
        result.take(applier)
        // Taking a run back says nothing about the source or the rules.
        if planned.header.undoes != nil { return }
        let startedAt = environment.now()
        try store.apply(lease: lease, run: run, now: startedAt) { writer in
            for entry in planned.quarantined { try writer.quarantine(entry, sourceDigest: planned.header.sourceDigest) }
        }
        try store.accept(
            leased.state, takenAt: planned.header.takenAt, counts: planned.acceptedCounts,
            digest: planned.header.sourceDigest, rules: rules, gates: planned.gates,
            startedAt: startedAt)
        try store.quarantineJob(leased.state, job: planned.header.job, run: run, detail: nil, now: startedAt)
    }
}

extension RunResult {
    /// What became of the rows.
    fileprivate mutating func take(_ applier: Applier) {
        summary.stale = applier.stale.count + applier.superseded
        stale = applier.stale
        summary.counts = applier.counts
        guard summary.shown != nil else { return }
        summary.deviations = applier.stale
        if applier.already > 0 {
            summary.deviations.append(
                "\(applier.already) rows were as planned already: nothing was left to do for them")
        }
    }
}

/// Where a run's plan is kept: a file beside the database, named by the run's number.
final class Spool {
    private let folder: String
    private(set) var path: String
    private var isNumbered = false
    /// The folder is this run's: the first one, which leaves nothing behind if its source is refused.
    private let madeFolder: Bool

    init(database: String, id: String) throws {
        folder = database + "-runs"
        madeFolder = !FileManager.default.fileExists(atPath: folder)
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw RunError(
                .failed,
                "\(folder): the folder for plans cannot be made (\(error.localizedDescription)); check its rights")
        }
        path = folder + "/new-" + id + ".jsonl"
    }

    /// The file's name without folder.
    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    func number(_ run: Int64) throws {
        let numbered = folder + "/run-\(run).jsonl"
        guard rename(path, numbered) == 0 else {
            throw RunError(.failed, "\(numbered): the plan cannot be kept (\(String(cString: strerror(errno))))")
        }
        path = numbered
        isNumbered = true
    }

    func copy(from source: String) throws {
        do { try FileManager.default.copyItem(atPath: source, toPath: path) } catch {
            throw RunError(.failed, "\(path): the plan cannot be kept (\(error.localizedDescription))")
        }
        guard chmod(path, 0o600) == 0 else {
            throw RunError(.failed, "\(path): its rights cannot be set (\(String(cString: strerror(errno))))")
        }
    }

    func removeIfUnnumbered() throws {
        if isNumbered { return }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw RunError(
                .failed, "\(path): the unfinished plan cannot be removed (\(String(cString: strerror(errno))))")
        }
        // Another run may have begun in it meanwhile; then it stays.
        guard !madeFolder || rmdir(folder) == 0 || errno == ENOTEMPTY || errno == ENOENT else {
            throw RunError(
                .failed, "\(folder): the empty folder cannot be removed (\(String(cString: strerror(errno))))")
        }
    }
}

/// Who holds a lease: a process on a machine. A process that is no more does not block the next run.
enum ProcessOwner {
    static var current: String { "process \(getpid()) on \(ProcessInfo.processInfo.hostName)" }

    static func isGone(_ owner: String) -> Bool {
        let parts = owner.split(separator: " ")
        guard parts.count == 4, parts[3] == ProcessInfo.processInfo.hostName, let pid = pid_t(parts[1]) else {
            return false
        }
        return kill(pid, 0) != 0 && errno == ESRCH
    }
}
