import JSONBytes
import Reconciliation
import Testing

@Suite("Situations")
struct SituationTests {
    private let planner = Planner(connection: "main", policies: Policies(), asOf: Instant(milliseconds: 0))

    @Test("every input has exactly the situation of the table, in its order of precedence")
    func table() {
        // What a filter says about somebody whom the source does not state is never asked for.
        let space = Space.facts.filter { $0.presence == .stated || !$0.undecided }
        #expect(space.count == 20_480 - 20_480 / 2 * 3 / 4)
        for facts in space where Situation(facts) != SituationTable.situation(facts) {
            Issue.record("\(facts): \(Situation(facts)), the table says \(SituationTable.situation(facts))")
        }
    }

    @Test("every situation occurs")
    func complete() {
        #expect(Set(Space.possible.map { Situation($0) }) == Set(Situation.allCases))
    }

    @Test("the planner finds the facts that a case was made of")
    func facts() {
        for facts in Space.possible { #expect(planner.facts(Space.subject(facts)) == facts) }
    }

    @Test("nothing is taken from anybody who is undecided, duplicate, held, protected, unseen, superseded or ambiguous")
    func harmless() {
        let peaceful: Set<Situation> = [
            .undecided, .duplicateSource, .held, .protected, .unseen, .superseded, .ambiguous, .taken, .missing,
            .ignored,
            .unassigned, .linkOnly, .absent, .rehire,
        ]
        forEachDecision { facts, _, decision in
            guard peaceful.contains(decision.situation) else { return }
            #expect(!decision.changes.contains { $0.changeClass.isDestructive }, "\(facts): \(decision)")
        }
    }

    @Test("accounts are deactivated only where the source says so, or is silent and was whole")
    func deactivation() {
        let reasons: Set<Situation> = [.tombstone, .disabledSource, .outOfScope, .sourceMissing]
        forEachDecision { facts, subject, decision in
            let classes = decision.changes.map(\.changeClass)
            guard classes.contains(.deactivate) || classes.contains(.delete) else { return }
            #expect(reasons.contains(decision.situation), "\(facts)")
            #expect(!(subject.account?.protected ?? false), "\(facts)")
            #expect(facts.presence != .silentUncovered && !facts.undecided && !facts.superseded, "\(facts)")
        }
    }

    @Test("a protected account keeps its name, its state and what it has")
    func protected() {
        forEachDecision { facts, subject, decision in
            guard subject.account?.protected ?? false else { return }
            let classes = Set(decision.changes.map(\.changeClass))
            #expect(classes.isSubset(of: [.update]), "\(facts)")
        }
    }

    @Test("what is quarantined does not change, and only who is matched or new gets a link")
    func links() {
        forEachDecision { facts, _, decision in
            if case .quarantine(let finding) = decision.outcome {
                #expect(decision.link == nil && !finding.cure.isEmpty, "\(facts)")
            }
            if decision.link != nil {
                #expect([.found, .absent, .rehire, .disabledSource].contains(decision.situation), "\(facts)")
            }
            #expect(!decision.reason.isEmpty || decision.situation == .sourceMissing)
        }
    }

    @Test("an account that an administrator disabled is not switched on by any input")
    func administrator() {
        forEachDecision { facts, _, decision in
            guard facts.account == .disabledByAdministrator else { return }
            #expect(!decision.changes.contains { $0.changeClass == .reactivate }, "\(facts)")
        }
    }

    private func forEachDecision(_ body: (SituationFacts, Case, Decision) -> Void) {
        for keeps in [false, true] {
            for graceDays in [0, 7] {
                var planner = planner
                planner.policies.outOfScope = keeps ? .keep : .deactivate
                planner.policies.deactivateAfter = .seconds(graceDays * 86_400)
                for facts in Space.possible {
                    let subject = Space.subject(facts)
                    body(facts, subject, planner.decide(subject))
                }
            }
        }
    }
}

@Suite("Decisions")
struct DecisionTests {
    private let asOf = Instant(milliseconds: 1_800_000_000_000)

