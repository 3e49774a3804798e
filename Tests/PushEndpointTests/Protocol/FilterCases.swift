import Testing

/// Filters on the wire (RFC 7644 3.4.2.2): what a list holds, and what is refused.
enum FilterCases {
    private static let people = [
        given("ann", person),
        given(
            "bob",
            """
            {'userName':'Bob@X.example','externalId':'E7','displayName':'Bob (`B`) O\\\\Neil','active':false,
             'emails':[{'value':'b@x.example','type':'work'},{'value':'bob@home.example','type':'home'}]}
            """),
        given("cy", "{'userName':'cy'}"),
    ]

    @CaseList static var matches: [ProtocolCase] {
        finds("userName eq 'ann'", ["ann"])
        finds("userName eq 'ANN'", ["ann"])
        finds("USERNAME EQ 'ann'", ["ann"])
        finds("{U}:userName eq 'ann'", ["ann"])
        finds("userName eq 'bob@x.EXAMPLE'", ["bob"])
        finds("userName eq '\\uff41nn'", ["ann"])
        finds("userName ne 'ann'", ["bob", "cy"])
        finds("userName co 'X.EX'", ["bob"])
        finds("userName sw 'b'", ["bob"])
        finds("userName ew 'n'", ["ann"])
        finds("userName gt 'b'", ["bob", "cy"])
        finds("userName pr", ["ann", "bob", "cy"])
        finds("externalId eq '7'", ["ann"])
        finds("externalId eq 'e7'", [])
        finds("externalId pr", ["ann", "bob"])
        finds("not (externalId pr)", ["cy"])
        finds("active eq true", ["ann"])
        finds("active eq 'True'", ["ann"])
        finds("active eq false", ["bob"])
        finds("active pr", ["ann", "bob"])
        finds("title eq null", ["bob", "cy"])
        finds("name.familyName eq 'LEE'", ["ann"])
        finds("emails co 'x.example'", ["ann", "bob"])
        finds("emails.value eq 'b@x.example'", ["ann", "bob"])
        finds("emails[type eq 'work' and value co 'b@']", ["bob"])
        finds("emails[type eq 'home' and value co 'b@x']", ["ann"])
        finds("emails.type eq 'work' and emails.value co 'bob'", ["bob"])
        finds("emails[not (type eq 'work')]", ["ann", "bob"])
        finds("emails[primary eq true]", ["ann"])
        finds("{E}:department eq 'sales'", ["ann"])
        finds("{E}:department pr", ["ann"])
        finds("schemas eq '{E}'", ["ann"])
        finds("schemas eq '{U}'", ["ann", "bob", "cy"])
        finds("id eq '{ann}'", ["ann"])
        finds("id eq 'none'", [])
        finds("meta.resourceType eq 'User'", ["ann", "bob", "cy"])
        finds("meta.resourceType eq 'Group'", [])
        finds("meta.created gt '2000-01-01T00:00:00Z'", ["ann", "bob", "cy"])
        finds("meta.lastModified lt '2000-01-01T00:00:00Z'", [])
        finds("displayName eq 'Bob (`B`) O\\\\Neil'", ["bob"])
        finds("userName eq 'ann' and active eq true", ["ann"])
        finds("userName eq 'ann' and active eq false", [])
        finds("userName eq 'ann' or userName eq 'cy'", ["ann", "cy"])
        finds("userName eq 'ann' or userName eq 'cy' and active eq true", ["ann"])
        finds("(userName eq 'ann' or userName eq 'cy') and not (active pr)", ["cy"])
        finds("userName eq 'ann' AND NOT (title eq 'x')", ["ann"])
        finds("userName eq '%'", [])
        finds("userName co '_'", [])
        finds("userName eq 'ann` or `1` eq `1'", [])
        finds("urn:vendor:2.0:User:flag eq true", [])
        finds("userName eq '9a1f6a0e-5f0f-4a9c-8a2e-93e0a40b0d0c'", [])
    }

