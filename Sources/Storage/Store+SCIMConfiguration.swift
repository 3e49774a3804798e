import GRDB
import Reconciliation
import SCIM

/// What a new push endpoint is made of.
package struct SCIMConfigurationRequest: Sendable {
    package var id: String
    package var name: String
    /// Name or id of the SSO configuration.
    package var sso: String
    /// The connection's name; `nil` means `default`, which is also the connection of a run without a job file.
    package var connection: String?
    /// Whose habits the endpoint allows for. The store keeps the name and does not judge it.
    package var client: String
    package var token: BearerToken
    package var lifetime: Duration

    package init(
        id: String, name: String, sso: String, connection: String? = nil,
        client: String = SCIMConfiguration.clientDefault, token: BearerToken,
        lifetime: Duration = BearerToken.lifetimeDefault
    ) {
        self.id = id
        self.name = name
        self.sso = sso
        self.connection = connection
        self.client = client
        self.token = token
        self.lifetime = lifetime
    }
}

extension Store {
    /// Adds a push endpoint, and the connection that it feeds where there is none of that name.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown` or `.inactive` for the SSO configuration, `.taken` for the name,
    ///   `.occupied` for the connection, `.lifetime`, `.invalidName`; ``StorageError``.
    package func createSCIMConfiguration(
        _ request: SCIMConfigurationRequest, of organization: Int64, now: Instant
    ) throws -> SCIMConfiguration {
        try Self.check(request.lifetime)
        return try write { db in
            let rows = ConfigurationRows(db: db)
            try Self.refuseName(request.name, db, organization)
            let sso = try rows.ssoConfiguration(request.sso, of: organization)
            guard sso.active else {
                throw ConfigurationError(
                    .inactive,
                    "the SSO configuration '\(sso.name)' is not active; activate it with: rollcall sso activate \(sso.name)"
                )
            }
            let connection = try Self.freeConnection(
                request.connection ?? ConnectionNaming.standard, for: sso, rows, organization, now)
            try db.execute(
                sql: """
                    INSERT INTO scimConfiguration (organization, id, connection, name, enabled, createdAt, client)
                    VALUES (?, ?, ?, ?, 1, ?, ?)
                    """,
                arguments: [
                    organization, request.id, connection.connection, request.name, now.milliseconds, request.client,
                ])
            try Self.insert(request.token, for: request.id, lifetime: request.lifetime, db, organization, now)
            return try Self.scimConfiguration(request.id, db, organization)
        }
    }

    /// A connection without a push endpoint, linked to this SSO configuration.
    private static func freeConnection(
        _ name: String, for sso: SSOConfiguration, _ rows: ConfigurationRows, _ organization: Int64, _ now: Instant
    ) throws -> Connection {
        let connection = try rows.findOrCreateConnection(named: name, of: organization, now: now)
        if let other = connection.ssoName, other != sso.name {
            throw ConfigurationError(
                .occupied,
                "the connection '\(connection.name)' belongs to the SSO configuration '\(other)'; "
                    + "name another one with --connection")
        }
        let all = try scimConfigurations(rows.db, organization)
        if let taken = all.first(where: { $0.connectionName == connection.name }) {
            throw ConfigurationError(
                .occupied,
                "the connection '\(connection.name)' has the push endpoint '\(taken.name)' already; "
                    + "name another connection with --connection, or delete that endpoint")
        }
        try rows.db.execute(
            sql: "UPDATE connection SET ssoConfiguration = ? WHERE organization = ? AND connection = ?",
            arguments: [sso.id, organization, connection.connection])
        return connection
    }

    /// All push endpoints of an organization, in the order in which they were created.
    package func scimConfigurations(of organization: Int64) throws -> [SCIMConfiguration] {
        try read { try Self.scimConfigurations($0, organization) }
    }

