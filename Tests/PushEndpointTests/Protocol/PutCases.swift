import Testing

/// RFC 7644 3.5.1.
enum PutCases {
    @CaseList static var content: [ProtocolCase] {
        put(
            "7644 3.5.1 a PUT replaces what it says", "{'userName':'ann','title':'a'}",
            "{'userName':'ann','title':'b'}",
            gives: "{'userName':'ann','title':'b'}")
        put(
            "7644 3.5.1 what a PUT leaves out is cleared", person, "{'userName':'ann','active':true}",
            gives: "{'userName':'ann','active':true}")
        put("7644 3.5.1 a PUT adds what was not there", "{'userName':'ann'}", person, gives: person)
        put(
            "7643 2.5 null in a PUT clears", person,
            "{'userName':'ann','active':true,'title':null,'emails':null,'name':null,'{E}':null,'externalId':null}",
            gives: "{'userName':'ann','active':true}")
        put(
            "7643 2.5 an empty list in a PUT clears", "{'userName':'ann','emails':[{'value':'a'}]}",
            "{'userName':'ann','emails':[]}", gives: "{'userName':'ann'}")
        put(
            "7644 3.5.1 a PUT replaces all values of a list", person.replacing("'title':'Chief',", with: ""),
            """
            {'userName':'ann','externalId':'7','active':true,'name':{'givenName':'Ann','familyName':'Lee'},
             'emails':[{'value':'c@x.example','type':'other'}],'{E}':{'department':'Sales','costCenter':'4130'}}
            """,
            gives: """
                {'userName':'ann','externalId':'7','active':true,'name':{'givenName':'Ann','familyName':'Lee'},
                 'emails':[{'value':'c@x.example','type':'other'}],'{E}':{'department':'Sales','costCenter':'4130'}}
                """)
        put(
            "7644 3.5.1 a PUT replaces a complex value whole",
            "{'userName':'ann','name':{'givenName':'A','familyName':'L'}}",
            "{'userName':'ann','name':{'givenName':'B'}}", gives: "{'userName':'ann','name':{'givenName':'B'}}")
        put(
            "7643 3.3 a PUT replaces an extension whole", "{'userName':'ann','{E}':{'department':'a','division':'b'}}",
            "{'userName':'ann','{E}':{'department':'c'}}", gives: "{'userName':'ann','{E}':{'department':'c'}}")
        put(
            "7643 3.3 a PUT that leaves an extension out clears it", "{'userName':'ann','{E}':{'department':'a'}}",
            "{'userName':'ann','title':'T'}", gives: "{'userName':'ann','title':'T','schemas':['{U}']}")
        put("7644 3.5.1 a PUT renames", "{'userName':'ann'}", "{'userName':'anna'}", gives: "{'userName':'anna'}")
        put(
            "7643 4.1.1 a PUT may change the letter case of the own name", "{'userName':'ann'}", "{'userName':'Ann'}",
            gives: "{'userName':'Ann'}")
        put(
            "7644 3.5.1 a PUT gives an externalId", "{'userName':'ann'}", "{'userName':'ann','externalId':'8'}",
            gives: "{'userName':'ann','externalId':'8'}")
        put(
            "7643 4.1.1 a PUT deactivates", "{'userName':'ann','active':true}", "{'userName':'ann','active':false}",
            gives: "{'userName':'ann','active':false}")
        put(
            "7643 2.1 a PUT counts names in any letter case", "{'userName':'ann','title':'a'}",
            "{'USERNAME':'ann','Title':'b'}", gives: "{'userName':'ann','title':'b'}")
        putKeeps(
            "7644 3.5.1 a PUT without active does not bring a disabled person back",
            "{'userName':'ann','active':false}",
            "{'userName':'ann'}")
        putKeeps("7644 3.5.1 a PUT of what is there changes nothing", person, person)
        putKeeps(
            "7643 2.4 a PUT of the same values in another order changes nothing", person,
            """
            {'active':true,'emails':[{'type':'home','value':'b@x.example'},{'type':'work','value':'a@x.example','primary':true}],
             '{E}':{'costCenter':'4130','department':'Sales'},'name':{'familyName':'Lee','givenName':'Ann'},'title':'Chief',
             'externalId':'7','userName':'ann'}
            """)
        putKeeps(
            "7644 3.5.1 read-only attributes in a PUT are passed over", "{'userName':'ann'}",
            "{'userName':'ann','id':'other','meta':{'version':'W/`9`'},'groups':[{'value':'g'}],'schemas':['{U}']}")
        putKeeps(
            "7643 4.1.1 a password in a PUT is accepted and shown nowhere", "{'userName':'ann'}",
            "{'userName':'ann','password':'s3cret'}")
        putKeeps(
            "7644 3.5.1 attributes that no schema has are passed over in a PUT", "{'userName':'ann'}",
            "{'userName':'ann','shoeSize':7,'urn:vendor:2.0:User':{'a':1}}")
        scenario(
            "7644 3.5.1 what a GET shows may be sent back and changes nothing", [given("it", person)],
            send(
                "PUT", "/Users/{it}",
                """
                {'schemas':['{U}','{E}'],'id':'{it}','meta':{'resourceType':'User','location':'https://id.example/x'},
                 'userName':'ann','externalId':'7','title':'Chief','active':true,
                 'name':{'givenName':'Ann','familyName':'Lee'},
                 'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'b@x.example','type':'home'}],
                 '{E}':{'department':'Sales','costCenter':'4130'}}
                """, 200, .changed("{}"), effect: .nothing))
    }

