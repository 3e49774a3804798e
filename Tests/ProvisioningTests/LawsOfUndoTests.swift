import Foundation
import GRDB
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

extension World {
    /// Undoes a run, the last one if none is named, with the gates open.
    @discardableResult
    func undo(
        _ run: Int64? = nil, _ purpose: RunOptions.Purpose = .apply, limits: GateLimits = World.openGates
    ) throws -> Told {
        clock.advance(60)
        var events: [PlanEvent] = []
        let result = try engine.undo(run: run, options: UndoOptions(purpose: purpose, limits: limits)) {
            events.append($0)
        }
        return Told(result: result, events: events)
    }

    func holds() throws -> [UndoHold] { try engine.holds(.all) }

    fileprivate func change(_ who: String, by change: AccountChange) throws {
        let organization = try store().organizations()[0].organization
        _ = try store(.readWrite).change(who, of: organization, by: change, now: clock.now)
    }

    fileprivate func sql(_ text: String) throws { try store(.readWrite).write { try $0.execute(sql: text) } }
}

@Suite("Laws of undo")
struct LawsOfUndoTests {
    private static let first = Day(
        [Day.Person("p1", "x"), Day.Person("p2", "y"), Day.Person("p3", "z", manager: "p1")],
        groups: [Day.Group("g1", ["p1", "p2"])])

    /// Two days that differ, made from a seed.
    private func days(_ seed: Int, _ base: Int) -> (Day, Day)? {
        var generator = SeededGenerator(state: UInt64(base + seed))
        let (one, two) = (Days.random(people: 5, using: &generator), Days.random(people: 5, using: &generator))
        return one.people.isEmpty || two.people.isEmpty ? nil : (one, two)
    }

    // MARK: Law 9

