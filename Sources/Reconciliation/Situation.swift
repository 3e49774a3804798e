/// What the join of records and accounts found about one subject. Total and exclusive.
package enum Situation: String, Sendable, Hashable, CaseIterable {
    case linkOnly = "LINK_ONLY"
    case superseded = "SUPERSEDED"
    case duplicateSource = "DUPLICATE_SOURCE"
    case undecided = "UNDECIDED"
    case protected = "PROTECTED"
    case missing = "MISSING"
    case tombstone = "TOMBSTONE"
    case disabledSource = "DISABLED_SOURCE"
    case outOfScope = "OUT_OF_SCOPE"
    case unseen = "UNSEEN"
    case sourceMissing = "SOURCE_MISSING"
    case held = "HELD"
    case returning = "RETURNING"
    case confirmed = "CONFIRMED"
    case ignored = "IGNORED"
    case rehire = "REHIRE"
    case ambiguous = "AMBIGUOUS"
    case taken = "TAKEN"
    case found = "FOUND"
    case absent = "ABSENT"
    case unassigned = "UNASSIGNED"
}

extension Situation {
    /// Whether a record of this situation is set aside: nothing changes for it until it is cured.
    package var isQuarantined: Bool {
        switch self {
        case .duplicateSource, .undecided, .missing, .ambiguous, .taken: true
        default: false
        }
    }

    /// What the same subject is found to be next time, once the default decision was carried out and nothing else happened.
    package var afterwards: Situation {
        switch self {
        case .absent, .found, .rehire, .returning, .missing: .confirmed
        default: self
        }
    }
}

/// The facts that decide a situation, and no others.
package struct SituationFacts: Sendable, Hashable {
    package enum AccountState: Sendable, Hashable, CaseIterable {
        case gone, active, disabledByUs, disabledByAdministrator
    }
    /// What the source says about the subject's presence.
    package enum Presence: Sendable, Hashable, CaseIterable {
        /// Named by the snapshot or the push.
        case stated
        /// Not named, and the coverage says that everybody was.
        case silentCovered
        /// Not named, and nothing can be concluded from that.
        case silentUncovered
        /// Deleted explicitly.
        case deleted
    }
    package enum Match: Sendable, Hashable, CaseIterable { case none, rehire, ambiguous, taken, found }

    package var linked: Bool
    package var hasRecord: Bool
    package var account: AccountState
    package var superseded: Bool
    package var duplicate: Bool
    package var undecided: Bool
    package var protected: Bool
    package var presence: Presence
    package var recordActive: Bool
    package var inScope: Bool
    package var match: Match

    package init(
        linked: Bool, hasRecord: Bool, account: AccountState, superseded: Bool, duplicate: Bool, undecided: Bool,
        protected: Bool, presence: Presence, recordActive: Bool, inScope: Bool, match: Match
    ) {
        self.linked = linked
        self.hasRecord = hasRecord
        self.account = account
        self.superseded = superseded
        self.duplicate = duplicate
        self.undecided = undecided
        self.protected = protected
        self.presence = presence
        self.recordActive = recordActive
        self.inScope = inScope
        self.match = match
    }
}

extension Situation {
    /// The table of situations: the first row that applies wins.
    package init(_ facts: SituationFacts) {
        self = facts.linked ? Self.linked(facts) : Self.unlinked(facts)
    }

    private static func linked(_ facts: SituationFacts) -> Situation {
        if !facts.hasRecord { return facts.account == .gone ? .linkOnly : .sourceMissingRecord(facts) }
        if facts.superseded { return .superseded }
        if facts.duplicate { return .duplicateSource }
        if facts.undecided { return .undecided }
        if facts.protected && facts.account != .gone { return .protected }
        if facts.account == .gone && facts.presence == .stated && facts.inScope { return .missing }
        switch facts.presence {
        case .deleted: return .tombstone
        case .silentUncovered: return .unseen
        case .silentCovered: return .sourceMissing
        case .stated: break
        }
        if !facts.recordActive { return .disabledSource }
        if !facts.inScope { return .outOfScope }
        switch facts.account {
        case .disabledByAdministrator: return .held
        case .disabledByUs: return .returning
        case .active, .gone: return .confirmed
        }
    }

    /// A link whose record row is gone while the account lives: nobody speaks for the account, so nothing may be concluded.
    private static func sourceMissingRecord(_ facts: SituationFacts) -> Situation {
        facts.protected ? .protected : .unseen
    }

    private static func unlinked(_ facts: SituationFacts) -> Situation {
        if !facts.hasRecord { return .unassigned }
        if facts.superseded { return .superseded }
        if facts.duplicate { return .duplicateSource }
        if facts.presence != .stated { return .ignored }
        if facts.undecided { return .undecided }
        if !facts.inScope { return .ignored }
        if !facts.recordActive { return .disabledSource }
        switch facts.match {
        case .rehire: return .rehire
        case .ambiguous: return .ambiguous
        case .taken: return .taken
        case .found: return .found
        case .none: return .absent
        }
    }
}
