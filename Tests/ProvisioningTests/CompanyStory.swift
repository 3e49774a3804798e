import Reconciliation

/// What happens to a company of some hundred people: a list of steps that can be told again exactly, and made shorter.
struct CompanyStory: CustomStringConvertible {
    /// What a company makes use of beyond the plain rules: each asks for steps and for laws of its own.
    struct Features: OptionSet, CustomStringConvertible {
        let rawValue: Int

        static let delta = Features(rawValue: 1)
        static let nested = Features(rawValue: 2)
        static let flatten = Features(rawValue: 4)
        static let graceDays = Features(rawValue: 8)
        static let graceSightings = Features(rawValue: 16)
        static let deletion = Features(rawValue: 32)
        static let protection = Features(rawValue: 64)
        /// A second edition of the rules, whose filter also asks for memberships.
        static let edits = Features(rawValue: 128)
        static let undo = Features(rawValue: 256)
        static let kept = Features(rawValue: 512)
        /// The default limits, with whatever they refuse or hold approved.
        static let limits = Features(rawValue: 1024)
        static let neighbour = Features(rawValue: 2048)
        /// A mapping that gives roles by membership; for days only.
        static let mapping = Features(rawValue: 4096)
        /// Rows that claim somebody twice, or cannot be read; for days only.
        static let badRows = Features(rawValue: 8192)

        static let names = [
            "delta", "nested", "flatten", "graceDays", "graceSightings", "deletion", "protection", "edits", "undo",
            "kept", "limits", "neighbour", "mapping", "badRows",
        ]
        /// How many of them a long story knows.
        static let toldInStories = 12

        var description: String {
            Self.names.indices.filter { rawValue & (1 << $0) != 0 }.map { Self.names[$0] }.joined(separator: "+")
        }

        /// Days of absence, or whole snapshots, before somebody is deactivated.
        var policies: Policies {
            var policies = Policies()
            if contains(.flatten) { policies.nestedGroups = .flatten }
            if contains(.graceDays) { policies.deactivateAfter = .after(.seconds(3 * 86_400)) }
            if contains(.graceSightings) { policies.deactivateAfter = .sightings(2) }
            if contains(.deletion) { policies.deleteAfter = .seconds(5 * 86_400) }
            return policies
        }
    }

    /// Numbers of people, and of groups; everybody has a number for life.
    enum Step: CustomStringConvertible {
        // What happens at the source.
        case hire(Int), leave(Int), disable(Int), enable(Int), move(Int)
        case rename(Int, to: Int), swap(Int, Int), retitle(Int, Int), report(Int, to: Int)
        case join(Int, group: Int), part(Int, group: Int), found(group: Int), dissolve(group: Int)
        // What is heard of it.
        case snapshot, dryRun, replay, partial, push(Int), pushGroup(Int), drain
        // What an administrator does to an account.
        case lock(Int), unlock(Int), protect(Int), unprotect(Int)
        // What the features bring.
        case nest(group: Int, in: Int), unnest(group: Int, in: Int), wait(days: Int), delta(Int), edit, undo, keep
        case applyKept(isFreshOnly: Bool)

        var description: String {
            switch self {
            case .hire(let who): "hire \(who)"
            case .leave(let who): "leave \(who)"
            case .disable(let who): "disable \(who)"
            case .enable(let who): "enable \(who)"
            case .move(let who): "move \(who)"
            case .rename(let who, let name): "rename \(who) to \(name)"
            case .swap(let left, let right): "swap \(left) \(right)"
            case .retitle(let who, let title): "retitle \(who) \(title)"
            case .report(let who, let manager): "report \(who) to \(manager)"
            case .join(let who, let group): "join \(who) g\(group)"
            case .part(let who, let group): "part \(who) g\(group)"
            case .found(let group): "found g\(group)"
            case .dissolve(let group): "dissolve g\(group)"
            case .snapshot: "SNAPSHOT"
            case .dryRun: "DRY RUN"
            case .replay: "REPLAY"
            case .partial: "PARTIAL"
            case .push(let who): "push \(who)"
            case .pushGroup(let group): "push g\(group)"
            case .drain: "DRAIN"
            case .lock(let who): "lock \(who)"
            case .unlock(let who): "unlock \(who)"
            case .protect(let who): "protect \(who)"
            case .unprotect(let who): "unprotect \(who)"
            case .nest(let group, let parent): "nest g\(group) in g\(parent)"
            case .unnest(let group, let parent): "unnest g\(group) from g\(parent)"
            case .wait(let days): "WAIT \(days)"
            case .delta(let part): "DELTA \(part)"
            case .edit: "EDIT"
            case .undo: "UNDO"
            case .keep: "KEEP"
            case .applyKept(let isFreshOnly): isFreshOnly ? "APPLY FRESH" : "APPLY"
            }
        }
    }

