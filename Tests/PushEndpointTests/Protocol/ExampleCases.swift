import Testing

/// The RFCs' own examples, shortened where their length shows nothing.
enum ExampleCases {
    private static let babs = """
        {'schemas':['{U}'],'userName':'bjensen','externalId':'bjensen','name':{'formatted':'Ms. Barbara J Jensen III',
         'familyName':'Jensen','givenName':'Barbara'}}
        """
    private static let contact = """
        {'userName':'bjensen','nickName':'Babs','emails':[{'value':'bjensen@example.com','type':'work'},
          {'value':'babs@jensen.org','type':'home'}],
         'addresses':[{'type':'work','streetAddress':'1 Old Way','locality':'Hollywood'},
          {'type':'home','streetAddress':'456 Hollywood Blvd'}]}
        """

    @CaseList static var writes: [ProtocolCase] {
        create("7644 3.3 example: a user is created", babs, gives: babs)
        put(
            "7644 3.5.1 example: a user is replaced", babs,
            """
            {'schemas':['{U}'],'id':'2819c223-7f76-453a-919d-413861904646','userName':'bjensen','externalId':'bjensen',
             'name':{'formatted':'Ms. Barbara J Jensen III','familyName':'Jensen','givenName':'Barbara','middleName':'Jane'},
             'roles':[],'emails':[{'value':'bjensen@example.com'},{'value':'babs@jensen.org'}]}
            """,
            gives: """
                {'userName':'bjensen','externalId':'bjensen',
                 'name':{'formatted':'Ms. Barbara J Jensen III','familyName':'Jensen','givenName':'Barbara','middleName':'Jane'},
                 'emails':[{'value':'bjensen@example.com'},{'value':'babs@jensen.org'}]}
                """)
        patchMembers(
            "7644 3.5.2.1 example: a member is added to a group", of: ["{ann}"],
            [
                """
                {'op':'add','path':'members','value':[
                  {'display':'Babs Jensen','$ref':'https://example.com/v2/Users/{bob}','value':'{bob}'}]}
                """
            ], leaves: ["{ann}", "{bob}"])
        patch(
            "7644 3.5.2.1 example: two attributes are added without a path", "{'userName':'bjensen'}",
            ["{'op':'add','value':{'emails':[{'value':'babs@jensen.org','type':'home'}],'nickName':'Babs'}}"],
            gives: "{'emails':[{'value':'babs@jensen.org','type':'home'}],'nickName':'Babs'}")
        patchMembers(
            "7644 3.5.2.2 example: one member is removed", of: ["{ann}", "{bob}"],
            [remove("members[value eq '{ann}']")], leaves: ["{bob}"])
        patchMembers(
            "7644 3.5.2.2 example: all members are removed", of: ["{ann}", "{bob}"], [remove("members")], leaves: [])
        patch(
            "7644 3.5.2.2 example: an address is removed by a complex filter", contact,
            [remove("emails[type eq 'work' and value ew 'example.com']")],
            gives: "{'emails':[{'value':'babs@jensen.org','type':'home'}]}")
        patchMembers(
            "7644 3.5.2.2 example: one member goes and one comes", of: ["{ann}"],
            [remove("members[value eq '{ann}']"), add("members", "[{'display':'James Smith','value':'{cy}'}]")],
            leaves: ["{cy}"])
        patchMembers(
            "7644 3.5.2.3 example: all members are replaced", of: ["{ann}"],
            [replace("members", "[{'display':'Babs','value':'{bob}'},{'display':'James','value':'{cy}'}]")],
            leaves: ["{bob}", "{cy}"])
        patch(
            "7644 3.5.2.3 example: the work address is replaced", contact,
            [
                replace(
                    "addresses[type eq 'work']",
                    """
                    {'type':'work','streetAddress':'911 Universal City Plaza','locality':'Hollywood','region':'CA',
                     'postalCode':'91608','country':'US','primary':true}
                    """)
            ],
            gives: """
                {'addresses':[{'type':'home','streetAddress':'456 Hollywood Blvd'},
                  {'type':'work','streetAddress':'911 Universal City Plaza','locality':'Hollywood','region':'CA',
                   'postalCode':'91608','country':'US','primary':true}]}
                """)
        patch(
            "7644 3.5.2.3 example: the work address's street is replaced", contact,
            [replace("addresses[type eq 'work'].streetAddress", "'1010 Broadway Ave'")],
            gives: """
                {'addresses':[{'type':'home','streetAddress':'456 Hollywood Blvd'},
                  {'type':'work','streetAddress':'1010 Broadway Ave','locality':'Hollywood'}]}
                """)
        patch(
            "7644 3.5.2.3 example: all emails and the nickName are replaced without a path", contact,
            [
                """
                {'op':'replace','value':{'emails':[{'value':'bjensen@example.com','type':'work','primary':true},
                  {'value':'babs@jensen.org','type':'home'}],'nickName':'Bab'}}
                """
            ],
            gives: """
                {'nickName':'Bab','emails':[{'value':'bjensen@example.com','type':'work','primary':true},
                  {'value':'babs@jensen.org','type':'home'}]}
                """)
        scenario(
            "7644 3.9 example: only the names are shown", [given("it", babs)],
            get("/Users/{it}", query: "attributes=userName", 200, .exactly("{'userName':'bjensen'}")),
            get(
                "/Users", query: "attributes=userName", filter: "userName eq 'bjensen'", 200,
                .holds("{'totalResults':1,'Resources':[{'userName':'bjensen','name':null}]}")))
        scenario(
            "7644 3.14 example: a version that is there", [given("it", babs)],
            send(
                "PATCH", "/Users/{it}", patchBody([replace("nickName", "'Bab'")]), headers: ["if-match": "W/\"1\""], 200
            ),
            get("/Users/{it}", headers: ["if-none-match": "W/\"2\""], 304, .empty))
    }

