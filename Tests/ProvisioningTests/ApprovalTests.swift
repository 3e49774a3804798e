import Foundation
import GRDB
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

@Suite("Approvals")
struct ApprovalTests {
    /// A hundred people, all in sales.
    private static let company = Day((0..<100).map { Day.Person("p\($0)", "user\($0)") })

    private static func leaving(_ count: Int) -> Day { Day(Array(company.people.dropFirst(count))) }

    /// Runs a day under the default limits.
    private func refuse(_ world: World, _ day: Day) throws -> Told {
        let told = try world.run(day) { $0.gates = GateLimits() }
        #expect(told.summary.outcome == .refused)
        return told
    }

    private func approve(_ world: World, digest: String? = nil, for seconds: Int = 86_400) throws -> ApprovedPlan {
        try world.engine.approve(run: nil, digest: digest, by: "Ana", lifetime: .seconds(seconds))
    }

    @Test("an approved plan is applied once, and the run says who answers for it")
    func approved() throws {
        let world = try World()
        try world.run(Self.company)
        let refused = try refuse(world, Self.leaving(15))
        #expect(refused.result.tripped.map(\.name) == ["limit.deactivate"])
        let approval = try approve(world)
        #expect(approval.digest == refused.summary.digest && approval.run.run == refused.summary.run)
        let told = try world.run(Self.leaving(15)) { $0.gates = GateLimits() }
        #expect(told.summary.outcome == .applied && told.summary.digest == refused.summary.digest)
        #expect(told.summary.approval?.by == "Ana" && told.result.tripped.isEmpty)
        #expect(told.events.contains { if case .gate(let reading) = $0 { reading.tripped } else { false } })
        #expect(try world.accounts().users.values.count { !$0.active } == 15)
        #expect(try world.store().summary(of: told.summary.run!)?.approval == told.summary.approval)
        // The same plan again, after somebody gave everybody back: the approval is used up.
        try world.run(Self.company)
        let again = try refuse(world, Self.leaving(15))
        #expect(again.summary.digest == refused.summary.digest)
        #expect(again.summary.approvalNote?.contains("run \(told.summary.run!) used that up") == true)
        #expect(try world.violations().isEmpty)
    }

    @Test("another plan than the approved one is refused, and the report names the approved digest")
    func different() throws {
        let world = try World()
        try world.run(Self.company)
        let refused = try refuse(world, Self.leaving(15))
        #expect(refused.summary.approvalNote == nil)
        _ = try approve(world, digest: refused.summary.digest)
        let before = try world.dump()
        let other = try refuse(world, Self.leaving(16))
        #expect(other.summary.approvalNote?.contains(refused.summary.digest) == true)
        #expect(try world.dump() == before)
        // The approved one is still good.
        #expect(try world.run(Self.leaving(15)) { $0.gates = GateLimits() }.summary.outcome == .applied)
    }

    @Test("an approval expires")
    func expired() throws {
        let world = try World()
        try world.run(Self.company)
        _ = try refuse(world, Self.leaving(15))
        _ = try approve(world, for: 3600)
        // The run begins exactly when it expires.
        let told = try refuse(world, Self.leaving(15))
        #expect(told.summary.approvalNote?.contains("expired") == true)
        _ = try approve(world, for: 3601)
        #expect(try world.run(Self.leaving(15)) { $0.gates = GateLimits() }.summary.outcome == .applied)
    }

    @Test("approving twice is good once")
    func twice() throws {
        let world = try World()
        try world.run(Self.company)
        _ = try refuse(world, Self.leaving(15))
        for _ in 0..<3 { _ = try approve(world, for: 30 * 86_400) }
        #expect(try world.run(Self.leaving(15)) { $0.gates = GateLimits() }.summary.outcome == .applied)
        try world.run(Self.company)
        _ = try refuse(world, Self.leaving(15))
    }

