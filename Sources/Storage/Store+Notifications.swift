import GRDB
import Reconciliation

/// Something that somebody is to be told, until it was.
package struct OutboxItem: Sendable, Equatable {
    package enum Channel: String, Sendable { case command, webhook }

    package var id: String
    package var organization: String
    package var connection: String
    package var job: String
    package var createdAt: Instant
    package var channel: Channel
    /// Where to, as JSON; never a secret.
    package var target: String
    package var body: String
    /// How often it was tried, this time included.
    package var attempts: Int

    package init(
        id: String, organization: String, connection: String, job: String, createdAt: Instant, channel: Channel,
        target: String, body: String, attempts: Int = 0
    ) {
        self.id = id
        self.organization = organization
        self.connection = connection
        self.job = job
        self.createdAt = createdAt
        self.channel = channel
        self.target = target
        self.body = body
        self.attempts = attempts
    }
}

extension Store {
    /// Puts something into the outbox.
    package func enqueue(_ item: OutboxItem) throws {
        try write { db in try Self.enqueue(item, db) }
    }

    static func enqueue(_ item: OutboxItem, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO notification (organization, id, connection, job, createdAt, channel, target, body, state,
                    attempts, nextAttempt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?)
                """,
            arguments: [
                ConnectionNaming.key(item.organization), item.id, item.connection, item.job,
                item.createdAt.milliseconds, item.channel.rawValue, item.target, item.body,
                item.createdAt.milliseconds,
            ])
    }

    /// Takes what has waited longest past its time, for one attempt. It is not given out again before the time of the next
    /// attempt: another process leaves it alone, and one that dies meanwhile has lost nothing.
    ///
    /// - Parameter pause: until the next attempt, for the number of attempts made.
    package func takeNotification(now: Instant, pause: (Int) -> Duration) throws -> OutboxItem? {
        // Without anything waiting there is no reason to write.
        guard try hasWaitingNotification(now: now) else { return nil }
        return try write { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT organization, id, connection, job, createdAt, channel, target, body, attempts FROM notification
                    WHERE state = 'waiting' AND nextAttempt <= ? ORDER BY nextAttempt LIMIT 1
                    """, arguments: [now.milliseconds])
            guard let row else { return nil }
            guard let channel = OutboxItem.Channel(rawValue: row[5]) else {
                throw StorageError.damagedRow("notification")
            }
            let item = OutboxItem(
                id: row[1], organization: row[0], connection: row[2], job: row[3],
                createdAt: Instant(milliseconds: row[4]), channel: channel, target: row[6], body: row[7],
                attempts: row[8] + 1)
            try db.execute(
                sql: "UPDATE notification SET attempts = ?, nextAttempt = ? WHERE organization = ? AND id = ?",
                arguments: [item.attempts, (now + pause(item.attempts)).milliseconds, item.organization, item.id])
            return item
        }
    }

    private func hasWaitingNotification(now: Instant) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM notification WHERE state = 'waiting' AND nextAttempt <= ?)",
                arguments: [now.milliseconds]) ?? false
        }
    }

    package enum NotificationOutcome: Sendable {
        case delivered
        /// It waits for its next attempt.
        case waiting(String)
        /// It is given up.
        case failed(String)
    }

    /// Writes how an attempt ended.
    package func notificationEnded(_ item: OutboxItem, _ outcome: NotificationOutcome, now: Instant) throws {
        let (state, error): (String, String?) =
            switch outcome {
            case .delivered: ("delivered", nil)
            case .waiting(let error): ("waiting", error)
            case .failed(let error): ("failed", error)
            }
        try write { db in
            try db.execute(
                sql: """
                    UPDATE notification SET state = ?, lastError = coalesce(?, lastError),
                        endedAt = CASE ? WHEN 'waiting' THEN NULL ELSE ? END
                    WHERE organization = ? AND id = ?
                    """, arguments: [state, error, state, now.milliseconds, item.organization, item.id])
        }
    }
}