    /// The push endpoint with this id or name.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func scimConfiguration(_ who: String, of organization: Int64) throws -> SCIMConfiguration {
        try read { try Self.scimConfiguration(who, $0, organization) }
    }

    /// Enables or disables a push endpoint. A disabled one refuses every token at once and keeps its connection.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func setSCIMConfiguration(
        _ who: String, of organization: Int64, enabled: Bool
    ) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            try db.execute(
                sql: "UPDATE scimConfiguration SET enabled = ? WHERE organization = ? AND id = ?",
                arguments: [enabled, organization, found.id])
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Sets whose habits a push endpoint allows for, from the next request on. What was pushed stays as it was understood.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func setSCIMConfiguration(
        _ who: String, of organization: Int64, client: String
    ) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            try db.execute(
                sql: "UPDATE scimConfiguration SET client = ? WHERE organization = ? AND id = ?",
                arguments: [client, organization, found.id])
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Gives a push endpoint another name; its URL and tokens stay.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`, `.taken`, `.invalidName`.
    package func renameSCIMConfiguration(
        _ who: String, of organization: Int64, to name: String
    ) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            if !ConfigurationRows.same(found.name, name) { try Self.refuseName(name, db, organization) }
            try ConfigurationRows.check(name, of: "push endpoint")
            try db.execute(
                sql: "UPDATE scimConfiguration SET name = ? WHERE organization = ? AND id = ?",
                arguments: [name, organization, found.id])
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Gives a push endpoint a new token. The tokens before it end after `overlap`: at once by default.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`, `.lifetime`.
    package func rotateToken(
        _ who: String, of organization: Int64, to token: BearerToken, lifetime: Duration = BearerToken.lifetimeDefault,
        overlap: Duration = .zero, now: Instant
    ) throws -> SCIMConfiguration {
        try Self.check(lifetime)
        return try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            let end = (now + overlap).milliseconds
            try db.execute(
                sql: """
                    UPDATE bearerToken SET revokedAt = ?
                    WHERE organization = ? AND scimConfiguration = ? AND (revokedAt IS NULL OR revokedAt > ?)
                    """, arguments: [end, organization, found.id, end])
            try Self.insert(token, for: found.id, lifetime: lifetime, db, organization, now)
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    /// Removes a push endpoint and its tokens. Its connection, and what was pushed, stay.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func deleteSCIMConfiguration(_ who: String, of organization: Int64) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            try db.execute(
                sql: "DELETE FROM bearerToken WHERE organization = ? AND scimConfiguration = ?",
                arguments: [organization, found.id])
            try db.execute(
                sql: "DELETE FROM scimConfiguration WHERE organization = ? AND id = ?",
                arguments: [organization, found.id])
            return found
        }
    }
}

extension Store {
    private static func check(_ lifetime: Duration) throws {
        guard BearerToken.lifetime.contains(lifetime) else {
            throw ConfigurationError(
                .lifetime, "a token lives at least one day and at most two years; change --expires")
        }
    }

    private static func insert(
        _ token: BearerToken, for id: String, lifetime: Duration, _ db: Database, _ organization: Int64, _ now: Instant
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO bearerToken (organization, scimConfiguration, hash, createdAt, expiresAt) VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [organization, id, token.hash, now.milliseconds, (now + lifetime).milliseconds])
    }

    private static func refuseName(_ name: String, _ db: Database, _ organization: Int64) throws {
        try ConfigurationRows.check(name, of: "push endpoint")
        let all = try scimConfigurations(db, organization)
        if let found = all.first(where: { ConfigurationRows.same($0.name, name) }) {
            throw ConfigurationError(.taken, "the push endpoint '\(found.name)' exists already; choose another --name")
        }
    }

    private static func scimConfiguration(
        _ who: String, _ db: Database, _ organization: Int64
    ) throws -> SCIMConfiguration {
        let all = try scimConfigurations(db, organization)
        if let found = all.first(where: { $0.id == who }) ?? all.first(where: { ConfigurationRows.same($0.name, who) })
        {
            return found
        }
        throw ConfigurationError(
            .unknown,
            "there is no push endpoint '\(who)'; "
                + ConfigurationRows.cure(
                    known: all.map(\.name),
                    create: "rollcall scim create --organization ORGANIZATION --sso SSO --name NAME"))
    }

    private static func scimConfigurations(_ db: Database, _ organization: Int64) throws -> [SCIMConfiguration] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT p.id, p.name, c.name, s.name, p.enabled, p.createdAt, p.client FROM scimConfiguration p
                JOIN connection c ON c.organization = p.organization AND c.connection = p.connection
                LEFT JOIN ssoConfiguration s ON s.organization = c.organization AND s.id = c.ssoConfiguration
                WHERE p.organization = ? ORDER BY p.createdAt, p.name
                """, arguments: [organization])
        return try rows.map { row in
            SCIMConfiguration(
                id: row[0], name: row[1], connectionName: row[2], ssoName: row[3], enabled: row[4],
                client: row[6], createdAt: Instant(milliseconds: row[5]),
                tokens: try tokens(of: row[0], db, organization))
        }
    }

    private static func tokens(
        of id: String, _ db: Database, _ organization: Int64
    ) throws -> [SCIMConfiguration.Token] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT createdAt, expiresAt, revokedAt FROM bearerToken
                WHERE organization = ? AND scimConfiguration = ? ORDER BY createdAt, expiresAt
                """, arguments: [organization, id]
        ).map {
            SCIMConfiguration.Token(
                createdAt: Instant(milliseconds: $0[0]), expiresAt: Instant(milliseconds: $0[1]),
                revokedAt: Instant(column: $0[2]))
        }
    }
}
