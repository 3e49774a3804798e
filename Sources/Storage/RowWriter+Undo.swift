import GRDB
import JSONBytes
import Reconciliation

/// Whose effects the rows of a run take back.
package struct Undoing: Sendable, Equatable {
    /// The run that is undone.
    package var run: Int64
    /// That run was itself an undo: taking it back releases what it held.
    package var isOfUndo: Bool

    package init(run: Int64, isOfUndo: Bool) {
        self.run = run
        self.isOfUndo = isOfUndo
    }
}

extension ChangeClass {
    /// Classes that only the undoing of a run plans.
    fileprivate var isOfUndo: Bool { self == .delete || self == .restore || self == .unlink }
}

extension RowWriter {
    /// Carries out a row that takes an account or a link away, or brings an account back; `nil` for any other row.
    mutating func applyUndo(_ row: PlanRow, _ target: Target) throws -> Result? {
        guard let changeClass = row.changes.map(\.changeClass).first(where: \.isOfUndo) else { return nil }
        switch changeClass {
        case .delete: return try remove(row, target)
        case .restore: return try restore(row, target)
        default: return try unlink(row, target)
        }
    }

    /// Deletes an account with its link. The journal keeps the image. Its memberships are rows of the plan and come before: one
    /// that was added since is not swept away with it.
    private mutating func remove(_ row: PlanRow, _ target: Target) throws -> Result {
        guard let account = target.account else { return .already }
        let hasMemberships =
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM membership WHERE organization = ?1 AND (groupRow = ?2 OR memberRow = ?2))
                    """, arguments: [organization, account.row]) ?? false
        if hasMemberships { return .stale("a membership was added since") }
        let evidence = try evidence(of: account.row)
        try execute("DELETE FROM link WHERE organization = ? AND accountRow = ?", [organization, account.row])
        try execute("DELETE FROM account WHERE organization = ? AND row = ?", [organization, account.row])
        let deletion = row.changes.first { $0.changeClass == .delete }
        var change: JSONObject = [
            "attributes": .array((deletion?.attributes ?? []).map(\.json)), "image": .object(account.account.json),
        ]
        if let evidence { change["evidence"] = .string(evidence) }
        try journal(.delete, row, account: account.account.id, change: change)
        return .done
    }

    private func evidence(of accountRow: Int64) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT evidence FROM link WHERE organization = ? AND accountRow = ?",
            arguments: [organization, accountRow])
    }

    /// Brings a deleted account back under its id, with its link.
    private mutating func restore(_ row: PlanRow, _ target: Target) throws -> Result {
        guard let restoration = row.changes.first(where: { $0.changeClass == .restore }),
            let id = row.link?.accountID ?? row.subject.accountID
        else { return .stale("the row has no account") }
        guard target.account == nil else { return .stale("the account is there again") }
        var account = Account(
            id: id, kind: row.subject.kind, name: row.subject.name, externalId: nil, attributes: Attributes())
        account.take(restoration.attributes)
        // Versions go on where they ended, so that nothing that was planned on the old account fits the new one.
        account.version = (try lastVersion(of: id) ?? 0) + 1
        let accountRow = try account.insert(into: db, organization: organization, now: now)
        try journal(
            .restore, row, account: id,
            change: [
                "attributes": .array(restoration.attributes.map(\.json)), "version": .integer(account.version),
                "hash": .string(PlanDigest.sha256(account.attributes.json.text)),
            ])
        if let recordRow = target.recordRow, row.link != nil {
            try writeLink(row, recordRow: recordRow, account: (accountRow, account.version))
        }
        return .done
    }

    private func lastVersion(of id: String) throws -> Int64? {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT max(coalesce(json_extract(change, '$.image.version'), json_extract(change, '$.version')))
                FROM journal
                WHERE organization = ? AND account = ? AND class NOT IN ('memberAdd', 'memberRemove')
                """, arguments: [organization, id])
    }

    /// Takes a link back, and with it what the linking run changed in the account.
    private mutating func unlink(_ row: PlanRow, _ target: Target) throws -> Result {
        guard let account = target.account, let evidence = try evidence(of: account.row) else {
            return .stale("the account is not linked any more")
        }
        var rest = row
        rest.changes.removeAll { $0.changeClass == .unlink }
        _ = try writeAccount(rest, existing: account)
        try execute("DELETE FROM link WHERE organization = ? AND accountRow = ?", [organization, account.row])
        try journal(.unlink, row, account: account.account.id, change: ["evidence": .string(evidence)])
        return .done
    }

    // MARK: Holds

    /// What was undone is held until the source says something else; taking an undo back releases what that one held.
    mutating func hold(_ row: PlanRow, _ undoing: Undoing) throws {
        guard let recordID = row.subject.recordID, let record = try version(of: recordID) else { return }
        var memberRow: Int64 = 0
        var version = record.version
        if let member = row.member {
            guard let memberID = member.recordID, let found = try self.version(of: memberID) else { return }
            memberRow = found.row
            version = try isListed(memberRow, in: record.row) ? 1 : 0
        }
        if undoing.isOfUndo {
            try execute(
                "DELETE FROM undoHold WHERE organization = ? AND recordRow = ? AND memberRow = ? AND run = ?",
                [organization, record.row, memberRow, undoing.run])
        } else {
            try execute(
                """
                INSERT OR REPLACE INTO undoHold
                    (organization, connection, recordRow, memberRow, run, undoes, heldAt, version)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """, [organization, connection, record.row, memberRow, run, undoing.run, now.milliseconds, version])
        }
        // The next run looks again.
        try execute("UPDATE directoryRecord SET hash = NULL WHERE row = ?", [record.row])
    }

    private func isListed(_ memberRow: Int64, in groupRow: Int64) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM directoryMember
                    WHERE organization = ? AND groupRow = ? AND memberRow = ? AND removed = 0)
                """, arguments: [organization, groupRow, memberRow]) ?? false
    }
}
