import Reconciliation
import Storage

/// Applies the rows of a plan in batches, each one transaction under the lease; between two of them pushes get in, and the
/// run can be stopped.
struct Applier {
    /// Rows in one transaction: some tens of milliseconds.
    static let batchRows = 1000

    let store: Store
    let lease: Lease
    let run: Int64
    let environment: RunEnvironment
    let total: Int
    /// Set for the plan of an undo.
    var undoing: Undoing?

    private(set) var done = 0
    /// Rows that were left out since somebody changed the record or the account: who, what, and who changed it.
    private(set) var stale: [String] = []
    /// Rows without changes to accounts that were left out: the directory has a newer word already.
    private(set) var superseded = 0
    /// Rows that had been carried out before.
    private(set) var already = 0
    /// Changes that were carried out, by class.
    private(set) var counts: [ChangeClass: Int] = [:]
    private var batch: [PlanRow] = []
    /// Groups whose row was stale: their member rows were planned on the same state.
    private var staleGroups: Set<String> = []

    init(store: Store, lease: Lease, run: Int64, environment: RunEnvironment, total: Int) {
        self.store = store
        self.lease = lease
        self.run = run
        self.environment = environment
        self.total = total
    }

    /// The run was asked to stop; what was applied stays.
    struct Interrupted: Error {}

    /// Applies all rows of a plan.
    mutating func apply(_ plan: PlanFileReader) throws {
        var freeing: [PlanRow] = []
        var isFree = true
        try plan.forEachEvent { event in
            guard case .row(let row) = event else { return }
            if row.phase == .free {
                freeing.append(row)
                return
            }
            if isFree {
                try applyTogether(freeing)
                isFree = false
            }
            batch.append(row)
            if batch.count >= Self.batchRows { try applyBatch() }
        }
        if isFree { try applyTogether(freeing) }
        try applyBatch()
    }

    /// Rows that give names up and take them over: all of them in one transaction, or none.
    private mutating func applyTogether(_ rows: [PlanRow]) throws {
        guard !rows.isEmpty else { return }
        let results = try store.apply(lease: lease, run: run, now: environment.now()) { writer -> [RowWriter.Result] in
            writer.undoing = undoing
            // A plan that is applied again finds its exchange of names done.
            let waiting = try rows.filter { try writer.fitness(of: $0) != .already }
            if let stale = try writer.park(waiting) {
                for row in waiting { try writer.requeue(row) }
                return try rows.map { try writer.fitness(of: $0) == .already ? .already : .stale(stale) }
            }
            return try rows.map { try writer.apply($0) }
        }
        note(results, rows)
    }

    private mutating func applyBatch() throws {
        guard !batch.isEmpty else { return }
        if environment.isStopping() { throw Interrupted() }
        let rows = batch
        batch = []
        do {
            note(try write(rows), rows)
        } catch let error as StorageError where error.code == .constraint {
            // One row of the batch collides with what somebody wrote since: find it, and let the others go on.
            for row in rows { try applyAlone(row) }
        }
        environment.progress(Progress(phase: "applying", done: done, total: total))
    }

    private func write(_ rows: [PlanRow]) throws -> [RowWriter.Result] {
        try store.apply(lease: lease, run: run, now: environment.now()) { writer in
            writer.undoing = undoing
            return try rows.map { row in
                if let group = row.subject.recordID, staleGroups.contains(group) {
                    return .stale("the group's list changed")
                }
                let result = try writer.apply(row)
                if case .stale = result { try writer.requeue(row) }
                return result
            }
        }
    }

    private mutating func applyAlone(_ row: PlanRow) throws {
        do {
            note(try write([row]), [row])
        } catch let error as StorageError where error.code == .constraint {
            note([.stale("a name or an anchor is taken now")], [row])
            try store.apply(lease: lease, run: run, now: environment.now()) { try $0.requeue(row) }
        }
    }

    private mutating func note(_ results: [RowWriter.Result], _ rows: [PlanRow]) {
        for (result, row) in zip(results, rows) {
            done += 1
            switch result {
            case .done: for change in row.changes { counts[change.changeClass, default: 0] += 1 }
            case .already: if !row.changes.isEmpty { already += 1 }
            case .stale(let reason): noteStale(row, reason)
            }
        }
    }

    private mutating func noteStale(_ row: PlanRow, _ reason: String) {
        if row.changes.isEmpty { superseded += 1 } else { stale.append(row.naming(stale: reason)) }
        if row.subject.kind == .group, row.member == nil, let recordID = row.subject.recordID {
            staleGroups.insert(recordID)
        }
    }
}

extension PlanRow {
    /// A sentence about a row that is left out.
    func naming(stale reason: String) -> String {
        let classes = changes.map(\.changeClass.rawValue).joined(separator: ", ")
        let member = member.map { " of \($0.name)" } ?? ""
        return "\(subject.name): \(classes)\(member) left out: \(reason)"
    }
}