    var people: Int
    var groups: Int
    var features: Features
    var steps: [Step]

    var description: String {
        "[\(features)] \(people) people, \(groups) groups: \(steps.map(\.description).joined(separator: ", "))"
    }

    /// Some weeks of a company, the same for the same seed.
    static func random(people: Int, events: Int, seed: Int, features: Features) -> CompanyStory {
        var generator = SeededGenerator(state: UInt64(bitPattern: Int64(seed)) &* 7919 &+ 17)
        let groups = max(2, people / 20)
        var steps: [Step] = [.snapshot]
        let size = (people: people, groups: groups)
        let extras = Step.extras(of: features)
        for _ in 0..<events {
            if !extras.isEmpty, Int.random(in: 0..<5, using: &generator) == 0 {
                let extra = extras[Int.random(in: 0..<extras.count, using: &generator)]
                steps.append(extra(size, &generator))
            } else {
                steps.append(.random(people: people, groups: groups, using: &generator))
            }
        }
        return CompanyStory(
            people: people, groups: groups, features: features,
            steps: steps + [.drain, .snapshot, .wait(days: 4), .snapshot, .wait(days: 6), .snapshot])
    }

    /// One day of a company: only what happens at its source, the same for the same seed.
    static func day(people: Int, events: Int, seed: Int, features: Features) -> CompanyStory {
        var generator = SeededGenerator(state: UInt64(bitPattern: Int64(seed)) &* 104_729 &+ 5)
        let size = (people: people, groups: max(2, people / 20))
        let extras = Step.extras(of: features.intersection(.nested))
        var steps: [Step] = []
        while steps.count < events {
            let isExtra = !extras.isEmpty && Int.random(in: 0..<5, using: &generator) == 0
            let step =
                isExtra
                ? extras[Int.random(in: 0..<extras.count, using: &generator)](size, &generator)
                : Step.random(people: people, groups: size.groups, using: &generator)
            if step.isAtSource { steps.append(step) }
        }
        return CompanyStory(people: people, groups: size.groups, features: features, steps: steps)
    }

    /// The shortest story found that still fails, by leaving out people, steps and features.
    ///
    /// - Parameters:
    ///   - attempts: how often it is told again at most, apart from the last look at people and features.
    ///   - failure: what is wrong with a story; `nil` for nothing.
    func shrunk(attempts: Int, _ failure: (CompanyStory) async -> String?) async -> CompanyStory {
        var best = self
        var left = attempts
        while best.people > 2, left > 0 {
            var smaller = best
            smaller.people = best.people / 2
            left -= 1
            guard await failure(smaller) != nil else { break }
            best = smaller
        }
        var chunk = max(1, best.steps.count / 2)
        while chunk >= 1 {
            var start = 0
            while start < best.steps.count, left > 0 {
                var shorter = best
                shorter.steps.removeSubrange(start..<min(start + chunk, shorter.steps.count))
                left -= 1
                if await failure(shorter) != nil { best = shorter } else { start += chunk }
            }
            chunk /= 2
        }
        for bit in Features.names.indices where best.features.contains(Features(rawValue: 1 << bit)) {
            var plainer = best
            plainer.features.remove(Features(rawValue: 1 << bit))
            if await failure(plainer) != nil { best = plainer }
        }
        while best.people > 2 {
            var smaller = best
            smaller.people = best.people / 2
            guard await failure(smaller) != nil else { break }
            best = smaller
        }
        return best
    }
}

