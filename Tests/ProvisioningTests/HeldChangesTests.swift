import Foundation
import GRDB
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Held changes")
struct HeldChangesTests {
    private func inactive(_ world: World) throws -> Int { try world.accounts().users.values.count { !$0.active } }

    @Test("ten of a hundred pushed deactivations pass, eleven are held, all of them, before the first victim")
    func edges() async throws {
        for (leavers, isHeld) in [(9, false), (10, false), (11, true), (100, true)] {
            let (world, client) = try await World.company(100)
            try await client.leave(0..<leavers)
            let told = try #require(try client.drain())
            #expect(try inactive(world) == (isHeld ? 0 : leavers), "\(leavers)")
            #expect(told.result.held == (isHeld ? leavers : 0) && told.summary.held?.count == (isHeld ? leavers : nil))
            // Decided, every one of them.
            #expect(try world.queued() == 0 && client.drain() == nil)
            if isHeld {
                #expect(
                    told.notices.count == leavers && told.notices[0].text.contains("deactivate held for approval since")
                )
                let gate = told.events.compactMap { if case .gate(let reading) = $0 { reading } else { nil } }
                #expect(gate.map(\.name) == ["limit.deactivate"] && gate[0].measured == leavers && gate[0].limit == 10)
            }
            await client.close()
        }
    }

    @Test("one after another: ten pass, and the others wait; after a day ten more may go")
    func slowly() async throws {
        let (world, client) = try await World.company(100)
        for index in 0..<14 {
            try await client.leave(index..<(index + 1))
            try client.drain()
        }
        #expect(try inactive(world) == 10)
        // What waits counts on, so that nobody slips by while a person looks.
        world.clock.advance(86_400)
        try await client.leave(14..<20)
        try client.drain()
        #expect(try inactive(world) == 16)
        try await client.leave(20..<21)
        try client.drain()
        #expect(try inactive(world) == 16)
        await client.close()
    }

    @Test("while deactivations are held, everything else drains, also of the same people")
    func others() async throws {
        let (world, client) = try await World.company(40, groups: [Day.Group("g1", ["p0", "p1"])])
        try await client.leave(0..<20)
        try await client.put(Day.Person("p30", "user30", title: "new"))
        try await client.put(Day.Person("new", "newcomer"))
        try await client.change(group: "g1", add: ["p31"])
        let told = try #require(try client.drain())
        #expect(told.result.held == 20)
        let accounts = try world.accounts()
        #expect(accounts.users["p30"]?.title == "new" && accounts.users["new"]?.active == true)
        #expect(accounts.groups["g1"]?.members == ["p0", "p1", "p31"])
        // The directory has what was pushed.
        #expect(try client.find(.user, "p3")?.record.active == false)
        await client.close()
    }

    @Test("a later push cancels what is held: who is active again was never off")
    func cancelled() async throws {
        let (world, client) = try await World.company(40)
        try await client.leave(0..<20)
        try client.drain()
        let digest = try #require(try heldDigest(client))
        try await client.enter(0..<19)
        let told = try #require(try client.drain())
        #expect(told.summary.held?.count == 1 && told.summary.counts == [:])
        #expect(try inactive(world) == 0)
        #expect(throws: RunError.self) { try approve(client, digest) }
        #expect(try inactive(world) == 0)
        await client.close()
    }

    @Test(
        "an approval carries out exactly the held set, is journalled with its name, and does not count as the drain's own"
    )
    func approved() async throws {
        let (world, client) = try await World.company(100)
        try await client.leave(0..<20)
        try client.drain()
        let digest = try #require(try heldDigest(client))
        #expect(throws: RunError.self) { try approve(client, "another digest") }
        #expect(try inactive(world) == 0)
        let told = try approve(client, digest)
        #expect(told.summary.counts == [.deactivate: 20] && told.summary.approval?.by == "Ana")
        #expect(told.summary.held == nil && told.result.held == 0)
        #expect(try inactive(world) == 20)
        #expect(throws: RunError.self) { try approve(client, digest) }
        let run = try #require(try client.store.run(told.summary.run!))
        #expect(run.kind == "drain" && run.job == "queue approve")
        #expect(try client.store.summary(of: run.run)?.approval?.by == "Ana")
        try await client.leave(20..<30)
        try client.drain()
        #expect(try inactive(world) == 30)
        #expect(try world.violations().isEmpty)
        await client.close()
    }

    @Test("who is held keeps the name, and a newcomer who wants it gets it with the approval")
    func names() async throws {
        let (world, client) = try await World.company(40)
        try await client.leave(0..<20)
        try await client.delete(.user, "p0")
        try await client.put(Day.Person("heir", "user0"))
        let told = try #require(try client.drain())
        #expect(told.summary.held?.count == 20 && told.quarantined.map(\.name) == ["user0"])
        #expect(try world.accounts().users["heir"] == nil)
        try approve(client, try #require(try heldDigest(client)))
        try client.drain()
        #expect(try world.accounts().users["heir"]?.name == "user0")
        #expect(try inactive(world) == 20)
        #expect(try world.violations().isEmpty)
        await client.close()
    }

    @Test("removed memberships are held above their limit, and the others of the group change")
    func memberships() async throws {
        let everybody = (0..<40).map { "p\($0)" }
        for (removed, isHeld) in [(10, false), (11, true)] {
            let (world, client) = try await World.company(40, groups: [Day.Group("g1", everybody)])
            try await client.put(Day.Person("new", "newcomer"))
            try await client.change(group: "g1", add: ["new"], remove: Array(everybody.prefix(removed)))
            let told = try #require(try client.drain())
            #expect(told.result.held == (isHeld ? removed : 0))
            let members = try #require(try world.accounts().groups["g1"]?.members)
            #expect(members.contains("new") && members.count == (isHeld ? 41 : 41 - removed))
            if isHeld {
                try approve(client, try #require(try heldDigest(client)))
                #expect(try world.accounts().groups["g1"]?.members.count == 30)
            }
            await client.close()
        }
    }

    @Test("a run that deactivates somebody who is held settles that")
    func settledByRun() async throws {
        let (world, client) = try await World.company(40)
        try await client.leave(0..<12)
        try client.drain()
        var people = (0..<40).map { Day.Person("p\($0)", "user\($0)") }
        for index in 0..<12 { people[index].active = false }
        let told = try world.run(Day(people))
        #expect(told.summary.counts[.deactivate] == 12)
        #expect(try heldDigest(client) == nil)
        await client.close()
    }

    @Test("a protected account is never held: nothing is taken from it")
    func protected() async throws {
        let (world, client) = try await World.company(40)
        let organization = try client.store.organization(named: "acme").organization
        _ = try client.store.change("user0", of: organization, by: .protect, now: world.clock.now)
        try await client.leave(0..<20)
        #expect(try #require(try client.drain()).result.held == 19)
        await client.close()
    }

    @Test(
        "pushes under the default limits, with every held set approved, end in the accounts of a drain without limits",
        arguments: 0..<16)
    func agreement(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(9000 + seed))
        let open = try World()
        let limited = try World()
        let clients = [
            try Client(open, rules: World.rules), try Client(limited, rules: World.rules, gates: GateLimits()),
        ]
        var days: [Day] = []
        for _ in 0..<3 {
            let day = LawsOfPushesTests.day(after: days.last, managers: false, using: &generator)
            guard !day.people.isEmpty else { continue }
            days.append(day)
            let order = generator
            for client in clients {
                var same = order
                try await client.reach(day, using: &same)
                try client.drain()
            }
            _ = generator.next()
            try exhaust(clients[1])
            let (left, right) = (try limited.accounts().live, try open.accounts().live)
            #expect(left == right, "seed \(seed): \(days)\n limited \(left)\n open \(right)")
            for world in [open, limited] {
                #expect(try world.queued() == 0 && world.violations().isEmpty && undecided(world) == 0, "seed \(seed)")
            }
        }
        for client in clients { await client.close() }
    }

    /// Approves and drains until nothing is held.
    private func exhaust(_ client: Client) throws {
        for _ in 0..<20 {
            guard let digest = try heldDigest(client) else { break }
            try approve(client, digest)
            try client.drain()
        }
        #expect(try heldDigest(client) == nil)
    }

    private func undecided(_ world: World) throws -> Int {
        try world.store().read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM directoryRecord WHERE decidedVersion < version") ?? -1
        }
    }

    private func heldDigest(_ client: Client) throws -> String? {
        guard let state = try client.store.holdingConnections().first else { return nil }
        let changes = try client.store.looking(state) { try $0.heldChanges() }
        return changes.isEmpty ? nil : HeldChange.digest(of: changes)
    }

    @discardableResult
    private func approve(_ client: Client, _ digest: String) throws -> Told {
        client.world.clock.advance(1)
        let state = try #require(try client.store.existingConnection(organization: "acme", connection: "main"))
        var events: [PlanEvent] = []
        let drainer = Drainer(store: client.store, environment: client.world.environment)
        let result = try drainer.approve(state, digest: digest, by: "Ana") { events.append($0) }
        return Told(result: result, events: events)
    }
}
