import Reconciliation
import Storage

extension SubjectJudge {
    /// What the connection's filter says about a subject, as the mapping leaves it.
    func scopeVerdict(_ question: Question) throws -> ScopeVerdict {
        let context = try context(question)
        return scopeVerdict(effect(question, context), context)
    }

    /// A line of the mapping that could not be worked out leaves everything undecided.
    func scopeVerdict(_ mapped: RecordMapping.Effect, _ context: ScopeContext) -> ScopeVerdict {
        if let problem = mapped.problem { return .undecided(problem) }
        return rules.scope(mapped.record.kind).verdict(on: mapped.record, in: context)
    }

    /// What the mapping makes of a record that somebody states now; of whoever is silent or gone only the state counts.
    func effect(_ question: Question, _ context: ScopeContext) -> RecordMapping.Effect {
        guard !mapping.isEmpty, question.presence == .stated else {
            return RecordMapping.Effect(record: question.record)
        }
        return mapping.effect(on: question.record, memberOf: context.memberships.verdict(in:))
    }

    /// What verdicts depend on beside the record.
    func context(_ question: Question) throws -> ScopeContext {
        ScopeContext(asOf: planner.asOf, memberships: try memberships(question))
    }

    private func memberships(_ question: Question) throws -> Memberships {
        let (row, key) = (question.stored?.row, question.record.reference)
        if case .directory(let directory) = groups { return try directory.memberships(row: row, key: key) }
        return groups.memberships(row: row, key: key)
    }
}

/// Where memberships in the groups that rules name are looked up.
enum GroupSource {
    /// The rules name no groups.
    case none
    /// As a snapshot will leave them.
    case snapshot(GroupClosure)
    /// As the directory has them.
    case directory(DirectoryMemberships)

    /// The memberships as a snapshot will leave them; none from the directory.
    func memberships(row: Int64?, key: String?) -> Memberships {
        if case .snapshot(let closure) = self { closure.memberships(row: row, key: key) } else { .none }
    }
}

/// Memberships of single records, from the directory's tables: a drain asks for a few people, not for everybody.
final class DirectoryMemberships {
    private let lookup: Lookup
    private let used: [String]
    private var resolved: (roots: GroupRoots, numbers: [Int64: Int])?

    init(_ lookup: Lookup, used: [String]) {
        self.lookup = lookup
        self.used = used
    }

    func memberships(row: Int64?, key: String?) throws -> Memberships {
        guard let row else { return .none }
        let (roots, numbers) = try resolve()
        let above = try lookup.groupRows(above: row, key: key)
        return roots.memberships(reached: Set(above.compactMap { numbers[$0] }))
    }

    private func resolve() throws -> (roots: GroupRoots, numbers: [Int64: Int]) {
        if let resolved { return resolved }
        let groups = try lookup.directoryGroups().filter(\.isPresent)
        let numbers = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1.row, $0) })
        let found = (GroupRoots(used, among: groups.map(\.name)), numbers)
        resolved = found
        return found
    }
}
