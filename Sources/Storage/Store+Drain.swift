import GRDB
import JSONBytes
import Reconciliation
import SCIM

extension Store {
    /// A record that failed is left alone until it is due again; whatever came later for it waits behind.
    static let isDue = """
        NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.organization = queueEntry.organization
            AND q.recordRow = queueEntry.recordRow AND q.nextAttempt > ?)
        """

    /// Whether anything waits in the queue that is due now.
    package func hasQueuedChanges(now: Instant) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM queueEntry WHERE \(Self.isDue))", arguments: [now.milliseconds])
                ?? false
        }
    }

    /// Connections for which something waits, those that wait longest first.
    package func queuedConnections(now: Instant) throws -> [ConnectionState] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT organization, connection FROM queueEntry WHERE \(Self.isDue)
                    GROUP BY organization, connection ORDER BY min(sequence)
                    """, arguments: [now.milliseconds])
            return try rows.compactMap {
                try ConnectionState.fetch(db, organization: $0[0] as Int64, connection: $0[1] as Int64)
            }
        }
    }

    /// Drains inside one write transaction: what is looked up, decided, written, journalled and taken out of the queue
    /// happens together or not at all.
    package func draining<T>(
        _ state: ConnectionState, now: Instant, job: String = DrainRun.everyday,
        _ body: (Lookup, DrainRun) throws -> T
    ) throws -> T {
        try write { db in
            let lookup = Lookup(db: db, organization: state.organization, connection: state.connection)
            return try body(lookup, DrainRun(db: db, state: state, now: now, job: job))
        }
    }
}

extension Lookup {
    /// The records that wait longest, each once, oldest first.
    package func queuedRows(limit: Int, now: Instant) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT recordRow FROM queueEntry WHERE organization = ? AND connection = ? AND \(Store.isDue)
                GROUP BY recordRow ORDER BY min(sequence) LIMIT ?
                """)
        return try Int64.fetchAll(statement, arguments: [organization, connection, now.milliseconds, limit])
    }

    /// Whether a record waits in the queue.
    package func isQueued(row: Int64) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM queueEntry WHERE organization = ? AND recordRow = ?)")
        return try Bool.fetchOne(statement, arguments: [organization, row]) ?? false
    }

    /// Keys that deferred members and references use for a record: the source's own, where it has one.
    package func reference(row: Int64) throws -> String? {
        let statement = try db.cachedStatement(
            sql: "SELECT reference FROM directoryRecord WHERE row = ? AND organization = ?")
        return try String.fetchOne(statement, arguments: [row, organization])
    }
}

/// The journal's run for what is drained: one a day and connection, so that a busy day is one line of `runs list`; and one of
/// its own for each approval, which the limits do not count.
package struct DrainRun {
    /// The job's name of what nobody had to approve.
    package static let everyday = "drain"

    private let db: Database
    private let state: ConnectionState
    private let now: Instant
    private let job: String

    init(db: Database, state: ConnectionState, now: Instant, job: String) {
        self.db = db
        self.job = job
        self.state = state
        self.now = now
    }

    /// A writer whose journal entries go to the day's run, which is begun where it does not exist.
    package func writer() throws -> RowWriter {
        try RowWriter(
            db: db, organization: state.organization, connection: state.connection, run: try run(), now: now)
    }

    private func run() throws -> Int64 {
        if job == Self.everyday, let today = try today() { return today }
        try db.execute(
            sql: """
                INSERT INTO run (organization, connection, job, kind, mode, asOf, startedAt, state, rulesHash)
                VALUES (?, ?, ?, 'drain', 'reconcile', ?, ?, 'applied', ?)
                """,
            arguments: [
                state.organization, state.connection, job, now.milliseconds, now.milliseconds, state.rulesHash,
            ])
        return db.lastInsertedRowID
    }

    private func today() throws -> Int64? {
        let day = now.milliseconds - now.milliseconds % 86_400_000
        return try Int64.fetchOne(
            db,
            sql: """
                SELECT max(run) FROM run
                WHERE organization = ? AND connection = ? AND kind = 'drain' AND job = ? AND startedAt >= ?
                """, arguments: [state.organization, state.connection, job, day])
    }

    /// Adds a batch's counts to the day's.
    package func add(_ summary: PlanSummary, to run: Int64) throws {
        var total = summary
        if let text = try String.fetchOne(db, sql: "SELECT summary FROM run WHERE run = ?", arguments: [run]),
            let object = try JSONValue(parsing: Array(text.utf8)).object
        {
            let before = try PlanSummary(json: object)
            total.counts.merge(before.counts, uniquingKeysWith: +)
            total.situations.merge(before.situations, uniquingKeysWith: +)
            total.quarantined += before.quarantined
        }
        total.run = run
        try db.execute(
            sql: "UPDATE run SET summary = ?, endedAt = ? WHERE run = ?",
            arguments: [JSONValue.object(total.json).text, now.milliseconds, run])
    }
}

extension Lookup {
    /// How often a record of the queue has failed.
    package func attempts(recordRow: Int64) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                SELECT attempts FROM quarantine WHERE organization = ? AND recordRow = ? AND nextAttempt IS NOT NULL
                """)
        return try Int.fetchOne(statement, arguments: [organization, recordRow]) ?? 0
    }
}

extension Store {
    /// Decides again who was set aside because of an account that somebody has changed.
    static func wakeQuarantined(
        _ db: Database, organization: Int64, because account: Account, now: Instant
    ) throws {
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                SELECT d.organization, d.connection, d.row, d.version, ?
                FROM quarantine q JOIN directoryRecord d ON d.organization = q.organization AND d.row = q.recordRow
                WHERE q.organization = ? AND q.situation IN ('AMBIGUOUS', 'TAKEN', 'MISSING') AND d.kind = ?
                    AND d.origin = 'push' AND (d.nameKey = ? OR d.anchor = ?)
                """,
            arguments: [
                now.milliseconds, organization, account.kind.rawValue, KeyFolding.fold(account.name),
                account.externalId,
            ])
    }
}
