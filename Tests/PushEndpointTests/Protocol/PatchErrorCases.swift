import Testing

/// The refusals of RFC 7644 3.5.2 with their `scimType` (RFC 7644 3.12, table 9).
enum PatchErrorCases {
    @CaseList static var paths: [ProtocolCase] {
        for path in [
            "shoeSize", "name.shoeSize", "emails.shoeSize", "{U}:shoeSize", "{E}:shoeSize", "{E}:manager.shoeSize",
            "members", "{G}:members", "emails[shoeSize eq 1].value", "emails[type eq 'work'].shoeSize",
        ] {
            patchRefused(
                "7644 3.5.2 the path \(path) names no attribute", person, [replace(path, "'x'")], "invalidPath")
        }
        for path in [
            "emails[", "emails[]", "emails[type eq]", "emails[type eq 'work'", "emails[type eq 'work']value",
            "emails[type eq 'work'].", "emails[type zz 'work']", "emails[type eq 'work'] x", ".title", "title.",
            " title",
            "na me", "emails[emails[type eq 'work']]", "title[value eq 'x']", "name[givenName eq 'Ann']", "%%",
            "1title",
            "emails[type eq 'work'][value pr]", "emails.value[type eq 'work']", "emails[0]", "emails[0].value",
            "{U}[value pr]",
        ] { patchRefused("7644 3.5.2 the path \(path) is malformed", person, [replace(path, "'x'")], "invalidPath") }
        patchRefused("7644 3.5.2 a path that is no text", person, ["{'op':'add','path':7,'value':'x'}"], "invalidPath")
        patchRefused("7644 3.5.2.2 remove without a path has no target", person, ["{'op':'remove'}"], "noTarget")
        patchRefused(
            "7644 3.5.2.2 remove with a value but no path has no target", person,
            ["{'op':'remove','value':{'title':'Chief'}}"], "noTarget")
    }

    @CaseList static var mutability: [ProtocolCase] {
        for path in [
            "id", "meta", "meta.created", "meta.lastModified", "meta.version", "groups", "groups[value pr]",
            "{E}:manager.displayName", "{U}:id",
        ] {
            patchRefused("7644 3.5.2.3 replace of the read-only \(path)", person, [replace(path, "'x'")], "mutability")
            patchRefused("7644 3.5.2.2 remove of the read-only \(path)", person, [remove(path)], "mutability")
        }
        patchRefused(
            "7644 3.5.2.1 add to the read-only groups", person, [add("groups", "[{'value':'g'}]")], "mutability")
        patchRefused("7644 3.5.2.2 remove of the required userName", person, [remove("userName")], "mutability")
        patchRefused("7644 3.5.2.2 remove of the required schemas", person, [remove("schemas")], "mutability")
        patchRefused("7644 3.5.2.2 remove of the core schema", person, [remove("{U}")], "mutability")
        patchGroupRefused(
            "7644 3.5.2.2 remove of a group's required displayName", of: [], [remove("displayName")],
            "mutability")
        patchGroupRefused(
            "7643 4.2 a member's value is immutable", of: ["{ann}"],
            [replace("members[value eq '{ann}'].value", "'{bob}'")], "mutability")
        patchGroupRefused(
            "7643 4.2 a member's type cannot be written", of: ["{ann}"],
            [replace("members[value eq '{ann}'].type", "'Group'")], "mutability")
        patchGroupRefused(
            "7643 4.2 a member's name cannot be written", of: ["{ann}"],
            [replace("members[value eq '{ann}'].display", "'X'")], "mutability")
    }

    @CaseList static var values: [ProtocolCase] {
        for (path, value) in [
            ("title", "7"), ("title", "true"), ("title", "{'a':1}"), ("title", "['a']"), ("userName", "7"),
            ("userName", "''"), ("userName", "null"), ("userName", "' '"), ("active", "'maybe'"), ("active", "1"),
            ("active", "{}"), ("name", "'Ann Lee'"), ("name", "['Ann']"), ("name.givenName", "7"),
            ("name.givenName", "{}"), ("emails", "'a@x.example'"), ("emails", "['a@x.example']"), ("emails", "7"),
            ("emails", "[{'value':7}]"), ("emails", "[{'value':'a','primary':'maybe'}]"),
            ("emails[type eq 'work'].value", "7"), ("emails[type eq 'work'].primary", "'maybe'"),
            ("emails[type eq 'work']", "'a@x.example'"), ("externalId", "7"), ("{E}", "'x'"), ("{E}", "['x']"),
            ("{E}:department", "7"), ("{E}:manager", "7"), ("{E}:manager.value", "{}"), ("profileUrl", "7"),
            ("x509Certificates", "[{'value':'not base64!'}]"), ("addresses", "[{'locality':7}]"),
            ("title", "'a\\u0000b'"), ("userName", "'a\\u0000b'"),
        ] {
            patchRefused("7644 3.12 \(path) cannot be \(value)", person, [replace(path, value)], "invalidValue")
        }
        patchRefused("7644 3.5.2.1 add without a value", person, ["{'op':'add','path':'title'}"], "invalidValue")
        patchRefused(
            "7644 3.5.2.3 replace without a value", person, ["{'op':'replace','path':'title'}"], "invalidValue")
        for value in ["'x'", "7", "true", "null", "[]", "[{'title':'x'}]"] {
            patchRefused(
                "7644 3.5.2.1 without a path the value cannot be \(value)", person, [add(value)], "invalidValue")
        }
        patchRefused(
            "7644 3.5.2.3 a value without path is checked too", person, [replace("{'title':7}")],
            "invalidValue")
        for value in ["7", "[7]", "[{}]", "[{'value':''}]", "[{'value':7}]", "[{'display':'Ann'}]", "['']", "[[]]"] {
            patchGroupRefused(
                "7643 4.2 members cannot be \(value)", of: ["{ann}"], [add("members", value)],
                "invalidValue")
        }
    }

