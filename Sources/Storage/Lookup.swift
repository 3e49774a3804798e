import GRDB
import JSONBytes
import Reconciliation

/// A directory record with everything that hangs on it.
package struct StoredSubject: Sendable {
    package var row: Int64
    package var record: DirectoryRecord
    /// The hash of the element that a snapshot last read it from; `nil` where the next one must look again.
    package var hash: String?
    package var dueAt: Instant?
    /// What the last decision found.
    package var situation: Situation?
    package var link: Link?
    /// The linked account, while it exists.
    package var account: Account?

    package struct Link: Sendable, Equatable {
        package var accountRow: Int64
        /// The account's version after the last decision.
        package var accountVersion: Int64
    }
}

/// Whom a reference or a member names.
package struct ReferenceHit: Sendable {
    package var row: Int64
    package var recordID: String
    package var kind: Kind
    package var anchor: Anchor?
    package var name: String
    package var displayName: String?
    package var accountID: String?
    package var accountRow: Int64?

    package var subject: Subject {
        Subject(
            kind: kind, anchor: anchor, name: name, displayName: displayName, recordID: recordID, accountID: accountID)
    }
}

/// Questions about one connection's directory and its organization's accounts, asked inside one transaction.
///
/// Each is answered by an index. The kind stands in the text of a hot statement, not in a parameter: as one, SQLite compares
/// its value with the conditions of the partial indexes and compiles the cached statement anew at every use.
///
/// A value of this type must not outlive the closure that it was given to.
package struct Lookup {
    let db: Database
    package let organization: Int64
    package let connection: Int64

    /// No organization or connection: every question has the empty answer.
    package static let nowhere: Int64 = -1

    init(db: Database, organization: Int64, connection: Int64) {
        self.db = db
        self.organization = organization
        self.connection = connection
    }
}

// MARK: - Records

extension Lookup {
    private static let subjectSelect = """
        SELECT \(DirectoryRecord.columns(of: "d")), d.hash, d.dueAt, d.situation, l.accountRow, l.accountVersion,
            \(Account.columns(of: "a"))
        FROM directoryRecord d
        LEFT JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
        LEFT JOIN account a ON a.row = l.accountRow AND a.organization = l.organization

        """

    private static func subject(_ row: Row) throws -> StoredSubject {
        let next = DirectoryRecord.columnCount
        var link: StoredSubject.Link?
        if let accountRow: Int64 = row[next + 3] {
            link = StoredSubject.Link(accountRow: accountRow, accountVersion: row[next + 4])
        }
        let hasAccount = (row[next + 5] as Int64?) != nil
        return StoredSubject(
            row: row[0], record: try DirectoryRecord(row: row), hash: row[next], dueAt: Instant(column: row[next + 1]),
            situation: (row[next + 2] as String?).flatMap(Situation.init), link: link,
            account: hasAccount ? try Account(row: row, at: next + 5) : nil)
    }

    /// The kind stands in the text of these queries, not among their arguments: a parameter that a partial index names
    /// (`WHERE kind = 'user'`) makes SQLite compile the statement anew for every binding, 3 ms a person in a debug build.
    private func subjects(_ condition: String, _ arguments: StatementArguments) throws -> [StoredSubject] {
        let statement = try db.cachedStatement(sql: Self.subjectSelect + condition)
        return try Row.fetchAll(statement, arguments: arguments).map(Self.subject)
    }

    /// The record of this connection with this anchor.
    package func subject(kind: Kind, anchor: Anchor) throws -> StoredSubject? {
        try subjects(
            "WHERE d.organization = ? AND d.connection = ? AND d.kind = '\(kind.rawValue)' AND d.anchor = ?",
            [organization, connection, anchor.value]
        ).first
    }

    /// The one record of this connection without an anchor that has this name; `nil` where there is none or several.
    package func subject(kind: Kind, anchorlessNameKey key: String) throws -> StoredSubject? {
        let found = try subjects(
            """
            WHERE d.organization = ? AND d.connection = ? AND d.nameKey = ? AND d.kind = '\(kind.rawValue)'
                AND d.anchor IS NULL LIMIT 2
            """, [organization, connection, key])
        return found.count == 1 ? found[0] : nil
    }

    package func subject(row: Int64) throws -> StoredSubject? {
        try subjects("WHERE d.row = ? AND d.organization = ?", [row, organization]).first
    }

