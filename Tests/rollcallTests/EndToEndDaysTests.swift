import Foundation
import JSONBytes
import Testing

/// The sample company's days in one of the formats.
struct Acme: Sendable, CustomTestStringConvertible {
    let format: String
    let organization: String
    let connection: String
    /// The job files of day 1, 2 and 3.
    let days: [String]

    var testDescription: String { format }

    static let entra = Acme(
        format: "entra", organization: "acme", connection: "entra",
        days: [
            Program.job("nightly.yaml"), Program.sample("jobs/nightly-day-2.yaml"),
            Program.sample("jobs/bad-day-3.yaml"),
        ])
    static let scim = named("scim")
    static let dsml = named("dsml")
    static let all = [entra, scim, dsml]

    private static func named(_ format: String) -> Acme {
        Acme(
            format: format, organization: "acme-" + format, connection: format,
            days: (1...3).map { Program.sample("jobs/\(format)-day-\($0).yaml") })
    }
}

@Suite("End to end: three days of a company", .serialized)
struct EndToEndDaysTests {
    @Test(
        "on day 1 sixty people and nine groups get an account, and the second run has nothing to do",
        arguments: Acme.all)
    func dayOne(acme: Acme) throws {
        let place = try Workplace()
        let first = try place.run("run", acme.days[0], "--format", "json", expecting: 0)
        let created = try first.objects("change").filter { $0["class"]?.string == "create" }
        #expect(created.filter { $0["kind"]?.string == "user" }.count == 60)
        #expect(created.filter { $0["kind"]?.string == "group" }.count == 9)
        #expect(try first.counts() == ["create": 69, "memberAdd": 72])
        #expect(try first.summary()["applied"]?.bool == true)
        #expect(try first.summary()["completeness"]?.string == "proven")
        let names = Set(created.compactMap { $0["displayName"]?.string })
        let absent: Set = ["Priya Raghunathan", "Noor (Fabrikam)", "svc-backup", "Gabriël Achterberg"]
        #expect(names.isDisjoint(with: absent))
        #expect(names.isSuperset(of: ["Robin 🚀 Castellanos", "Dana Whitcombe"]))

        let accounts = try place.accounts(acme.organization)
        #expect(accounts.count == 69)
        let second = try place.run("run", acme.days[0], "--format", "json", expecting: 0)
        #expect(try second.counts() == [:] && second.changes() == [])
        #expect(try place.accounts(acme.organization) == accounts)
        let page = try place.run("run", acme.days[0], expecting: 0)
        #expect(page.lines.contains { $0.hasPrefix("Nothing to do.") })
        #expect(try place.run("run", acme.days[0], "--quiet", expecting: 0).text == "")
    }

