import JSONBytes
import Reconciliation
import Storage

/// Everything about one person or group: from the place in the file to the decision.
package struct Explanation: Sendable {
    /// The file, line and column of the record, or `pushed` with the time; `nil` when the source does not name it.
    package var place: String?
    package var sourcePlace: Place?
    /// What the record says before the mapping: only fields that a mapping or a filter names.
    package var raw: [(name: String, value: JSONValue)] = []
    package var record: DirectoryRecord?
    /// What each line of the mapping made of the record, in the order of the job.
    package var mapping: [MappingTrace] = []
    package var verdict: ScopeVerdict?
    package var clauses: [ClauseTrace]
    /// The smallest edit of the filter that would bring the subject into scope, and how many others it would bring in.
    package var nearest: NearestScope?
    package var nearestOthers: Int?
    package var situation: Situation?
    package var account: Account?
    package var candidates: [Candidate]
    /// By what the account was found when it was linked, for example `userName jane@acme.example`.
    package var evidence: String?
    package var rows: [PlanRow]
    package var quarantine: Quarantined?
    /// How long it has been set aside, how often it was tried, and when it is tried again.
    package var attempts: QuarantineAttempts?
    /// Changes of the subject, or of its membership, that wait for approval, and the digest of all that the connection holds.
    package var held: [HeldChange] = []
    package var heldDigest: String?
    /// Lines of the plan about the subject: held, within the grace period, waiting after an undo.
    package var notices: [String] = []
    /// What the gates measured on the whole plan.
    package var gates: [GateReading] = []
    /// Whom it is about, where there is no record to say so.
    package var subject: Subject?
    /// The past run that is explained; `nil` for now.
    package var run: Int64?
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

    /// Adds what the database has open about the subject.
    mutating func addOpenMatters(recordRow: Int64?, _ lookup: Lookup) throws {
        attempts = try quarantine.flatMap { try lookup.attempts(ofQuarantined: $0) }
        guard let recordRow else { return }
        let all = try lookup.heldChanges()
        held = all.filter { $0.recordRow == recordRow || $0.memberRow == recordRow }
        heldDigest = held.isEmpty ? nil : HeldChange.digest(of: all)
    }

    /// Whether the subject's changes are among those that a gate counted; `nil` for a gate that counts no changes, such as
    /// the canaries and the plausible size.
    package func counts(in gate: GateReading) -> Bool? {
        if gate.name == "sameRules" { return rows.contains { $0.edit == .leaves } }
        guard gate.name.hasPrefix("limit."), gate.name != "limit.memberRemove.group" else { return nil }
        return rows.flatMap(\.changes).contains { gate.name == "limit.\($0.changeClass.rawValue)" }
    }
}
