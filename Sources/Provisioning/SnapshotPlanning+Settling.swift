import JSONBytes
import Reconciliation
import SCIM
import Storage

extension SnapshotPlanning {
    /// Settles contested names, first among records, then among accounts; what is refused is set aside with its cure.
    func settleNames() throws {
        try setAsideSkippedTwins()
        let records = settlement.settleRecords()
        let refused = try settlement.recordClaims.filter { records.refused.contains($0.ordinal) }.compactMap(refuse)
        for entry in refused { setAsideHolder(entry) }
        for ordinal in settlement.rivals {
            try refuseAccount(ordinal, situation: .duplicateSource, finding: NameSettlement.rivalFinding)
            settlement.forget(ordinal)
        }
        let accounts = settlement.settleAccounts(leavers: !isRestrained)
        let claims = Dictionary(
            settlement.accountClaims.map { ($0.ordinal, $0) }, uniquingKeysWith: { first, _ in first })
        for ordinal in accounts.refused {
            try refuseAccount(ordinal, situation: .taken, finding: claims[ordinal]!.finding())
        }
        // A record whose account was refused still takes and gives up its name in the directory.
        for ordinal in records.freed.union(accounts.freed.subtracting(accounts.refused)) {
            guard !records.refused.contains(ordinal), var row = try workspace.row(ordinal: ordinal) else { continue }
            row.phase = .free
            if let claim = claims[ordinal], row.changes.contains(where: { $0.changeClass == .create }) {
                row.reason += "; NAME_REUSED: \(claim.holder.name) was another person's and becomes free in this plan"
            }
            try workspace.put(row, ordinal: ordinal)
        }
    }

    /// A name that another record of the connection keeps.
    ///
    /// - Returns: that record with the finding, where the source states it too.
    private func refuse(_ claim: NameSettlement.RecordClaim) throws -> (holder: DirectoryRecord, finding: Finding)? {
        let row = try workspace.row(ordinal: claim.ordinal)
        let subject = row?.subject
        try retract(claim.ordinal)
        let stated = wasSeen(claim.holderRow)
        let holder = try lookup.subject(row: claim.holderRow)?.record
        let name = subject?.name ?? claim.key
        let other = holder.flatMap(\.anchor).map { " (\($0.value))" } ?? ""
        let finding = Finding(
            code: stated ? "DUPLICATE_SOURCE" : "NAME_HELD",
            detail: "another record of this connection\(other) has the user name \(name)"
                + (stated ? " in this source too" : ", and the source does not say that it has gone"),
            cure:
                "correct the user name of one of the two at the source; if one person got a new immutable id, delete the "
                + "old record")
        setAside(
            Quarantined(
                kind: .user, anchor: subject?.anchor, name: name,
                situation: stated ? .duplicateSource : .taken, finding: finding, place: place(claim.ordinal),
                attributes: row?.mappedAttributes),
            ordinal: claim.ordinal)
        return stated ? holder.map { ($0, finding) } : nil
    }

    /// The other one of two that state a name, unless it is set aside already.
    private func setAsideHolder(_ entry: (holder: DirectoryRecord, finding: Finding)) {
        let holder = entry.holder
        guard !isSetAside(holder) else { return }
        addQuarantined(
            Quarantined(
                kind: .user, anchor: holder.anchor, name: holder.name, situation: .duplicateSource,
                finding: entry.finding, place: nil, recordID: holder.id, version: holder.version))
    }

    /// The directory keeps what the source says; the account that the record wanted is not given to it.
    private func refuseAccount(_ ordinal: Int, situation: Situation, finding: Finding) throws {
        guard var row = try workspace.row(ordinal: ordinal) else { return }
        if let recordID = row.subject.recordID { try workspace.removePlannedAccount(recordID: recordID) }
        row.dropChanges()
        row.situation = situation
        try workspace.put(row, ordinal: ordinal)
        setAside(
            Quarantined(
                kind: row.subject.kind, anchor: row.subject.anchor, name: row.subject.name, situation: situation,
                finding: finding, place: row.place, recordID: row.subject.recordID, attributes: row.mappedAttributes),
            ordinal: ordinal)
        pending[ordinal] = nil
    }

    /// Resolves references to people who stand later in the source or get their account in this plan.
    func resolveReferences() throws {
        for (ordinal, record) in pending.sorted(by: { $0.key < $1.key }) {
            guard var row = try workspace.row(ordinal: ordinal) else { continue }
            let isNew = row.changes.contains { $0.changeClass == .create || $0.changeClass == .restore }
            for pending in record.references {
                guard let target = try plannedTarget(pending.reference.target) else {
                    row.waitsFor.append(pending.reference)
                    continue
                }
                let path = pending.reference.path
                if !isNew && (job.rules.onCreateOnly.contains(path) || pending.before == .string(target.accountID)) {
                    continue
                }
                var change = target.change(path: path, before: pending.before)
                if let before = pending.before?.string { change.was(try lookup.reference(accountID: before)) }
                row.add(change)
            }
            if row.waitsFor.isEmpty, !isRestrained, case .store(let stored, let previous, _, let dueAt) = row.record {
                row.record = .store(stored, previousVersion: previous, hash: record.hash, dueAt: dueAt)
            }
            if row.record == nil && row.changes.isEmpty && row.link == nil {
                try workspace.removeRow(ordinal: ordinal)
            } else {
                try workspace.put(row, ordinal: ordinal)
            }
        }
    }

    /// Whom a reference names once the plan is carried out; `nil` while nobody with an account answers to it.
    private func plannedTarget(_ target: ReferenceTarget) throws -> ResolvedReference? {
        guard let subject = try plannedSubject(target), let accountID = subject.accountID else { return nil }
        return SubjectJudge.resolved(subject, accountID: accountID)
    }

    /// The record that a key names, with the account that it has or gets.
    func plannedSubject(_ target: ReferenceTarget) throws -> Subject? {
        var subject: Subject?
        if case .source(let key) = target { subject = try workspace.newRecord(reference: key) }
        if subject == nil { subject = try judge.hit(target)?.subject }
        guard var subject else { return nil }
        if subject.accountID == nil, let recordID = subject.recordID {
            subject.accountID = try workspace.plannedAccount(recordID: recordID)
        }
        return subject
    }
}

// Claims of names in the directory, made while the source is read.

extension SnapshotPlanning {
    func claimRecordName(_ record: DirectoryRecord, stored: StoredSubject?, ordinal: Int) throws {
        guard record.kind == .user else { return }
        let key = KeyFolding.fold(record.name)
        let oldKey = stored.flatMap {
            $0.record.deletedAt == nil && $0.record.missingSince == nil
                ? KeyFolding.fold($0.record.name) : nil
        }
        guard oldKey != key else { return }
        if oldKey != nil { settlement.releaseRecord(record.id, ordinal: ordinal) }
        if oldKey != nil, stored?.link != nil, isMatched(by: .userName) { keyChurn += 1 }
        guard let holder = try lookup.holder(ofNameKey: key), holder.row != stored?.row else { return }
        if stored == nil, isMatched(by: .externalId), try lookup.hit(row: holder.row)?.accountID != nil {
            keyChurn += 1
        }
        settlement.claimRecord(
            .init(
                ordinal: ordinal, key: key, holder: holder.recordID, holderRow: holder.row,
                releases: oldKey == nil ? nil : record.id))
    }

    private func isMatched(by attribute: MatchingRule.Attribute) -> Bool {
        job.rules.matching.contains { $0.uses(attribute) }
    }
}