    @Test("what cannot be approved is refused with the reason")
    func refusals() throws {
        let world = try World()
        #expect(throws: RunError.self) { try approve(world) }
        let first = try world.run(Self.company)
        #expect(throws: RunError.self) { try approve(world) }
        #expect(throws: RunError.self) {
            try world.engine.approve(run: 99, digest: nil, by: "Ana", lifetime: .seconds(60))
        }
        _ = try refuse(world, Self.leaving(15))
        #expect(throws: RunError.self) { try approve(world, digest: first.summary.digest) }
        _ = try refuse(world, Day([]))
        let error = #expect(throws: RunError.self) { try approve(world) }
        #expect(error?.description.contains("no users at all") == true)
        let job = try world.job(Self.company)
        try world.run(job, RunOptions(purpose: .apply, expect: String(repeating: "0", count: 64)))
        let unexpected = #expect(throws: RunError.self) { try approve(world) }
        #expect(unexpected?.description.contains("no gate refused") == true)
    }

    @Test(
        "a kept plan that the gates refused is applied once its digest is approved, and so is the spool of the refused run"
    )
    func kept() throws {
        for usesSpool in [false, true] {
            let world = try World()
            try world.run(Self.company)
            let plan = world.folder + "/p.plan"
            world.clock.advance(3600)
            var job = try world.job(Self.leaving(15))
            job.gates = GateLimits()
            try world.run(job, RunOptions(purpose: .keepPlan(path: plan)))
            let refused = try world.engine.apply(planFile: plan) { _ in }
            #expect(refused.summary.outcome == .refused)
            let approval = try approve(world)
            let applied = try world.engine.apply(planFile: usesSpool ? approval.planPath : plan) { _ in }
            #expect(applied.summary.outcome == .applied && applied.summary.approval?.by == "Ana")
            #expect(try world.accounts().users.values.count { !$0.active } == 15)
        }
    }

    // MARK: Gate 3

    private static func rules(_ values: [String]) -> Rules {
        var rules = Rules()
        rules.userScope = .clauses([
            [
                ScopingClause(
                    attribute: .slot(path: World.department, isMultiValued: false), operator: .isIn, values: values)
            ]
        ])
        return rules
    }

    @Test("an edit of the filter under which one person leaves is refused, says who, and is applied once approved")
    func editedFilter() throws {
        let world = try World()
        var day = Self.company
        day.people[7].inScope = false
        day.people[8].title = "changed"
        try world.run(day) { $0.rules = Self.rules(["Sales", "Legal"]) }
        let before = try world.dump()
        let edited = try world.run(day) {
            $0.rules = Self.rules(["Sales"])
            $0.gates.editLeavers = 0
        }
        #expect(edited.summary.outcome == .refused && edited.result.tripped.map(\.name) == ["sameRules"])
        #expect(edited.rows.filter { $0.edit == .leaves }.map(\.subject.name) == ["user7"])
        #expect(edited.result.tripped.first?.measured == 1)
        #expect(try world.dump() == before)
        _ = try approve(world)
        let applied = try world.run(day) {
            $0.rules = Self.rules(["Sales"])
            $0.gates.editLeavers = 0
        }
        #expect(applied.summary.outcome == .applied && applied.summary.counts == [.deactivate: 1])
        // The way back lets people enter, which nobody has to approve.
        let back = try world.run(day) {
            $0.rules = Self.rules(["Sales", "Legal"])
            $0.gates.editLeavers = 0
        }
        #expect(back.summary.outcome == .applied && back.rows.compactMap(\.edit) == [.enters])
    }

    @Test("who leaves at the source is no leaver of an edit, and who leaves by an edited policy is one")
    func editedPolicy() throws {
        let world = try World()
        var day = Self.company
        try world.run(day) { $0.rules.policies.outOfScope = .keep }
        day.people[3].inScope = false
        try world.run(day) { $0.rules.policies.outOfScope = .keep }
        day.people[4].active = false
        let told = try world.run(day) { $0.gates.editLeavers = 0 }
        #expect(told.summary.outcome == .refused)
        #expect(told.rows.filter { $0.edit == .leaves }.map(\.subject.name) == ["user3"])
        #expect(told.summary.counts[.deactivate] == 2)
    }

    @Test("an edit looks at everybody again, whom the same rules would have skipped")
    func looksAgain() throws {
        let world = try World()
        try world.run(Self.company) { $0.rules = Self.rules(["Sales", "Legal"]) }
        var job = try world.job(Self.company)
        job.rules = Self.rules(["Legal"])
        let told = try world.run(job, RunOptions(purpose: .dryRun))
        #expect(told.rows.count { $0.edit == .leaves } == 100)
    }

    // MARK: Gates 5 and 6, and a job that fails

    @Test("five of a hundred may change their user name, six may not; half may get another title, one more may not")
    func churn() throws {
        for (renamed, name) in [(5, nil), (6, "keyChurn")] as [(Int, String?)] {
            let world = try World()
            try world.run(Self.company)
            var day = Self.company
            for index in 0..<renamed { day.people[index].name = "other\(index)" }
            #expect(
                try world.run(day) { $0.gates = GateLimits() }.result.tripped.map(\.name) == [name].compactMap { $0 })
        }
        for (changed, name) in [(50, nil), (51, "everythingChanged")] as [(Int, String?)] {
            let world = try World()
            try world.run(Self.company)
            var day = Self.company
            for index in 0..<changed { day.people[index].title = "other" }
            #expect(
                try world.run(day) { $0.gates = GateLimits() }.result.tripped.map(\.name) == [name].compactMap { $0 })
        }
    }

    @Test("a source whose immutable ids are other ones for the same names trips the key churn")
    func otherAnchors() throws {
        let world = try World()
        try world.run(Self.company)
        var day = Self.company
        for index in 0..<6 { day.people[index].anchor = "new\(index)" }
        let told = try world.run(day) { $0.gates.churnPercent = 5 }
        #expect(told.result.tripped.map(\.name) == ["keyChurn"])
    }

    @Test("a job most of whose records fail is quarantined until a run of it is applied")
    func failures() throws {
        let world = try World()
        try world.run(Self.company)
        var day = Self.company
        // Pairs of one name: both of each are set aside.
        for index in 0..<21 { day.people[index].name = day.people[50 + index].name }
        let told = try world.run(day)
        #expect(told.result.tripped.map(\.name) == ["failures"])
        func jobs() throws -> Int {
            try world.store().read { try Int.fetchOne($0, sql: "SELECT count(*) FROM jobQuarantine") ?? 0 }
        }
        #expect(try jobs() == 1)
        try world.run(Self.company)
        #expect(try jobs() == 0)
    }
}
