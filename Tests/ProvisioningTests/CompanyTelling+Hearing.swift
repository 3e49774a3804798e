import Foundation
import JSONBytes
import Reconciliation
import Snapshots

@testable import Provisioning
@testable import Storage

/// The ways in which a company is heard of that have laws of their own.
extension CompanyTelling {
    /// Law 5: what was shown is what is applied. Law 4: showing writes nothing.
    func dryRun() throws {
        let job = try wholeJob()
        let before = try world.dump()
        let shown = try world.run(job, RunOptions(purpose: .dryRun))
        try require(try world.dump() == before, "a dry run wrote something")
        let told = try apply(job)
        try require(told.summary.digest == shown.summary.digest, "what was shown is not what was applied")
        try settle()
    }

    /// Laws 1 and 11: planning what was just applied is empty, and so it is without shortcuts.
    func replay() throws {
        let job = try wholeJob()
        let (short, long) = (try world.plan(job, shortcuts: true), try world.plan(job, shortcuts: false))
        try require(short.summary.digest == long.summary.digest, "shortcuts change the plan")
        try apply(job)
        memory.good = []
        let again = try world.plan(job, shortcuts: true)
        try require(again.summary.isEmpty, "planning again is not empty: \(again.summary.counts)")
    }

    /// Law 3: a part of the directory takes nothing from anybody.
    func partial() throws {
        world.clock.advance(3600)
        let day = truth.day
        let half = day.people.filter { $0.anchor.utf8.last! % 2 == 0 }
        var job = prepared(try world.job(Day(half)))
        let text = Day.list(half.map(\.resource), total: day.people.count + 1)
        try Data(text.utf8).write(to: URL(fileURLWithPath: job.source.users[0]))
        job.acceptsPartial = true
        let before = try world.accounts()
        try apply(job, isWhole: false)
        for person in half { memory.returned(person.anchor) }
        let after = try world.accounts()
        for (anchor, user) in before.users where user.active {
            try require(after.users[anchor]?.active ?? false, "a partial file deactivated \(anchor)")
        }
        for (anchor, group) in before.groups {
            try require(
                group.members.isSubset(of: after.groups[anchor]?.members ?? []),
                "a partial file took members from \(anchor)")
        }
    }

    // MARK: Deltas

    /// What Microsoft Graph says of every fifth person, and of the groups.
    func delta(_ part: Int) throws {
        world.clock.advance(3600)
        var named: Set<String> = []
        var users: [JSONValue] = []
        var gone: [String] = []
        for number in 0..<250 where number % 5 == part {
            let anchor = "p\(number)"
            named.insert(anchor)
            if let person = truth.people[number] {
                users.append(.object(person.graph))
            } else {
                users.append(["id": .string(anchor), "@removed": ["reason": "deleted"]])
                gone.append(anchor)
            }
        }
        let groups = truth.day.groups!.map { group in
            let members = group.members!
            let others = named.subtracting(members).sorted().map { anchor -> JSONValue in
                ["id": .string(anchor), "@removed": ["reason": "deleted"]]
            }
            return JSONValue.object([
                "id": .string(group.anchor), "displayName": .string("Group " + group.anchor),
                "members@delta": .array(members.map { ["id": .string($0)] } + others),
            ])
        }
        let before = try world.accounts()
        try apply(prepared(try deltaJob(users: users, groups: groups)), isWhole: false)
        for anchor in named { if gone.contains(anchor) { memory.removed(anchor) } else { memory.returned(anchor) } }
        for group in truth.groups.keys { memory.returned("g\(group)") }
        memory.good.subtract(named)
        try checkDelta(before: before, named: named, gone: gone)
    }

    private func deltaJob(users: [JSONValue], groups: [JSONValue]) throws -> Job {
        let name = world.folder + "/delta-" + world.ids.next()
        func write(_ ending: String, _ entries: [JSONValue]) throws -> String {
            let object: JSONObject = ["@odata.deltaLink": "x", "value": .array(entries)]
            try Data(JSONValue.object(object).text.utf8).write(to: URL(fileURLWithPath: name + ending))
            return name + ending
        }
        let source = SourceSpecification(
            preset: .entraGraph, users: [try write("-users.json", users)], groups: [try write("-groups.json", groups)],
            kind: .delta, takenAt: world.clock.now)
        return Job(
            name: "delta", organization: "acme", connection: "main", source: source, gates: World.openGates)
    }

