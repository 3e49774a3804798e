import JSONBytes
import Testing

@testable import Reconciliation

@Suite("The nearest scope")
struct NearestScopeTests {
    private func clause(
        _ path: String, _ operator: ScopingOperator, _ values: [String] = [], match: ScopingClause.Match? = nil
    ) -> ScopingClause {
        ScopingClause(
            attribute: .slot(path: path, isMultiValued: false), operator: `operator`, values: values, match: match)
    }

    private static let context = ScopeContext(asOf: Instant(milliseconds: 0))

    private func record(_ slots: [String: JSONValue]) -> DirectoryRecord {
        DirectoryRecord(
            id: "1", kind: .user, anchor: nil, reference: nil, name: "x", active: true,
            attributes: Attributes(slots.map { Attributes.Slot(path: $0.key, value: $0.value) }), origin: .snapshot)
    }

    private func nearest(_ groups: [[ScopingClause]], _ record: DirectoryRecord) -> NearestScope? {
        let filter = ScopingFilter.clauses(groups)
        return filter.nearest(to: record, verdicts: filter.trace(on: record, in: Self.context))
    }

    @Test("one clause that fails is changed as little as possible, and the edit does bring the record into scope")
    func edits() {
        let boss = record(["title": "Boss", "level": "3"])
        let cases: [(ScopingClause, String?)] = [
            (clause("title", .equals, ["Clerk"]), #"title IN ["Clerk", "Boss"]"#),
            (clause("title", .isIn, ["Clerk", "Cook"]), #"title IN ["Clerk", "Cook", "Boss"]"#),
            (clause("title", .notIn, ["Boss", "Cook"]), #"title NOT IN ["Cook"]"#),
            (clause("title", .notEquals, ["Boss"]), nil),
            (clause("title", .isNull), nil),
            (clause("level", .greaterThan, ["5"]), #"level GREATER_THAN "2""#),
            (clause("level", .greaterThanOrEquals, ["5"]), #"level GREATER_THAN_OR_EQUALS "3""#),
            (clause("none", .notEquals, ["x"]), #"none NOT EQUALS "x" (emptyNotEquals)"#),
            (clause("none", .equals, ["x"]), nil),
        ]
        for (clause, expected) in cases {
            let found = nearest([[clause]], boss)
            #expect(found?.instead == expected, "\(clause.readableText)")
            #expect(found?.filter.verdict(on: boss, in: Self.context).isInScope == true, "\(clause.readableText)")
        }
    }

    @Test("of several groups the one with the fewest failing clauses counts; who is in scope needs no edit")
    func groups() {
        let boss = record(["title": "Boss", "city": "Bonn"])
        let far = [clause("title", .equals, ["Clerk"]), clause("city", .equals, ["Rome"])]
        let near = [clause("title", .equals, ["Boss"]), clause("city", .equals, ["Rome"])]
        let found = nearest([far, near], boss)
        #expect(found?.group == 2 && found?.clause == #"city EQUALS "Rome""# && found?.alsoFailing == [])
        #expect(nearest([far], boss)?.alsoFailing == [#"city EQUALS "Rome""#])
        #expect(nearest([far], boss)?.filter.verdict(on: boss, in: Self.context).isInScope == true)
        #expect(nearest([far, [clause("city", .equals, ["Bonn"])]], boss) == nil)
        #expect(ScopingFilter.everyone.nearest(to: boss, verdicts: []) == nil)
    }
}
