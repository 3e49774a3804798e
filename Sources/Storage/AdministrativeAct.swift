import GRDB
import Reconciliation

/// What somebody changed in the configuration.
package struct AdministrativeAct: Sendable, Equatable {
    package enum Action: String, Sendable, CaseIterable {
        case createOrganization, changeOrganization
        case createSSOConfiguration, activateSSOConfiguration, deactivateSSOConfiguration
        case createSCIMConfiguration, enableSCIMConfiguration, disableSCIMConfiguration
        case renameSCIMConfiguration, deleteSCIMConfiguration
        case setExtensionSchemas, clearExtensionSchemas
        case addToken, rotateToken, revokeToken
        case createAdminToken, revokeAdminToken
    }

    package var at: Instant
    /// For example `command line (root)` or `admin token deploy`.
    package var administrator: String
    package var action: Action
    /// What was changed, by the name that it had then.
    package var subject: String
    /// The organization's name; `nil` for what belongs to none.
    package var organization: String?
}

extension Database {
    /// Keeps, in the same transaction, who changed what; nothing where nobody is named, as in a test.
    func note(
        _ action: AdministrativeAct.Action, _ subject: String, of organization: Int64 = 0,
        by administrator: Administrator?
    ) throws {
        guard let administrator else { return }
        try execute(
            sql: """
                INSERT INTO administrativeAct (organization, sequence, at, administrator, action, subject)
                VALUES (?, (SELECT coalesce(max(sequence), 0) + 1 FROM administrativeAct WHERE organization = ?), ?, ?, ?, ?)
                """,
            arguments: [
                organization, organization, administrator.now.milliseconds, administrator.name, action.rawValue,
                subject,
            ])
    }
}

extension Store {
    /// What was changed last, the newest first.
    ///
    /// - Parameter organization: `nil` for all, and for what belongs to none.
    package func administrativeActs(of organization: Int64? = nil, limit: Int) throws -> [AdministrativeAct] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT a.at, a.administrator, a.action, a.subject, o.name FROM administrativeAct a
                    LEFT JOIN organization o ON o.organization = a.organization
                    WHERE ? IS NULL OR a.organization = ?
                    ORDER BY a.at DESC, a.organization, a.sequence DESC LIMIT ?
                    """, arguments: [organization, organization, limit]
            ).map { row in
                guard let action = AdministrativeAct.Action(rawValue: row[2]) else {
                    throw StorageError.damagedRow("administrative act")
                }
                return AdministrativeAct(
                    at: Instant(milliseconds: row[0]), administrator: row[1], action: action, subject: row[3],
                    organization: row[4])
            }
        }
    }
}
