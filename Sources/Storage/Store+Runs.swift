import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// A run as `runs list` shows it.
package struct RunRecord: Sendable, Equatable {
    package var run: Int64
    package var organization: String
    package var connection: String
    package var job: String
    /// `run`, `apply` or `drain`.
    package var kind: String
    /// `running`, `applied`, `refused`, `interrupted` or `failed`.
    package var state: String
    package var startedAt: Instant
    package var endedAt: Instant?
    package var digest: String?
    package var counts: [ChangeClass: Int]
    /// The plan's file; `nil` for a drain, whose changes are in the journal alone.
    package var spool: String?
    /// The run that this one took back.
    package var undoes: Int64?
}

/// The right to run for a connection. The token rises with every owner, and every batch checks it: an owner that slept
/// through its expiry cannot write any more.
package struct Lease: Sendable, Equatable {
    package var organization: Int64
    package var connection: Int64
    package var owner: String
    package var token: Int64
}

/// Somebody else has the lease.
package struct LeaseHeld: Error, Sendable {
    package var owner: String
    package var expiresAt: Instant
}

/// The lease was taken over by somebody else while this process slept; nothing more may be written under it.
package struct LeaseLost: Error, Sendable {}

package enum ConnectionNaming {
    /// The connection of whoever names none.
    package static let standard = "default"

    /// How an organization's name is found again.
    static func key(_ name: String) -> String { KeyFolding.fold(name) }
}

extension Store {
    /// How long a lease is good without a heartbeat.
    package static let leaseDuration = Duration.seconds(120)

    /// Finds or makes the organization and the connection.
    package func connectionState(organization: String, connection: String, now: Instant) throws -> ConnectionState {
        try write { db in
            if let state = try ConnectionState.fetch(db, organization: organization, connection: connection) {
                return state
            }
            try Self.makeConnection(db, organization: organization, connection: connection, now: now)
            return try ConnectionState.fetch(db, organization: organization, connection: connection)!
        }
    }

    private static func makeConnection(_ db: Database, organization: String, connection: String, now: Instant) throws {
        try db.execute(
            sql: "INSERT OR IGNORE INTO organization (name, nameKey, createdAt) VALUES (?, ?, ?)",
            arguments: [organization, ConnectionNaming.key(organization), now.milliseconds])
        try db.execute(
            sql: """
                INSERT INTO connection (organization, connection, name, createdAt)
                SELECT o.organization, coalesce((SELECT max(connection) FROM connection c
                    WHERE c.organization = o.organization), 0) + 1, ?, ?
                FROM organization o WHERE o.nameKey = ?
                """, arguments: [connection, now.milliseconds, ConnectionNaming.key(organization)])
    }

    /// The connection as it is now; `nil` where it does not exist.
    package func existingConnection(organization: String, connection: String) throws -> ConnectionState? {
        try read { db in try ConnectionState.fetch(db, organization: organization, connection: connection) }
    }

    /// Takes the lease of a connection.
    ///
    /// - Parameter isGone: whether an owner is known to live no more; its lease is taken over at once.
    /// - Throws: ``LeaseHeld``.
    package func acquireLease(
        _ state: ConnectionState, owner: String, now: Instant, isGone: (String) -> Bool
    ) throws -> Lease {
        try write { db in
            let held = try Row.fetchOne(
                db, sql: "SELECT owner, token, expiresAt FROM lease WHERE organization = ? AND connection = ?",
                arguments: [state.organization, state.connection])
            var token: Int64 = 1
            if let held {
                let expiresAt = Instant(milliseconds: held[2])
                let holder: String = held[0]
                if !holder.isEmpty && expiresAt > now && !isGone(holder) {
                    throw LeaseHeld(owner: holder, expiresAt: expiresAt)
                }
                token = held[1] + 1
            }
            try db.execute(
                sql: """
                    INSERT INTO lease (organization, connection, owner, token, expiresAt) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET owner = excluded.owner, token = excluded.token, expiresAt = excluded.expiresAt
                    """,
                arguments: [
                    state.organization, state.connection, owner, token, (now + Self.leaseDuration).milliseconds,
                ])
            return Lease(organization: state.organization, connection: state.connection, owner: owner, token: token)
        }
    }

    /// Says that the owner lives.
    ///
    /// - Throws: ``LeaseLost``.
    package func renew(_ lease: Lease, now: Instant) throws {
        try write { db in try Self.renew(db, lease, now: now) }
    }

    static func renew(_ db: Database, _ lease: Lease, now: Instant) throws {
        try db.execute(
            sql: "UPDATE lease SET expiresAt = ? WHERE organization = ? AND connection = ? AND token = ?",
            arguments: [(now + leaseDuration).milliseconds, lease.organization, lease.connection, lease.token])
        if db.changesCount == 0 { throw LeaseLost() }
    }

