import GRDB
import Reconciliation

// What an organization wants and may have.

extension ConfigurationRows {
    /// Refuses an organization whose plan has no push endpoints, or has them in a trial that was not accepted.
    func refuseGated(_ organization: Int64, acceptsBeta: Bool) throws {
        let owner = try self.organization(organization)
        switch owner.settings.scimProvisioning {
        case .on: return
        case .beta where acceptsBeta: return
        case .beta:
            throw ConfigurationError(
                .gated,
                "SCIM provisioning is in beta for the organization '\(owner.name)'; accept that with --accept-beta "
                    + "(acceptBeta in the admin interface)")
        case .off:
            throw ConfigurationError(
                .gated,
                "SCIM provisioning is not in the plan of the organization '\(owner.name)'; switch it on with: "
                    + "rollcall organizations set \(owner.name) --scim-provisioning on")
        }
    }

    func organization(_ organization: Int64) throws -> Organization {
        let statement = try db.cachedStatement(
            sql: "SELECT \(Self.organizationColumns) FROM organization WHERE organization = ?")
        guard let row = try Row.fetchOne(statement, arguments: [organization]) else {
            throw ConfigurationError(.unknown, "the organization is gone")
        }
        return try Self.organization(row)
    }
}

extension Store {
    /// Changes what is given and leaves the rest.
    ///
    /// - Throws: ``ConfigurationError`` `.unknown`; ``StorageError``.
    package func setSettings(
        of organization: Int64, restrictAccountCreationToSCIM restricts: Bool? = nil,
        scimProvisioning provisioning: SCIMProvisioning? = nil, by administrator: Administrator? = nil
    ) throws -> Organization {
        try write { db in
            let rows = ConfigurationRows(db: db)
            let before = try rows.organization(organization)
            var settings = before.settings
            settings.restrictAccountCreationToSCIM = restricts ?? settings.restrictAccountCreationToSCIM
            settings.scimProvisioning = provisioning ?? settings.scimProvisioning
            guard settings != before.settings else { return before }
            try db.execute(
                sql: """
                    UPDATE organization SET restrictAccountCreationToSCIM = ?, scimProvisioning = ? WHERE organization = ?
                    """,
                arguments: [
                    settings.restrictAccountCreationToSCIM, settings.scimProvisioning.rawValue, organization,
                ])
            let words =
                "restrictAccountCreationToSCIM \(settings.restrictAccountCreationToSCIM), "
                + "scimProvisioning \(settings.scimProvisioning.rawValue)"
            try db.note(.changeOrganization, words, of: organization, by: administrator)
            return try rows.organization(organization)
        }
    }

    /// Whether pushes of this scope are refused because the organization's plan has no SCIM provisioning.
    package func isGated(_ scope: PushScope) throws -> Bool {
        try read {
            try ConfigurationRows(db: $0).organization(scope.organization).settings.scimProvisioning == .off
        }
    }
}
