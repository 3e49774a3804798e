import JSONBytes
import Testing

@testable import SCIM

@Suite("Queries, RFC 7644 3.4.2 and RFC 9865")
struct FilterQueryTests {
    private static let person: JSONObject = [
        "userName": "Bjensen", "active": true, "externalId": "Ab", "title": "b", "nickName": "",
        "emails": [["type": "work", "value": "a@x"], ["type": "home", "value": "b@x", "primary": true]],
        "meta": ["created": "2026-01-02T03:04:05Z"], "urn:vendor:x": ["level": 7, "part": .number("1.5")],
    ]

    @Test(
        "not binds closest, then and, then or; parentheses come first (3.4.2.2, figure 1)",
        arguments: [
            ("title pr or title pr and nickName pr", true), ("(title pr or title pr) and nickName pr", false),
            ("nickName pr and title pr or title pr", true), ("nickName pr and (title pr or title pr)", false),
            ("not (nickName pr) and title pr", true), ("not (nickName pr or title pr)", false),
            ("not (nickName pr) or nickName pr and nickName pr", true), ("NOT(nickName pr)", true),
            ("not (not (title pr))", true), ("((title pr))", true),
        ])
    func precedence(_ text: String, _ expected: Bool) throws {
        #expect(try Filter(parsing: text).matches(Self.person) == expected)
    }

    @Test(
        "each operator compares each type of value (3.4.2.2, table 3)",
        arguments: [
            (#"title eq "B""#, true), (#"title ne "b""#, false), (#"title gt "A""#, true), (#"title ge "b""#, true),
            (#"title lt "c""#, true), (#"title le "a""#, false), (#"title co "B""#, true), (#"title sw "bb""#, false),
            (#"title ew "b""#, true), ("active eq true", true), ("active ne true", false), (#"active eq "x""#, false),
            (#"meta.created gt "2026-01-02T03:04:04.999Z""#, true),
            (#"meta.created eq "2026-01-02T04:04:05+01:00""#, true),
            (#"meta.created lt "2026-01-01T00:00:00Z""#, false), (#"meta.created sw "2026-01""#, true),
            ("urn:vendor:x:level eq 7", true), ("urn:vendor:x:level gt 6.5", true), ("urn:vendor:x:part le 1.5", true),
            ("urn:vendor:x:level lt -1", false), (#"urn:vendor:x:level eq "7""#, false), ("title eq 7", false),
            (#"externalId eq "ab""#, false), (#"externalId sw "A""#, true), (#"nickName eq "x""#, false),
            (#"nickName ne "x""#, true), ("nickName eq null", true), ("title ne null", true), ("title eq null", false),
        ])
    func operators(_ text: String, _ expected: Bool) throws {
        #expect(try Filter(parsing: text).matches(Self.person) == expected)
    }

    @Test("sort keys stand in the order of their values, and no value stands last (3.4.2.3)")
    func sortKeys() {
        let ordered: [JSONValue] = [
            false, true, .number("-1e9"), .number("-2"), .number("-1.5"), 0, .number("0.5"), 7, .number("1e30"), "A",
            "b",
            "\u{E9}",
        ]
        let keys = ordered.map { SortKey($0, .folded) } + [SortKey.none]
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 })
        #expect(SortKey("A", .folded) == SortKey("a", .folded) && SortKey("a", .exact) > SortKey("A", .exact))
        #expect(SortKey(.number("-0"), .folded) == SortKey(0, .folded))
        #expect(SortKey("2026-01-02T04:04:05+01:00", .instant) == SortKey("2026-01-02T03:04:05Z", .instant))
        for empty: JSONValue? in [nil, .null, "", [], [:]] { #expect(SortKey(empty, .folded) == .none) }
        let long = String(repeating: "x", count: SortKey.textBytesMax)
        #expect(SortKey(.string(long + "a"), .folded) == SortKey(.string(long + "b"), .folded))
        #expect(SortKey(.string(long), .folded) > SortKey(.string(String(long.dropLast())), .folded))
    }

    @Test(
        "of several values the primary one is sorted by, else the first",
        arguments: [("emails", "b@x"), ("emails.value", "b@x"), ("emails.type", "home"), ("title", "b")])
    func primary(_ path: String, _ value: String) throws {
        let key = try AttributePath(parsing: path).sortKey(of: Self.person)
        #expect(key == SortKey(.string(value), .folded))
    }

    @Test("a query means the same in a URL and in the body of a SearchRequest (3.4.3)")
    func forms() throws {
        let parameters = [
            "filter": "title pr", "sortBy": "name.familyName", "sortOrder": "descending", "startIndex": "3",
            "count": "7",
            "attributes": "userName,emails", "excludedAttributes": "groups",
        ]
        let url = try QueryRequest { name throws(SCIMError) in parameters[name] }
        let body = try QueryRequest(searchRequest: [
            "schemas": [.string(QueryRequest.searchRequestURN)], "Filter": "title pr", "sortBy": "name.familyName",
            "sortOrder": "descending", "startIndex": 3, "count": 7, "attributes": ["userName", "emails"],
            "excludedAttributes": ["groups"], "cursor": .null,
        ])
        #expect(url == body && url.paging.startIndex == 3 && url.paging.count == 7 && url.sortOrder == .descending)
        let empty = try QueryRequest { _ throws(SCIMError) in nil }
        #expect(empty.filter == nil && empty.cursor == nil && empty.paging.count == Paging.countDefault)
    }

    @Test(
        "a member of the wrong type is refused by name",
        arguments: [
            ("filter", 5), ("count", "5"), ("startIndex", true), ("attributes", "userName"), ("cursor", 1),
            ("sortBy", []),
            ("excludedAttributes", [1]),
        ] as [(String, JSONValue)])
    func types(_ name: String, _ value: JSONValue) {
        var body: JSONObject = ["schemas": [.string(QueryRequest.searchRequestURN)]]
        body[name] = value
        let error = #expect(throws: SCIMError.self) { try QueryRequest(searchRequest: body) }
        #expect(error?.kind == .invalidValue && error?.detail.contains("'\(name)'") == true)
    }

    @Test(
        "an answer has no value of which nothing was asked for (3.9)",
        arguments: [
            ("emails.display", nil, []), ("emails.type", nil, ["emails"]),
            (nil, "emails.value,emails.type", ["emails", "title"]),
            (nil, "emails.value,emails.type,emails.primary", ["title"]),
            ("emails.primary,title", nil, ["emails", "title"]),
        ] as [(String?, String?, [String])])
    func selection(_ attributes: String?, _ excluded: String?, _ keys: [String]) {
        let person: JSONObject = ["emails": Self.person["emails"] ?? .null, "title": "b"]
        let shown = AttributeSelection(attributes: attributes, excluded: excluded, type: .user).applied(to: person)
        #expect(shown.members.map(\.key) == keys)
    }
}