extension CompanyStory.Step {
    /// Whether it happens at the source; the others are heard, or done by an administrator.
    fileprivate var isAtSource: Bool {
        switch self {
        case .hire, .leave, .disable, .enable, .move, .rename, .swap, .retitle, .report, .join, .part, .found,
            .dissolve,
            .nest, .unnest:
            true
        default: false
        }
    }

    fileprivate typealias Making = ((people: Int, groups: Int), inout SeededGenerator) -> CompanyStory.Step

    /// The steps that only companies with these features know.
    fileprivate static func extras(of features: CompanyStory.Features) -> [Making] {
        var extras: [Making] = []
        if features.contains(.nested) {
            extras += [
                { .nest(group: .random(in: 0..<$0.groups, using: &$1), in: .random(in: 0..<$0.groups, using: &$1)) },
                { .nest(group: .random(in: 0..<$0.groups, using: &$1), in: .random(in: 0..<$0.groups, using: &$1)) },
                { .unnest(group: .random(in: 0..<$0.groups, using: &$1), in: .random(in: 0..<$0.groups, using: &$1)) },
            ]
        }
        if !features.isDisjoint(with: [.graceDays, .graceSightings, .deletion]) {
            extras += [
                { .wait(days: .random(in: 1...4, using: &$1)) }, { .leave(.random(in: 0..<$0.people, using: &$1)) },
                { .hire(.random(in: 0..<$0.people, using: &$1)) },
            ]
        }
        if features.contains(.protection) {
            extras += [
                { .protect(.random(in: 0..<$0.people, using: &$1)) },
                { .unprotect(.random(in: 0..<$0.people, using: &$1)) },
            ]
        }
        if features.contains(.delta) { extras += [{ .delta(.random(in: 0..<5, using: &$1)) }] }
        if features.contains(.edits) { extras += [{ _, _ in .edit }] }
        if features.contains(.undo) { extras += [{ _, _ in .undo }] }
        if features.contains(.kept) {
            extras += [{ _, _ in .keep }, { .applyKept(isFreshOnly: .random(using: &$1)) }]
        }
        if features.contains(.limits) { extras += [{ .disable(.random(in: 0..<$0.people, using: &$1)) }] }
        return extras
    }

    /// Most of what happens is small; what is heard comes every few steps.
    fileprivate static func random(
        people: Int, groups: Int, using generator: inout SeededGenerator
    ) -> CompanyStory.Step {
        func somebody() -> Int { Int.random(in: 0..<people + people / 4, using: &generator) }
        func group() -> Int { Int.random(in: 0..<groups + 1, using: &generator) }
        switch Int.random(in: 0..<34, using: &generator) {
        case 0, 1: return .hire(somebody())
        case 2, 3: return .leave(somebody())
        case 4: return .disable(somebody())
        case 5: return .enable(somebody())
        case 6, 7: return .move(somebody())
        case 8, 9: return .rename(somebody(), to: Int.random(in: 1000..<1100, using: &generator))
        case 10, 11: return .swap(somebody(), somebody())
        case 12, 13: return .retitle(somebody(), Int.random(in: 0..<5, using: &generator))
        case 14, 15: return .report(somebody(), to: somebody())
        case 16, 17: return .join(somebody(), group: group())
        case 18, 19: return .part(somebody(), group: group())
        case 20: return .found(group: group())
        case 21: return .dissolve(group: group())
        case 22, 23: return .snapshot
        case 24: return .dryRun
        case 25: return .replay
        case 26: return .partial
        case 27, 28, 29: return .push(somebody())
        case 30: return .pushGroup(group())
        case 31: return .drain
        case 32: return .lock(somebody())
        default: return .unlock(somebody())
        }
    }
}

