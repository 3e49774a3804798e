import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Synchronization

@testable import Provisioning
@testable import Storage

/// Tells what happened at a company in one day twice, in files to one organization and by pushes to its twin, and holds both
/// against the laws and against what the source means. Much cheaper than a long story, so that there can be many.
struct CompanyDay {
    /// What is wrong with a day as it is carried out; `nil` for nothing.
    ///
    /// - Parameter seed: of the orders in which it is heard.
    static func failure(of story: CompanyStory, seed: Int) async -> String? {
        do {
            var day = try CompanyDay(story, seed: seed)
            try day.hearFiles()
            try await day.hearPushes()
            return nil
        } catch {
            return "\(error)"
        }
    }

    typealias Broken = CompanyTelling.Broken

    private let world: World
    private let features: CompanyStory.Features
    private let rules: Rules
    private let yesterday: Day
    private let truth: CompanyTruth
    private let today: Day
    private let organizations: [String: Int64]
    private var generator: SeededGenerator

    private init(_ story: CompanyStory, seed: Int) throws {
        let eve = try CompanyEve.of(story)
        world = try World(from: eve.moment)
        features = story.features
        rules = try CompanyEve.rules(features)
        yesterday = eve.truth.day
        var truth = eve.truth
        for step in story.steps { truth.take(step) }
        self.truth = truth
        today = truth.day
        organizations = Dictionary(
            try world.store().organizations().map { ($0.name, $0.organization) },
            uniquingKeysWith: { first, _ in first })
        generator = SeededGenerator(state: UInt64(bitPattern: Int64(seed)) &* 6007 &+ 3)
    }

    private func require(_ isSo: Bool, _ what: @autoclosure () throws -> String) throws {
        if !isSo { throw Broken(description: try what()) }
    }

    /// The job over a day's files. Each organization has the same files, and may tell the same people apart.
    private func job(_ day: Day, _ organization: String = "acme") throws -> Job {
        var job = try world.job(day, organization: organization)
        job.rules = rules
        return job
    }

    private func apply(_ job: Job, expect: String? = nil) throws -> Told {
        let told = try world.run(job, RunOptions(purpose: .apply, expect: expect))
        try require(told.summary.outcome == .applied, "not applied: \(told.summary.outcome) \(told.result.tripped)")
        return told
    }

    // MARK: Files

    private mutating func hearFiles() throws {
        let twin = try world.image(organization: organizations["twin"])
        world.clock.advance(3600)
        if features.contains(.badRows) {
            try hearBadRows()
        } else if features.contains(.delta) {
            try hearDelta()
        } else {
            try hearPart()
        }
        world.clock.advance(3600)
        try hearWhole()
        try require(
            try world.image(organization: organizations["twin"]) == twin, "law 10: another organization was changed")
    }

    /// Law 3: a part of the directory takes nothing from anybody.
    private mutating func hearPart() throws {
        let part = today.people.filter { _ in Bool.random(using: &generator) }
        var job = try job(Day(part))
        let text = Day.list(part.map(\.resource), total: today.people.count + 1)
        try Data(text.utf8).write(to: URL(fileURLWithPath: job.source.users[0]))
        job.acceptsPartial = true
        try takesNothing("a partial file", except: []) { _ = try apply(job) }
    }

    /// Law 3: a delta takes nothing from those whom it does not name.
    private mutating func hearDelta() throws {
        let (people, groups) = (Set(yesterday.people), Set(yesterday.groups!))
        let delta = Day(
            today.people.filter { !people.contains($0) && Bool.random(using: &generator) },
            groups: today.groups!.filter { !groups.contains($0) && Bool.random(using: &generator) })
        var job = try job(delta)
        job.source.kind = .delta
        let named = Set(delta.people.map(\.anchor) + delta.groups!.map(\.anchor))
        try takesNothing("a delta", except: named) { _ = try apply(job) }
    }

