import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Kept plans")
struct KeptPlanTests {
    private static let first = Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")])
    private static let later = Day([
        Day.Person("p1", "x", title: "u"), Day.Person("p2", "w", title: "u"), Day.Person("p3", "z", title: "u"),
        Day.Person("p4", "y"),
    ])

    /// A world after the first day, with the plan of the second kept in a file.
    private func kept(_ day: Day = later, after first: Day = first) throws -> (world: World, path: String, told: Told) {
        let world = try World()
        try world.run(first)
        world.clock.advance(3600)
        let path = world.folder + "/plan.jsonl"
        let told = try world.run(try world.job(day), RunOptions(purpose: .keepPlan(path: path)))
        return (world, path, told)
    }

    private func failure(_ body: () throws -> Void) -> RunError? {
        do {
            try body()
            return nil
        } catch {
            return error as? RunError
        }
    }

    private func apply(_ world: World, _ path: String, _ options: ApplyOptions = ApplyOptions()) throws -> RunResult {
        try world.engine.apply(planFile: path, options: options) { _ in }
    }

    private func change(_ world: World, _ who: String, by change: AccountChange) throws {
        let organization = try world.store().organizations()[0].organization
        _ = try world.store(.readWrite).change(who, of: organization, by: change, now: world.clock.now)
    }

    // MARK: Law 5

