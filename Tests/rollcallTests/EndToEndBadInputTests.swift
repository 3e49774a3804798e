import Foundation
import JSONBytes
import Testing

@Suite("End to end: bad input", .serialized)
struct EndToEndBadInputTests {
    // MARK: Sources

    static let broken = [
        "convertto-xml-ansi-cp1252-without-declaration.xml", "dsml-v2-cut-off-mid-entry.xml",
        "empty-file.json", "entra-users-cut-off-mid-array.json", "error-page-instead-of-export.json",
        "generic-users-duplicate-keys-and-trailing-comma.json", "xxe-and-entity-expansion-must-be-refused.xml",
    ]

    @Test("every damaged sample is in this test")
    func allBroken() throws {
        let folder = Program.sample("exports/broken")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == Self.broken.sorted())
    }

    @Test("a damaged export is one line that names the file, and no database", arguments: broken)
    func damaged(file: String) throws {
        let place = try Workplace()
        for preset in ["entra-graph", "scim", "dsml"] {
            let output = try place.run(
                "run", "--preset", preset, "--users", Program.sample("exports/broken/" + file), "--organization", "acme"
            )
            Self.expectRefusal(output, naming: file)
            #expect(try place.state() == [])
        }
    }

    @Test("a damaged export leaves an existing database as it was", arguments: [Acme.entra, Acme.dsml])
    func damagedLater(acme: Acme) throws {
        let place = try Workplace()
        try place.run("run", acme.days[0], "--quiet", expecting: 0)
        let before = try place.accounts(acme.organization)
        for file in Self.broken where file.hasSuffix("xml") == (acme.format == "dsml") {
            let output = try place.run("run", acme.days[1], "--users", Program.sample("exports/broken/" + file))
            Self.expectRefusal(output, naming: file)
        }
        #expect(try place.accounts(acme.organization) == before)
        #expect(try place.run("run", acme.days[0], "--format", "json", expecting: 0).counts() == [:])
    }

    @Test("a source that is missing, empty, a folder, a pipe, or matched by nothing is one line that names it")
    func unreadable() throws {
        let place = try Workplace()
        try place.write("in/empty.json", "")
        try place.write("in/plain.json", "{}")
        try FileManager.default.createSymbolicLink(
            atPath: place.folder + "/in/loop.json", withDestinationPath: "loop.json")
        try #require(mkfifo(place.folder + "/in/pipe.json", 0o600) == 0)
        var names = [
            "missing.json", "empty.json", "pipe.json", "loop.json", "plain.json/below.json", "none-*.json", "",
        ]
        if geteuid() != 0 {
            try place.write("in/locked.json", "[]")
            try #require(chmod(place.folder + "/in/locked.json", 0) == 0)
            names.append("locked.json")
        }
        for name in names {
            for preset in ["entra-graph", "dsml"] {
                let path = place.folder + "/in/" + name
                let output = try place.run("run", "--preset", preset, "--users", path, "--organization", "acme")
                Self.expectRefusal(output, naming: name.isEmpty ? "/in" : name)
                #expect(try place.state() == [])
            }
        }
    }

    static let partial = [
        ("dsml", "dsml-v2-no-search-result-done-partial.xml"),
        ("dsml", "dsml-v2-referral-and-error-response-partial.xml"),
        ("dsml", "dsml-v2-size-limit-exceeded-partial.xml"),
        ("entra-graph", "entra-graph-users-page1-nextlink-partial.json"),
        ("scim", "scim-listresponse-users-page1-partial.json"),
        ("entra-graph", "entra-graph-users-delta-not-a-snapshot.json"),
    ]

    @Test("an export that says it is not whole is refused", arguments: partial)
    func partialExport(preset: String, file: String) throws {
        let place = try Workplace()
        let path = Program.sample("exports/" + file)
        let output = try place.run("run", "--preset", preset, "--users", path, "--organization", "acme")
        Self.expectRefusal(output, naming: file)
        #expect(try place.state() == [])
    }

    @Test("a partial export that the job accepts deactivates nobody")
    func acceptedPartial() throws {
        let place = try Workplace()
        // A checkout gives files any time, so the time of the export is said.
        let taken = ["--taken-at", "2026-01-14T01:00:00Z"]
        let whole = ["run", "--preset", "scim", "--organization", "acme"] + taken + ["--users"]
        let first = try place.start(whole + [Program.sample("exports/scim-listresponse-users.json")]).wait()
        try #require(first.status == 0, "\(first)")
        let active = try place.accounts().filter { $0.contains(#""active":true"#) }
        let part = Program.sample("exports/scim-listresponse-users-page1-partial.json")
        let run = try place.start(whole + [part, "--accept", "partial", "--format", "json"]).wait()
        try #require(run.status == 0, "\(run)")
        #expect(try run.counts()["deactivate"] == nil)
        #expect(try place.accounts().filter { $0.contains(#""active":true"#) }.count >= active.count)
    }

    @Test("an older snapshot than the last accepted one is refused, unless it is replayed on purpose")
    func older() throws {
        let place = try Workplace()
        for day in Acme.entra.days[..<2] { try place.run("run", day, "--quiet", expecting: 0) }
        let before = try place.accounts()
        let output = try place.run("run", Acme.entra.days[0], expecting: 6)
        #expect(output.errorLines.count == 1 && output.error.contains("2026-01-14"), "\(output)")
        #expect(try place.accounts() == before)
        try place.run("run", Acme.entra.days[0], "--allow-older", expecting: 0)
        #expect(try place.account("cbergmann@acme.example") != nil)
    }

    // MARK: One bad record

    @Test("one bad record among good ones is quarantined, its account stays, the others proceed")
    func badRecord() throws {
        let place = try Workplace()
        func users(_ people: [(id: String, json: String)]) -> String {
            let rows = people.map { #"{"id":"\#($0.id)",\#($0.json)}"# }.joined(separator: ",\n")
            return #"{"@odata.count":\#(people.count),"value":["# + "\n" + rows + "\n]}\n"
        }
        func person(_ number: Int, active: String = "true") -> (id: String, json: String) {
            let name = "person\(number)@acme.example"
            return (
                "00000000-0000-4000-8000-00000000000\(number)",
                #""userPrincipalName":"\#(name)","displayName":"Person \#(number)","accountEnabled":\#(active)"#
            )
        }
        let path = try place.write("users.json", users((1...4).map { person($0) }))
        let arguments = [
            "run", "--preset", "entra-graph", "--organization", "acme", "--users", path, "--format", "json",
            "--taken-at",
        ]
        let first = try place.start(arguments + ["2026-01-14T01:00:00Z"]).wait()
        try #require(try first.status == 0 && first.counts() == ["create": 4], "\(first)")
        // The second person's state cannot be read, and a fifth is new.
        try place.write(
            "users.json", users([person(1), person(2, active: #""perhaps""#), person(3), person(4), person(5)]))
        let second = try place.start(arguments + ["2026-01-15T01:00:00Z"]).wait()
        #expect(second.status == 3, "\(second)")
        #expect(try second.counts() == ["create": 1])
        let quarantined = try second.objects("quarantine")
        #expect(quarantined.count == 1 && quarantined.first?["name"]?.string == "person2@acme.example", "\(second)")
        #expect(try place.account("person2@acme.example")?["active"]?.bool == true)
        #expect(try place.account("person5@acme.example")?["active"]?.bool == true)
        // Mended, the person is quarantined no more.
        try place.write("users.json", users((1...5).map { person($0) }))
        let third = try place.start(arguments + ["2026-01-16T01:00:00Z"]).wait()
        #expect(try third.status == 0 && third.counts() == [:], "\(third)")
    }

    // MARK: Jobs

    @Test("a job that cannot be is one line with file, line and column, and no database")
    func jobs() throws {
        let place = try Workplace()
        let start = """
            organization: acme
            source:
              preset: scim
              users: users.json

            """
        let cases: [(name: String, text: String, position: String)] = [
            ("unknown-key", start + "gatez: {shrink: 1%}\n", ":5:1"),
            ("unknown-nested-key", start + "gates: {shrunk: 1%}\n", ":5:"),
            ("unknown-preset", start.replacingOccurrences(of: "scim", with: "scimm"), ":3:"),
            ("unknown-operator", start + "scope:\n  users: [[{attribute: title, operator: LIKE, value: x}]]\n", ":6:"),
            ("unknown-attribute", start + "scope:\n  users: [[{attribute: titel, operator: IS NULL}]]\n", ":6:"),
            ("operand-missing", start + "scope:\n  users: [[{attribute: title, operator: EQUALS}]]\n", ":6:"),
            (
                "operand-too-many", start + "scope:\n  users: [[{attribute: title, operator: IS NULL, value: x}]]\n",
                ":6:"
            ),
            (
                "empty-operand", start + "scope:\n  users: [[{attribute: title, operator: INCLUDES, value: ''}]]\n",
                ":6:"
            ),
            ("empty-group", start + "scope:\n  users: [[]]\n", ":6:"),
            ("bad-expression", start + "scope:\n  users: title sw\n", ":6:"),
            ("not-yaml", start + "scope: [\n", ":"),
            ("duplicate-key", start + "organization: other\n", ":1:1"),
            ("no-source", "organization: acme\n", ":1:"),
            ("empty", "", ""),
        ]
        for (name, text, position) in cases {
            let path = try place.write("jobs/\(name).yaml", text)
            let others = [["check"], ["plan", "-o", place.folder + "/p"], ["run", "--dry-run"]]
            for command in [["run"]] + (name == "unknown-key" ? others : []) {
                let output = try place.start(command + [path]).wait()
                #expect(output.status == 78, "\(name): \(output)")
                #expect(output.errorLines.count == 1 && output.text == "", "\(name): \(output)")
                #expect(output.error.contains("\(name).yaml" + position), "\(name): \(output)")
            }
            #expect(try place.state() == [])
        }
        for path in [place.folder + "/jobs/nowhere.yaml", place.folder + "/jobs"] {
            let output = try place.run("run", path, expecting: 78)
            #expect(output.errorLines.count == 1 && output.error.contains(path), "\(output)")
        }
        #expect(try place.state() == [])
    }

    @Test("a command line that cannot be understood has status 64")
    func usage() throws {
        let place = try Workplace()
        #expect(try place.run("frobnicate").status == 64)
        #expect(try place.run("run", "--no-such-option").status == 64)
        #expect(try place.run("plan", Acme.entra.days[0]).status == 64)
        #expect(try place.run("help", "run").status == 0)
        #expect(try place.run("--version").status == 0)
        #expect(try place.state() == [])
    }

    private static func expectRefusal(
        _ output: Output, naming name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(output.status == 6, "\(name): \(output)", sourceLocation: sourceLocation)
        #expect(output.errorLines.count == 1, "\(name): \(output)", sourceLocation: sourceLocation)
        #expect(output.error.contains(name), "\(name): \(output)", sourceLocation: sourceLocation)
    }
}
