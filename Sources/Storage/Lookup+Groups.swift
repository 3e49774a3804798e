import GRDB
import Reconciliation

/// A group that the directory has, with what decides whether a snapshot's word about it counts.
package struct DirectoryGroup: Sendable {
    package var row: Int64
    package var name: GroupName
    package var reference: String?
    /// Neither deleted nor missing from complete snapshots. One that is not may return, with the list that it had.
    package var isPresent: Bool
    package var pushedAt: Instant?
    /// When a push last gave the whole list.
    package var membersReplacedAt: Instant?
}

// MARK: - The groups of a connection's directory

extension Lookup {
    /// The groups of the connection, also those that went.
    package func directoryGroups() throws -> [DirectoryGroup] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT row, id, anchor, name, reference, pushedAt, membersReplacedAt, present FROM directoryRecord
                WHERE organization = ? AND connection = ? AND kind = 'group' ORDER BY row
                """)
        return try Row.fetchAll(statement, arguments: [organization, connection]).map { row in
            DirectoryGroup(
                row: row[0], name: GroupName(id: row[1], anchor: row[2], name: row[3]), reference: row[4],
                isPresent: row[7],
                pushedAt: Instant(column: row[5]), membersReplacedAt: Instant(column: row[6]))
        }
    }

    /// Every membership of the connection's groups, also those that a push removed.
    ///
    /// - Parameter body: the group's row, and the member's row, with the key that the source calls it by, or else its anchor.
    package func forEachMembership(
        _ body: (_ groupRow: Int64, _ memberRow: Int64, _ key: String?, _ removed: Bool, _ pushedAt: Instant?) -> Void
    ) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT m.groupRow, m.memberRow, CASE WHEN m.removed = 1 THEN coalesce(d.reference, d.anchor) END, m.removed,
                    m.pushedAt
                FROM directoryRecord g
                JOIN directoryMember m ON m.organization = g.organization AND m.groupRow = g.row
                JOIN directoryRecord d ON d.organization = m.organization AND d.row = m.memberRow
                WHERE g.organization = ? AND g.connection = ? AND g.kind = 'group'
                """)
        let rows = try Row.fetchCursor(statement, arguments: [organization, connection])
        while let row = try rows.next() { body(row[0], row[1], row[2], row[3], Instant(column: row[4])) }
    }

    /// Every key of the source that stands in a group's list and that no record answers to yet.
    package func forEachDeferredMembership(_ body: (_ groupRow: Int64, _ key: String) -> Void) throws {
        let statement = try db.cachedStatement(
            sql: """
                SELECT m.groupRow, m.memberKey FROM directoryRecord g
                JOIN deferredMember m ON m.organization = g.organization AND m.groupRow = g.row AND m.space = 'source'
                WHERE g.organization = ? AND g.connection = ? AND g.kind = 'group'
                """)
        let rows = try Row.fetchCursor(statement, arguments: [organization, connection])
        while let row = try rows.next() { body(row[0], row[1]) }
    }

    /// The present records of the connection with the keys that the source calls them by, in row order.
    package func forEachPresentRecord(_ body: (_ row: Int64, _ key: String?) throws -> Void) throws {
        for kind in ["user", "group"] {
            let statement = try db.cachedStatement(
                sql: """
                    SELECT row, reference FROM directoryRecord
                    WHERE organization = ? AND connection = ? AND kind = '\(kind)' AND present = 1 ORDER BY row
                    """)
            let rows = try Row.fetchCursor(statement, arguments: [organization, connection])
            while let row = try rows.next() { try body(row[0], row[1]) }
        }
    }

    /// The present groups that a record is in, directly or through other present groups. Safe in cycles.
    ///
    /// - Parameter key: by which the source calls the record: lists that wait for it count too.
    package func groupRows(above row: Int64, key: String?) throws -> Set<Int64> {
        let statement = try db.cachedStatement(
            sql: """
                WITH RECURSIVE above(row) AS (
                    SELECT g.row FROM directoryMember m
                    JOIN directoryRecord g ON g.organization = m.organization AND g.row = m.groupRow
                    WHERE m.organization = ?1 AND m.memberRow = ?2 AND m.removed = 0
                        AND g.present = 1 AND g.connection = ?3
                    UNION
                    SELECT g.row FROM deferredMember m
                    JOIN directoryRecord g ON g.organization = m.organization AND g.row = m.groupRow
                    WHERE m.organization = ?1 AND m.space = 'source' AND m.memberKey = ?4
                        AND g.present = 1 AND g.connection = ?3
                    UNION
                    SELECT g.row FROM above
                    JOIN directoryMember m ON m.organization = ?1 AND m.memberRow = above.row AND m.removed = 0
                    JOIN directoryRecord g ON g.organization = m.organization AND g.row = m.groupRow
                    WHERE g.present = 1 AND g.connection = ?3)
                SELECT row FROM above
                """)
        return try Set(Int64.fetchAll(statement, arguments: [organization, row, connection, key]))
    }
}

