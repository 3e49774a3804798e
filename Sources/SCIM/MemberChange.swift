import JSONBytes

/// What several member operations of one request amount to.
package enum MemberChange: Sendable, Equatable {
    case delta(add: [String], remove: [String])
    /// These and no others.
    case replace([String])

    /// The operations carried out one after the other; `nil` where there are none. Filters must be resolved, see
    /// ``MemberOperation/resolved(_:present:)``.
    package init?(_ operations: [MemberOperation]) {
        if operations.isEmpty { return nil }
        var state = MemberState()
        for operation in operations { state.apply(operation) }
        self = state.isReplaced ? .replace(state.added.ids) : .delta(add: state.added.ids, remove: state.removed.ids)
    }
}

extension MemberOperation {
    /// The operations, each filter with the ids that it chooses in its place. A filter sees what the operations before it
    /// left; who was added by them is known by `value` alone.
    ///
    /// - Parameter present: the group's members as a resource shows them; asked for only when there is a filter (linear).
    package static func resolved(
        _ operations: [MemberOperation], present: () throws -> [JSONObject]
    ) rethrows -> [MemberOperation] {
        let hasFilter = operations.contains { if case .removeMatching = $0 { true } else { false } }
        if !hasFilter { return operations }
        var known: [String: JSONObject] = [:]
        for member in try present() { if let id = member["value"]?.string { known[id] = member } }
        var current = Set(known.keys)
        return operations.map { operation -> MemberOperation in
            switch operation {
            case .add(let ids): current.formUnion(ids)
            case .remove(let ids): current.subtract(ids)
            case .replace(let ids): current = Set(ids)
            case .removeAll: current = []
            case .removeMatching(let filter):
                let chosen = current.filter { filter.matches(known[$0] ?? ["value": .string($0)]) }
                current.subtract(chosen)
                return .remove(chosen.sorted())
            }
            return operation
        }
    }
}

private struct MemberState {
    var isReplaced = false
    var added = OrderedIDs()
    var removed = OrderedIDs()

    mutating func apply(_ operation: MemberOperation) {
        switch operation {
        case .add(let ids):
            for id in ids {
                added.insert(id)
                removed.remove(id)
            }
        case .remove(let ids):
            for id in ids {
                added.remove(id)
                removed.insert(id)
            }
        case .replace(let ids):
            self = MemberState(isReplaced: true)
            for id in ids { added.insert(id) }
        case .removeAll: self = MemberState(isReplaced: true)
        case .removeMatching: preconditionFailure("a filter over members is resolved before it is carried out")
        }
    }
}

/// Ids without repetition in the order of their first appearance.
private struct OrderedIDs {
    private var order: [String: Int] = [:]
    private var next = 0

    mutating func insert(_ id: String) {
        guard order[id] == nil else { return }
        order[id] = next
        next += 1
    }

    mutating func remove(_ id: String) { order[id] = nil }

    var ids: [String] { order.sorted { $0.value < $1.value }.map(\.key) }
}
