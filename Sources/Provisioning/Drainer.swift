import Reconciliation
import Storage

/// Drains the change queue into the accounts: each batch is one transaction, planned by the same planner as a snapshot.
///
/// Destructive changes beyond the limits of gate 4 are held for approval; everything else goes on, see ``GatesOnDrain``.
package struct Drainer: Sendable {
    /// Records in one transaction.
    static let batchRecords = 200

    /// What a drain says about held changes.
    package enum Telling: Sendable {
        /// What it holds itself: for a worker that goes on.
        case news
        /// Everything that is held, also where nothing waits in the queue: for `work --once`.
        case everything
    }

    let store: Store
    let environment: RunEnvironment
    private let telling: Telling

    package init(store: Store, environment: RunEnvironment, telling: Telling = .news) {
        self.store = store
        self.environment = environment
        self.telling = telling
    }

    /// Drains all connections until nothing in their queues is due or the process is asked to stop.
    ///
    /// - Returns: the last connection's header with the counts of everything drained; `nil` when nothing waited (nor, where
    ///   everything is told, is held).
    package func drain(report: (PlanEvent) throws -> Void) throws -> RunResult? {
        var result: RunResult?
        try queueDue()
        for state in try connections() {
            let drained = try drain(state, report: report)
            result = result.map { Self.sum($0, drained) } ?? drained
        }
        return result
    }

    private func connections() throws -> [ConnectionState] {
        let queued = try store.queuedConnections(now: environment.now())
        guard telling == .everything else { return queued }
        return queued + (try store.holdingConnections().filter { !queued.contains($0) })
    }

    /// Queues whom time alone concerns: a date of a filter has passed.
    func queueDue() throws { try store.queueDue(now: environment.now()) }

    static func sum(_ left: RunResult, _ right: RunResult) -> RunResult {
        var sum = right
        sum.summary.counts.merge(left.summary.counts, uniquingKeysWith: +)
        sum.summary.situations.merge(left.summary.situations, uniquingKeysWith: +)
        sum.summary.quarantined += left.summary.quarantined
        sum.summary.deferredMembers += left.summary.deferredMembers
        sum.held += left.held
        return sum
    }

    private func drain(_ state: ConnectionState, report: (PlanEvent) throws -> Void) throws -> RunResult {
        let header = header(of: state, job: DrainRun.everyday)
        try report(.header(header))
        var result = RunResult(header: header, summary: PlanSummary(coverage: "the records that were pushed"))
        result.summary.outcome = .applied
        var readings: [String: GateReading] = [:]
        while let batch = try drainBatch(state) {
            for event in batch.events { try report(event) }
            readings.merge(batch.readings, uniquingKeysWith: { _, newest in newest })
            result = Self.sum(result, RunResult(header: header, summary: batch.summary))
            result.summary.run = batch.summary.run ?? result.summary.run
            if environment.isStopping() {
                result.summary.outcome = .interrupted
                break
            }
        }
        result.summary.held = try tellHeld(
            state, since: telling == .everything ? nil : header.asOf, report: report)
        result.held = result.summary.held?.count ?? 0
        for (_, reading) in readings.sorted(by: { $0.key < $1.key }) { try report(.gate(reading)) }
        try report(.summary(result.summary))
        return result
    }

    func header(of state: ConnectionState, job: String) -> PlanHeader {
        PlanHeader(
            organization: state.organizationName, connection: state.connectionName, job: job, mode: .reconcile,
            asOf: environment.now(), rulesHash: state.rulesHash ?? "")
    }

    // MARK: Batches

    struct Batch {
        var events: [PlanEvent]
        var summary: PlanSummary
        var readings: [String: GateReading]
    }

    /// Decides and carries out one batch; `nil` when nothing that waits is due.
    private func drainBatch(_ state: ConnectionState) throws -> Batch? {
        let now = environment.now()
        do {
            return try decide(state, now: now) { try $0.queuedRows(limit: Self.batchRecords, now: now) }
        } catch let error as StorageError where error.mayConcernOneRecord {
            return try drainOneByOne(state, now: now)
        }
    }

    /// Some record of the batch cannot be written: it is found and set aside, and the others go on.
    private func drainOneByOne(_ state: ConnectionState, now: Instant) throws -> Batch? {
        let rows = try store.looking(state) { try $0.queuedRows(limit: Self.batchRecords, now: now) }
        var whole: Batch?
        for row in rows {
            let batch: Batch?
            do {
                // One that came along with another one is decided already.
                batch = try decide(state, now: now) { try $0.isQueued(row: row) ? [row] : [] }
            } catch let error as StorageError where error.mayConcernOneRecord {
                batch = try setAside(row, of: state, because: error, now: now)
            }
            guard let batch else { continue }
            whole = whole.map { Self.joined($0, batch) } ?? batch
        }
        return whole
    }

    private static func joined(_ left: Batch, _ right: Batch) -> Batch {
        let header = PlanHeader(
            organization: "", connection: "", job: "", mode: .reconcile, asOf: Instant(milliseconds: 0))
        let sum = sum(
            RunResult(header: header, summary: left.summary), RunResult(header: header, summary: right.summary))
        return Batch(
            events: left.events + right.events, summary: sum.summary,
            readings: left.readings.merging(right.readings, uniquingKeysWith: { _, newest in newest }))
    }

    private func decide(
        _ state: ConnectionState, now: Instant, _ choose: (Lookup) throws -> [Int64]
    ) throws -> Batch? {
        try store.draining(state, now: now) { lookup, run -> Batch? in
            let rows = try choose(lookup)
            guard !rows.isEmpty else { return nil }
            let planning = try DrainPlanning(
                lookup: lookup, state: state, asOf: now,
                permission: DrainPermission(limits: state.gates ?? GateLimits()))
            try planning.plan(rows)
            var writer = try run.writer()
            let summary = try planning.apply(&writer)
            try writer.finish()
            if !summary.isEmpty || summary.quarantined > 0 { try run.add(summary, to: writer.run) }
            return Batch(events: planning.events, summary: summary, readings: planning.readings)
        }
    }

    /// Keeps a record that could not be written for another try; what comes later for it waits behind.
    private func setAside(
        _ row: Int64, of state: ConnectionState, because error: StorageError, now: Instant
    ) throws -> Batch? {
        try store.draining(state, now: now) { lookup, run -> Batch? in
            guard let stored = try lookup.subject(row: row) else { return nil }
            let attempts = try lookup.attempts(recordRow: row)
            let next = now + Backoff.delay(afterAttempts: attempts, random: environment.random)
            let entry = Quarantined(
                kind: stored.record.kind, anchor: stored.record.anchor, name: stored.record.name,
                situation: stored.situation ?? .undecided,
                finding: Finding(
                    code: "FAILED", detail: "the change could not be written: \(error.detail)",
                    cure: "it is tried again by itself; if it stays, correct the record at its source"),
                place: nil, recordID: stored.record.id, version: stored.record.version,
                attributes: stored.record.attributes.json.object)
            let writer = try run.writer()
            try writer.quarantine(entry, nextAttempt: next)
            var summary = PlanSummary(outcome: .applied, run: writer.run)
            summary.quarantined = 1
            try run.add(summary, to: writer.run)
            return Batch(events: [.quarantined(entry)], summary: summary, readings: [:])
        }
    }
}

/// When a failure that may pass by itself is tried again: a minute, doubled with every attempt, at most six hours, and of that a
/// share of chance ("full jitter"), so that many do not come back at once.
package enum Backoff {
    package static let base = Duration.seconds(60)
    package static let longest = Duration.seconds(6 * 3600)

    /// - Parameters:
    ///   - attempts: how many have failed before this one.
    ///   - random: a number from 0 to the given one.
    package static func delay(afterAttempts attempts: Int, random: (Int64) -> Int64) -> Duration {
        // 2^9 minutes are more than six hours.
        let factor = Int64(1) << min(max(attempts, 0), 9)
        let most = min(base.milliseconds * factor, longest.milliseconds)
        return .milliseconds(random(most))
    }
}

extension StorageError {
    /// Whether one record of several may be the cause: a constraint, or a row that cannot be read. A full disk or a busy
    /// database concerns all of them.
    var mayConcernOneRecord: Bool { code == .constraint || code == .notADatabase }
}