    @Test("day 2 changes exactly those whom the table of the sample company names", arguments: Acme.all)
    func dayTwo(acme: Acme) throws {
        let place = try Workplace()
        try place.run("run", acme.days[0], "--quiet", expecting: 0)
        let run = try place.run("run", acme.days[1], "--format", "json", expecting: 0)
        #expect(try run.changes().sorted() == Self.dayTwoChanges.sorted())
        #expect(
            try run.counts() == [
                "create": 4, "rename": 2, "update": 6, "memberAdd": 9, "memberRemove": 3, "deactivate": 3,
            ])
        let changes = try run.objects("change")
        func situation(_ name: String) -> String? {
            changes.first { $0["class"]?.string == "deactivate" && $0["name"]?.string == name + "@acme.example" }?[
                "situation"]?.string
        }
        #expect(situation("ydemir") == "DISABLED_SOURCE")
        #expect(situation("obrandt") == "SOURCE_MISSING")
        #expect(situation("vpetrov") == "OUT_OF_SCOPE")
        #expect(try Self.attributes(changes, of: "hnguyen") == ["title: Data Analyst → Senior Data Analyst"])
        #expect(try Self.attributes(changes, of: "crossi") == ["department: R&D → Information Technology"])
        #expect(try place.run("run", acme.days[1], "--format", "json", expecting: 0).counts() == [:])
        let clara = try #require(try place.account("cfournier@acme.example", acme.organization))
        #expect(clara["displayName"]?.string == "Clara Fournier" && clara["active"]?.bool == true)
        #expect(try place.account("cbergmann@acme.example", acme.organization) == nil)
        for name in ["ydemir", "obrandt", "vpetrov"] {
            #expect(try place.account(name + "@acme.example", acme.organization)?["active"]?.bool == false)
        }
    }

    @Test("day 3, an export that lost two departments, trips three gates and changes nobody", arguments: Acme.all)
    func dayThree(acme: Acme) throws {
        let place = try Workplace()
        for day in acme.days[..<2] { try place.run("run", day, "--quiet", expecting: 0) }
        let before = try place.accounts(acme.organization)
        let run = try place.run("run", acme.days[2], "--format", "json", expecting: 4)
        #expect(
            try run.trippedGates().sorted() == ["limit.deactivate", "limit.memberRemove", "plausibleSize.users"])
        #expect(try run.counts() == ["deactivate": 30, "memberRemove": 24])
        #expect(try run.summary()["applied"]?.bool == false)
        #expect(try place.accounts(acme.organization) == before)
        #expect(try place.run("run", acme.days[1], "--format", "json", expecting: 0).counts() == [:])
        let page = try place.run("run", acme.days[2], expecting: 4)
        #expect(page.text.split(separator: "\n").filter { $0.contains("TRIPPED") || $0.contains("tripped") }.count >= 3)
    }

    @Test(
        "the digest of the dry run is that of the run, and --expect applies that plan or nothing", arguments: Acme.all)
    func digests(acme: Acme) throws {
        let place = try Workplace()
        try place.run("run", acme.days[0], "--quiet", expecting: 0)
        let before = try place.accounts(acme.organization)
        let dry = try place.run("run", acme.days[1], "--dry-run", "--format", "json", expecting: 0)
        #expect(try place.accounts(acme.organization) == before)
        let wrong = String(repeating: "0", count: 64)
        let refused = try place.run("run", acme.days[1], "--expect", wrong, "--format", "json", expecting: 5)
        #expect(try refused.summary()["applied"]?.bool == false)
        #expect(try place.accounts(acme.organization) == before)
        let run = try place.run("run", acme.days[1], "--expect", try dry.digest(), "--format", "json", expecting: 0)
        #expect(try run.digest() == dry.digest() && run.changes() == dry.changes())
        #expect(try run.summary()["applied"]?.bool == true)
        #expect(try place.accounts(acme.organization) != before)
    }

    /// The attributes that a person's update changes, by their short names.
    private static func attributes(_ changes: [JSONObject], of name: String) throws -> [String] {
        let change = try #require(
            changes.first { $0["class"]?.string == "update" && $0["name"]?.string == name + "@acme.example" })
        return try #require(change["attributes"]?.array).compactMap(\.object).map { attribute in
            let path = attribute["path"]?.string?.split(separator: ":").last.map(String.init) ?? "?"
            return "\(path): \(attribute["before"]?.string ?? "?") → \(attribute["after"]?.string ?? "?")"
        }
    }

    /// The table of `samples/acme/README.md`.
    private static let dayTwoChanges = [
        "rename user cfournier@acme.example", "update user cfournier@acme.example",
        "rename group Operations – Lager & Nacht",
        "create user praghu@acme.example", "create user anibhriain@acme.example", "create user myildirim@acme.example",
        "create group Machine Learning",
        "update user hnguyen@acme.example", "update user crossi@acme.example", "update user lhansen@acme.example",
        "update user mlaurent@acme.example", "update user iwilliams@acme.example",
        "memberAdd group Information Technology crossi@acme.example",
        "memberAdd group R&D myildirim@acme.example", "memberAdd group R&D anibhriain@acme.example",
        "memberAdd group R&D On-call hnguyen@acme.example", "memberAdd group CRM Users praghu@acme.example",
        "memberAdd group Works Council, Stockholm jnunez@acme.example",
        "memberAdd group Machine Learning myildirim@acme.example",
        "memberAdd group Machine Learning anibhriain@acme.example",
        "memberAdd group Machine Learning hnguyen@acme.example",
        "memberRemove group R&D crossi@acme.example", "memberRemove group R&D On-call kboateng@acme.example",
        "memberRemove group CRM Users obrandt@acme.example",
        "deactivate user ydemir@acme.example", "deactivate user obrandt@acme.example",
        "deactivate user vpetrov@acme.example",
    ]
}