    /// The filters of RFC 7644 3.4.2.2, figure 2 and the text around it.
    @CaseList static var filters: [ProtocolCase] {
        for (filter, finds) in [
            ("userName eq 'bjensen'", true), ("name.familyName co 'O\\u2019Malley'", false),
            ("name.familyName co 'ens'", true), ("userName sw 'J'", false), ("{U}:userName sw 'B'", true),
            ("title pr", true), ("meta.lastModified gt '2011-05-13T04:42:34Z'", true),
            ("meta.lastModified ge '2011-05-13T04:42:34Z'", true),
            ("meta.lastModified lt '2011-05-13T04:42:34Z'", false),
            ("meta.lastModified le '2011-05-13T04:42:34Z'", false), ("title pr and userType eq 'Employee'", true),
            ("title pr or userType eq 'Intern'", true), ("schemas eq '{E}'", false),
            ("userType eq 'Employee' and (emails co 'example.com' or emails.value co 'example.org')", true),
            ("userType ne 'Employee' and not (emails co 'example.com' or emails.value co 'example.org')", false),
            ("userType eq 'Employee' and (emails.type eq 'work')", true),
            ("userType eq 'Employee' and emails[type eq 'work' and value co '@example.com']", true),
            (
                "emails[type eq 'work' and value co '@example.com'] or ims[type eq 'xmpp' and value co '@foo.com']",
                true
            ),
        ] {
            scenario(
                "7644 3.4.2.2 example: \(filter)", [given("it", employee)],
                get("/Users", filter: filter, 200, .holds("{'totalResults':\(finds ? 1 : 0)}")))
        }
    }

    private static let employee = """
        {'userName':'bjensen','title':'Tour Guide','userType':'Employee','name':{'familyName':'Jensen'},
         'emails':[{'value':'bjensen@example.com','type':'work'}]}
        """

    static var all: [ProtocolCase] { writes + filters }
}
