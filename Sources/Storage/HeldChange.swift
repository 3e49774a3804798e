import GRDB
import Reconciliation

/// A destructive change of the drain that waits for approval.
package struct HeldChange: Sendable, Equatable {
    package var recordRow: Int64
    package var changeClass: ChangeClass
    /// For a membership the member's record row; else 0.
    package var memberRow: Int64
    /// The record's version that was decided.
    package var version: Int64
    package var reason: String
    /// The change's part of a plan's digest.
    package var digest: String
    package var heldAt: Instant

    package init(
        recordRow: Int64, changeClass: ChangeClass, memberRow: Int64 = 0, version: Int64, reason: String,
        digest: String,
        heldAt: Instant
    ) {
        self.recordRow = recordRow
        self.changeClass = changeClass
        self.memberRow = memberRow
        self.version = version
        self.reason = reason
        self.digest = digest
        self.heldAt = heldAt
    }

    /// What an approval of exactly these changes has to name: independent of their order, of times and of generated ids.
    package static func digest(of changes: [HeldChange]) -> String {
        PlanDigest.sha256(changes.map(\.digest).sorted().joined(separator: "\n"))
    }
}

extension Lookup {
    private static let heldColumns = "recordRow, class, memberRow, version, reason, digest, heldAt"

    /// Everything that the connection holds, what is held longest first.
    package func heldChanges() throws -> [HeldChange] {
        try heldChanges("connection = ?", connection)
    }

    /// What is held of one record.
    package func heldChanges(recordRow: Int64) throws -> [HeldChange] {
        try heldChanges("recordRow = ?", recordRow)
    }

    private func heldChanges(_ condition: String, _ argument: Int64) throws -> [HeldChange] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Self.heldColumns) FROM heldChange WHERE organization = ? AND \(condition)
                ORDER BY heldAt, recordRow, class, memberRow
                """)
        return try Row.fetchAll(statement, arguments: [organization, argument]).map { row in
            guard let changeClass = ChangeClass(rawValue: row[1]) else { throw StorageError.damagedRow("held change") }
            return HeldChange(
                recordRow: row[0], changeClass: changeClass, memberRow: row[2], version: row[3], reason: row[4],
                digest: row[5], heldAt: Instant(milliseconds: row[6]))
        }
    }

    /// What happened to accounts of the connection since an instant, by class and kind: all of it, and what the drain did without
    /// anybody's approval.
    package func happened(since: Instant, classes: Set<ChangeClass>) throws -> [Happening] {
        // In the text, so that each class is a range of the index; they are words of ours.
        let list = classes.map(\.rawValue).sorted().map { "'\($0)'" }.joined(separator: ", ")
        let statement = try db.cachedStatement(
            sql: """
                SELECT j.class, j.kind, count(*), sum(r.kind = 'drain' AND r.job = 'drain') FROM journal j
                JOIN run r ON r.organization = j.organization AND r.run = j.run
                WHERE j.organization = ? AND j.connection = ? AND j.class IN (\(list)) AND j.at > ?
                GROUP BY j.class, j.kind
                """)
        return try Row.fetchAll(statement, arguments: [organization, connection, since.milliseconds]).compactMap {
            row in
            guard let changeClass = ChangeClass(rawValue: row[0]), let kind = Kind(rawValue: row[1]) else { return nil }
            return Happening(changeClass: changeClass, kind: kind, count: row[2], drained: row[3])
        }
    }

    /// How often a class of change happened.
    package struct Happening: Sendable {
        package var changeClass: ChangeClass
        package var kind: Kind
        package var count: Int
        package var drained: Int
    }
}

extension RowWriter {
    /// Keeps a change for approval.
    package func hold(_ change: HeldChange) throws {
        try execute(
            """
            INSERT OR REPLACE INTO heldChange (organization, connection, recordRow, class, memberRow, version, reason, digest,
                heldAt)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                organization, connection, change.recordRow, change.changeClass.rawValue, change.memberRow,
                change.version,
                change.reason, change.digest, change.heldAt.milliseconds,
            ])
    }

    /// Whatever is held of a record is settled by a newer decision.
    func release(_ recordRow: Int64) throws {
        try execute("DELETE FROM heldChange WHERE organization = ? AND recordRow = ?", [organization, recordRow])
    }

    /// Journals who approved a set of held changes.
    package func used(approvalOf digest: String, by name: String) throws {
        try execute(
            """
            INSERT INTO approval (organization, connection, digest, approvedAt, subject, approvedBy, expiresAt, usedAt, usedRun)
            VALUES (?, ?, ?, ?, 'held', ?, ?, ?, ?)
            """,
            [
                organization, connection, digest, now.milliseconds, name, now.milliseconds, now.milliseconds, run,
            ])
    }
}

extension Store {
    /// Connections for which something is held, those that hold longest first.
    package func holdingConnections(_ selection: QueueSelection = QueueSelection()) throws -> [ConnectionState] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT organization, connection FROM heldChange GROUP BY organization, connection
                    ORDER BY min(heldAt)
                    """)
            return try rows.compactMap {
                try ConnectionState.fetch(db, organization: $0[0] as Int64, connection: $0[1] as Int64)
            }.filter { selection.includes($0.organizationName, $0.connectionName) }
        }
    }

    /// Reads about one connection in one consistent state.
    package func looking<T>(_ state: ConnectionState, _ body: (Lookup) throws -> T) throws -> T {
        try read { db in
            try body(Lookup(db: db, organization: state.organization, connection: state.connection))
        }
    }
}
