import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// The table `recordKey`: by which values, beyond the columns, a record is found through an index. Users have a key for each
/// e-mail address and for the display name; groups are found by columns.
///
/// A key is a hash, so that an entry takes some 20 bytes instead of the text: who looks up a key still checks the record. A key too
/// many costs a look, a key too few would lose a record.
enum RecordKeys {
    enum Attribute: String { case email = "emails.value", displayName }

    /// FNV-1a over the attribute and the folded value: stable for ever, because keys are stored. A client that makes its own
    /// values collide makes its own look-ups slower.
    static func key(_ attribute: Attribute, _ value: String) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        for byte in attribute.rawValue.utf8 { add(byte) }
        add(0)
        for byte in KeyFolding.fold(value).utf8 { add(byte) }
        return Int64(bitPattern: hash)
    }

    static func keys(kind: Kind, _ attributes: Attributes) -> Set<Int64> {
        guard kind == .user else { return [] }
        var keys: Set<Int64> = []
        for slot in attributes.slots {
            if slot.path == "displayName", let name = slot.value.string { keys.insert(key(.displayName, name)) }
            guard slot.path == "emails" || slot.path.hasPrefix("emails[") else { continue }
            for value in slot.value.array ?? [slot.value] {
                guard let address = value.string ?? value.object?["value"]?.string else { continue }
                keys.insert(key(.email, address))
            }
        }
        return keys
    }

    /// Writes the keys of a new row.
    static func insert(_ keys: Set<Int64>, organization: Int64, row: Int64, in db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT INTO recordKey (organization, row, key) VALUES (?, ?, ?)")
        for key in keys { try statement.execute(arguments: [organization, row, key]) }
    }

    /// Writes the keys of a row that changed: most changes leave them, and cost one look.
    static func replace(with keys: Set<Int64>, row: Int64, in db: Database) throws {
        let reading = try db.cachedStatement(
            sql: """
                SELECT r.organization, k.key FROM directoryRecord r
                LEFT JOIN recordKey k ON k.organization = r.organization AND k.row = r.row WHERE r.row = ?
                """)
        let found = try Row.fetchAll(reading, arguments: [row])
        guard let organization: Int64 = found.first?[0] else { return }
        let old = Set(found.compactMap { $0[1] as Int64? })
        if old == keys { return }
        let deletion = try db.cachedStatement(
            sql: "DELETE FROM recordKey WHERE organization = ? AND row = ? AND key = ?")
        for key in old.subtracting(keys) { try deletion.execute(arguments: [organization, row, key]) }
        try insert(keys.subtracting(old), organization: organization, row: row, in: db)
    }

    /// Writes the keys of all records, for a database from before the table.
    static func fill(_ db: Database) throws {
        let cursor = try Row.fetchCursor(
            db,
            sql:
                "SELECT organization, row, id, document FROM directoryRecord WHERE kind = 'user' ORDER BY organization, row"
        )
        while let row = try cursor.next() {
            guard let object = try? JSONValue(parsing: row[3] as String).object else {
                throw StorageError.damagedRow("document of directory record \(row[2] as String)")
            }
            try insert(
                keys(kind: .user, Attributes(json: object)), organization: row[0], row: row[1], in: db)
        }
    }
}
