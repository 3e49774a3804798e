import Foundation
import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// Whose pushes these are: the connection that a bearer token opened. Everything that a push reads or writes is inside it.
package struct PushScope: Sendable, Hashable {
    package var organization: Int64
    package var connection: Int64
    package var organizationName: String
    package var connectionName: String
    package var configurationID: String
    package var configurationName: String
    /// The client that the SCIM configuration names, see ``SCIMConfiguration/client``.
    package var client = SCIMConfiguration.clientDefault
    /// What the endpoint speaks.
    package var schemas = SchemaSet.core
}

/// A directory record as the endpoint shows it, with its times.
package struct StoredResource: Sendable, Equatable {
    package var record: DirectoryRecord
    package var createdAt: Instant
    package var changedAt: Instant

    package init(record: DirectoryRecord, createdAt: Instant, changedAt: Instant) {
        self.record = record
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

/// A member of a group.
package struct StoredMember: Sendable, Equatable {
    package var id: String
    /// `nil` for a deferred member: no record of the connection has this id.
    package var kind: Kind?
    /// A user's display name, else the user name; a group's name.
    package var displayName: String?

    package init(id: String, kind: Kind?, displayName: String?) {
        self.id = id
        self.kind = kind
        self.displayName = displayName
    }
}

extension Store {
    /// The scope that a bearer token opens; `nil` where the SCIM configuration is unknown or disabled, or the token is
    /// wrong, expired or revoked. Every token of the configuration is compared, each in constant time.
    ///
    /// - Parameter tokenHash: SHA-256 of the token's text in lower-case hexadecimal, see ``BearerToken``.
    package func pushScope(configurationID: String, tokenHash: String, at now: Instant) throws -> PushScope? {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT s.organization, s.connection, o.name, c.name, s.id, s.name, s.client, s.extensionSchemas
                    FROM scimConfiguration s
                    JOIN organization o ON o.organization = s.organization
                    JOIN connection c ON c.organization = s.organization AND c.connection = s.connection
                    WHERE s.id = ? AND s.enabled = 1
                    """)
            guard let row = try Row.fetchOne(statement, arguments: [configurationID]) else { return nil }
            let scope = PushScope(
                organization: row[0], connection: row[1], organizationName: row[2], connectionName: row[3],
                configurationID: row[4], configurationName: row[5], client: row[6],
                schemas: try schemaCache.set(row[7], of: row[4]))
            return try Self.isValid(tokenHash, for: scope, at: now, db) ? scope : nil
        }
    }

    private static func isValid(_ hash: String, for scope: PushScope, at now: Instant, _ db: Database) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                SELECT hash FROM bearerToken
                WHERE organization = ? AND scimConfiguration = ? AND expiresAt > ?
                    AND (revokedAt IS NULL OR revokedAt > ?)
                """)
        let arguments: StatementArguments = [
            scope.organization, scope.configurationID, now.milliseconds, now.milliseconds,
        ]
        var valid = false
        for stored in try String.fetchAll(statement, arguments: arguments) {
            if equalInConstantTime(stored, hash) { valid = true }
        }
        return valid
    }

    /// Compares two digests in a time that depends on their length only.
    static func equalInConstantTime(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard left.count == right.count, !left.isEmpty else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    /// A present record of the connection; `nil` for an unknown id, another kind, another connection's, a deleted or a
    /// missing one.
    package func resource(_ scope: PushScope, kind: Kind, id: String) throws -> StoredResource? {
        try read { db in try PushRows(db: db, scope: scope).present(kind: kind, id: id)?.stored }
    }

    /// A group's members: present records, and after them the ids that no record has yet. Empty for an unknown group.
    package func members(_ scope: PushScope, groupID: String) throws -> [StoredMember] {
        try read { db in
            let rows = PushRows(db: db, scope: scope)
            guard let group = try rows.present(kind: .group, id: groupID) else { return [] }
            return try rows.members(ofGroup: group.row)
        }
    }

    /// The present groups that name this record as a direct member, in the order in which they were created.
    package func groups(_ scope: PushScope, memberID: String) throws -> [(id: String, displayName: String)] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT g.id, g.name FROM directoryRecord r
                    JOIN directoryMember m ON m.organization = r.organization AND m.memberRow = r.row AND m.removed = 0
                    JOIN directoryRecord g ON g.row = m.groupRow AND g.present = 1
                    WHERE r.organization = ? AND r.id = ? AND r.connection = ? AND r.present = 1
                    ORDER BY g.row
                    """)
            return try Row.fetchAll(statement, arguments: [scope.organization, memberID, scope.connection])
                .map { (id: $0[0], displayName: $0[1]) }
        }
    }
}
