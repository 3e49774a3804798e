import GRDB
import Reconciliation
import SCIM

// Organizations and their connections: found by name, names compared folded.

/// Rows of the configuration inside a transaction that somebody else opened.
struct ConfigurationRows {
    /// Longer names are a mistake or an attack.
    static let nameCharactersMax = 200

    let db: Database

    func organization(named name: String) throws -> Organization? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(Self.organizationColumns) FROM organization WHERE nameKey = ?")
        return try Row.fetchOne(statement, arguments: [KeyFolding.fold(name)]).map(Self.organization)
    }

    static let organizationColumns = "organization, name, createdAt, restrictAccountCreationToSCIM, scimProvisioning"

    static func organization(_ row: Row) throws -> Organization {
        guard let provisioning = SCIMProvisioning(rawValue: row[4]) else {
            throw StorageError.damagedRow("organization")
        }
        var settings = OrganizationSettings()
        settings.restrictAccountCreationToSCIM = row[3]
        settings.scimProvisioning = provisioning
        return Organization(
            organization: row[0], name: row[1], createdAt: Instant(milliseconds: row[2]), settings: settings)
    }

    func createOrganization(named name: String, now: Instant) throws -> Organization {
        try Self.check(name, of: "organization")
        try db.execute(
            sql: "INSERT INTO organization (name, nameKey, createdAt) VALUES (?, ?, ?)",
            arguments: [name, KeyFolding.fold(name), now.milliseconds])
        return Organization(organization: db.lastInsertedRowID, name: name, createdAt: now)
    }

    /// The connection with this name, created where there is none.
    func findOrCreateConnection(named name: String, of organization: Int64, now: Instant) throws -> Connection {
        let all = try connections(of: organization)
        if let found = all.first(where: { $0.name == name }) ?? all.first(where: { Self.same($0.name, name) }) {
            return found
        }
        try Self.check(name, of: "connection")
        let last = try Int64.fetchOne(
            db, sql: "SELECT max(connection) FROM connection WHERE organization = ?", arguments: [organization])
        let number = (last ?? 0) + 1
        try db.execute(
            sql: "INSERT INTO connection (organization, connection, name, createdAt) VALUES (?, ?, ?, ?)",
            arguments: [organization, number, name, now.milliseconds])
        return Connection(connection: number, name: name, ssoName: nil)
    }

    /// All connections, by number.
    func connections(of organization: Int64) throws -> [Connection] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT c.connection, c.name, s.name FROM connection c
                LEFT JOIN ssoConfiguration s ON s.organization = c.organization AND s.id = c.ssoConfiguration
                WHERE c.organization = ? ORDER BY c.connection
                """, arguments: [organization]
        ).map { Connection(connection: $0[0], name: $0[1], ssoName: $0[2]) }
    }

    /// All SSO configurations, in the order in which they were created.
    func ssoConfigurations(of organization: Int64) throws -> [SSOConfiguration] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, name, active, createdAt FROM ssoConfiguration
                WHERE organization = ? ORDER BY createdAt, name
                """, arguments: [organization]
        ).map {
            SSOConfiguration(id: $0[0], name: $0[1], active: $0[2], createdAt: Instant(milliseconds: $0[3]))
        }
    }

    /// The SSO configuration with this name or id.
    func ssoConfiguration(_ who: String, of organization: Int64) throws -> SSOConfiguration {
        let all = try ssoConfigurations(of: organization)
        if let found = all.first(where: { $0.id == who }) ?? all.first(where: { Self.same($0.name, who) }) {
            return found
        }
        throw ConfigurationError(
            .unknown,
            "there is no SSO configuration '\(who)'; "
                + Self.cure(known: all.map(\.name), create: "rollcall sso create NAME --organization ORGANIZATION"))
    }

    /// Refuses names that nobody could type or read.
    static func check(_ name: String, of what: String) throws {
        let visible = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard !KeyFolding.fold(name).allSatisfy(\.isWhitespace), visible, name.count <= nameCharactersMax else {
            throw ConfigurationError(
                .invalidName,
                "the name of the \(what) is empty, longer than \(nameCharactersMax) characters or has control "
                    + "characters; give it another one")
        }
    }

    /// Whether two names are the same name.
    static func same(_ left: String, _ right: String) -> Bool {
        KeyFolding.fold(left).utf8.elementsEqual(KeyFolding.fold(right).utf8)
    }

    /// What to do when a name is not known: the names that are, or how to make one.
    static func cure(known: [String], create: String) -> String {
        known.isEmpty ? "create it with: \(create)" : "known: \(known.prefix(10).joined(separator: ", "))"
    }
}

