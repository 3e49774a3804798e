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
    package var tokenName: String
    /// Whether the one who asks knows that the organization has SCIM provisioning in beta.
    package var acceptsBeta: Bool

    package init(
        id: String, name: String, sso: String, connection: String? = nil,
        client: String = SCIMConfiguration.clientDefault, token: BearerToken,
        lifetime: Duration = BearerToken.lifetimeDefault, tokenName: String = TokenRows.nameDefault,
        acceptsBeta: Bool = false
    ) {
        self.id = id
        self.name = name
        self.sso = sso
        self.connection = connection
        self.client = client
        self.token = token
        self.lifetime = lifetime
        self.tokenName = tokenName
        self.acceptsBeta = acceptsBeta
    }
}

extension Store {
    /// Adds a push endpoint, and the connection that it feeds where there is none of that name.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown` or `.inactive` for the SSO configuration, `.taken` for the name,
    ///   `.occupied` for the connection, `.lifetime`, `.invalidName`, `.gated`; ``StorageError``.
    package func createSCIMConfiguration(
        _ request: SCIMConfigurationRequest, of organization: Int64, now: Instant,
        by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try TokenRows.check(request.lifetime)
        return try write { db in
            let rows = ConfigurationRows(db: db)
            try rows.refuseGated(organization, acceptsBeta: request.acceptsBeta)
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
            try TokenRows(db: db, organization: organization, configuration: request.id).insert(
                request.token, named: request.tokenName, lifetime: request.lifetime, now: now)
            try db.note(.createSCIMConfiguration, request.name, of: organization, by: administrator)
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
    /// - Throws: ``ConfigurationError`` `.unknown`; `.gated` when it shall be enabled and the plan has none.
    package func setSCIMConfiguration(
        _ who: String, of organization: Int64, enabled: Bool, by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try changeSCIMConfiguration(who, of: organization, enabled: enabled, by: administrator)
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
        _ who: String, of organization: Int64, to name: String, by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try changeSCIMConfiguration(who, of: organization, name: name, by: administrator)
    }

    /// Renames, enables or disables a push endpoint, all that is given or nothing.
    ///
    /// - Throws: as ``setSCIMConfiguration(_:of:enabled:by:)`` and ``renameSCIMConfiguration(_:of:to:by:)``.
    package func changeSCIMConfiguration(
        _ who: String, of organization: Int64, name: String? = nil, enabled: Bool? = nil,
        by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            if let enabled { try Self.set(found, enabled: enabled, db, organization, administrator) }
            if let name { try Self.rename(found, to: name, db, organization, administrator) }
            return try Self.scimConfiguration(found.id, db, organization)
        }
    }

    private static func set(
        _ found: SCIMConfiguration, enabled: Bool, _ db: Database, _ organization: Int64,
        _ administrator: Administrator?
    ) throws {
        if enabled { try ConfigurationRows(db: db).refuseGated(organization, acceptsBeta: true) }
        guard found.enabled != enabled else { return }
        try db.execute(
            sql: "UPDATE scimConfiguration SET enabled = ? WHERE organization = ? AND id = ?",
            arguments: [enabled, organization, found.id])
        try db.note(
            enabled ? .enableSCIMConfiguration : .disableSCIMConfiguration, found.name, of: organization,
            by: administrator)
    }

    private static func rename(
        _ found: SCIMConfiguration, to name: String, _ db: Database, _ organization: Int64,
        _ administrator: Administrator?
    ) throws {
        if !ConfigurationRows.same(found.name, name) { try refuseName(name, db, organization) }
        try ConfigurationRows.check(name, of: "push endpoint")
        guard found.name != name else { return }
        try db.execute(
            sql: "UPDATE scimConfiguration SET name = ? WHERE organization = ? AND id = ?",
            arguments: [name, organization, found.id])
        try db.note(.renameSCIMConfiguration, "\(found.name) to \(name)", of: organization, by: administrator)
    }

    /// Removes a push endpoint and its tokens. Its connection, and what was pushed, stay.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func deleteSCIMConfiguration(
        _ who: String, of organization: Int64, by administrator: Administrator? = nil
    ) throws -> SCIMConfiguration {
        try write { db in
            let found = try Self.scimConfiguration(who, db, organization)
            try db.execute(
                sql: "DELETE FROM bearerToken WHERE organization = ? AND scimConfiguration = ?",
                arguments: [organization, found.id])
            try db.execute(
                sql: "DELETE FROM scimConfiguration WHERE organization = ? AND id = ?",
                arguments: [organization, found.id])
            try db.note(.deleteSCIMConfiguration, found.name, of: organization, by: administrator)
            return found
        }
    }
}

extension Store {
    private static func refuseName(_ name: String, _ db: Database, _ organization: Int64) throws {
        try ConfigurationRows.check(name, of: "push endpoint")
        let all = try scimConfigurations(db, organization)
        if let found = all.first(where: { ConfigurationRows.same($0.name, name) }) {
            throw ConfigurationError(.taken, "the push endpoint '\(found.name)' exists already; choose another --name")
        }
    }

    static func scimConfiguration(
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
                SELECT p.id, p.name, c.name, s.name, p.enabled, p.createdAt, p.client, p.extensionSchemas
                FROM scimConfiguration p
                JOIN connection c ON c.organization = p.organization AND c.connection = p.connection
                LEFT JOIN ssoConfiguration s ON s.organization = c.organization AND s.id = c.ssoConfiguration
                WHERE p.organization = ? ORDER BY p.createdAt, p.name
                """, arguments: [organization])
        return try rows.map { row in
            SCIMConfiguration(
                id: row[0], name: row[1], connectionName: row[2], ssoName: row[3], enabled: row[4],
                client: row[6], schemas: try SchemaSet(stored: row[7]), createdAt: Instant(milliseconds: row[5]),
                tokens: try TokenRows(db: db, organization: organization, configuration: row[0]).all())
        }
    }
}
