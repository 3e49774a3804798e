import Foundation
import GRDB
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

    struct Broken: Error, CustomStringConvertible { let description: String }

    let world: World
    let client: Client
    let features: CompanyStory.Features
    var truth: CompanyTruth
    var memory = CompanyMemory()
    /// Plans that were kept for later.
    var plans: [String] = []
    /// Rows of the organization that nobody touches.
    private var neighbour: (organization: Int64, rows: [String])?

    private init(_ story: CompanyStory) throws {
        world = try World(inMemory: true)
        features = story.features
        truth = CompanyTruth(story)
        client = try Client(
            world, rules: Self.rules(features, isEdited: false),
            gates: features.contains(.limits) ? GateLimits() : World.openGates)
        guard features.contains(.neighbour) else { return }
        try world.run(try world.job(truth.day, organization: "other"))
        let organization = try world.store().organizations().first { $0.name == "other" }!.organization
        neighbour = (organization, try world.dump(organization: organization))
    }

    private func tell(_ story: CompanyStory) async throws {
        for (index, step) in story.steps.enumerated() {
            truth.take(step)
            if case .leave(let number) = step { memory.left("p\(number)") }
            do { try await hear(step) } catch {
                throw Broken(description: "step \(index), \(step): \(error)")
            }
        }
        if let neighbour {
            try require(
                try world.dump(organization: neighbour.organization) == neighbour.rows,
                "another organization was changed")
        }
    }

    private func hear(_ step: CompanyStory.Step) async throws {
        switch step {
        case .snapshot:
            try apply(try wholeJob())
            try settle()
        case .dryRun: try dryRun()
        case .replay: try replay()
        case .partial: try partial()
        case .push(let number): try await push(number)
        case .pushGroup(let number):
            guard let group = truth.group(number) else {
                if memory.absences["g\(number)"] == nil { memory.removed("g\(number)") }
                return try await client.delete(.group, "g\(number)")
            }
            try await client.put(group)
            memory.returned(group.anchor)
        case .drain: try drain()
        case .lock(let number): try administer(number, .disable)
        case .unlock(let number): try administer(number, .enable)
        case .protect(let number): try administer(number, .protect)
        case .unprotect(let number): try administer(number, .unprotect)
        case .wait(let days): world.clock.advance(Int64(days) * 86_400)
        case .delta(let part): try delta(part)
        case .edit: try edit()
        case .undo: try undo()
        case .keep: try keep()
        case .applyKept(let isFreshOnly): try applyKept(isFreshOnly)
        default: break
        }
    }

    func require(_ isSo: Bool, _ what: @autoclosure () throws -> String) throws {
        if !isSo { throw Broken(description: try what()) }
    }

    static func rules(_ features: CompanyStory.Features, isEdited: Bool) -> Rules {
        var rules = World.rules
        rules.policies = features.policies
        guard isEdited, case .clauses(let groups) = rules.userScope else { return rules }
        rules.userScope = .clauses(
            groups + [[ScopingClause(attribute: .groups, operator: .memberOf, values: ["g0"])]])
        return rules
    }

    /// A job over a whole snapshot, an hour later.
    func wholeJob() throws -> Job {
        world.clock.advance(3600)
        return prepared(try world.job(truth.day))
    }

    func prepared(_ job: Job) -> Job {
        var job = job
        job.rules = Self.rules(features, isEdited: truth.isEdited)
        if features.contains(.limits) { job.gates = GateLimits() }
        return job
    }

    /// Applies a job. What the default limits refuse must change nothing, and is approved.
    @discardableResult
    func apply(_ job: Job, isWhole: Bool = true) throws -> Told {
        var job = job
        let before = features.contains(.limits) ? try world.dump() : []
        var told = try world.run(job)
        if features.contains(.limits), told.summary.outcome == .refused {
            try require(try world.dump() == before, "a refused run changed something")
            do {
                _ = try world.engine.approve(
                    run: nil, digest: told.summary.digest, by: "Ana", lifetime: .seconds(3600))
            } catch is RunError { job.gates = World.openGates }
            told = try world.run(job)
        }
        try require(told.summary.outcome == .applied, "not applied: \(told.summary.outcome) \(told.result.tripped)")
        if isWhole { memory.saw(truth, now: world.clock.now) }
        return told
    }

    /// Law 6: after a drain nothing waits, and everybody is decided.
    func drain() throws {
        try client.drain()
        guard features.contains(.limits) else { return try checkDrained() }
        for _ in 0..<20 {
            guard let state = try client.store.holdingConnections().first else { break }
            let held = try client.store.looking(state) { try $0.heldChanges() }
            guard !held.isEmpty else { break }
            world.clock.advance(1)
            let drainer = Drainer(store: client.store, environment: world.environment)
            _ = try drainer.approve(state, digest: HeldChange.digest(of: held), by: "Ana") { _ in }
            try client.drain()
        }
        try require(try client.store.holdingConnections().isEmpty, "changes are held although all were approved")
        try checkDrained()
    }

    private func checkDrained() throws {
        try require(try world.queued() == 0, "something waits after a drain")
        let undecided = try world.store().read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM directoryRecord WHERE decidedVersion < version") ?? 0
        }
        try require(undecided == 0, "\(undecided) records are undecided after a drain")
    }

    func settle() throws {
        try drain()
        try check()
    }

    private func push(_ number: Int) async throws {
        memory.good.remove("p\(number)")
        guard let person = truth.people[number] else {
            // The endpoint does not know any more who is missing already.
            if memory.absences["p\(number)"] == nil { memory.removed("p\(number)") }
            return try await client.delete(.user, "p\(number)")
        }
        do {
            try await client.put(person)
            memory.returned(person.anchor)
        } catch is PushConflict {
            // The endpoint refused it, since the name is still somebody else's there; nothing changed.
        }
    }

    private func administer(_ number: Int, _ change: AccountChange) throws {
        memory.good.remove("p\(number)")
        memory.protected["p\(number)"] = nil
        guard let organization = try world.store().organizations().first(where: { $0.name == "acme" }) else { return }
        do {
            _ = try world.store(.readWrite).change(
                "p\(number)", of: organization.organization, kind: .user, by: change, now: world.clock.now)
        } catch is ConfigurationError {
            // Nobody is called that, or the name is somebody else's now.
        }
    }
}

