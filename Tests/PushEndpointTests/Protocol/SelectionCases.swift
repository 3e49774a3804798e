import Testing

/// What an answer shows: RFC 7644 3.9 with `returned` of RFC 7643 7.
enum SelectionCases {
    /// What a GET shows with this query, and a list too.
    private static func shows(_ name: String, _ query: String, _ exactly: String) -> ProtocolCase {
        let query = json(query)
        return scenario(
            name, [given("it", person)], get("/Users/{it}", query: query, 200, .exactly(exactly)),
            get("/Users", query: query, 200, .holds("{'totalResults':1,'itemsPerPage':1,'Resources':[\(exactly)]}")))
    }

    @CaseList static var attributes: [ProtocolCase] {
        shows(
            "7644 3.9 attributes shows what it names and what is always returned", "attributes=userName",
            "{'userName':'ann'}")
        scenario(
            "7643 3.1 id and schemas are returned always", [given("it", "{'userName':'ann'}")],
            get(
                "/Users/{it}", query: "attributes=userName", 200,
                .exactly("{'userName':'ann','id':'{it}','schemas':['{U}']}")),
            get(
                "/Users/{it}", query: "excludedAttributes=id,schemas,userName,meta", 200,
                .exactly("{'id':'{it}','schemas':['{U}']}")))
        shows("7644 3.9 several attributes", "attributes=userName,title", "{'userName':'ann','title':'Chief'}")
        shows(
            "7644 3.9 spaces around the names do not count", "attributes=userName,%20title",
            "{'userName':'ann','title':'Chief'}")
        shows("7643 2.1 names count in any letter case", "attributes=USERNAME", "{'userName':'ann'}")
        shows(
            "7644 3.9 a complex attribute whole", "attributes=name", "{'name':{'givenName':'Ann','familyName':'Lee'}}")
        shows("7644 3.9 one sub-attribute", "attributes=name.givenName", "{'name':{'givenName':'Ann'}}")
        shows(
            "7644 3.9 two sub-attributes of one attribute", "attributes=name.givenName,name.familyName",
            "{'name':{'givenName':'Ann','familyName':'Lee'}}")
        shows(
            "7644 3.9 an attribute and its sub-attribute show the attribute", "attributes=name,name.givenName",
            "{'name':{'givenName':'Ann','familyName':'Lee'}}")
        shows(
            "7644 3.9 a sub-attribute of every value", "attributes=emails.value",
            "{'emails':[{'value':'a@x.example'},{'value':'b@x.example'}]}")
        shows(
            "7644 3.9 values without the sub-attribute are not shown as empty objects", "attributes=emails.primary",
            "{'emails':[{'primary':true}]}")
        shows(
            "7644 3.9 an attribute that has none of the sub-attributes is not shown",
            "attributes=emails.display,name.middleName",
            "{}")
        shows("7644 3.10 a full name", "attributes={U}:userName", "{'userName':'ann'}")
        shows(
            "7644 3.10 a full name of a sub-attribute", "attributes={U}:name.givenName", "{'name':{'givenName':'Ann'}}")
        shows("7644 3.10 an extension's attribute", "attributes={E}:department", "{'{E}':{'department':'Sales'}}")
        shows("7644 3.10 an extension whole", "attributes={E}", "{'{E}':{'department':'Sales','costCenter':'4130'}}")
        shows(
            "7644 3.9 core and extension together", "attributes=title,{E}:costCenter",
            "{'title':'Chief','{E}':{'costCenter':'4130'}}")
        shows("7644 3.9 an attribute that has no value shows nothing", "attributes=nickName", "{}")
        shows("7644 3.9 a name that no schema has shows nothing", "attributes=shoeSize", "{}")
        shows(
            "7643 7 what is returned never is not shown when asked for", "attributes=password,title",
            "{'title':'Chief'}")
        shows("7643 3.1 externalId can be asked for", "attributes=externalId", "{'externalId':'7'}")
        scenario(
            "7643 3.1 meta can be asked for", [given("it", person)],
            get("/Users/{it}", query: "attributes=meta.version", 200, .exactly("{'meta':{'version':'W/`1`'}}")),
            get(
                "/Users/{it}", query: "attributes=meta", 200, .holds("{'meta':{'resourceType':'User'},'userName':null}")
            ))
        shows(
            "7644 3.9 attributes wins where both are given", "attributes=title&excludedAttributes=title",
            "{'title':'Chief'}")
        scenario(
            "7644 3.9 an empty parameter selects nothing and shows the default", [given("it", person)],
            get("/Users/{it}", query: "attributes=", 200, .changed("{}")),
            get("/Users/{it}", query: "excludedAttributes=", 200, .changed("{}")))
        scenario(
            "7644 3.10 the core schema's URN shows all core attributes", [given("it", person)],
            get(
                "/Users/{it}", query: "attributes=" + json("{U}"), 200,
                .holds("{'userName':'ann','title':'Chief','name':{'givenName':'Ann'},'{E}':null}")))
    }

