import GRDB
import JSONBytes
import Reconciliation
import SCIM

// The one place that turns table rows into records and accounts and back. Columns are read by their position in `columns`;
// statements are cached by their text, so all callers share them.

/// What a run keeps beside a record to find its way back to it: nothing here is said by the source.
struct RecordBookkeeping {
    /// The hash of the raw element that the record was read from; `nil` after a push, so that the next snapshot looks again.
    var hash: String?
    /// The next instant at which time alone changes the record's outcome.
    var dueAt: Instant?
    /// Where the record stood in its export, as JSON text.
    var place: String?

    /// What a push leaves: everything has to be looked at again.
    static let none = RecordBookkeeping()
}

extension DirectoryRecord {
    /// The columns that ``init(row:at:)`` reads, in its order; the row number comes first.
    static let columns = columns(of: "directoryRecord")

    /// ``columns`` of a table under another name in a join.
    static func columns(of table: String) -> String {
        columnNames.map { table + "." + $0 }.joined(separator: ", ")
    }

    /// How many columns ``columns`` has: what follows them in a select begins there.
    static let columnCount = columnNames.count

    private static let columnNames = [
        "row", "id", "kind", "anchor", "reference", "name", "active", "document", "cleared", "refs", "source",
        "version",
        "decidedVersion", "origin", "pushedAt", "missingSince", "deletedAt", "sightings", "lastSighting", "leftAt",
        "createdAt", "changedAt",
    ]

    /// Reads a row selected as ``columns``, whose first is at `start`.
    ///
    /// - Throws: ``StorageError`` `.notADatabase` for a row that this program cannot have written.
    init(row: Row, at start: Int = 0) throws {
        let id: String = row[start + 1]
        guard let kind = Kind(rawValue: row[start + 2]), let origin = Origin(rawValue: row[start + 13]) else {
            throw StorageError.damagedRow("directory record \(id)")
        }
        self.init(
            id: id, kind: kind, anchor: (row[start + 3] as String?).map(Anchor.init), reference: row[start + 4],
            name: row[start + 5], active: row[start + 6],
            attributes: Attributes(json: try Self.object(row[start + 7], of: id)),
            cleared: try Self.texts(row[start + 8], of: id), references: try Self.references(row[start + 9], of: id),
            source: try (row[start + 10] as String?).map { try Self.object($0, of: id) } ?? JSONObject(),
            version: row[start + 11], decidedVersion: row[start + 12], origin: origin,
            pushedAt: Instant(column: row[start + 14]), missingSince: Instant(column: row[start + 15]),
            deletedAt: Instant(column: row[start + 16]))
        absence = Absence(
            sightings: row[start + 17], lastSighting: Instant(column: row[start + 18]),
            leftAt: Instant(column: row[start + 19]))
    }

    private static func object(_ text: String, of id: String) throws -> JSONObject {
        guard let object = try? JSONValue(parsing: text).object else {
            throw StorageError.damagedRow("document of directory record \(id)")
        }
        return object
    }

    private static func array(_ text: String?, of id: String) throws -> [JSONValue] {
        guard let text else { return [] }
        guard let array = try? JSONValue(parsing: text).array else {
            throw StorageError.damagedRow("list of directory record \(id)")
        }
        return array
    }

    private static func texts(_ text: String?, of id: String) throws -> [String] {
        try array(text, of: id).compactMap(\.string)
    }

    private static func references(_ text: String?, of id: String) throws -> [RecordReference] {
        try array(text, of: id).map { value in
            do { return try RecordReference(json: value) } catch {
                throw StorageError.damagedRow("reference of directory record \(id)")
            }
        }
    }
}

extension DirectoryRecord {
    /// Whether the record holds its name: neither deleted nor missing from complete snapshots.
    var isPresent: Bool { deletedAt == nil && missingSince == nil }

    /// The key under which the name is unique and found.
    var nameKey: String { KeyFolding.fold(name) }

    /// Inserts the record as a new row.
    ///
    /// - Returns: the row's number.
    /// - Throws: `DatabaseError` where the name or the anchor is taken.
    @discardableResult
    func insert(
        into db: Database, organization: Int64, connection: Int64, now: Instant, bookkeeping: RecordBookkeeping = .none
    ) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO directoryRecord (anchor, reference, name, nameKey, present, active, document, cleared, refs,
                    source, version, decidedVersion, origin, pushedAt, missingSince, deletedAt, sightings, lastSighting,
                    leftAt, hash, dueAt, place, changedAt, organization, connection, id, kind, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(
            arguments: columnValues(bookkeeping, now) + [organization, connection, id, kind.rawValue, now.milliseconds])
        let row = db.lastInsertedRowID
        try RecordKeys.insert(RecordKeys.keys(kind: kind, attributes), organization: organization, row: row, in: db)
        return row
    }

