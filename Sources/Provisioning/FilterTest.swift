import Reconciliation

/// What a filter makes of a population, beside the filter that is in force: who enters, who leaves, who is undecided, and
/// which clause did it.
package struct FilterTest: Sendable {
    package var kind: Kind
    /// Where the records come from, for a reader.
    package var population: String
    /// The filter in force; `nil` where there is none to compare with.
    package var current: Side?
    package var tested: Side
    package var records = 0
    package var movements: [Movement] = []
    /// What the tested filter names as a group and no group is called.
    package var unknownGroups: [String] = []

    package struct Side: Sendable {
        /// Whose filter it is, for a reader.
        package var label: String
        package var filter: ScopingFilter
        package var outcomes: [FilterFall.Outcome: Int] = [:]
        /// By group and clause.
        package var clauses: [[ClauseCount]]

        init(label: String, filter: ScopingFilter) {
            self.label = label
            self.filter = filter
            clauses = filter.readableClauses.map { $0.map(ClauseCount.init) }
        }
    }

    package struct ClauseCount: Sendable {
        package var text: String
        package var yes = 0
        package var no = 0
        package var errors = 0
        /// Records of which this clause alone decided whether they are in scope.
        package var alone = 0
        /// Records about which the filter would decide otherwise without this clause.
        package var matters = 0

        init(_ text: String) { self.text = text }
    }

    package enum Direction: String, Sendable, CaseIterable { case leaves, enters, undecided }

    /// People who go the same way for the same reason.
    package struct Movement: Sendable {
        package var direction: Direction
        /// The clauses that do not hold: of the tested filter for who leaves or is undecided, of the current one for who enters.
        package var because: [String]
        package var count = 0
        /// Those of them who have an active account.
        package var withAccount = 0
        /// As many as are to be listed, in the order of the population.
        package var people: [Person] = []
    }

    package struct Person: Sendable {
        package var anchor: Anchor?
        package var name: String
        package var displayName: String?
        package var hasAccount: Bool
        /// What the clauses looked at: attribute and its values.
        package var values: [String]
    }

    /// Clauses of the tested filter without which nobody would be decided otherwise.
    package var idleClauses: [String] {
        tested.clauses.joined().filter { $0.matters == 0 }.map(\.text)
    }

    package func count(_ direction: Direction) -> Int {
        movements.filter { $0.direction == direction }.reduce(0) { $0 + $1.count }
    }
}

/// Counts one record after the other.
struct FilterTally {
    private(set) var test: FilterTest
    /// The most people to list for each reason; `nil`: all.
    private let listed: Int?
    private var places: [String: Int] = [:]

    init(_ test: FilterTest, listed: Int?) {
        self.test = test
        self.listed = listed
    }

    mutating func take(_ record: DirectoryRecord, in context: ScopeContext, hasAccount: Bool) {
        test.records += 1
        let tested = FilterFall(test.tested.filter, on: record, in: context)
        Self.count(tested, in: &test.tested)
        var current: FilterFall?
        if let filter = test.current?.filter {
            let fall = FilterFall(filter, on: record, in: context)
            Self.count(fall, in: &test.current!)
            current = fall
        }
        guard let direction = Self.direction(from: current?.outcome, to: tested.outcome) else { return }
        let filter = direction == .enters ? test.current!.filter : test.tested.filter
        let obstacles = (direction == .enters ? current! : tested).obstacles
        move(direction, obstacles, filter, record, hasAccount: hasAccount)
    }

    private static func count(_ fall: FilterFall, in side: inout FilterTest.Side) {
        side.outcomes[fall.outcome, default: 0] += 1
        for (group, clauses) in fall.verdicts.enumerated() {
            for (index, verdict) in clauses.enumerated() {
                switch verdict {
                case .yes: side.clauses[group][index].yes += 1
                case .no: side.clauses[group][index].no += 1
                case .error: side.clauses[group][index].errors += 1
                }
                if fall.matters(group: group, clause: index) { side.clauses[group][index].matters += 1 }
                if fall.decidesAlone(group: group, clause: index) { side.clauses[group][index].alone += 1 }
            }
        }
    }

    /// Without a filter to compare with, nobody moves; who is undecided is named in any case.
    private static func direction(
        from old: FilterFall.Outcome?, to new: FilterFall.Outcome
    ) -> FilterTest.Direction? {
        if new == .undecided { return old == .undecided ? nil : .undecided }
        guard let old, old != new else { return nil }
        return new == .inScope ? .enters : .leaves
    }

    private mutating func move(
        _ direction: FilterTest.Direction, _ obstacles: [(group: Int, clause: Int)], _ filter: ScopingFilter,
        _ record: DirectoryRecord, hasAccount: Bool
    ) {
        let texts = filter.readableClauses
        let because = obstacles.map { texts[$0.group][$0.clause] }
        let key = ([direction.rawValue] + because).joined(separator: "\u{1}")
        let place = places[key] ?? test.movements.count
        if places[key] == nil {
            places[key] = place
            test.movements.append(.init(direction: direction, because: because))
        }
        test.movements[place].count += 1
        if hasAccount { test.movements[place].withAccount += 1 }
        if let listed, test.movements[place].people.count >= listed { return }
        test.movements[place].people.append(
            .init(
                anchor: record.anchor, name: record.name, displayName: record.attributes["displayName"]?.string,
                hasAccount: hasAccount, values: Self.values(obstacles, filter, record)))
    }

    private static func values(
        _ obstacles: [(group: Int, clause: Int)], _ filter: ScopingFilter, _ record: DirectoryRecord
    ) -> [String] {
        guard case .clauses(let groups) = filter else { return [] }
        return obstacles.compactMap { place in
            let clause = groups[place.group][place.clause]
            guard clause.operator != .memberOf else { return nil }
            let values = clause.attribute.values(in: record).map { $0.scalarText ?? $0.text }
            return clause.attribute.readableText + ": " + (values.isEmpty ? "no value" : values.joined(separator: ", "))
        }
    }

    /// The test with its reasons, the most frequent first.
    ///
    /// - Parameter groups: by which memberships were judged.
    func finished(_ groups: GroupClosure?) -> FilterTest {
        var test = test
        test.unknownGroups = test.tested.filter.usedGroups.filter { groups?.unknown.contains($0) ?? false }
        let order = FilterTest.Direction.allCases
        test.movements.sort { left, right in
            let (first, second) = (order.firstIndex(of: left.direction)!, order.firstIndex(of: right.direction)!)
            return (first, -left.count, left.because.joined()) < (second, -right.count, right.because.joined())
        }
        return test
    }
}
