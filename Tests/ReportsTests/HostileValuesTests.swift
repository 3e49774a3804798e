import Foundation
import JSONBytes
import Reconciliation
import Testing

@testable import Reports

/// Names and values come from people who may want a report to say something else.
@Suite("Hostile values in every place of a report")
struct HostileValuesTests {
    static let values = [
        "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
        "' onmouseover='x",
        "]]><!--", "-->", "&lt;b&gt; &amp; &#0;", "\u{202E}evil\u{2066}", "a\u{0}b\u{1B}[2Jc\u{9B}\u{7F}",
        "two\nlines\r\n\tx",
        "\u{2028}\u{2029}\u{FEFF}\u{E0041}", "=HYPERLINK(\"http://x\")", "\\u003c/script>", "${x} {{x}} <%= x %>",
        "\u{FFFE}\u{FFFF}",
    ]

    /// A plan in which every text is the value.
    static func events(_ value: String) -> [PlanEvent] {
        let subject = Subject(
            kind: .user, anchor: Anchor(value), name: value, displayName: value + "d", recordID: value, accountID: value
        )
        var group = subject
        group.kind = .group
        let change = AttributeChange(
            path: value, before: .string(value), after: [.string(value), ["k": .string(value)]], beforeLabel: nil,
            afterLabel: value)
        let place = Place(file: value, bytes: 1..<2)
        let update = Change(.update, attributes: [change, .init(path: value, before: .string(value), after: nil)])
        let rows = [
            PlanRow(
                phase: .updateUsers, subject: subject, situation: .confirmed, reason: value, changes: [update],
                place: place,
                edit: .leaves),
            PlanRow(
                phase: .createUsers, subject: subject, situation: .absent, reason: value,
                changes: [Change(.create, attributes: [change])]),
            PlanRow(
                phase: .deactivateUsers, subject: subject, situation: .sourceMissing, reason: value,
                changes: [Change(.deactivate)]),
            PlanRow(
                phase: .addMembers, subject: group, situation: .confirmed, reason: value, changes: [Change(.memberAdd)],
                member: subject),
        ]
        var summary = PlanSummary(
            counts: [.update: 1], situations: [.confirmed: 1], quarantined: 1, completeness: .partial(value),
            coverage: value, digest: value, outcome: .applied, run: 1)
        summary.unmapped = [value: 1]
        summary.approval = .init(by: value, at: Instant(milliseconds: 0))
        summary.deviations = [value]
        return [
            .header(
                PlanHeader(
                    organization: value, connection: value, job: value, mode: .reconcile,
                    asOf: Instant(milliseconds: 0),
                    takenAt: Instant(milliseconds: 0), sourceDigest: value,
                    files: [.init(path: value, bytes: 1, records: 1)], rulesHash: value))
        ] + rows.map(PlanEvent.row) + [
            .notice(Notice(subject: subject, situation: .held, text: value, reason: value)),
            .notice(
                Notice(
                    subject: subject, situation: .sourceMissing, text: value, reason: value,
                    due: .init(.delete, at: Instant(milliseconds: 0)))),
            .quarantined(
                Quarantined(
                    kind: .user, anchor: Anchor(value), name: value, situation: .taken,
                    finding: Finding(code: value, detail: value, cure: value), place: place)),
            .gate(GateReading(name: value, measured: 2, limit: 1, population: 3, tripped: true, detail: value)),
            .gate(GateReading(name: value, measured: 0, limit: 1, population: 3, tripped: false, detail: value)),
            .summary(summary),
        ]
    }

    private static func page(_ value: String, _ outcome: PlanSummary.Outcome = .applied) -> String {
        var report = HTMLReport(context: ReportContext(job: value, plan: value, database: value))
        return report.page(
            events(value).map { event in
                guard case .summary(var summary) = event else { return event }
                summary.outcome = outcome
                return .summary(summary)
            })
    }

    @Test("a page has the same elements whatever people are called", arguments: values)
    func sameElements(value: String) throws {
        for outcome in [PlanSummary.Outcome.applied, .planned, .refused, .unexpected(value), .interrupted] {
            let hostile = try PageParts.elements(Self.page(value, outcome))
            let tame = try PageParts.elements(
                Self.page("tame", outcome == .unexpected(value) ? .unexpected("x") : outcome))
            #expect(hostile.map(\.name) == tame.map(\.name))
            #expect(hostile.map { $0.attributes.keys.sorted() } == tame.map { $0.attributes.keys.sorted() })
        }
    }

    @Test("nothing that a browser or a reader would obey is in the page", arguments: values)
    func harmless(value: String) throws {
        let page = Self.page(value)
        let ends = page.ranges(of: /<\/script/.ignoresCase()).count
        #expect(ends == 3)
        for scalar in page.unicodeScalars where scalar != "\n" {
            let category = scalar.properties.generalCategory
            #expect(
                ![.control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse].contains(category))
        }
    }

    @Test("the page's data is JSON and says what the page says", arguments: values)
    func data(value: String) throws {
        let rows = try PageParts.rows(Self.page(value))
        #expect(rows.count == 7)
        #expect(rows.allSatisfy { $0.array?.count == 9 && $0.array?[4] == .string(SafeText.line(value)) })
    }

    @Test(
        "a CSV line stays one line, and no cell is a formula",
        arguments: values + ["+1", "-1", "@x", "\t=1", " =1", "\u{FF1D}1"])
    func csv(value: String) throws {
        var report = CSVReport()
        let table = report.page(Self.events(value))
        #expect(table.utf8.count { $0 == 0x0A } == 8)
        let rows = try CSVTable.parse(table)
        #expect(rows.allSatisfy { $0.count == CSVReport.columns.count })
        for cell in rows.dropFirst().joined() {
            let first = cell.unicodeScalars.first { !$0.properties.isWhitespace }
            #expect(
                first.map { !"=+-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains($0) } ?? true, "\(cell)")
        }
    }

    @Test("text and JSON lines stay one line each", arguments: values)
    func lines(value: String) throws {
        var json = JSONReport()
        let lines = json.page(Self.events(value))
        #expect(lines.utf8.count { $0 == 0x0A } == 11)
        for line in lines.split(separator: "\n") { _ = try JSONValue(parsing: String(line)) }
        var hostile = TextReport(style: .plain)
        var tame = TextReport(style: .plain)
        let count = hostile.page(Self.events(value)).utf8.count { $0 == 0x0A }
        #expect(count == tame.page(Self.events("tame")).utf8.count { $0 == 0x0A })
    }
}
