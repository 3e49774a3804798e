import GRDB
import Reconciliation
import SCIM

/// Something that was undone, and is not done again until the source says something else.
package struct UndoHold: Sendable, Equatable {
    package var organization: String
    package var connection: String
    package var kind: Kind
    package var name: String
    package var anchor: Anchor?
    /// The other end of a membership that is held.
    package var member: String?
    /// The run that undid it.
    package var run: Int64
    /// The run that was undone.
    package var undoes: Int64
    package var heldAt: Instant
}

/// Which holds are meant.
package enum HoldSelection: Sendable, Equatable {
    /// Those of a run that undid another, or was undone.
    case run(Int64)
    /// Those of a person or group, by anchor, name or record id, in any connection of an organization.
    case subject(String, organization: Int64)
    case all
}

extension Lookup {
    /// A record's hold, or a membership's, as the planner asks for it.
    package struct Hold: Sendable, Equatable {
        package var run: Int64
        package var undoes: Int64
        package var version: Int64
    }

    /// What of this connection is held, by record row and member row (0: the record itself).
    package func holds() throws -> [[Int64]: Hold] {
        guard try db.tableExists("undoHold") else { return [:] }
        let statement = try db.cachedStatement(
            sql: """
                SELECT recordRow, memberRow, run, undoes, version FROM undoHold WHERE organization = ? AND connection = ?
                """)
        var found: [[Int64]: Hold] = [:]
        let rows = try Row.fetchCursor(statement, arguments: [organization, connection])
        while let row = try rows.next() {
            found[[row[0], row[1]]] = Hold(run: row[2], undoes: row[3], version: row[4])
        }
        return found
    }
}

extension Store {
    /// What is held, the newest first.
    package func holds(_ selection: HoldSelection) throws -> [UndoHold] {
        try read { db in try Self.holds(selection, db) }
    }

    /// Ends holds: the next run, or for pushed records the next drain, decides anew.
    ///
    /// - Returns: what was held.
    package func release(_ selection: HoldSelection, now: Instant) throws -> [UndoHold] {
        try write { db in
            let found = try Self.holds(selection, db)
            let (condition, arguments) = Self.condition(selection)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT h.organization, h.recordRow FROM undoHold h
                    JOIN directoryRecord d ON d.organization = h.organization AND d.row = h.recordRow
                    LEFT JOIN directoryRecord m ON m.organization = h.organization AND m.row = h.memberRow
                    WHERE \(condition)
                    """, arguments: arguments)
            for row in rows { try Self.wake(row[0], row[1], db, now) }
            try db.execute(
                sql: """
                    DELETE FROM undoHold WHERE (organization, recordRow, memberRow) IN (
                        SELECT h.organization, h.recordRow, h.memberRow FROM undoHold h
                        JOIN directoryRecord d ON d.organization = h.organization AND d.row = h.recordRow
                        LEFT JOIN directoryRecord m ON m.organization = h.organization AND m.row = h.memberRow
                        WHERE \(condition))
                    """, arguments: arguments)
            return found
        }
    }

    private static func wake(_ organization: Int64, _ recordRow: Int64, _ db: Database, _ now: Instant) throws {
        try db.execute(
            sql: "UPDATE directoryRecord SET hash = NULL WHERE organization = ? AND row = ?",
            arguments: [organization, recordRow])
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                SELECT organization, connection, row, version, ? FROM directoryRecord
                WHERE organization = ? AND row = ? AND pushedAt IS NOT NULL
                """, arguments: [now.milliseconds, organization, recordRow])
    }

    private static func holds(_ selection: HoldSelection, _ db: Database) throws -> [UndoHold] {
        let (condition, arguments) = condition(selection)
        return try Row.fetchAll(
            db,
            sql: """
                SELECT o.name, c.name, d.kind, d.name, d.anchor, m.name, h.run, h.undoes, h.heldAt FROM undoHold h
                JOIN directoryRecord d ON d.organization = h.organization AND d.row = h.recordRow
                LEFT JOIN directoryRecord m ON m.organization = h.organization AND m.row = h.memberRow
                JOIN organization o ON o.organization = h.organization
                JOIN connection c ON c.organization = h.organization AND c.connection = h.connection
                WHERE \(condition) ORDER BY h.run DESC, d.kind, d.name, m.name
                """, arguments: arguments
        ).map { row in
            UndoHold(
                organization: row[0], connection: row[1], kind: Kind(rawValue: row[2]) ?? .user, name: row[3],
                anchor: (row[4] as String?).map(Anchor.init), member: row[5], run: row[6], undoes: row[7],
                heldAt: Instant(milliseconds: row[8]))
        }
    }

    private static func condition(_ selection: HoldSelection) -> (String, StatementArguments) {
        switch selection {
        case .run(let run): ("(h.run = ? OR h.undoes = ?)", [run, run])
        case .subject(let who, let organization):
            (
                "h.organization = ? AND (? IN (d.id, d.anchor, m.id, m.anchor) OR ? IN (d.nameKey, m.nameKey))",
                [organization, who, KeyFolding.fold(who)]
            )
        case .all: ("1", [])
        }
    }
}
