import Testing

/// Extensions (RFC 7643 3.3) and full names (RFC 7644 3.10) in PATCH.
enum PatchExtensionCases {
    private static let expected = "{'{E}':{'department':'IT','costCenter':'4130'}}"

    @CaseList static var names: [ProtocolCase] {
        patch(
            "7644 3.10 an extension's attribute by its full name", person, [replace("{E}:department", "'IT'")],
            gives: expected)
        patch(
            "7644 3.10 an extension by its URN as path", person, [replace("{E}", "{'department':'IT'}")],
            gives: expected)
        patch(
            "7643 3.3 an extension's object in a value without path", person,
            [replace("{'{E}':{'department':'IT'}}")], gives: expected)
        patch(
            "trap 5 a full name as a key of a value without path", person, [replace("{'{E}:department':'IT'}")],
            gives: expected)
        patch(
            "trap 5 a full name as a key of the extension's own object", person,
            [replace("{E}", "{'{E}:department':'IT'}")], gives: expected)
        patch("trap 6 a name behind a dot after the URN", person, [replace("{E}.department", "'IT'")], gives: expected)
        patch(
            "7643 2.1 a URN counts in any letter case", person,
            [replace("URN:IETF:params:scim:schemas:extension:ENTERPRISE:2.0:User:Department", "'IT'")], gives: expected)
        patch(
            "7643 3.3 a key with the URN in another letter case", person,
            [replace("{'urn:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:user':{'Department':'IT'}}")],
            gives: expected)
        patch(
            "trap 5 a dotted key in a value without path", person, [replace("{'name.givenName':'Anna'}")],
            gives: "{'name':{'givenName':'Anna','familyName':'Lee'}}")
        patch(
            "trap 5 several dotted keys in one value", person,
            [add("{'name.givenName':'Anna','name.familyName':'Ray','title':'Boss'}")],
            gives: "{'name':{'givenName':'Anna','familyName':'Ray'},'title':'Boss'}")
        patch(
            "7644 3.10 a core attribute by its full name", person, [replace("{U}:title", "'Boss'")],
            gives: "{'title':'Boss'}")
        patch(
            "7644 3.10 a core sub-attribute by its full name", person, [replace("{U}:name.givenName", "'Anna'")],
            gives: "{'name':{'givenName':'Anna','familyName':'Lee'}}")
        patch(
            "7644 3.10 the core schema's URN as path", person, [replace("{U}", "{'title':'Boss'}")],
            gives: "{'title':'Boss'}")
        patch(
            "7644 3.10 the core schema's URN as a key", person, [replace("{'{U}':{'title':'Boss'}}")],
            gives: "{'title':'Boss'}")
        patch(
            "7644 3.10 a core attribute by its full name as a key", person, [replace("{'{U}:title':'Boss'}")],
            gives: "{'title':'Boss'}")
        patch(
            "7643 3.3 an extension comes with its first attribute", "{'userName':'ann'}",
            [add("{E}:division", "'D'")], gives: "{'{E}':{'division':'D'}}")
        patch(
            "7644 3.5.2.2 remove of an extension's attribute", person, [remove("{E}:department")],
            gives: "{'{E}':{'costCenter':'4130'}}")
        patch("7644 3.5.2.2 remove of an extension by its URN", person, [remove("{E}")], gives: "{'{E}':null}")
        patch(
            "7643 3.3 an extension without attributes is gone", person,
            [remove("{E}:department"), remove("{E}:costCenter")], gives: "{'{E}':null}")
        patch(
            "7643 2.5 an extension that is replaced by null is gone", person, [replace("{'{E}':null}")],
            gives: "{'{E}':null}")
        patchKeeps(
            "7644 3.5.2 an attribute of an extension that this endpoint does not have is passed over", person,
            [replace("urn:vendor:2.0:User:flag", "true"), add("{'urn:vendor:2.0:User':{'flag':true}}")])
        patch(
            "7643 3.3 what the endpoint does not know does not stop what it knows", person,
            [replace("{'urn:vendor:2.0:User:flag':true,'title':'Boss'}")], gives: "{'title':'Boss'}")
    }

    @CaseList static var schemas: [ProtocolCase] {
        scenario(
            "7643 3 schemas names the extension as soon as it has an attribute", [given("it", "{'userName':'a'}")],
            get("/Users/{it}", 200, .holds("{'schemas':['{U}']}")),
            send(
                "PATCH", "/Users/{it}", patchBody([add("{E}:division", "'D'")]), 200,
                .holds("{'schemas':['{U}','{E}']}")),
            send("PATCH", "/Users/{it}", patchBody([remove("{E}:division")]), 200, .holds("{'schemas':['{U}']}")))
    }

    @CaseList static var manager: [ProtocolCase] {
        for (path, value) in [
            ("{E}:manager", "{'value':'m1'}"), ("{E}:manager", "'m1'"), ("{E}:manager.value", "'m1'"),
            ("{E}", "{'manager':{'value':'m1'}}"), ("{E}", "{'manager':'m1'}"), ("{E}", "{'manager.value':'m1'}"),
            ("{E}:manager", "{'value':'m1','displayName':'M','$ref':'../Users/m1'}"),
        ] {
            patch(
                "trap 7 the manager by \(path) as \(value)", person, [add(path, value)],
                gives: "{'{E}':{'department':'Sales','costCenter':'4130','manager':{'value':'m1'}}}")
        }
        patch(
            "trap 7 the manager as a key without path", person, [add("{'{E}:manager':'m1'}")],
            gives: "{'{E}':{'department':'Sales','costCenter':'4130','manager':{'value':'m1'}}}")
        for value in ["''", "null", "{'value':''}", "{'value':null}"] {
            patch(
                "trap 7 \(value) clears the manager", managed, [replace("{E}:manager", value)],
                gives: "{'{E}':{'department':'Sales'}}")
        }
        patch(
            "7644 3.5.2.2 remove of the manager", managed, [remove("{E}:manager")],
            gives: "{'{E}':{'department':'Sales'}}")
        patch(
            "7644 3.5.2.2 remove of the manager's value", managed, [remove("{E}:manager.value")],
            gives: "{'{E}':{'department':'Sales'}}")
        patchKeeps(
            "trap 7 the manager that is sent again changes nothing", managed,
            [add("{E}:manager", "{'value':'m1'}"), add("{E}:manager", "'m1'"), replace("{E}:manager.value", "'m1'")])
        patch(
            "7643 4.3 another manager", managed, [replace("{E}:manager", "{'value':'m2'}")],
            gives: "{'{E}':{'department':'Sales','manager':{'value':'m2'}}}")
    }

    private static let managed = "{'userName':'ann','{E}':{'department':'Sales','manager':{'value':'m1'}}}"

    static var all: [ProtocolCase] { names + schemas + manager }
}
