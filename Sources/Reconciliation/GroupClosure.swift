import Crypto

/// Who is in the groups that rules name, directly or through other groups, as a snapshot will leave the directory. Safe in cycles.
///
/// Members are known by the row of their record or by the key that the source calls them by. About 40 bytes are kept for
/// each of them, and 4 for each membership while it is being made.
package struct GroupClosure: Sendable {
    private let roots: GroupRoots
    private let nodes: Nodes
    /// By node: which set of ``sets`` it is in; 0 is the empty one.
    private let setOfNode: [Int32]
    private let sets: [Set<Int>]
    private let memberships: [Memberships]

    /// What the rules name and no group is called.
    package var unknown: [String] { roots.unknown }

    /// The memberships of a record.
    ///
    /// - Parameters:
    ///   - row: of its directory record; `nil` for a new one.
    ///   - key: by which the source calls it.
    package func memberships(row: Int64?, key: String?) -> Memberships {
        let byRow = row.flatMap { nodes.rows[$0] }.map { Int(setOfNode[Int($0)]) } ?? 0
        let byKey = key.flatMap { nodes.keys[Nodes.Key($0)] }.map { Int(setOfNode[Int($0)]) } ?? 0
        if byRow == byKey || byKey == 0 { return memberships[byRow] }
        if byRow == 0 { return memberships[byKey] }
        return roots.memberships(reached: sets[byRow].union(sets[byKey]))
    }

    /// Numbers for whoever stands in a list.
    struct Nodes: Sendable {
        var rows: [Int64: Int32] = [:]
        var keys: [Key: Int32] = [:]
        var count: Int32 = 0

        mutating func row(_ row: Int64) -> Int32 {
            if let node = rows[row] { return node }
            rows[row] = count
            count += 1
            return count - 1
        }

        mutating func key(_ text: String) -> Int32 {
            let key = Key(text)
            if let node = keys[key] { return node }
            keys[key] = count
            count += 1
            return count - 1
        }

        /// 128 bits of SHA-256 in place of a long key.
        struct Key: Hashable, Sendable {
            var high: UInt64
            var low: UInt64

            init(_ text: String) {
                var text = text
                let digest = text.withUTF8 { SHA256.hash(data: UnsafeRawBufferPointer($0)) }
                (high, low) = digest.withUnsafeBytes {
                    ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                }
            }
        }
    }

    /// Takes groups and their lists in any order.
    package struct Builder {
        private var nodes = Nodes()
        private var names: [GroupName] = []
        private var lists: [[Int32]] = []
        private var groupsOfNode: [Int32: [Int]] = [:]
        private var excluded: Set<Pair> = []

        private struct Pair: Hashable {
            var group: Int
            var node: Int32
        }

        package init() {}

        /// Adds a group that the directory has (or will have).
        ///
        /// - Returns: its number.
        package mutating func add(_ name: GroupName, row: Int64?, key: String?) -> Int {
            names.append(name)
            lists.append([])
            if let row { groupsOfNode[nodes.row(row), default: []].append(names.count - 1) }
            if let key { groupsOfNode[nodes.key(key), default: []].append(names.count - 1) }
            return names.count - 1
        }

        package mutating func add(memberRow row: Int64, to group: Int) { lists[group].append(nodes.row(row)) }

        package mutating func add(memberKey key: String, to group: Int) { lists[group].append(nodes.key(key)) }

        /// Takes a member out whatever the list says: a push that is newer removed it.
        package mutating func exclude(memberKey key: String, from group: Int) {
            excluded.insert(Pair(group: group, node: nodes.key(key)))
        }

        /// Follows the lists downwards from each group that the rules name.
        package func closure(used: [String]) -> GroupClosure {
            let roots = GroupRoots(used, among: names)
            var setOfNode = [Int32](repeating: 0, count: Int(nodes.count))
            var sets: [Set<Int>] = [[]]
            for root in roots.all.sorted() {
                var larger: [Int32: Int32] = [:]
                visit(root) { node in
                    let old = setOfNode[Int(node)]
                    if sets[Int(old)].contains(root) { return false }
                    if larger[old] == nil {
                        larger[old] = Int32(sets.count)
                        sets.append(sets[Int(old)].union([root]))
                    }
                    setOfNode[Int(node)] = larger[old]!
                    return true
                }
            }
            return GroupClosure(
                roots: roots, nodes: nodes, setOfNode: setOfNode, sets: sets,
                memberships: sets.map { roots.memberships(reached: $0) })
        }

        /// - Parameter mark: told each member; whether it was new, so that a cycle ends.
        private func visit(_ root: Int, _ mark: (Int32) -> Bool) {
            var waiting = [root]
            var visited: Set<Int> = [root]
            while let group = waiting.popLast() {
                for node in lists[group] {
                    if !excluded.isEmpty, excluded.contains(Pair(group: group, node: node)) { continue }
                    guard mark(node) else { continue }
                    for next in groupsOfNode[node] ?? [] where visited.insert(next).inserted { waiting.append(next) }
                }
            }
        }
    }
}