    /// Laws 7 and 8: who is claimed twice, or whose row cannot be read, stays as before.
    private mutating func hearBadRows() throws {
        let known = Set(yesterday.people.map(\.anchor)).intersection(today.people.map(\.anchor)).sorted()
        let victims = Array(known.shuffled(using: &generator).prefix(3))
        var rows: [JSONObject] = today.people.map(\.resource)
        for (number, victim) in victims.enumerated() {
            let index = rows.firstIndex { $0["id"] == .string(victim) }!
            if number == 0 {
                rows[index]["userName"] = nil
            } else {
                var twice = rows[index]
                twice["title"] = "twice"
                if number == 2 { twice["id"] = .string("other-" + victim) }
                rows.append(twice)
            }
        }
        rows.shuffle(using: &generator)
        let job = try job(today)
        try Data(Day.list(rows).utf8).write(to: URL(fileURLWithPath: job.source.users[0]))
        let before = try world.accounts().users
        let told = try apply(job)
        let after = try world.accounts().users
        for victim in victims {
            try require(
                told.quarantined.contains { $0.anchor?.value == victim }, "law 8: \(victim) was not set aside")
            try require(after[victim]?.name == before[victim]?.name, "law 7: \(victim) was renamed by a bad row")
            try require(after[victim]?.title == before[victim]?.title, "law 7: a bad row was taken for \(victim)")
        }
        for (anchor, user) in before where user.active && known.contains(anchor) && victims.contains(anchor) {
            try require(after[anchor]!.active || usesGroups, "law 3: a bad row deactivated \(anchor)")
        }
    }

    /// Whether groups decide who is in scope: then a list may well move those whom it names.
    private var usesGroups: Bool { features.contains(.edits) }

    private func takesNothing(_ what: String, except named: Set<String>, _ body: () throws -> Void) throws {
        let before = try world.accounts()
        try body()
        let after = try world.accounts()
        for (anchor, user) in before.users where user.active && !named.contains(anchor) {
            let stays = after.users[anchor]?.active ?? false
            try require(stays || (usesGroups && !named.isEmpty), "law 3: \(what) deactivated \(anchor)")
        }
        for (anchor, group) in before.groups where !named.contains(anchor) {
            let lost = group.members.subtracting(after.groups[anchor]?.members ?? [])
            try require(lost.isEmpty, "law 3: \(what) took \(lost.sorted()) from \(anchor)")
        }
    }

    /// Laws 1, 4, 5, 9 and 11, over the whole files.
    private mutating func hearWhole() throws {
        let job = try job(today)
        if features.contains(.kept) { try refuseStale(job) }
        let writes = try world.writes()
        let shown = try world.run(job, RunOptions(purpose: .dryRun))
        let shuffled = try self.job(
            Day(today.people.shuffled(using: &generator), groups: today.groups!.shuffled(using: &generator)))
        let long = try world.plan(shuffled, shortcuts: false)
        try require(
            long.summary.digest == shown.summary.digest, "laws 1 and 11: order or shortcuts change the plan")
        try require(try world.writes() == writes, "law 4: showing a plan wrote something")
        try refuse(job)
        let before = try world.accounts()
        let told = try apply(job, expect: shown.summary.digest)
        try require(told.summary.digest == shown.summary.digest, "law 5: what was shown is not what was applied")
        let again = try world.plan(job, shortcuts: true)
        try require(again.summary.isEmpty, "law 1: planning again is not empty: \(again.summary.counts)")
        try check("acme")
        if features.contains(.undo), !told.summary.isEmpty { try undo(told.summary.run!, before: before) }
    }

    private func refuse(_ job: Job) throws {
        var job = job
        job.gates.canaries = ["nobody@nowhere.example"]
        let before = try world.image(organization: organizations["acme"])
        let told = try world.run(job)
        try require(told.summary.outcome == .refused, "law 4: a missing canary did not refuse the plan")
        try require(
            try world.image(organization: organizations["acme"]) == before, "law 4: a refused plan changed something")
    }

