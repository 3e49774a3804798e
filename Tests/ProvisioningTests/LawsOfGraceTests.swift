import Foundation
import GRDB
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

/// What becomes of people who come and go, worked out day by day without any of the product's planning.
private struct GraceOracle {
    enum State: Equatable { case active, off, deleted }

    struct Person {
        var state = State.active
        var missingSince: Instant?
        var sightings = 0
        var isTombstone = false
        var leftAt: Instant?
    }

    let policies: Policies
    private(set) var people: [String: Person] = [:]
    /// Who is told about, with what is due.
    private(set) var due: [String: ChangeClass] = [:]

    /// A whole snapshot of who is there.
    mutating func snapshot(_ present: Set<String>, at now: Instant) {
        for anchor in present { people[anchor] = Person() }
        due = [:]
        for (anchor, person) in people where !present.contains(anchor) {
            people[anchor] = absent(person, at: now)
            if let due = announced(people[anchor]!) { self.due[anchor] = due }
        }
    }

    mutating func pushed(_ anchor: String) { people[anchor] = Person() }

    mutating func deleted(_ anchor: String, at now: Instant) {
        guard let person = people[anchor], person.missingSince == nil, !person.isTombstone else { return }
        people[anchor] = Person(state: .off, isTombstone: true, leftAt: now)
    }

    private func absent(_ person: Person, at now: Instant) -> Person {
        var person = person
        if !person.isTombstone {
            if person.missingSince == nil { person.missingSince = now }
            person.sightings += 1
        }
        switch person.state {
        case .active where isOver(person, at: now):
            person.state = .off
            person.leftAt = now
        case .off:
            if let delay = policies.deleteAfter, let leftAt = person.leftAt, leftAt + delay <= now {
                person.state = .deleted
            }
        default: break
        }
        return person
    }

    private func isOver(_ person: Person, at now: Instant) -> Bool {
        switch policies.deactivateAfter {
        case .after(let grace): person.missingSince! + grace <= now
        case .sightings(let count): person.sightings >= count
        case .never: false
        }
    }

    private func announced(_ person: Person) -> ChangeClass? {
        switch person.state {
        case .active: policies.deactivateAfter == .never ? nil : .deactivate
        case .off: policies.deleteAfter == nil ? nil : .delete
        case .deleted: nil
        }
    }
}

@Suite("Laws of grace")
struct LawsOfGraceTests {
    private static let graces: [Grace] = [.none, .after(.seconds(3 * 86_400)), .sightings(1), .sightings(3), .never]
    private static let delays: [Duration?] = [nil, .seconds(4 * 86_400), .seconds(1)]

    @Test(
        "weeks of people who come and go by snapshot and push end as the policies say, with everybody told about who is next",
        arguments: 0..<30)
    func weeks(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(11_000 + seed))
        var rules = World.rules
        rules.policies.deactivateAfter = Self.graces[seed % Self.graces.count]
        rules.policies.deleteAfter = Self.delays[seed % Self.delays.count]
        let world = try World()
        let client = try Client(world, rules: rules)
        var oracle = GraceOracle(policies: rules.policies)
        var present = Set((1...5).map { "p\($0)" })
        var ids: [String: String] = [:]
        var story: [String] = []
        for step in 0..<12 {
            world.clock.advance(Int64.random(in: 1...2, using: &generator) * 86_400)
            if step > 0, Int.random(in: 0..<3, using: &generator) == 0 {
                try await push(client, world, &present, &oracle, &story, using: &generator)
                continue
            }
            if step > 0 { present = Set((1...5).map { "p\($0)" }.filter { _ in Bool.random(using: &generator) }) }
            if present.isEmpty { present = ["p1"] }
            story.append("\(present.sorted())")
            let note = "seed \(seed) \(rules.policies.canonicalText): \(story)"
            let told = try snapshot(world, present, rules, note)
            oracle.snapshot(present, at: world.clock.now)
            try check(world, oracle, told, &ids, note)
        }
        await client.close()
    }

    private func push(
        _ client: Client, _ world: World, _ present: inout Set<String>, _ oracle: inout GraceOracle,
        _ story: inout [String], using generator: inout SeededGenerator
    ) async throws {
        let anchor = "p\(Int.random(in: 1...5, using: &generator))"
        if Bool.random(using: &generator) {
            story.append("push \(anchor)")
            try await client.put(Day.Person(anchor, "name-" + anchor))
            present.insert(anchor)
            oracle.pushed(anchor)
            try client.drain()
        } else {
            story.append("delete \(anchor)")
            try await client.delete(.user, anchor)
            try client.drain()
            present.remove(anchor)
            oracle.deleted(anchor, at: world.clock.now)
        }
        // Past the tolerance for clocks that differ.
        world.clock.advance(3600)
    }

    private func snapshot(_ world: World, _ present: Set<String>, _ rules: Rules, _ note: String) throws -> Told {
        let day = Day(present.sorted().map { Day.Person($0, "name-" + $0) })
        var job = try world.job(day)
        job.rules = rules
        let before = try world.dump()
        let (long, short) = (try world.plan(job, shortcuts: false), try world.plan(job, shortcuts: true))
        #expect(long.summary.digest == short.summary.digest, "\(note)")
        #expect(try world.dump() == before, "\(note)")
        let told = try world.run(job)
        #expect(told.summary.outcome == .applied && told.summary.digest == short.summary.digest, "\(note)")
        #expect(try world.plan(job, shortcuts: true).summary.isEmpty, "\(note)")
        return told
    }

    private func check(
        _ world: World, _ oracle: GraceOracle, _ told: Told, _ ids: inout [String: String], _ note: String
    ) throws {
        var states: [String: GraceOracle.State] = [:]
        for (anchor, user) in try world.accounts().users { states[anchor] = user.active ? .active : .off }
        let expected = oracle.people.mapValues(\.state).filter { $0.value != .deleted }
        #expect(states == expected, "\(note)")
        var due: [String: ChangeClass] = [:]
        for notice in told.notices { due[notice.subject.anchor?.value ?? ""] = notice.due?.changeClass }
        #expect(due == oracle.due, "\(note)")
        #expect(try world.violations().isEmpty && world.queued() == 0, "\(note)")
        // The same person is the same account, however often it was deleted and restored.
        let rows = try world.store().read { try Row.fetchAll($0, sql: "SELECT externalId, id FROM account") }
        for row in rows {
            let (anchor, id): (String, String) = (row[0], row[1])
            #expect(ids[anchor] == nil || ids[anchor] == id, "\(note)")
            ids[anchor] = id
        }
    }
}