extension Store {
    /// Adds an organization.
    ///
    /// - Throws: ``ConfigurationError`` `.taken`, `.invalidName`; ``StorageError``.
    package func createOrganization(
        named name: String, now: Instant, by administrator: Administrator? = nil
    ) throws -> Organization {
        try write { db in
            let rows = ConfigurationRows(db: db)
            if let found = try rows.organization(named: name) {
                throw ConfigurationError(.taken, "the organization '\(found.name)' exists already; choose another name")
            }
            let created = try rows.createOrganization(named: name, now: now)
            try db.note(.createOrganization, created.name, of: created.organization, by: administrator)
            return created
        }
    }

    /// All organizations, by name.
    package func organizations() throws -> [Organization] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT \(ConfigurationRows.organizationColumns) FROM organization ORDER BY nameKey"
            )
            .map(ConfigurationRows.organization)
        }
    }

    /// The organization with this name.
    ///
    /// - Parameter name: `nil` means the only one there is.
    /// - Throws: ``ConfigurationError`` `.unknown`; `.ambiguous` where no name is given and there are several.
    package func organization(named name: String?) throws -> Organization {
        let all = try organizations()
        if let name {
            if let found = all.first(where: { $0.isCalled(name) }) { return found }
            throw ConfigurationError(
                .unknown,
                "there is no organization '\(name)'; "
                    + ConfigurationRows.cure(known: all.map(\.name), create: "rollcall organizations create NAME"))
        }
        if all.count == 1 { return all[0] }
        throw ConfigurationError(
            all.isEmpty ? .unknown : .ambiguous,
            all.isEmpty
                ? "there is no organization yet; create it with: rollcall organizations create NAME"
                : "there are several organizations; name one with --organization: "
                    + all.prefix(10).map(\.name).joined(separator: ", "))
    }

    /// The connections of an organization, in the order in which they were created.
    package func connections(of organization: Int64) throws -> [Connection] {
        try read { try ConfigurationRows(db: $0).connections(of: organization) }
    }

    /// Adds an active SSO configuration.
    ///
    /// - Throws: ``ConfigurationError`` `.taken`, `.invalidName`; ``StorageError``.
    package func createSSOConfiguration(
        named name: String, id: String, of organization: Int64, now: Instant, by administrator: Administrator? = nil
    ) throws -> SSOConfiguration {
        try write { db in
            try ConfigurationRows.check(name, of: "SSO configuration")
            let all = try ConfigurationRows(db: db).ssoConfigurations(of: organization)
            if let found = all.first(where: { ConfigurationRows.same($0.name, name) }) {
                throw ConfigurationError(
                    .taken, "the SSO configuration '\(found.name)' exists already; choose another name")
            }
            try db.execute(
                sql: "INSERT INTO ssoConfiguration (organization, id, name, active, createdAt) VALUES (?, ?, ?, 1, ?)",
                arguments: [organization, id, name, now.milliseconds])
            try db.note(.createSSOConfiguration, name, of: organization, by: administrator)
            return SSOConfiguration(id: id, name: name, active: true, createdAt: now)
        }
    }

    /// The SSO configuration with this name or id.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func ssoConfiguration(_ who: String, of organization: Int64) throws -> SSOConfiguration {
        try read { try ConfigurationRows(db: $0).ssoConfiguration(who, of: organization) }
    }

    /// All SSO configurations of an organization, in the order in which they were created.
    package func ssoConfigurations(of organization: Int64) throws -> [SSOConfiguration] {
        try read { try ConfigurationRows(db: $0).ssoConfigurations(of: organization) }
    }

    /// Activates or deactivates the SSO configuration with this name or id. Through an inactive one nobody signs in, and it
    /// can be linked to no new push endpoint; those that are linked go on until they are disabled.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`.
    package func setSSOConfiguration(
        _ who: String, of organization: Int64, active: Bool, by administrator: Administrator? = nil
    ) throws -> SSOConfiguration {
        try write { db in
            var found = try ConfigurationRows(db: db).ssoConfiguration(who, of: organization)
            try db.execute(
                sql: "UPDATE ssoConfiguration SET active = ? WHERE organization = ? AND id = ?",
                arguments: [active, organization, found.id])
            found.active = active
            try db.note(
                active ? .activateSSOConfiguration : .deactivateSSOConfiguration, found.name, of: organization,
                by: administrator)
            return found
        }
    }
}
