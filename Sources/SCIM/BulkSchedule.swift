/// In which order the operations of a bulk request are carried out.
///
/// The order of the request, save that an operation waits for the creations that it refers to. Nothing is brought forward: a
/// name that an earlier operation frees is free for a later one. Creations that refer to each other in a ring, or one that
/// refers to itself, are carried out together.
package struct BulkSchedule: Sendable {
    package enum Step: Sendable, Equatable {
        /// The operation with this index.
        case single(Int)
        /// Creations that need each other, in the order of the request.
        case ring([Int])

        package var indices: [Int] {
            switch self {
            case .single(let index): [index]
            case .ring(let indices): indices
            }
        }
    }

    package let steps: [Step]

    /// Linear in the size of the request, but for sorting its operations.
    package init(_ operations: [BulkOperation]) {
        let graph = BulkGraph(operations)
        var places: [Place] = []
        var placeOf = [Int](repeating: -1, count: operations.count)
        for ring in graph.components() {
            // Those that the ring needs have their place already.
            let needed = ring.flatMap { graph.needs[$0] }.map { placeOf[$0] }.filter { $0 >= 0 }
            let place = Place(
                after: max(ring.max() ?? 0, needed.map { places[$0].after }.max() ?? 0),
                depth: (needed.map { places[$0].depth }.max() ?? -1) + 1, ring: ring.sorted(),
                isRing: ring.count > 1 || graph.needs[ring[0]].contains(ring[0]))
            for index in ring { placeOf[index] = places.count }
            places.append(place)
        }
        places.sort { ($0.after, $0.depth, $0.ring[0]) < ($1.after, $1.depth, $1.ring[0]) }
        steps = places.map { $0.isRing ? .ring($0.ring) : .single($0.ring[0]) }
    }

    private struct Place {
        /// The last operation that comes before it or is it.
        let after: Int
        /// How many creations it needs that need each other.
        let depth: Int
        let ring: [Int]
        let isRing: Bool
    }
}

/// Which operation needs which creation.
private struct BulkGraph {
    /// By index: the indices of the creations that the operation refers to.
    let needs: [[Int]]

    init(_ operations: [BulkOperation]) {
        var creations: [String: Int] = [:]
        for (index, operation) in operations.enumerated() {
            if case .success(.create) = operation.action, let id = operation.bulkID { creations[id] = index }
        }
        needs = operations.map { operation in
            guard let action = try? operation.action.get() else { return [] }
            return BulkReferences.names(in: action).compactMap { creations[$0] }.sorted()
        }
    }

    /// The strongly connected components, those that are needed before those that need them (Tarjan's algorithm, with a
    /// stack of its own: a client decides how deep the references go).
    func components() -> [[Int]] {
        var search = ComponentSearch(needs: needs)
        for index in needs.indices { search.visit(from: index) }
        return search.components
    }
}

private struct ComponentSearch {
    let needs: [[Int]]
    var components: [[Int]] = []
    private var order: [Int]
    private var low: [Int]
    private var isOpen: [Bool]
    private var open: [Int] = []
    private var next = 0

    init(needs: [[Int]]) {
        self.needs = needs
        order = [Int](repeating: -1, count: needs.count)
        low = order
        isOpen = [Bool](repeating: false, count: needs.count)
    }

    mutating func visit(from start: Int) {
        if order[start] >= 0 { return }
        enter(start)
        var path = [(node: start, edge: 0)]
        while let (node, edge) = path.last {
            guard edge < needs[node].count else {
                path.removeLast()
                if let parent = path.last?.node { low[parent] = min(low[parent], low[node]) }
                if low[node] == order[node] { close(node) }
                continue
            }
            path[path.count - 1].edge += 1
            let target = needs[node][edge]
            if order[target] < 0 {
                enter(target)
                path.append((target, 0))
            } else if isOpen[target] {
                low[node] = min(low[node], order[target])
            }
        }
    }

    private mutating func enter(_ node: Int) {
        order[node] = next
        low[node] = next
        next += 1
        open.append(node)
        isOpen[node] = true
    }

    private mutating func close(_ node: Int) {
        var component: [Int] = []
        repeat {
            let last = open.removeLast()
            isOpen[last] = false
            component.append(last)
        } while component.last != node
        components.append(component)
    }
}
