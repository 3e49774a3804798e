import Foundation
import JSONBytes
import Reconciliation
import Testing

@testable import Reports

/// What the page's own script shows, in a browser.
@Suite(
    "The page's script", .serialized,
    .enabled(if: Chromium.isUsable, "no Chromium is in PATH; ROLLCALL_REQUIRE_CHROMIUM=1 makes that a failure"))
struct PageScriptTests {
    private static let page = report(SamplePlan.body + [SamplePlan.summary(.planned)])

    private static func report(_ events: [PlanEvent]) -> String {
        var report = HTMLReport()
        return report.page(events)
    }

    /// A group with so many new members, and as many people who come with it.
    private static func large(_ count: Int) -> String {
        let people = (0..<count).map { SamplePlan.create("u\($0)@acme.example", "User \($0)", anchor: "a\($0)") }
        let members = (0..<count)
            .map { SamplePlan.membership(.memberAdd, "All", "u\($0)@acme.example", "User \($0)") }
        let summary = PlanSummary(counts: [.create: count, .memberAdd: count], digest: "04")
        return report([SamplePlan.header] + (people + members).map(PlanEvent.row) + [.summary(summary)])
    }

    /// What a reader sees under the filters.
    private struct View: Equatable {
        var counter = ""
        var names: [String] = []

        init(_ counter: String, _ names: [String]) { (self.counter, self.names) = (counter, names) }

        init(_ document: Chromium.Document) throws {
            let live = try #require(PageParts.inner("<div id=\"live\">", "<div id=\"static\"", of: document.markup))
            counter = try #require(PageParts.inner("<p class=\"found\" role=\"status\">", "</p>", of: live))
            names = live.matches(of: /<bdi class="name">(.*?)<\/bdi>/)
                .map { String($0.1.replacing(/<\/?mark>/, with: "").replacing("&amp;", with: "&")) }
            #expect(names.isEmpty == live.contains("<p class=\"none\">Nothing matches.</p>"))
        }
    }

    /// Links, and what a reader sees who follows them.
    private static let links: [(fragment: String, view: View)] = [
        ("class=deactivate", View("2 of 13 lines", ["Oliver Brandt", "Виктор Петров"])),
        ("class=deactivate&q=oliver", View("1 of 13 lines", ["Oliver Brandt"])),
        ("q=vpetrov%40acme", View("1 of 13 lines", ["Виктор Петров"])),
        ("q=%D0%9F%D0%95%D0%A2%D0%A0%D0%9E%D0%92", View("1 of 13 lines", ["Виктор Петров"])),
        ("q=Rohan+patel", View("3 of 13 lines", ["Imogen Williams", "Aoife Ní Bhriain", "Mehmet Yıldırım"])),
        ("q=nickname", View("1 of 13 lines", ["Imogen Williams"])),
        ("q=two%20accounts", View("1 of 13 lines", ["twin@acme.example"])),
        ("q=R%26D", View("5 of 13 lines", ["Aoife Ní Bhriain", "Mehmet Yıldırım", "R&D On-call", "R&D"])),
        ("kind=m", View("3 of 13 lines", ["R&D On-call", "R&D"])),
        ("situation=SOURCE_MISSING", View("3 of 13 lines", ["Oliver Brandt", "Lara Later", "נועה כהן"])),
        ("because=drift", View("1 of 13 lines", ["Imogen Williams"])),
        ("because=leaves&kind=u", View("1 of 13 lines", ["Виктор Петров"])),
        ("class=create&kind=m", View("0 of 13 lines", [])),
        ("q=null", View("0 of 13 lines", [])),
    ]

    /// Follows one fragment after the other in one page, and says what is seen after each.
    private static func following(_ fragments: [String]) -> String {
        """
        var said = [];
        \(JSONValue.array(fragments.map(JSONValue.string)).text).forEach(function (fragment) {
          location.hash = fragment;
          window.dispatchEvent(new HashChangeEvent("hashchange"));
          var names = Array.from(document.querySelectorAll("#live .who .name"), function (e) { return e.textContent; });
          said.push([document.querySelector("#live .found").textContent, names]);
        });

        """
    }

    @Test("a link filters by class, kind, situation, cause and text, and every line that matches is shown")
    func links() throws {
        let document = try Chromium.open(
            Self.page, acting: Self.following(Self.links.map(\.fragment)), saying: "said")
        let said = try #require(try JSONValue(parsing: document.said).array)
        try #require(said.count == Self.links.count)
        for (link, seen) in zip(Self.links, said) {
            let names = seen.array?.last?.array?.compactMap(\.string)
            #expect(View(seen.array?.first?.string ?? "", names ?? []) == link.view, "\(link.fragment)")
        }
    }

    @Test(
        "a page opened by a link has its filter set", arguments: ["class=deactivate&q=oliver", "class=create&kind=m"])
    func opened(fragment: String) throws {
        let view = try View(Chromium.open(Self.page, at: fragment))
        #expect(view == Self.links.first { $0.fragment == fragment }?.view)
    }

    @Test("without a filter all lines are shown, the dangerous first, and a place in the page stays the address")
    func unfiltered() throws {
        let document = try Chromium.open(Self.page, at: "sign", saying: "location.hash")
        let view = try View(document)
        #expect(view.counter == "All 13 lines")
        #expect(view.names.count == 12 && view.names.first == "Oliver Brandt")
        #expect(document.said == "\"#sign\"")
    }

