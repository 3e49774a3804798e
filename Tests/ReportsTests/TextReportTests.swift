import JSONBytes
import Reconciliation
import Reports
import Testing

@Suite("Text report")
struct TextReportTests {
    @Test("a dry run reads like the golden page")
    func dryRun() throws {
        var report = TextReport(style: .plain)
        try Golden.expect(report.page(SamplePlan.body + [SamplePlan.summary(.planned)]), equals: "report-dry-run.txt")
    }

    @Test("colour adds colour and nothing else")
    func colour() throws {
        var plain = TextReport(style: .plain)
        var colour = TextReport(style: .colour)
        let events = SamplePlan.body + [SamplePlan.trippedGate, SamplePlan.summary(.refused)]
        let coloured = colour.page(events)
        #expect(coloured.contains("\u{1B}["))
        #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain.page(events))
    }

    @Test("a refused plan names the gates and what to do next")
    func refused() {
        var report = TextReport(style: .plain)
        let page = report.page([SamplePlan.trippedGate, SamplePlan.summary(.refused)])
        #expect(page.contains("TRIPPED  limit.deactivate"))
        #expect(page.contains("(240 % of the limit)"))
        #expect(page.contains("Refused by limit.deactivate: nothing was written. If the export or the job is wrong"))
    }

    @Test("each outcome has its own last words")
    func outcomes() {
        func last(_ outcome: PlanSummary.Outcome, run: Int64? = nil) -> String {
            var report = TextReport(style: .plain)
            return report.text(for: SamplePlan.summary(outcome, run: run))
        }
        #expect(last(.applied, run: 7).contains("Applied: 2 created, 1 renamed, 2 updated"))
        #expect(last(.applied, run: 7).contains("(run 7)"))
        #expect(last(.planned).contains("Nothing was written."))
        #expect(last(.unexpected("ffff")).contains("Expected ffff"))
        #expect(last(.interrupted).contains("run again to go on"))
    }

    @Test("nothing to do is said in so many words")
    func nothing() {
        var report = TextReport(style: .plain)
        let text = report.text(for: .summary(PlanSummary(counts: [.create: 0], outcome: .applied, run: 3)))
        #expect(text == "\nNothing to do. (run 3)\n")
    }

    @Test("a dry run that a gate would stop says so")
    func wouldBeRefused() {
        var report = TextReport(style: .plain)
        let page = report.page([SamplePlan.trippedGate, SamplePlan.summary(.planned)])
        #expect(page.contains("A run would be refused by limit.deactivate. Nothing was written."))
    }

    @Test("a hostile name never makes a second line, nor an escape sequence")
    func hostile() {
        let name = "Eve\n  + create user\u{1B}[2J\u{202E}\u{9B}\u{2028}"
        let row = PlanRow(
            phase: .updateUsers, subject: SamplePlan.user(name, name, anchor: name), situation: .confirmed,
            reason: name,
            changes: [Change(.update, attributes: [.init(path: name, before: .string(name), after: .string(name))])])
        var report = TextReport(style: .plain)
        let text = report.text(for: .row(row))
        #expect(text.utf8.count { $0 == 0x0A } == 3)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value < 0x7F) })
        #expect(text.contains(#"Eve\n  + create user\u{1B}[2J\u{202E}\u{9B}\u{2028}"#))
    }

    @Test("names of people in any script stay readable")
    func scripts() {
        for name in ["Nguyễn Thị Hương", "José Ñúñez Peña", "山田太郎", "Robin 🚀 Castellanos", "👩‍👩‍👧", "محمد"] {
            #expect(SafeText.line(name) == name)
        }
    }

    @Test("memberships stand under their group, once")
    func memberships() {
        var report = TextReport(style: .plain)
        let page = report.page(SamplePlan.rows.filter { $0.member != nil }.map(PlanEvent.row))
        #expect(page.split(separator: "\n").count { $0.hasPrefix("  members of group  R&D  [") } == 1)
        #expect(page.split(separator: "\n").count { $0.hasPrefix("  members of group") } == 2)
    }

    @Test("a long value is cut and says how long it is")
    func longValue() {
        let long = String(repeating: "x", count: 1000)
        var report = TextReport(style: .plain)
        let text = report.text(
            for: .row(
                PlanRow(
                    phase: .updateUsers, subject: SamplePlan.user("a", nil, anchor: "1"), situation: .confirmed,
                    reason: "",
                    changes: [Change(.update, attributes: [.init(path: "title", before: nil, after: .string(long))])])))
        #expect(text.contains("… (1,002 characters)"))
        #expect(text.utf8.count < 500)
    }
}