    @Test("what is applied from a file is what was shown, and a second time there is nothing left to do")
    func twice() throws {
        let (world, path, told) = try kept()
        let applied = try apply(world, path)
        #expect(applied.summary.outcome == .applied && applied.summary.digest == told.summary.digest)
        #expect(applied.summary.shown == told.summary.digest && applied.summary.deviations.isEmpty)
        var oracle = Oracle()
        oracle.take(Self.first)
        oracle.take(Self.later)
        #expect(try world.accounts() == oracle.accounts)
        let before = try world.dump(["account", "membership", "link", "directoryRecord", "queueEntry", "journal"])
        let again = try apply(world, path)
        #expect(again.summary.outcome == .applied && again.summary.counts.isEmpty && again.stale.isEmpty)
        #expect(again.summary.deviations.count == 1)
        #expect(
            try world.dump(["account", "membership", "link", "directoryRecord", "queueEntry", "journal"]) == before)
        #expect(try world.violations().isEmpty && world.run(try world.job(Self.later)).summary.isEmpty)
    }

    @Test("any kept plan of any two days is applied once, and again, to the same accounts", arguments: 0..<40)
    func generated(seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(9000 + seed))
        let (before, after) = (
            Days.random(people: 5, using: &generator), Days.random(people: 5, using: &generator)
        )
        guard !before.people.isEmpty, !after.people.isEmpty else { return }
        let (world, path, told) = try kept(after, after: before)
        let applied = try apply(world, path)
        guard applied.summary.outcome == .applied else { return }
        #expect(applied.summary.digest == told.summary.digest && applied.summary.deviations.isEmpty, "seed \(seed)")
        let accounts = try world.accounts()
        let again = try apply(world, path)
        #expect(
            again.summary.counts.isEmpty, "seed \(seed): \(again.summary.counts)")
        #expect(again.stale.isEmpty, "seed \(seed): \(again.stale)")
        #expect(try world.accounts() == accounts && world.violations().isEmpty, "seed \(seed)")
    }

    @Test("a plan that was stopped between two batches is finished by applying it again")
    func stopped() throws {
        let world = try World()
        try world.run(Day([Day.Person("p0", "name0")]))
        world.clock.advance(3600)
        let people = (0..<(Applier.batchRows * 2 + 10)).map { Day.Person("p\($0)", "name\($0)") }
        let path = world.folder + "/plan.jsonl"
        try world.run(try world.job(Day(people)), RunOptions(purpose: .keepPlan(path: path)))
        let stops = Stops(after: 1)
        let engine = Engine(database: world.database, environment: world.environment(stopping: { stops.next() }))
        let stopped = try engine.apply(planFile: path) { _ in }
        #expect(stopped.summary.outcome == .interrupted)
        let rest = try apply(world, path)
        #expect(rest.summary.outcome == .applied && rest.stale.isEmpty)
        #expect(rest.summary.counts[.create] == people.count - 1 - Applier.batchRows)
        #expect(try world.accounts().users.count == people.count && world.violations().isEmpty)
    }

    // MARK: Staleness

    @Test("one stale row refuses the whole plan and says who changed it; the rest is applied on request")
    func stale() throws {
        let (world, path, _) = try kept()
        try change(world, "x", by: .protect)
        try world.store(.readWrite).write { db in
            try db.execute(
                sql: "UPDATE account SET document = json_set(document, '$.title', 'q') WHERE externalId = 'p3'")
        }
        let before = try world.dump()
        let refused = try #require(failure { _ = try apply(world, path) })
        #expect(refused.code == .planStale && refused.description.contains("2 rows left out, as the report says"))
        #expect(!refused.description.contains("accounts protect"), "the report's summary names the rows, once")
        #expect(try world.dump() == before)
        let run = try #require(try world.store().runs(limit: 1).first)
        #expect(run.state == "refused" && run.kind == "apply")
        let named = try #require(try world.store().summary(of: run.run)).deviations
        #expect(named.count == 2 && named.contains { $0.contains("accounts protect") })
        #expect(named.contains { $0.hasPrefix("z: update left out: the account was changed by something other") })
        let rest = try #require(failure { _ = try apply(world, path, ApplyOptions(isFreshOnly: true)) })
        #expect(rest.code == .planStale && rest.description.contains("the other rows were applied"))
        let users = try world.accounts().users
        #expect(users["p1"]?.title == "t" && users["p3"]?.title == "q" && users["p4"]?.name == "y")
        #expect(try world.violations().isEmpty)
        try Client(world).drain()
        #expect(try world.queued() == 0)
    }

    /// What the last run's summary says about rows that were left out.
    private func deviations(_ world: World) throws -> String {
        let run = try #require(try world.store().runs(limit: 1).first)
        return try #require(try world.store().summary(of: run.run)).deviations.joined(separator: "\n")
    }

    @Test("a row that a run or a push changed since names that run or push")
    func authors() async throws {
        let (world, path, _) = try kept()
        let client = try Client(world)
        try await client.put(Day.Person("p1", "x", title: "v"))
        let pushedAt = world.clock.now
        await client.close()
        let pushed = try #require(failure { _ = try apply(world, path) })
        #expect(pushed.code == .planStale)
        #expect(try deviations(world).contains("the directory record was changed by a push at \(pushedAt.text)"))
        try client.drain()
        let drained = try #require(failure { _ = try apply(world, path) })
        #expect(drained.code == .planStale)
        #expect(try deviations(world).contains("the account was changed by a push, drained at"))
        // A run that changes the account is named by its number and job.
        try world.run(Day(Self.first.people.map { Day.Person($0.anchor, $0.name, title: "s") })) {
            $0.source.takenAt = Instant(milliseconds: 0) + .seconds(1_800_000_000 + 3600)
            $0.allowsOlder = true
        }
        let run = try #require(try world.store().runs(limit: 1).first)
        let other = try #require(failure { _ = try apply(world, path) })
        #expect(other.code == .planStale)
        #expect(try deviations(world).contains("the account was changed by run \(run.run) (test)"))
    }

    @Test("an exchange of names of which one end is stale is left out whole, and the others are applied")
    func staleSwap() throws {
        let swap = Day([Day.Person("p1", "y"), Day.Person("p2", "x"), Day.Person("p3", "z", title: "u")])
        let (world, path, _) = try kept(swap)
        try world.store(.readWrite).write { db in
            try db.execute(
                sql: "UPDATE account SET document = json_set(document, '$.title', 'q') WHERE externalId = 'p1'")
        }
        let stale = failure { _ = try apply(world, path, ApplyOptions(isFreshOnly: true)) }
        #expect(stale?.code == .planStale)
        let users = try world.accounts().users
        #expect(users["p1"]?.name == "x" && users["p2"]?.name == "y" && users["p3"]?.title == "u")
        #expect(try world.violations().isEmpty)
    }

    // MARK: Tampering

    @Test("a plan whose lines were removed, added, exchanged or cut anywhere is refused before anything of it is used")
    func damaged() throws {
        let (world, path, _) = try kept()
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let lines = bytes.split(separator: 10).map(Array.init)
        var variants: [(String, [UInt8])] = []
        for cut in stride(from: 0, to: bytes.count, by: 7) { variants.append(("cut at \(cut)", Array(bytes[..<cut]))) }
        for index in stride(from: 0, to: bytes.count, by: 11) {
            var changed = bytes
            changed[index] ^= 1
            variants.append(("changed at \(index)", changed))
        }
        func joined(_ lines: [[UInt8]]) -> [UInt8] { Array(lines.map { $0 + [10] }.joined()) }
        for index in lines.indices {
            var removed = lines
            removed.remove(at: index)
            variants.append(("without line \(index)", joined(removed)))
            guard index > 0 else { continue }
            var swapped = lines
            swapped.swapAt(index - 1, index)
            variants.append(("lines \(index - 1) and \(index) exchanged", joined(swapped)))
        }
        variants.append(("a line more", bytes + lines[2] + [10]))
        let before = try world.dump()
        for (what, variant) in variants {
            try Data(variant).write(to: URL(fileURLWithPath: path))
            #expect(failure { _ = try apply(world, path) }?.code == .planDamaged, "\(what)")
        }
        #expect(try world.dump() == before)
    }

    /// Writes the file anew with an edit, and the right checksum.
    private func forge(_ path: String, _ edit: (String) -> String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(separator: "\n").dropLast().map { edit(String($0)) + "\n" }
        let hash = PlanDigest.sha256(lines.joined())
        let end = #"{"type":"end","lines":\#(lines.count),"sha256":"\#(hash)"}"# + "\n"
        try Data((lines.joined() + end).utf8).write(to: URL(fileURLWithPath: path))
    }

    @Test("whoever edits a plan and computes its checksum anew is found out by the digest of its rows")
    func forged() throws {
        let (world, path, told) = try kept()
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        try forge(path) { $0 }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == good)
        try forge(path) { $0.replacing("\"after\":\"u\"", with: "\"after\":\"root\"") }
        #expect(failure { _ = try apply(world, path) }?.code == .planDamaged)
        // Who computes the digest anew, too, has another plan than the one that was shown.
        try good.write(to: URL(fileURLWithPath: path))
        let other = String(repeating: "0", count: 64)
        let unexpected = failure { _ = try apply(world, path, ApplyOptions(expect: other)) }
        #expect(unexpected?.code == .planStale && unexpected?.description.contains(other) == true)
        #expect(try apply(world, path, ApplyOptions(expect: told.summary.digest)).summary.outcome == .applied)
    }

    @Test("a plan that was edited to change somebody else's account is refused")
    func redirected() throws {
        let (world, path, _) = try kept()
        let ids = try world.store().read { db in
            try String.fetchAll(db, sql: "SELECT id FROM account ORDER BY externalId")
        }
        try forge(path) { line in
            line.contains("\"p1\"")
                ? line.replacing("\"account\":\"\(ids[0])\"", with: "\"account\":\"\(ids[2])\"") : line
        }
        let before = try world.dump()
        let refused = failure { _ = try apply(world, path) }
        #expect(refused?.code == .planStale)
        #expect(try deviations(world).contains("another account"))
        #expect(try world.dump() == before)
    }
}

