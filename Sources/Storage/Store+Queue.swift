import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// Somebody about whom something is still open.
package struct QueueItem: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// Pushed, and not decided yet.
        case waiting
        /// Decided, and a change that takes something waits for approval.
        case held
        /// Set aside with a reason.
        case quarantined
    }

    package var state: State
    package var organization: String
    package var connection: String
    package var kind: Kind
    package var name: String?
    package var anchor: String?
    package var recordID: String?
    /// Since when: pushed, held, or first seen.
    package var since: Instant
    package var lastSeen: Instant?
    package var version: Int64?
    /// Of a held change.
    package var changeClass: ChangeClass?
    package var member: String?
    package var reason: String?
    /// Of a quarantined record: what is wrong, and what would cure it.
    package var finding: Finding?
    package var attempts: Int?
    package var nextAttempt: Instant?
    package var place: Place?
    package var sourceDigest: String?
    package var attributes: JSONObject?

    fileprivate var organizationRow: Int64
    fileprivate var connectionRow: Int64
    fileprivate var recordRow: Int64?
    fileprivate var memberRow: Int64 = 0
    fileprivate var subject: String

    /// Whether a person at the keyboard means this one.
    package func isCalled(_ who: String) -> Bool {
        recordID == who || anchor == who || name.map(KeyFolding.fold) == KeyFolding.fold(who) || subject == who
    }
}

/// A job most of whose records failed.
package struct QuarantinedJob: Sendable, Equatable {
    package var organization: String
    package var connection: String
    package var job: String
    package var run: Int64
    package var detail: String
    package var firstSeen: Instant
    package var lastSeen: Instant
    package var attempts: Int
}

/// Which part of the queue is meant.
package struct QueueSelection: Sendable {
    package var organization: String?
    package var connection: String?

    package init(organization: String? = nil, connection: String? = nil) {
        self.organization = organization
        self.connection = connection
    }

    func includes(_ organization: String, _ connection: String) -> Bool {
        func same(_ wanted: String?, _ name: String) -> Bool {
            wanted.map { ConfigurationRows.same($0, name) } ?? true
        }
        return same(self.organization, organization) && same(self.connection, connection)
    }
}

extension Store {
    /// Everything that is open: first what is held, then what is quarantined, then what waits; the oldest first.
    package func queueItems(_ selection: QueueSelection) throws -> [QueueItem] {
        try read { try QueueRows(db: $0).items(selection) }
    }

