import Foundation
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

/// Days that are put together from a few choices for each person and group.
enum Days {
    /// What one person of a tiny world can be: absent, in one of two names, inactive, out of scope, or named twice.
    static func states(_ anchor: String, title: String = "t") -> [[Day.Person]] {
        [
            [], [Day.Person(anchor, "x", title: title)], [Day.Person(anchor, "y", title: title)],
            [Day.Person(anchor, "x", active: false)], [Day.Person(anchor, "y", inScope: false)],
            [Day.Person(anchor, "x"), Day.Person(anchor, "z")],
        ]
    }

    /// Every day of two people.
    static var pairs: [Day] {
        states("p1").flatMap { first in states("p2").map { second in Day(first + second) } }
    }

    /// A day of some people and two groups. The same seed gives the same day.
    static func random(people count: Int, using generator: inout SeededGenerator) -> Day {
        let anchors = (1...count).map { "p\($0)" }
        var names = ["x", "y", "z", "v", "w", "X"]
        names.shuffle(using: &generator)
        var people: [Day.Person] = []
        for (index, anchor) in anchors.enumerated() {
            let roll = Int.random(in: 0..<12, using: &generator)
            if roll == 0 { continue }
            var person = Day.Person(anchor, names[index], active: roll != 1, inScope: roll != 2)
            if roll == 3 { person.name = names[(index + 1) % names.count] }
            if roll > 8 { person.title = "u" }
            if Bool.random(using: &generator) {
                person.manager = anchors.randomElement(using: &generator)
                if person.manager == anchor { person.manager = nil }
            }
            people.append(person)
            if roll == 4 { people.append(Day.Person(anchor, "twin", title: "u")) }
        }
        people.shuffle(using: &generator)
        var groups: [Day.Group] = []
        for anchor in ["g1", "g2"] where Int.random(in: 0..<5, using: &generator) > 0 {
            let members = anchors.filter { _ in Bool.random(using: &generator) }
            groups.append(Day.Group(anchor, Int.random(in: 0..<6, using: &generator) == 0 ? nil : members))
        }
        return Day(people, groups: groups)
    }
}

@Suite("Laws of snapshots")
struct LawsOfSnapshotsTests {
    @Test("two days of two people end in the accounts that the tables say, and planning again is empty")
    func pairs() throws {
        let days = Days.pairs.filter { !$0.people.isEmpty }
        for first in days {
            let world = try World()
            var oracle = Oracle()
            oracle.take(first)
            try world.run(first)
            try check(world, oracle, [first])
            let kept = world.folder + "/kept.db"
            try FileManager.default.copyItem(atPath: world.database, toPath: kept)
            for second in days {
                try replace(world.database, with: kept)
                var later = oracle
                later.take(second)
                try world.run(second)
                try check(world, later, [first, second])
            }
        }
    }

