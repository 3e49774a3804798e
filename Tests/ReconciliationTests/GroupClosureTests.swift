import Reconciliation
import Testing

@Suite("Groups in groups")
struct GroupClosureTests {
    private static func closure(
        _ groups: [(name: String, anchor: String, members: [String])], used: [String]
    ) -> GroupClosure {
        var builder = GroupClosure.Builder()
        for group in groups {
            let number = builder.add(
                GroupName(id: "id-" + group.anchor, anchor: group.anchor, name: group.name), row: nil, key: group.anchor
            )
            for member in group.members { builder.add(memberKey: member, to: number) }
        }
        return builder.closure(used: used)
    }

    @Test("every graph of three groups and a person ends, and gives what following the lists by hand gives")
    func exhaustive() {
        let groups = ["a", "b", "c"]
        // Nine edges between groups (also to itself) and three to the person.
        for bits in 0..<(1 << 12) {
            var lists: [String: [String]] = [:]
            for (index, group) in groups.enumerated() {
                lists[group] =
                    groups.enumerated().filter { bits >> (index * 3 + $0.offset) & 1 == 1 }.map(\.element)
                    + (bits >> (9 + index) & 1 == 1 ? ["p"] : [])
            }
            func holds(_ group: String) -> Bool {
                var (visited, waiting): (Set<String>, [String]) = ([group], [group])
                while let next = waiting.popLast() {
                    for member in lists[next]! {
                        if member == "p" { return true }
                        if visited.insert(member).inserted { waiting.append(member) }
                    }
                }
                return false
            }
            let closure = Self.closure(groups.map { ($0, $0, lists[$0]!) }, used: groups)
            let memberships = closure.memberships(row: nil, key: "p")
            for group in groups where (memberships.verdict(in: group) == .yes) != holds(group) {
                Issue.record("\(lists): \(group)")
            }
        }
    }

    @Test("a group is named by its name in any letter case, or by either id to the letter; an id wins")
    func names() {
        let groups = [(name: "Sales", anchor: "A1", members: ["p"]), (name: "A1", anchor: "B2", members: [])]
        for (used, expected) in [
            ("sales", true), ("A1", true), ("a1", false), ("id-A1", true), ("B2", false), ("x", false),
        ] {
            let verdict = Self.closure(groups, used: [used]).memberships(row: nil, key: "p").verdict(in: used)
            #expect((verdict == .yes) == expected, "\(used)")
        }
        #expect(Self.closure(groups, used: ["Sales"]).memberships(row: nil, key: "q") == .none)
    }

    @Test("of several groups with one name, who is in all or none is decided, who is in some is not")
    func ambiguous() {
        let closure = Self.closure(
            [("Twin", "a", ["both", "one"]), ("twin", "b", ["both"])], used: ["Twin", "a"])
        #expect(closure.memberships(row: nil, key: "both").verdict(in: "Twin") == .yes)
        #expect(closure.memberships(row: nil, key: "none").verdict(in: "Twin") == .no)
        guard case .error = closure.memberships(row: nil, key: "one").verdict(in: "Twin") else {
            Issue.record("decided")
            return
        }
        #expect(closure.memberships(row: nil, key: "one").verdict(in: "a") == .yes)
    }
}
