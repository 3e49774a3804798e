import Foundation
import GRDB
import SCIM
import Testing

@testable import Storage

@Suite("Migrations")
struct MigrationTests {
    private func temporaryPath() -> String {
        NSTemporaryDirectory() + "rollcall-migration-" + UUID().uuidString + ".db"
    }

    @Test(
        "who only reads a database of an older version works on a copy and leaves it; who writes brings it up to date")
    func older() throws {
        let path = temporaryPath()
        defer { for end in ["", "-wal", "-shm", "-lock"] { unlink(path + end) } }
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue, upTo: "1")
        try queue.write { try $0.execute(sql: "INSERT INTO organization VALUES (1, 'acme', 'acme', 0)") }
        try queue.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let looking = try Store(path: path, mode: .readOnly)
        #expect(try looking.organizations().map(\.name) == ["acme"])
        #expect(try looking.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == Schema.version)
        try looking.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        let store = try Store(path: path, mode: .readWrite)
        #expect(try store.organizations().map(\.name) == ["acme"])
        #expect(try store.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == Schema.version)
        #expect(try store.read { try Row.fetchAll($0, sql: "PRAGMA foreign_key_check") }.isEmpty)
        try store.close()
        #expect(try Store(path: path, mode: .readOnly).organizations().count == 1)
    }

    @Test("people from before the keys of migration 8 are found by e-mail address and display name")
    func keys() throws {
        let path = temporaryPath()
        defer { for end in ["", "-wal", "-shm", "-lock"] { unlink(path + end) } }
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue, upTo: "7")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO organization VALUES (1, 'acme', 'acme', 0);
                    INSERT INTO connection (organization, connection, name, createdAt) VALUES (1, 1, 'default', 0);
                    """)
            for (id, document) in [
                ("u1", #"{"displayName":"Ada","emails[type eq \"work\"]":{"value":"A@x"},"userName":"u1"}"#),
                ("u2", #"{"emails":[{"value":"b@x"},{"value":"c@x"}],"userName":"u2"}"#), ("u3", #"{"userName":"u3"}"#),
            ] {
                try db.execute(
                    sql: """
                        INSERT INTO directoryRecord (organization, connection, id, kind, name, nameKey, present, document,
                            version, decidedVersion, origin, createdAt, changedAt)
                        VALUES (1, 1, ?, 'user', ?, ?, 1, ?, 1, 1, 'snapshot', 0, 0)
                        """, arguments: [id, id, id, document])
            }
        }
        try queue.close()
        let store = try Store(path: path, mode: .readWrite)
        let scope = PushScope(
            organization: 1, connection: 1, organizationName: "acme", connectionName: "default", configurationID: "c",
            configurationName: "c")
        for (filter, expected) in [
            (#"emails.value eq "a@X""#, ["u1"]), (#"emails eq "C@x""#, ["u2"]), (#"displayName eq "ADA""#, ["u1"]),
            (#"emails eq "d@x""#, []),
        ] {
            let search = ResourceSearch(
                scope, kinds: [.user], filter: try Filter(parsing: filter), sort: nil, locationPrefix: { _ in "" })
            let found = try store.find(search, limit: 10, isCounted: true)
            #expect(found.page.map(\.resource.record.id) == expected && found.total == expected.count, "\(filter)")
        }
        #expect(try store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM recordKey") } == 4)
        try store.close()
    }

    @Test("a push endpoint from before clients had names stays as tolerant as it was")
    func client() throws {
        let path = temporaryPath()
        defer { for end in ["", "-wal", "-shm", "-lock"] { unlink(path + end) } }
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue, upTo: "1")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO organization VALUES (1, 'acme', 'acme', 0);
                    INSERT INTO connection (organization, connection, name, createdAt) VALUES (1, 1, 'default', 0);
                    INSERT INTO scimConfiguration VALUES (1, 'c-1', 1, 'Entra', 1, 0);
                    """)
        }
        try queue.close()
        let store = try Store(path: path, mode: .readWrite)
        #expect(try store.scimConfiguration("c-1", of: 1).client == SCIMConfiguration.clientDefault)
        try store.close()
    }
}
