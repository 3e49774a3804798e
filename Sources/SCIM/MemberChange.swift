/// What several member operations of one request amount to.
package enum MemberChange: Sendable, Equatable {
    case delta(add: [String], remove: [String])
    /// These and no others.
    case replace([String])

    /// The operations carried out one after the other; `nil` where there are none.
    package init?(_ operations: [MemberOperation]) {
        if operations.isEmpty { return nil }
        var state = MemberState()
        for operation in operations { state.apply(operation) }
        self = state.isReplaced ? .replace(state.added.ids) : .delta(add: state.added.ids, remove: state.removed.ids)
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
