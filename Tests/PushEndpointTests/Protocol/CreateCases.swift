import Testing

/// RFC 7644 3.3 and what RFC 7643 says about a resource's content.
enum CreateCases {
    @CaseList static var content: [ProtocolCase] {
        create(
            "7644 3.3 a person with a name and nothing else", "{'schemas':['{U}'],'userName':'ann'}",
            gives: "{'userName':'ann','schemas':['{U}']}")
        create(
            "7643 4.1 a person with every kind of attribute",
            """
            {'schemas':['{U}','{E}'],'userName':'ann','externalId':'7','active':true,'displayName':'Ann Lee',
             'nickName':'A','title':'T','userType':'Employee','preferredLanguage':'de-DE','locale':'de-DE',
             'timezone':'Europe/Berlin','profileUrl':'https://x.example/ann',
             'name':{'formatted':'Dr Ann B Lee III','familyName':'Lee','givenName':'Ann','middleName':'B',
                     'honorificPrefix':'Dr','honorificSuffix':'III'},
             'emails':[{'value':'a@x.example','type':'work','display':'A','primary':true}],
             'phoneNumbers':[{'value':'tel:+1-201-555-0123','type':'mobile'}],'ims':[{'value':'ann','type':'xmpp'}],
             'photos':[{'value':'https://x.example/a.jpg','type':'photo'}],
             'addresses':[{'formatted':'1 Way\\nTown','streetAddress':'1 Way','locality':'Town','region':'R',
                           'postalCode':'1','country':'DE','type':'work','primary':true}],
             'entitlements':[{'value':'e'}],'roles':[{'value':'r','type':'t','primary':true}],
             'x509Certificates':[{'value':'TUlJRA=='}],
             '{E}':{'employeeNumber':'1','costCenter':'c','organization':'o','division':'d','department':'p',
                    'manager':{'value':'m'}}}
            """,
            gives: """
                {'schemas':['{U}','{E}'],'userName':'ann','externalId':'7','active':true,'displayName':'Ann Lee',
                 'nickName':'A','title':'T','userType':'Employee','preferredLanguage':'de-DE','locale':'de-DE',
                 'timezone':'Europe/Berlin','profileUrl':'https://x.example/ann',
                 'name':{'formatted':'Dr Ann B Lee III','familyName':'Lee','givenName':'Ann','middleName':'B',
                         'honorificPrefix':'Dr','honorificSuffix':'III'},
                 'emails':[{'value':'a@x.example','type':'work','display':'A','primary':true}],
                 'phoneNumbers':[{'value':'tel:+1-201-555-0123','type':'mobile'}],'ims':[{'value':'ann','type':'xmpp'}],
                 'photos':[{'value':'https://x.example/a.jpg','type':'photo'}],
                 'addresses':[{'formatted':'1 Way\\nTown','streetAddress':'1 Way','locality':'Town','region':'R',
                               'postalCode':'1','country':'DE','type':'work','primary':true}],
                 'entitlements':[{'value':'e'}],'roles':[{'value':'r','type':'t','primary':true}],
                 'x509Certificates':[{'value':'TUlJRA=='}],
                 '{E}':{'employeeNumber':'1','costCenter':'c','organization':'o','division':'d','department':'p',
                        'manager':{'value':'m'}}}
                """)
        create(
            "7643 2.1 names of attributes count in any letter case",
            "{'USERNAME':'ann','Name':{'GIVENNAME':'Ann'},'eMails':[{'Value':'a@x.example','TYPE':'work'}]}",
            gives: "{'userName':'ann','name':{'givenName':'Ann'},'emails':[{'value':'a@x.example','type':'work'}]}")
        create(
            "7643 2.5 null, an empty text and an empty list mean unassigned",
            "{'userName':'ann','title':null,'nickName':'','emails':[],'name':null,'roles':null,'{E}':null}",
            gives: "{'userName':'ann'}")
        create(
            "7643 2.5 an object without content is unassigned",
            "{'userName':'ann','name':{},'{E}':{}}",
            gives: "{'userName':'ann'}")
        create(
            "7643 2.5 values without content are unassigned",
            "{'userName':'ann','name':{'givenName':''},'emails':[{'value':''},{}],'{E}':{'manager':{'value':''}}}",
            gives: "{'userName':'ann'}")
        create(
            "7643 2.3.2 false is a value", "{'userName':'ann','active':false,'emails':[{'value':'a','primary':false}]}",
            gives: "{'userName':'ann','active':false,'emails':[{'value':'a','primary':false}]}")
        create(
            "7643 2.4 a value that comes twice is kept once",
            "{'userName':'ann','emails':[{'value':'a','type':'work'},{'type':'work','value':'a'}]}",
            gives: "{'userName':'ann','emails':[{'value':'a','type':'work'}]}")
        create(
            "7643 2.4 values of one type stay apart",
            "{'userName':'ann','emails':[{'value':'a','type':'work'},{'value':'b','type':'work'},{'value':'c'}]}",
            gives: "{'userName':'ann','emails':[{'value':'a','type':'work'},{'value':'b','type':'work'},{'value':'c'}]}"
        )
        create(
            "7643 7 a type beyond the canonical values is kept",
            "{'userName':'ann','emails':[{'value':'a','type':'holiday home'}],'ims':[{'value':'b','type':'slack'}]}",
            gives:
                "{'userName':'ann','emails':[{'value':'a','type':'holiday home'}],'ims':[{'value':'b','type':'slack'}]}"
        )
        create(
            "7643 2.3.1 a type with quotes and brackets reads back",
            "{'userName':'ann','emails':[{'value':'a','type':'a`] . \\\\ b'}]}",
            gives: "{'userName':'ann','emails':[{'value':'a','type':'a`] . \\\\ b'}]}")
        create(
            "7643 2.3.1 texts of any script read back",
            "{'userName':'ann','displayName':'안나 李 \\ud83d\\ude00 \\u05d0','title':'a\\u0301'}",
            gives: "{'userName':'ann','displayName':'안나 李 😀 א','title':'a\\u0301'}")
        create(
            "7643 2.3.1 a text may be long", "{'userName':'ann','title':'\(String(repeating: "x", count: 5000))'}",
            gives: "{'userName':'ann','title':'\(String(repeating: "x", count: 5000))'}")
        create(
            "7643 3.3 an extension's attributes by their full names", "{'userName':'ann','{E}:department':'IT'}",
            gives: "{'userName':'ann','{E}':{'department':'IT'},'schemas':['{U}','{E}']}")
        create(
            "7643 3.3 an extension that schemas does not name is kept and named",
            "{'schemas':['{U}'],'userName':'ann','{E}':{'department':'IT'}}",
            gives: "{'schemas':['{U}','{E}'],'userName':'ann','{E}':{'department':'IT'}}")
        create(
            "7643 3 an extension that schemas names and the body does not have is not named",
            "{'schemas':['{U}','{E}'],'userName':'ann'}", gives: "{'schemas':['{U}'],'userName':'ann'}")
        create(
            "7644 3.10 core attributes by their full names", "{'{U}:userName':'ann','{U}:name.givenName':'Ann'}",
            gives: "{'userName':'ann','name':{'givenName':'Ann'}}")
    }

