import Reconciliation
import Reports
import Testing

@Suite("Approvals in reports")
struct ApprovalTextTests {
    private func text(_ change: (inout PlanSummary) -> Void) -> String {
        var summary = PlanSummary(counts: [.deactivate: 40], outcome: .refused, run: 12)
        change(&summary)
        var report = TextReport(style: .plain)
        return report.page([SamplePlan.trippedGate, .summary(summary)])
    }

    private func json(_ change: (inout PlanSummary) -> Void) -> String {
        var summary = PlanSummary(outcome: .applied, run: 12)
        change(&summary)
        var report = JSONReport()
        return report.text(for: .summary(summary))
    }

    @Test("a refused run says how it is approved, and why an approval did not count")
    func refused() {
        #expect(text { _ in }.contains("If every change above is meant: rollcall runs approve 12\n"))
        let noted = text { $0.approvalNote = "Ana approved the plan abc\u{1B}[2J" }
        #expect(noted.contains("Not approved: Ana approved the plan abc") && !noted.contains("\u{1B}"))
    }

    @Test("an approved run says who answers for it")
    func approved() {
        let approval = PlanSummary.Approval(by: "Ana\nBob", at: Instant(milliseconds: 0))
        let page = text {
            $0.outcome = .applied
            $0.approval = approval
        }
        #expect(page.contains("Approved by Ana") && page.contains("although limit.deactivate refused it."))
        #expect(!page.contains("Ana\nBob"))
        #expect(json { $0.approval = approval }.contains(#""approval":{"by":"Ana\nBob","at":"1970-01-01T00:00:00Z"}"#))
    }

    @Test("a drain that holds something says how many, and the digest that an approval names")
    func held() throws {
        let held = PlanSummary.Held(count: 3, digest: "abcd")
        let page = text {
            $0.outcome = .applied
            $0.held = held
        }
        #expect(page.contains("3 changes held for approval.") && page.contains("rollcall queue approve abcd"))
        #expect(json { $0.held = held }.contains(#""held":3,"heldDigest":"abcd""#))
        var summary = PlanSummary()
        summary.held = held
        summary.approvalNote = "note"
        #expect(try PlanSummary(json: summary.json) == summary)
    }

    private static func pages(_ events: [PlanEvent]) -> (text: String, html: String, csv: String, json: String) {
        var (text, html) = (TextReport(style: .plain), HTMLReport())
        var (csv, json) = (CSVReport(), JSONReport())
        return (text.page(events), html.page(events), csv.page(events), json.page(events))
    }

    @Test("every report says what is held and the command that approves exactly that")
    func heldEverywhere() {
        var summary = PlanSummary(outcome: .applied, run: 12)
        summary.held = PlanSummary.Held(count: 3, digest: "abcd")
        let pages = Self.pages([SamplePlan.header, .summary(summary)])
        for page in [pages.text, pages.html, pages.csv] {
            #expect(page.contains("3 changes held for approval.") && page.contains("rollcall queue approve abcd"))
        }
        #expect(pages.csv.contains("held,,,"))
    }

    @Test("every report says why an approval did not count, for a refused run and for a dry run")
    func noteEverywhere() {
        for outcome in [PlanSummary.Outcome.refused, .planned] {
            var summary = PlanSummary(counts: [.deactivate: 40], outcome: outcome, run: 12)
            summary.approvalNote = "the approval <b>expired"
            let pages = Self.pages([SamplePlan.header, SamplePlan.trippedGate, .summary(summary)])
            for page in [pages.text, pages.csv] { #expect(page.contains("Not approved: the approval <b>expired.")) }
            #expect(pages.html.contains("Not approved: the approval &lt;b&gt;expired."))
        }
    }

    @Test("every report of a dry run says that its plan is approved, and until when")
    func approvedUntil() throws {
        var summary = PlanSummary(counts: [.deactivate: 40])
        summary.approval = .init(by: "Ana", at: Instant(milliseconds: 0))
        summary.approvedUntil = Instant(milliseconds: 86_400_000)
        let pages = Self.pages([SamplePlan.header, SamplePlan.trippedGate, .summary(summary)])
        for page in [pages.text, pages.html, pages.csv] {
            #expect(page.contains("Approved by Ana until 1970-01-02T00:00:00Z: a run would be applied."))
            #expect(!page.contains("would be refused"))
        }
        #expect(pages.json.contains(#""approvedUntil":"1970-01-02T00:00:00Z""#))
        #expect(try PlanSummary(json: summary.json) == summary)
    }

    @Test("every report of an undo names the run that it takes back")
    func undoes() {
        guard case .header(var header) = SamplePlan.header else { return }
        header.undoes = 7
        let pages = Self.pages([.header(header), .summary(PlanSummary())])
        for page in [pages.text, pages.html, pages.csv] { #expect(page.contains("This run undoes run 7.")) }
        #expect(pages.json.contains(#""undoes":7"#))
    }

    @Test("where complete snapshots are counted, every report says how many are still to come")
    func sightings() {
        let due = Notice.Due(.deactivate, at: Instant(milliseconds: 0), sightings: 2)
        let notice = Notice(
            subject: SamplePlan.user("soon@acme.example", nil, anchor: "1"), situation: .sourceMissing, text: "soon",
            reason: "gone", due: due)
        let pages = Self.pages([SamplePlan.header, .notice(notice), .summary(PlanSummary())])
        for page in [pages.text, pages.html] { #expect(page.contains("after 2 more complete snapshots")) }
        #expect(pages.csv.contains("1970-01-01T00:00:00Z,,,,,,2\r\n"))
        #expect(pages.json.contains(#""sightings":2"#))
    }

    @Test("a link that is taken back is a class of its own in every report")
    func unlink() {
        let row = PlanRow(
            phase: .bookkeeping, subject: SamplePlan.user("a@acme.example", nil, anchor: "1"), situation: .confirmed,
            reason: "undone", changes: [Change(.unlink)])
        let pages = Self.pages([SamplePlan.header, .row(row), .summary(PlanSummary(counts: [.unlink: 1]))])
        for page in [pages.text, pages.html, pages.csv, pages.json] { #expect(page.contains("unlink")) }
    }
}