    private func classes(
        _ situation: Situation, _ policies: Policies = Policies(), _ change: (inout Case) -> Void = { _ in }
    ) -> [ChangeClass]? {
        let facts = Space.possible.first { Situation($0) == situation && $0.account != .disabledByAdministrator }
        let decision = facts.map { facts -> Decision in
            var subject = Space.subject(facts)
            change(&subject)
            return Planner(connection: "main", policies: policies, asOf: asOf).decide(subject)
        }
        #expect(decision?.situation == situation)
        return decision?.changes.map(\.changeClass)
    }

    @Test("each situation has the default decision of the table")
    func defaults() {
        #expect(classes(.confirmed) == [.rename, .update, .attributeClear])
        #expect(classes(.returning) == [.reactivate, .rename, .update, .attributeClear])
        #expect(classes(.found) == [.link, .rename, .update, .attributeClear])
        #expect(classes(.absent) == [.create])
        #expect(classes(.rehire) == [.restore])
        for situation in Situation.allCases
        where ![.confirmed, .returning, .found, .absent, .rehire, .protected].contains(situation) {
            let leaves = [.tombstone, .outOfScope, .sourceMissing, .disabledSource].contains(situation)
            let active = Space.possible.first { Situation($0) == situation && $0.account == .active }
            guard leaves, let active else { continue }
            let planner = Planner(connection: "main", policies: Policies(), asOf: asOf)
            #expect(planner.decide(Space.subject(active)).changes.map(\.changeClass) == [.deactivate], "\(situation)")
        }
    }

    @Test("a group that leaves is disabled as a group")
    func groups() {
        var account = Space.account(.active)!
        account.kind = .group
        var record = Space.record(active: nil)
        record.kind = .group
        let subject = Case(record: record, presence: .deleted, linked: true, account: account)
        let decision = Planner(connection: "main", policies: Policies(), asOf: asOf).decide(subject)
        #expect(decision.changes.map(\.changeClass) == [.groupDisable])
    }

    @Test("the grace period counts from the first snapshot without the record, to the millisecond")
    func grace() {
        var policies = Policies()
        policies.deactivateAfter = .seconds(7 * 86_400)
        for (milliseconds, deactivates) in [(0, false), (1, false), (604_799_999, false), (604_800_000, true)] {
            var record = Space.record(active: true)
            record.missingSince = asOf - .milliseconds(milliseconds)
            let subject = Case(record: record, presence: .silentCovered, linked: true, account: Space.account(.active))
            let decision = Planner(connection: "main", policies: policies, asOf: asOf).decide(subject)
            #expect(decision.changes.isEmpty != deactivates, "\(milliseconds)")
        }
    }

    @Test("who leaves the scope stays when the policy says keep")
    func keep() {
        var policies = Policies()
        policies.outOfScope = .keep
        #expect(classes(.outOfScope, policies) == [])
    }

    @Test("an account that was changed here while the source did not change is drift")
    func drift() {
        var subject = Case(record: Space.record(active: true), linked: true, account: Space.account(.active))
        subject.recordUnchanged = true
        let decision = Planner(connection: "main", policies: Policies(), asOf: asOf).decide(subject)
        #expect(decision.changes.allSatisfy(\.isDrift) && !decision.changes.isEmpty)
    }

    @Test("an account that an administrator disabled is linked and stays off")
    func foundDisabled() {
        let candidate = Candidate(
            account: Space.account(.disabledByAdministrator)!, owner: nil, rule: "externalId")
        let subject = Case(record: Space.record(active: true), candidates: [candidate])
        let decision = Planner(connection: "main", policies: Policies(), asOf: asOf).decide(subject)
        #expect(decision.situation == .found && decision.changes.map(\.changeClass) == [.link])
    }
}