    @CaseList static var ignored: [ProtocolCase] {
        create(
            "7643 3.1 the client does not choose the id", "{'userName':'ann','id':'mine'}", gives: "{'userName':'ann'}")
        scenario(
            "7643 3.1 no resource answers to the id that the client gave",
            [given("it", "{'userName':'ann','id':'mine'}")],
            refused("GET", "/Users/mine", 404, nil))
        create(
            "7643 3.1 meta is the server's",
            "{'userName':'ann','meta':{'created':'1999-01-01T00:00:00Z','resourceType':'Group','version':'x'}}",
            gives: "{'userName':'ann'}")
        create(
            "7643 4.1.2 groups are read-only", "{'userName':'ann','groups':[{'value':'g','display':'Admins'}]}",
            gives: "{'userName':'ann'}")
        create(
            "7643 4.3 the manager's displayName and $ref are the server's",
            "{'userName':'ann','{E}':{'manager':{'value':'m','displayName':'M','$ref':'../Users/m'}}}",
            gives: "{'userName':'ann','{E}':{'manager':{'value':'m'}}}")
        create(
            "7643 4.1.1 a password is accepted and never returned", "{'userName':'ann','password':'s3cret'}",
            gives: "{'userName':'ann'}")
        create(
            "7644 3.3 attributes that no schema has are passed over",
            "{'userName':'ann','shoeSize':43,'admin':true,'name':{'x':'y','givenName':'A'},'emails':[{'value':'a','x':1}]}",
            gives: "{'userName':'ann','name':{'givenName':'A'},'emails':[{'value':'a'}]}")
        create(
            "7643 3.3 an extension that the endpoint does not have is passed over",
            "{'schemas':['{U}','urn:vendor:2.0:User'],'userName':'ann','urn:vendor:2.0:User':{'a':1}}",
            gives: "{'schemas':['{U}'],'userName':'ann'}")
        create(
            "7643 4.2 a person has no members", "{'userName':'ann','members':[{'value':'x'}]}",
            gives: "{'userName':'ann'}")
        create(
            "trap 28 old schema URNs are passed over", "{'schemas':['urn:scim:schemas:core:2.0'],'userName':'ann'}",
            gives: "{'schemas':['{U}'],'userName':'ann'}")
        create(
            "7643 3 a body without schemas is taken for what the path says", "{'userName':'ann'}",
            gives: "{'schemas':['{U}'],'userName':'ann'}")
        create(
            "8259 6 a number of any size in an attribute that no schema has does no harm",
            "{'userName':'ann','x':1e999999,'y':123456789012345678901234567890}", gives: "{'userName':'ann'}")
    }

