import JSONBytes
import Testing

@testable import SCIM

private let person: JSONObject = [
    "id": "2819c223", "externalId": "Ab-1", "userName": "Bjensen@example.com", "active": true, "title": "",
    "name": ["familyName": "O'Malley (Sr.)", "givenName": "Bj\u{F6}rn"],
    "emails": [
        ["type": "work", "value": "bjensen@example.com", "primary": true],
        ["type": "home", "value": "babs@example.org"],
    ],
    "meta": ["created": "2026-01-02T03:04:05.000Z"], "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": ["department": "Sales", "employeeNumber": "007"],
]

@Suite struct FilterTests {
    @Test(
        "a filter holds exactly when RFC 7644 says so",
        arguments: [
            (#"userName eq "bjensen@EXAMPLE.com""#, true), (#"USERNAME EQ "bjensen@example.com""#, true),
            (#"externalId eq "ab-1""#, false), (#"externalId eq "Ab-1""#, true), (#"id eq "2819C223""#, false),
            (#"userName sw "BJ""#, true), (#"userName ew ".com""#, true), (#"userName co "%""#, false),
            (#"userName co """#, true), (#"userName ne "x""#, true), (#"nickName ne "x""#, true),
            (#"nickName eq null"#, true), (#"userName eq null"#, false), (#"nickName ne null"#, false),
            ("title pr", false), ("userName pr", true), ("name pr", true), ("emails pr", true), ("photos pr", false),
            (#"name.familyName eq "O'Malley (Sr.)""#, true), (#"name.givenName eq "bjo\u0308RN""#, true),
            (#"emails co "example.org""#, true), (#"emails.value co "example.org""#, true),
            (#"emails[type eq "work" and value co "example.org"]"#, false),
            (#"emails[type eq "work" and value co "example.com"]"#, true),
            (#"emails.type eq "work" and emails.value co "example.org""#, true),
            (#"emails[not (type eq "work")]"#, true),
            (#"emails[type eq "WORK" and primary eq "True"]"#, true), ("emails[primary eq true]", true),
            (#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales""#, true),
            (#"URN:IETF:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq "007""#, true),
            (#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "bj""#, true), (#"department eq "Sales""#, true),
            (#"schemas eq "urn:ietf:params:scim:schemas:core:2.0:User""#, true),
            (#"meta.created lt "2026-01-02T04:04:06+01:00""#, true), (#"meta.created ge "2026-01-02T03:04:05Z""#, true),
            (#"active eq true and title pr or userName pr"#, true),
            (#"active eq true and (title pr or nickName pr)"#, false),
            (#"not (active eq true) or not (title pr)"#, true), (#"unknown.thing eq "x""#, false),
            (#"title eq "a" or title eq "b" and userName pr"#, false),
        ])
    func matches(_ text: String, _ expected: Bool) throws {
        #expect(try Filter(parsing: text).matches(person) == expected)
    }

    @Test(
        "what is no filter is refused with the position",
        arguments: [
            ("", 1), ("userName", 9), ("userName eq", 12), ("userName eq x", 13), (#"userName eq "x"#, 13),
            (#"userName eq "x" and"#, 17), (#"userName eq "x") "#, 16), (#"(userName eq "x""#, 17),
            (#"userName like "x""#, 10), (#"userName eq "x" userName pr"#, 17), (#"emails[type eq "x""#, 19),
            ("active gt true", 8), ("active co \"t\"", 8), ("userName co 5", 10), (#"b\u{E4} eq 1"#, 2),
            (#"userName eq "a" xor title pr"#, 17), ("1 eq 1", 1), (#"userName eq 'x'"#, 13),
            (#"userName eq "\q""#, 13),
        ])
    func refuses(_ text: String, _ position: Int) {
        let error = #expect(throws: SCIMError.self) { try Filter(parsing: text) }
        #expect(error?.status == 400 && error?.kind == .invalidFilter)
        #expect(error?.detail.contains("position \(position):") == true, "\(error?.detail ?? "")")
    }

    @Test("length and depth have limits")
    func limits() throws {
        let depth = Filter.depthMax
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "title pr" + String(repeating: ")", count: depth)
        }
        _ = try Filter(parsing: nested(depth))
        #expect(throws: SCIMError.self) { try Filter(parsing: nested(depth + 1)) }
        let frame = #"title eq "" "#.utf8.count - 1
        _ = try Filter(parsing: #"title eq ""# + String(repeating: "x", count: Filter.lengthMax - frame) + "\"")
        #expect(throws: SCIMError.self) {
            try Filter(parsing: #"title eq ""# + String(repeating: "x", count: Filter.lengthMax - frame + 1) + "\"")
        }
    }

    @Test(
        "a filter has one spelling, and that spelling means the same",
        arguments: [
            (#"USERNAME  EQ "a""#, #"userName eq "a""#), (#"(a pr)"#, "a pr"),
            (#"(a pr and b pr) or c pr"#, "a pr and b pr or c pr"),
            (#"a pr and (b pr or c pr)"#, "a pr and (b pr or c pr)"), (#"NOT(a pr)"#, "not (a pr)"),
            (#"emails[TYPE eq "work"]"#, #"emails[type eq "work"]"#),
            (#"Department eq "x""#, #"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "x""#),
            (#"userName eq "a\"b\\c""#, #"userName eq "a\"b\\c""#),
        ])
    func description(_ text: String, _ canonical: String) throws {
        let filter = try Filter(parsing: text)
        #expect(filter.description == canonical)
        #expect(try Filter(parsing: canonical).description == canonical)
    }

    @Test("the names of a filter are listed for the one who must know them all")
    func names() throws {
        let filter = try Filter(parsing: #"emails[type eq "a" or wrong pr] and not (name.familyName pr) and Title pr"#)
        #expect(filter.attributeNames == ["emails.type", "emails.wrong", "name.familyName", "title"])
    }
}

@Suite struct SchemaTests {
    @Test(
        "names resolve in any letter case to the path of their slot",
        arguments: [
            ("USERNAME", "userName", false), ("name.givenname", "name.givenName", false),
            ("emails", "emails.value", true),
            (#"emails[type eq "work"].value"#, #"emails[type eq "work"].value"#, true),
            (#"addresses[type eq "work"].locality"#, #"addresses[type eq "work"].locality"#, true),
            ("department", Schemas.enterpriseURN + ":department", false),
            ("manager", Schemas.enterpriseURN + ":manager.value", false),
            (Schemas.enterpriseURN.uppercased() + ":costcenter", Schemas.enterpriseURN + ":costCenter", false),
            (Schemas.userURN + ":title", "title", false), ("externalid", "externalId", false),
        ])
    func resolves(_ name: String, _ path: String, _ isMultiValued: Bool) throws {
        let found = try #require(Schemas.resolve(name, group: false))
        #expect(found.path == path && found.isMultiValued == isMultiValued)
    }

    @Test(
        "names that no schema has do not resolve",
        arguments: ["departement", "name.first", "emails.", "title[a pr]", "x:y", ""])
    func unknown(_ name: String) { #expect(Schemas.resolve(name, group: false) == nil) }

    @Test("a group's names are its own")
    func groups() {
        #expect(Schemas.resolve("displayName", group: true)?.path == "displayName")
        #expect(Schemas.resolve("members", group: true)?.path == "members.value")
        #expect(Schemas.resolve("userName", group: true) == nil)
    }

    @Test("discovery is complete and points to itself")
    func discovery() throws {
        let discovery = Discovery(baseURL: "https://x.example/scim/1")
        let schemas = discovery.schemas.body
        #expect(schemas["totalResults"]?.integer == 3 && schemas["Resources"]?.array?.count == 3)
        let user = try #require(discovery.schema(id: Schemas.userURN.lowercased()))
        #expect(user["attributes"]?.array?.count == 21)
        #expect(user["meta"]?.object?["location"]?.string == "https://x.example/scim/1/Schemas/" + Schemas.userURN)
        #expect(discovery.resourceType(id: "Group")?["endpoint"] == "/Groups")
        #expect(discovery.resourceType(id: "group") == nil)
        #expect(discovery.serviceProviderConfig["patch"] == ["supported": true])
    }

    @Test(
        "a date-time survives being written and read",
        arguments: [0, 1, -1, 1_795_560_600_123, 951_782_400_000, -62_135_596_800_000])
    func dates(_ milliseconds: Int64) {
        #expect(DateTime.milliseconds(DateTime.text(milliseconds: milliseconds)) == milliseconds)
    }

    @Test(
        "what is no date-time is not read as one",
        arguments: ["2026-13-01T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z"])
    func noDates(_ text: String) { #expect(DateTime.milliseconds(text) == nil) }
}

@Suite struct KeyFoldingTests {
    @Test(
        "forms of one name fold to one key",
        arguments: [
            ("Anna", "aNNA"), ("B\u{E4}r", "ba\u{308}R"), ("\u{FF21}\u{FF42}c", "abc"), ("an\u{200B}na", "anna"),
            ("Stra\u{DF}e", "STRASSE"), ("\u{FB01}n", "FIN"),
            ("\u{3A3}\u{3AF}\u{3C3}\u{3C5}\u{3C6}\u{3BF}\u{3C2}", "\u{3A3}\u{3AF}\u{3C3}\u{3C5}\u{3C6}\u{3BF}\u{3C3}"),
            ("x\u{AD}y", "XY"), ("\u{1E9E}", "ss"),
        ])
    func same(_ left: String, _ right: String) {
        #expect(KeyFolding.fold(left).utf8.elementsEqual(KeyFolding.fold(right).utf8))
    }

    @Test(
        "different names keep different keys",
        arguments: [("anna", "ana"), ("a b", "ab"), ("\u{E4}", "a"), ("\u{131}x", "jx")])
    func different(_ left: String, _ right: String) { #expect(KeyFolding.fold(left) != KeyFolding.fold(right)) }

    @Test(
        "folding a key changes nothing",
        arguments: ["\u{1E9E}\u{FF21}", "\u{130}", "\u{3AA}\u{345}", "A\u{30A}", "\u{212B}"])
    func idempotent(_ name: String) {
        let key = KeyFolding.fold(name)
        #expect(KeyFolding.fold(key).utf8.elementsEqual(key.utf8))
    }
}