/// What was heard of whom, as far as it bears on who may be gone already.
struct CompanyMemory {
    /// Since which whole snapshot somebody is absent, and how many of them there were.
    private(set) var absences: [String: (since: Instant, sightings: Int)] = [:]
    /// Whom somebody said to be removed.
    private(set) var removals: Set<String> = []
    private var heard: Set<String> = []
    /// Who was active at the last check, and of whom nothing was said since.
    var good: Set<String> = []
    /// Since when at least somebody who is gone for good has no active account.
    var offSince: [String: Instant] = [:]
    /// Names of active accounts that are protected.
    var protected: [String: String] = [:]
    /// The ids of accounts at the last check.
    var ids: [String: String] = [:]

    mutating func left(_ anchor: String) { ids[anchor] = nil }

    mutating func removed(_ anchor: String) { if heard.contains(anchor) { removals.insert(anchor) } }

    mutating func returned(_ anchor: String) {
        heard.insert(anchor)
        absences[anchor] = nil
        removals.remove(anchor)
        offSince[anchor] = nil
    }

    /// A whole snapshot of the truth was applied.
    mutating func saw(_ truth: CompanyTruth, now: Instant) {
        let present = Set(truth.people.values.map(\.anchor)).union(truth.groups.keys.map { "g\($0)" })
        for anchor in present { returned(anchor) }
        for anchor in heard where !present.contains(anchor) {
            absences[anchor] = (absences[anchor]?.since ?? now, (absences[anchor]?.sightings ?? 0) + 1)
        }
    }

    /// Whether the account of somebody absent has to be off by now.
    func isOver(_ anchor: String, _ grace: Grace, now: Instant) -> Bool {
        if removals.contains(anchor) { return true }
        guard let absence = absences[anchor] else { return true }
        return switch grace {
        case .after(let duration): absence.since + duration <= now
        case .sightings(let count): absence.sightings >= count
        case .never: false
        }
    }
}