    /// Law 5: a kept plan is not applied to an account that somebody touched since.
    private func refuseStale(_ job: Job) throws {
        let path = world.folder + "/kept"
        let kept = try world.run(job, RunOptions(purpose: .keepPlan(path: path)))
        let classes: Set<ChangeClass> = [.update, .rename, .deactivate]
        let touched = kept.rows.first { row in
            row.subject.kind == .user && row.changes.contains { classes.contains($0.changeClass) }
        }
        guard let anchor = touched?.subject.anchor?.value else { return }
        let store = try world.store(.readWrite)
        for change in [AccountChange.protect, .unprotect] {
            _ = try store.change(
                anchor, of: organizations["acme"]!, kind: .user, by: change, now: world.clock.now)
        }
        let before = try world.image(organization: organizations["acme"])
        do {
            _ = try world.engine.apply(planFile: path, options: ApplyOptions(isFreshOnly: false)) { _ in }
            throw Broken(description: "law 5: a plan was applied although \(anchor) was changed since")
        } catch let error as RunError where error.code == .planStale {}
        try require(
            try world.image(organization: organizations["acme"]) == before, "law 4: a stale plan changed something")
    }

    private func undo(_ run: Int64, before: Accounts) throws {
        let undone = try world.undo(run)
        guard undone.summary.outcome == .applied, undone.result.stale.isEmpty, undone.notices.isEmpty else { return }
        try require(try world.accounts() == before, "law 9: undone, but not as before")
    }

    // MARK: Pushes

    /// Laws 2 and 6: the twin hears the same by pushes, and a snapshot has nothing to add.
    private mutating func hearPushes() async throws {
        let client = try Client(world, organization: "twin")
        let acme: [String]
        do {
            // Who waited for a manager's account was looked at by the snapshot already; the queue still asks.
            let settled = try world.accounts()
            try client.drain()
            if !features.contains(.undo) {
                try require(try world.accounts() == settled, "law 1: a drain after the snapshot changes something")
            }
            acme = try world.image(organization: organizations["acme"])
            var chance = generator
            try await client.reach(today, from: yesterday, using: &generator) {
                if Int.random(in: 0..<10, using: &chance) == 0 { try client.drain() }
            }
            for group in today.groups! where group.members!.contains(where: { $0.hasPrefix("g") }) {
                try await client.put(group)
            }
            try client.drain()
        } catch {
            await client.close()
            throw error
        }
        await client.close()
        try checkDecided()
        try check("twin")
        world.clock.advance(3600)
        let rest = try world.plan(try job(today, "twin"), shortcuts: true)
        try require(rest.summary.isEmpty, "law 2: a snapshot adds to the pushes: \(rest.summary.counts)")
        try require(
            try world.image(organization: organizations["acme"]) == acme, "law 10: another organization was changed")
    }

    private func checkDecided() throws {
        try require(try world.queued() == 0, "law 6: something waits after a drain")
        let undecided = try world.store().read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM directoryRecord WHERE decidedVersion < version") ?? 0
        }
        try require(undecided == 0, "law 6: \(undecided) records are undecided after a drain")
    }

    // MARK: What the source means

    private func check(_ organization: String) throws {
        let found = try world.accounts(organization: organization)
        if let difference = truth.difference(from: found) {
            throw Broken(description: "law \(organization == "acme" ? 1 : 2), \(organization): \(difference)")
        }
        if features.contains(.mapping) { try checkRoles(organization) }
        let violations = try world.violations()
        try require(violations.isEmpty, "law 7: \(violations)")
    }

    private func checkRoles(_ organization: String) throws {
        let (first, third) = (truth.everybody(in: 1), truth.everybody(in: 3))
        var wrong: [String] = []
        try world.store().forEachAccount(of: organizations[organization]!, related: false) { stored in
            let account = stored.account
            guard account.kind == .user, account.active, let anchor = account.externalId,
                let number = Int(anchor.dropFirst())
            else { return }
            let given = ["roles", "entitlements"].map { account.attributes[$0]?.object?["value"]?.string ?? "-" }
            let due = [first.contains(number) ? "admin" : "user", third.contains(number) ? "vpn" : "-"]
            if given != due { wrong.append("\(anchor) has \(given), not \(due)") }
        }
        try require(wrong.isEmpty, "laws 1 and 2, \(organization): \(wrong)")
    }
}