    @Test("undoing a run restores what it changed, and it stays undone until it is released", arguments: 0..<60)
    func generated(seed: Int) throws {
        guard let (one, two) = days(seed, 11_000) else { return }
        let world = try World()
        try world.run(one)
        let before = try world.accounts()
        let told = try world.run(two)
        guard told.summary.outcome == .applied else { return }
        let after = try world.accounts()
        let context: Comment = "seed \(seed)\n \(one)\n \(two)"
        let undone = try world.undo(told.summary.run)
        #expect(undone.summary.outcome == .applied && undone.result.stale.isEmpty, context)
        #expect(try world.accounts() == before, context)
        #expect(try world.violations().isEmpty, context)
        // The same day again, with and without shortcuts, and twice.
        for _ in 0..<2 {
            let again = try world.run(two)
            #expect(again.summary.isEmpty, context)
            #expect(try world.accounts() == before, context)
        }
        let job = try world.job(two)
        let (quick, slow) = (try world.plan(job, shortcuts: true), try world.plan(job, shortcuts: false))
        #expect(quick.summary.counts == slow.summary.counts && quick.summary.digest == slow.summary.digest, context)
        #expect(
            Told(result: told.result, events: quick.events).notices.count
                == Told(result: told.result, events: slow.events).notices.count, context)
        guard !told.summary.isEmpty else { return }
        _ = try world.engine.release(.run(told.summary.run!))
        #expect(try world.holds().isEmpty, context)
        try world.run(two)
        #expect(try world.accounts() == after, context)
        #expect(try world.violations().isEmpty, context)
    }

    @Test("undoing an undo brings back what the run had done, and holds nobody", arguments: 0..<40)
    func twice(seed: Int) throws {
        guard let (one, two) = days(seed, 12_000) else { return }
        let world = try World()
        try world.run(one)
        let before = try world.accounts()
        let told = try world.run(two)
        let after = try world.accounts()
        guard told.summary.outcome == .applied else { return }
        let undone = try world.undo(told.summary.run)
        let redone = try world.undo(undone.summary.run)
        let context: Comment = "seed \(seed)\n \(one)\n \(two)"
        #expect(try world.accounts() == after, "\(context) \(redone.notices.map(\.text))")
        #expect(try world.holds().isEmpty && world.violations().isEmpty, context)
        #expect(try world.run(two).summary.isEmpty, context)
        try world.undo(redone.summary.run)
        #expect(try world.accounts() == before, context)
        #expect(try world.violations().isEmpty, context)
    }

    @Test("an undo leaves what somebody changed since, names them, and restores the others", arguments: 0..<40)
    func interfered(seed: Int) throws {
        guard let (one, two) = days(seed, 13_000) else { return }
        let world = try World()
        try world.run(one)
        let before = try world.accounts()
        let told = try world.run(two)
        guard told.summary.outcome == .applied else { return }
        let active = Set(try world.accounts().users.filter(\.value.active).keys)
        let touched = told.rows.filter { $0.subject.kind == .user && !$0.changes.isEmpty }
            .compactMap(\.subject.anchor?.value)
        guard let victim = touched.first(where: active.contains) else { return }
        try world.sql(
            """
            UPDATE account SET document = json_set(document, '$.title', 'by hand'), active = 0,
                disabledBy = 'administrator' WHERE externalId = '\(victim)'
            """)
        let kept = try world.accounts().users[victim]
        let undone = try world.undo(told.summary.run)
        let context: Comment = "seed \(seed)\n \(one)\n \(two)\n \(victim)"
        var (found, expected) = (try world.accounts(), before)
        #expect(found.users[victim]?.title == "by hand" && found.users[victim]?.active == false, context)
        let restores = told.rows.filter { $0.subject.anchor?.value == victim && $0.member == nil }.flatMap(\.changes)
        let overwrites = restores.contains { change in
            change.changeClass == .create || change.attributes.contains { ["title", "active"].contains($0.path) }
        }
        if overwrites {
            #expect(undone.notices.contains { $0.subject.anchor?.value == victim }, context)
            if restores.contains(where: { $0.changeClass == .create }) {
                #expect(found.users[victim]?.name == kept?.name, context)
            }
        }
        // Everybody else is as before, but for those whose names or manager are the victim's.
        for (anchor, user) in expected.users where anchor != victim && user.name != kept?.name {
            guard user.manager != victim, !undone.notices.contains(where: { $0.subject.anchor?.value == anchor }) else {
                continue
            }
            #expect(found.users[anchor] == user, context)
        }
        (found, expected) = (Accounts(), Accounts())
        #expect(try world.violations().isEmpty, context)
    }

    // MARK: What holds, and until when

    @Test("what was undone happens again when the source says something else about the person")
    func changes() throws {
        let world = try World()
        try world.run(Self.first)
        var day = Self.first
        day.people[0].title = "u"
        day.people[1].active = false
        let told = try world.run(day)
        try world.undo(told.summary.run)
        #expect(try world.accounts().users["p1"]?.title == "t" && world.accounts().users["p2"]?.active == true)
        #expect(try world.holds().count == 2)
        let held = try world.run(day)
        #expect(held.summary.isEmpty && held.notices.count == 2)
        #expect(held.notices.allSatisfy { $0.text.contains("undone by run") && $0.text.contains("runs release") })
        day.people[0].title = "v"
        #expect(try world.run(day).summary.counts == [.update: 1])
        #expect(try world.accounts().users["p1"]?.title == "v" && world.holds().count == 1)
        day.people[1].active = true
        #expect(try world.run(day).summary.isEmpty)
        #expect(try world.holds().isEmpty)
        day.people[1].active = false
        #expect(try world.run(day).summary.counts == [.deactivate: 1])
    }

    @Test("a membership that was undone is held alone: the group's other members follow the source")
    func memberships() throws {
        let world = try World()
        try world.run(Self.first)
        var day = Self.first
        day.groups = [Day.Group("g1", ["p1", "p3"])]
        let told = try world.run(day)
        try world.undo(told.summary.run)
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p2"])
        let held = try world.run(day)
        #expect(held.summary.isEmpty && held.notices.count == 2)
        day.people.append(Day.Person("p4", "w"))
        day.groups = [Day.Group("g1", ["p1", "p3", "p4"])]
        #expect(try world.run(day).summary.counts == [.create: 1, .memberAdd: 1])
        #expect(try world.accounts().groups["g1"]?.members == ["p1", "p2", "p4"])
        day.groups = [Day.Group("g1", ["p1", "p2", "p4"])]
        #expect(try world.run(day).summary.isEmpty)
        #expect(try world.holds().isEmpty)
        day.groups = [Day.Group("g1", ["p1", "p3", "p4"])]
        #expect(try world.run(day).summary.counts == [.memberAdd: 1, .memberRemove: 1])
    }

    @Test("a held person is released by name, and everybody else stays held")
    func releasing() throws {
        let world = try World()
        try world.run(Self.first)
        var day = Self.first
        for index in day.people.indices { day.people[index].title = "u" }
        let told = try world.run(day)
        try world.undo(told.summary.run)
        let organization = try world.store().organizations()[0].organization
        let released = try world.engine.release(.subject("X", organization: organization))
        #expect(released.map(\.name) == ["x"])
        #expect(try world.run(day).summary.counts == [.update: 1])
        #expect(try world.accounts().users["p1"]?.title == "u" && world.accounts().users["p2"]?.title == "t")
        #expect(throws: RunError.self) { _ = try world.engine.release(.subject("x", organization: organization)) }
    }

    @Test("a day of drained pushes is undone like a run; a new push of the person is newer than that")
    func drained() async throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        let client = try Client(world)
        try await client.put(Day.Person("p1", "x", title: "v"))
        try await client.put(Day.Person("p5", "new"))
        try await client.change(group: "g1", remove: ["p2"])
        let drained = try #require(try client.drain())
        let undone = try world.undo(drained.summary.run)
        #expect(undone.summary.outcome == .applied)
        #expect(try world.accounts() == before && world.violations().isEmpty)
        #expect(try client.drain()?.summary.isEmpty ?? true)
        _ = try world.engine.release(.run(drained.summary.run!))
        try client.drain()
        #expect(try world.accounts().users["p1"]?.title == "v" && world.accounts().users["p5"]?.name == "new")
        #expect(try world.accounts().groups["g1"]?.members == ["p1"])
        let again = try world.undo(try #require(try world.store().runs(limit: 9).first { $0.kind == "drain" }).run)
        #expect(again.summary.outcome == .applied)
        try await client.put(Day.Person("p1", "x", title: "w"))
        await client.close()
        try client.drain()
        #expect(try world.accounts().users["p1"]?.title == "w")
    }

    // MARK: Names, gates, files

    @Test("exchanged names are exchanged back, and a name that somebody else has by now stays theirs")
    func names() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        let swapped = Day([Day.Person("p1", "y"), Day.Person("p2", "x"), Day.Person("p3", "w", manager: "p1")])
        let told = try world.run(swapped)
        #expect(told.summary.counts == [.rename: 3])
        try world.undo(told.summary.run)
        #expect(try world.accounts() == before)
        try world.undo()
        #expect(try world.accounts().users["p1"]?.name == "y")
        // Somebody takes the name that p3 would get back.
        try world.run(Day(swapped.people + [Day.Person("p9", "z")]))
        let undone = try world.undo(told.summary.run)
        #expect(undone.notices.contains { $0.subject.anchor?.value == "p3" && $0.text.contains("z") })
        let users = try world.accounts().users
        #expect(
            users["p1"]?.name == "x" && users["p2"]?.name == "y" && users["p3"]?.name == "w" && users["p9"]?.name == "z"
        )
        #expect(try world.violations().isEmpty)
    }

    @Test("the gates judge an undo: its deletions are limited, and protected accounts stop it")
    func gates() throws {
        let world = try World()
        let told = try world.run(Self.first)
        let before = try world.dump()
        let refused = try world.undo(told.summary.run, limits: GateLimits())
        #expect(refused.summary.outcome == .refused && refused.result.tripped.map(\.name).contains("limit.delete"))
        #expect(try world.dump() == before)
        try world.change("x", by: .protect)
        try world.change("x", by: .unprotect)
        var day = Self.first
        day.people[0].name = "v"
        let renamed = try world.run(day)
        try world.change("v", by: .protect)
        let stopped = try world.undo(renamed.summary.run)
        #expect(stopped.summary.outcome == .refused && stopped.result.tripped.map(\.name) == ["protected"])
    }

    @Test("the plan of an undo is looked at without writing, kept in a file, and applied from it")
    func kept() throws {
        let world = try World()
        try world.run(Self.first)
        let before = try world.accounts()
        var day = Self.first
        day.people[0].title = "u"
        day.people.append(Day.Person("p4", "w"))
        let told = try world.run(day)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: world.database))
        let looked = try world.undo(told.summary.run, .dryRun)
        #expect(looked.summary.counts == [.update: 1, .delete: 1] && looked.summary.outcome == .planned)
        let path = world.folder + "/undo.plan"
        let kept = try world.undo(told.summary.run, .keepPlan(path: path))
        #expect(kept.summary.digest == looked.summary.digest)
        #expect(try Data(contentsOf: URL(fileURLWithPath: world.database)) == bytes)
        let applied = try world.engine.apply(planFile: path) { _ in }
        #expect(applied.summary.outcome == .applied && applied.summary.digest == looked.summary.digest)
        #expect(try world.accounts() == before && world.holds().count == 2)
        #expect(try world.run(day).summary.isEmpty)
    }

    @Test("what cannot be undone says why")
    func refusals() throws {
        let world = try World()
        func refusal(_ run: Int64?) -> String? {
            do {
                _ = try world.undo(run)
                return nil
            } catch {
                return (error as? RunError)?.description
            }
        }
        #expect(refusal(nil)?.contains("no runs yet") == true)
        try world.run(Self.first)
        #expect(refusal(99)?.contains("no run 99") == true)
        let refused = try world.run(Day([Day.Person("p1", "x")])) { $0.gates = GateLimits() }
        #expect(refused.summary.outcome == .refused)
        #expect(refusal(refused.summary.run)?.contains("changed nothing") == true)
        let nothing = try world.run(Self.first)
        #expect(try world.undo(nothing.summary.run).summary.isEmpty)
    }

    // MARK: Differences

    @Test("two runs are compared by their net effect, in either order, and by class and attribute", arguments: 0..<30)
    func differences(seed: Int) throws {
        guard let (one, two) = days(seed, 14_000) else { return }
        let world = try World()
        let a = try world.run(one).summary.run!
        let before = try world.accounts()
        let b = try world.run(two)
        guard b.summary.outcome == .applied else { return }
        try world.undo(b.summary.run)
        let back = try #require(try world.store().runs(limit: 1).first).run
        let context: Comment = "seed \(seed)\n \(one)\n \(two)"
        var rows: [PlanRow] = []
        func diff(_ from: Int64, _ until: Int64?) throws -> RunDifference {
            rows = []
            return try world.engine.diff(from: from, until: until) { if case .row(let row) = $0 { rows.append(row) } }
        }
        #expect(try world.accounts() == before)
        #expect(try diff(a, back).counts.isEmpty, context)
        #expect(try diff(a, nil).counts.isEmpty, context)
        let forth = try diff(a, b.summary.run)
        #expect(forth.counts == b.summary.counts, context)
        #expect(try diff(b.summary.run!, a).counts == b.summary.counts, context)
        #expect(try diff(b.summary.run!, b.summary.run!).counts.isEmpty, context)
    }

    @Test("runs of two connections are not compared; what nobody's run changed is told beside the difference to now")
    func differencesToNow() throws {
        let world = try World()
        let a = try world.run(Self.first).summary.run!
        let other = try world.run(try world.job(Self.first, organization: "other")).summary.run!
        #expect(throws: RunError.self) { _ = try world.engine.diff(from: a, until: other) { _ in } }
        #expect(throws: RunError.self) { _ = try world.engine.diff(from: a, until: 99) { _ in } }
        var day = Self.first
        day.people[0].title = "u"
        try world.run(day)
        try world.change("y", by: .disable)
        var events: [PlanEvent] = []
        let difference = try world.engine.diff(from: a, until: nil) { events.append($0) }
        #expect(difference.counts == [.update: 1])
        #expect(events.rows[0].changes[0].attributes.map(\.path) == ["title"])
        let notices = Told(
            result: RunResult(
                header: .init(organization: "", connection: "", job: "", mode: .plan, asOf: world.clock.now),
                summary: .init()), events: events
        ).notices
        #expect(notices.count == 1 && notices[0].text.contains("accounts disable"))
    }
}
