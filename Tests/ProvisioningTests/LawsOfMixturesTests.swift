import Foundation
import GRDB
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Laws of mixtures")
struct LawsOfMixturesTests {
    @Test(
        "snapshots, pushes, drains and administrators in any order end where a last snapshot leads", arguments: 0..<16)
    func anything(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(7000 + seed))
        let world = try World()
        try world.run(Day([Day.Person("p1", "x"), Day.Person("p2", "y")], groups: [Day.Group("g1", ["p1", "p2"])]))
        let client = try Client(world)
        var story: [String] = []
        for _ in 0..<6 {
            var day = Day.sayable(Days.random(people: 4, using: &generator))
            for index in day.people.indices { day.people[index].manager = nil }
            guard !day.people.isEmpty else { continue }
            switch Int.random(in: 0..<5, using: &generator) {
            case 0:
                story.append("snapshot \(day)")
                let told = try world.run(day) { $0.gates.shrinkFloor = 1000 }
                #expect(told.summary.outcome == .applied, "seed \(seed): \(story) \(told.result.tripped)")
            case 1:
                // The file was begun before the last pushes.
                story.append("old snapshot \(day)")
                let takenAt = world.clock.now
                let before = try world.accounts()
                // An account that an administrator disabled is held as it is.
                let active = before.users.filter(\.value.active).keys
                var moved = active.sorted().first.map { [Day.Person($0, "moved-\(story.count)")] } ?? []
                if try moved.first.flatMap({ try client.find(.user, $0.anchor) }) == nil { moved = [] }
                for person in moved { try await client.put(person) }
                try world.run(day) { $0.source.takenAt = takenAt }
                try client.drain()
                for person in moved {
                    #expect(try world.accounts().users[person.anchor]?.name == person.name, "seed \(seed): \(story)")
                }
            case 2:
                story.append("pushes \(day)")
                try await client.reach(day, using: &generator)
            case 3:
                story.append("drain")
                try client.drain()
            default:
                let name = try world.accounts().users.values.map(\.name).sorted().first ?? "x"
                let change: AccountChange = Bool.random(using: &generator) ? .disable : .enable
                story.append("\(change) \(name)")
                try administer(world, name, change)
            }
            let violations = try world.violations()
            #expect(violations.isEmpty, "seed \(seed): \(story) \(violations)")
        }
        try await settle(world, client, "seed \(seed): \(story)", using: &generator)
        await client.close()
    }

    private func administer(_ world: World, _ name: String, _ change: AccountChange) throws {
        let organization = try world.store().organizations()[0].organization
        do {
            _ = try world.store(.readWrite).change(
                name, of: organization, kind: .user, by: change, now: world.clock.now)
        } catch let error as ConfigurationError where [.taken, .ambiguous].contains(error.code) {
            // Two accounts had the name one after the other; that is refused, and nothing changed.
        }
    }

    /// After everything is drained and a whole snapshot is taken, there is nothing left to do.
    private func settle(
        _ world: World, _ client: Client, _ story: String, using generator: inout SeededGenerator
    ) async throws {
        try client.drain()
        let last = Day(
            [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")],
            groups: [Day.Group("g1", ["p1", "p3"])])
        try world.run(last)
        try client.drain()
        #expect(try world.run(last).summary.isEmpty, "\(story)")
        let accounts = try world.accounts()
        #expect(try world.queued() == 0 && world.violations().isEmpty, "\(story)")
        #expect(try undecided(world) == 0, "\(story)")
        // A name may be held by an account that an administrator disabled; nobody else is active.
        #expect(
            Set(accounts.users.filter(\.value.active).keys).isSubset(of: ["p1", "p2", "p3"]), "\(story)\n \(accounts)")
        #expect(try world.run(last).summary.isEmpty, "\(story)")
    }

    private func undecided(_ world: World) throws -> Int {
        try world.store().read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM directoryRecord WHERE decidedVersion <> version") ?? 0
        }
    }
}
