import GRDB
import Reconciliation

/// An approval as it stands in the database.
package struct StoredApproval: Sendable, Equatable {
    package var digest: String
    package var by: String
    package var at: Instant
    package var expiresAt: Instant
    package var usedAt: Instant?
    package var usedRun: Int64?

    package func isGood(at now: Instant) -> Bool { usedAt == nil && now < expiresAt }
}

extension Store {
    private static let approvalColumns = "digest, approvedBy, approvedAt, expiresAt, usedAt, usedRun"

    private static func approval(_ row: Row) -> StoredApproval {
        StoredApproval(
            digest: row[0], by: row[1], at: Instant(milliseconds: row[2]), expiresAt: Instant(milliseconds: row[3]),
            usedAt: Instant(column: row[4]), usedRun: row[5])
    }

    /// Approves the plan with this digest for one use. An earlier approval of the same plan that was not used yet is replaced, so
    /// that saying it twice does not make it good twice.
    package func approve(
        _ state: ConnectionState, digest: String, refusedRun: Int64, by name: String, now: Instant, expiresAt: Instant
    ) throws -> StoredApproval {
        try write { db in
            try db.execute(
                sql: """
                    DELETE FROM approval WHERE organization = ? AND connection = ? AND digest = ? AND usedAt IS NULL
                    """, arguments: [state.organization, state.connection, digest])
            try db.execute(
                sql: """
                    INSERT INTO approval (organization, connection, digest, approvedAt, subject, approvedBy, expiresAt,
                        refusedRun)
                    VALUES (?, ?, ?, ?, 'plan', ?, ?, ?)
                    """,
                arguments: [
                    state.organization, state.connection, digest, now.milliseconds, name, expiresAt.milliseconds,
                    refusedRun,
                ])
            return StoredApproval(digest: digest, by: name, at: now, expiresAt: expiresAt)
        }
    }

    /// Uses an approval up for a run that is about to apply exactly the approved plan; the lease is checked in the same
    /// transaction, so that no other run can use it, too.
    ///
    /// - Returns: who approved; `nil` where no good approval names this digest.
    /// - Throws: ``LeaseLost``.
    package func useApproval(
        _ lease: Lease, digest: String, run: Int64, now: Instant
    ) throws -> PlanSummary.Approval? {
        try write { db in
            try Self.renew(db, lease, now: now)
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT \(Self.approvalColumns) FROM approval
                    WHERE organization = ? AND connection = ? AND digest = ? AND subject = 'plan'
                        AND usedAt IS NULL AND expiresAt > ?
                    ORDER BY approvedAt LIMIT 1
                    """, arguments: [lease.organization, lease.connection, digest, now.milliseconds])
            guard let approval = row.map(Self.approval) else { return nil }
            try db.execute(
                sql: """
                    UPDATE approval SET usedAt = ?, usedRun = ?
                    WHERE organization = ? AND connection = ? AND digest = ? AND approvedAt = ?
                    """,
                arguments: [
                    now.milliseconds, run, lease.organization, lease.connection, digest, approval.at.milliseconds,
                ])
            return PlanSummary.Approval(by: approval.by, at: approval.at)
        }
    }

    /// The newest approval of a plan of the connection, used or not: of this digest where there is one.
    package func newestApproval(_ state: ConnectionState, digest: String) throws -> StoredApproval? {
        try read { db in
            // A file that an older version wrote is looked at as it is.
            guard try db.tableExists("approval") else { return nil }
            return try Row.fetchOne(
                db,
                sql: """
                    SELECT \(Self.approvalColumns) FROM approval
                    WHERE organization = ? AND connection = ? AND subject = 'plan'
                    ORDER BY digest = ? DESC, approvedAt DESC LIMIT 1
                    """, arguments: [state.organization, state.connection, digest]
            ).map(Self.approval)
        }
    }

    /// The newest run that is no drain.
    package func newestPlannedRun() throws -> RunRecord? {
        try newestRun("WHERE r.kind <> 'drain'")
    }

    /// Notes that most records of a job failed, or (`detail` is `nil`) that a run of it was applied.
    package func quarantineJob(
        _ state: ConnectionState, job: String, run: Int64, detail: String?, now: Instant
    ) throws {
        try write { db in
            guard let detail else {
                return try db.execute(
                    sql: "DELETE FROM jobQuarantine WHERE organization = ? AND connection = ? AND job = ?",
                    arguments: [state.organization, state.connection, job])
            }
            try db.execute(
                sql: """
                    INSERT INTO jobQuarantine (organization, connection, job, run, detail, firstSeen, lastSeen, attempts)
                    VALUES (?, ?, ?, ?, ?, ?, ?, 1)
                    ON CONFLICT DO UPDATE SET run = excluded.run, detail = excluded.detail, lastSeen = excluded.lastSeen,
                        attempts = attempts + 1
                    """,
                arguments: [
                    state.organization, state.connection, job, run, detail, now.milliseconds, now.milliseconds,
                ])
        }
    }
}