    @CaseList static var excluded: [ProtocolCase] {
        without("7644 3.9 excludedAttributes leaves out what it names", "title", "{'title':null}")
        without(
            "7644 3.9 several", "title,emails,{E},externalId",
            "{'title':null,'emails':null,'{E}':null,'externalId':null}")
        without("7644 3.9 a sub-attribute", "name.givenName", "{'name':{'familyName':'Lee'}}")
        without("7644 3.9 all sub-attributes leave no empty object", "name.givenName,name.familyName", "{'name':null}")
        without(
            "7644 3.9 a sub-attribute of every value", "emails.value",
            "{'emails':[{'type':'work','primary':true},{'type':'home'}]}")
        without("7644 3.10 an extension's attribute", "{E}:department", "{'{E}':{'costCenter':'4130'}}")
        without(
            "7644 3.10 an extension's last attribute leaves no empty object", "{E}:department,{E}:costCenter",
            "{'{E}':null}")
        without("7643 2.1 in any letter case", "TITLE", "{'title':null}")
        without("trap 32 what is always returned cannot be excluded", "id,schemas", "{}")
        without("7644 3.9 a name that no schema has", "shoeSize", "{}")
        without("7644 3.10 by the full name", "{U}:title", "{'title':null}")
        scenario(
            "7644 3.9 meta can be excluded", [given("it", "{'userName':'ann'}")],
            get(
                "/Users/{it}", query: "excludedAttributes=meta", 200,
                .exactly("{'id':'{it}','schemas':['{U}'],'userName':'ann'}")))
    }

    private static func without(_ name: String, _ excluded: String, _ gives: String) -> ProtocolCase {
        scenario(
            "\(name): \(excluded)", [given("it", person)],
            get("/Users/{it}", query: "excludedAttributes=" + json(excluded), 200, .shown(gives)))
    }

    @CaseList static var groups: [ProtocolCase] {
        scenario(
            "trap 20 excludedAttributes=members leaves the members out", threePeople + [team(["{ann}"])],
            get("/Groups/{it}", query: "excludedAttributes=members", 200, .exactly("{'displayName':'Team'}")),
            get(
                "/Groups", query: "excludedAttributes=members", 200,
                .holds("{'Resources':[{'displayName':'Team','members':null}]}")))
        scenario(
            "7644 3.9 attributes=displayName does not show the members", threePeople + [team(["{ann}"])],
            get("/Groups/{it}", query: "attributes=displayName", 200, .exactly("{'displayName':'Team'}")))
        scenario(
            "7644 3.9 a sub-attribute of the members", threePeople + [team(["{ann}", "{bob}"])],
            get(
                "/Groups/{it}", query: "attributes=members.value", 200,
                .exactly("{'members':[{'value':'{ann}'},{'value':'{bob}'}]}")))
        scenario(
            "7644 3.9 the members without their names", threePeople + [team(["{ann}"])],
            get(
                "/Groups/{it}", query: "excludedAttributes=members.display,members.$ref,members.type", 200,
                .exactly("{'displayName':'Team','members':[{'value':'{ann}'}]}")))
        scenario(
            "7643 4.1.2 a person's groups can be asked for", threePeople + [team(["{ann}"])],
            get("/Users/{ann}", query: "attributes=groups.value", 200, .exactly("{'groups':[{'value':'{it}'}]}")),
            get("/Users/{ann}", query: "excludedAttributes=groups,displayName", 200, .exactly("{'userName':'ann'}")))
    }

    static var all: [ProtocolCase] { attributes + excluded + groups }
}
