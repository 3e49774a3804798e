import Foundation
import Reconciliation
import Snapshots
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Delta snapshots")
struct DeltaTests {
    private static let people = [
        #"{"id":"p1","userPrincipalName":"x","accountEnabled":true,"jobTitle":"t"}"#,
        #"{"id":"p2","userPrincipalName":"y","accountEnabled":true,"jobTitle":"t"}"#,
        #"{"id":"p3","userPrincipalName":"z","accountEnabled":true,"jobTitle":"t"}"#,
    ]
    private static let group =
        #"{"id":"g1","displayName":"G","members":[{"id":"p1"},{"id":"p2"},{"id":"unknown"}]}"#

    /// A job over entries of Microsoft Graph, an hour later.
    private func job(
        _ world: World, users: [String], groups: [String]? = nil, delta: Bool = true
    ) throws -> Job {
        world.clock.advance(3600)
        let name = world.folder + "/graph-" + world.ids.next()
        func write(_ ending: String, _ entries: [String]) throws -> String {
            let mark = delta ? #""@odata.deltaLink":"x""# : #""@odata.count":\#(entries.count)"#
            let text = "{\(mark),\"value\":[\(entries.joined(separator: ","))]}"
            try Data(text.utf8).write(to: URL(fileURLWithPath: name + ending))
            return name + ending
        }
        var source = SourceSpecification(
            preset: .entraGraph, users: [try write("-users.json", users)], kind: delta ? .delta : .full,
            takenAt: world.clock.now)
        if let groups { source.groups = [try write("-groups.json", groups)] }
        return Job(name: "graph", organization: "acme", connection: "main", source: source, gates: World.openGates)
    }

    private func start() throws -> World {
        let world = try World()
        try world.run(try job(world, users: Self.people, groups: [Self.group], delta: false))
        return world
    }

    @Test("a delta changes what it names, deactivates whom it removes, and is silent about everybody else")
    func entries() throws {
        let world = try start()
        let told = try world.run(
            try job(
                world,
                users: [
                    #"{"id":"p1","jobTitle":"u"}"#, #"{"id":"p2","@removed":{"reason":"changed"}}"#,
                    #"{"id":"p4","userPrincipalName":"n","accountEnabled":true}"#,
                    #"{"id":"p9","@removed":{"reason":"deleted"}}"#,
                ]))
        #expect(told.summary.counts == [.update: 1, .deactivate: 1, .create: 1])
        #expect(told.summary.situations[.tombstone] == 1 && told.quarantined.isEmpty)
        #expect(told.summary.coverage.contains("a delta says nothing about the rest"))
        let users = try world.accounts().users
        #expect(users["p1"]?.title == "u" && users["p1"]?.name == "x")
        #expect(users["p2"]?.active == false && users["p3"]?.active == true && users["p4"]?.active == true)
        #expect(try world.violations().isEmpty && world.accounts().groups["g1"]?.members == ["p1", "p2"])
    }

