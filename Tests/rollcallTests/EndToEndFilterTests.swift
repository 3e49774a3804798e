import Foundation
import JSONBytes
import Testing

@Suite("End to end: trying a filter", .serialized)
struct EndToEndFilterTests {
    private static func user(_ id: String, _ department: String?, active: Bool = true) -> String {
        let enterprise = department.map {
            #", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "\#($0)"}"#
        }
        return #"{"id": "\#(id)", "userName": "\#(id)@acme.example", "displayName": "P \#(id)", "active": \#(active)"#
            + (enterprise ?? "") + "}"
    }

    private func job(_ place: Workplace, _ filter: String, name: String = "job.yaml") throws -> String {
        let users =
            (1...6).map { Self.user("s\($0)", "Sales") } + (1...3).map { Self.user("l\($0)", "Legal") }
            + [Self.user("n1", nil)]
        try place.write("users.json", "[\(users.joined(separator: ","))]")
        try place.write(
            "groups.json",
            #"[{"id": "g", "displayName": "Staff", "members": [{"value": "s1"}, {"value": "h"}]}, "#
                + #"{"id": "h", "displayName": "Inner", "members": [{"value": "l1"}, {"value": "g"}]}]"#)
        return try place.write(
            name,
            """
            organization: acme
            source: {preset: scim, users: users.json, groups: groups.json, expect: {users: 1..100, groups: 1..9}}
            scope: {users: \(filter)}
            """)
    }

    @Test("an edit of a filter is shown with who leaves, who enters, and because of which clause; nothing is written")
    func edit() throws {
        let place = try Workplace()
        let job = try job(place, "[[{attribute: department, operator: IN, value: [Sales, Legal]}]]")
        try place.run("run", job, "--quiet", expecting: 0)
        let before = try place.state()
        let next = try self.job(
            place,
            "[[{attribute: department, operator: EQUALS, value: Sales}], [{attribute: department, operator: IS NULL}, "
                + "{attribute: userName, operator: IS NOT NULL}]]", name: "next.yaml")
        let text = try place.run("filter", "test", job, "--with", next, expecting: 0).text
        for line in [
            "users: 10 of the snapshot taken at", "in force: the filter of the last accepted run of acme/default",
            "3 people leave the scope, 3 of them with an active account",
            #"  3 because this does not hold: department EQUALS "Sales""#,
            "      l1@acme.example  P l1  (department: Legal)",
            "1 people enter the scope, 0 of them with an active account",
            #"  1 were kept out by: department IN ["Sales", "Legal"]"#,
            "      n1@acme.example  P n1  (department: no value)",
            "nobody would be undecided", "never changes the outcome here: userName IS NOT NULL",
        ] {
            #expect(text.contains(line), "\(line) is not in\n\(text)")
        }
        let lines = try place.run("filter", "test", job, "--with", next, "--format", "json", expecting: 0)
        let test = try #require(try lines.objects("filterTest").first)
        #expect(test["leaves"]?.integer == 3 && test["enters"]?.integer == 1 && test["undecided"]?.integer == 0)
        #expect(test["tested"]?.object?["in"]?.integer == 7 && test["current"]?.object?["in"]?.integer == 9)
        #expect(try lines.objects("person").count == 4)
        let clauses = try lines.objects("clause").filter { $0["filter"]?.string == "tested" }
        #expect(clauses.compactMap { $0["alone"]?.integer } == [9, 4, 1], "\(clauses)")
        #expect(try place.state() == before)
    }

    @Test("the stored directory can be asked, and an option changes the filter")
    func directory() throws {
        let place = try Workplace()
        let job = try job(place, "'active eq true'")
        #expect(try place.run("filter", "test", job, "--directory").status == 78)
        try place.run("run", job, "--quiet", expecting: 0)
        let output = try place.run(
            "filter", "test", job, "--directory", "--all", "--format", "json", "--scope-users",
            "[[{operator: MEMBER_OF, value: staff}]]", expecting: 0)
        let test = try #require(try output.objects("filterTest").first)
        #expect(test["population"]?.string?.hasPrefix("the directory at") == true)
        #expect(test["tested"]?.object?["in"]?.integer == 2 && test["leaves"]?.integer == 8)
        #expect(try output.objects("person").count == 8)
        let unknown = try place.run(
            "filter", "test", job, "--scope-users", "[[{operator: MEMBER_OF, value: Stuff}]]", expecting: 0)
        #expect(unknown.text.contains("no group of the directory is called Stuff"), "\(unknown.text)")
        let same = try place.run(
            "filter", "test", job, "--format", "json", "--scope-users", "[[{operator: MEMBER_OF, value: staff}]]",
            expecting: 0)
        #expect(try same.objects("filterTest").first?["tested"]?.object?["in"]?.integer == 2)
    }

    @Test("a first job shows its own filter, with who is undecided")
    func alone() throws {
        let place = try Workplace()
        let job = try job(place, "[[{attribute: department, operator: GREATER_THAN, value: 1}]]")
        let text = try place.run("filter", "test", job, expecting: 0).text
        #expect(text.contains("9 people are undecided, 0 of them with an active account"), "\(text)")
        #expect(text.contains(#"9 because this does not hold: department GREATER_THAN "1""#))
        #expect(!text.contains("in force"))
        #expect(try place.state() == [])
        #expect(try place.run("filter", "test").status == 64)
        #expect(try place.run("filter", "test", job, "--with", job, "--scope-users", "active eq true").status == 64)
    }
}
