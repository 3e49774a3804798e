import GRDB
import JSONBytes
import Reconciliation

/// Finds out who changed an account or a record last: a run, the drain, an administrator's command, a push, or somebody
/// who wrote into the database without us.
///
/// A value of this type must not outlive the closure that it was given to.
struct ChangeAuthor {
    let db: Database
    let organization: Int64

    /// Who wrote the account's present version, as a phrase: `run 12 (nightly) at 2026-01-14T01:00:00Z`.
    ///
    /// - Parameter version: the present version; `nil` where the account is gone.
    func ofAccount(_ id: String, version: Int64?) throws -> String {
        let entry = try lastEntry(of: id)
        guard let version else {
            guard let entry, entry.isDeletion else { return "removed by something other than Rollcall" }
            return "removed by \(entry.text)"
        }
        if let command = try command(id, version: version) { return command }
        if let entry, entry.version == version { return "changed by \(entry.text)" }
        return "changed by something other than Rollcall (drift)"
    }

    private struct Entry {
        var text: String
        var version: Int64?
        var isDeletion: Bool
    }

    private func lastEntry(of id: String) throws -> Entry? {
        // The condition on the class is that of the partial index, word for word.
        let statement = try db.cachedStatement(
            sql: """
                SELECT j.run, r.job, r.kind, j.at, j.class, json_extract(j.change, '$.version')
                FROM journal j JOIN run r ON r.run = j.run
                WHERE j.organization = ? AND j.account = ? AND j.class NOT IN ('memberAdd', 'memberRemove')
                ORDER BY j.at DESC, j.run DESC, j.sequence DESC LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [organization, id]) else { return nil }
        return Entry(
            text: Self.text(run: row[0], job: row[1], kind: row[2], at: Instant(milliseconds: row[3])),
            version: row[5], isDeletion: row[4] == ChangeClass.delete.rawValue)
    }

    private static func text(run: Int64, job: String, kind: String, at: Instant) -> String {
        kind == "drain" ? "a push, drained at \(at.text) (run \(run))" : "run \(run) (\(job)) at \(at.text)"
    }

    private func command(_ id: String, version: Int64) throws -> String? {
        let statement = try db.cachedStatement(
            sql: "SELECT command, at FROM accountCommand WHERE organization = ? AND account = ? AND version = ?")
        return try Row.fetchOne(statement, arguments: [organization, id, version]).map { row in
            "changed by an administrator ('accounts \(row[0] as String)') at \(Instant(milliseconds: row[1]).text)"
        }
    }

    /// Who said last what the directory has about a record.
    func ofRecord(_ id: String) throws -> String {
        let statement = try db.cachedStatement(
            sql: "SELECT origin, pushedAt, changedAt, connection FROM directoryRecord WHERE organization = ? AND id = ?"
        )
        guard let row = try Row.fetchOne(statement, arguments: [organization, id]) else { return "gone" }
        let changedAt = Instant(milliseconds: row[2])
        if row[0] == "push", let pushedAt = Instant(column: row[1]) { return "changed by a push at \(pushedAt.text)" }
        let run = try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT run, job, kind FROM run WHERE organization = ? AND connection = ? AND kind <> 'drain'
                        AND startedAt <= ? ORDER BY run DESC LIMIT 1
                    """), arguments: [organization, row[3] as Int64, changedAt.milliseconds])
        guard let run else { return "changed at \(changedAt.text)" }
        return "changed by " + Self.text(run: run[0], job: run[1], kind: run[2], at: changedAt)
    }
}