    /// Gives the lease back; the token stays, so that the next one is higher.
    package func release(_ lease: Lease) throws {
        try write { db in
            try db.execute(
                sql:
                    "UPDATE lease SET owner = '', expiresAt = 0 WHERE organization = ? AND connection = ? AND token = ?",
                arguments: [lease.organization, lease.connection, lease.token])
        }
    }

    /// Begins a run's row.
    package func beginRun(_ state: ConnectionState, header: PlanHeader, kind: String, now: Instant) throws -> Int64 {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO run (organization, connection, job, kind, mode, asOf, startedAt, state, rulesHash, undoes)
                    VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, ?)
                    """,
                arguments: [
                    state.organization, state.connection, header.job, kind, header.mode.rawValue,
                    header.asOf.milliseconds, now.milliseconds, header.rulesHash, header.undoes,
                ])
            return db.lastInsertedRowID
        }
    }

    /// Writes how a run ended.
    package func endRun(
        _ run: Int64, state: String, summary: PlanSummary, spool: String?, now: Instant
    ) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE run SET endedAt = ?, state = ?, digest = ?, summary = ?, spool = ? WHERE run = ?
                    """,
                arguments: [
                    now.milliseconds, state, summary.digest, JSONValue.object(summary.json).text, spool, run,
                ])
            guard state == "interrupted" else { return }
            let row = try Row.fetchOne(
                db, sql: "SELECT organization, connection FROM run WHERE run = ?", arguments: [run])
            if let row { try Self.forgetElements(db, organization: row[0], connection: row[1]) }
        }
    }

    /// A run that stopped halfway has stored records whose memberships and references it did not come to: the next one looks at
    /// every element again, since a skipped one would hide what is undone.
    private static func forgetElements(_ db: Database, organization: Int64, connection: Int64) throws {
        try db.execute(
            sql:
                "UPDATE directoryRecord SET hash = NULL WHERE organization = ? AND connection = ? AND hash IS NOT NULL",
            arguments: [organization, connection])
    }

    /// Runs that a killed process left behind: nobody is running them any more, since the caller has the lease.
    package func closeAbandonedRuns(_ lease: Lease, now: Instant) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE run SET state = 'interrupted', endedAt = ?
                    WHERE organization = ? AND connection = ? AND state = 'running' AND kind != 'drain'
                    """, arguments: [now.milliseconds, lease.organization, lease.connection])
            guard db.changesCount > 0 else { return }
            try Self.forgetElements(db, organization: lease.organization, connection: lease.connection)
        }
    }

    /// Remembers what an accepted snapshot was, and its rules.
    package func accept(
        _ state: ConnectionState, takenAt: Instant?, counts: [Kind: Int], digest: String?, rules: Rules,
        gates: GateLimits? = nil, startedAt: Instant
    ) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE connection SET rules = ?, rulesHash = ?, acceptedTakenAt = coalesce(?, acceptedTakenAt),
                        acceptedUsers = coalesce(?, acceptedUsers), acceptedGroups = coalesce(?, acceptedGroups),
                        acceptedDigest = coalesce(?, acceptedDigest), gates = coalesce(?, gates), usesGroups = ?
                    WHERE organization = ? AND connection = ?
                    """,
                arguments: [
                    JSONValue.object(rules.json).text, rules.hash, takenAt?.milliseconds, counts[.user], counts[.group],
                    digest, gates.map { JSONValue.object($0.json).text }, !rules.usedGroups.isEmpty, state.organization,
                    state.connection,
                ])
            if rules.hash != state.rulesHash { try Self.retryQuarantined(db, state, now: startedAt) }
            // What this snapshot did not quarantine again is cured; a kind that it did not read whole it says nothing about.
            for kind in counts.keys {
                try db.execute(
                    sql: """
                        DELETE FROM quarantine
                        WHERE organization = ? AND connection = ? AND kind = ? AND place IS NOT NULL AND lastSeen < ?
                        """,
                    arguments: [state.organization, state.connection, kind.rawValue, startedAt.milliseconds])
            }
        }
    }

    /// Under other rules a pushed record that was set aside may be another case: it is decided again.
    private static func retryQuarantined(_ db: Database, _ state: ConnectionState, now: Instant) throws {
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
                SELECT q.organization, q.connection, d.row, d.version, ?
                FROM quarantine q JOIN directoryRecord d ON d.organization = q.organization AND d.row = q.recordRow
                WHERE q.organization = ? AND q.connection = ? AND d.origin = 'push'
                """, arguments: [now.milliseconds, state.organization, state.connection])
    }

    /// Ids of the organization's protected accounts.
    package func protectedAccounts(organization: Int64) throws -> Set<String> {
        try read { db in
            Set(
                try String.fetchAll(
                    db, sql: "SELECT id FROM account WHERE organization = ? AND protected = 1",
                    arguments: [organization]))
        }
    }

    /// Runs, newest first.
    package func runs(limit: Int) throws -> [RunRecord] { try runs("ORDER BY r.run DESC LIMIT ?", [limit]) }

    /// The runs of the same connection before a run, newest first.
    package func runs(before run: RunRecord) throws -> [RunRecord] {
        try runs(
            "WHERE o.name = ? AND c.name = ? AND r.run < ? ORDER BY r.run DESC",
            [run.organization, run.connection, run.run])
    }

    package func run(_ number: Int64) throws -> RunRecord? { try runs("WHERE r.run = ?", [number]).first }

    /// The newest of the runs that fulfil a condition.
    func newestRun(_ condition: String) throws -> RunRecord? {
        try runs(condition + " ORDER BY r.run DESC LIMIT 1", []).first
    }

    private func runs(_ condition: String, _ arguments: StatementArguments) throws -> [RunRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT r.run, o.name, c.name, r.job, r.kind, r.state, r.startedAt, r.endedAt, r.digest,
                        r.summary, r.spool\(try Self.hasUndoes(db) ? ", r.undoes" : ", NULL")
                    FROM run r JOIN organization o ON o.organization = r.organization
                    JOIN connection c ON c.organization = r.organization AND c.connection = r.connection
                    \(condition)
                    """, arguments: arguments
            ).map { row in
                RunRecord(
                    run: row[0], organization: row[1], connection: row[2], job: row[3], kind: row[4], state: row[5],
                    startedAt: Instant(milliseconds: row[6]), endedAt: Instant(column: row[7]),
                    digest: row[8], counts: try Self.counts(row[9]), spool: row[10], undoes: row[11])
            }
        }
    }

    /// A database that is opened read-only may be older than the column.
    private static func hasUndoes(_ db: Database) throws -> Bool {
        try db.columns(in: "run").contains { $0.name == "undoes" }
    }

    /// The summary of a past run.
    package func summary(of run: Int64) throws -> PlanSummary? {
        try read { db in
            guard let text = try String.fetchOne(db, sql: "SELECT summary FROM run WHERE run = ?", arguments: [run]),
                let object = try JSONValue(parsing: Array(text.utf8)).object
            else { return nil }
            return try PlanSummary(json: object)
        }
    }

    /// What the journal has of a run, in order: the row of each change.
    package func journal(of run: Int64, _ body: (PlanRow) throws -> Void) throws {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT j.kind, j.account, j.anchor, j.class, j.change,
                        coalesce(json_extract(j.change, '$.name'), a.name, (SELECT json_extract(d.change, '$.image.account.name') FROM journal d
                            WHERE d.organization = j.organization AND d.account = j.account AND d.class = 'delete'
                            ORDER BY d.run DESC, d.sequence DESC LIMIT 1), '')
                    FROM journal j LEFT JOIN account a ON a.organization = j.organization AND a.id = j.account
                    WHERE j.run = ? ORDER BY j.organization, j.sequence
                    """, arguments: [run])
            while let row = try rows.next() { try body(Self.journalled(row, db)) }
        }
    }

    private static func journalled(_ row: Row, _ db: Database) throws -> PlanRow {
        guard let kind = Kind(rawValue: row[0]), let changeClass = ChangeClass(rawValue: row[3]),
            let change = try JSONValue(parsing: Array((row[4] as String).utf8)).object
        else { throw StorageError.damagedRow("journal") }
        let attributes = try (change["attributes"]?.array ?? []).map { try AttributeChange(json: $0) }
        var member: Subject?
        if let id = change["member"]?.string {
            let found = try Row.fetchOne(
                db, sql: "SELECT name, kind, externalId FROM account WHERE id = ?", arguments: [id])
            member = Subject(
                kind: (found?[1] as String?).flatMap(Kind.init) ?? .user,
                anchor: (found?[2] as String?).map(Anchor.init), name: found?[0] ?? id, recordID: nil, accountID: id)
        }
        return PlanRow(
            phase: .bookkeeping,
            subject: Subject(
                kind: kind, anchor: (row[2] as String?).map(Anchor.init), name: row[5],
                displayName: change["displayName"]?.string, recordID: nil, accountID: row[1]),
            situation: change["situation"]?.string.flatMap(Situation.init) ?? .confirmed,
            reason: change["reason"]?.string ?? "", changes: [Change(changeClass, attributes: attributes)],
            member: member)
    }

    private static func counts(_ summary: String?) throws -> [ChangeClass: Int] {
        guard let summary else { return [:] }
        guard let object = try JSONValue(parsing: Array(summary.utf8)).object else { return [:] }
        return try PlanSummary(json: object).counts
    }
}

extension Store {
    /// Applies rows in one write transaction under the lease.
    ///
    /// - Throws: ``LeaseLost``, and then nothing was written.
    package func apply<T>(
        lease: Lease, run: Int64, now: Instant, _ body: (inout RowWriter) throws -> T
    ) throws -> T {
        try write { db in
            try Self.renew(db, lease, now: now)
            var writer = try RowWriter(
                db: db, organization: lease.organization, connection: lease.connection, run: run, now: now)
            let result = try body(&writer)
            try writer.finish()
            return result
        }
    }
}
