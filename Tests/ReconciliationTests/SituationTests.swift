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
                let known: [Situation] = [.found, .absent, .rehire, .disabledSource, .missing]
                #expect(known.contains(decision.situation), "\(facts)")
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

    /// Every mixture of policies.
    private static var policies: [Policies] {
        var all: [Policies] = []
        for outOfScope in Policies.OutOfScope.allCases {
            for grace in [Grace.none, .after(.seconds(604_800)), .sightings(1), .sightings(2), .never] {
                for delay in [nil, Duration.seconds(86_400)] {
                    for missing in Policies.AccountMissing.allCases {
                        var policies = Policies()
                        policies.outOfScope = outOfScope
                        policies.deactivateAfter = grace
                        policies.deleteAfter = delay
                        policies.accountMissing = missing
                        all.append(policies)
                    }
                }
            }
        }
        return all
    }

    private func forEachDecision(_ body: (SituationFacts, Case, Decision) -> Void) {
        for policies in Self.policies {
            var planner = planner
            planner.policies = policies
            for facts in Space.possible {
                let subject = Space.subject(facts)
                body(facts, subject, planner.decide(subject))
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
        policies.deactivateAfter = .after(.seconds(7 * 86_400))
        for (milliseconds, deactivates) in [(0, false), (1, false), (604_799_999, false), (604_800_000, true)] {
            var record = Space.record(active: true)
            record.missingSince = asOf - .milliseconds(milliseconds)
            let subject = Case(record: record, presence: .silentCovered, linked: true, account: Space.account(.active))
            let decision = Planner(connection: "main", policies: policies, asOf: asOf).decide(subject)
            #expect(decision.changes.isEmpty != deactivates, "\(milliseconds)")
        }
    }

    @Test("the grace period in sightings is over with the last of them, and never is never")
    func sightings() {
        let cases: [(Grace, Int, Bool)] = [
            (.sightings(1), 1, true), (.sightings(3), 2, false), (.sightings(3), 3, true), (.sightings(3), 0, false),
            (.never, 1000, false),
        ]
        for (grace, sightings, deactivates) in cases {
            var policies = Policies()
            policies.deactivateAfter = grace
            var record = Space.record(active: true)
            record.missingSince = asOf
            record.absence.sightings = sightings
            let subject = Case(record: record, presence: .silentCovered, linked: true, account: Space.account(.active))
            let decision = Planner(connection: "main", policies: policies, asOf: asOf).decide(subject)
            #expect(decision.changes.isEmpty != deactivates, "\(grace) \(sightings)")
        }
    }

    @Test("the delay to deletion counts from the deactivation, to the millisecond, and only for what we disabled")
    func deletion() {
        var policies = Policies()
        policies.deleteAfter = .seconds(1)
        for state in SituationFacts.AccountState.allCases where state != .gone {
            for (milliseconds, isOver) in [(0, false), (999, false), (1000, true)] {
                for presence in [SituationFacts.Presence.silentCovered, .deleted] {
                    var record = Space.record(active: true)
                    record.missingSince = presence == .deleted ? nil : asOf - .seconds(9)
                    record.deletedAt = presence == .deleted ? asOf - .seconds(9) : nil
                    record.absence.leftAt = asOf - .milliseconds(milliseconds)
                    let subject = Case(
                        record: record, presence: presence, linked: true, account: Space.account(state))
                    let decision = Planner(connection: "main", policies: policies, asOf: asOf).decide(subject)
                    let expected: [ChangeClass] =
                        switch state {
                        case .active: [.deactivate]
                        case .disabledByUs: isOver ? [.delete] : []
                        default: []
                        }
                    #expect(decision.changes.map(\.changeClass) == expected, "\(state) \(milliseconds)")
                    #expect((decision.due != nil) == (state == .active || (state == .disabledByUs && !isOver)))
                }
            }
        }
    }

    @Test(
        "an account that the application removed is made again where the policy says so, unless the source says inactive"
    )
    func recreate() {
        var policies = Policies()
        policies.accountMissing = .recreate
        for (active, expected) in [(true, [ChangeClass.create]), (false, [])] {
            let subject = Case(record: Space.record(active: active), linked: true)
            let decision = Planner(connection: "main", policies: policies, asOf: asOf).decide(subject)
            #expect(decision.situation == .missing && decision.changes.map(\.changeClass) == expected)
        }
    }

    @Test(
        "who had an account gets it back before anybody else is matched, with what it had and the source does not say")
    func rehire() {
        var image = Space.account(.disabledByUs, id: "u0")!
        image.attributes["nickName"] = "Ann"
        var subject = Case(record: Space.record(active: true), deletedImage: image)
        subject.candidates = [Candidate(account: Space.account(.active)!, owner: nil, rule: "userName")]
        let decision = Planner(connection: "main", policies: Policies(), asOf: asOf).decide(subject)
        #expect(decision.situation == .rehire && decision.link?.accountID == "u0")
        let attributes = decision.changes[0].attributes
        #expect(attributes.contains { $0.path == "nickName" && $0.after == "Ann" })
        #expect(attributes.contains { $0.path == "title" && $0.after == "new" })
        #expect(!attributes.contains { $0.path == "department" })
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
