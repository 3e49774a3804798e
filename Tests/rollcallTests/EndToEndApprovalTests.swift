import Foundation
import JSONBytes
import Testing

@Suite("End to end: approvals", .serialized)
struct EndToEndApprovalTests {
    /// Sixty people, forty of them in sales; a job with a filter.
    private func company(_ place: Workplace) throws {
        let people = (0..<60).map { index -> JSONValue in
            [
                "id": .string("id\(index)"), "userName": .string("user\(index)@acme.example"), "active": true,
                "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": [
                    "department": index < 40 ? "Sales" : "Legal"
                ],
            ]
        }
        let list: JSONValue = ["totalResults": 60, "Resources": .array(people)]
        try place.write("users.json", list.text)
    }

    private func job(_ place: Workplace, departments: String) throws -> String {
        try place.write(
            "nightly.yaml",
            """
            organization: acme
            source: {preset: scim, users: users.json}
            scope:
              users:
                - - {attribute: department, operator: IN, value: [\(departments)]}
            """)
    }

    @Test(
        "a filter edit that would have removed forty people is stopped, names them, and is applied once somebody answers for it"
    )
    func filterEdit() throws {
        let place = try Workplace()
        try company(place)
        try place.run("run", try job(place, departments: "Sales, Legal"), "--quiet", expecting: 0)
        let before = try place.accounts()
        let edited = try job(place, departments: "Legal")
        let refused = try place.run("run", edited, "--format", "json", expecting: 4)
        #expect(try Set(refused.trippedGates()) == ["sameRules", "limit.deactivate"])
        #expect(try refused.objects("change").count { $0["edit"]?.string == "leaves" } == 40)
        let gate = try #require(try refused.objects("gate").first { $0["name"]?.string == "sameRules" })
        #expect(gate["measured"]?.integer == 40 && gate["limit"]?.integer == 0)
        #expect(try place.accounts() == before)
        let text = try place.run("run", edited, expecting: 4)
        #expect(text.text.contains("rollcall runs approve "))
        // Another digest than the one that was read.
        try place.run("runs", "approve", "last", "--digest", "0000", "--by", "Ana", expecting: 5)
        let approved = try place.run(
            "runs", "approve", "last", "--digest", try refused.digest(), "--by", "Ana", "--for", "2h", "--format",
            "json",
            expecting: 0)
        #expect(try approved.objects("approval").first?["digest"]?.string == refused.digest())
        let applied = try place.run("run", edited, "--format", "json", expecting: 0)
        #expect(try applied.counts() == ["deactivate": 40])
        #expect(try applied.summary()["approval"]?.object?["by"]?.string == "Ana")
        try place.run("runs", "approve", "last", expecting: 78)
        try place.run("run", edited, "--quiet", expecting: 0)
    }

    @Test("the kept plan of a refused run is applied as the approval says")
    func spool() throws {
        let place = try Workplace()
        try company(place)
        try place.run("run", try job(place, departments: "Sales, Legal"), "--quiet", expecting: 0)
        try place.run("run", try job(place, departments: "Legal"), expecting: 4)
        let approved = try place.run("runs", "approve", "last", "--by", "Ana", expecting: 0)
        let line = try #require(approved.lines.last)
        let plan = line.split(separator: " ").map(String.init)[2]
        try place.run("apply", plan, "--quiet", expecting: 0)
        try place.run("apply", plan, expecting: 4)
    }

