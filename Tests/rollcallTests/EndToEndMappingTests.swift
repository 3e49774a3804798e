import Foundation
import JSONBytes
import Testing

@Suite("End to end: mappings", .serialized)
struct EndToEndMappingTests {
    private static let users = """
        {"@odata.count":3,"value":[
        {"id":"1","userPrincipalName":"Zoe.Gross@acme.example","accountEnabled":true,"givenName":"Zoë","surname":"Groß","jobTitle":"Clerk",
        "officeLocation":"1/23","appRoleAssignments":[{"value":"Admin","displayName":"Administrator"}]},
        {"id":"2","userPrincipalName":"jdoe@acme.example","accountEnabled":true,"givenName":"John","surname":"Doe","officeLocation":"4"},
        {"id":"3","userPrincipalName":"left@acme.example","accountEnabled":false,"givenName":"L","surname":"Eft","jobTitle":"ignore me"}
        ]}
        """

    private static let job = """
        organization: acme
        source:
          preset: entra-graph
          users: users.json
        mapping:
          # Entra's defaults, as they stand in its mapping page.
          active: {expression: 'Switch([IsSoftDeleted], , "False", "True", "True", "False")'}
          name.formatted: {expression: 'Join(" ", [givenName], [surname])'}
          userName: {expression: 'ToLower([userPrincipalName])'}
          roles: {expression: 'AssertiveAppRoleAssignmentsComplex([appRoleAssignments])', whenEmpty: clear}
          # Ours.
          nickName: {expression: 'NormalizeDiacritics([record.name.givenName])'}
          displayName: {template: "{record.name.familyName}, {record.name.givenName}"}
          title: {default: Employee}
          userType: {constant: internal}
        """

    private func workplace(_ job: String = job) throws -> (Workplace, String) {
        let place = try Workplace()
        try place.write("users.json", Self.users)
        return (place, try place.write("job.yaml", job))
    }

    @Test("Entra's default expressions and ours fill the accounts, and a second run finds nothing to do")
    func run() throws {
        let (place, job) = try workplace()
        let output = try place.run("run", job, "--format", "json", expecting: 0)
        #expect(try output.counts() == ["create": 2])
        let zoe = try #require(try place.account("zoe.gross@acme.example"))
        #expect(zoe["name"]?.object?["formatted"] == "Zoë Groß" && zoe["displayName"] == "Groß, Zoë")
        #expect(zoe["nickName"] == "Zoe" && zoe["title"] == "Clerk" && zoe["userType"] == "internal")
        #expect(zoe["roles"]?.array?.first?.object?["value"] == "Admin")
        #expect(try place.account("jdoe@acme.example")?["title"] == "Employee")
        #expect(try place.account("left@acme.example") == nil)
        #expect(try place.run("run", job, "--format", "json", expecting: 0).counts() == [:])
        // The role goes when the source no longer has it.
        try place.write(
            "users.json",
            Self.users.replacingOccurrences(of: #"[{"value":"Admin","displayName":"Administrator"}]"#, with: "[]"))
        let second = try place.run("run", job, "--format", "json", expecting: 0)
        #expect(try second.counts() == ["attributeClear": 1])
        #expect(try place.account("zoe.gross@acme.example")?["roles"] == nil)
    }

    @Test("check shows each line with what it made, and what nothing carries")
    func check() throws {
        let (place, job) = try workplace()
        let page = try place.run("check", job, expecting: 0).text
        for line in [
            "  mapping    active <- Switch([IsSoftDeleted], , \"False\", \"True\", \"True\", \"False\")",
            "             nickName <- NormalizeDiacritics([record.name.givenName]): Zoe",
            "             title (empty: \"Employee\"): Employee", "             userType = internal: internal",
            "  users.officeLocation: 2",
        ] {
            #expect(page.contains(line + "\n"), "\(line) is not in \(page)")
        }
        let tried = try place.run(
            "check", job, "--expression", #"Join("-", [surname], [officeLocation])"#, "--format", "json", expecting: 0)
        let results = try tried.objects("explanation").map { explanation in
            (explanation["mapping"]?.array ?? []).compactMap { $0.object }
                .first { $0["line"]?.string?.hasPrefix("nickName <- Join") == true }?["result"]?.string
        }
        #expect(results == ["Groß-1/23", "Doe-4", "Eft"])
        #expect(try tried.objects("unmapped").first?["attributes"]?.object?["users.officeLocation"] == nil)
        let wrong = try place.run("check", job, "--expression", "Join([a]", expecting: 78)
        #expect(
            wrong.error.contains("option for mapping.nickName: expression, column 1: Join has no closing parenthesis"))
        let functions = try place.run("check", "--functions", expecting: 0).text
        #expect(functions.contains("Switch(source, [default], key1, value1, …)\n"))
        #expect(try place.state() == [])
    }

    @Test(
        "a record that a function cannot work with, or whose value is to be ignored, is set aside with the line named")
    func quarantine() throws {
        let (place, job) = try workplace(
            Self.job.replacingOccurrences(of: "{default: Employee}", with: "{ignoreValues: [ignore me]}")
                .replacingOccurrences(
                    of: "'NormalizeDiacritics([record.name.givenName])'",
                    with: #"'Mid([record.name.givenName], IIF([record.userName] = "jdoe@acme.example", 0, 1), 2)'"#))
        let output = try place.run("run", job, "--format", "json", expecting: 3)
        let details = try output.objects("quarantine").compactMap { $0["detail"]?.string }.sorted()
        #expect(details.count == 2, "\(output)")
        #expect(
            details.first?.hasPrefix("nickName <- Mid(") == true && details.first?.contains("Mid: start is 0") == true)
        #expect(details.last == #"title (ignoring "ignore me"): the value "ignore me" is to be ignored"#)
        #expect(try output.counts() == ["create": 1])
    }

    @Test("options map without a file, and a wrong expression is status 78 with its place")
    func options() throws {
        let (place, _) = try workplace()
        let users = place.folder + "/users.json"
        let output = try place.run(
            "run", "--preset", "entra-graph", "--users", users, "--organization", "acme", "--map", "nickName=surname",
            "--map-expression", "title=ToUpper([givenName])", "--set", "mapping.locale={constant: sv}", "--format",
            "json",
            expecting: 0)
        #expect(try output.counts() == ["create": 2])
        let john = try #require(try place.account("jdoe@acme.example"))
        #expect(john["nickName"] == "Doe" && john["title"] == "JOHN" && john["locale"] == "sv")
        let bad = try place.write("bad.yaml", Self.job.replacingOccurrences(of: "Join(", with: "Jion("))
        let error = try place.run("run", bad, expecting: 78)
        #expect(error.error.contains("bad.yaml:8:33: expression, column 1: there is no function Jion"), "\(error)")
    }
}
