import JSONBytes
import Reconciliation
import Reports
import Testing

@Suite("JSON report")
struct JSONReportTests {
    @Test("a run gives the golden lines")
    func lines() throws {
        var report = JSONReport()
        let page = report.page(SamplePlan.body + [SamplePlan.trippedGate, SamplePlan.summary(.applied, run: 12)])
        try Golden.expect(page, equals: "report-run.jsonl")
    }

    @Test("one line per change of a row, none for a row without")
    func lineCount() {
        var report = JSONReport()
        for row in SamplePlan.rows {
            let text = report.text(for: .row(row))
            #expect(text.utf8.count { $0 == 0x0A } == row.changes.count)
        }
    }

    @Test(
        "applied is true for an applied plan only",
        arguments: [
            (PlanSummary.Outcome.planned, false), (.applied, true), (.refused, false), (.unexpected("x"), false),
            (.interrupted, false),
        ])
    func applied(outcome: PlanSummary.Outcome, expected: Bool) {
        var report = JSONReport()
        #expect(report.text(for: SamplePlan.summary(outcome)).contains("\"applied\":\(expected)"))
    }

    @Test("what a terminal would obey is escaped, and means the same")
    func hostile() {
        let line = JSONReport.line(["type": "x", "name": "a\u{202E}b\u{9B}c\u{E0041}"])
        #expect(line == #"{"type":"x","name":"a\u202eb\u009bc\udb40\udc41"}"# + "\n")
    }
}

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "moments are RFC 3339 in UTC",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (1_768_438_800_000, "2026-01-15T01:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"), (4_107_542_399_000, "2100-02-28T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_164_800_007, "2024-02-29T00:00:00.007Z"),
        ])
    func text(milliseconds: Int64, expected: String) {
        #expect(Timestamp.text(Instant(milliseconds: milliseconds)) == expected)
    }
}
