import GRDB
import JSONBytes
import Reconciliation

extension RowWriter {
    /// Deletes an account with its link and its memberships; the journal keeps all of it, from which it can be made again
    /// under the same id.
    ///
    /// The memberships stand in the image and are no entries of their own: who leaves a group because the account is deleted
    /// left it when the account was deactivated. A group of 200,000 members is an image of some 8 MB.
    mutating func delete(_ existing: (row: Int64, account: Account), _ change: Change, _ row: PlanRow) throws {
        let groups = try related("groupRow", of: existing.row, by: "memberRow")
        let members = try related("memberRow", of: existing.row, by: "groupRow")
        let image = DeletedAccount(account: existing.account, groups: groups.map(\.id), members: members.map(\.id))
        try journal(
            .delete, row, account: existing.account.id,
            change: ["image": image.json, "attributes": .array(change.attributes.map(\.json))])
        for group in groups { try noteTouch(group.row) }
        let key: StatementArguments = [organization, existing.row]
        try execute("DELETE FROM membership WHERE organization = ? AND memberRow = ?", key)
        try execute("DELETE FROM membership WHERE organization = ? AND groupRow = ?", key)
        try execute("DELETE FROM link WHERE organization = ? AND accountRow = ?", key)
        try execute("DELETE FROM account WHERE organization = ? AND row = ?", key)
    }

    /// The version of a restored account: higher than any that a plan may have been made on before it was deleted.
    func versionAfterDeletion(_ id: String) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                SELECT change FROM journal WHERE organization = ? AND account = ? AND class = 'delete'
                ORDER BY run DESC, sequence DESC LIMIT 1
                """)
        let text = try String.fetchOne(statement, arguments: [organization, id])
        return try text.map { try DeletedAccount(journalled: $0).account.version + 1 } ?? 1
    }

    /// A link whose account somebody deleted makes room for the one to the account that is made again.
    func dropEmptyLink(of recordRow: Int64) throws {
        try execute(
            "DELETE FROM link WHERE organization = ? AND recordRow = ? AND accountRow < 0", [organization, recordRow])
    }

    /// Accounts at the other end of an account's memberships, in the order of their rows.
    private func related(_ other: String, of row: Int64, by own: String) throws -> [(row: Int64, id: String)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT a.row, a.id FROM membership m
                JOIN account a ON a.organization = m.organization AND a.row = m.\(other)
                WHERE m.organization = ? AND m.\(own) = ? ORDER BY a.row
                """)
        return try Row.fetchAll(statement, arguments: [organization, row]).map { ($0[0], $0[1]) }
    }
}
