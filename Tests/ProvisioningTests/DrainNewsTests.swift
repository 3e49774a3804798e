import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("News of the drain")
struct DrainNewsTests {
    /// A worker's job for the connection of the pushes.
    private func job(_ on: Set<NotifyPolicy.Trigger> = [.held, .quarantine], name: String = "nightly") -> Job {
        var job = NotifiedRun.job(on)
        job.connection = "main"
        job.name = name
        return job
    }

    /// What a look puts into the outbox.
    private func look(_ world: World, _ jobs: [Job]) throws -> [JSONObject] {
        let store = try world.store(.readWrite)
        let before = try bodies(store)
        // As from cron: nothing is kept in the process.
        DrainNews(store: store, environment: world.environment, warn: { Issue.record("\($0)") }).enqueue(for: jobs)
        return try Array(bodies(store).dropFirst(before.count)).map {
            try #require(try JSONValue(parsing: $0).object?["data"]?.object)
        }
    }

    private func bodies(_ store: Store) throws -> [String] {
        try store.read { try String.fetchAll($0, sql: "SELECT body FROM notification ORDER BY createdAt, job") }
    }

    @Test("a held set is told once, with the command that approves it; another set is told again")
    func held() async throws {
        let (world, client) = try await World.company(100)
        #expect(try look(world, [job()]).isEmpty)
        try await client.leave(0..<11)
        let told = try #require(try client.drain()?.summary.held)
        let first = try look(world, [job()])
        try #require(first.count == 1)
        #expect(first[0]["held"]?.integer == 11 && first[0]["heldDigest"]?.string == told.digest)
        #expect(first[0]["events"]?.array?.compactMap(\.string) == ["held"])
        #expect(
            first[0]["next"]?.array?.compactMap(\.string)
                == ["rollcall queue list", "rollcall queue approve \(told.digest)"])
        for _ in 0..<3 {
            world.clock.advance(3600)
            #expect(try look(world, [job()]).isEmpty)
        }
        try await client.leave(11..<12)
        try client.drain()
        #expect(try look(world, [job()]).map { $0["held"]?.integer } == [12])
        await client.close()
    }

    @Test("the same set that is held anew after nothing was held is told again")
    func heldAgain() async throws {
        let (world, client) = try await World.company(100)
        for _ in 0..<2 {
            try await client.leave(0..<11)
            try client.drain()
            #expect(try look(world, [job()]).count == 1)
            // They came back: nothing is held any more.
            try await client.enter(0..<11)
            try client.drain()
            #expect(try look(world, [job()]).isEmpty)
            world.clock.advance(86_400)
        }
        await client.close()
    }

    @Test("each job of the connection that asks for it is told, and no other")
    func jobs() async throws {
        let (world, client) = try await World.company(100)
        try await client.leave(0..<11)
        try client.drain()
        var elsewhere = job(name: "elsewhere")
        elsewhere.connection = "other"
        let told = try look(
            world, [job(name: "a"), job(name: "b"), job([.gate, .failure, .quarantine], name: "c"), elsewhere])
        #expect(told.compactMap { $0["job"]?.string } == ["a", "b"])
        await client.close()
    }

    @Test("a record that a drain sets aside is told once, until it is cured and set aside again")
    func quarantined() async throws {
        let world = try World()
        // An account that two records claim by name: the second one is set aside.
        try world.run(Day([Day.Person("x", "one")])) { $0.connection = "other" }
        let client = try Client(world, rules: World.rules)
        try await client.put(Day.Person("p0", "one"))
        let drained = try #require(try client.drain())
        try #require(drained.summary.quarantined == 1)
        let first = try look(world, [job()])
        try #require(first.count == 1)
        #expect(first[0]["events"]?.array?.compactMap(\.string) == ["quarantine"])
        #expect(first[0]["quarantined"]?.object?["total"]?.integer == 1)
        #expect(first[0]["quarantined"]?.object?["first"]?.array?.first?.object?["anchor"]?.string == "p0")
        #expect(try look(world, [job()]).isEmpty)
        try await client.put(Day.Person("p0", "one", title: "tried again"))
        try client.drain()
        #expect(try look(world, [job()]).isEmpty)
        try await client.put(Day.Person("p0", "two"))
        #expect(try client.drain()?.summary.quarantined == 0)
        #expect(try look(world, [job()]).isEmpty)
        await client.close()
    }

    @Test(
        "explain says what of somebody is held, since when and with which digest; of a quarantined record the attempts")
    func explained() async throws {
        let (world, client) = try await World.company(100)
        try await client.leave(0..<11)
        let drained = try #require(try client.drain())
        func explain(_ who: String) throws -> Explanation {
            try world.engine.explain(organization: "acme", connection: "main", who: who)
        }
        let held = try explain("p0")
        #expect(held.held.map(\.changeClass) == [.deactivate] && held.heldDigest == drained.summary.held?.digest)
        #expect(held.held.first?.heldAt == drained.result.header.asOf)
        #expect(try explain("p50").held.isEmpty && explain("p50").heldDigest == nil)
        try world.run(Day([Day.Person("x", "one")])) { $0.connection = "other" }
        try await client.put(Day.Person("n", "one"))
        try client.drain()
        let first = try #require(try explain("n").attempts)
        try await client.put(Day.Person("n", "one", title: "again"))
        try client.drain()
        let second = try #require(try explain("n").attempts)
        #expect(first.count == 1 && second.count == 2 && second.firstSeen == first.firstSeen && second.next == nil)
        await client.close()
    }

    @Test("what stands in a file is told by its run, not by the drain")
    func ofRuns() throws {
        let world = try World()
        try world.run(Day([Day.Person("p1", "two")]))
        try world.run(Day([Day.Person("x", "one")])) { $0.connection = "other" }
        let told = try world.run(Day([Day.Person("p0", "one"), Day.Person("p1", "two")]))
        try #require(told.summary.quarantined == 1)
        #expect(try look(world, [job()]).isEmpty)
    }
}
