import JSONBytes

/// What a plan or run tells its reader, in this order: one header, then rows, quarantined records and gate readings, and last
/// one summary. Reports are made from these alone, whether a plan is being made, applied, or read again from its file.
package enum PlanEvent: Sendable {
    case header(PlanHeader)
    case row(PlanRow)
    case quarantined(Quarantined)
    /// Nothing changes for this subject, and a person should know: HELD, SUPERSEDED, grace periods, protected accounts.
    case notice(Notice)
    case gate(GateReading)
    case summary(PlanSummary)
}

/// A line about somebody for whom nothing changes.
package struct Notice: Sendable, Equatable {
    package var subject: Subject
    package var situation: Situation
    package var text: String
    package var reason: String
    /// What will happen to the subject, and when, unless something changes: who is about to lose access.
    package var due: Due?

    package struct Due: Sendable, Equatable {
        package var changeClass: ChangeClass
        package var at: Instant
        /// Complete snapshots without the subject that are still to come, where those are counted; ``at`` is then the
        /// earliest that it can be.
        package var sightings: Int?

        package init(_ changeClass: ChangeClass, at: Instant, sightings: Int? = nil) {
            self.changeClass = changeClass
            self.at = at
            self.sightings = sightings
        }
    }

    package init(subject: Subject, situation: Situation, text: String, reason: String, due: Due? = nil) {
        self.subject = subject
        self.situation = situation
        self.text = text
        self.reason = reason
        self.due = due
    }
}

/// Whose plan it is and what it was made from.
package struct PlanHeader: Sendable, Equatable {
    package var organization: String
    package var connection: String
    /// The job's name: its file without folder and ending, or `command line`, or `drain`.
    package var job: String
    package var mode: PlanMode
    /// The one clock of the run.
    package var asOf: Instant
    /// When the snapshot began; `nil` for a drain.
    package var takenAt: Instant?
    /// SHA-256 over the source files; `nil` for a drain.
    package var sourceDigest: String?
    package var files: [SourceFile]
    package var rulesHash: String
    /// The organization and the connection do not exist yet; an accepted run makes them.
    package var createsConnection: Bool
    /// The run that this plan takes back; `nil` for all other plans.
    package var undoes: Int64?

    /// A file that was read.
    package struct SourceFile: Sendable, Equatable {
        package var path: String
        package var bytes: Int
        package var records: Int
        /// SHA-256 of what was read, in hexadecimal; `nil` for many files under one path.
        package var sha256: String?

        package init(path: String, bytes: Int, records: Int, sha256: String? = nil) {
            self.path = path
            self.bytes = bytes
            self.records = records
            self.sha256 = sha256
        }
    }

    package init(
        organization: String, connection: String, job: String, mode: PlanMode, asOf: Instant, takenAt: Instant? = nil,
        sourceDigest: String? = nil, files: [SourceFile] = [], rulesHash: String = "", createsConnection: Bool = false
    ) {
        self.organization = organization
        self.connection = connection
        self.job = job
        self.mode = mode
        self.asOf = asOf
        self.takenAt = takenAt
        self.sourceDigest = sourceDigest
        self.files = files
        self.rulesHash = rulesHash
        self.createsConnection = createsConnection
    }
}

/// The count of everything, once it is all known.
package struct PlanSummary: Sendable, Equatable {
    /// Changes by class, counted, never subtracted. Classes without a change are left out.
    package var counts: [ChangeClass: Int]
    /// Subjects by situation. Records that a shortcut skipped count as what they are.
    package var situations: [Situation: Int]
    package var quarantined: Int
    /// Memberships that wait for their member's account.
    package var deferredMembers: Int
    package var completeness: Completeness?
    /// What silence means, per kind, for example `users: complete, groups: partial`.
    package var coverage: String
    /// Records read, by kind.
    package var records: [Kind: Int]
    package var digest: String
    package var outcome: Outcome
    /// The run's number; `nil` for a dry run.
    package var run: Int64?
    /// Rows that had gone stale between planning and applying; each is queued again.
    package var stale: Int
    /// Attributes of the source that no mapping carries, with the number of records that have a value.
    package var unmapped: [String: Int] = [:]
    /// Who approved what the gates refused; `nil` where nobody had to.
    package var approval: Approval?
    /// Until when the approval of a plan that is only looked at is good; `nil` once it is used.
    package var approvedUntil: Instant?
    /// Why an approval that somebody gave does not count for this plan.
    package var approvalNote: String?
    /// Changes of the connection that the drain holds until somebody approves them; `nil` where nothing is held.
    package var held: Held?
    /// The digest of the plan that somebody was shown before, by `--expect` or as a saved plan; `nil` where nobody named one.
    package var shown: String?
    /// How what was applied differs from the plan that was shown, a sentence each; empty: exactly what was shown.
    package var deviations: [String] = []

    /// Somebody's word that this one plan may be applied although gates refuse it.
    package struct Approval: Sendable, Equatable {
        package var by: String
        package var at: Instant

        package init(by: String, at: Instant) {
            self.by = by
            self.at = at
        }
    }

    /// A set of held changes.
    package struct Held: Sendable, Equatable {
        package var count: Int
        /// What an approval of exactly these has to name.
        package var digest: String

        package init(count: Int, digest: String) {
            self.count = count
            self.digest = digest
        }
    }

    package enum Outcome: Sendable, Equatable {
        /// A dry run or a plan kept in a file: nothing was written.
        case planned
        case applied
        /// Gates stopped it; nothing was written.
        case refused
        /// `--expect` named another digest; nothing was written.
        case unexpected(String)
        /// Stopped between two batches; what was done stays done.
        case interrupted
    }

    package init(
        counts: [ChangeClass: Int] = [:], situations: [Situation: Int] = [:], quarantined: Int = 0,
        deferredMembers: Int = 0, completeness: Completeness? = nil, coverage: String = "", records: [Kind: Int] = [:],
        digest: String = "", outcome: Outcome = .planned, run: Int64? = nil, stale: Int = 0
    ) {
        self.counts = counts
        self.situations = situations
        self.quarantined = quarantined
        self.deferredMembers = deferredMembers
        self.completeness = completeness
        self.coverage = coverage
        self.records = records
        self.digest = digest
        self.outcome = outcome
        self.run = run
        self.stale = stale
    }

    /// Nothing differs between the source and the accounts.
    package var isEmpty: Bool { counts.values.allSatisfy { $0 == 0 } }
}
