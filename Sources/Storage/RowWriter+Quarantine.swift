import GRDB
import JSONBytes
import Reconciliation

extension RowWriter {
    /// Keeps a quarantined record with its reason; a record that was there before keeps its first day.
    ///
    /// - Parameters:
    ///   - sourceDigest: of the files that the record stands in; `nil` for a push.
    ///   - nextAttempt: for a failure that may pass by itself.
    package func quarantine(
        _ entry: Quarantined, sourceDigest: String? = nil, nextAttempt: Instant? = nil
    ) throws {
        let subject =
            entry.anchor?.value ?? entry.name ?? entry.place.map { "\($0.file)@\($0.bytes.lowerBound)" } ?? "?"
        try execute(
            """
            INSERT INTO quarantine (organization, connection, kind, subject, recordID, name, anchor, situation, code, detail,
                cure, version, place, firstSeen, lastSeen, recordRow, nextAttempt, attributes, sourceDigest, attempts)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                (SELECT row FROM directoryRecord WHERE organization = ? AND id = ?), ?, ?, ?, 1)
            ON CONFLICT DO UPDATE SET recordID = excluded.recordID, name = excluded.name, situation = excluded.situation,
                code = excluded.code, detail = excluded.detail, cure = excluded.cure, version = excluded.version,
                place = excluded.place, lastSeen = excluded.lastSeen, recordRow = excluded.recordRow,
                nextAttempt = excluded.nextAttempt, attributes = excluded.attributes,
                sourceDigest = excluded.sourceDigest, attempts = attempts + 1
            """,
            [
                organization, connection, entry.kind.rawValue, subject, entry.recordID, entry.name, entry.anchor?.value,
                entry.situation.rawValue, entry.finding.code, entry.finding.detail, entry.finding.cure, entry.version,
                entry.place?.json.text, now.milliseconds, now.milliseconds, organization, entry.recordID,
                nextAttempt?.milliseconds, entry.attributes.map { JSONValue.object($0).text }, sourceDigest,
            ])
    }

    func clearQuarantine(_ row: PlanRow) throws {
        try execute(
            "DELETE FROM quarantine WHERE organization = ? AND connection = ? AND kind = ? AND subject = ?",
            [organization, connection, row.subject.kind.rawValue, row.subject.anchor?.value ?? row.subject.name])
    }
}