    @Test("wrong words to approve are usage errors")
    func usage() throws {
        let place = try Workplace()
        for arguments in [
            ["runs", "approve"], ["runs", "approve", "first"], ["runs", "approve", "1", "--for", "90d"],
            ["runs", "approve", "1", "--for", "soon"], ["runs", "approve", "1", "--by", " "], ["queue", "approve"],
            ["queue", "approve", "ab", "--all-shown"], ["queue", "retry"], ["queue", "discard", "x"],
            ["queue", "discard", "x", "--reason", " "], ["queue", "list", "--state", "lost"],
        ] { #expect(try place.start(arguments).wait().status == 64, "\(arguments)") }
        #expect(try place.run("runs", "approve", "7", "--by", "Ana").status == 78)
        #expect(try place.run("queue", "list").text == "nothing is open\n")
        #expect(try place.run("queue", "show", "x").status == 78)
        #expect(try place.run("queue", "approve", "ab", "--by", "Ana").status == 5)
    }

    @Test("a series of pushed deactivations is held, listed with its digest, and carried out once that is approved")
    func pushes() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place, ["--no-worker"])
        let client = Client(server, endpoint)
        var ids: [String] = []
        for index in 0..<12 {
            let body = Push.user("user\(index)@acme.example", anchor: "a\(index)")
            ids.append(try client.send("POST", "/Users", body, expecting: 201).id)
        }
        try place.run("work", "--once", "--quiet", expecting: 0)
        // One leaver is everyday life.
        try client.send("DELETE", "/Users/" + ids[11], expecting: 204)
        try place.run("work", "--once", "--quiet", expecting: 0)
        #expect(try place.account("user11@acme.example")?["active"]?.bool == false)
        for id in ids[..<8] { try client.send("DELETE", "/Users/" + id, expecting: 204) }
        try client.send("POST", "/Users", Push.user("late@acme.example", anchor: "late"), expecting: 201)
        let worked = try place.run("work", "--once", "--format", "json", expecting: 4)
        #expect(try worked.counts() == ["create": 1] && worked.summary()["held"]?.integer == 8)
        #expect(try worked.trippedGates() == ["limit.deactivate"])
        #expect(try place.account("user0@acme.example")?["active"]?.bool == true)
        // Nothing waits, and it says again who is held.
        let again = try place.run("work", "--once", "--format", "json", expecting: 4)
        #expect(try again.objects("notice").count == 8)
        let listed = try place.run("queue", "list", "--format", "json", expecting: 0)
        #expect(try listed.objects("queue").count { $0["state"]?.string == "held" } == 8)
        let digest = try #require(try listed.objects("held").first?["digest"]?.string)
        #expect(try worked.summary()["heldDigest"]?.string == digest)
        #expect(try place.run("queue", "list", expecting: 0).text.contains("rollcall queue approve " + digest))
        let explained = try place.run("explain", "--organization", "acme", "user1@acme.example", expecting: 0).text
        #expect(explained.contains("deactivate waits for approval since") && explained.contains(digest))
        // Whom a job of the connection names is told, once, however often cron calls.
        let job = try place.write(
            "told.yaml",
            """
            organization: acme
            source: {preset: scim, users: users.json}
            schedule: {cron: "@yearly"}
            notify: {on: [held], command: [/bin/sh, -c, "cat >> '\(place.folder)/told'"]}

            """)
        for _ in 0..<3 { try place.run("work", "--once", "--quiet", job, expecting: 4) }
        let told = try String(contentsOfFile: place.folder + "/told", encoding: .utf8)
        #expect(told.split(separator: "\n").count == 1 && told.contains("rollcall queue approve \(digest)"))
        // One of them returns; what was read is not what is held any more.
        try client.send("POST", "/Users", Push.user("user0@acme.example", anchor: "a0"), expecting: 201)
        try place.run("work", "--once", expecting: 4)
        try place.run("queue", "approve", digest, "--by", "Ana", expecting: 5)
        let shown = try place.run("queue", "show", "user1@acme.example", expecting: 0)
        #expect(shown.text.contains("held") && shown.text.contains("deactivate"))
        let approved = try place.run(
            "queue", "approve", "--all-shown", "--by", "Ana", "--format", "json", expecting: 0)
        #expect(try approved.counts() == ["deactivate": 7])
        #expect(try place.account("user0@acme.example")?["active"]?.bool == true)
        #expect(try place.account("user1@acme.example")?["active"]?.bool == false)
        try place.run("work", "--once", "--quiet", expecting: 0)
        server.process.signal(SIGTERM)
        _ = try server.process.wait()
    }
}
