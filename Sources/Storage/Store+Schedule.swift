import GRDB
import Reconciliation

/// Which job's schedule: a job is known by its name within its connection.
package struct ScheduleKey: Hashable, Sendable {
    package var organization: String
    package var connection: String
    package var job: String

    package init(organization: String, connection: String, job: String) {
        self.organization = organization
        self.connection = connection
        self.job = job
    }

    var arguments: StatementArguments { [ConnectionNaming.key(organization), connection, job] }
}

/// What is remembered of a job's schedule.
package struct ScheduleState: Sendable, Equatable {
    /// The expression and its zone when they were last looked at.
    package var schedule: String
    /// Runs that were due until then are done, or were never asked for.
    package var handledUntil: Instant
    package var claim: Claim?
    package var lastStartedAt: Instant?
    package var lastEndedAt: Instant?
    package var lastStatus: Int?
    package var lastRun: Int64?

    /// Who runs the job now.
    package struct Claim: Sendable, Equatable {
        package var owner: String
        package var at: Instant

        package init(owner: String, at: Instant) {
            self.owner = owner
            self.at = at
        }
    }
}

extension Store {
    /// What is remembered of a schedule. One that is seen for the first time starts now: it has missed nothing.
    package func schedule(_ key: ScheduleKey, text: String, now: Instant) throws -> ScheduleState {
        if let state = try read({ try Self.schedule(key, $0) }) { return state }
        return try write { db in
            try db.execute(
                sql: """
                    INSERT OR IGNORE INTO jobSchedule (organization, connection, job, schedule, handledUntil)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: key.arguments + [text, now.milliseconds])
            return try Self.schedule(key, db)!
        }
    }

    private static func schedule(_ key: ScheduleKey, _ db: Database) throws -> ScheduleState? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT schedule, handledUntil, claimOwner, claimedAt, lastStartedAt, lastEndedAt, lastStatus, lastRun
                FROM jobSchedule WHERE organization = ? AND connection = ? AND job = ?
                """, arguments: key.arguments
        ).map { row in
            ScheduleState(
                schedule: row[0], handledUntil: Instant(milliseconds: row[1]),
                claim: (row[2] as String?).map {
                    ScheduleState.Claim(owner: $0, at: Instant(milliseconds: row[3]))
                },
                lastStartedAt: Instant(column: row[4]), lastEndedAt: Instant(column: row[5]), lastStatus: row[6],
                lastRun: row[7])
        }
    }

    /// Remembers another schedule, from an instant on.
    package func changeSchedule(_ key: ScheduleKey, to text: String, handledUntil: Instant) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE jobSchedule SET schedule = ?, handledUntil = ?
                    WHERE organization = ? AND connection = ? AND job = ?
                    """, arguments: [text, handledUntil.milliseconds] + key.arguments)
        }
    }

    /// Takes a due run, so that no other worker runs it too.
    ///
    /// - Parameter seen: the state on which the decision was made.
    /// - Returns: `false` when another worker was faster: the state is not that any more.
    package func claim(_ key: ScheduleKey, seen: ScheduleState, owner: String, now: Instant) throws -> Bool {
        try write { db in
            guard try Self.schedule(key, db) == seen else { return false }
            try db.execute(
                sql: """
                    UPDATE jobSchedule SET claimOwner = ?, claimedAt = ?, lastStartedAt = ?
                    WHERE organization = ? AND connection = ? AND job = ?
                    """, arguments: [owner, now.milliseconds, now.milliseconds] + key.arguments)
            return true
        }
    }

    /// Gives a claimed run back.
    ///
    /// - Parameters:
    ///   - handledUntil: runs due until then are done; `nil` when the run did not take place, so that it stays due.
    ///   - status: the exit status; `nil` keeps what the last run left.
    package func endClaim(
        _ key: ScheduleKey, _ claim: ScheduleState.Claim, handledUntil: Instant?, status: Int?, run: Int64?,
        now: Instant
    ) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE jobSchedule SET claimOwner = NULL, claimedAt = NULL, handledUntil = coalesce(?, handledUntil),
                        lastEndedAt = ?, lastStatus = coalesce(?, lastStatus), lastRun = coalesce(?, lastRun)
                    WHERE claimOwner = ? AND claimedAt = ? AND organization = ? AND connection = ? AND job = ?
                    """,
                arguments: [
                    handledUntil?.milliseconds, now.milliseconds, status, run, claim.owner, claim.at.milliseconds,
                ] + key.arguments)
        }
    }

    /// Whether somebody holds the lease of a connection now.
    package func isLeased(organization: String, connection: String, now: Instant) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM lease l
                        JOIN connection c ON c.organization = l.organization AND c.connection = l.connection
                        JOIN organization o ON o.organization = l.organization
                        WHERE o.nameKey = ? AND c.name = ? AND l.owner != '' AND l.expiresAt > ?)
                    """, arguments: [ConnectionNaming.key(organization), connection, now.milliseconds]) ?? false
        }
    }
}
