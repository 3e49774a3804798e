import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// A record with its row number, as the push side finds it.
struct FoundRecord {
    var row: Int64
    var stored: StoredResource

    var record: DirectoryRecord { stored.record }
    var isPresent: Bool { record.isPresent }

    /// Reads a row selected as `DirectoryRecord.columns`.
    init(row: Row) throws {
        self.row = row[0]
        stored = StoredResource(
            record: try DirectoryRecord(row: row),
            createdAt: Instant(milliseconds: row[DirectoryRecord.columnCount - 2]),
            changedAt: Instant(milliseconds: row[DirectoryRecord.columnCount - 1]))
    }
}

/// What the push side asks of the directory: every question names the organization and the connection.
///
/// The kind stands in the text of a statement, not in a parameter: as one, SQLite compares its value with the conditions of
/// the partial indexes and compiles the cached statement anew at every use.
struct PushRows {
    let db: Database
    let scope: PushScope

    func present(kind: Kind, id: String) throws -> FoundRecord? {
        try first(
            "organization = ? AND id = ? AND connection = ? AND kind = '\(kind.rawValue)' AND present = 1",
            [scope.organization, id, scope.connection])
    }

    /// The present user with this name, by index.
    func user(named name: String) throws -> FoundRecord? {
        try first(
            "organization = ? AND connection = ? AND nameKey = ? AND kind = 'user' AND present = 1",
            [scope.organization, scope.connection, KeyFolding.fold(name)])
    }

    /// The record with this anchor, present or not, by index.
    func anchored(kind: Kind, anchor: Anchor) throws -> FoundRecord? {
        try first(
            "organization = ? AND connection = ? AND kind = '\(kind.rawValue)' AND anchor = ?",
            [scope.organization, scope.connection, anchor.value])
    }

    /// A group's members: present records by row, then deferred ids.
    func members(ofGroup groupRow: Int64) throws -> [StoredMember] {
        let known = try db.cachedStatement(
            sql: """
                SELECT r.id, r.kind, r.name, CAST(json_extract(r.document, '$.displayName') AS TEXT) FROM directoryMember m
                JOIN directoryRecord r ON r.organization = m.organization AND r.row = m.memberRow
                WHERE m.organization = ? AND m.groupRow = ? AND m.removed = 0 AND r.present = 1
                ORDER BY m.memberRow
                """)
        let arguments: StatementArguments = [scope.organization, groupRow]
        var members = try Row.fetchAll(known, arguments: arguments).map { row in
            StoredMember(
                id: row[0], kind: Kind(rawValue: row[1]), displayName: (row[3] as String?) ?? (row[2] as String))
        }
        let deferred = try db.cachedStatement(
            sql: """
                SELECT memberKey FROM deferredMember
                WHERE organization = ? AND groupRow = ? AND space = 'record' ORDER BY memberKey
                """)
        members += try String.fetchAll(deferred, arguments: arguments).map {
            StoredMember(id: $0, kind: nil, displayName: nil)
        }
        return members
    }

    private func first(_ condition: String, _ arguments: StatementArguments) throws -> FoundRecord? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(DirectoryRecord.columns) FROM directoryRecord WHERE " + condition)
        return try Row.fetchOne(statement, arguments: arguments).map(FoundRecord.init)
    }
}
