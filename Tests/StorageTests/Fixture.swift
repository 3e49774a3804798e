import Foundation
import GRDB
import JSONBytes
import Reconciliation
import SCIM
import Testing

@testable import Storage

/// Where a suite's database lives: every law holds for both.
enum Home: String, CaseIterable, CustomTestStringConvertible {
    case memory, file
    var testDescription: String { rawValue }
}

/// A store with one organization and one push endpoint, in a folder that goes with the fixture.
final class Fixture {
    let folder: URL
    let store: Store
    let scope: PushScope
    let token: BearerToken
    let start = Instant(milliseconds: 1_800_000_000_000)

    var path: String { folder.appendingPathComponent("rollcall.db").path }

    init(_ home: Home) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("rollcall.db").path
        store = try home == .memory ? Store(inMemory: "test") : Store(path: path, mode: .readWrite, readers: 2)
        token = Fixture.token(1)
        scope = try Fixture.endpoint("acme", in: store, token, start)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    static func token(_ seed: UInt8) -> BearerToken {
        BearerToken(random: [UInt8](repeating: seed, count: BearerToken.randomBytes))
    }

    /// An organization with one SSO configuration and one push endpoint.
    static func endpoint(_ name: String, in store: Store, _ token: BearerToken, _ now: Instant) throws -> PushScope {
        let organization = try store.createOrganization(named: name, now: now).organization
        _ = try store.createSSOConfiguration(named: "okta", id: "sso-" + name, of: organization, now: now)
        let request = SCIMConfigurationRequest(id: "scim-" + name, name: "Entra", sso: "okta", token: token)
        _ = try store.createSCIMConfiguration(request, of: organization, now: now)
        return try #require(try store.pushScope(configurationID: "scim-" + name, tokenHash: token.hash, at: now))
    }

    func at(_ seconds: Int) -> Instant { start + .seconds(seconds) }

    /// Runs one push as the commit thread would.
    func push<T>(_ seconds: Int = 0, _ body: (PushTransaction) throws -> T) throws -> T {
        try push(scope, seconds, body)
    }

    func push<T>(_ scope: PushScope, _ seconds: Int = 0, _ body: (PushTransaction) throws -> T) throws -> T {
        try store.write { db in
            try body(PushTransaction(rows: PushRows(db: db, scope: scope), now: at(seconds)))
        }
    }

    /// The queue as "id:version", in order.
    func queue() throws -> [String] {
        try store.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT r.id || ':' || q.version FROM queueEntry q JOIN directoryRecord r ON r.row = q.recordRow
                    ORDER BY q.sequence
                    """)
        }
    }
}

extension Store {
    /// What a client finds with a filter, all that fulfil it counted.
    func list(
        _ scope: PushScope, _ kind: Kind, _ filter: String? = nil, startIndex: Int = 1, count: Int = 100
    ) throws -> (total: Int?, resources: [StoredResource]) {
        let search = ResourceSearch(
            scope, kinds: [kind], filter: try filter.map { try Filter(parsing: $0) }, sort: nil,
            locationPrefix: { _ in "" })
        let found = try find(search, offset: startIndex - 1, limit: count, isCounted: true)
        return (found.total, found.page.map(\.resource))
    }
}

/// A user as the endpoint makes one.
func user(
    _ id: String, _ name: String, anchor: String? = nil, _ more: [String: JSONValue] = [:]
) -> DirectoryRecord {
    var attributes = Attributes()
    attributes["userName"] = .string(name)
    for (path, value) in more { attributes[path] = value }
    return DirectoryRecord(
        id: id, kind: .user, anchor: anchor.map(Anchor.init), reference: nil, name: name, active: true,
        attributes: attributes, origin: .push)
}

func group(_ id: String, _ name: String, anchor: String? = nil) -> DirectoryRecord {
    var attributes = Attributes()
    attributes["displayName"] = .string(name)
    return DirectoryRecord(
        id: id, kind: .group, anchor: anchor.map(Anchor.init), reference: nil, name: name, active: nil,
        attributes: attributes, origin: .push)
}
