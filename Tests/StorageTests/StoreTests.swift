import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Storage

@Suite("The database file")
struct StoreTests {
    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private func open(_ path: String, _ mode: Store.Mode) -> StorageError.Code? {
        do { _ = try Store(path: path, mode: mode) } catch { return (error as? StorageError)?.code }
        return nil
    }

    @Test(
        "a file that is not ours is refused and left as it is to the byte",
        arguments: [
            "hello", String(repeating: "x", count: 5000), "SQLite format 3\0",
            "SQLite format 3\0" + String(repeating: "\0", count: 4080),
        ])
    func strangers(_ content: String) throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("rollcall.db")
        try Data(content.utf8).write(to: file)
        for mode in [Store.Mode.readOnly, .readWrite] {
            #expect(open(file.path, mode) == .notADatabase)
            #expect(try Data(contentsOf: file) == Data(content.utf8))
        }
    }

    @Test("a folder, and another program's database, are refused")
    func others() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(open(folder.path, .readWrite) == .notADatabase)
        let path = folder.appendingPathComponent("other.db").path
        try DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        for mode in [Store.Mode.readOnly, .readWrite] { #expect(open(path, mode) == .notADatabase) }
    }

    @Test("a database that a newer version wrote is refused, and both versions are named")
    func newer() throws {
        let fixture = try Fixture(.file)
        let known = Schema.version
        try fixture.store.write { try $0.execute(sql: "PRAGMA user_version = \(known + 1)") }
        for mode in [Store.Mode.readOnly, .readWrite] {
            let error = #expect(throws: StorageError.self) { try Store(path: fixture.path, mode: mode) }
            #expect(error?.code == .newerSchema)
            #expect(error?.detail.contains("version \(known + 1)") == true)
            #expect(error?.detail.contains("knows \(known)") == true)
        }
    }

    @Test("a missing file reads as an empty store and is not made")
    func missing() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("rollcall.db").path
        #expect(try Store(path: path, mode: .readOnly).organizations().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("a body that throws leaves nothing of its transaction", arguments: Home.allCases)
    func rollback(_ home: Home) throws {
        struct Failure: Error {}
        let fixture = try Fixture(home)
        #expect(throws: Failure.self) {
            try fixture.store.write { db in
                _ = try ConfigurationRows(db: db).createOrganization(named: "globex", now: fixture.start)
                throw Failure()
            }
        }
        #expect(try fixture.store.organizations().map(\.name) == ["acme"])
    }

    @Test("a commit is flushed, and no checkpoint happens behind the lock's back")
    func settings() throws {
        let fixture = try Fixture(.file)
        let settings = try fixture.store.write { db in
            try ["synchronous", "journal_mode", "wal_autocheckpoint", "foreign_keys"].map { name in
                try DatabaseValue.fetchOne(db, sql: "PRAGMA " + name)?.storage.value.map { "\($0)" }
            }
        }
        #expect(settings == ["2", "wal", "0", "1"])
    }

    @Test("a writer waits for another process's lock, and no two hold it")
    func lock() async throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("lock").path
        let count = Counter()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<4 {
                tasks.addTask {
                    do {
                        let lock = try WriterLock(path: path)
                        for _ in 0..<200 { try lock.hold { count.enterAndLeave() } }
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        #expect(count.mostAtOnce == 1)
    }

    @Test("a record comes back from its row as it was written", arguments: Home.allCases)
    func roundTrip(_ home: Home) throws {
        let fixture = try Fixture(home)
        var attributes = Attributes()
        attributes["userName"] = "Zoë@x"
        attributes["emails[type eq \"work\"]"] = ["value": "z@x"]
        attributes["employeeNumber"] = .number("17.50")
        let full = DirectoryRecord(
            id: "u1", kind: .user, anchor: Anchor("Ä"), reference: "cn=zoë", name: "Zoë@x", active: false,
            attributes: attributes, cleared: ["nickName", "title"],
            references: [
                RecordReference(path: "manager.value", target: .source(key: "cn=ada")),
                RecordReference(path: "assistant.value", target: .record(id: "u2")),
            ], source: ["userType": "Guest"], version: 7, decidedVersion: 3, origin: .snapshot,
            pushedAt: fixture.at(1), missingSince: fixture.at(2), deletedAt: fixture.at(3))
        let bare = DirectoryRecord(
            id: "u2", kind: .group, anchor: nil, reference: nil, name: "G", active: nil, attributes: Attributes(),
            origin: .push)
        for record in [full, bare] {
            let read = try fixture.store.write { db in
                let row = try record.insert(
                    into: db, organization: fixture.scope.organization, connection: fixture.scope.connection,
                    now: fixture.start)
                return try Row.fetchOne(
                    db, sql: "SELECT \(DirectoryRecord.columns) FROM directoryRecord WHERE row = ?", arguments: [row]
                ).map { try DirectoryRecord(row: $0) }
            }
            #expect(read == record)
        }
    }
}

/// Counts who is inside at the same time.
///
/// Proof for `@unchecked Sendable`: the variables are only touched under `lock`.
private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var inside = 0
    private var most = 0

    var mostAtOnce: Int { lock.withLock { most } }

    func enterAndLeave() {
        lock.withLock {
            inside += 1
            most = max(most, inside)
        }
        lock.withLock { inside -= 1 }
    }
}