    package func quarantinedJobs(_ selection: QueueSelection) throws -> [QuarantinedJob] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT o.name, c.name, q.job, q.run, q.detail, q.firstSeen, q.lastSeen, q.attempts FROM jobQuarantine q
                    JOIN organization o ON o.organization = q.organization
                    JOIN connection c ON c.organization = q.organization AND c.connection = q.connection
                    ORDER BY q.firstSeen
                    """
            ).map {
                QuarantinedJob(
                    organization: $0[0], connection: $0[1], job: $0[2], run: $0[3], detail: $0[4],
                    firstSeen: Instant(milliseconds: $0[5]), lastSeen: Instant(milliseconds: $0[6]), attempts: $0[7])
            }.filter { selection.includes($0.organization, $0.connection) }
        }
    }

    /// Decides records again at the next drain, whatever they wait for.
    ///
    /// - Returns: those that were queued; a record that is not in the directory is looked at by the next run of its job alone.
    package func retry(
        _ selection: QueueSelection, where isMeant: (QueueItem) -> Bool, by name: String, now: Instant
    ) throws -> [(item: QueueItem, isQueued: Bool)] {
        try write { db in
            let rows = QueueRows(db: db)
            return try rows.items(selection).filter(isMeant).map { ($0, try rows.retry($0, by: name, now: now)) }
        }
    }

    /// Closes entries: what was pushed is not carried out, what is held is not done, what was set aside is forgotten. The record
    /// stays as the source said it, and is decided again when it changes or a snapshot names it.
    package func discard(
        _ selection: QueueSelection, where isMeant: (QueueItem) -> Bool, reason: String, by name: String, now: Instant
    ) throws -> [QueueItem] {
        try write { db in
            let rows = QueueRows(db: db)
            let items = try rows.items(selection).filter(isMeant)
            for item in items { try rows.discard(item, reason: reason, by: name, now: now) }
            return items
        }
    }
}

/// The queue's tables inside a transaction that somebody else opened.
private struct QueueRows {
    let db: Database

    private static let names = """
        JOIN organization o ON o.organization = t.organization
        JOIN connection c ON c.organization = t.organization AND c.connection = t.connection
        """

    func items(_ selection: QueueSelection) throws -> [QueueItem] {
        try (held() + quarantined() + waiting()).filter { selection.includes($0.organization, $0.connection) }
    }

    private func item(_ state: QueueItem.State, _ row: Row) throws -> QueueItem {
        guard let kind = Kind(rawValue: row[4]) else { throw StorageError.damagedRow("queue") }
        let name: String? = row[5]
        let anchor: String? = row[6]
        return QueueItem(
            state: state, organization: row[0], connection: row[1], kind: kind, name: name, anchor: anchor,
            recordID: row[7], since: Instant(milliseconds: row[9]), version: row[10], organizationRow: row[2],
            connectionRow: row[3], recordRow: row[8], subject: anchor ?? name ?? "")
    }

    private func held() throws -> [QueueItem] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT o.name, c.name, t.organization, t.connection, d.kind, d.name, d.anchor, d.id, d.row, t.heldAt, t.version,
                    t.class, t.reason, t.memberRow, m.name
                FROM heldChange t \(Self.names)
                JOIN directoryRecord d ON d.organization = t.organization AND d.row = t.recordRow
                LEFT JOIN directoryRecord m ON m.organization = t.organization AND m.row = t.memberRow
                ORDER BY t.heldAt, t.recordRow, t.memberRow
                """
        ).map { row in
            var item = try item(.held, row)
            item.changeClass = ChangeClass(rawValue: row[11])
            item.reason = row[12]
            item.memberRow = row[13]
            item.member = row[14]
            return item
        }
    }

    private func quarantined() throws -> [QueueItem] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT o.name, c.name, t.organization, t.connection, t.kind, t.name, t.anchor, t.recordID, t.recordRow,
                    t.firstSeen, t.version, t.lastSeen, t.code, t.detail, t.cure, t.attempts, t.nextAttempt, t.place,
                    t.sourceDigest, t.attributes, t.subject
                FROM quarantine t \(Self.names) ORDER BY t.firstSeen, t.kind, t.subject
                """
        ).map { row in
            var item = try item(.quarantined, row)
            item.lastSeen = Instant(milliseconds: row[11])
            item.finding = Finding(code: row[12], detail: row[13], cure: row[14])
            item.attempts = row[15]
            item.nextAttempt = Instant(column: row[16])
            item.place = try (row[17] as String?).map { try Place(json: try JSONValue(parsing: $0)) }
            item.sourceDigest = row[18]
            item.attributes = try (row[19] as String?).flatMap { try JSONValue(parsing: $0).object }
            item.subject = row[20]
            return item
        }
    }

    private func waiting() throws -> [QueueItem] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT o.name, c.name, t.organization, t.connection, d.kind, d.name, d.anchor, d.id, d.row, min(t.enqueuedAt),
                    max(t.version), max(t.enqueuedAt), q.nextAttempt
                FROM queueEntry t \(Self.names)
                JOIN directoryRecord d ON d.organization = t.organization AND d.row = t.recordRow
                LEFT JOIN quarantine q ON q.organization = t.organization AND q.recordRow = t.recordRow
                    AND q.nextAttempt IS NOT NULL
                GROUP BY t.organization, t.recordRow ORDER BY min(t.sequence)
                """
        ).map { row in
            var item = try item(.waiting, row)
            item.lastSeen = Instant(milliseconds: row[11])
            item.nextAttempt = Instant(column: row[12])
            return item
        }
    }

    // MARK: What people do

    func retry(_ item: QueueItem, by name: String, now: Instant) throws -> Bool {
        guard let row = item.recordRow else { return false }
        try db.execute(
            sql: "UPDATE quarantine SET nextAttempt = ? WHERE organization = ? AND recordRow = ? AND nextAttempt > ?",
            arguments: [now.milliseconds, item.organizationRow, row, now.milliseconds])
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                SELECT organization, connection, row, version, ? FROM directoryRecord WHERE organization = ? AND row = ?
                """, arguments: [now.milliseconds, item.organizationRow, row])
        try journal(item, action: "retry", reason: "", by: name, now: now)
        return true
    }

    func discard(_ item: QueueItem, reason: String, by name: String, now: Instant) throws {
        switch item.state {
        case .waiting: try closeEntries(item)
        case .held:
            try db.execute(
                sql: """
                    DELETE FROM heldChange WHERE organization = ? AND recordRow = ? AND class = ? AND memberRow = ?
                    """,
                arguments: [item.organizationRow, item.recordRow, item.changeClass?.rawValue, item.memberRow])
        case .quarantined:
            if item.nextAttempt != nil { try closeEntries(item) }
            try db.execute(
                sql: "DELETE FROM quarantine WHERE organization = ? AND connection = ? AND kind = ? AND subject = ?",
                arguments: [item.organizationRow, item.connectionRow, item.kind.rawValue, item.subject])
        }
        try journal(item, action: "discard", reason: reason, by: name, now: now)
    }

    private func closeEntries(_ item: QueueItem) throws {
        let key: StatementArguments = [item.organizationRow, item.recordRow]
        try db.execute(
            sql: "UPDATE directoryRecord SET decidedVersion = version, hash = NULL WHERE organization = ? AND row = ?",
            arguments: key)
        try db.execute(sql: "DELETE FROM queueEntry WHERE organization = ? AND recordRow = ?", arguments: key)
    }

    private func journal(_ item: QueueItem, action: String, reason: String, by name: String, now: Instant) throws {
        try db.execute(
            sql: """
                INSERT INTO queueDecision (organization, sequence, connection, kind, subject, state, action, reason, decidedBy,
                    at)
                SELECT ?, coalesce(max(sequence), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? FROM queueDecision WHERE organization = ?
                """,
            arguments: [
                item.organizationRow, item.connectionRow, item.kind.rawValue, item.subject, item.state.rawValue, action,
                reason, name, now.milliseconds, item.organizationRow,
            ])
    }
}