    /// Writes the record over the row; its id, kind and creation stay.
    ///
    /// - Throws: `DatabaseError` where the name or the anchor is taken by another row.
    func update(row: Int64, in db: Database, now: Instant, bookkeeping: RecordBookkeeping = .none) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE directoryRecord SET anchor = ?, reference = ?, name = ?, nameKey = ?, present = ?, active = ?,
                    document = ?, cleared = ?, refs = ?, source = ?, version = ?, decidedVersion = ?, origin = ?,
                    pushedAt = ?, missingSince = ?, deletedAt = ?, sightings = ?, lastSighting = ?, leftAt = ?, hash = ?, dueAt = ?, place = ?, changedAt = ?
                WHERE row = ?
                """)
        try statement.execute(arguments: columnValues(bookkeeping, now) + [row])
        precondition(db.changesCount == 1, "a record was written over a row that does not exist")
        if kind == .user { try RecordKeys.replace(with: RecordKeys.keys(kind: kind, attributes), row: row, in: db) }
    }

    private func columnValues(_ bookkeeping: RecordBookkeeping, _ now: Instant) -> StatementArguments {
        [
            anchor?.value, reference, name, nameKey, isPresent, active, attributes.json.text,
            cleared.isEmpty ? nil : JSONValue.array(cleared.map(JSONValue.string)).text,
            references.isEmpty ? nil : JSONValue.array(references.map(\.json)).text,
            source.isEmpty ? nil : JSONValue.object(source).text, version, decidedVersion, origin.rawValue,
            pushedAt?.milliseconds, missingSince?.milliseconds, deletedAt?.milliseconds, absence.sightings,
            absence.lastSighting?.milliseconds, absence.leftAt?.milliseconds, bookkeeping.hash,
            bookkeeping.dueAt?.milliseconds, bookkeeping.place, now.milliseconds,
        ]
    }
}

extension Account {
    /// The columns that ``init(row:at:)`` reads, in its order; the row number comes first.
    static let columns = columns(of: "account")

    /// ``columns`` of a table under another name in a join.
    static func columns(of table: String) -> String {
        columnNames.map { table + "." + $0 }.joined(separator: ", ")
    }

    /// How many columns ``columns`` has: what follows them in a select begins there.
    static let columnCount = columnNames.count

    private static let columnNames = [
        "row", "id", "kind", "name", "externalId", "active", "disabledBy", "protected", "document", "version",
        "createdAt",
        "changedAt",
    ]

    /// Reads a row selected as ``columns``, whose first is at `start`. The application may have written it by SQL: where the
    /// column `name` and the document disagree, the column wins.
    ///
    /// - Throws: ``StorageError`` `.notADatabase` for a document that is no JSON object.
    init(row: Row, at start: Int = 0) throws {
        let id: String = row[start + 1]
        let disabledBy: String? = row[start + 6]
        let text: String = row[start + 8]
        guard let kind = Kind(rawValue: row[start + 2]), let object = try? JSONValue(parsing: text).object else {
            throw StorageError.damagedRow("document of account \(id)")
        }
        let name: String = row[start + 3]
        var attributes = Attributes(json: object)
        if attributes[kind.nameSlot] != .string(name) { attributes[kind.nameSlot] = .string(name) }
        self.init(
            id: id, kind: kind, name: name, externalId: row[start + 4], active: row[start + 5],
            disabledBy: disabledBy.flatMap(DisabledBy.init), protected: row[start + 7], attributes: attributes,
            version: row[start + 9])
    }

    /// Inserts the account as a new row.
    ///
    /// - Returns: the row's number.
    /// - Throws: `DatabaseError` where a live account has the name.
    @discardableResult
    func insert(into db: Database, organization: Int64, now: Instant) throws -> Int64 {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO account (name, nameKey, externalId, active, disabledBy, protected, document, version, changedAt,
                    organization, id, kind, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: columnValues(now) + [organization, id, kind.rawValue, now.milliseconds])
        return db.lastInsertedRowID
    }

    /// Writes the account over the row; its id, kind and creation stay. ``version`` is the new version: where it does not
    /// rise, the table's trigger raises it.
    ///
    /// - Throws: `DatabaseError` where a live account has the name.
    func update(row: Int64, in db: Database, now: Instant) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE account SET name = ?, nameKey = ?, externalId = ?, active = ?, disabledBy = ?, protected = ?,
                    document = ?, version = ?, changedAt = ?
                WHERE row = ?
                """)
        try statement.execute(arguments: columnValues(now) + [row])
        precondition(db.changesCount == 1, "an account was written over a row that does not exist")
    }

    private func columnValues(_ now: Instant) -> StatementArguments {
        [
            name, KeyFolding.fold(name), externalId, active, disabledBy?.rawValue, protected, attributes.json.text,
            version,
            now.milliseconds,
        ]
    }
}

extension Kind {
    /// The slot that holds the name: `userName` of a user, `displayName` of a group.
    var nameSlot: String { self == .user ? "userName" : "displayName" }
}

extension Instant {
    /// A column of milliseconds; `nil` for NULL.
    init?(column: Int64?) {
        guard let column else { return nil }
        self.init(milliseconds: column)
    }
}

extension StorageError {
    /// A row that this program cannot have written.
    static func damagedRow(_ what: String) -> StorageError {
        StorageError(
            code: .notADatabase,
            detail: "the database is damaged: the \(what) cannot be read; restore the file from a backup")
    }
}
