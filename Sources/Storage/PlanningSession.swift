import GRDB
import JSONBytes
import Reconciliation

/// A connection as the last accepted run left it.
package struct ConnectionState: Sendable, Equatable {
    package var organization: Int64
    package var connection: Int64
    package var organizationName: String
    package var connectionName: String
    /// `takenAt` of the last accepted snapshot.
    package var acceptedTakenAt: Instant?
    package var acceptedCounts: [Kind: Int]
    /// The rules of the last accepted run; the drain uses them too.
    package var rules: Rules?
    package var rulesHash: String?
    /// The limits of the last accepted run, under which the drain is judged too; `nil` before the first one.
    package var gates: GateLimits?

    static func fetch(_ db: Database, organization: String, connection: String) throws -> ConnectionState? {
        // The exact spelling wins over another that folds to the same name.
        let folded = ConnectionNaming.key(connection)
        let names = try Row.fetchAll(
            db,
            sql: """
                SELECT c.organization, c.connection, c.name FROM connection c
                JOIN organization o ON o.organization = c.organization WHERE o.nameKey = ?
                """, arguments: [ConnectionNaming.key(organization)])
        let found = names.first { $0[2] == connection } ?? names.first { ConnectionNaming.key($0[2]) == folded }
        return try found.flatMap { try fetch(db, organization: $0[0] as Int64, connection: $0[1] as Int64) }
    }

    static func fetch(_ db: Database, organization: Int64, connection: Int64) throws -> ConnectionState? {
        try fetch(db, "WHERE c.organization = ? AND c.connection = ?", [organization, connection])
    }

    private static func fetch(
        _ db: Database, _ condition: String, _ arguments: StatementArguments
    ) throws -> ConnectionState? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT c.organization, c.connection, o.name, c.name, c.acceptedTakenAt, c.acceptedUsers, c.acceptedGroups,
                    c.rules, c.rulesHash, c.gates
                FROM connection c JOIN organization o ON o.organization = c.organization
                \(condition)
                """, arguments: arguments)
        guard let row else { return nil }
        var counts: [Kind: Int] = [:]
        counts[.user] = row[5]
        counts[.group] = row[6]
        return ConnectionState(
            organization: row[0], connection: row[1], organizationName: row[2], connectionName: row[3],
            acceptedTakenAt: Instant(column: row[4]), acceptedCounts: counts,
            rules: try decoded(row[7], "rules", Rules.init(json:)),
            rulesHash: row[8], gates: try decoded(row[9], "gates", GateLimits.init(json:)))
    }

    /// What a column of a connection says in JSON; `nil` where it says nothing.
    private static func decoded<T>(_ text: String?, _ name: String, _ decode: (JSONObject) throws -> T) throws -> T? {
        guard let text else { return nil }
        do {
            guard let object = try JSONValue(parsing: Array(text.utf8)).object else { throw CodingFailure(key: name) }
            return try decode(object)
        } catch {
            throw StorageError.damagedRow("\(name) of a connection (\(error))")
        }
    }
}

/// One consistent view of the database for the length of a plan, with room for the plan itself in temporary tables.
///
/// It cannot write to the database: its connection is read-only. It must not outlive the closure that it was given to.
package struct PlanningSession {
    /// `nil` when the organization or the connection does not exist yet.
    package let state: ConnectionState?
    package let lookup: Lookup
    package let workspace: PlanWorkspace
}

extension Store {
    /// Runs a plan's reading in one read transaction on a connection of its own.
    package func planning<T>(
        organization: String, connection: String, _ body: (PlanningSession) throws -> T
    ) throws -> T {
        let (queue, isShared) = try planningQueue()
        do {
            let result = try queue.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN DEFERRED")
                defer { PlanWorkspace.endTransaction(db) }
                let state = try ConnectionState.fetch(db, organization: organization, connection: connection)
                // The accounts of an organization are there before a new connection of it is.
                let known = try state?.organization ?? Self.organization(db, named: organization)
                let lookup = Lookup(
                    db: db, organization: known ?? Lookup.nowhere, connection: state?.connection ?? Lookup.nowhere)
                return try body(
                    PlanningSession(state: state, lookup: lookup, workspace: try PlanWorkspace(db)))
            }
            if !isShared { try queue.close() }
            return result
        } catch let error as DatabaseError {
            throw StorageError(error, path: path)
        }
    }

    private static func organization(_ db: Database, named name: String) throws -> Int64? {
        try Int64.fetchOne(
            db, sql: "SELECT organization FROM organization WHERE nameKey = ?", arguments: [ConnectionNaming.key(name)])
    }
}