    @CaseList static var answer: [ProtocolCase] {
        scenario(
            "7644 3.3 the answer names the resource's place and version", [given("first", "{'userName':'first'}")],
            send(
                "POST", "/Users", "{'userName':'ann'}", 201,
                .holds(
                    """
                    {'id':'00000000-0000-4000-8000-000000000005','schemas':['{U}'],
                     'meta':{'resourceType':'User','version':'W/`1`','created':'2026-11-18T11:06:42.000Z',
                             'lastModified':'2026-11-18T11:06:42.000Z',
                             'location':'https://id.example/scim/c-1/Users/00000000-0000-4000-8000-000000000005'}}
                    """),
                answers: [
                    "location": "https://id.example/scim/c-1/Users/00000000-0000-4000-8000-000000000005",
                    "etag": "W/\"1\"",
                ]))
        scenario(
            "7644 3.3 a group's answer names its place", [],
            send(
                "POST", "/Groups", "{'displayName':'G'}", 201,
                .holds("{'schemas':['{G}'],'displayName':'G','meta':{'resourceType':'Group','version':'W/`1`'}}"),
                answers: ["location": "https://id.example/scim/c-1/Groups/00000000-0000-4000-8000-000000000002"]))
        scenario(
            "7644 3.3 what was created reads back as it was answered", [given("it", person)],
            get("/Users/{it}", 200, .changed("{}")))
        scenario(
            "7644 3.9 a create shows the attributes that were asked for", [],
            send(
                "POST", "/Users", "{'userName':'ann','title':'T','nickName':'N'}", query: "attributes=title", 201,
                .exactly("{'title':'T'}")))
        scenario(
            "7644 3.9 a create leaves out the attributes that were excluded", [],
            send(
                "POST", "/Users", "{'userName':'ann','title':'T'}", query: "excludedAttributes=title", 201,
                .exactly("{'userName':'ann'}")))
    }

