import Foundation
import GRDB
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Quarantine and retry")
struct QueueTests {
    private func items(_ client: Client) throws -> [QueueItem] { try client.store.queueItems(QueueSelection()) }

    /// The account store refuses this person, as a broken trigger of the application would.
    private func poison(_ world: World, _ name: String) throws {
        try world.store(.readWrite).write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER poison BEFORE INSERT ON account WHEN NEW.name = '\(name)'
                    BEGIN SELECT RAISE(ABORT, 'poisoned'); END
                    """)
        }
    }

    private func cure(_ world: World) throws {
        try world.store(.readWrite).write { try $0.execute(sql: "DROP TRIGGER poison") }
    }

    @Test("a delay is a minute, doubled, at most six hours, and of that a share of chance")
    func backoff() {
        for (attempts, minutes) in [(0, 1), (1, 2), (2, 4), (8, 256), (9, 360), (10, 360), (1_000_000, 360)] {
            #expect(Backoff.delay(afterAttempts: attempts, random: { $0 }) == .seconds(60 * minutes), "\(attempts)")
            #expect(Backoff.delay(afterAttempts: attempts, random: { _ in 0 }) == .zero)
        }
    }

    @Test(
        "a poisoned record is set aside and tried again later and later; its neighbours go on, its later changes wait behind"
    )
    func poisoned() async throws {
        let world = try World()
        let client = try Client(world)
        try poison(world, "bad")
        for name in ["one", "bad", "two"] { try await client.put(Day.Person("a-" + name, name)) }
        let told = try #require(try client.drain())
        #expect(told.quarantined.map(\.name) == ["bad"] && told.quarantined[0].finding.code == "FAILED")
        #expect(try Set(world.accounts().users.keys) == ["a-one", "a-two"])
        #expect(try world.queued() == 1 && client.drain() == nil)
        try await client.put(Day.Person("a-bad", "bad", title: "newer"))
        try await client.put(Day.Person("a-three", "three"))
        #expect(try #require(try client.drain()).summary.counts == [.create: 1])
        world.clock.advance(60)
        #expect(try client.drain()?.quarantined.count == 1)
        var item = try #require(try items(client).first { $0.state == .quarantined })
        #expect(item.attempts == 2 && item.nextAttempt! - item.lastSeen! == .seconds(120))
        #expect(item.version == 2 && item.attributes?["title"]?.string == "newer" && item.since < item.lastSeen!)
        world.clock.advance(118)
        #expect(try client.drain() == nil)
        try cure(world)
        world.clock.advance(2)
        #expect(try #require(try client.drain()).summary.counts == [.create: 1])
        #expect(try world.accounts().users["a-bad"]?.title == "newer")
        #expect(try items(client).isEmpty && world.queued() == 0)
        item.attempts = nil
        await client.close()
    }

    @Test("retry tries again now; discard closes the entry with a reason that stays")
    func retryAndDiscard() async throws {
        let world = try World()
        let client = try Client(world)
        try poison(world, "bad")
        try await client.put(Day.Person("a-bad", "bad"))
        try client.drain()
        let now = world.clock.now
        let tried = try client.store.retry(QueueSelection(), where: { $0.isCalled("BAD") }, by: "Ana", now: now)
        #expect(Set(tried.map(\.item.state)) == [.quarantined, .waiting] && tried.allSatisfy(\.isQueued))
        #expect(try client.drain()?.quarantined.count == 1)
        let gone = try client.store.discard(
            QueueSelection(), where: { $0.isCalled("a-bad") }, reason: "a test account", by: "Ana", now: now)
        #expect(gone.count == 2)
        world.clock.advance(86_400)
        #expect(try client.drain() == nil && items(client).isEmpty && world.queued() == 0)
        #expect(try client.find(.user, "a-bad") != nil)
        try world.store().read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT action, reason, decidedBy FROM queueDecision ORDER BY sequence")
            #expect(rows.last?["reason"] == "a test account" && rows.last?["decidedBy"] == "Ana" && rows.count == 4)
        }
        #expect(throws: StorageError.self) {
            try world.store(.readWrite).write { try $0.execute(sql: "DELETE FROM queueDecision") }
        }
        // It comes back with the next change.
        try cure(world)
        try await client.put(Day.Person("a-bad", "bad", title: "again"))
        try client.drain()
        #expect(try world.accounts().users["a-bad"]?.title == "again")
        await client.close()
    }

    @Test("a held change that is discarded is not done, and the digest of the rest is another one")
    func discardHeld() async throws {
        let world = try World()
        let client = try Client(world, rules: World.rules, gates: GateLimits())
        for index in 0..<9 { try await client.put(Day.Person("p\(index)", "user\(index)")) }
        try client.drain()
        for index in 0..<4 { try await client.put(Day.Person("p\(index)", "user\(index)", active: false)) }
        try client.drain()
        #expect(try items(client).map(\.state) == [.held, .held, .held, .held])
        #expect(try items(client)[0].changeClass == .deactivate)
        _ = try client.store.discard(
            QueueSelection(), where: { $0.isCalled("user2") }, reason: "stays", by: "Ana", now: world.clock.now)
        #expect(try items(client).map(\.name) == ["user0", "user1", "user3"])
        #expect(try world.accounts().users["p2"]?.active == true)
        await client.close()
    }

    @Test("who is quarantined keeps the first day, and is decided again when the rules change")
    func rulesChange() async throws {
        let world = try World()
        var rules = World.rules
        rules.userScope = .clauses([
            [
                ScopingClause(
                    attribute: .slot(path: "title", isMultiValued: false), operator: .greaterThan, values: ["3"])
            ]
        ])
        let client = try Client(world, rules: rules)
        try await client.put(Day.Person("a", "ann", title: "no number"))
        try client.drain()
        let first = try #require(try items(client).first)
        #expect(first.finding?.code == "UNDECIDED" && first.attempts == 1 && first.nextAttempt == nil)
        #expect(try client.drain() == nil)
        try await client.put(Day.Person("a", "ann", title: "no number yet"))
        try client.drain()
        let second = try #require(try items(client).first)
        #expect(second.attempts == 2 && second.since == first.since && second.lastSeen! > first.lastSeen!)
        let state = try #require(try client.store.existingConnection(organization: "acme", connection: "main"))
        try client.store.accept(
            state, takenAt: nil, counts: [:], digest: nil, rules: World.rules, startedAt: world.clock.now)
        #expect(try #require(try client.drain()).summary.counts == [.create: 1])
        #expect(try items(client).isEmpty)
        await client.close()
    }

    @Test("a quarantined row of a file has its place and its file's digest; only the next run looks at it again")
    func file() async throws {
        let world = try World()
        let day = Day([Day.Person("a", "ann"), Day.Person("b", "bob"), Day.Person("c", "Bob")])
        let told = try world.run(day)
        let client = try Client(world)
        let found = try items(client).filter { $0.state == .quarantined }
        #expect(found.count == 2 && found.allSatisfy { $0.sourceDigest == told.result.header.sourceDigest })
        #expect(found.allSatisfy { $0.place != nil })
        #expect(found.first { $0.anchor == "c" }?.attributes?["userName"]?.string == "Bob")
        let tried = try client.store.retry(
            QueueSelection(), where: { $0.isCalled("c") }, by: "Ana", now: world.clock.now)
        #expect(tried.map(\.isQueued) == [false])
        await client.close()
    }

    @Test("who wants a name that an administrator frees is decided again at once")
    func accountChange() async throws {
        let world = try World()
        let client = try Client(world)
        try await client.put(Day.Person("old", "ann"))
        try client.drain()
        let organization = try client.store.organization(named: "acme").organization
        // Disabled by an administrator an account keeps its name, also when its record is gone.
        _ = try client.store.change("ann", of: organization, by: .disable, now: world.clock.now)
        try await client.delete(.user, "old")
        try await client.put(Day.Person("new", "ann"))
        try client.drain()
        #expect(try items(client).map(\.finding?.code) == ["TAKEN"])
        _ = try client.store.change("ann", of: organization, by: .enable, now: world.clock.now)
        #expect(try world.queued() == 1)
        await client.close()
    }
}