    @CaseList static var answer: [ProtocolCase] {
        scenario(
            "7644 3.5.1 a PUT keeps id, created and location", [given("it", "{'userName':'ann'}")],
            send(
                "PUT", "/Users/{it}", "{'userName':'bob','id':'x'}", 200,
                .holds(
                    """
                    {'id':'{it}','userName':'bob','meta':{'resourceType':'User','version':'W/`2`',
                     'created':'2026-11-18T11:06:41.000Z','lastModified':'2026-11-18T11:06:42.000Z',
                     'location':'https://id.example/scim/c-1/Users/{it}'}}
                    """), answers: ["etag": "W/\"2\"", "location": "https://id.example/scim/c-1/Users/{it}"]))
        scenario(
            "7644 3.9 a PUT shows the attributes that were asked for", [given("it", "{'userName':'ann'}")],
            send(
                "PUT", "/Users/{it}", "{'userName':'ann','title':'T'}", query: "attributes=title", 200,
                .exactly("{'title':'T'}")))
        scenario(
            "7644 3.9 a PATCH shows the attributes that were asked for", [given("it", person)],
            send(
                "PATCH", "/Users/{it}", patchBody([replace("title", "'x'")]), query: "attributes=userName", 200,
                .exactly("{'userName':'ann'}")))
    }

    @CaseList static var refusals: [ProtocolCase] {
        for body in [
            "{}", "{'title':'x'}", "{'userName':''}", "{'userName':null}", "{'userName':7}",
            "{'userName':'ann','active':'maybe'}", "{'userName':'ann','emails':['a']}", "{'userName':'ann','name':'x'}",
            "{'userName':'ann','emails':[{'value':'a','primary':true},{'value':'b','primary':true}]}",
            "{'userName':'ann','{E}':'x'}", "{'userName':'a\\u0000'}",
        ] { putRefused("7644 3.5.1 a PUT cannot be \(body)", person, body, "invalidValue") }
        for body in ["", "[]", "null", "{'userName':'ann'} x", "{'userName':'ann','userName':'ann'}"] {
            putRefused("8259 2 a PUT that is no JSON object: \(body.debugDescription)", person, body, "invalidSyntax")
        }
        scenario(
            "7644 3.5.1 a PUT does not create", [], refused("PUT", "/Users/nobody", "{'userName':'ann'}", 404, nil),
            get("/Users", 200, .holds("{'totalResults':0}")))
        scenario(
            "7644 3.5.1 a PUT to a group's id below Users finds nothing", [givenGroup("it", "{'displayName':'G'}")],
            refused("PUT", "/Users/{it}", "{'userName':'ann'}", 404, nil))
        for name in ["bob", "BOB", "\\uff42ob"] {
            scenario(
                "7643 4.1.1 a PUT cannot take \(name), which is somebody's",
                [given("it", person), given("bob", "{'userName':'bob'}")],
                refused("PUT", "/Users/{it}", "{'userName':'\(name)'}", 409, "uniqueness"))
        }
        scenario(
            "7643 3.1 a PUT cannot take somebody's externalId",
            [given("it", person), given("bob", "{'userName':'bob','externalId':'8'}")],
            refused("PUT", "/Users/{it}", "{'userName':'ann','externalId':'8'}", 409, "uniqueness"))
    }

    static var all: [ProtocolCase] { content + answer + refusals }
}
