import Foundation
import GRDB
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
