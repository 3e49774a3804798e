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
    /// A random number from 0 to the given one, both included: for the moment at which a failure is tried again.
    package var random: @Sendable (Int64) -> Int64

    package init(
        now: @escaping @Sendable () -> Instant, makeID: @escaping @Sendable () -> String,
        progress: @escaping @Sendable (Progress) -> Void = { _ in },
        isStopping: @escaping @Sendable () -> Bool = { false },
        random: @escaping @Sendable (Int64) -> Int64 = { Int64.random(in: 0...$0) }
    ) {
        self.now = now
        self.makeID = makeID
        self.progress = progress
        self.isStopping = isStopping
        self.random = random
    }
}

extension RunEnvironment {
    /// Says how far a phase is, and ends a run there that was asked to stop and has written nothing yet.
    ///
    /// - Throws: ``RunError`` `.interrupted`.
    func advance(_ step: Progress) throws(RunError) {
        progress(step)
        guard isStopping() else { return }
        throw RunError(.interrupted, "stopped while \(step.phase), before anything was written; run again")
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
package struct RunOptions {
    package enum Purpose: Sendable, Equatable {
        /// Plan, judge, apply, journal.
        case apply
        /// Plan and judge; the database is opened read-only and need not exist.
        case dryRun
        /// As a dry run, and the plan is kept in this file (mode 0600; an existing file is replaced whole).
        case keepPlan(path: String)
    }

    package var purpose: Purpose
    /// Apply only a plan with this digest, or the plan of this file.
    package var expect: String?
    /// The plan that was shown, where there is a file of it.
    var shown: PlanComparison?

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
        /// The process was asked to stop before anything was written.
        case interrupted
    }

    package var code: Code
    package var description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
