import GRDB
import Reconciliation

/// A run's own plan file.
package struct SpooledPlan: Sendable, Equatable {
    package var run: Int64
    package var organization: Int64
    package var connection: Int64
    package var state: String
    package var endedAt: Instant?
    /// The file's name, without folder.
    package var file: String
}

extension Store {
    /// Files of the runs whose plan had this digest, the newest first.
    package func spools(ofDigest digest: String) throws -> [String] {
        try read { db in
            try String.fetchAll(
                db, sql: "SELECT spool FROM run WHERE digest = ? AND spool IS NOT NULL ORDER BY run DESC",
                arguments: [digest])
        }
    }

    /// All runs with a plan file, the newest first.
    package func spooledPlans() throws -> [SpooledPlan] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT run, organization, connection, state, endedAt, spool FROM run WHERE spool IS NOT NULL
                    ORDER BY run DESC
                    """
            ).map { row in
                SpooledPlan(
                    run: row[0], organization: row[1], connection: row[2], state: row[3],
                    endedAt: Instant(column: row[4]), file: row[5])
            }
        }
    }
}