/// What is true at the source while a story is told.
struct CompanyTruth {
    private(set) var people: [Int: Day.Person] = [:]
    private(set) var groups: [Int: Set<Int>] = [:]
    /// Which groups are in which.
    private var nested: [Int: Set<Int>] = [:]
    /// Whether the second edition of the rules is in force: who is in the first group is in scope too.
    var isEdited = false
    /// Whose user name is whose: unique at any time, as a directory sees to it.
    private var names: [String: Int] = [:]

    init(_ story: CompanyStory) {
        for number in 0..<story.people { hire(number) }
        for group in 0..<story.groups {
            groups[group] = Set((0..<story.people).filter { $0 % story.groups == group })
        }
    }

    private mutating func hire(_ number: Int) {
        let name = "n\(number)"
        guard people[number] == nil, names[name] == nil else { return }
        people[number] = Day.Person("p\(number)", name)
        names[name] = number
    }

    private mutating func rename(_ number: Int, to name: String) {
        guard let old = people[number]?.name, names[name] == nil else { return }
        names[old] = nil
        names[name] = number
        people[number]!.name = name
    }

    /// Takes over what happens at the source.
    mutating func take(_ step: CompanyStory.Step) {
        switch step {
        case .hire(let number): hire(number)
        case .leave(let number):
            guard let person = people.removeValue(forKey: number) else { return }
            names[person.name] = nil
            for other in people.keys where people[other]!.manager == person.anchor { people[other]!.manager = nil }
            for group in groups.keys { groups[group]!.remove(number) }
        case .disable(let number): people[number]?.active = false
        case .enable(let number): people[number]?.active = true
        case .move(let number): people[number]?.inScope.toggle()
        case .rename(let number, let name): rename(number, to: "n\(name)")
        case .swap(let left, let right):
            guard left != right, let a = people[left]?.name, let b = people[right]?.name else { return }
            (people[left]!.name, people[right]!.name) = (b, a)
            (names[a], names[b]) = (right, left)
        case .retitle(let number, let title): people[number]?.title = "t\(title)"
        case .report(let number, let manager):
            if let manager = people[manager], number != 0 { people[number]?.manager = manager.anchor }
        case .join(let number, let group):
            if people[number] != nil, groups[group] != nil { groups[group]!.insert(number) }
        case .part(let number, let group): groups[group]?.remove(number)
        case .found(let group): groups[group] = groups[group] ?? []
        case .dissolve(let group):
            guard groups.count > 1 else { return }
            groups[group] = nil
            nested[group] = nil
            for parent in nested.keys { nested[parent]!.remove(group) }
        case .nest(let group, let parent):
            if group != parent, groups[group] != nil, groups[parent] != nil {
                nested[parent, default: []].insert(group)
            }
        case .unnest(let group, let parent): nested[parent]?.remove(group)
        default: break
        }
    }

    var day: Day {
        Day(
            people.sorted { $0.key < $1.key }.map(\.value),
            groups: groups.keys.sorted().compactMap(group))
    }

    func group(_ number: Int) -> Day.Group? {
        guard let members = groups[number] else { return nil }
        let inner = nested[number] ?? []
        return Day.Group("g\(number)", members.sorted().map { "p\($0)" } + inner.sorted().map { "g\($0)" })
    }

    /// Who is in a group, directly or through other groups.
    func everybody(in group: Int) -> Set<Int> {
        var (people, seen, waiting): (Set<Int>, Set<Int>, [Int]) = ([], [group], [group])
        while let next = waiting.popLast() {
            people.formUnion(groups[next] ?? [])
            for inner in nested[next] ?? [] where seen.insert(inner).inserted { waiting.append(inner) }
        }
        return people
    }

    /// Anchors of those who have to have an active account.
    var due: Set<String> {
        let members = isEdited ? everybody(in: 0) : []
        return Set(
            people.filter { $0.value.active && ($0.value.inScope || members.contains($0.key)) }.map(\.value.anchor))
    }
}