    @CaseList static var refusals: [ProtocolCase] {
        for body in [
            "{}", "{'schemas':['{U}']}", "{'userName':null}", "{'userName':''}", "{'userName':'   '}",
            "{'userName':'\\u200b'}", "{'userName':7}", "{'userName':true}", "{'userName':['ann']}",
            "{'userName':{'value':'ann'}}", "{'displayName':'Ann'}",
        ] { createRefused("7643 4.1.1 userName is required and a text: \(body)", body, "invalidValue") }
        for (name, value) in [
            ("active", "'maybe'"), ("active", "1"), ("title", "7"), ("title", "['a']"), ("title", "{}"),
            ("displayName", "false"), ("externalId", "7"), ("name", "'Ann'"), ("name", "['Ann']"),
            ("name", "{'givenName':7}"), ("emails", "'a@x.example'"), ("emails", "['a@x.example']"),
            ("emails", "[{'value':['a']}]"), ("emails", "[{'value':'a','primary':'x'}]"),
            ("emails", "[[{'value':'a'}]]"),
            ("addresses", "['Town']"), ("roles", "['admin']"), ("{E}", "'x'"), ("{E}", "[]"),
            ("{E}", "{'department':7}"), ("{E}", "{'manager':7}"), ("x509Certificates", "[{'value':'-----'}]"),
            ("profileUrl", "{'a':1}"), ("locale", "7"), ("photos", "[{'value':7}]"),
        ] {
            createRefused(
                "7643 2.3 \(name) cannot be \(value)", "{'userName':'ann','\(name)':\(value)}", "invalidValue")
        }
        createRefused(
            "7643 2.4 at most one value is primary",
            "{'userName':'ann','emails':[{'value':'a','primary':true},{'value':'b','primary':true}]}", "invalidValue")
        for text in ["a\\u0000", "a\\nb", "a\\u007f", "a\\u202eb", "a\\u2066b", "\\u0085"] {
            createRefused(
                "7644 5 a userName holds no control or direction character: \(text)", "{'userName':'\(text)'}",
                "invalidValue")
        }
        for name in ["title", "displayName", "nickName"] {
            createRefused(
                "7643 2.3.1 NUL is refused in \(name)", "{'userName':'ann','\(name)':'a\\u0000b'}", "invalidValue")
        }
        createRefused(
            "7643 2.3.1 NUL is refused in a value", "{'userName':'ann','emails':[{'value':'a\\u0000'}]}",
            "invalidValue")
        createRefused(
            "7643 3.3 NUL is refused in an extension", "{'userName':'ann','{E}':{'department':'\\u0000'}}",
            "invalidValue")
        scenario(
            "7643 4.2 displayName is required of a group", [],
            refused("POST", "/Groups", "{'schemas':['{G}']}", 400, "invalidValue"),
            refused("POST", "/Groups", "{'displayName':''}", 400, "invalidValue"),
            refused("POST", "/Groups", "{'displayName':7}", 400, "invalidValue"))
    }

    @CaseList static var schemas: [ProtocolCase] {
        for schemas in ["[]", "null", "['{U}']", "['{E}','{U}']", "['{U}','urn:x']", "['urn:x']", "['{G}','{U}']"] {
            create(
                "7643 3 a person may come with schemas \(schemas)", "{'schemas':\(schemas),'userName':'ann'}",
                gives: "{'schemas':['{U}'],'userName':'ann'}")
        }
        createRefused(
            "7643 3 a person does not come as a group", "{'schemas':['{G}'],'userName':'ann','displayName':'A'}",
            "invalidValue")
        scenario(
            "7643 3 a group does not come as a person", [givenGroup("it", "{'displayName':'G'}")],
            refused("POST", "/Groups", "{'schemas':['{U}'],'displayName':'G'}", 400, "invalidValue"),
            refused("PUT", "/Groups/{it}", "{'schemas':['{U}','{E}'],'displayName':'H'}", 400, "invalidValue"))
    }

