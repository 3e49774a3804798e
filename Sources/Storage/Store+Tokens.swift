import GRDB
import Reconciliation
import SCIM

/// How exactly the last use of a token is known.
package enum TokenUse {
    /// A token's first use is kept at once, and later ones after this long: a write per request would cost a flush each.
    package static let resolution: Duration = .seconds(15 * 60)
}

/// The tokens of one push endpoint inside a transaction that somebody else opened.
package struct TokenRows {
    /// What a token is called that nobody named.
    package static let nameDefault = "token"
    /// Valid tokens of one endpoint: every request is compared with each of them.
    package static let validMax = 10

    let db: Database
    let organization: Int64
    let configuration: String

    /// From the oldest to the newest, the ended ones included.
    func all() throws -> [SCIMConfiguration.Token] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT substr(hash, 1, \(BearerToken.fingerprintDigits)), name, createdAt, expiresAt, revokedAt, lastUsedAt
                FROM bearerToken WHERE organization = ? AND scimConfiguration = ? ORDER BY createdAt, expiresAt, hash
                """, arguments: [organization, configuration]
        ).map {
            SCIMConfiguration.Token(
                id: $0[0], name: $0[1], createdAt: Instant(milliseconds: $0[2]),
                expiresAt: Instant(milliseconds: $0[3]),
                revokedAt: Instant(column: $0[4]), lastUsedAt: Instant(column: $0[5]))
        }
    }

    /// The token with this id, else the only valid one with this name.
    func token(_ who: String, now: Instant) throws -> SCIMConfiguration.Token {
        let all = try all()
        if let found = all.first(where: { $0.id == who }) { return found }
        let valid = all.filter { $0.isValid(at: now) }
        let named = valid.filter { ConfigurationRows.same($0.name, who) }
        if named.count == 1 { return named[0] }
        if named.isEmpty {
            throw ConfigurationError(
                .unknown,
                "there is no valid token '\(who)'; "
                    + ConfigurationRows.cure(known: valid.map(\.name), create: "rollcall scim tokens add"))
        }
        throw ConfigurationError(
            .ambiguous,
            "\(named.count) tokens are called '\(who)'; name one by its id: " + named.map(\.id).joined(separator: ", "))
    }

    func insert(_ token: BearerToken, named name: String, lifetime: Duration, now: Instant) throws {
        try ConfigurationRows.check(name, of: "token")
        guard try all().count(where: { $0.isValid(at: now) }) < Self.validMax else {
            throw ConfigurationError(
                .tooMany, "the push endpoint has \(Self.validMax) valid tokens already; revoke one that is not used")
        }
        try db.execute(
            sql: """
                INSERT INTO bearerToken (organization, scimConfiguration, hash, name, createdAt, expiresAt)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                organization, configuration, token.hash, name, now.milliseconds, (now + lifetime).milliseconds,
            ])
    }

    /// Lets a token, or with `nil` all, end at this moment; one that ends before that stays as it is.
    func end(_ id: String?, at end: Instant) throws {
        try db.execute(
            sql: """
                UPDATE bearerToken SET revokedAt = ? WHERE organization = ? AND scimConfiguration = ?
                    AND (revokedAt IS NULL OR revokedAt > ?)
                    AND (? IS NULL OR substr(hash, 1, \(BearerToken.fingerprintDigits)) = ?)
                """, arguments: [end.milliseconds, organization, configuration, end.milliseconds, id, id])
    }

    /// Refuses a life that nobody can have meant.
    static func check(_ lifetime: Duration) throws {
        guard BearerToken.lifetime.contains(lifetime) else {
            throw ConfigurationError(
                .lifetime, "a token lives at least one day and at most two years; change --expires")
        }
    }
}

extension Store {
    /// Gives a push endpoint one more token, beside those it has.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`; `.taken` where a valid token has the name; `.tooMany` beyond
    ///   ``TokenRows/validMax``; `.lifetime`, `.invalidName`.
    package func addToken(
        _ token: BearerToken, named name: String, to who: String, of organization: Int64,
        lifetime: Duration = BearerToken.lifetimeDefault, now: Instant, by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try TokenRows.check(lifetime)
        return try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            if found.tokens.contains(where: { $0.isValid(at: now) && ConfigurationRows.same($0.name, name) }) {
                throw ConfigurationError(
                    .taken, "the push endpoint '\(found.name)' has a valid token '\(name)' already; choose another name"
                )
            }
            try TokenRows(db: db, organization: organization, configuration: found.id).insert(
                token, named: name, lifetime: lifetime, now: now)
            try db.note(.addToken, "\(name) of \(found.name)", of: organization, by: administrator)
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Gives a push endpoint a new token in place of one, or of all that it has. What it replaces ends after `overlap`: at
    /// once by default.
    ///
    /// - Parameter replaced: id or name of the token to replace, whose name goes to the new one; `nil` for all, and the
    ///   newest one's name.
    /// - Throws: ``ConfigurationError`` `.unknown`, `.ambiguous`, `.lifetime`; `.tooMany` where an overlap would leave too
    ///   many valid ones.
    package func rotateToken(
        _ who: String, of organization: Int64, to token: BearerToken, replacing replaced: String? = nil,
        lifetime: Duration = BearerToken.lifetimeDefault, overlap: Duration = .zero, now: Instant,
        by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try TokenRows.check(lifetime)
        return try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            let rows = TokenRows(db: db, organization: organization, configuration: found.id)
            let old = try replaced.map { try rows.token($0, now: now) }
            let name = (old ?? found.tokens.last { $0.isValid(at: now) })?.name ?? TokenRows.nameDefault
            try rows.end(old?.id, at: now + overlap)
            try rows.insert(token, named: name, lifetime: lifetime, now: now)
            try db.note(.rotateToken, "\(name) of \(found.name)", of: organization, by: administrator)
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Ends a token at once; one that has ended stays as it is.
    ///
    /// - Parameter token: its id, or the name of a valid one.
    /// - Throws: ``ConfigurationError`` `.unknown`, `.ambiguous`.
    package func revokeToken(
        _ token: String, of who: String, of organization: Int64, now: Instant, by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            let rows = TokenRows(db: db, organization: organization, configuration: found.id)
            let old = try rows.token(token, now: now)
            if old.isValid(at: now) {
                try rows.end(old.id, at: now)
                try db.note(.revokeToken, "\(old.name) of \(found.name)", of: organization, by: administrator)
            }
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Keeps when a token was used, unless that is known to ``TokenUse/resolution`` already.
    ///
    /// - Parameter hash: of a push endpoint's or of the admin interface's token.
    package func recordTokenUse(hash: String, at now: Instant) throws {
        let before = (now - TokenUse.resolution).milliseconds
        try write { db in
            for table in ["bearerToken", "adminToken"] {
                try db.execute(
                    sql:
                        "UPDATE \(table) SET lastUsedAt = ? WHERE hash = ? AND (lastUsedAt IS NULL OR lastUsedAt <= ?)",
                    arguments: [now.milliseconds, hash, before])
            }
        }
    }
}