    /// Puts a closed database in the place of another one.
    private func replace(_ database: String, with kept: String) throws {
        for ending in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: database + ending) {
            try FileManager.default.removeItem(atPath: database + ending)
        }
        try FileManager.default.copyItem(atPath: kept, toPath: database)
    }

    private func check(_ world: World, _ oracle: Oracle, _ days: [Day], _ note: String = "") throws {
        let story = "\(note) \(days.map(\.description).joined(separator: " then "))"
        let found = try world.accounts()
        if found != oracle.accounts {
            Issue.record("\(story)\n  accounts \(found)\n  expected \(oracle.accounts)")
        }
        let violations = try world.violations()
        if !violations.isEmpty { Issue.record("\(story): \(violations)") }
        if try world.queuedWithoutReason() != 0 { Issue.record("\(story): something is queued") }
        guard let last = days.last else { return }
        let again = try world.plan(world.job(last), shortcuts: true)
        if !again.summary.isEmpty {
            Issue.record("\(story): planning again gives \(again.summary.counts) \(again.events.rows)")
        }
    }

    @Test(
        "weeks of four people and two groups end in the accounts that the tables say",
        arguments: Array(0..<36) + [70, 86])
    func weeks(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let world = try World()
        var oracle = Oracle()
        var days: [Day] = []
        for _ in 0..<5 {
            let day = Days.random(people: 4, using: &generator)
            guard !day.people.isEmpty else { continue }
            // No group at all where there were some is what a gate refuses.
            guard day.groups?.isEmpty == false || oracle.accounts.groups.isEmpty else { continue }
            days.append(day)
            try compareShortcuts(world, day, "seed \(seed): \(days)")
            oracle.take(day)
            let told = try world.run(day)
            #expect(told.summary.outcome == .applied && told.summary.stale == 0, "seed \(seed): \(days)")
            try check(world, oracle, days, "seed \(seed)")
        }
    }

    /// Law 11: a plan with and one without the shortcuts.
    private func compareShortcuts(_ world: World, _ day: Day, _ story: String) throws {
        let job = try world.job(day)
        let short = try world.plan(job, shortcuts: true)
        let long = try world.plan(job, shortcuts: false)
        let (left, right) = (short.events.rows.map(Self.essence), long.events.rows.map(Self.essence))
        if short.summary.digest != long.summary.digest { Issue.record("\(story)\n with \(left)\n without \(right)") }
        #expect(Self.quarantine(short.events) == Self.quarantine(long.events), "\(story)")
    }

    static func essence(_ row: PlanRow) -> String {
        "\(row.subject.name) \(row.situation) \(row.changes.map { "\($0.changeClass) \($0.attributes.map(\.path))" }) "
            + "\(row.member?.name ?? "")"
    }

    static func quarantine(_ events: [PlanEvent]) -> [String] {
        events.compactMap { event in
            guard case .quarantined(let entry) = event else { return nil }
            return "\(entry.anchor?.value ?? "") \(entry.name ?? "") \(entry.situation)"
        }.sorted()
    }

    @Test("the order of the input does not matter", arguments: 0..<24)
    func order(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(1000 + seed))
        let world = try World()
        let first = Days.random(people: 4, using: &generator)
        guard !first.people.isEmpty else { return }
        try world.run(first)
        var second = Days.random(people: 4, using: &generator)
        let expected = try world.plan(world.job(second), shortcuts: true)
        for _ in 0..<6 {
            second.people.shuffle(using: &generator)
            second.groups?.shuffle(using: &generator)
            for index in second.groups?.indices ?? 0..<0 { second.groups![index].members?.shuffle(using: &generator) }
            let found = try world.plan(world.job(second), shortcuts: true)
            #expect(found.summary.digest == expected.summary.digest, "seed \(seed): \(first) then \(second)")
            #expect(
                Self.quarantine(found.events) == Self.quarantine(expected.events),
                "seed \(seed): \(first) then \(second)")
        }
    }

    @Test("rows that share keys in a chain are nobody's, in whatever order they stand")
    func chain() throws {
        let rows = [Day.Person("p1", "x"), Day.Person("p1", "y"), Day.Person("p2", "y"), Day.Person("p3", "z")]
        for known in [false, true] {
            for order in permutations(rows) {
                let world = try World()
                if known { try world.run(Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")])) }
                let told = try world.run(Day(order))
                #expect(Set(told.quarantined.compactMap(\.anchor?.value)) == ["p1", "p2"], "\(known) \(Day(order))")
                #expect(told.rows.allSatisfy { $0.changes.isEmpty || $0.subject.name == "z" }, "\(known) \(Day(order))")
            }
        }
    }

    private func permutations<T>(_ values: [T]) -> [[T]] {
        guard let first = values.first else { return [[]] }
        return permutations(Array(values.dropFirst())).flatMap { rest in
            (0...rest.count).map { Array(rest[..<$0]) + [first] + Array(rest[$0...]) }
        }
    }

    @Test("the digest of a dry run is the digest of what is applied, and of the plan that is kept")
    func digests() throws {
        for seed in 0..<10 {
            var generator = SeededGenerator(state: UInt64(2000 + seed))
            let world = try World()
            let days = [Days.random(people: 4, using: &generator), Days.random(people: 4, using: &generator)]
            for day in days where !day.people.isEmpty {
                world.clock.advance(3600)
                let job = try world.job(day)
                let dry = try world.run(job, RunOptions(purpose: .dryRun))
                let kept = try world.run(job, RunOptions(purpose: .keepPlan(path: world.folder + "/plan")))
                #expect(kept.summary.digest == dry.summary.digest && kept.summary.outcome == .planned)
                let before = FileManager.default.fileExists(atPath: world.database) ? try world.dump() : []
                let other = try world.run(job, RunOptions(purpose: .apply, expect: String(repeating: "0", count: 64)))
                #expect(other.summary.outcome == .unexpected(String(repeating: "0", count: 64)))
                if !before.isEmpty { #expect(try world.dump() == before) }
                let applied = try world.run(job, RunOptions(purpose: .apply, expect: dry.summary.digest))
                #expect(applied.summary.outcome == .applied || !applied.result.tripped.isEmpty)
                #expect(applied.summary.digest == dry.summary.digest)
            }
        }
    }
}
