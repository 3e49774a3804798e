import Reconciliation
import Storage

extension SubjectJudge {
    /// What the connection's filter says about a subject.
    func scopeVerdict(_ question: Question) throws -> ScopeVerdict {
        rules.scope(question.record.kind).verdict(on: question.record, in: try context(question))
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
