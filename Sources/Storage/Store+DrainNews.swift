import GRDB
import Reconciliation

/// What of a connection's pushes waits for a person.
package struct OpenMatters: Sendable {
    package var held: PlanSummary.Held?
    /// What drains set aside, the oldest first. What stands in a file is told by the run that read it.
    package var quarantined: [Quarantined]

    package init(held: PlanSummary.Held? = nil, quarantined: [Quarantined] = []) {
        self.held = held
        self.quarantined = quarantined
    }

    package var isEmpty: Bool { held == nil && quarantined.isEmpty }

    /// Only what is not among the told.
    fileprivate func without(_ told: Set<OpenMatter>) -> OpenMatters {
        OpenMatters(
            held: held.flatMap { told.contains(OpenMatter($0)) ? nil : $0 },
            quarantined: quarantined.filter { !told.contains(OpenMatter($0)) })
    }

    fileprivate var all: Set<OpenMatter> {
        Set(quarantined.map { OpenMatter($0) } + (held.map { [OpenMatter($0)] } ?? []))
    }
}

/// How something open is known again.
private struct OpenMatter: Hashable {
    var topic: String
    var subject: String

    init(topic: String, subject: String) {
        self.topic = topic
        self.subject = subject
    }

    init(_ held: PlanSummary.Held) { self.init(topic: "held", subject: held.digest) }

    init(_ entry: Quarantined) {
        let name = entry.anchor?.value ?? entry.name ?? entry.recordID ?? "?"
        self.init(topic: "quarantine", subject: "\(entry.kind.rawValue) \(name) \(entry.finding.code)")
    }
}

extension Store {
    /// What waits for a person; nothing where there is no such connection.
    package func openMatters(organization: String, connection: String) throws -> OpenMatters {
        try read { db in
            guard let state = try ConnectionState.fetch(db, organization: organization, connection: connection) else {
                return OpenMatters()
            }
            let lookup = Lookup(db: db, organization: state.organization, connection: state.connection)
            let held = try lookup.heldChanges()
            return OpenMatters(
                held: held.isEmpty ? nil : .init(count: held.count, digest: HeldChange.digest(of: held)),
                quarantined: try lookup.quarantinedByPush())
        }
    }

    /// Puts what is open, and was not told to a job's receivers yet, into the outbox, and remembers that in the same transaction.
    ///
    /// - Parameter items: the messages about what is news; not called where nothing is.
    package func enqueueNews(
        of open: OpenMatters, for key: ScheduleKey, items: (OpenMatters) -> [OutboxItem]
    ) throws {
        let now = open.all
        // Nearly always: nothing is to be written.
        guard try read({ try Self.told(key, $0) }) != now else { return }
        try write { db in
            let told = try Self.told(key, db)
            let news = open.without(told)
            if !news.isEmpty { for item in items(news) { try Self.enqueue(item, db) } }
            for matter in told.subtracting(now) {
                try db.execute(
                    sql: """
                        DELETE FROM toldOpen
                        WHERE organization = ? AND connection = ? AND job = ? AND topic = ? AND subject = ?
                        """, arguments: key.arguments + [matter.topic, matter.subject])
            }
            for matter in now.subtracting(told) {
                try db.execute(
                    sql: "INSERT INTO toldOpen (organization, connection, job, topic, subject) VALUES (?, ?, ?, ?, ?)",
                    arguments: key.arguments + [matter.topic, matter.subject])
            }
        }
    }

    private static func told(_ key: ScheduleKey, _ db: Database) throws -> Set<OpenMatter> {
        let rows = try Row.fetchAll(
            db, sql: "SELECT topic, subject FROM toldOpen WHERE organization = ? AND connection = ? AND job = ?",
            arguments: key.arguments)
        return Set(rows.map { OpenMatter(topic: $0[0], subject: $0[1]) })
    }
}

extension Lookup {
    fileprivate func quarantinedByPush() throws -> [Quarantined] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT kind, anchor, name, situation, code, detail, cure, recordID, version FROM quarantine
                WHERE organization = ? AND connection = ? AND sourceDigest IS NULL ORDER BY firstSeen, kind, subject
                """, arguments: [organization, connection])
        return try rows.map { row in
            guard let kind = Kind(rawValue: row[0]), let situation = Situation(rawValue: row[3]) else {
                throw StorageError.damagedRow("quarantine")
            }
            return Quarantined(
                kind: kind, anchor: (row[1] as String?).map { Anchor($0) }, name: row[2], situation: situation,
                finding: Finding(code: row[4], detail: row[5], cure: row[6]), place: nil, recordID: row[7],
                version: row[8])
        }
    }

    /// How long a record has been set aside, how often it was tried, and when it is tried again.
    package func attempts(ofQuarantined entry: Quarantined) throws -> QuarantineAttempts? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT firstSeen, attempts, nextAttempt FROM quarantine
                WHERE organization = ? AND connection = ? AND kind = ? AND (recordID = ? OR subject = ?) LIMIT 1
                """,
            arguments: [
                organization, connection, entry.kind.rawValue, entry.recordID, entry.anchor?.value ?? entry.name,
            ])
        return row.map {
            QuarantineAttempts(
                firstSeen: Instant(milliseconds: $0[0]), count: $0[1], next: Instant(column: $0[2]))
        }
    }
}

/// What became of a quarantined record so far.
package struct QuarantineAttempts: Sendable, Equatable {
    package var firstSeen: Instant
    package var count: Int
    /// `nil` where only a change cures it.
    package var next: Instant?
}
