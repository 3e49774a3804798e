import Foundation
import Reconciliation
import SCIM

@testable import Provisioning
@testable import Storage

/// Tells a ``CompanyStory`` to the program and holds the accounts against what the source means.
final class CompanyTelling {
    /// What is wrong with a story as it is carried out; `nil` for nothing.
    static func failure(of story: CompanyStory) async -> String? {
        do {
            let telling = try CompanyTelling(story)
            do { try await telling.tell(story) } catch {
                await telling.client.close()
                throw error
            }
            await telling.client.close()
            return nil
        } catch {
            return "\(error)"
        }
    }

    private struct Broken: Error, CustomStringConvertible { let description: String }

    private let world: World
    private let client: Client
    private var truth: CompanyTruth

    private init(_ story: CompanyStory) throws {
        world = try World(inMemory: true)
        client = try Client(world, rules: World.rules)
        truth = CompanyTruth(story)
    }

    private func tell(_ story: CompanyStory) async throws {
        for (index, step) in story.steps.enumerated() {
            truth.take(step)
            do { try await hear(step) } catch {
                throw Broken(description: "step \(index), \(step): \(error)")
            }
        }
    }

    private func hear(_ step: CompanyStory.Step) async throws {
        switch step {
        case .snapshot:
            let told = try world.run(truth.day)
            try require(told.summary.outcome == .applied, "the snapshot was not applied: \(told.result.tripped)")
            try client.drain()
            try check()
        case .dryRun:
            world.clock.advance(3600)
            let job = try world.job(truth.day)
            let shown = try world.run(job, RunOptions(purpose: .dryRun))
            let told = try world.run(job, RunOptions(purpose: .apply, expect: shown.summary.digest))
            try require(told.summary.outcome == .applied, "what was shown was not applied: \(told.summary.outcome)")
            try client.drain()
            try check()
        case .replay: try replay()
        case .partial: try partial()
        case .push(let number): try await push(number)
        case .pushGroup(let number):
            guard let group = truth.group(number) else { return try await client.delete(.group, "g\(number)") }
            try await client.put(group)
        case .drain:
            try client.drain()
            try require(try world.queued() == 0, "something waits after a drain")
        case .lock(let number): try administer(number, .disable)
        case .unlock(let number): try administer(number, .enable)
        default: break
        }
    }

    private func require(_ isSo: Bool, _ what: @autoclosure () -> String) throws {
        if !isSo { throw Broken(description: what()) }
    }

    private func push(_ number: Int) async throws {
        guard let person = truth.people[number] else { return try await client.delete(.user, "p\(number)") }
        do { try await client.put(person) } catch is PushConflict {
            // The endpoint refused it, since the name is still somebody else's there; nothing changed.
        }
    }

    private func administer(_ number: Int, _ change: AccountChange) throws {
        guard let organization = try world.store().organizations().first?.organization else { return }
        do {
            _ = try world.store(.readWrite).change(
                "p\(number)", of: organization, kind: .user, by: change, now: world.clock.now)
        } catch is ConfigurationError {
            // Nobody is called that, or the name is somebody else's now.
        }
    }

    /// Laws 1 and 11: planning what was just applied is empty, and so it is without shortcuts.
    private func replay() throws {
        world.clock.advance(3600)
        let job = try world.job(truth.day)
        let (short, long) = (try world.plan(job, shortcuts: true), try world.plan(job, shortcuts: false))
        try require(short.summary.digest == long.summary.digest, "shortcuts change the plan")
        guard try world.run(job).summary.outcome == .applied else { throw Broken(description: "not applied") }
        let again = try world.plan(job, shortcuts: true)
        try require(again.summary.isEmpty, "planning again is not empty: \(again.summary.counts)")
    }

    /// Law 3: a part of the directory takes nothing from anybody.
    private func partial() throws {
        world.clock.advance(3600)
        let day = truth.day
        let half = day.people.filter { $0.anchor.utf8.last! % 2 == 0 }
        var job = try world.job(Day(half))
        let text = Day.list(half.map(\.resource), total: day.people.count + 1)
        try Data(text.utf8).write(to: URL(fileURLWithPath: job.source.users[0]))
        job.acceptsPartial = true
        let before = try world.accounts()
        try world.run(job)
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

    // MARK: What the source means

    private func check() throws {
        let found = try world.accounts()
        let violations = try world.violations()
        try require(violations.isEmpty, "\(violations)")
        let locked = try lockedAccounts()
        let unclear = waiting(for: locked)
        for person in truth.people.values where !unclear.contains(person.anchor) {
            try check(person, found.users[person.anchor], isLocked: locked[person.anchor] != nil)
        }
        let present = Set(truth.people.values.map(\.anchor))
        for (anchor, user) in found.users where !present.contains(anchor) {
            try require(!user.active, "\(anchor) left and is still active")
        }
        for (number, members) in truth.groups {
            let expected = Set(members.map { "p\($0)" }.filter { found.users[$0] != nil })
            let group = found.groups["g\(number)"]
            try require(group?.active ?? false, "g\(number) has no active group")
            let difference = group!.members.symmetricDifference(expected)
            try require(difference.isEmpty, "g\(number) differs in \(difference.sorted())")
        }
        for (anchor, group) in found.groups where truth.groups["\(anchor.dropFirst())".number] == nil {
            try require(!group.active, "\(anchor) was dissolved and is still active")
        }
    }

    private func check(_ person: Day.Person, _ user: Accounts.User?, isLocked: Bool) throws {
        let anchor = person.anchor
        guard person.active && person.inScope && !isLocked else {
            return try require(!(user?.active ?? false), "\(person) is active")
        }
        guard let user else { throw Broken(description: "\(person) has no account") }
        try require(user.active, "\(person) is not active")
        try require(user.name == person.name, "\(anchor) is called \(user.name), not \(person.name)")
        try require(user.title == person.title, "\(anchor) has the title \(user.title ?? "-"), not \(person.title)")
        if let manager = person.manager, try world.accounts().users[manager] != nil {
            try require(user.manager == manager, "\(anchor) reports to \(user.manager ?? "-"), not \(manager)")
        }
    }

    /// Names of the accounts that an administrator disabled, by anchor.
    private func lockedAccounts() throws -> [String: String] {
        let store = try world.store()
        var locked: [String: String] = [:]
        for organization in try store.organizations() {
            try store.forEachAccount(of: organization.organization, related: false) { stored in
                guard stored.account.disabledBy == .administrator, stored.account.kind == .user else { return }
                locked[stored.account.externalId ?? stored.account.name] = stored.account.name
            }
        }
        return locked
    }

    /// Anchors of those who want a name that a locked account keeps, and of those who want theirs, and so on.
    private func waiting(for locked: [String: String]) -> Set<String> {
        guard !locked.isEmpty else { return [] }
        let accounts = (try? world.accounts().users) ?? [:]
        var kept = Dictionary(locked.map { (KeyFolding.fold($1), $0) }, uniquingKeysWith: { first, _ in first })
        var waiting: Set<String> = []
        var grew = true
        while grew {
            grew = false
            for person in truth.people.values where !waiting.contains(person.anchor) {
                guard let holder = kept[KeyFolding.fold(person.name)], holder != person.anchor else { continue }
                waiting.insert(person.anchor)
                if let name = accounts[person.anchor]?.name { kept[KeyFolding.fold(name)] = person.anchor }
                grew = true
            }
        }
        return waiting
    }
}

extension String {
    fileprivate var number: Int { Int(self) ?? -1 }
}
