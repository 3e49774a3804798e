import GRDB
import JSONBytes
import Reconciliation

// The journal by account: what undoing a run and comparing two are made from.

extension Lookup {
    /// What one run did to each account, account by account.
    package func forEachEffect(of run: Int64, _ body: (NetEffect) throws -> Void) throws {
        try forEachEffect("j.run = ?", [run], body)
    }

    /// What became of each account of the connection between the end of one run and the end of another, or until now.
    ///
    /// Entries count by their time, since the run of a day's drain goes on while others begin and end; of those at the same
    /// time, those of runs that began later.
    package func forEachEffect(
        after: (run: Int64, at: Instant), until: (run: Int64, at: Instant)?, _ body: (NetEffect) throws -> Void
    ) throws {
        let from = "j.run <> ? AND (j.at > ? OR (j.at = ? AND j.run > ?))"
        var arguments: StatementArguments = [
            connection, after.run, after.at.milliseconds, after.at.milliseconds, after.run,
        ]
        guard let until else { return try forEachEffect("j.connection = ? AND \(from)", arguments, body) }
        arguments += [until.at.milliseconds, until.at.milliseconds, until.run]
        try forEachEffect("j.connection = ? AND \(from) AND (j.at < ? OR (j.at = ? AND j.run <= ?))", arguments, body)
    }

    private func forEachEffect(
        _ condition: String, _ arguments: StatementArguments, _ body: (NetEffect) throws -> Void
    ) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(JournalEntry.columns) FROM journal j
                WHERE j.organization = ? AND \(condition) ORDER BY j.account, j.at, j.run, j.sequence
                """, arguments: [organization] + arguments)
        var effect: NetEffect?
        while let row = try rows.next() {
            let entry = try JournalEntry(row: row)
            if effect?.accountID == entry.accountID {
                effect?.take(entry)
                continue
            }
            if let effect, !effect.isEmpty { try body(effect) }
            effect = NetEffect(entry)
        }
        if let effect, !effect.isEmpty { try body(effect) }
    }

    /// An account of the organization with the record of this connection that owns it.
    package func owned(accountID: String) throws -> (
        account: Account, row: Int64, recordID: String?, evidence: String?
    )? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Account.columns(of: "a")), d.id, l.evidence FROM account a
                LEFT JOIN link l ON l.organization = a.organization AND l.accountRow = a.row AND l.connection = ?
                LEFT JOIN directoryRecord d ON d.organization = l.organization AND d.row = l.recordRow
                WHERE a.organization = ? AND a.id = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [connection, organization, accountID]) else {
            return nil
        }
        let next = Account.columnCount
        return (try Account(row: row), row[0], row[next], row[next + 1])
    }

    /// Both sides of every membership of an account: the group's account id and the member's.
    package func memberships(of accountRow: Int64) throws -> [(group: String, member: String)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT g.id, m.id FROM membership s
                JOIN account g ON g.organization = s.organization AND g.row = s.groupRow
                JOIN account m ON m.organization = s.organization AND m.row = s.memberRow
                WHERE s.organization = ?1 AND (s.groupRow = ?2 OR s.memberRow = ?2) ORDER BY g.id, m.id
                """)
        return try Row.fetchAll(statement, arguments: [organization, accountRow]).map { ($0[0], $0[1]) }
    }

    /// The live person of the organization who has a name.
    package func nameHolder(_ nameKey: String) throws -> Account? {
        try liveAccounts(kind: .user, nameKey: nameKey).first?.account
    }

    /// Who changed an account last, as a phrase: `changed by run 12 (nightly) at 2026-01-14T01:00:00Z`.
    package func author(ofAccount id: String, version: Int64?) throws -> String {
        try ChangeAuthor(db: db, organization: organization).ofAccount(id, version: version)
    }

    /// Accounts of the connection that somebody changed since it last looked at them, with the version.
    package func driftedAccounts() throws -> [Account] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT \(Account.columns(of: "a")) FROM link l
                JOIN account a ON a.organization = l.organization AND a.row = l.accountRow
                WHERE l.organization = ? AND l.connection = ? AND a.version <> l.accountVersion ORDER BY a.kind, a.name
                """, arguments: [organization, connection]
        ).map { try Account(row: $0) }
    }
}

extension JournalEntry {
    /// What ``init(row:)`` reads of a journal called `j`.
    static let columns = "j.run, j.at, j.kind, j.account, j.anchor, j.class, j.change"

    init(row: Row) throws {
        guard let kind = Kind(rawValue: row[2]), let changeClass = ChangeClass(rawValue: row[5]),
            let change = try JSONValue(parsing: Array((row[6] as String).utf8)).object
        else { throw StorageError.damagedRow("journal") }
        self.init(
            run: row[0], at: Instant(milliseconds: row[1]), kind: kind, accountID: row[3],
            anchor: (row[4] as String?).map(Anchor.init), name: change["name"]?.string ?? "",
            displayName: change["displayName"]?.string,
            situation: change["situation"]?.string.flatMap(Situation.init) ?? .confirmed,
            reason: change["reason"]?.string ?? "",
            change: Change(
                changeClass, attributes: try (change["attributes"]?.array ?? []).map { try AttributeChange(json: $0) }))
        recordID = change["record"]?.string
        memberID = change["member"]?.string
        evidence = change["evidence"]?.string
        if changeClass == .delete, change["image"] != nil {
            let deleted = try DeletedAccount(journalled: row[6])
            (image, groups, members) = (deleted.account, deleted.groups, deleted.members)
        }
        hash = change["hash"]?.string
        version = change["version"]?.integer.map(Int64.init)
    }
}
