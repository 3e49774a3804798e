import JSONBytes
import Reconciliation
import Snapshots
import Testing

private let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:"

@Suite("A job's lines over a preset")
struct MappingLineTests {
    private let text = """
        [{"id":"1","userPrincipalName":"a@x","accountEnabled":false,"jobTitle":"T","givenName":"Jürgen","surname":"Groß","city":"",
        "country":null,"officeLocation":"1/23","onPremisesExtensionAttributes":{"extensionAttribute1":"e1","extensionAttribute2":"e2"},
        "manager":{"id":"9"},"appRoleAssignments":[{"value":"Admin","displayName":"Administrator"}]}]
        """

    private func line(
        _ target: String, _ source: MappingLine.Source, whenEmpty: MappingLine.WhenEmpty = .keep,
        ignoring: [String] = [],
        kind: Kind = .user
    ) throws -> MappingLine {
        MappingLine(
            kind: kind, target: try MappingTarget(parsing: target, kind: kind), from: source, whenEmpty: whenEmpty,
            ignoring: ignoring)
    }

    private func expression(_ text: String) throws -> MappingLine.Source {
        .expression(try MappingExpression(parsing: text))
    }

    private func read(_ lines: MappingLine..., text: String? = nil, preset: Preset = .entraGraph) throws -> Reading {
        let scratch = try Scratch()
        let path = try scratch.write("file", text ?? self.text)
        return try Reading(SourceSpecification(preset: preset, users: [path], overrides: lines))
    }

    @Test("an expression reads fields of the export, and IsSoftDeleted is what the preset says of the state")
    func expressions() throws {
        func record(_ target: String, _ text: String) throws -> MappedRecord {
            try read(try line(target, expression(text))).records[0]
        }
        #expect(
            try record("displayName", #"Join(" ", [givenName], [surname])"#).attributes["displayName"] == "Jürgen Groß")
        #expect(
            try record("userName", #"ToLower(NormalizeDiacritics(Join(".", [givenName], [surname])))"#).name
                == "jurgen.gross")
        #expect(try record("active", "Not([IsSoftDeleted])").active == false)
        #expect(
            try record("active", #"Switch([IsSoftDeleted], , "False", "True", "True", "False")"#).active == false)
        #expect(
            try record("title", #"[source.onPremisesExtensionAttributes.extensionAttribute1]"#).attributes["title"]
                == "e1")
        #expect(
            try record("roles", "AppRoleAssignmentsComplex([appRoleAssignments])").attributes[
                #"roles[type eq "WindowsAzureActiveDirectoryRole"]"#]
                == ["display": "Administrator", "primary": false, "value": "Admin"])
        #expect(
            try record("manager", "[onPremisesExtensionAttributes.extensionAttribute2]").references.map(\.key) == ["e2"]
        )
    }

    @Test("an empty field keeps, clears or makes the record undecided, as the line says")
    func whenEmpty() throws {
        func reading(_ target: String, _ source: MappingLine.Source, _ whenEmpty: MappingLine.WhenEmpty) throws
            -> Reading
        {
            try read(try line(target, source, whenEmpty: whenEmpty))
        }
        let kept = try reading("title", .attribute("city"), .keep).records[0]
        #expect(kept.attributes["title"] == nil && kept.cleared == [])
        #expect(try reading("title", .attribute("country"), .clear).records[0].cleared == ["title"])
        #expect(try reading("title", .attribute("city"), .value("d")).records[0].attributes["title"] == "d")
        #expect(try reading("title", .itself, .clear).records[0].cleared == [])
        #expect(try reading("preferredLanguage", .itself, .clear).records[0].cleared == ["preferredLanguage"])
        #expect(
            try reading(#"addresses[type eq "work"].locality"#, .itself, .clear).records[0].cleared == [
                #"addresses[type eq "work"]"#
            ])
        #expect(try reading("manager", .attribute("city"), .clear).records[0].cleared == [enterprise + "manager.value"])
        #expect(try reading("manager", .attribute("city"), .clear).records[0].references == [])
        let rejection = try #require(try reading("title", .attribute("city"), .ignore).rejections.first)
        #expect(rejection.code == "mapping" && rejection.detail.contains("there is no value"))
        #expect(rejection.anchor == Anchor("1"))
    }

    @Test("a function that fails and a value to be ignored set the record aside with the line named")
    func rejected() throws {
        let failing = try read(try line("title", expression("Mid([jobTitle], 0, 1)"))).rejections
        #expect(failing.map(\.detail) == ["title <- Mid([jobTitle], 0, 1): Mid: start is 0; the first character is 1"])
        let ignored = try read(try line("title", .attribute("jobTitle"), ignoring: ["T"])).rejections
        #expect(ignored.map(\.detail) == [#"title <- jobTitle (ignoring "T"): the value "T" is to be ignored"#])
        let several = try read(try line("title", .attribute("appRoleAssignments"))).rejections
        #expect(several.count == 1)
    }

    @Test("what a whole attribute clears, it clears in the directory, whatever its type")
    func whole() throws {
        let statement = try read(
            try line("roles", .attribute("city"), whenEmpty: .clear)
        ).records[0]
        let typed = #"roles[type eq "x"]"#
        var stored = DirectoryRecord(id: "i", statement: statement)
        #expect(stored.cleared == [])
        stored.attributes[typed] = ["value": "r"]
        let next = stored.overlaid(by: statement)
        #expect(next.attributes[typed] == nil && next.cleared == [typed])
        #expect(next.overlaid(by: statement).version == next.version)
    }

    @Test("attributes that nothing carries are counted by name")
    func census() throws {
        let scope = SourceSpecification(preset: .entraGraph, users: [], sourceAttributes: [])
        #expect(scope.overrides.isEmpty)
        #expect(
            try read().verdict.unmapped == [
                "users.officeLocation": 1, "users.onPremisesExtensionAttributes.extensionAttribute1": 1,
                "users.onPremisesExtensionAttributes.extensionAttribute2": 1, "users.appRoleAssignments": 1,
            ])
        #expect(
            try read(
                try line("title", .attribute("OnPremisesExtensionAttributes.extensionAttribute1")),
                try line("roles", expression("AppRoleAssignmentsComplex([appRoleAssignments])"))
            ).verdict.unmapped == [
                "users.officeLocation": 1, "users.onPremisesExtensionAttributes.extensionAttribute2": 1,
            ])
        let scim =
            #"[{"id":"1","userName":"a","nickName":"n","password":"p","meta":{"created":"x"}},{"id":"2","userName":"b","password":"q"}]"#
        #expect(try read(text: scim, preset: .scim).verdict.unmapped == ["users.password": 2])
    }

    @Test("no more names are told apart than the limit, and the others are counted together")
    func manyNames() throws {
        let names = (0..<205).map { "\"x\($0)\":1" }.joined(separator: ",")
        let unmapped = try read(
            text: "[{\"id\":\"1\",\"userPrincipalName\":\"a\",\"accountEnabled\":true,\(names)}]"
        ).verdict.unmapped
        #expect(unmapped.count == 201 && unmapped["(other attributes)"] == 5)
    }
}
