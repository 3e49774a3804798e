import SCIM

/// A group as rules may name it.
package struct GroupName: Sendable, Equatable {
    /// Our id; `nil` for a group that has no record yet.
    package var id: String?
    package var anchor: String?
    package var name: String

    package init(id: String?, anchor: String?, name: String) {
        self.id = id
        self.anchor = anchor
        self.name = name
    }
}

/// The groups that rules name, found among those that the directory has.
///
/// Ids and anchors are exact; names fold as keys do (`displayName` is not case-exact, RFC 7643 4.2) and an id wins over a
/// name. A name that several groups have is nobody's: who is in all of them or in none is decided, who is in some is
/// not.
package struct GroupRoots: Sendable {
    private let candidates: [(used: String, groups: [Int])]

    /// - Parameters:
    ///   - used: names and ids as the rules write them.
    ///   - groups: those that the directory has; their place in the list stands for them.
    package init(_ used: [String], among groups: [GroupName]) {
        var byID: [String: [Int]] = [:]
        var byName: [String: [Int]] = [:]
        let exact = Set(used)
        let folded = Set(used.map(KeyFolding.fold))
        for (index, group) in groups.enumerated() {
            let ids = Set([group.id, group.anchor].compactMap { $0 }).intersection(exact)
            for id in ids { byID[id, default: []].append(index) }
            let key = KeyFolding.fold(group.name)
            if folded.contains(key) { byName[key, default: []].append(index) }
        }
        candidates = used.map { ($0, byID[$0] ?? byName[KeyFolding.fold($0)] ?? []) }
    }

    /// What the rules name and no group is called.
    package var unknown: [String] { candidates.filter(\.groups.isEmpty).map(\.used) }

    /// The named groups themselves.
    package var all: Set<Int> { Set(candidates.flatMap(\.groups)) }

    /// - Parameter reached: the groups that a record is in, directly or through others.
    package func memberships(reached: Set<Int>) -> Memberships {
        var verdicts: [String: ClauseVerdict] = [:]
        for (used, groups) in candidates {
            let count = groups.count { reached.contains($0) }
            guard count > 0 else { continue }
            verdicts[used] =
                count == groups.count
                ? .yes
                : .error(
                    "\(groups.count) groups are called \(used), and this is a member of some of them; name the group by its id"
                )
        }
        return Memberships(verdicts)
    }
}