    @Test("applying a delta again changes nothing")
    func again() throws {
        let world = try start()
        let users = [#"{"id":"p1","jobTitle":"u"}"#, #"{"id":"p2","@removed":{"reason":"deleted"}}"#]
        let groups = [#"{"id":"g1","members@delta":[{"id":"p3"},{"id":"p1","@removed":{"reason":"deleted"}}]}"#]
        let first = try world.run(try job(world, users: users, groups: groups))
        #expect(first.summary.counts == [.update: 1, .deactivate: 1, .memberAdd: 1, .memberRemove: 1])
        #expect(try world.run(try job(world, users: users, groups: groups)).summary.isEmpty)
        #expect(try world.accounts().groups["g1"]?.members == ["p2", "p3"])
    }

    @Test("memberships that a delta does not name stay, also those of people who get their account in it")
    func members() throws {
        let world = try start()
        let told = try world.run(
            try job(
                world, users: [#"{"id":"unknown","userPrincipalName":"n","accountEnabled":true}"#],
                groups: [
                    #"{"id":"g1","members@delta":[{"id":"p3"}]}"#,
                    #"{"id":"g1","members@delta":[{"id":"p2","@removed":{"reason":"deleted"}}]}"#,
                    #"{"id":"g2","displayName":"H","members@delta":[{"id":"p1"},{"id":"later"}]}"#,
                ]))
        #expect(told.summary.counts == [.create: 2, .memberAdd: 3, .memberRemove: 1])
        let groups = try world.accounts().groups
        #expect(groups["g1"]?.members == ["p1", "p3", "unknown"] && groups["g2"]?.members == ["p1"])
        // The whole list of the next full export agrees.
        let people = Self.people + [#"{"id":"unknown","userPrincipalName":"n","accountEnabled":true}"#]
        let full = try world.run(
            try job(
                world, users: people,
                groups: [
                    #"{"id":"g1","displayName":"G","members":[{"id":"p1"},{"id":"p3"},{"id":"unknown"}]}"#,
                    #"{"id":"g2","displayName":"H","members":[{"id":"p1"},{"id":"later"}]}"#,
                ], delta: false))
        #expect(full.summary.isEmpty && full.summary.deferredMembers == 1)
    }

    @Test("a removed group is disabled, and who was removed returns with the next word about them")
    func returns() throws {
        let world = try start()
        let removed = #"{"id":"g1","@removed":{"reason":"deleted"}}"#
        let gone = try world.run(
            try job(world, users: [#"{"id":"p2","@removed":{"reason":"changed"}}"#], groups: [removed]))
        #expect(gone.summary.counts == [.groupDisable: 1, .deactivate: 1])
        let back = try world.run(
            try job(world, users: [#"{"id":"p2","jobTitle":"u"}"#], groups: [#"{"id":"g1","displayName":"G"}"#]))
        #expect(back.summary.counts == [.reactivate: 2, .update: 1])
        #expect(try world.accounts().groups["g1"] == .init(members: ["p1", "p2"]))
    }

    @Test("a push that is newer than the delta stands against its removal, its change and its members")
    func pushes() async throws {
        let world = try start()
        let client = try Client(world)
        let removal = try job(
            world, users: [#"{"id":"p2","@removed":{"reason":"deleted"}}"#, #"{"id":"p1","jobTitle":"old"}"#],
            groups: [#"{"id":"g1","members@delta":[{"id":"p1","@removed":{"reason":"deleted"}}]}"#])
        world.clock.advance(600)
        for person in [Day.Person("p1", "x", title: "new"), Day.Person("p2", "y", title: "new")] {
            try await client.put(person)
        }
        try await client.change(group: "g1", remove: ["p1"])
        try await client.change(group: "g1", add: ["p1"])
        let told = try world.run(removal)
        #expect(told.summary.isEmpty && told.summary.situations[.superseded] == 3)
        try client.drain()
        let accounts = try world.accounts()
        #expect(accounts.users["p1"]?.title == "new" && accounts.users["p2"]?.active == true)
        #expect(accounts.groups["g1"]?.members == ["p1", "p2"])
        await client.close()
    }

    @Test("what says two things about somebody, or changes somebody unknown, is set aside")
    func contradictions() throws {
        let world = try start()
        let told = try world.run(
            try job(
                world,
                users: [
                    #"{"id":"p1","jobTitle":"u"}"#, #"{"id":"p1","@removed":{"reason":"deleted"}}"#,
                    #"{"id":"p8","jobTitle":"u"}"#,
                ]))
        #expect(told.summary.isEmpty)
        #expect(
            told.quarantined.map(\.finding.code).sorted() == ["DUPLICATE_SOURCE", "DUPLICATE_SOURCE", "unknownRecord"])
        #expect(try world.accounts().users["p1"]?.active == true)
    }

    @Test("a canary must not be removed by a delta, and need not be named in it")
    func canaries() throws {
        let world = try start()
        func tripped(_ entry: String) throws -> [String] {
            var job = try job(world, users: [entry])
            job.gates.canaries = ["p1"]
            return try world.run(job, RunOptions(purpose: .dryRun)).result.tripped.map(\.name)
        }
        #expect(try tripped(#"{"id":"p2","jobTitle":"u"}"#) == [])
        #expect(try tripped(#"{"id":"p1","@removed":{"reason":"deleted"}}"#) == ["canaries"])
        #expect(try tripped(#"{"id":"p1","accountEnabled":false}"#) == ["canaries"])
    }

    @Test("without kind: delta, a delta is refused; an import takes nothing from whom it removes")
    func refused() throws {
        let world = try start()
        var job = try job(world, users: [#"{"id":"p2","@removed":{"reason":"deleted"}}"#])
        job.mode = .import
        #expect(try world.run(job).summary.isEmpty)
        #expect(try world.accounts().users["p2"]?.active == true)
        job.source.kind = .full
        #expect(throws: SnapshotError.self) { try world.run(job) }
        // The next whole look at the directory knows what was left out.
        let full = try self.job(
            world, users: [Self.people[0], Self.people[2]], groups: [Self.group], delta: false)
        #expect(try world.run(full).summary.counts[.deactivate] == 1)
    }
}