    @CaseList static var limits: [ProtocolCase] {
        let long = String(repeating: "a", count: 1024)
        create("7643 4.1.1 a userName of 1024 bytes", "{'userName':'\(long)'}", gives: "{'userName':'\(long)'}")
        createRefused("7643 4.1.1 a userName of 1025 bytes", "{'userName':'\(long)a'}", "invalidValue")
        create(
            "7643 3.1 an externalId of 1024 bytes", "{'userName':'ann','externalId':'\(long)'}",
            gives: "{'userName':'ann','externalId':'\(long)'}")
        createRefused(
            "7643 3.1 an externalId of 1025 bytes", "{'userName':'ann','externalId':'\(long)a'}", "invalidValue")
        createRefused(
            "7643 2.4 more values than the limit",
            "{'userName':'ann','emails':[\((0...1000).map { "{'value':'\($0)'}" }.joined(separator: ","))]}",
            "invalidValue")
    }

    @CaseList static var uniqueness: [ProtocolCase] {
        for (first, second) in [
            ("ann", "ann"), ("ann", "ANN"), ("Ann@X.example", "ann@x.EXAMPLE"), ("ann", "\\uff41nn"),
            ("\\u00e9va", "e\\u0301va"), ("\\u00c9va", "\\u00e9va"), ("stra\\u00dfe", "STRASSE"),
            ("o\\ufb03ce", "office"),
            ("ann", "a\\u200bnn"), ("\\u212aay", "kay"), ("\\u03a3\\u03a3", "\\u03c3\\u03c2"), ("ann", "a\\u00adnn"),
        ] {
            scenario(
                "7643 4.1.1 a userName is unique in any spelling: \(first), \(second)",
                [given("it", "{'userName':'\(first)'}")],
                refused("POST", "/Users", "{'userName':'\(second)'}", 409, "uniqueness"),
                get("/Users", 200, .holds("{'totalResults':1}")))
        }
        for (first, second) in [
            ("ann", "anne"), ("ann", "an n"), ("ann@x.example", "ann@y.example"), ("\\u00e9va", "eva"),
        ] {
            scenario(
                "7643 4.1.1 names that differ are two people: \(first), \(second)",
                [given("it", "{'userName':'\(first)'}")],
                send("POST", "/Users", "{'userName':'\(second)'}", 201),
                get("/Users", 200, .holds("{'totalResults':2}")))
        }
        scenario(
            "trap 10 an externalId that somebody has is refused with uniqueness",
            [given("it", "{'userName':'ann','externalId':'e1'}")],
            refused("POST", "/Users", "{'userName':'bob','externalId':'e1'}", 409, "uniqueness"))
        scenario(
            "7643 3.1 externalId counts letter case", [given("it", "{'userName':'ann','externalId':'e1'}")],
            send("POST", "/Users", "{'userName':'bob','externalId':'E1'}", 201))
        scenario(
            "7643 3.1 a group may have the externalId of a person",
            [given("it", "{'userName':'ann','externalId':'e1'}")],
            send("POST", "/Groups", "{'displayName':'G','externalId':'e1'}", 201))
        scenario(
            "7643 4.2 two groups may have one name", [givenGroup("it", "{'displayName':'G'}")],
            send("POST", "/Groups", "{'displayName':'G'}", 201), get("/Groups", 200, .holds("{'totalResults':2}")))
        scenario(
            "7644 3.3 a refused create takes no name", [given("it", "{'userName':'ann','externalId':'e1'}")],
            refused("POST", "/Users", "{'userName':'bob','externalId':'e1'}", 409, "uniqueness"),
            send("POST", "/Users", "{'userName':'bob','externalId':'e2'}", 201))
    }

    static var all: [ProtocolCase] { content + ignored + answer + refusals + schemas + limits + uniqueness }
}
