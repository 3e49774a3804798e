import GRDB
import JSONBytes
import Reconciliation

// Memberships: of accounts, with their journal, and of directory records.

extension RowWriter {
    mutating func applyMember(_ row: PlanRow) throws -> Result {
        guard let groupID = row.subject.recordID, let group = try version(of: groupID) else {
            return .stale("the group's record is gone")
        }
        var isWritten = true
        if let change = row.changes.first {
            guard let groupAccount = row.subject.accountID, let memberAccount = row.member?.accountID,
                let groupRow = try accountRow(groupAccount), let memberRow = try accountRow(memberAccount)
            else { return .stale("one of the two accounts is not there") }
            isWritten = try writeMembership(change, row, groupRow: groupRow, memberRow: memberRow)
        }
        let result = isWritten ? Result.done : .already
        if isWritten, let undoing { try hold(row, undoing) }
        guard let write = row.memberWrite else { return result }
        return try writeMember(write, group: group) ? result : .stale("the member's record is gone")
    }

    func accountRow(_ id: String) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT row FROM account WHERE organization = ? AND id = ?")
        return try Int64.fetchOne(statement, arguments: [organization, id])
    }

    /// Remembers whether somebody else changed the group's memberships before this transaction does.
    mutating func noteTouch(_ groupRow: Int64) throws {
        guard touched[groupRow] == nil else { return }
        touched[groupRow] =
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: "SELECT EXISTS (SELECT 1 FROM touchedGroup WHERE organization = ? AND groupRow = ?)"),
                arguments: [organization, groupRow]) ?? false
    }

    /// - Returns: `false` when it was so already.
    private mutating func writeMembership(
        _ change: Change, _ row: PlanRow, groupRow: Int64, memberRow: Int64
    ) throws -> Bool {
        try noteTouch(groupRow)
        if change.changeClass == .memberAdd {
            try execute(
                "INSERT OR IGNORE INTO membership (organization, groupRow, memberRow) VALUES (?, ?, ?)",
                [organization, groupRow, memberRow])
        } else {
            try execute(
                "DELETE FROM membership WHERE organization = ? AND groupRow = ? AND memberRow = ?",
                [organization, groupRow, memberRow])
        }
        guard db.changesCount > 0 else { return false }
        try journal(
            change.changeClass, row, account: row.subject.accountID ?? "",
            change: ["member": .string(row.member?.accountID ?? "")])
        return true
    }

    /// - Returns: `false` when the member's record is not there.
    private func writeMember(_ write: MemberWrite, group: (row: Int64, version: Int64)) throws -> Bool {
        switch write {
        case .listed(let recordID): return try list(recordID, in: group)
        case .unlisted(let recordID):
            guard let member = try version(of: recordID) else { return false }
            try execute(
                "DELETE FROM directoryMember WHERE organization = ? AND groupRow = ? AND memberRow = ?",
                [organization, group.row, member.row])
        case .deferred(let key):
            try execute(
                "INSERT OR IGNORE INTO deferredMember (organization, groupRow, space, memberKey) VALUES (?, ?, 'source', ?)",
                [organization, group.row, key])
        case .undeferred(let key): try undefer(key, in: group.row)
        case .resolved(let key, let recordID):
            try undefer(key, in: group.row)
            return try list(recordID, in: group)
        }
        return true
    }

    private func list(_ recordID: String, in group: (row: Int64, version: Int64)) throws -> Bool {
        guard let member = try version(of: recordID) else { return false }
        try execute(
            """
            INSERT INTO directoryMember (organization, groupRow, memberRow, removed, version) VALUES (?, ?, ?, 0, ?)
            ON CONFLICT DO UPDATE SET removed = 0, version = excluded.version, pushedAt = NULL
            """, [organization, group.row, member.row, group.version])
        return true
    }

    private func undefer(_ key: String, in groupRow: Int64) throws {
        try execute(
            "DELETE FROM deferredMember WHERE organization = ? AND groupRow = ? AND space = 'source' AND memberKey = ?",
            [organization, groupRow, key])
    }

    /// Takes back the marks that our own writes left on groups; marks of others stay. Once, at the end of the transaction.
    package func finish() throws {
        for (groupRow, wasTouched) in touched where !wasTouched { try forget(groupRow) }
    }

    /// A run that looked at the whole group has seen what somebody did to it.
    package func forget(_ groupRow: Int64) throws {
        try execute("DELETE FROM touchedGroup WHERE organization = ? AND groupRow = ?", [organization, groupRow])
    }
}