    package func subject(recordID: String) throws -> StoredSubject? {
        try subjects(
            "WHERE d.organization = ? AND d.id = ? AND d.connection = ?", [organization, recordID, connection]
        )
        .first
    }

    /// The present person of this connection who holds the name: row and record id.
    package func holder(ofNameKey key: String) throws -> (row: Int64, recordID: String)? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT row, id FROM directoryRecord
                WHERE organization = ? AND connection = ? AND nameKey = ? AND kind = 'user' AND present = 1
                """)
        return try Row.fetchOne(statement, arguments: [organization, connection, key]).map { ($0[0], $0[1]) }
    }

    /// Rows of records that a whole snapshot has to answer for: present ones, and those who are gone and still have something
    /// to lose.
    ///
    /// - Parameter deletes: whether accounts of those who are gone are deleted one day; else a disabled one has nothing to lose.
    package func answerableRows(kind: Kind, deletes: Bool) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT d.row FROM directoryRecord d
                LEFT JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
                LEFT JOIN account a ON a.row = l.accountRow AND a.organization = l.organization
                WHERE d.organization = ? AND d.connection = ? AND d.kind = ?
                    AND (d.present = 1 OR a.active = 1 OR (? AND a.row IS NOT NULL))
                ORDER BY d.row
                """)
        return try Int64.fetchAll(statement, arguments: [organization, connection, kind.rawValue, deletes])
    }

    /// Whether a run of the connection stopped between two batches and no other has begun since: what it stored may be undone
    /// in part, so nothing may be skipped.
    package func hasUnfinishedRun() throws -> Bool {
        try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM run
                    WHERE organization = ? AND connection = ? AND state = 'running' AND kind != 'drain')
                """, arguments: [organization, connection]) ?? false
    }

    /// What an unchanged element needs to be recognised: hash in hexadecimal, row and last situation of every record whose
    /// outcome cannot have changed as long as its element, the rules, the hour and the account are the same.
    package func forEachSkippable(
        asOf: Instant,
        _ body: (_ hash: String, _ row: Int64, _ reference: String?, _ kind: Kind, _ situation: Situation) -> Void
    ) throws {
        // Whoever is held after an undo is looked at each time, and named. A database that is older than the table holds nobody.
        let isFree =
            try db.tableExists("undoHold")
            ? "AND NOT EXISTS (SELECT 1 FROM undoHold u WHERE u.organization = d.organization AND u.recordRow = d.row)"
            : ""
        let statement = try db.cachedStatement(
            sql: """
                SELECT d.hash, d.row, d.situation, d.kind, d.reference FROM directoryRecord d
                LEFT JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
                LEFT JOIN account a ON a.row = l.accountRow AND a.organization = l.organization
                WHERE d.organization = ? AND d.connection = ? AND d.hash IS NOT NULL AND d.present = 1
                    AND (d.dueAt IS NULL OR d.dueAt > ?) AND d.version = d.decidedVersion
                    AND (l.accountRow IS NULL OR a.version = l.accountVersion)
                    AND (d.kind = 'user' OR NOT EXISTS (
                        SELECT 1 FROM touchedGroup t WHERE t.organization = d.organization AND t.groupRow = l.accountRow))
                    \(isFree)
                """)
        let rows = try Row.fetchCursor(statement, arguments: [organization, connection, asOf.milliseconds])
        while let row = try rows.next() {
            guard let situation = Situation(rawValue: row[2]), let kind = Kind(rawValue: row[3]) else { continue }
            body(row[0], row[1], row[4], kind, situation)
        }
    }

    /// The highest record row there is, for a bitmap over rows.
    package func highestRow() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(row) FROM directoryRecord") ?? 0
    }
}

// MARK: - Accounts

extension Lookup {
    private static let candidateSelect = """
        SELECT \(Account.columns(of: "a")), c.name, d.id FROM account a
        LEFT JOIN link l ON l.organization = a.organization AND l.accountRow = a.row
        LEFT JOIN connection c ON c.organization = l.organization AND c.connection = l.connection
        LEFT JOIN directoryRecord d ON d.row = l.recordRow AND d.organization = l.organization

        """

    private func candidates(_ rule: String, _ condition: String, _ arguments: StatementArguments) throws -> [Candidate]
    {
        let statement = try db.cachedStatement(sql: Self.candidateSelect + condition)
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            let next = Account.columnCount
            let owner = (row[next] as String?).map { Candidate.Owner(connection: $0, recordID: row[next + 1] ?? "") }
            return Candidate(account: try Account(row: row), owner: owner, rule: rule)
        }
    }

    /// Accounts of the organization with this externalId.
    package func accounts(kind: Kind, externalId: String) throws -> [Candidate] {
        try candidates(
            "externalId", "WHERE a.organization = ? AND a.kind = '\(kind.rawValue)' AND a.externalId = ? LIMIT 10",
            [organization, externalId])
    }

    /// Live accounts of the organization with this name: at most one person, any number of groups.
    package func liveAccounts(kind: Kind, nameKey: String) throws -> [Candidate] {
        try candidates(
            kind == .user ? "userName" : "displayName",
            kind == .user
                ? """
                WHERE a.organization = ? AND a.nameKey = ? AND a.kind = 'user'
                    AND (a.active = 1 OR a.disabledBy = 'administrator') LIMIT 10
                """
                : """
                WHERE a.organization = ? AND a.nameKey = ? AND a.kind = 'group'
                    AND (a.active = 1 OR a.disabledBy = 'administrator') LIMIT 10
                """, [organization, nameKey])
    }

    /// The live account in this row.
    package func liveAccount(row: Int64) throws -> Candidate? {
        try candidates(
            "row", "WHERE a.organization = ? AND a.row = ? AND (a.active = 1 OR a.disabledBy = 'administrator')",
            [organization, row]
        ).first
    }

    /// An account as the value of a reference: the name by which a reader knows it (its displayName, else its name), and whom
    /// it stands for whatever its generated id.
    package func reference(accountID: String) throws -> ResolvedReference? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(Account.columns) FROM account WHERE organization = ? AND id = ?")
        guard let row = try Row.fetchOne(statement, arguments: [organization, accountID]) else { return nil }
        let account = try Account(row: row)
        return ResolvedReference(
            accountID: accountID, label: account.attributes["displayName"]?.string ?? account.name,
            identity: account.externalId.map { "anchor:" + $0 } ?? "name:" + account.name)
    }
}

// MARK: - References and members

extension Lookup {
    private static let hitSelect = """
        SELECT d.row, d.id, d.kind, d.anchor, d.name, CAST(json_extract(d.document, '$.displayName') AS TEXT), a.id, a.row
        FROM directoryRecord d
        LEFT JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
        LEFT JOIN account a ON a.row = l.accountRow AND a.organization = l.organization

        """

    private static func hit(_ row: Row) -> ReferenceHit? {
        guard let kind = Kind(rawValue: row[2]) else { return nil }
        return ReferenceHit(
            row: row[0], recordID: row[1], kind: kind, anchor: (row[3] as String?).map(Anchor.init), name: row[4],
            displayName: kind == .user ? row[5] : nil, accountID: row[6], accountRow: row[7])
    }

    private func hits(_ condition: String, _ arguments: StatementArguments) throws -> [ReferenceHit] {
        let statement = try db.cachedStatement(sql: Self.hitSelect + condition)
        return try Row.fetchAll(statement, arguments: arguments).compactMap(Self.hit)
    }

    /// The record of this connection that the source calls by this key.
    package func hit(reference: String) throws -> ReferenceHit? {
        try hits(
            "WHERE d.organization = ? AND d.connection = ? AND d.reference = ? LIMIT 1",
            [organization, connection, reference]
        ).first
    }

    package func hit(recordID: String) throws -> ReferenceHit? {
        try hits(
            "WHERE d.organization = ? AND d.id = ? AND d.connection = ?", [organization, recordID, connection]
        ).first
    }

    package func hit(row: Int64) throws -> ReferenceHit? {
        try hits("WHERE d.row = ? AND d.organization = ?", [row, organization]).first
    }

    package struct MemberRow: Sendable {
        package var row: Int64
        package var removed: Bool
        package var version: Int64
        package var pushedAt: Instant?
    }

    /// The directory's member rows of a group, those that a push removed included.
    package func members(groupRow: Int64) throws -> [MemberRow] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT memberRow, removed, version, pushedAt FROM directoryMember WHERE organization = ? AND groupRow = ?
                """)
        return try Row.fetchAll(statement, arguments: [organization, groupRow]).map {
            MemberRow(row: $0[0], removed: $0[1], version: $0[2], pushedAt: Instant(column: $0[3]))
        }
    }

    /// When a push last gave the group's whole list.
    package func membersReplacedAt(groupRow: Int64) throws -> Instant? {
        let statement = try db.cachedStatement(
            sql: "SELECT membersReplacedAt FROM directoryRecord WHERE row = ? AND organization = ?")
        return Instant(column: try Int64.fetchOne(statement, arguments: [groupRow, organization]))
    }

    package struct DeferredMember: Sendable, Hashable {
        package var space: String
        package var key: String
    }

    package func deferredMembers(groupRow: Int64) throws -> [DeferredMember] {
        let statement = try db.cachedStatement(
            sql: "SELECT space, memberKey FROM deferredMember WHERE organization = ? AND groupRow = ?")
        return try Row.fetchAll(statement, arguments: [organization, groupRow]).map {
            DeferredMember(space: $0[0], key: $0[1])
        }
    }

    /// Groups whose lists name this record.
    package func groupRows(listing memberRow: Int64) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT groupRow FROM directoryMember WHERE organization = ? AND memberRow = ? AND removed = 0
                """)
        return try Int64.fetchAll(statement, arguments: [organization, memberRow])
    }

    /// Groups whose lists name this record, or named it until a push removed it.
    package func formerGroupRows(listing memberRow: Int64) throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: "SELECT groupRow FROM directoryMember WHERE organization = ? AND memberRow = ?")
        return try Int64.fetchAll(statement, arguments: [organization, memberRow])
    }

    /// Groups whose lists wait for this key of the source.
    package func groupRows(deferring key: String, space: String = "source") throws -> [Int64] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT m.groupRow FROM deferredMember m
                JOIN directoryRecord d ON d.row = m.groupRow AND d.organization = m.organization
                WHERE m.organization = ? AND m.space = ? AND m.memberKey = ? AND d.connection = ?
                """)
        return try Int64.fetchAll(statement, arguments: [organization, space, key, connection])
    }

    /// Members that are listed and have no account: the group's row and the member's record id.
    package func membersWithoutAccount() throws -> [(groupRow: Int64, recordID: String)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT m.groupRow, d.id FROM directoryRecord d
                JOIN directoryMember m ON m.organization = d.organization AND m.memberRow = d.row AND m.removed = 0
                WHERE d.organization = ? AND d.connection = ?
                    AND NOT EXISTS (SELECT 1 FROM link l WHERE l.organization = d.organization AND l.recordRow = d.row)
                """)
        return try Row.fetchAll(statement, arguments: [organization, connection]).map { ($0[0], $0[1]) }
    }

    /// Whether any membership waits for a key of the source: most stores have none, and then nobody needs to ask.
    package func hasDeferredMembers() throws -> Bool {
        try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM deferredMember WHERE organization = ?)", arguments: [organization])
            ?? false
    }

    /// The members of a group in the account store: account row, and the record row of this connection that owns it.
    package func memberships(groupAccountRow: Int64) throws -> [(accountRow: Int64, recordRow: Int64?)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT m.memberRow, l.recordRow FROM membership m
                LEFT JOIN link l ON l.organization = m.organization AND l.accountRow = m.memberRow AND l.connection = ?
                WHERE m.organization = ? AND m.groupRow = ?
                """)
        return try Row.fetchAll(statement, arguments: [connection, organization, groupAccountRow]).map {
            ($0[0], $0[1])
        }
    }

    package func isMember(groupAccountRow: Int64, memberAccountRow: Int64) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM membership WHERE organization = ? AND groupRow = ? AND memberRow = ?")
        return try Int.fetchOne(statement, arguments: [organization, groupAccountRow, memberAccountRow]) != nil
    }
}

// MARK: - Counts for the gates

extension Lookup {
    /// Owned, active accounts of a kind.
    package func population(kind: Kind) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM link l JOIN account a ON a.row = l.accountRow AND a.organization = l.organization
                WHERE l.organization = ? AND l.connection = ? AND a.kind = ? AND a.active = 1
                """, arguments: [organization, connection, kind.rawValue]) ?? 0
    }

    /// Memberships of owned groups.
    package func ownedMemberships() throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM membership m
                JOIN link l ON l.organization = m.organization AND l.accountRow = m.groupRow
                WHERE m.organization = ? AND l.connection = ?
                """, arguments: [organization, connection]) ?? 0
    }

    /// Records of a kind that are linked to an account.
    package func linkedRecords(kind: Kind) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM link l JOIN directoryRecord d ON d.row = l.recordRow AND d.organization = l.organization
                WHERE l.organization = ? AND l.connection = ? AND d.kind = ? AND d.present = 1
                """, arguments: [organization, connection, kind.rawValue]) ?? 0
    }
}
