import GRDB
import Reconciliation

/// What a token of the admin interface opens. Each includes the one before.
package enum AdminAccess: String, Sendable, CaseIterable, Comparable {
    /// Only the question whether somebody may sign in: for the application itself.
    case signIn
    case read
    case full

    package static func < (left: AdminAccess, right: AdminAccess) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}

/// What is kept of a token of the admin interface.
package struct AdminToken: Sendable, Equatable {
    /// The first ``BearerToken/fingerprintDigits`` digits of its SHA-256.
    package var id: String
    package var name: String
    package var access: AdminAccess
    /// The only organization that it opens; `nil` for all.
    package var organization: Organization?
    package var createdAt: Instant
    package var expiresAt: Instant
    package var revokedAt: Instant?
    package var lastUsedAt: Instant?

    package func isValid(at now: Instant) -> Bool { now < expiresAt && revokedAt.map { now < $0 } ?? true }
}

extension Store {
    /// Valid tokens of the admin interface: every request to it is compared with each of them.
    package static let adminTokensMax = 100

    /// Adds a token of the admin interface, which answers from then on.
    ///
    /// - Throws: ``ConfigurationError`` `.taken` where a valid token has the name; `.tooMany`, `.lifetime`, `.invalidName`.
    package func createAdminToken(
        _ token: BearerToken, named name: String, access: AdminAccess, organization: Int64? = nil,
        lifetime: Duration = BearerToken.lifetimeDefault, now: Instant, by administrator: Administrator? = nil
    ) throws -> AdminToken {
        try TokenRows.check(lifetime)
        try ConfigurationRows.check(name, of: "token")
        return try write { db in
            let valid = try Self.adminTokens(db).filter { $0.token.isValid(at: now) }
            if valid.contains(where: { ConfigurationRows.same($0.token.name, name) }) {
                throw ConfigurationError(.taken, "there is a valid admin token '\(name)' already; choose another name")
            }
            guard valid.count < Self.adminTokensMax else {
                throw ConfigurationError(
                    .tooMany, "there are \(Self.adminTokensMax) valid admin tokens already; revoke one first")
            }
            try db.execute(
                sql: """
                    INSERT INTO adminToken (hash, name, access, organization, createdAt, expiresAt)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    token.hash, name, access.rawValue, organization, now.milliseconds, (now + lifetime).milliseconds,
                ])
            try db.note(.createAdminToken, name, by: administrator)
            return try Self.adminTokens(db).first { $0.hash == token.hash }!.token
        }
    }

    /// All tokens of the admin interface from the oldest to the newest, the ended ones included.
    package func adminTokens() throws -> [AdminToken] { try read { try Self.adminTokens($0).map(\.token) } }

    /// Ends a token of the admin interface at once; one that has ended stays as it is.
    ///
    /// - Parameter who: its id, or the name of a valid one.
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func revokeAdminToken(
        _ who: String, now: Instant, by administrator: Administrator? = nil
    ) throws -> AdminToken {
        try write { db in
            let all = try Self.adminTokens(db)
            let valid = all.filter { $0.token.isValid(at: now) }
            guard
                let found = all.first(where: { $0.token.id == who })
                    ?? valid.first(where: { ConfigurationRows.same($0.token.name, who) })
            else {
                throw ConfigurationError(
                    .unknown,
                    "there is no valid admin token '\(who)'; "
                        + ConfigurationRows.cure(
                            known: valid.map(\.token.name), create: "rollcall admin tokens create NAME"))
            }
            guard found.token.isValid(at: now) else { return found.token }
            try db.execute(
                sql: "UPDATE adminToken SET revokedAt = ? WHERE hash = ?", arguments: [now.milliseconds, found.hash])
            try db.note(.revokeAdminToken, found.token.name, by: administrator)
            return try Self.adminTokens(db).first { $0.hash == found.hash }!.token
        }
    }

    /// What the admin interface has to say to a token.
    package enum AdminEntrance: Sendable, Equatable {
        /// There is no valid token at all: the interface does not exist.
        case closed
        case refused
        case open(AdminToken)
    }

    /// Finds the token that somebody sent. Every valid one is compared, each in constant time.
    ///
    /// - Parameter tokenHash: SHA-256 of what was sent in lower-case hexadecimal; `nil` where nothing was sent.
    package func adminEntrance(tokenHash: String?, at now: Instant) throws -> AdminEntrance {
        try read { db in
            let valid = try Self.adminTokens(db).filter { $0.token.isValid(at: now) }
            var entrance = valid.isEmpty ? AdminEntrance.closed : .refused
            for candidate in valid {
                if let tokenHash, Self.equalInConstantTime(candidate.hash, tokenHash) {
                    entrance = .open(candidate.token)
                }
            }
            return entrance
        }
    }

    private static func adminTokens(_ db: Database) throws -> [(hash: String, token: AdminToken)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT hash, name, access, organization, createdAt, expiresAt, revokedAt, lastUsedAt
                FROM adminToken ORDER BY createdAt, expiresAt, hash
                """)
        return try Row.fetchAll(statement).map { row in
            guard let access = AdminAccess(rawValue: row[2]) else { throw StorageError.damagedRow("admin token") }
            let hash: String = row[0]
            let owner = try (row[3] as Int64?).map { try ConfigurationRows(db: db).organization($0) }
            return (
                hash,
                AdminToken(
                    id: String(hash.prefix(BearerToken.fingerprintDigits)), name: row[1], access: access,
                    organization: owner, createdAt: Instant(milliseconds: row[4]),
                    expiresAt: Instant(milliseconds: row[5]), revokedAt: Instant(column: row[6]),
                    lastUsedAt: Instant(column: row[7]))
            )
        }
    }
}
