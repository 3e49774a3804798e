import GRDB
import JSONBytes
import Reconciliation

// Who is gone, and what became of their accounts.

extension Lookup {
    /// Rows of records that are gone and whose account has something to lose: it is active, or deleted one day.
    ///
    /// - Parameter deletes: whether accounts of those who are gone are deleted one day.
    package func goneRows(kind: Kind, deletes: Bool) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT d.row FROM directoryRecord d
                JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
                JOIN account a ON a.row = l.accountRow AND a.organization = l.organization
                WHERE d.organization = ? AND d.connection = ? AND d.kind = '\(kind.rawValue)' AND d.present = 0
                    AND (a.active = 1 OR ?)
                ORDER BY d.row
                """)
        return try Int64.fetchAll(statement, arguments: [organization, connection, deletes])
    }

    /// Whether this connection ever deleted an account.
    package func hasDeletedAccounts() throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM journal INDEXED BY journalDeletedAnchor
                    WHERE organization = ? AND connection = ? AND class = 'delete')
                """, arguments: [organization, connection]) ?? false
    }

    /// The last image of the account that this anchor had before it was deleted; `nil` where it has none, or where the
    /// account is back already.
    package func deletedAccount(kind: Kind, anchor: Anchor) throws -> Account? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT j.change FROM journal j
                WHERE j.organization = ? AND j.connection = ? AND j.kind = '\(kind.rawValue)' AND j.anchor = ?
                    AND j.class = 'delete'
                    AND NOT EXISTS (SELECT 1 FROM account a WHERE a.organization = j.organization AND a.id = j.account)
                ORDER BY j.run DESC, j.sequence DESC LIMIT 1
                """)
        let text = try String.fetchOne(statement, arguments: [organization, connection, anchor.value])
        return try text.map(DeletedAccount.init(journalled:))?.account
    }

    /// `takenAt` and digest of the last accepted snapshot.
    package func acceptedSource() throws -> (takenAt: Instant?, digest: String?) {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT acceptedTakenAt, acceptedDigest FROM connection WHERE organization = ? AND connection = ?",
            arguments: [organization, connection])
        return (Instant(column: row?[0]), row?[1])
    }
}

/// What the journal keeps of an account that was deleted: all of it, and whom it was together with.
package struct DeletedAccount: Sendable, Equatable {
    package var account: Account
    /// Ids of the groups of a user, and of the members of a group.
    package var groups: [String]
    package var members: [String]

    package init(account: Account, groups: [String] = [], members: [String] = []) {
        self.account = account
        self.groups = groups
        self.members = members
    }

    package var json: JSONValue {
        var object: JSONObject = ["account": account.image]
        if !groups.isEmpty { object["groups"] = .array(groups.map(JSONValue.string)) }
        if !members.isEmpty { object["members"] = .array(members.map(JSONValue.string)) }
        return .object(object)
    }

    /// Reads the `change` of a journal entry of class `delete`.
    ///
    /// - Throws: ``StorageError`` `.notADatabase` for an entry that this program cannot have written.
    package init(journalled text: String) throws {
        let damaged = StorageError.damagedRow("journal's image of a deleted account")
        guard let change = try? JSONValue(parsing: text).object, let image = change["image"]?.object,
            let account = image["account"]?.object
        else { throw damaged }
        do { self.account = try Account(image: account) } catch { throw damaged }
        groups = (image["groups"]?.array ?? []).compactMap(\.string)
        members = (image["members"]?.array ?? []).compactMap(\.string)
    }
}
