import GRDB
import JSONBytes
import Reconciliation

/// The plan while it is being made: its rows, and whom it makes, in temporary tables that vanish with the connection.
package struct PlanWorkspace {
    let db: Database

    init(_ db: Database) throws {
        self.db = db
        try db.execute(
            sql: """
                PRAGMA temp.cache_size = -8192;
                DROP TABLE IF EXISTS temp.plannedRow;
                DROP TABLE IF EXISTS temp.newRecord;
                DROP TABLE IF EXISTS temp.plannedAccount;
                DROP TABLE IF EXISTS temp.stagedMember;
                CREATE TEMP TABLE plannedRow (
                    ordinal INTEGER PRIMARY KEY, phase INTEGER NOT NULL, sortKey TEXT NOT NULL, line TEXT NOT NULL);
                CREATE TEMP TABLE newRecord (reference TEXT PRIMARY KEY, subject TEXT NOT NULL) WITHOUT ROWID;
                CREATE TEMP TABLE plannedAccount (record TEXT PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID;
                CREATE TEMP TABLE stagedMember (position INTEGER PRIMARY KEY, key TEXT NOT NULL);
                """)
    }

    /// Ends the planning's transaction. Nothing was written, so there is nothing that a failure could lose.
    static func endTransaction(_ db: Database) {
        if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
    }

    // MARK: Rows

    /// Adds a row, or writes it again.
    package func put(_ row: PlanRow, ordinal: Int) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO temp.plannedRow (ordinal, phase, sortKey, line) VALUES (?, ?, ?, ?)")
        try statement.execute(
            arguments: [ordinal, row.phase.rawValue, Self.sortKey(row), JSONValue.object(row.json).text])
    }

    /// Rows of one phase come in an order that does not depend on the order of the source.
    private static func sortKey(_ row: PlanRow) -> String {
        let member = row.member.map { "\u{1}" + $0.name } ?? ""
        return row.subject.kind.rawValue + "\u{1}" + row.subject.name + "\u{1}" + (row.subject.anchor?.value ?? "")
            + member
    }

    package func row(ordinal: Int) throws -> PlanRow? {
        let statement = try db.cachedStatement(sql: "SELECT line FROM temp.plannedRow WHERE ordinal = ?")
        return try String.fetchOne(statement, arguments: [ordinal]).map(Self.decode)
    }

    package func removeRow(ordinal: Int) throws {
        let statement = try db.cachedStatement(sql: "DELETE FROM temp.plannedRow WHERE ordinal = ?")
        try statement.execute(arguments: [ordinal])
    }

    /// All rows in the order in which they are applied.
    package func forEachRow(_ body: (PlanRow) throws -> Void) throws {
        let lines = try String.fetchCursor(db, sql: "SELECT line FROM temp.plannedRow ORDER BY phase, sortKey, ordinal")
        while let line = try lines.next() { try body(Self.decode(line)) }
    }

    private static func decode(_ line: String) throws -> PlanRow {
        guard let object = try JSONValue(parsing: Array(line.utf8)).object else {
            preconditionFailure("a row of the workspace is no object")
        }
        return try PlanRow(json: object)
    }

    // MARK: New records and accounts

    /// Remembers how the source calls a record that the directory does not know yet, or by another name.
    package func addNewRecord(reference: String, subject: Subject) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO temp.newRecord (reference, subject) VALUES (?, ?)")
        try statement.execute(arguments: [reference, subject.json.text])
    }

    package func removeNewRecord(reference: String) throws {
        let statement = try db.cachedStatement(sql: "DELETE FROM temp.newRecord WHERE reference = ?")
        try statement.execute(arguments: [reference])
    }

    package func newRecord(reference: String) throws -> Subject? {
        let statement = try db.cachedStatement(sql: "SELECT subject FROM temp.newRecord WHERE reference = ?")
        return try String.fetchOne(statement, arguments: [reference]).map { text in
            try Subject(json: try JSONValue(parsing: Array(text.utf8)))
        }
    }

    /// References of the new records.
    package func newReferences() throws -> [String] {
        try String.fetchAll(db, sql: "SELECT reference FROM temp.newRecord ORDER BY reference")
    }

    /// Remembers that the plan gives this record an account.
    package func addPlannedAccount(recordID: String, accountID: String) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO temp.plannedAccount (record, account) VALUES (?, ?)")
        try statement.execute(arguments: [recordID, accountID])
    }

    package func removePlannedAccount(recordID: String) throws {
        let statement = try db.cachedStatement(sql: "DELETE FROM temp.plannedAccount WHERE record = ?")
        try statement.execute(arguments: [recordID])
    }

    package func plannedAccount(recordID: String) throws -> String? {
        let statement = try db.cachedStatement(sql: "SELECT account FROM temp.plannedAccount WHERE record = ?")
        return try String.fetchOne(statement, arguments: [recordID])
    }

    /// Records that get an account in this plan.
    package func plannedAccounts() throws -> [String] {
        try String.fetchAll(db, sql: "SELECT record FROM temp.plannedAccount ORDER BY record")
    }

    // MARK: Members

    /// Stages one member key; keys of one group are added one after the other.
    ///
    /// - Returns: the key's position.
    @discardableResult
    package func stageMember(key: String) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "INSERT INTO temp.stagedMember (key) VALUES (?)")
        try statement.execute(arguments: [key])
        return db.lastInsertedRowID
    }

    package func stagedMembers(_ positions: Range<Int64>) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: "SELECT key FROM temp.stagedMember WHERE position >= ? AND position < ? ORDER BY position")
        return try String.fetchAll(statement, arguments: [positions.lowerBound, positions.upperBound])
    }
}
