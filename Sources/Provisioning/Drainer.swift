import Reconciliation
import Storage

/// Drains the change queue into the accounts: each batch is one transaction, planned by the same planner as a snapshot.
///
/// Gates do not stop a drain in this version: a push changes exactly whom it names, and `runs show` says what was done.
package struct Drainer: Sendable {
    /// Records in one transaction.
    static let batchRecords = 200

    private let store: Store
    private let environment: RunEnvironment

    package init(store: Store, environment: RunEnvironment) {
        self.store = store
        self.environment = environment
    }

    /// Drains all connections until their queues are empty or the process is asked to stop.
    ///
    /// - Returns: the last connection's header with the counts of everything drained; `nil` when nothing waited.
    package func drain(report: (PlanEvent) throws -> Void) throws -> RunResult? {
        var result: RunResult?
        try queueDue()
        for state in try store.queuedConnections() {
            let drained = try drain(state, report: report)
            result = result.map { Self.sum($0, drained) } ?? drained
        }
        return result
    }

    /// Queues whom time alone concerns: a date of a filter has passed.
    func queueDue() throws { try store.queueDue(now: environment.now()) }

    private static func sum(_ left: RunResult, _ right: RunResult) -> RunResult {
        var sum = right
        sum.summary.counts.merge(left.summary.counts, uniquingKeysWith: +)
        sum.summary.situations.merge(left.summary.situations, uniquingKeysWith: +)
        sum.summary.quarantined += left.summary.quarantined
        sum.summary.deferredMembers += left.summary.deferredMembers
        return sum
    }

    private func drain(_ state: ConnectionState, report: (PlanEvent) throws -> Void) throws -> RunResult {
        let header = PlanHeader(
            organization: state.organizationName, connection: state.connectionName, job: "drain", mode: .reconcile,
            asOf: environment.now(), rulesHash: state.rulesHash ?? "")
        try report(.header(header))
        var result = RunResult(header: header, summary: PlanSummary(coverage: "the records that were pushed"))
        result.summary.outcome = .applied
        while let batch = try drainBatch(state) {
            for event in batch.events { try report(event) }
            result = Self.sum(result, RunResult(header: header, summary: batch.summary))
            result.summary.run = batch.summary.run ?? result.summary.run
            if environment.isStopping() {
                result.summary.outcome = .interrupted
                break
            }
        }
        try report(.summary(result.summary))
        return result
    }

    private struct Batch {
        var events: [PlanEvent]
        var summary: PlanSummary
    }

    /// Decides and carries out one batch; `nil` when nothing waits.
    private func drainBatch(_ state: ConnectionState) throws -> Batch? {
        let now = environment.now()
        return try store.draining(state, now: now) { lookup, run in
            let rows = try lookup.queuedRows(limit: Self.batchRecords)
            guard !rows.isEmpty else { return nil }
            let planning = DrainPlanning(lookup: lookup, state: state, asOf: now)
            try planning.plan(rows)
            var writer = try run.writer()
            let summary = try planning.apply(&writer)
            try writer.finish()
            if !summary.isEmpty || summary.quarantined > 0 { try run.add(summary, to: writer.run) }
            return Batch(events: planning.events, summary: summary)
        }
    }
}
