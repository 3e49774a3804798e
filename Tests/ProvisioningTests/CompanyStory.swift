import Reconciliation

/// What happens to a company of some hundred people: a list of steps that can be told again exactly, and made shorter.
struct CompanyStory: CustomStringConvertible {
    /// Numbers of people, and of groups; everybody has a number for life.
    enum Step: CustomStringConvertible {
        // What happens at the source.
        case hire(Int), leave(Int), disable(Int), enable(Int), move(Int)
        case rename(Int, to: Int), swap(Int, Int), retitle(Int, Int), report(Int, to: Int)
        case join(Int, group: Int), part(Int, group: Int), found(group: Int), dissolve(group: Int)
        // What is heard of it.
        case snapshot, dryRun, replay, partial, push(Int), pushGroup(Int), drain
        // What an administrator does to an account.
        case lock(Int), unlock(Int)

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
            }
        }
    }

    var people: Int
    var groups: Int
    var steps: [Step]

    var description: String {
        "\(people) people, \(groups) groups: \(steps.map(\.description).joined(separator: ", "))"
    }

    /// Some weeks of a company, the same for the same seed.
    static func random(people: Int, events: Int, seed: Int) -> CompanyStory {
        var generator = SeededGenerator(state: UInt64(bitPattern: Int64(seed)) &* 7919 &+ 17)
        let groups = max(2, people / 20)
        var steps: [Step] = [.snapshot]
        for _ in 0..<events { steps.append(.random(people: people, groups: groups, using: &generator)) }
        return CompanyStory(people: people, groups: groups, steps: steps + [.drain, .snapshot])
    }

    /// The shortest story found that still fails, by leaving out steps, then people. Tells it two hundred times at most.
    ///
    /// - Parameter failure: what is wrong with a story; `nil` for nothing.
    func shrunk(_ failure: (CompanyStory) async -> String?) async -> CompanyStory {
        var best = self
        var attempts = 0
        var chunk = max(1, best.steps.count / 2)
        while chunk >= 1 {
            var start = 0
            while start < best.steps.count, attempts < 200 {
                var shorter = best
                shorter.steps.removeSubrange(start..<min(start + chunk, shorter.steps.count))
                attempts += 1
                if await failure(shorter) != nil { best = shorter } else { start += chunk }
            }
            chunk /= 2
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
        case .dissolve(let group): if groups.count > 1 { groups[group] = nil }
        default: break
        }
    }

    var day: Day {
        Day(
            people.sorted { $0.key < $1.key }.map(\.value),
            groups: groups.sorted { $0.key < $1.key }.map { Self.group($0.key, $0.value) })
    }

    func group(_ number: Int) -> Day.Group? { groups[number].map { Self.group(number, $0) } }

    private static func group(_ number: Int, _ members: Set<Int>) -> Day.Group {
        Day.Group("g\(number)", members.sorted().map { "p\($0)" })
    }
}
