import Foundation
import FoundationXML
import JSONBytes
import Reconciliation
import Testing

@testable import Reports

@Suite("HTML report")
struct HTMLReportTests {
    static let pages: [(name: String, page: @Sendable () -> String)] = [
        ("report-dry-run.html", { page(SamplePlan.body + [SamplePlan.summary(.planned)]) }),
        (
            "report-applied.html",
            {
                let summary = SamplePlan.summary(
                    .applied, run: 12, approved: true,
                    deviations: ["Oliver Brandt was left out: the account changed since", "1 row more than shown"])
                return page(SamplePlan.body + [SamplePlan.trippedGate, summary])
            }
        ),
        (
            "report-refused.html",
            { page(SamplePlan.body + [SamplePlan.trippedGate, SamplePlan.summary(.refused, run: 13)]) }
        ),
        (
            "report-nothing.html",
            {
                page(
                    [SamplePlan.header, SamplePlan.gates[0]] + [
                        .summary(
                            PlanSummary(
                                counts: [.create: 0], situations: [.confirmed: 65], coverage: "users: complete",
                                digest: "00"))
                    ])
            }
        ),
        (
            "report-one.html",
            {
                let summary = PlanSummary(counts: [.deactivate: 1], digest: "01", outcome: .applied, run: 3)
                return page([SamplePlan.header, .row(SamplePlan.rows[7]), .summary(summary)])
            }
        ),
    ]

    private static func page(_ events: [PlanEvent]) -> String {
        var report = HTMLReport(context: ReportContext(job: "jobs/nightly job.yaml"))
        return report.page(events)
    }

    @Test("each page reads like its golden file", arguments: pages.indices)
    func golden(index: Int) throws {
        let (name, page) = Self.pages[index]
        try Golden.expect(PageParts.withoutProgram(page()), equals: name)
    }

    @Test("each page is well-formed, also to a strict parser", arguments: pages.indices)
    func wellFormed(index: Int) throws { _ = try PageParts.elements(Self.pages[index].page()) }

    @Test("a page refers to nothing outside of itself", arguments: pages.indices)
    func selfContained(index: Int) throws {
        let page = Self.pages[index].page()
        #expect(!page.contains("@import") && !page.contains("url("))
        for element in try PageParts.elements(page) {
            for (name, value) in element.attributes where ["src", "href", "action", "srcset", "data"].contains(name) {
                #expect(value.hasPrefix("#"), "\(element.name) \(name)=\(value)")
            }
            #expect(!["link", "img", "iframe", "object", "embed", "base"].contains(element.name))
            #expect(!element.attributes.keys.contains { $0.hasPrefix("on") || $0 == "style" })
        }
    }

    @Test("the policy allows exactly the page's own style and script")
    func policy() throws {
        let page = Self.pages[0].page()
        let policy = try #require(
            try PageParts.elements(page).first { $0.attributes["http-equiv"] == "Content-Security-Policy" }
        ).attributes["content"]!
        for tag in ["style", "script"] {
            let text = try #require(PageParts.inner("<\(tag)>", "</\(tag)>", of: page))
            let hex = PlanDigest.sha256(text)
            let bytes = stride(from: 0, to: 64, by: 2).map { start in
                let digits = hex.dropFirst(start).prefix(2)
                return UInt8(digits, radix: 16)!
            }
            #expect(policy.contains("\(tag)-src 'sha256-\(Data(bytes).base64EncodedString())'"))
        }
        #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
    }

    @Test("every link leads to a place in the page", arguments: pages.indices)
    func links(index: Int) throws {
        let elements = try PageParts.elements(Self.pages[index].page())
        let ids = elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        for link in elements where link.name == "a" {
            #expect(ids.contains(String(link.attributes["href"]!.dropFirst())), "\(link.attributes)")
        }
    }

    @Test("a thousand changes: two hundred in the page, all in its data, and it says so")
    func many() throws {
        let rows = (0..<1000).map { SamplePlan.create("u\($0)@acme.example", "User \($0)", anchor: "a\($0)") }
        let page = Self.page(
            [SamplePlan.header] + rows.map(PlanEvent.row)
                + [.summary(PlanSummary(counts: [.create: 1000], digest: "02"))])
        #expect(page.contains("1,000 people join."))
        #expect(page.contains("200 of 1,000 shown."))
        #expect(try PageParts.elements(page).count { $0.name == "tr" } < 230)
        let data = try PageParts.rows(page)
        #expect(data.count == 1000)
        #expect(data[999].array?[4] == "u999@acme.example")
    }

    @Test("the first to lose access are named, however many there are")
    func dueSoonest() {
        var report = HTMLReport()
        _ = report.text(for: SamplePlan.header)
        for day in (0..<1000).reversed() {
            let at = Instant(milliseconds: Int64(day) * 86_400_000)
            let notice = Notice(
                subject: SamplePlan.user("d\(day)", nil, anchor: "\(day)"), situation: .sourceMissing, text: "soon",
                reason: "", due: .init(.deactivate, at: at))
            _ = report.text(for: .notice(notice))
        }
        let page = report.text(for: .summary(PlanSummary(digest: "03")))
        #expect(page.contains("200 of 1,000 shown"))
        #expect(page.contains(">d0<") && page.contains(">d199<") && !page.contains(">d200<"))
    }
}

/// A page taken apart.
enum PageParts {
    struct Element {
        var name: String
        var attributes: [String: String]
    }

    /// The page without the program's own style sheet and script, whose text is no matter of a report's.
    static func withoutProgram(_ page: String) -> String {
        var page = page
        for tag in ["style", "script"] {
            guard let text = inner("<\(tag)>", "</\(tag)>", of: page) else { continue }
            page = page.replacing(text, with: "...")
        }
        return page.replacing(/sha256-[A-Za-z0-9+\/=]+/, with: "sha256-...")
    }

    static func inner(_ start: String, _ end: String, of page: String) -> String? {
        guard let from = page.range(of: start), let to = page.range(of: end, range: from.upperBound..<page.endIndex)
        else { return nil }
        return String(page[from.upperBound..<to.lowerBound])
    }

    /// The rows in the page's data.
    static func rows(_ page: String) throws -> [JSONValue] {
        let text = try #require(inner(#"<script type="application/json" id="rows">"#, "</script>", of: page))
        return try #require(try JSONValue(parsing: text).array)
    }

    /// All elements in their order, as a strict XML parser reads them.
    static func elements(_ page: String) throws -> [Element] {
        let parser = XMLParser(data: Data(page.utf8))
        let collector = Collector()
        parser.delegate = collector
        let isWhole = parser.parse()
        #expect(isWhole, "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "")")
        return collector.elements
    }

    private final class Collector: NSObject, XMLParserDelegate {
        var elements: [Element] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements.append(Element(name: name, attributes: attributes))
        }
    }
}
