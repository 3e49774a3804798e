import JSONBytes
import Reconciliation

/// Collects who wants whose name while a source is read; ``NameLedger`` decides when everybody is known.
///
/// Names are unique twice: among the present records of a connection, and among the live accounts of an organization.
struct NameSettlement {
    struct RecordClaim {
        var ordinal: Int
        var key: String
        /// The present record that has the name, and its row.
        var holder: String
        var holderRow: Int64
        /// The record's own id, when it gives its old name up for this one.
        var releases: String?
    }

    struct AccountClaim {
        var ordinal: Int
        var key: String
        var holder: Account
        var releases: String?
    }

    private struct Release {
        var ordinal: Int
        var byLeaving: Bool
    }

    private var allRecordClaims: [RecordClaim] = []
    private var allAccountClaims: [AccountClaim] = []
    private var forgotten: Set<Int> = []

    var recordClaims: [RecordClaim] { allRecordClaims.filter { !forgotten.contains($0.ordinal) } }
    var accountClaims: [AccountClaim] { allAccountClaims.filter { !forgotten.contains($0.ordinal) } }
    private var releasedRecords: [String: Int] = [:]
    private var releasedAccounts: [String: Release] = [:]
    /// Accounts that records found by a matching rule, with the ordinals of those records.
    private var found: [String: [Int]] = [:]

    /// Ordinals of records that found one account together: it is nobody's.
    var rivals: [Int] {
        found.values.map { $0.filter { !forgotten.contains($0) } }.filter { $0.count > 1 }.flatMap { $0 }.sorted()
    }

    mutating func take(_ judgement: Judgement, row: PlanRow, ordinal: Int) {
        if judgement.decision.situation == .found || judgement.decision.situation == .disabledSource,
            let accountID = row.link?.accountID
        {
            found[accountID, default: []].append(ordinal)
        }
        if let release = judgement.releases {
            releasedAccounts[release.accountID] = Release(ordinal: ordinal, byLeaving: release.byLeaving)
        }
        if let contested = judgement.contested {
            let releases = judgement.releases.flatMap { $0.byLeaving ? nil : $0.accountID }
            allAccountClaims.append(
                AccountClaim(ordinal: ordinal, key: contested.key, holder: contested.holder, releases: releases))
        }
    }

    mutating func claimRecord(_ claim: RecordClaim) { allRecordClaims.append(claim) }

    mutating func releaseRecord(_ recordID: String, ordinal: Int) { releasedRecords[recordID] = ordinal }

    /// The row's subject was to leave and stays: its account keeps its name.
    mutating func stay(_ ordinal: Int) {
        releasedAccounts = releasedAccounts.filter { $0.value.ordinal != ordinal || !$0.value.byLeaving }
    }

    /// The row will not happen: none of its claims and releases counts.
    mutating func forget(_ ordinal: Int) { forgotten.insert(ordinal) }

    /// Why a record that found an account together with others is set aside.
    static let rivalFinding = Finding(
        code: "DUPLICATE_SOURCE", detail: "another record of the source finds the same account by its keys",
        cure: "correct the immutable id or the user name of one of the two at the source")

    struct Outcome {
        /// Ordinals of the claims that cannot be.
        var refused: Set<Int>
        /// Ordinals of the rows that take over a name or give it up: they are applied together, first.
        var freed: Set<Int>
    }

    /// Settles names among records.
    func settleRecords() -> Outcome {
        var ledger = NameLedger()
        let claims = recordClaims
        let claiming = Set(claims.map(\.ordinal)).union(forgotten)
        for (record, ordinal) in releasedRecords where !claiming.contains(ordinal) { ledger.release(account: record) }
        for claim in claims {
            ledger.claim(.init(row: claim.ordinal, key: claim.key, holder: claim.holder, releases: claim.releases))
        }
        let resolution = ledger.resolve()
        let holders = resolution.freedFirst.compactMap { releasedRecords[$0] }
        return Outcome(refused: resolution.refused, freed: resolution.accepted.union(holders))
    }

    /// Settles names among accounts.
    ///
    /// - Parameter leavers: whether accounts that would leave do leave (not in a run that takes nothing from anybody).
    func settleAccounts(leavers: Bool) -> Outcome {
        var ledger = NameLedger()
        let claims = accountClaims
        let claiming = Set(claims.map(\.ordinal)).union(forgotten)
        for (account, release) in releasedAccounts where !claiming.contains(release.ordinal) {
            if leavers || !release.byLeaving { ledger.release(account: account) }
        }
        for claim in claims {
            ledger.claim(.init(row: claim.ordinal, key: claim.key, holder: claim.holder.id, releases: claim.releases))
        }
        let resolution = ledger.resolve()
        let holders = resolution.freedFirst.compactMap { releasedAccounts[$0]?.ordinal }
        return Outcome(refused: resolution.refused, freed: resolution.accepted.union(holders))
    }
}

extension NameSettlement.AccountClaim {
    /// Why a claim that was refused is nobody's.
    func finding() -> Finding {
        Finding(
            code: "TAKEN",
            detail:
                "the name is taken by the live account \(holder.name) (\(holder.id)), whose owner does not leave or "
                + "change it in this plan",
            cure: "rename one of the two at the source, or deactivate the account that has the name")
    }
}

extension PlanRow {
    /// What the record says that the row stores; `nil` where it stores none.
    var mappedAttributes: JSONObject? {
        guard case .store(let record, _, _, _) = record else { return nil }
        return record.attributes.json.object
    }

    /// Leaves the directory's side of a row and takes away the account's.
    mutating func dropChanges() {
        changes = []
        if link != nil {
            // The link was not made, so the row is about the record alone.
            link = nil
            subject.accountID = nil
            accountVersion = nil
        }
        phase = .bookkeeping
        if case .store(let record, let previous, _, let dueAt) = record {
            self.record = .store(record, previousVersion: previous, hash: "", dueAt: dueAt)
        }
    }

    /// Adds the change of a reference that resolved late.
    mutating func add(_ reference: AttributeChange) {
        if let index = changes.firstIndex(where: { $0.changeClass == .create || $0.changeClass == .restore }) {
            var change = reference
            change.before = nil
            change.was(nil)
            changes[index].attributes.append(change)
        } else if let index = changes.firstIndex(where: { $0.changeClass == .update }) {
            changes[index].attributes.append(reference)
        } else {
            changes.append(Change(.update, attributes: [reference]))
        }
        if phase != .free { phase = SubjectJudge.phase(changes, subject.kind) }
    }
}