    @CaseList static var syntax: [ProtocolCase] {
        for body in [
            "{}", "{'Operations':null}", "{'Operations':[]}", "{'Operations':{}}", "{'Operations':'add'}",
            "{'Operations':[7]}", "{'Operations':[null]}", "{'Operations':[[]]}", "{'Operations':[{}]}",
            "{'Operations':[{'path':'title','value':'x'}]}",
            "{'Operations':[{'op':'move','path':'title','value':'x'}]}",
            "{'Operations':[{'op':'','path':'title','value':'x'}]}",
            "{'Operations':[{'op':7,'path':'title','value':'x'}]}",
            "{'Operations':[{'op':null,'path':'title','value':'x'}]}", "[]", "[{'op':'remove','path':'title'}]",
            "'x'", "7", "null", "", "{'Operations':[", "{'Operations':[{'op':'remove','path':'title'}]} x",
            "{'Operations':[{'op':'remove','op':'add','path':'title'}]}",
        ] {
            scenario(
                "7644 3.5.2 the body \(body.isEmpty ? "of no bytes" : body) is no PATCH", [given("it", person)],
                refused("PATCH", "/Users/{it}", body, 400, "invalidSyntax"))
        }
    }

    @CaseList static var uniqueness: [ProtocolCase] {
        for name in ["'bob'", "'BOB'", "'\\uff42ob'", "'b\\u200bob'"] {
            scenario(
                "7644 3.5.2 userName cannot become \(name), which is somebody's",
                [given("it", person), given("bob", "{'userName':'bob'}")],
                refused("PATCH", "/Users/{it}", patchBody([replace("userName", name)]), 409, "uniqueness"),
                refused("PATCH", "/Users/{it}", patchBody([replace("{'userName':\(name)}")]), 409, "uniqueness"))
        }
        scenario(
            "7643 3.1 externalId cannot become somebody else's",
            [given("it", person), given("bob", "{'userName':'bob','externalId':'8'}")],
            refused("PATCH", "/Users/{it}", patchBody([replace("externalId", "'8'")]), 409, "uniqueness"))
    }

    @CaseList static var atomicity: [ProtocolCase] {
        patchRefused(
            "7644 3.5.2 a bad operation undoes the good ones before it", person,
            [replace("title", "'x'"), remove("emails"), replace("shoeSize", "1")], "invalidPath")
        patchRefused(
            "7644 3.5.2 a good operation after a bad one is not carried out", person,
            [replace("id", "'x'"), replace("title", "'x'")], "mutability")
        patchRefused(
            "7644 3.5.2 a value that fails its type undoes the operations before it", person,
            [replace("title", "'x'"), replace("active", "'maybe'")], "invalidValue")
        patchRefused(
            "7644 3.5.2 a missing target undoes the operations before it", person,
            [replace("title", "'x'"), replace("emails[value eq 'z'].display", "'x'")], "noTarget")
        patchGroupRefused(
            "trap 17 a bad operation undoes the members before it", of: ["{ann}"],
            [add("members", "[{'value':'{bob}'}]"), replace("displayName", "''")], "invalidValue")
        patchGroupRefused(
            "trap 17 members are not changed when their list is bad", of: ["{ann}"],
            [add("members", "[{'value':'{bob}'},{'value':''}]")], "invalidValue")
        scenario(
            "7644 3.5.2 a name that is taken undoes the operations before it",
            [given("it", person), given("bob", "{'userName':'bob'}")],
            refused(
                "PATCH", "/Users/{it}", patchBody([replace("title", "'x'"), replace("userName", "'bob'")]), 409,
                "uniqueness"))
    }

    static var all: [ProtocolCase] { paths + mutability + values + syntax + uniqueness + atomicity }
}
