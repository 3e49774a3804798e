import Reconciliation

/// What a plan does to people, groups and memberships, counted row by row: the numbers of a headline.
package struct Tally: Sendable, Equatable {
    /// What a row comes to for its subject; of several, the first in this order.
    package enum Effect: Int, Sendable, CaseIterable {
        case loses, joins, returns, links, changes

        init?(_ changes: [Change]) {
            func has(_ classes: Set<ChangeClass>) -> Bool { changes.contains { classes.contains($0.changeClass) } }
            if has([.deactivate, .delete, .groupDisable]) {
                self = .loses
            } else if has([.create]) {
                self = .joins
            } else if has([.reactivate, .restore]) {
                self = .returns
            } else if changes.contains(where: { ![.link, .memberAdd, .memberRemove].contains($0.changeClass) }) {
                self = .changes
            } else if has([.link]) {
                self = .links
            } else {
                return nil
            }
        }
    }

    package private(set) var people: [Effect: Int] = [:]
    package private(set) var groups: [Effect: Int] = [:]
    package private(set) var membershipsAdded = 0
    package private(set) var membershipsRemoved = 0
    /// Changes that the source did not cause.
    package private(set) var drift = 0
    package private(set) var edits: [RulesEdit: Int] = [:]

    package init() {}

    package mutating func add(_ row: PlanRow) {
        drift += row.changes.count(where: \.isDrift)
        if let edit = row.edit, !row.changes.isEmpty { edits[edit, default: 0] += 1 }
        guard row.member == nil else {
            membershipsAdded += row.changes.count { $0.changeClass == .memberAdd }
            membershipsRemoved += row.changes.count { $0.changeClass == .memberRemove }
            return
        }
        guard let effect = Effect(row.changes) else { return }
        if row.subject.kind == .user { people[effect, default: 0] += 1 } else { groups[effect, default: 0] += 1 }
    }
}

/// A plan in one or two sentences: `3 people lose access, 4 join, 6 change. 9 memberships begin, 3 end.`
package struct Headline: Sendable {
    /// Whether it will, did, or would happen.
    package enum Tense: Int, Sendable { case will, did, would }

    private let tally: Tally
    private let tense: Tense

    package init(_ tally: Tally, _ tense: Tense) {
        self.tally = tally
        self.tense = tense
    }

    /// About people; empty where nothing happens to any.
    package var people: String { sentence(Self.peopleVerbs, tally.people, one: "person", many: "people") }

    /// About groups and memberships; empty as above.
    package var others: String {
        let groups = sentence(Self.groupVerbs, tally.groups, one: "group", many: "groups")
        let memberships = sentence(
            Self.membershipVerbs, [.joins: tally.membershipsAdded, .loses: tally.membershipsRemoved], one: "membership",
            many: "memberships")
        return [groups, memberships].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Everything, or nothing at all.
    package var text: String {
        let parts = [people, others].filter { !$0.isEmpty }
        return parts.isEmpty ? "Nothing to do: the accounts are what the source says." : parts.joined(separator: " ")
    }

    /// One and many in the present, the past, and the conditional.
    private typealias Verb = (effect: Tally.Effect, one: String, many: String, past: String, bare: String)

    private static let peopleVerbs: [Verb] = [
        (.loses, "loses access", "lose access", "lost access", "lose access"),
        (.joins, "joins", "join", "joined", "join"),
        (.returns, "comes back", "come back", "came back", "come back"),
        (.links, "is linked", "are linked", "linked", "be linked"),
        (.changes, "changes", "change", "changed", "change"),
    ]
    private static let groupVerbs: [Verb] = [
        (.loses, "is disabled", "are disabled", "disabled", "be disabled"),
        (.joins, "is new", "are new", "created", "be new"),
        (.returns, "comes back", "come back", "came back", "come back"),
        (.links, "is linked", "are linked", "linked", "be linked"),
        (.changes, "changes", "change", "changed", "change"),
    ]
    private static let membershipVerbs: [Verb] = [
        (.loses, "ends", "end", "ended", "end"), (.joins, "begins", "begin", "began", "begin"),
    ]

    private func sentence(_ verbs: [Verb], _ counts: [Tally.Effect: Int], one: String, many: String) -> String {
        var parts: [String] = []
        for verb in verbs {
            guard let count = counts[verb.effect], count > 0 else { continue }
            let noun = parts.isEmpty ? " " + (count == 1 ? one : many) : ""
            parts.append(Count.text(count) + noun + " " + form(verb, count))
        }
        return parts.isEmpty ? "" : parts.joined(separator: ", ") + "."
    }

    private func form(_ verb: Verb, _ count: Int) -> String {
        switch tense {
        case .will: count == 1 ? verb.one : verb.many
        case .did: verb.past
        case .would: "would " + verb.bare
        }
    }
}
