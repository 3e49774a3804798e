import Reconciliation
import Testing

@testable import Reports

@Suite("Headline and next step")
struct HeadlineTests {
    private func tally(_ rows: [PlanRow]) -> Tally {
        var tally = Tally()
        for row in rows { tally.add(row) }
        return tally
    }

    private func row(_ classes: ChangeClass..., kind: Kind = .user) -> PlanRow {
        PlanRow(
            phase: .updateUsers, subject: Subject(kind: kind, anchor: nil, name: "x", recordID: nil, accountID: nil),
            situation: .confirmed, reason: "", changes: classes.map { Change($0) })
    }

    @Test("a plan in a sentence: who loses access first, each person once")
    func sentence() {
        let headline = Headline(tally(SamplePlan.rows), .will)
        #expect(headline.people == "2 people lose access, 2 join, 2 change.")
        #expect(headline.others == "1 membership ends, 2 begin.")
        #expect(
            Headline(tally(SamplePlan.rows), .would).people
                == "2 people would lose access, 2 would join, 2 would change.")
        #expect(Headline(tally(SamplePlan.rows), .did).people == "2 people lost access, 2 joined, 2 changed.")
    }

    @Test("one is singular, and groups are not people")
    func singular() {
        #expect(Headline(tally([row(.deactivate)]), .will).text == "1 person loses access.")
        #expect(Headline(tally([row(.create, kind: .group)]), .will).text == "1 group is new.")
        #expect(Headline(tally([row(.rename, .update)]), .did).text == "1 person changed.")
        #expect(Headline(tally([row(.link)]), .will).text == "1 person is linked.")
        #expect(Headline(tally([row(.reactivate, .update)]), .will).text == "1 person comes back.")
    }

    @Test("nothing is said in so many words")
    func nothing() {
        #expect(Headline(Tally(), .will).text == "Nothing to do: the accounts are what the source says.")
    }

    private func step(
        _ outcome: PlanSummary.Outcome, mode: PlanMode = .reconcile, run: Int64? = nil, isTripped: Bool = false,
        isEmpty: Bool = false, _ context: ReportContext
    ) -> NextStep? {
        let summary = PlanSummary(counts: isEmpty ? [:] : [.create: 1], digest: "abcd", outcome: outcome, run: run)
        return NextStep.after(summary, mode: mode, isTripped: isTripped, context: context)
    }

    @Test("what comes next is a command that can be pasted")
    func commands() {
        let job = ReportContext(job: "jobs/nightly.yaml")
        #expect(step(.planned, job)?.command == "rollcall run jobs/nightly.yaml --expect abcd")
        #expect(
            step(.planned, ReportContext(job: "my job.yaml", database: "a'b.db"))?.command
                == #"rollcall run 'my job.yaml' --expect abcd --db 'a'\''b.db'"#)
        #expect(step(.planned, ReportContext(job: "j", plan: "tonight.plan"))?.command == "rollcall apply tonight.plan")
        #expect(step(.planned, mode: .plan, job)?.command == "rollcall run JOB --expect abcd")
        #expect(step(.planned, ReportContext())?.command == "rollcall run OPTIONS --expect abcd")
        #expect(step(.refused, run: 12, job)?.command == "rollcall runs approve 12")
        #expect(step(.interrupted, job)?.command == "rollcall run jobs/nightly.yaml")
        #expect(step(.planned, isTripped: true, job)?.text.contains("The gates refuse it") == true)
    }

    @Test("nothing comes next where nothing is left to do")
    func done() {
        #expect(step(.applied, ReportContext(job: "j")) == nil)
        #expect(step(.planned, isEmpty: true, ReportContext(job: "j")) == nil)
    }

    @Test("a plan without changes whose gates tripped is not done with")
    func emptyAndRefused() {
        let next = step(.planned, isTripped: true, isEmpty: true, ReportContext(job: "j"))
        #expect(next?.text.contains("the gates refuse") == true && next?.command == "rollcall run j")
    }
}
