import GRDB
import Reconciliation
import Testing

@testable import Storage

@Suite("Group commit")
struct GroupCommitTests {
    private struct Failure: Error {}

    @Test("of many creates of one name exactly one succeeds", arguments: Home.allCases)
    func oneWinner(_ home: Home) async throws {
        let fixture = try Fixture(home)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        let now = fixture.start
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { tasks in
            for number in 0..<50 {
                tasks.addTask {
                    do {
                        _ = try await commit.submit(scope, now: now) { try $0.create(user("u\(number)", "ada")) }
                        return true
                    } catch PushConflict.uniqueness(attribute: "userName") {
                        return false
                    }
                }
            }
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1)
        #expect(try fixture.queue().count == 1)
        await commit.close()
    }

    @Test("a body that fails takes back its own changes and no neighbour's", arguments: Home.allCases)
    func neighbours(_ home: Home) async throws {
        let fixture = try Fixture(home)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        let now = fixture.start
        let failures = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for number in 0..<60 {
                tasks.addTask {
                    do {
                        try await commit.submit(scope, now: now) { push in
                            _ = try push.create(user("u\(number)", "user\(number)"))
                            if number.isMultiple(of: 3) { throw Failure() }
                        }
                        return 0
                    } catch is Failure {
                        return 1
                    }
                }
            }
            return try await tasks.reduce(0, +)
        }
        #expect(failures == 20)
        let page = try fixture.store.list(scope, .user)
        #expect(page.total == 40)
        #expect(try fixture.queue().count == 40)
        await commit.close()
    }

    @Test("after the answer another store of the same file has the row")
    func durable() async throws {
        let fixture = try Fixture(.file)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        _ = try await commit.submit(scope, now: fixture.start) { try $0.create(user("u1", "ada")) }
        let other = try Store(path: fixture.path, mode: .readOnly)
        #expect(try other.resource(scope, kind: .user, id: "u1")?.record.name == "ada")
        await commit.close()
    }

    @Test("closing writes what waits, and then refuses")
    func closing() async throws {
        let fixture = try Fixture(.file)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        let now = fixture.start
        async let first = commit.submit(scope, now: now) { try $0.create(user("u1", "ada")) }
        _ = try await first
        await commit.close()
        await commit.close()
        let refusal = await #expect(throws: StorageError.self) {
            try await commit.submit(scope, now: now) { try $0.create(user("u2", "grace")) }
        }
        #expect(refusal?.code == .busy)
    }

    @Test("more than may wait are refused, and those that waited are written")
    func full() async throws {
        let fixture = try Fixture(.file)
        let commit = GroupCommit(store: fixture.store, waitingMax: 2)
        let scope = fixture.scope
        let now = fixture.start
        let outcomes = await withTaskGroup(of: StorageError.Code?.self) { tasks in
            for number in 0..<200 {
                tasks.addTask {
                    do {
                        _ = try await commit.submit(scope, now: now) {
                            try $0.create(user("u\(number)", "user\(number)"))
                        }
                        return nil
                    } catch {
                        return (error as? StorageError)?.code ?? .failed
                    }
                }
            }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        let written = outcomes.filter { $0 == nil }.count
        #expect(written >= 2)
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .busy })
        #expect(try fixture.queue().count == written)
        await commit.close()
    }

    @Test("when the transaction is lost every caller hears of it and nothing stays")
    func lostTransaction() async throws {
        let fixture = try Fixture(.file)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        let now = fixture.start
        let error = await #expect(throws: StorageError.self) {
            try await commit.submit(scope, now: now) { push in
                _ = try push.create(user("u1", "ada"))
                try push.rows.db.execute(sql: "ROLLBACK")
                throw StorageError(code: .full, detail: "no space left")
            }
        }
        #expect(error?.code == .full)
        #expect(try fixture.queue().isEmpty)
        _ = try await commit.submit(scope, now: now) { try $0.create(user("u1", "ada")) }
        #expect(try fixture.queue() == ["u1:1"])
        await commit.close()
    }

    @Test("members that many add at once all stay")
    func concurrentMembers() async throws {
        let fixture = try Fixture(.file)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        let now = fixture.start
        try await commit.submit(scope, now: now) { push in
            _ = try push.create(group("g1", "Sales"))
            for number in 0..<40 { _ = try push.create(user("u\(number)", "user\(number)")) }
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<40 {
                tasks.addTask {
                    _ = try await commit.submit(scope, now: now) {
                        try $0.changeMembers(groupID: "g1", add: ["u\(number)"], remove: [])
                    }
                }
            }
            try await tasks.waitForAll()
        }
        #expect(try fixture.store.members(scope, groupID: "g1").count == 40)
        #expect(try fixture.store.resource(scope, kind: .group, id: "g1")?.record.version == 41)
        await commit.close()
    }

    @Test("on a full disk a push is refused and reading goes on; with space again it is taken")
    func fullDisk() async throws {
        let fixture = try Fixture(.file)
        let commit = GroupCommit(store: fixture.store)
        let scope = fixture.scope
        let now = fixture.start
        try fixture.store.write { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        let long = String(repeating: "x", count: 100_000)
        let error = await #expect(throws: StorageError.self) {
            try await commit.submit(scope, now: now) { try $0.create(user("u1", "ada", ["title": .string(long)])) }
        }
        #expect(error?.code == .full)
        #expect(try fixture.store.list(scope, .user).total == 0)
        try fixture.store.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        _ = try await commit.submit(scope, now: now) { try $0.create(user("u1", "ada", ["title": .string(long)])) }
        #expect(try fixture.queue() == ["u1:1"])
        await commit.close()
    }

    @Test("two stores of one file write in turn and lose nothing")
    func twoStores() async throws {
        let fixture = try Fixture(.file)
        let scope = fixture.scope
        let now = fixture.start
        let other = try Store(path: fixture.path, mode: .readWrite)
        let commits = [GroupCommit(store: fixture.store), GroupCommit(store: other)]
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for number in 0..<100 {
                let commit = commits[number % 2]
                tasks.addTask {
                    _ = try await commit.submit(scope, now: now) { try $0.create(user("u\(number)", "user\(number)")) }
                }
            }
            try await tasks.waitForAll()
        }
        #expect(try fixture.queue().count == 100)
        for store in [fixture.store, other] {
            #expect(try store.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        }
        for commit in commits { await commit.close() }
    }
}
