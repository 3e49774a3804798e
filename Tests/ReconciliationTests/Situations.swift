import JSONBytes
import Reconciliation

/// The table of situations (RECONCILIATION.md, section 2), written again from its text: rows in order of precedence, each
/// with its own condition. The first that holds is the situation.
enum SituationTable {
    static func situation(_ facts: SituationFacts) -> Situation {
        (facts.linked ? linked : unlinked).first { $0.1(facts) }!.0
    }

    private typealias Row = (Situation, (SituationFacts) -> Bool)

    /// What the source says itself, at this moment.
    private static func says(_ facts: SituationFacts) -> Bool { facts.hasRecord && facts.presence == .stated }

    private static var linked: [Row] {
        [
            (.linkOnly, { !$0.hasRecord && $0.account == .gone }),
            (.superseded, { $0.hasRecord && $0.superseded }),
            (.duplicateSource, { $0.hasRecord && $0.duplicate }),
            (.undecided, { $0.hasRecord && $0.undecided }),
            (.protected, { $0.account != .gone && $0.protected }),
            (.missing, { $0.account == .gone && says($0) && $0.inScope }),
            (.tombstone, { $0.hasRecord && $0.presence == .deleted }),
            (.disabledSource, { says($0) && !$0.recordActive }),
            (.outOfScope, { says($0) && !$0.inScope }),
            (.unseen, { !$0.hasRecord || $0.presence == .silentUncovered }),
            (.sourceMissing, { $0.presence == .silentCovered }),
            (.held, { $0.account == .disabledByAdministrator }),
            (.returning, { $0.account == .disabledByUs }),
            (.confirmed, { $0.account == .active }),
        ]
    }

    private static var unlinked: [Row] {
        [
            (.unassigned, { !$0.hasRecord }),
            (.superseded, { $0.superseded }),
            (.duplicateSource, { $0.duplicate }),
            (.undecided, { says($0) && $0.undecided }),
            (.ignored, { !says($0) || !$0.inScope }),
            (.disabledSource, { !$0.recordActive }),
            (.rehire, { $0.match == .rehire }),
            (.ambiguous, { $0.match == .ambiguous }),
            (.taken, { $0.match == .taken }),
            (.found, { $0.match == .found }),
            (.absent, { $0.match == .none }),
        ]
    }
}

/// The whole input space of a decision.
enum Space {
    static var facts: [SituationFacts] {
        var all: [SituationFacts] = []
        let booleans = [false, true]
        for linked in booleans {
            for hasRecord in booleans {
                for account in SituationFacts.AccountState.allCases {
                    for bits in 0..<64 {
                        for presence in SituationFacts.Presence.allCases {
                            for match in SituationFacts.Match.allCases {
                                all.append(
                                    SituationFacts(
                                        linked: linked, hasRecord: hasRecord, account: account,
                                        superseded: bits & 1 > 0,
                                        duplicate: bits & 2 > 0, undecided: bits & 4 > 0, protected: bits & 8 > 0,
                                        presence: presence, recordActive: bits & 16 > 0, inScope: bits & 32 > 0,
                                        match: match))
                            }
                        }
                    }
                }
            }
        }
        return all
    }

    /// The facts that a case can have: a filter judges what is stated, and what is undecided is not in scope.
    static var possible: [SituationFacts] {
        facts.filter { facts in
            if facts.undecided && (facts.inScope || facts.presence != .stated) { return false }
            if facts.linked && facts.match != .none { return false }
            if !facts.linked && facts.account != .gone { return false }
            if facts.account == .gone && facts.protected { return false }
            return facts.hasRecord || (facts.recordActive && !facts.superseded && !facts.duplicate)
        }
    }

    /// A case with these facts whose record differs from the account in every way that there is: a new name, a new title,
    /// a cleared attribute.
    static func subject(_ facts: SituationFacts) -> Case {
        Case(
            record: facts.hasRecord ? record(active: facts.recordActive) : nil, presence: facts.presence,
            superseded: facts.superseded,
            duplicate: facts.duplicate ? Finding(code: "DUPLICATE_SOURCE", detail: "twice", cure: "once") : nil,
            scope: facts.undecided ? .undecided("an error") : facts.inScope ? .inScope(nil) : .outOfScope("a clause"),
            linked: facts.linked, account: account(facts.account, protected: facts.protected),
            candidates: candidates(facts.match), deletedImage: facts.match == .rehire ? account(.active) : nil)
    }

    static func record(active: Bool?) -> DirectoryRecord {
        var attributes = Attributes()
        attributes["userName"] = "new@example.org"
        attributes["title"] = "new"
        return DirectoryRecord(
            id: "r1", kind: .user, anchor: Anchor("a1"), reference: nil, name: "new@example.org", active: active,
            attributes: attributes, cleared: ["department"], origin: .snapshot)
    }

    static func account(
        _ state: SituationFacts.AccountState, protected: Bool = false, id: String = "u1"
    ) -> Account? {
        if state == .gone { return nil }
        var attributes = Attributes()
        attributes["userName"] = "old@example.org"
        attributes["title"] = "old"
        attributes["department"] = "Sales"
        let disabledBy: Account.DisabledBy? =
            switch state {
            case .active, .gone: nil
            case .disabledByUs: .rollcall
            case .disabledByAdministrator: .administrator
            }
        return Account(
            id: id, kind: .user, name: "old@example.org", externalId: "a1", active: state == .active,
            disabledBy: disabledBy, protected: protected, attributes: attributes)
    }

    private static func candidates(_ match: SituationFacts.Match) -> [Candidate] {
        let candidate = Candidate(account: account(.active)!, owner: nil, rule: "externalId")
        switch match {
        case .none, .rehire: return []
        case .found: return [candidate]
        case .ambiguous:
            return [candidate, Candidate(account: account(.active, id: "u2")!, owner: nil, rule: "externalId")]
        case .taken:
            let owner = Candidate.Owner(connection: "other", recordID: "r9")
            return [Candidate(account: account(.active)!, owner: owner, rule: "externalId")]
        }
    }
}
