import Foundation
import Reconciliation
import Testing

@testable import Provisioning

/// Explanations of runs that are over.
@Suite("Explaining past runs")
struct PastExplanationTests {
    private static let day = Day(
        [Day.Person("p1", "ada"), Day.Person("p2", "bob")], groups: [Day.Group("g1", ["p1"]), Day.Group("g2", [])])

    private static func useGroups(_ job: inout Job) {
        job.rules.userScope = .clauses([
            [ScopingClause(attribute: .groups, operator: .memberOf, values: ["g1"])],
            [ScopingClause(attribute: .groups, operator: .memberOf, values: ["g2"])],
        ])
    }

    @Test("a past run's clauses about groups are shown as they were then")
    func groups() throws {
        let world = try World()
        try world.run(Self.day, Self.useGroups)
        var left = Self.day
        left.groups = [Day.Group("g1", []), Day.Group("g2", [])]
        try world.run(left, Self.useGroups)
        let then = try world.engine.explain(run: 1, who: "ada")
        #expect(then.clauses.map(\.verdict) == [.yes, .no] && then.verdict?.isInScope == true)
        let later = try world.engine.explain(run: 2, who: "ada")
        #expect(later.clauses.map(\.verdict) == [.no, .no] && later.verdict?.isInScope == false)
        #expect(!then.notices.contains { $0.contains("is not known") })
    }

    @Test("a plan that does not say who was in which group says so, and not false")
    func oldPlan() throws {
        let world = try World()
        try world.run(Self.day, Self.useGroups)
        let folder = world.database + "-runs/"
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let text = try String(contentsOfFile: folder + name, encoding: .utf8)
            try text.replacing(#","memberOf":{"g1":true}"#, with: "")
                .write(toFile: folder + name, atomically: true, encoding: .utf8)
        }
        let then = try world.engine.explain(run: 1, who: "ada")
        #expect(then.clauses.allSatisfy { if case .error = $0.verdict { true } else { false } })
        #expect(then.notices.contains { $0.contains("who was in which group then is not known") })
    }

    @Test("values before the mapping are shown as long as the file is what the run read")
    func raw() throws {
        let world = try World()
        var path = ""
        try world.run(Self.day) { path = $0.source.users[0] }
        let then = try world.engine.explain(run: 1, who: "ada")
        #expect(then.raw.contains { $0.name == "userName" && $0.value == "ada" } && then.notices.isEmpty)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("\"ada\"", with: "\"eve\"").write(toFile: path, atomically: true, encoding: .utf8)
        let changed = try world.engine.explain(run: 1, who: "ada")
        #expect(changed.raw.isEmpty && changed.notices.contains { $0.contains("gone or was changed since") })
        #expect(changed.record?.name == "ada" && changed.place?.contains("as it was then") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(try world.engine.explain(run: 1, who: "ada").raw.isEmpty)
    }

    @Test("whom a run left as they were is explained from the run before it that had to do with them")
    func unchanged() throws {
        let world = try World()
        try world.run(Self.day)
        try world.run(Self.day)
        let then = try world.engine.explain(run: 2, who: "ada")
        #expect(then.run == 1 && then.notices.first?.contains("run 2 changed nothing about them") == true)
        #expect(throws: RunError.self) { try world.engine.explain(run: 2, who: "nobody") }
    }

    @Test("a gate counts a record, or another, or no records at all")
    func gates() {
        let leaver = PlanRow(
            phase: .deactivateUsers,
            subject: Subject(kind: .user, anchor: nil, name: "ada", recordID: nil, accountID: nil),
            situation: .outOfScope, reason: "", changes: [Change(.deactivate)], edit: .leaves)
        func counted(_ name: String, rows: [PlanRow] = [leaver]) -> Bool? {
            Explanation(rows: rows, reason: "").counts(
                in: GateReading(name: name, measured: 1, limit: 0, population: 1, tripped: true, detail: ""))
        }
        #expect(counted("sameRules") == true)
        #expect(counted("limit.deactivate") == true)
        #expect(counted("limit.delete") == false)
        #expect(counted("canaries") == nil)
        #expect(counted("sameRules", rows: []) == false)
    }
}
