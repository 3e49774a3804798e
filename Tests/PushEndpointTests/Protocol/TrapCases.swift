import Testing

/// The mistakes that real servers made with real clients, by their numbers; those that no other table has.
enum TrapCases {
    @CaseList static var requests: [ProtocolCase] {
        for value in ["'False'", "'false'", "'FALSE'", "false"] {
            patch(
                "trap 2 active as \(value) deactivates", person, [replace("active", value)], gives: "{'active':false}")
            patch(
                "trap 2 active as \(value) without path deactivates", person, [replace("{'active':\(value)}")],
                gives: "{'active':false}")
        }
        create(
            "trap 2 active as text in a POST",
            "{'userName':'ann','active':'True','roles':[{'value':'r','primary':'True'}]}",
            gives: "{'userName':'ann','active':true,'roles':[{'value':'r','primary':true}]}")
        put(
            "trap 2 active as text in a PUT", "{'userName':'ann','active':true}", "{'userName':'ann','active':'False'}",
            gives: "{'userName':'ann','active':false}")
        for (verb, value) in [
            ("Replace", "'x'"), ("REPLACE", "'x'"), ("Add", "'x'"), ("ADD", "'x'"), ("rEpLaCe", "'x'"),
        ] {
            patch("trap 3 the operation \(verb)", person, [operation(verb, "title", value)], gives: "{'title':'x'}")
        }
        patch("trap 3 the operation Remove", person, ["{'op':'Remove','path':'title'}"], gives: "{'title':null}")
        scenario(
            "trap 9 the names op, path, value and Operations in any letter case", [given("it", person)],
            send(
                "PATCH", "/Users/{it}", "{'operations':[{'OP':'replace','Path':'title','VALUE':'x'}]}", 200,
                .changed("{'title':'x'}"), effect: .nextVersion))
        scenario(
            "trap 28 a PATCH without schemas, or with an old one", [given("it", person)],
            send("PATCH", "/Users/{it}", "{'Operations':[\(replace("title", "'x'"))]}", 200, .changed("{'title':'x'}")),
            send(
                "PATCH", "/Users/{it}",
                "{'schemas':['urn:scim:schemas:core:2.0'],'Operations':[\(replace("title", "'y'"))]}",
                200, .changed("{'title':'y'}")))
        patch(
            "trap 21 whoever adds a second primary address ends with one", person,
            [add("emails", "[{'value':'b@x.example','type':'home','primary':true}]")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':false},
                           {'value':'b@x.example','type':'home','primary':true}]}
                """)
        patch(
            "trap 21 as text too", person, [replace("emails[type eq 'home'].primary", "'True'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':false},
                           {'value':'b@x.example','type':'home','primary':true}]}
                """)
        patchRefused("trap 32 a required attribute cannot be removed", person, [remove("userName")], "mutability")
        patchRefused("trap 34 what comes after a path is refused", person, [replace("title x", "'y'")], "invalidPath")
        scenario(
            "trap 34 what comes after a filter or a body is refused", [given("it", person)],
            refused("GET", "/Users", filter: "userName eq 'ann' x", 400, "invalidFilter"),
            refused("PUT", "/Users/{it}", "{'userName':'x'}{}", 400, "invalidSyntax"))
    }

    @CaseList static var answers: [ProtocolCase] {
        scenario(
            "trap 8 a userName is found and refused in any letter case", [given("it", "{'userName':'Ann@X.example'}")],
            get(
                "/Users", filter: "userName eq 'ann@x.EXAMPLE'", 200,
                .holds("{'totalResults':1,'Resources':[{'userName':'Ann@X.example'}]}")),
            refused("POST", "/Users", "{'userName':'ANN@x.example'}", 409, "uniqueness"))
        scenario(
            "trap 12 quotes, backslashes, spaces and parentheses in a filter",
            [given("it", "{'userName':'a (b) `c` \\\\ d] e'}")],
            get("/Users", filter: "userName eq 'a (b) `c` \\\\ d] e'", 200, .holds("{'totalResults':1}")))
        scenario(
            "trap 14 a page says what it is", [given("a", "{'userName':'a'}"), given("b", "{'userName':'b'}")],
            get(
                "/Users", query: "startIndex=2&count=5", 200,
                .holds("{'totalResults':2,'startIndex':2,'itemsPerPage':1,'Resources':[{'userName':'b'}]}")))
        scenario(
            "trap 15 every refusal is a SCIM error, with its status as a text", [given("it", person)],
            refused("GET", "/Users/none", 404, nil), refused("GET", "/nowhere", 404, nil),
            refused("GET", "/Users", headers: ["authorization": "absent"], 401, nil),
            refused("POST", "/Users", "{", 400, "invalidSyntax"), refused("POST", "/Users", person, 409, "uniqueness"),
            refused("PATCH", "/Users/{it}", "{}", headers: ["if-match": "W/\"9\""], 400, "invalidSyntax"),
            refused("POST", "/Users", "{}", headers: ["content-type": "text/plain"], 415, nil))
        scenario(
            "trap 16 every answer is scim+json", [given("it", person)],
            get("/Users/{it}", 200, answers: ["content-type": "application/scim+json"]),
            get("/Users", 200, answers: ["content-type": "application/scim+json"]),
            get("/Schemas", 200, answers: ["content-type": "application/scim+json"]),
            send("POST", "/Users", "{'userName':'x'}", 201, answers: ["content-type": "application/scim+json"]),
            refused("GET", "/Users/x", 404, nil, answers: ["content-type": "application/scim+json"]))
        scenario(
            "trap 18 an add of members takes none away", threePeople + [team(["{ann}"])],
            send("PATCH", "/Groups/{it}", patchBody([add("members", "[{'value':'{bob}'}]")]), 200),
            send(
                "PATCH", "/Groups/{it}", patchBody([add("members", "[{'value':'{cy}'}]")]), 200,
                .holds("{'members':[{'value':'{ann}'},{'value':'{bob}'},{'value':'{cy}'}]}")))
        scenario(
            "trap 23 a version in a list, any version, and an old one", [given("it", person)],
            refused("DELETE", "/Users/{it}", headers: ["if-match": "W/\"3\", W/\"4\""], 412, nil),
            send(
                "PATCH", "/Users/{it}", patchBody([replace("title", "'x'")]), headers: ["if-match": "W/\"3\", W/\"1\""],
                200),
            send("DELETE", "/Users/{it}", headers: ["if-match": "*"], 204, .empty))
        scenario(
            "trap 25 meta.location does not come from the request's headers", [given("it", "{'userName':'ann'}")],
            get(
                "/Users/{it}",
                headers: [
                    "host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example",
                ],
                200, .holds("{'meta':{'location':'https://id.example/scim/c-1/Users/{it}'}}")))
    }

    static var all: [ProtocolCase] { requests + answers }
}
