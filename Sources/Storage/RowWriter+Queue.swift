import GRDB
import Reconciliation
import SCIM

// What is decided leaves the change queue, and what waited for it is queued again.

extension RowWriter {
    func closeQueue(_ recordRow: Int64, _ version: Int64) throws {
        try execute(
            "DELETE FROM queueEntry WHERE organization = ? AND recordRow = ? AND version <= ?",
            [organization, recordRow, version])
        try execute("DELETE FROM heldChange WHERE organization = ? AND recordRow = ?", [organization, recordRow])
    }

    /// Queues the records whose reference waits for this one's account.
    func wakeReferrers(of recordRow: Int64) throws {
        try execute(
            """
            INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
            SELECT d.organization, d.connection, d.row, d.version, ?
            FROM directoryRecord target
            JOIN deferredReference w ON w.organization = target.organization
                AND ((w.space = 'record' AND w.targetKey = target.id)
                    OR (w.space = 'source' AND w.targetKey = target.reference))
            JOIN directoryRecord d ON d.row = w.recordRow AND d.organization = w.organization
                AND d.connection = target.connection
            WHERE target.row = ? AND target.organization = ?
            """, [now.milliseconds, recordRow, organization])
    }

    /// Keeps which references of a record wait for an account; an empty list takes back what waited before.
    package func deferReferences(_ targets: [ReferenceTarget], of recordRow: Int64) throws {
        if hasDeferredReferences {
            try execute(
                "DELETE FROM deferredReference WHERE organization = ? AND recordRow = ?", [organization, recordRow])
        }
        for target in targets {
            let space = if case .record = target { "record" } else { "source" }
            try execute(
                "INSERT OR IGNORE INTO deferredReference (organization, space, targetKey, recordRow) VALUES (?, ?, ?, ?)",
                [organization, space, target.text, recordRow])
        }
    }

    /// Queues the records that were quarantined because a name was taken that is free now.
    package func wakeWaiting(forName name: String) throws {
        guard hasQuarantine else { return }
        try execute(
            """
            INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
            SELECT organization, connection, row, version, ? FROM directoryRecord
            WHERE organization = ? AND connection = ? AND nameKey = ? AND kind = 'user' AND present = 1
                AND situation = 'TAKEN'
            """, [now.milliseconds, organization, connection, KeyFolding.fold(name)])
    }

    /// Closes the queue entries of a record up to a version that needed no row.
    package func decided(_ recordRow: Int64, version: Int64, situation: Situation) throws {
        if usesGroups { try queueMembers(of: recordRow) }
        try execute(
            "UPDATE directoryRecord SET decidedVersion = ?, situation = ? WHERE row = ? AND organization = ?",
            [version, situation.rawValue, recordRow, organization])
        try closeQueue(recordRow, version)
        guard hasQuarantine, !situation.isQuarantined else { return }
        try execute(
            "DELETE FROM quarantine WHERE organization = ? AND connection = ? AND recordRow = ?",
            [organization, connection, recordRow])
    }

    /// Queues a record again whose row went stale: the drain decides it on what is there now.
    package func requeue(_ row: PlanRow) throws {
        guard let recordID = row.subject.recordID else { return }
        try execute(
            """
            INSERT OR IGNORE INTO queueEntry (organization, connection, recordRow, version, enqueuedAt)
            SELECT organization, connection, row, version, ? FROM directoryRecord WHERE organization = ? AND id = ?
            """, [now.milliseconds, organization, recordID])
        try execute(
            "UPDATE directoryRecord SET hash = NULL WHERE organization = ? AND id = ?", [organization, recordID])
    }
}
