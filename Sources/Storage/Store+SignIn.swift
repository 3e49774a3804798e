import GRDB
import Reconciliation
import SCIM

/// How an application names the person at its door.
package enum SignInIdentity: Sendable, Equatable {
    case userName(String)
    case externalId(String)
    /// The account's id.
    case id(String)
}

extension Store {
    /// Gathers what decides whether a person may sign in, in one consistent state. A few indexed statements.
    ///
    /// An account that we deactivated gave its name up: where a living account has the name, that one is meant, and else
    /// the one that was deactivated last.
    ///
    /// - Parameter sso: name or id of the SSO configuration through which the person comes; `nil` where that is asked.
    package func signInQuestion(
        about who: SignInIdentity, through sso: String?, in organization: Int64
    ) throws -> SignInQuestion {
        try read { db in
            let rows = ConfigurationRows(db: db)
            let owner = try rows.organization(organization)
            let all = try rows.ssoConfigurations(of: organization)
            let asked = sso.map { sso in
                let found = all.first { $0.id == sso } ?? all.first { ConfigurationRows.same($0.name, sso) }
                return found.map { AskedSSO.configuration($0.reference) } ?? .unknown
            }
            return SignInQuestion(
                restrictsCreation: owner.settings.restrictAccountCreationToSCIM,
                account: try SignInRows(db: db, organization: organization, ssoConfigurations: all).account(who),
                asked: asked ?? .unsaid, active: all.filter(\.active).map(\.reference))
        }
    }
}

extension SSOConfiguration {
    fileprivate var reference: SSOReference { SSOReference(id: id, name: name, isActive: active) }
}

/// Accounts of people, found for a sign-in inside a transaction that somebody else opened.
private struct SignInRows {
    let db: Database
    let organization: Int64
    let ssoConfigurations: [SSOConfiguration]

    func account(_ who: SignInIdentity) throws -> SignInAccount? {
        switch who {
        case .id(let id): return try account("a.id = ?", id)
        case .externalId(let anchor): return try account("a.externalId = ?", anchor)
        case .userName(let name):
            let key = KeyFolding.fold(name)
            // The conditions are those of two partial indexes, word for word.
            return try account("a.nameKey = ? AND (a.active = 1 OR a.disabledBy = 'administrator')", key)
                ?? account("a.nameKey = ? AND a.active = 0 AND a.disabledBy = 'rollcall'", key)
        }
    }

    private func account(_ condition: String, _ key: String) throws -> SignInAccount? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT a.id, a.name, a.active, a.disabledBy, l.recordRow, c.ssoConfiguration FROM account a
                LEFT JOIN link l ON l.organization = a.organization AND l.accountRow = a.row
                LEFT JOIN connection c ON c.organization = l.organization AND c.connection = l.connection
                WHERE a.organization = ? AND a.kind = 'user' AND \(condition)
                ORDER BY a.active DESC, a.disabledBy, a.changedAt DESC LIMIT 1
                """)
        guard let row = try Row.fetchOne(statement, arguments: [organization, key]) else { return nil }
        let state: SignInAccount.State =
            row[2] ? .active : row[3] == "administrator" ? .deactivatedByAdministrator : .deactivatedByDirectory
        let sso = (row[5] as String?).flatMap { id in ssoConfigurations.first { $0.id == id }?.reference }
        let departure = state == .active ? try (row[4] as Int64?).flatMap(departure) : nil
        return SignInAccount(id: row[0], userName: row[1], state: state, departure: departure, sso: sso)
    }

    /// Whether the record that owns an active account says that the person is gone.
    private func departure(recordRow: Int64) throws -> SignInAccount.Departure? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT EXISTS (SELECT 1 FROM heldChange h WHERE h.organization = d.organization AND h.recordRow = d.row
                        AND h.class IN ('deactivate', 'delete')),
                    d.version > d.decidedVersion AND (coalesce(d.active, 1) = 0 OR d.deletedAt IS NOT NULL),
                    d.missingSince IS NOT NULL
                FROM directoryRecord d WHERE d.organization = ? AND d.row = ?
                """)
        guard let row = try Row.fetchOne(statement, arguments: [organization, recordRow]) else { return nil }
        if row[0] { return .deactivationHeld }
        if row[1] { return .deactivationWaiting }
        return row[2] ? .missingFromDirectory : nil
    }
}
