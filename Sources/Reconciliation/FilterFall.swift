/// How every clause of a filter fell for one record, and what follows from that.
package struct FilterFall: Sendable, Equatable {
    package enum Outcome: String, Sendable, CaseIterable { case inScope = "in", out, undecided }

    /// By group and clause; a SCIM filter is one clause, no filter none at all.
    package var verdicts: [[ClauseVerdict]]

    package init(_ filter: ScopingFilter, on record: DirectoryRecord, in context: ScopeContext) {
        switch filter {
        case .everyone: verdicts = [[]]
        case .clauses(let groups): verdicts = groups.map { $0.map { $0.verdict(on: record, in: context) } }
        case .expression(let filter): verdicts = [[.of(filter.matches(record.filterResource))]]
        }
    }

    package var outcome: Outcome { Self.outcome(verdicts) }

    private static func outcome(_ verdicts: [[ClauseVerdict]]) -> Outcome {
        switch ClauseVerdict.or(verdicts.map(ClauseVerdict.and)) {
        case .yes: .inScope
        case .no: .out
        case .error: .undecided
        }
    }

    /// Whether everything hangs on this clause: true, and the record is in; false, and it is not.
    package func decidesAlone(group: Int, clause: Int) -> Bool {
        var (asTrue, asFalse) = (verdicts, verdicts)
        asTrue[group][clause] = .yes
        asFalse[group][clause] = .no
        return Self.outcome(asTrue) != Self.outcome(asFalse)
    }

    /// Whether the filter would decide otherwise about the record without this clause; a group without clauses goes too.
    package func matters(group: Int, clause: Int) -> Bool {
        var others = verdicts
        others[group].remove(at: clause)
        if others[group].isEmpty, others.count > 1 { others.remove(at: group) }
        return Self.outcome(others) != outcome
    }

    /// What keeps the record out: the clauses that do not hold in the group that has the fewest of them. Empty for a record in
    /// scope.
    package var obstacles: [(group: Int, clause: Int)] {
        let failing = verdicts.enumerated().map { group, clauses in
            clauses.indices.filter { clauses[$0] != .yes }.map { (group: group, clause: $0) }
        }
        return failing.min { $0.count < $1.count } ?? []
    }
}

extension ScopingFilter {
    /// The clauses by group, as a reader knows them; a SCIM filter is one, no filter none.
    package var readableClauses: [[String]] {
        switch self {
        case .everyone: [[]]
        case .clauses(let groups): groups.map { $0.map(\.readableText) }
        case .expression(let filter): [[filter.description]]
        }
    }
}
