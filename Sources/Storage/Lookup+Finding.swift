import GRDB
import Reconciliation
import SCIM

extension Lookup {
    /// The records of the connection that a person at the keyboard can mean: by record id, account id, anchor, or name; the
    /// first of these that anything is called by decides. At most ten.
    package func subjects(called who: String) throws -> [StoredSubject] {
        let key = KeyFolding.fold(who)
        for (condition, value) in [
            ("d.id = ?", who), ("a.id = ?", who), ("d.anchor = ?", who), ("d.nameKey = ? AND d.kind = 'user'", key),
            ("d.nameKey = ? AND d.kind = 'group'", key),
        ] {
            let rows = try Int64.fetchAll(
                db,
                sql: """
                    SELECT d.row FROM directoryRecord d
                    LEFT JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
                    LEFT JOIN account a ON a.organization = l.organization AND a.row = l.accountRow
                    WHERE d.organization = ? AND d.connection = ? AND \(condition) ORDER BY d.present DESC, d.row LIMIT 10
                    """, arguments: [organization, connection, value])
            if !rows.isEmpty { return try rows.compactMap(subject(row:)) }
        }
        return []
    }

    /// Who said last what the directory has about a record, as a phrase.
    package func author(ofRecord id: String) throws -> String {
        try ChangeAuthor(db: db, organization: organization).ofRecord(id)
    }

    /// The record's entry in the quarantine: reason code, what is wrong, and the cure.
    package func quarantine(ofRecord record: DirectoryRecord) throws -> Quarantined? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT situation, code, detail, cure, version FROM quarantine
                WHERE organization = ? AND connection = ? AND kind = ? AND (recordID = ? OR subject = ?) LIMIT 1
                """,
            arguments: [
                organization, connection, record.kind.rawValue, record.id, record.anchor?.value ?? record.name,
            ])
        guard let row, let situation = Situation(rawValue: row[0]) else { return nil }
        return Quarantined(
            kind: record.kind, anchor: record.anchor, name: record.name, situation: situation,
            finding: Finding(code: row[1], detail: row[2], cure: row[3]), place: nil, recordID: record.id,
            version: row[4])
    }
}
