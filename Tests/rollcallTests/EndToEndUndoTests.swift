import Foundation
import JSONBytes
import Testing

@Suite("End to end: undo, differences and explanations", .serialized)
struct EndToEndUndoTests {
    private let entra = Acme.entra

    @Test("a run that was undone is as if it had not been, stays so, and comes back when it is released")
    func undone() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let before = try place.namedAccounts()
        let run = try place.run("run", entra.days[1], "--format", "json", expecting: 0)
        let after = try place.namedAccounts()
        let diff = try place.run("runs", "diff", "1", "2", "--format", "json", "--exit-code", expecting: 2)
        #expect(try diff.objects("difference").first?["counts"] == run.summary()["counts"])
        #expect(try diff.changes().sorted() == run.changes().sorted())
        // What the second day created is too much for the limit of deletions: somebody has to look.
        let refused = try place.run("runs", "undo", "2", "--format", "json", expecting: 4)
        #expect(try refused.trippedGates().contains("limit.delete"))
        let state = try place.state()
        let dry = try place.run(
            "runs", "undo", "2", "--dry-run", "--limit", "delete={count: 10, floor: 10}", "--format", "json")
        #expect(try place.state() == state && dry.trippedGates() == [])
        let undo = try place.run(
            "runs", "undo", "2", "--limit", "delete={count: 10, floor: 10}", "--expect", try dry.digest(), "--format",
            "json", expecting: 0)
        #expect(try undo.summary()["shown"]?.string == dry.digest() && undo.summary()["applied"]?.bool == true)
        #expect(try place.namedAccounts() == before)
        let again = try place.run("run", entra.days[1], "--format", "json", expecting: 0)
        #expect(try again.counts() == [:] && place.namedAccounts() == before)
        let holds = try place.run("runs", "holds", "--format", "json", expecting: 0).objects("hold")
        #expect(!holds.isEmpty)
        let list = try place.run("runs", "list", "--format", "json", expecting: 0).objects("run")
        #expect(list.contains { $0["undoes"]?.integer == 2 })
        let released = try place.run("runs", "release", "2", "--format", "json", expecting: 0).objects("hold")
        #expect(released.count == holds.count)
        try place.run("runs", "release", "2", expecting: 78)
        try place.run("run", entra.days[1], "--quiet", expecting: 0)
        #expect(try place.namedAccounts() == after)
    }

    @Test("a run whose plan file was removed is shown, explained and undone from the journal")
    func withoutPlan() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let run = try place.run("run", entra.days[1], "--format", "json", expecting: 0)
        let pruned = try place.run(
            "runs", "prune", "--keep", "0", "--keep-newest", "0", "--format", "json", expecting: 0)
        #expect(try pruned.objects("pruned").count == 2)
        let shown = try place.run("runs", "show", "2", "--format", "json", expecting: 0)
        #expect(try shown.counts() == run.counts() && shown.changes().sorted() == run.changes().sorted())
        let explained = try place.run(
            "explain", "--run", "2", "hnguyen@acme.example", "--format", "json", expecting: 0)
        #expect(explained.text.contains("Senior Data Analyst"))
        let undo = try place.run(
            "runs", "undo", "2", "--limit", "delete={count: 10, floor: 10}", "--format", "json", expecting: 0)
        #expect(try undo.summary()["applied"]?.bool == true)
    }

    @Test("a past run explains itself: the place, the values, the clauses and the gates of then")
    func past() throws {
        let place = try Workplace()
        for day in entra.days[..<2] { try place.run("run", day, "--quiet", expecting: 0) }
        let output = try place.run("explain", "--run", "2", "hnguyen@acme.example", "--format", "json", expecting: 0)
        let line = try #require(try output.objects("explanation").first)
        #expect(line["run"]?.integer == 2 && line["situation"]?.string == "CONFIRMED")
        #expect(line["place"]?.string?.contains("users") == true && line["gates"]?.array?.isEmpty == false)
        let changed = line["changes"]?.array?.first?.object?["attributes"]?.array?.compactMap {
            $0.object?["path"]?.string
        }
        #expect(changed?.contains("title") == true, "\(output)")
        #expect(line["raw"]?.object?["userPrincipalName"]?.string == "hnguyen@acme.example")
        let unchanged = try place.run("explain", "--run", "2", "agarcia@acme.example", expecting: 0).text
        #expect(unchanged.contains("run 2 changed nothing about them"))
        #expect(try place.run("explain", "--run", "2", "nobody@acme.example").status == 78)
        #expect(try place.run("explain", "--run", "9", "agarcia@acme.example").status == 78)
        try place.run("explain", "--run", "2", entra.days[1], "agarcia@acme.example", expecting: 64)
    }

    @Test("explain needs no job for whom the directory has, and shows of the export only what is mapped")
    func withoutJob() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let output = try place.run(
            "explain", "--organization", "acme", "--connection", "entra", "agarcia@acme.example", "--format", "json",
            expecting: 0)
        let line = try #require(try output.objects("explanation").first)
        #expect(line["situation"]?.string == "CONFIRMED" && line["place"]?.string?.contains("run 1") == true)
        #expect(
            try place.run("explain", "--organization", "acme", "--connection", "entra", "nobody@acme.example").status
                == 78)
        #expect(try place.run("explain", "--organization", "none", "agarcia@acme.example").status == 78)
        let job = try place.run("explain", entra.days[0], "agarcia@acme.example", "--format", "json", expecting: 0)
        let raw = try #require(try job.objects("explanation").first?["raw"]?.object)
        #expect(raw["userPrincipalName"]?.string == "agarcia@acme.example" && raw["passwordProfile"] == nil)
    }

    @Test("explain says which smallest edit of the filter would bring somebody into scope")
    func nearest() throws {
        let place = try Workplace()
        let users = """
            {"totalResults":3,"Resources":[\
            {"id":"1","userName":"ada","title":"Clerk"},{"id":"2","userName":"bob","title":"Boss"},\
            {"id":"3","userName":"cyd","title":"Boss"}]}
            """
        let path = try place.write("users.json", users)
        let output = try place.run(
            "explain", "--preset", "scim", "--organization", "acme", "--users", path, "--scope-users",
            "[[{attribute: title, operator: EQUALS, value: Clerk}]]", "bob", "--format", "json", expecting: 0)
        let nearest = try #require(try output.objects("explanation").first?["nearest"]?.object, "\(output)")
        #expect(nearest["instead"]?.string == #"title IN ["Clerk", "Boss"]"# && nearest["others"]?.integer == 1)
        let page = try place.run(
            "explain", "--preset", "scim", "--organization", "acme", "--users", path, "--scope-users",
            "[[{attribute: title, operator: EQUALS, value: Clerk}]]", "bob", expecting: 0)
        #expect(page.text.contains("nearest") && page.text.contains("would come in, too: 1"))
    }
}