    private static func finds(_ filter: String, _ keys: [String]) -> ProtocolCase {
        let resources = keys.map { "{'id':'{\($0)}'}" }.joined(separator: ",")
        return scenario(
            "7644 3.4.2.2 the filter \(filter) finds \(keys.isEmpty ? "nobody" : keys.joined(separator: ", "))", people,
            get(
                "/Users", filter: filter, 200,
                .holds(
                    """
                    {'schemas':['urn:ietf:params:scim:api:messages:2.0:ListResponse'],'totalResults':\(keys.count),
                     'itemsPerPage':\(keys.count),'startIndex':1,'Resources':[\(resources)]}
                    """)))
    }

    @CaseList static var refusals: [ProtocolCase] {
        for filter in [
            "userName", "userName eq", "userName eq ann", "userName eq 'ann", "userName xx 'ann'", "eq 'ann'",
            "userName eq 'ann' and", "(userName eq 'ann'", "userName eq 'ann')", "userName eq 'ann' userName pr",
            "shoeSize eq 1", "emails[type eq 'work'", "emails[]", "active gt true", "userName gt true",
            "userName eq 'ann' x", "", " ", "not userName eq 'ann'", "userName eq 'ann' & 1", "emails[shoeSize eq 1]",
            "userName eq 'ann'; DROP TABLE x",
        ] {
            scenario(
                "trap 13 the filter \(filter.debugDescription) is refused and not dropped", people,
                refused("GET", "/Users", filter: filter, 400, "invalidFilter"))
        }
        scenario(
            "7644 7.5.2 nothing can be asked about a password", people,
            refused("GET", "/Users", filter: "password eq 'x'", 403, "sensitive"),
            refused("GET", "/Users", filter: "userName eq 'ann' and PASSWORD pr", 403, "sensitive"))
        scenario(
            "trap 32 a filter that is not UTF-8 is refused", people,
            refused("GET", "/Users", query: "filter=userName%20eq%20%22%FF%22", 400, "invalidValue"))
    }

    @CaseList static var pages: [ProtocolCase] {
        for (query, start, items) in [
            ("", 1, 3), ("startIndex=2&count=1", 2, 1), ("count=0", 1, 0), ("count=-1", 1, 0), ("startIndex=0", 1, 3),
            ("startIndex=-5&count=2", 1, 2), ("startIndex=3", 3, 1), ("startIndex=4", 4, 0), ("count=1000000", 1, 3),
        ] {
            scenario(
                "7644 3.4.2.4 the page \(query)", people,
                get(
                    "/Users", query: query, 200,
                    .holds("{'totalResults':3,'itemsPerPage':\(items),'startIndex':\(start)}")))
        }
        for query in ["count=x", "startIndex=1.5", "count=99999999999999999999"] {
            scenario(
                "7644 3.4.2.4 the page \(query) is refused", people,
                refused("GET", "/Users", query: query, 400, "invalidValue"))
        }
        scenario(
            "trap 11 nobody found is an empty list and no 404", [],
            get("/Users", filter: "userName eq 'x'", 200, .holds("{'totalResults':0,'itemsPerPage':0,'Resources':[]}")),
            get("/Groups", filter: "displayName eq 'x'", 200, .holds("{'totalResults':0,'Resources':[]}")))
        scenario(
            "trap 28 a trailing & does no harm", people,
            get("/Users", query: "startIndex=1&count=1&", 200, .holds("{'totalResults':3,'itemsPerPage':1}")),
            get("/Users", query: "&", 200, .holds("{'totalResults':3}")),
            get("/Users/{ann}", query: "&&", 200))
        scenario(
            "7644 3.4.2.2 groups by name and by member",
            threePeople + [team(["{ann}"]), givenGroup("other", "{'displayName':'Other'}")],
            get(
                "/Groups", filter: "displayName eq 'TEAM'", 200,
                .holds("{'totalResults':1,'Resources':[{'id':'{it}'}]}")),
            get("/Groups", filter: "members eq '{ann}'", 200, .holds("{'totalResults':1,'Resources':[{'id':'{it}'}]}")),
            get("/Groups", filter: "members.value eq '{bob}'", 200, .holds("{'totalResults':0}")),
            get("/Groups", filter: "members[value eq '{ann}' and type eq 'User']", 200, .holds("{'totalResults':1}")),
            get(
                "/Users", filter: "groups.value eq '{it}'", 200,
                .holds("{'totalResults':1,'Resources':[{'id':'{ann}'}]}")))
    }

    static var all: [ProtocolCase] { matches + refusals + pages }
}
