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

extension RowWriter {
    /// Carries out a row that takes a link away; `nil` for any other row that still may be carried out.
    mutating func applyUndo(_ row: PlanRow, _ target: Target) throws -> Result? {
        let classes = row.changes.map(\.changeClass)
        if classes.contains(.unlink) { return try unlink(row, target) }
        // The memberships are rows of the plan and come before: one that was added since is not swept away with the account.
        if undoing != nil, classes.contains(.delete), let account = target.account, try hasMemberships(account.row) {
            return .stale("a membership was added since")
        }
        return nil
    }

    private func hasMemberships(_ accountRow: Int64) throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM membership WHERE organization = ?1 AND (groupRow = ?2 OR memberRow = ?2))
                """, arguments: [organization, accountRow]) ?? false
    }

    private func evidence(of accountRow: Int64) throws -> String? {
        try String.fetchOne(
            db, sql: "SELECT evidence FROM link WHERE organization = ? AND accountRow = ?",
            arguments: [organization, accountRow])
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