    private func checkDelta(before: Accounts, named: Set<String>, gone: [String]) throws {
        let after = try world.accounts()
        let kept = try keepers()
        if !truth.isEdited {
            for (anchor, user) in before.users where user.active && !named.contains(anchor) {
                try require(
                    after.users[anchor]?.active ?? false, "a delta deactivated \(anchor), whom it does not name")
            }
        }
        try drain()
        let settled = try world.accounts()
        for anchor in gone where kept[anchor] == nil {
            try require(!(settled.users[anchor]?.active ?? false), "\(anchor) was removed and is still active")
        }
        let violations = try world.violations()
        try require(violations.isEmpty, "\(violations)")
    }

    // MARK: Edits, undos and kept plans

    /// An edit of the rules: who leaves by it has to be approved, and a refusal changes nothing.
    func edit() throws {
        truth.isEdited.toggle()
        var job = try wholeJob()
        job.gates.editLeavers = 0
        let before = try world.dump()
        let told = try world.run(job)
        if told.summary.outcome == .refused {
            try require(try world.dump() == before, "a refused edit changed something")
            do {
                _ = try world.engine.approve(run: nil, digest: nil, by: "Ana", lifetime: .seconds(3600))
            } catch is RunError where features.contains(.limits) { job.gates = World.openGates }
            try apply(job)
        } else {
            try require(told.summary.outcome == .applied, "the edit was not applied: \(told.summary.outcome)")
            memory.saw(truth, now: world.clock.now)
        }
        try settle()
    }

    /// Law 9: what a run did is taken back and stays so, until it is released.
    func undo() throws {
        try drain()
        let before = try world.accounts()
        let told = try apply(try wholeJob())
        guard let run = told.summary.run, !told.summary.isEmpty else { return try settle() }
        let undone = try world.undo(run)
        if undone.summary.outcome == .applied {
            if undone.result.stale.isEmpty && undone.notices.isEmpty {
                let after = try world.accounts()
                try require(after == before, "undone, but not as before: \(difference(before, after))")
            }
            let violations = try world.violations()
            try require(violations.isEmpty, "\(violations)")
            if try !world.holds().isEmpty { _ = try world.engine.release(.run(run)) }
            memory.good = []
            try drain()
        }
        try apply(try wholeJob())
        try settle()
    }

    private func difference(_ before: Accounts, _ after: Accounts) -> String {
        var lines: [String] = []
        for anchor in Set(before.users.keys).union(after.users.keys) where before.users[anchor] != after.users[anchor] {
            lines.append(
                "\(anchor): \(before.users[anchor].map { "\($0)" } ?? "-") now \(after.users[anchor].map { "\($0)" } ?? "-")"
            )
        }
        for anchor in Set(before.groups.keys).union(after.groups.keys)
        where before.groups[anchor] != after.groups[anchor] {
            lines.append("\(anchor)")
        }
        return lines.sorted().joined(separator: "; ")
    }

    func keep() throws {
        let path = world.folder + "/plan-" + world.ids.next()
        try world.run(try wholeJob(), RunOptions(purpose: .keepPlan(path: path)))
        plans.append(path)
    }

    /// Applies the oldest kept plan, whatever happened since: all of it, or nothing; or what is still fresh.
    func applyKept(_ isFreshOnly: Bool) throws {
        guard !plans.isEmpty else { return }
        let path = plans.removeFirst()
        world.clock.advance(60)
        let before = try world.dump()
        memory.good = []
        do {
            let result = try world.engine.apply(planFile: path, options: ApplyOptions(isFreshOnly: isFreshOnly)) { _ in
            }
            if result.summary.outcome == .refused {
                try require(try world.dump() == before, "a refused plan changed something")
            }
        } catch let error as RunError where error.code == .planStale {
            try require(isFreshOnly || (try world.dump()) == before, "a stale plan changed something")
        }
        let violations = try world.violations()
        try require(violations.isEmpty, "\(violations)")
    }
}

extension Day.Person {
    /// As Microsoft Graph has it.
    fileprivate var graph: JSONObject {
        [
            "id": .string(anchor), "userPrincipalName": .string(name), "accountEnabled": .bool(active),
            "jobTitle": .string(title), "department": .string(inScope ? "Sales" : "Legal"),
        ]
    }
}
