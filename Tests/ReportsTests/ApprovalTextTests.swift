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
}