/// Asks for an end after so many questions.
final class Stops: Sendable {
    private let left: TestCounter

    init(after count: Int) { left = TestCounter(count) }

    func next() -> Bool { left.countDown() }
}

@Suite("Plans that were shown")
struct ShownPlanTests {
    private static let first = Day([Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z")])

    private func outcome(_ world: World, _ day: Day, expect: String) throws -> Told {
        try world.run(try world.job(day), RunOptions(purpose: .apply, expect: expect))
    }

    @Test("a run applies the plan that was shown, named by its digest or its file, and nothing else")
    func shown() throws {
        let world = try World()
        try world.run(Self.first)
        world.clock.advance(3600)
        var day = Self.first
        day.people[0].title = "u"
        let path = world.folder + "/shown.plan"
        let kept = try world.run(try world.job(day), RunOptions(purpose: .keepPlan(path: path)))
        let before = try world.dump()
        // The source is another one by now: p1 differs otherwise, p2 is new in the plan; and nothing of it is applied.
        var other = day
        other.people[0].title = "v"
        other.people[1].title = "u"
        let differing = try outcome(world, other, expect: path)
        #expect(differing.summary.outcome == .unexpected(kept.summary.digest))
        #expect(
            differing.summary.deviations == [
                #"x: update: now title "t" -> "v", shown was "t" -> "u""#, "y: update: new, it was not shown",
            ])
        let empty = try outcome(world, Self.first, expect: path)
        #expect(empty.summary.deviations == ["x: update: gone, it was shown"])
        #expect(try world.dump() == before)
        let applied = try outcome(world, day, expect: path)
        #expect(applied.summary.outcome == .applied && applied.summary.shown == kept.summary.digest)
        #expect(applied.summary.deviations.isEmpty)
        // The digest finds the plan among those of past runs.
        let again = try outcome(world, other, expect: kept.summary.digest)
        #expect(again.summary.deviations.contains("y: update: new, it was not shown"))
    }

    @Test("what is neither a digest nor a plan's file is refused")
    func neither() throws {
        let world = try World()
        try world.run(Self.first)
        #expect(throws: RunError.self) { try outcome(world, Self.first, expect: "0123") }
        let path = world.folder + "/no.plan"
        try Data("{}\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: RunError.self) { try outcome(world, Self.first, expect: path) }
    }
}

@Suite("Plan files of past runs")
struct PrunedPlanTests {
    @Test("old plans are removed but for the newest, refused ones stay longer, and the journal still tells the runs")
    func prune() throws {
        let world = try World()
        var day = Day([Day.Person("p1", "x"), Day.Person("p2", "y")])
        try world.run(day)
        let refused = try world.run(Day([Day.Person("p1", "x")])) { $0.gates = GateLimits() }
        #expect(refused.summary.outcome == .refused)
        day.people[0].title = "u"
        try world.run(day)
        try world.run(day)
        let options = PruneOptions(keepFor: .seconds(86_400), keepNewest: 1, keepRefusedFor: .seconds(3 * 86_400))
        #expect(try world.engine.prune(options, isDryRun: false).isEmpty)
        world.clock.advance(2 * 86_400)
        #expect(try world.engine.prune(options, isDryRun: true).map(\.run) == [3, 1])
        #expect(try world.engine.prune(options, isDryRun: false).map(\.run) == [3, 1])
        #expect(try world.engine.prune(options, isDryRun: false).isEmpty)
        world.clock.advance(2 * 86_400)
        #expect(try world.engine.prune(options, isDryRun: false).map(\.run) == [2])
        var events: [PlanEvent] = []
        let told = try world.engine.replay(run: 3) { events.append($0) }
        #expect(events.rows.map(\.subject.name) == ["x"] && told.summary.counts == [.update: 1])
        #expect(events.rows[0].changes[0].attributes[0].after == .string("u"))
        #expect(try world.undo(3).summary.counts == [.update: 1])
    }
}
