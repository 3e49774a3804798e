import GRDB
import Reconciliation

// Accounts by anything but their indexed keys, and why a link was made.

extension Lookup {
    /// Goes through the live accounts of people that no record owns, in the order of their rows. One pass over the
    /// organization's accounts.
    package func forEachUnownedUser(_ body: (_ row: Int64, Account) throws -> Void) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Account.columns(of: "a")) FROM account a
                WHERE a.organization = ? AND a.kind = 'user' AND (a.active = 1 OR a.disabledBy = 'administrator')
                    AND NOT EXISTS (SELECT 1 FROM link l WHERE l.organization = a.organization AND l.accountRow = a.row)
                ORDER BY a.row
                """)
        let rows = try Row.fetchCursor(statement, arguments: [organization])
        while let row = try rows.next() { try body(row[0], try Account(row: row)) }
    }

    /// By what an account was found when it was linked to the record; `nil` where there is no link.
    package func evidence(recordRow: Int64) throws -> String? {
        let statement = try db.cachedStatement(
            sql: "SELECT evidence FROM link WHERE organization = ? AND recordRow = ?")
        return try String.fetchOne(statement, arguments: [organization, recordRow])
    }
}
