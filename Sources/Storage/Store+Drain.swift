import GRDB
import JSONBytes
import Reconciliation

extension Store {
    /// Whether anything waits in the queue.
    package func hasQueuedChanges() throws -> Bool {
        try read { db in try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM queueEntry)") ?? false }
    }

    /// Connections for which something waits, those that wait longest first.
    package func queuedConnections() throws -> [ConnectionState] {
        try read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT organization, connection FROM queueEntry GROUP BY organization, connection
                    ORDER BY min(sequence)
                    """)
            return try rows.compactMap {
                try ConnectionState.fetch(db, organization: $0[0] as Int64, connection: $0[1] as Int64)
            }
        }
    }

    /// Drains inside one write transaction: what is looked up, decided, written, journalled and taken out of the queue
    /// happens together or not at all.
    package func draining<T>(
        _ state: ConnectionState, now: Instant, _ body: (Lookup, DrainRun) throws -> T
    ) throws -> T {
        try write { db in
            let lookup = Lookup(db: db, organization: state.organization, connection: state.connection)
            return try body(lookup, DrainRun(db: db, state: state, now: now))
        }
    }
}

extension Lookup {
    /// The records that wait longest, each once, oldest first.
    package func queuedRows(limit: Int) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT recordRow FROM queueEntry WHERE organization = ? AND connection = ?
                GROUP BY recordRow ORDER BY min(sequence) LIMIT ?
                """)
        return try Int64.fetchAll(statement, arguments: [organization, connection, limit])
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

/// The journal's run for what is drained: one a day and connection, so that a busy day is one line of `runs list`.
package struct DrainRun {
    private let db: Database
    private let state: ConnectionState
    private let now: Instant

    init(db: Database, state: ConnectionState, now: Instant) {
        self.db = db
        self.state = state
        self.now = now
    }

    /// A writer whose journal entries go to the day's run, which is begun where it does not exist.
    package func writer() throws -> RowWriter {
        try RowWriter(
            db: db, organization: state.organization, connection: state.connection, run: try run(), now: now)
    }

    private func run() throws -> Int64 {
        let day = now.milliseconds - now.milliseconds % 86_400_000
        let today = try Int64.fetchOne(
            db,
            sql: """
                SELECT max(run) FROM run WHERE organization = ? AND connection = ? AND kind = 'drain' AND startedAt >= ?
                """, arguments: [state.organization, state.connection, day])
        if let today { return today }
        try db.execute(
            sql: """
                INSERT INTO run (organization, connection, job, kind, mode, asOf, startedAt, state, rulesHash)
                VALUES (?, ?, 'drain', 'drain', 'reconcile', ?, ?, 'applied', ?)
                """,
            arguments: [state.organization, state.connection, now.milliseconds, now.milliseconds, state.rulesHash])
        return db.lastInsertedRowID
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
