/// Everybody in a group and in the groups within it, however deep, and the rings of groups that contain each other.
///
/// A ring loses nobody: each of its groups has the people of all of them.
package struct NestedMembers: Sendable, Equatable {
    /// Who stands in one group's own list.
    package struct Direct: Sendable, Equatable {
        package var people: [String]
        package var groups: [String]

        package init(people: [String] = [], groups: [String] = []) {
            self.people = people
            self.groups = groups
        }
    }

    package private(set) var people: Set<String> = []
    /// The groups that were looked into, the first itself included.
    package private(set) var groups: Set<String> = []
    /// Each ring once, beginning with its smallest id.
    package private(set) var rings: Set<[String]> = []

    /// Looks into a group. Time and memory grow with the lists of all groups within it, each read once.
    package init(of group: String, direct: (String) throws -> Direct) rethrows {
        var path: [String] = []
        var waiting: [Step] = [.enter(group)]
        while let step = waiting.popLast() {
            switch step {
            case .leave: path.removeLast()
            case .enter(let id):
                if let start = path.firstIndex(of: id) { rings.insert(Self.canonical(Array(path[start...]))) }
                guard groups.insert(id).inserted else { continue }
                path.append(id)
                waiting.append(.leave)
                let list = try direct(id)
                people.formUnion(list.people)
                waiting += list.groups.map(Step.enter)
            }
        }
    }

    private enum Step { case enter(String), leave }

    private static func canonical(_ ring: [String]) -> [String] {
        let first = ring.indices.min { ring[$0] < ring[$1] } ?? 0
        return Array(ring[first...] + ring[..<first])
    }
}