// MARK: - Whom a change of time or of a group concerns

extension Store {
    /// Queues the pushed records that time alone may have moved into or out of scope. Records that a snapshot brought are
    /// looked at again by the next snapshot, whose gates stand before its first write.
    package func queueDue(now: Instant) throws {
        let isDue = """
            dueAt <= ? AND dueAt IS NOT NULL AND present = 1 AND pushedAt IS NOT NULL AND version = decidedVersion
            """
        let connections = try read { db in
            try Row.fetchAll(db, sql: "SELECT organization, connection FROM connection").map {
                ($0[0] as Int64, $0[1] as Int64)
            }
        }
        for (organization, connection) in connections {
            let arguments: StatementArguments = [organization, connection, now.milliseconds]
            let found = try read { db in
                try Bool.fetchOne(
                    db.cachedStatement(
                        sql: """
                            SELECT EXISTS (SELECT 1 FROM directoryRecord
                                WHERE organization = ? AND connection = ? AND \(isDue))
                            """), arguments: arguments) ?? false
            }
            guard found else { continue }
            try write { db in
                try db.execute(
                    sql: """
                        INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                        SELECT organization, connection, row, version, \(now.milliseconds) FROM directoryRecord
                        WHERE organization = ? AND connection = ? AND \(isDue)
                        """, arguments: arguments)
            }
        }
    }
}

extension RowWriter {
    static func usesGroups(_ db: Database, organization: Int64, connection: Int64) throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT usesGroups FROM connection WHERE organization = ? AND connection = ?",
            arguments: [organization, connection]) ?? false
    }

    /// Queues whoever a group's undecided changes bring in or take out, also through groups within it. To be called before
    /// the group's version counts as decided; a record of another kind has no members.
    func queueMembers(of groupRow: Int64) throws {
        try db.cachedStatement(
            sql: """
                WITH RECURSIVE below(row) AS (
                    SELECT m.memberRow FROM directoryRecord g
                    JOIN directoryMember m ON m.organization = g.organization AND m.groupRow = g.row
                        AND m.version > g.decidedVersion
                    WHERE g.organization = ?1 AND g.row = ?2 AND g.version > g.decidedVersion
                    UNION
                    SELECT m.memberRow FROM below
                    JOIN directoryMember m ON m.organization = ?1 AND m.groupRow = below.row AND m.removed = 0)
                INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                SELECT d.organization, d.connection, d.row, d.version, ?4 FROM below
                JOIN directoryRecord d ON d.organization = ?1 AND d.row = below.row
                WHERE d.connection = ?3 AND d.present = 1
                """
        ).execute(arguments: [organization, groupRow, connection, now.milliseconds])
    }
}

extension PushTransaction {
    /// Notes that a group goes under another name, came or went: what that means for its members is undecided.
    func touchMembers(of groupRow: Int64, version: Int64) throws {
        let statement = try rows.db.cachedStatement(
            sql: "UPDATE directoryMember SET version = ? WHERE organization = ? AND groupRow = ?")
        try statement.execute(arguments: [version, rows.scope.organization, groupRow])
    }
}
