import Reconciliation

/// What a run needs from the world. Time, identifiers and the wish to stop come in here, so that tests own them.
package struct RunEnvironment: Sendable {
    package var now: @Sendable () -> Instant
    /// A new random identifier, a lower-case UUID.
    package var makeID: @Sendable () -> String
    /// Told a few times a second how far a long phase is.
    package var progress: @Sendable (Progress) -> Void
    /// Asked between two batches; `true` ends the run there.
    package var isStopping: @Sendable () -> Bool

    package init(
        now: @escaping @Sendable () -> Instant, makeID: @escaping @Sendable () -> String,
        progress: @escaping @Sendable (Progress) -> Void = { _ in },
        isStopping: @escaping @Sendable () -> Bool = { false }
    ) {
        self.now = now
        self.makeID = makeID
        self.progress = progress
        self.isStopping = isStopping
    }
}

/// How far a long phase is.
package struct Progress: Sendable, Equatable {
    /// For example `reading`, `applying`.
    package var phase: String
    package var done: Int
    package var total: Int?

    package init(phase: String, done: Int, total: Int?) {
        self.phase = phase
        self.done = done
        self.total = total
    }
}

/// How a job is to be run.
package struct RunOptions: Sendable {
    package enum Purpose: Sendable, Equatable {
        /// Plan, judge, apply, journal.
        case apply
        /// Plan and judge; the database is opened read-only and need not exist.
        case dryRun
        /// As a dry run, and the plan is kept in this file (mode 0600; an existing file is replaced whole).
        case keepPlan(path: String)
    }

    package var purpose: Purpose
    /// Apply only a plan with this digest.
    package var expect: String?

    package init(purpose: Purpose, expect: String? = nil) {
        self.purpose = purpose
        self.expect = expect
    }
}

/// How a run ended. Normal outcomes are results: a refused plan is one, a damaged file is thrown.
package struct RunResult: Sendable {
    package var header: PlanHeader
    package var summary: PlanSummary
    /// The gates that tripped.
    package var tripped: [GateReading]
    /// Destructive changes of the drain that wait for approval.
    package var held: Int
    /// Who was left out because the record or account had changed since the planning, each with what changed.
    package var stale: [String] = []

    package init(header: PlanHeader, summary: PlanSummary, tripped: [GateReading] = [], held: Int = 0) {
        self.header = header
        self.summary = summary
        self.tripped = tripped
        self.held = held
    }
}

/// Why a run could not be carried out. Each has a line for a person that names the place and the cure.
package struct RunError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Another run of the connection holds the lease.
        case leaseHeld
        /// The snapshot is older than the last accepted one, or only a part of the directory.
        case sourceRefused
        /// A plan file is damaged, or not one.
        case planDamaged
        /// A plan file no longer fits: accounts or records changed since.
        case planStale
        /// The organization or connection does not exist, or may not be used this way.
        case configuration
        /// A file could not be written.
        case failed
    }

    package var code: Code
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// Everything about one person or group: from the place in the file to the decision.
package struct Explanation: Sendable {
    /// The file, line and column of the record, or `pushed` with the time; `nil` when the source does not name it.
    package var place: String?
    package var sourcePlace: Place?
    package var record: DirectoryRecord?
    /// What each line of the mapping made of the record, in the order of the job.
    package var mapping: [MappingTrace] = []
    package var verdict: ScopeVerdict?
    package var clauses: [ClauseTrace]
    package var situation: Situation?
    package var account: Account?
    package var candidates: [Candidate]
    package var rows: [PlanRow]
    package var quarantine: Quarantined?
    package var reason: String

    package init(
        place: String? = nil, record: DirectoryRecord? = nil, verdict: ScopeVerdict? = nil, clauses: [ClauseTrace] = [],
        situation: Situation? = nil, account: Account? = nil, candidates: [Candidate] = [], rows: [PlanRow] = [],
        quarantine: Quarantined? = nil, reason: String
    ) {
        self.place = place
        self.record = record
        self.verdict = verdict
        self.clauses = clauses
        self.situation = situation
        self.account = account
        self.candidates = candidates
        self.rows = rows
        self.quarantine = quarantine
        self.reason = reason
    }
}