    @Test(
        "what a reader filters stands in the address, and Clear takes it away",
        arguments: [
            ("", #"choose("f-class", "deactivate");"#, "#class=deactivate", "2 of 13 lines"),
            ("kind=u", #"choose("q", "R&D <b>");"#, "#q=R%26D+%3Cb%3E&kind=u", "0 of 13 lines"),
            ("", #"document.querySelector("a[data-class=create]").click();"#, "#class=create", "2 of 13 lines"),
            ("class=create", #"location.hash = "q=oliver";"#, "#q=oliver", "1 of 13 lines"),
            ("class=create&q=a", #"document.getElementById("clear").click();"#, "", "All 13 lines"),
        ])
    func address(fragment: String, acting: String, address: String, counter: String) throws {
        let choose = """
            function choose(id, value) {
              document.getElementById(id).value = value;
              document.getElementById(id).dispatchEvent(new Event("input", {bubbles: true}));
            }

            """
        let document = try Chromium.open(Self.page, at: fragment, acting: choose + acting, saying: "location.hash")
        #expect(document.said == "\"\(address)\"")
        #expect(try View(document).counter == counter)
    }

    @Test("a group shows its first forty members, and all of them when asked")
    func showAll() throws {
        let page = Self.large(41)
        let members = "document.querySelectorAll(\"#live .members li\").length"
        #expect(try Chromium.open(page, at: "kind=m", saying: members).said == "40")
        let acting = """
            Array.from(document.querySelectorAll("#live button")).find(function (b) {
              return b.textContent === "show all 41";
            }).click();
            """
        #expect(try Chromium.open(page, at: "kind=m", acting: acting, saying: members).said == "41")
    }

    @Test("a hundred rows are shown at a time, and the next page has the rest")
    func pages() throws {
        let page = Self.large(101)
        #expect(try View(Chromium.open(page)).names.count == 100)
        let next = "document.querySelector(\"#live .pager button:last-child\").click();"
        let view = try View(Chromium.open(page, acting: next))
        #expect(view == View("All 202 lines", ["User 100", "All"]))
    }

    /// Fragments that mean harm, and whether they are a search, which finds nothing, or no view of this page at all.
    private static let hostile: [(fragment: String, isSearch: Bool)] =
        HostileValuesTests.values.map { ("q=" + encoded($0), true) } + [
            ("q=<img src=http://a.invalid/ onerror=alert(1)>", true), ("q=" + encoded("(a+)+$[^\\"), true),
            ("q=" + encoded(".*"), true), ("q=%22%2Cnull%2C%22", true),
            ("q=\(String(repeating: "x", count: 200))", true),
            ("q=\(String(repeating: "x", count: 201))", false), ("class=%3Cscript%3Ealert(1)%3C%2Fscript%3E", false),
            ("class=__proto__", false), ("situation=constructor&kind=toString", false), ("__proto__=1&x=2", false),
            ("kind=javascript:alert(1)", false), ("%E0%A4=%", false), ("q=", false), ("=&=&&=", false),
        ]

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
    }

    @Test("a hostile link does nothing but search")
    func hostileLinks() throws {
        let acting = """
            var harm = [], count = document.querySelectorAll("body *:not(#live *)").length;
            function alert() { harm.push("alert"); }
            window.addEventListener("error", function (event) { harm.push(event.message); });
            \(Self.following(Self.hostile.map(\.fragment)))
            if (count !== document.querySelectorAll("body *:not(#live *)").length) { harm.push("other elements"); }
            """
        let document = try Chromium.open(Self.page, acting: acting, saying: "[harm].concat(said)")
        let said = try #require(try JSONValue(parsing: document.said).array)
        #expect(said.first == [])
        #expect(said.count == Self.hostile.count + 1)
        for (item, seen) in zip(Self.hostile, said.dropFirst()) {
            #expect(seen.array?.first == (item.isSearch ? "0 of 13 lines" : "All 13 lines"), "\(item.fragment)")
        }
        #expect(document.requests.isEmpty)
    }

    @Test(
        "a page opened by a hostile link shows its lines",
        arguments: ["q=%E0%A4%A", "class=<script>alert(1)</script>", "q=\(String(repeating: "%28", count: 5000))"])
    func openedByHostileLink(fragment: String) throws {
        #expect(try View(Chromium.open(Self.page, at: fragment)).counter.hasSuffix(" 13 lines"))
    }

    @Test("the page asks nobody for anything, whatever people are called and whatever a link says")
    func noRequests() throws {
        let value = "<img src=\"http://a.invalid/x.png\"><script src=\"http://b.invalid/x.js\"></script>"
        let page = Self.report(HostileValuesTests.events(value))
        let document = try Chromium.open(page, at: "q=" + Self.encoded("<img src=\"http://a.invalid/x.png\">"))
        #expect(try View(document).counter == "All 7 lines")
        #expect(document.requests.isEmpty)
        // That the log would tell:
        let loud = "<html><body><img src=\"http://c.invalid/x.png\"/></body></html>"
        #expect(try Chromium.open(loud).requests == ["http://c.invalid/x.png"])
    }
}
