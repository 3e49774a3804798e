import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// An account as the commands show it.
package struct StoredAccount: Sendable, Equatable {
    package var account: Account
    package var createdAt: Instant
    package var changedAt: Instant
    /// A user's groups or a group's members, in the order in which they were created.
    package var related: [Related]

    package struct Related: Sendable, Equatable {
        package var id: String
        package var name: String
    }
}

/// What an administrator does to an account.
package enum AccountChange: Sendable, CaseIterable {
    /// Switches it off; a run does not switch it on again.
    case disable
    /// Switches it on, whoever disabled it.
    case enable
    /// Shields it from being deactivated, deleted or renamed by a run.
    case protect
    case unprotect
}

extension Store {
    /// Gives the body one account after another, in the order of creation, in one consistent state.
    ///
    /// - Parameters:
    ///   - kind: `nil` for both.
    ///   - related: whether to read groups and members too: one more statement an account.
    package func forEachAccount(
        of organization: Int64, kind: Kind? = nil, related: Bool = false, _ body: (StoredAccount) throws -> Void
    ) throws {
        try read { db in
            let statement = try db.cachedStatement(
                sql:
                    "SELECT \(Account.columns) FROM account WHERE organization = ? AND (? IS NULL OR kind = ?) ORDER BY row"
            )
            let cursor = try Row.fetchCursor(statement, arguments: [organization, kind?.rawValue, kind?.rawValue])
            while let row = try cursor.next() {
                try body(try Self.account(row, db, organization, related: related))
            }
        }
    }

    /// The accounts that a person at the keyboard can mean: the one with this id, else those with this name or external id.
    package func accounts(_ who: String, of organization: Int64, kind: Kind? = nil) throws -> [StoredAccount] {
        try read { db in
            try Self.rows(who, db, organization, kind).map { try Self.account($0, db, organization, related: true) }
        }
    }

    private static func rows(_ who: String, _ db: Database, _ organization: Int64, _ kind: Kind?) throws -> [Row] {
        for condition in [
            "id = ?", "(nameKey = ? AND kind = 'user') OR (nameKey = ? AND kind = 'group')", "externalId = ?",
        ] {
            let isName = condition.hasPrefix("(")
            let key = isName ? KeyFolding.fold(who) : who
            let keys: StatementArguments = isName ? [key, key] : [key]
            let found = try Row.fetchAll(
                db,
                sql: """
                    SELECT \(Account.columns) FROM account
                    WHERE organization = ? AND (\(condition)) AND (? IS NULL OR kind = ?) ORDER BY row LIMIT 100
                    """, arguments: [organization] + keys + [kind?.rawValue, kind?.rawValue])
            if !found.isEmpty { return found }
        }
        return []
    }

    /// Changes the one account that is meant. Its version rises, so that a plan made before is stale.
    ///
    /// - Returns: the account as it is now, and whether anything changed.
    /// - Throws: ``ConfigurationError`` `.unknown`; `.ambiguous` with the ids; `.taken` where the account gave its name up
    ///   and another one has it now; ``StorageError``.
    package func change(
        _ who: String, of organization: Int64, kind: Kind? = nil, by change: AccountChange, now: Instant
    ) throws -> (account: StoredAccount, changed: Bool) {
        try write { db in
            let found = try Self.rows(who, db, organization, kind)
            let row = try Self.one(found, who)
            var account = try Account(row: row)
            let before = account
            account.apply(change)
            if account != before {
                try Self.refuseTakenName(account, before, db, organization)
                account.version += 1
                try account.update(row: row[0], in: db, now: now)
                try Self.wakeQuarantined(db, organization: organization, because: account, now: now)
            }
            let after = try Self.rows(account.id, db, organization, nil)[0]
            return (try Self.account(after, db, organization, related: true), account != before)
        }
    }

    private static func one(_ found: [Row], _ who: String) throws -> Row {
        guard let first = found.first else {
            throw ConfigurationError(
                .unknown, "there is no account '\(who)'; see: rollcall accounts list (by id, name or externalId)")
        }
        guard found.count == 1 else {
            let ids = found.prefix(5).map { $0[1] as String }.joined(separator: ", ")
            throw ConfigurationError(.ambiguous, "'\(who)' means \(found.count) accounts; name one by its id: \(ids)")
        }
        return first
    }

    /// An account that we deactivated gave its name up; it cannot take it back from somebody.
    private static func refuseTakenName(
        _ account: Account, _ before: Account, _ db: Database, _ organization: Int64
    ) throws {
        guard account.kind == .user, account.isLive, !before.isLive else { return }
        let holder = try String.fetchOne(
            db,
            sql: """
                SELECT id FROM account WHERE organization = ? AND nameKey = ? AND kind = 'user'
                    AND (active = 1 OR disabledBy = 'administrator')
                """, arguments: [organization, KeyFolding.fold(account.name)])
        if let holder {
            throw ConfigurationError(
                .taken,
                "the name '\(account.name)' now belongs to the account \(holder); rename or disable that one first")
        }
    }

    private static func account(
        _ row: Row, _ db: Database, _ organization: Int64, related: Bool
    ) throws -> StoredAccount {
        let account = try Account(row: row)
        return StoredAccount(
            account: account, createdAt: Instant(milliseconds: row[Account.columnCount - 2]),
            changedAt: Instant(milliseconds: row[Account.columnCount - 1]),
            related: related ? try Self.related(to: row[0], account.kind, db, organization) : [])
    }

    private static func related(
        to row: Int64, _ kind: Kind, _ db: Database, _ organization: Int64
    ) throws -> [StoredAccount.Related] {
        let (own, other) = kind == .user ? ("memberRow", "groupRow") : ("groupRow", "memberRow")
        let statement = try db.cachedStatement(
            sql: """
                SELECT a.id, a.name FROM membership m
                JOIN account a ON a.organization = m.organization AND a.row = m.\(other)
                WHERE m.organization = ? AND m.\(own) = ? ORDER BY a.row
                """)
        return try Row.fetchAll(statement, arguments: [organization, row])
            .map { StoredAccount.Related(id: $0[0], name: $0[1]) }
    }
}

extension Account {
    fileprivate mutating func apply(_ change: AccountChange) {
        switch change {
        case .disable:
            active = false
            disabledBy = .administrator
        case .enable:
            active = true
            disabledBy = nil
        case .protect: protected = true
        case .unprotect: protected = false
        }
    }
}
