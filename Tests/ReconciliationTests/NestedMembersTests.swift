import Reconciliation
import Testing

@Suite("Groups within groups")
struct NestedMembersTests {
    private func closure(_ group: String, _ lists: [String: (people: [String], groups: [String])]) -> NestedMembers {
        NestedMembers(of: group) { id in
            NestedMembers.Direct(people: lists[id]?.people ?? [], groups: lists[id]?.groups ?? [])
        }
    }

    @Test("everybody within is found once, also through two ways")
    func diamond() {
        let found = closure(
            "a",
            [
                "a": (["1"], ["b", "c"]), "b": (["2"], ["d"]), "c": (["2", "3"], ["d"]), "d": (["4"], []),
                "e": (["5"], []),
            ])
        #expect(found.people == ["1", "2", "3", "4"] && found.rings.isEmpty)
        #expect(found.groups == ["a", "b", "c", "d"])
    }

    @Test("a ring loses nobody, is found from each of its groups, and reads the same from everywhere")
    func ring() {
        let lists = ["a": (["1"], ["b"]), "b": (["2"], ["c"]), "c": (["3"], ["a", "b"]), "d": (["4"], ["a"])]
        for group in ["a", "b", "c"] {
            let found = closure(group, lists)
            #expect(found.people == ["1", "2", "3"], "\(group)")
            #expect(found.rings.isSubset(of: [["a", "b", "c"], ["b", "c"]]) && !found.rings.isEmpty, "\(group)")
        }
        #expect(closure("d", lists).people == ["1", "2", "3", "4"])
        #expect(closure("a", ["a": (["1"], ["a"])]).rings == [["a"]])
    }

    @Test("a chain of ten thousand groups needs no stack")
    func deep() {
        let found = NestedMembers(of: "0") { id in
            let number = Int(id)!
            return .init(people: ["p\(number)"], groups: number < 10_000 ? ["\(number + 1)"] : [])
        }
        #expect(found.people.count == 10_001)
    }
}