extension CompanyTruth {
    /// How accounts differ from what the source means, where nothing keeps anybody from having it; `nil` for not at all.
    func difference(from found: Accounts) -> String? {
        let due = due
        for person in people.values {
            let user = found.users[person.anchor]
            guard due.contains(person.anchor) else {
                if user?.active ?? false { return "\(person) is active" }
                continue
            }
            guard let user, user.active else { return "\(person) has no active account" }
            if user.name != person.name || user.title != person.title { return "\(person) is \(user)" }
            if let manager = person.manager, found.users[manager] != nil, user.manager != manager {
                return "\(person) reports to \(user.manager ?? "-")"
            }
        }
        let present = Set(people.values.map(\.anchor))
        for (anchor, user) in found.users where user.active && !present.contains(anchor) { return "\(anchor) left" }
        for number in groups.keys {
            let members = group(number)!.members!.filter { found.users[$0] != nil || found.groups[$0] != nil }
            guard let group = found.groups["g\(number)"], group.active else { return "g\(number) has no active group" }
            let difference = group.members.symmetricDifference(members)
            if !difference.isEmpty { return "g\(number) differs in \(difference.sorted())" }
        }
        for (anchor, group) in found.groups
        where group.active && groups[Int(anchor.dropFirst()) ?? -1] == nil { return "\(anchor) was dissolved" }
        return nil
    }
}

/// How a company and its twin stand in the evening: both organizations have the same people under the same names. It is made
/// once for all the days that begin there.
struct CompanyEve: Sendable {
    let truth: CompanyTruth
    let moment: World.Moment

    private struct Key: Hashable {
        var people: Int
        var groups: Int
        var features: Int
    }

    private static let known = Mutex<[Key: CompanyEve]>([:])
    /// What is in the rules, and so in the accounts of the evening.
    private static let ruling: CompanyStory.Features = [.mapping, .edits]

    static func of(_ story: CompanyStory) throws -> CompanyEve {
        let features = story.features.intersection(ruling)
        let key = Key(people: story.people, groups: story.groups, features: features.rawValue)
        if let eve = known.withLock({ $0[key] }) { return eve }
        let eve = try make(story, features)
        known.withLock { $0[key] = eve }
        return eve
    }

    static func rules(_ features: CompanyStory.Features) throws -> Rules {
        var rules = CompanyTelling.rules([], isEdited: features.contains(.edits))
        if features.contains(.mapping) { rules.recordMapping = try LawsOfGroupMappingTests.rules().recordMapping }
        return rules
    }

    private static func make(_ story: CompanyStory, _ features: CompanyStory.Features) throws -> CompanyEve {
        var company = story
        company.features = features
        var truth = CompanyTruth(company)
        truth.isEdited = features.contains(.edits)
        let past = CompanyStory.day(people: story.people, events: 2 * story.people, seed: story.people, features: [])
        for step in past.steps { truth.take(step) }
        let world = try World(inMemory: true)
        for organization in ["acme", "twin"] {
            world.clock.advance(3600)
            var job = try world.job(truth.day, organization: organization)
            job.rules = try rules(features)
            let told = try world.run(job)
            guard told.summary.outcome == .applied else {
                throw CompanyTelling.Broken(description: "the evening cannot be made: \(told.result.tripped)")
            }
        }
        return CompanyEve(truth: truth, moment: try world.moment())
    }
}
