import Reconciliation

extension Situation {
    /// The situation as a reader's words.
    package var meaning: String {
        switch self {
        case .linkOnly: "a link with neither record nor account"
        case .superseded: "a newer push stays"
        case .duplicateSource: "two records claim one account or name"
        case .undecided: "an error in the filter or the mapping"
        case .protected: "a protected account"
        case .missing: "the account is gone"
        case .tombstone: "deleted at the source"
        case .disabledSource: "the source says inactive"
        case .outOfScope: "the filter says no"
        case .unseen: "not in the source, and that means nothing"
        case .sourceMissing: "no longer in the source"
        case .held: "disabled by an administrator"
        case .returning: "back at the source"
        case .confirmed: "in scope and active"
        case .ignored: "without account, and stays so"
        case .rehire: "back after a deletion"
        case .ambiguous: "several accounts match"
        case .taken: "the account belongs to somebody else"
        case .found: "an account without owner matches"
        case .absent: "in scope and without account"
        case .unassigned: "an account that nobody owns"
        }
    }
}
