import Testing

/// RFC 7644 3.5.2.3.
enum PatchReplaceCases {
    /// Two work addresses and a private one.
    static let twoWork = """
        {'userName':'ann','emails':[{'value':'a@x.example','type':'work'},{'value':'b@x.example','type':'work'},
                                    {'value':'c@x.example','type':'home'}]}
        """

    @CaseList static var singleValues: [ProtocolCase] {
        patch("7644 3.5.2.3 replace of a single value", person, [replace("title", "'Boss'")], gives: "{'title':'Boss'}")
        patch(
            "7644 3.5.2.3 replace of an absent attribute is an add", person, [replace("nickName", "'A'")],
            gives: "{'nickName':'A'}")
        patch(
            "7644 3.5.2.3 replace of a sub-attribute leaves its siblings alone", person,
            [replace("name.familyName", "'Ray'")], gives: "{'name':{'givenName':'Ann','familyName':'Ray'}}")
        patch(
            "7644 3.5.2.3 replace of a complex value replaces the sub-attributes that are given", person,
            [replace("name", "{'familyName':'Ray'}")], gives: "{'name':{'givenName':'Ann','familyName':'Ray'}}")
        patch("7643 2.5 replace by null clears", person, [replace("title", "null")], gives: "{'title':null}")
        patch(
            "7643 2.5 replace of a sub-attribute by null clears it", person, [replace("name.givenName", "null")],
            gives: "{'name':{'familyName':'Lee'}}")
        patch(
            "7643 2.5 a complex attribute that loses its last sub-attribute is unassigned",
            "{'userName':'ann','name':{'givenName':'Ann'}}", [replace("name.givenName", "null")], gives: "{'name':null}"
        )
        patch(
            "7643 2.5 replace of a complex attribute by null clears all of it", person, [replace("name", "null")],
            gives: "{'name':null}")
        patch(
            "7643 2.5 null inside a complex value clears that sub-attribute", person,
            [replace("name", "{'givenName':null,'middleName':'B'}")],
            gives: "{'name':{'familyName':'Lee','middleName':'B'}}")
        patch("7644 3.5.2.3 replace of a boolean", person, [replace("active", "false")], gives: "{'active':false}")
        patch("7644 3.5.2.3 replace of externalId", person, [replace("externalId", "'8'")], gives: "{'externalId':'8'}")
        patch("7643 4.1.1 replace of userName", person, [replace("userName", "'anna'")], gives: "{'userName':'anna'}")
        patch(
            "7643 4.1.1 a person may change the letter case of the own name", person, [replace("userName", "'ANN'")],
            gives: "{'userName':'ANN'}")
        patchKeeps(
            "7644 3.5.2.3 replace by the same value changes nothing", person,
            [replace("title", "'Chief'"), replace("active", "true"), replace("name.givenName", "'Ann'")])
        patchKeeps("7643 7 a password is accepted and shown nowhere", person, [replace("password", "'s3cret'")])
        patchKeeps(
            "7644 3.5.2.3 replace of schemas by what it is changes nothing", person,
            [replace("schemas", "['{U}','{E}']")])
        patch(
            "7643 2.3.1 a text keeps every character that JSON can write", person,
            [replace("title", "'\\u00e4 `q` \\\\ \\n \\ud83d\\ude00'")], gives: "{'title':'ä `q` \\\\ \\n 😀'}")
        patch(
            "7644 3.5.2.3 replace of several attributes by one value without path", person,
            [replace("{'title':'Boss','active':false,'name':{'givenName':'Anna'}}")],
            gives: "{'title':'Boss','active':false,'name':{'givenName':'Anna','familyName':'Lee'}}")
        patch(
            "7644 3.5.2.3 a value without path takes null for absent", person, [replace("{'title':null}")],
            gives: "{'title':null}")
        patchKeeps(
            "7644 3.5.2.3 a whole resource that is sent back without path changes nothing", person,
            [replace(person)])
    }

    @CaseList static var severalValues: [ProtocolCase] {
        patch(
            "7644 3.5.2.3 replace of a multi-valued attribute replaces all its values", person,
            [replace("emails", "[{'value':'z@x.example','type':'other'}]")],
            gives: "{'emails':[{'value':'z@x.example','type':'other'}]}")
        patch(
            "7644 3.5.2.3 replace takes one value that stands in no list", person,
            [replace("emails", "{'value':'z@x.example'}")], gives: "{'emails':[{'value':'z@x.example'}]}")
        patch("7643 2.5 replace by an empty list clears", person, [replace("emails", "[]")], gives: "{'emails':null}")
        patch(
            "7643 2.5 replace of a multi-valued attribute by null clears", person, [replace("emails", "null")],
            gives: "{'emails':null}")
        patchKeeps(
            "7643 2.4 replace by the same values in another order changes nothing", person,
            [
                replace(
                    "emails",
                    "[{'type':'home','value':'b@x.example'},{'primary':true,'value':'a@x.example','type':'work'}]")
            ])
        patch(
            "7644 3.5.2.3 replace of a sub-attribute without filter changes every value", twoWork,
            [replace("emails.display", "'D'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','display':'D'},
                           {'value':'b@x.example','type':'work','display':'D'},
                           {'value':'c@x.example','type':'home','display':'D'}]}
                """)
        patch(
            "7643 2.4 a value that a list has twice is kept once", person,
            [replace("emails", "[{'value':'z@x.example','type':'work'},{'value':'z@x.example','type':'work'}]")],
            gives: "{'emails':[{'value':'z@x.example','type':'work'}]}")
        patchRefused(
            "7643 2.4 a list with two primary values is refused", person,
            [replace("emails", "[{'value':'y@x.example','primary':true},{'value':'z@x.example','primary':true}]")],
            "invalidValue")
        patchRefused(
            "7643 2.4 a sub-attribute path that would make two values primary is refused", twoWork,
            [replace("emails.primary", "true")], "invalidValue")
        patchRefused(
            "7643 2.4 a filter that would make two values primary is refused", twoWork,
            [replace("emails[type eq 'work'].primary", "true")], "invalidValue")
        patch(
            "7644 3.5.2.3 replace of the list without path replaces it", person,
            [replace("{'emails':[{'value':'z@x.example','type':'other'}]}")],
            gives: "{'emails':[{'value':'z@x.example','type':'other'}]}")
    }

    @CaseList static var valuePaths: [ProtocolCase] {
        patch(
            "7644 3.5.2.3 replace of a sub-attribute of the chosen value", person,
            [replace("emails[type eq 'home'].value", "'h@x.example'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'h@x.example','type':'home'}]}
                """)
        patch(
            "7644 3.5.2.3 all values that a filter chooses are changed", twoWork,
            [replace("emails[type eq 'work'].display", "'W'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','display':'W'},
                           {'value':'b@x.example','type':'work','display':'W'},
                           {'value':'c@x.example','type':'home'}]}
                """)
        patch(
            "7644 3.5.2.3 replace of the chosen value by a whole one", person,
            [replace("emails[type eq 'home']", "{'value':'h@x.example','type':'home','display':'H'}")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},
                           {'value':'h@x.example','type':'home','display':'H'}]}
                """)
        patch(
            "7644 3.5.2 the mark goes to the value that a filter chooses", person,
            [replace("emails[type eq 'home'].primary", "true")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':false},
                           {'value':'b@x.example','type':'home','primary':true}]}
                """)
        patch(
            "7644 3.5.2.3 the type of a chosen value can change", person,
            [replace("emails[value eq 'b@x.example'].type", "'other'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'b@x.example','type':'other'}]}
                """)
        patch(
            "7643 2.5 replace of the value by null drops a value that says nothing else", person,
            [replace("emails[type eq 'home'].value", "null")],
            gives: "{'emails':[{'value':'a@x.example','type':'work','primary':true}]}")
        patch(
            "trap 4 replace of a typed value that is not there creates it and touches no sibling", person,
            [replace("emails[type eq 'other'].value", "'o@x.example'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'b@x.example','type':'home'},
                           {'value':'o@x.example','type':'other'}]}
                """)
        patchRefused(
            "7644 3.5.2.3 replace where the filter matches nothing has no target", person,
            [replace("emails[value eq 'z@x.example'].value", "'y@x.example'")], "noTarget")
        patchRefused(
            "7644 3.5.2.3 replace where a filter by parts matches nothing has no target", person,
            [replace("emails[value co 'zz'].display", "'y'")], "noTarget")
        patchRefused(
            "7644 3.5.2.3 replace of whole values that no filter matches has no target", person,
            [replace("emails[display pr]", "{'value':'y@x.example'}")], "noTarget")
        patch(
            "7644 3.4.2.2 operators and names in a filter count in any letter case", person,
            [replace("emails[TYPE EQ 'HOME'].VALUE", "'h@x.example'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'h@x.example','type':'home'}]}
                """)
        patch(
            "7644 3.5.2 a path with a URN, a filter and a sub-attribute", person,
            [replace("{U}:emails[type eq 'home'].value", "'h@x.example'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'h@x.example','type':'home'}]}
                """)
        chosen(by: "type eq 'home' and value sw 'b'")
        chosen(by: "type eq 'other' or value co 'b@'")
        chosen(by: "not (type eq 'work')")
        chosen(by: "type ne 'work'")
        chosen(by: "value ew 'b@x.example'")
        chosen(by: "value gt 'a@x.example'")
        chosen(by: "(type eq 'home') and (value pr)")
        chosen(by: "not (primary pr)")
        chosen(by: "value eq 'B@X.EXAMPLE'")
    }

    private static func chosen(by filter: String) -> ProtocolCase {
        patch(
            "7644 3.4.2.2 a value is chosen by \(filter)", person, [replace("emails[\(filter)].display", "'D'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},
                           {'value':'b@x.example','type':'home','display':'D'}]}
                """)
    }

    @CaseList static var order: [ProtocolCase] {
        patch(
            "7644 3.5.2 operations work one after the other: replace, then replace", person,
            [replace("title", "'1'"), replace("title", "'2'")], gives: "{'title':'2'}")
        patch(
            "7644 3.5.2 operations work one after the other: remove, then add", person,
            [remove("emails"), add("emails", "[{'value':'z@x.example'}]")],
            gives: "{'emails':[{'value':'z@x.example'}]}")
        patch(
            "7644 3.5.2 operations work one after the other: add, then remove by filter", person,
            [add("emails", "[{'value':'z@x.example','type':'other'}]"), remove("emails[type eq 'home']")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'z@x.example','type':'other'}]}
                """)
        patch(
            "7644 3.5.2 a later filter sees what an earlier operation wrote", person,
            [replace("emails[type eq 'home'].type", "'other'"), replace("emails[type eq 'other'].display", "'O'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},
                           {'value':'b@x.example','type':'other','display':'O'}]}
                """)
        patchKeeps(
            "7644 3.5.2 operations that undo each other change nothing", person,
            [replace("title", "'x'"), add("nickName", "'n'"), replace("title", "'Chief'"), remove("nickName")])
        patch(
            "trap 29 two operations without path on one complex attribute", person,
            [replace("{'name':{'givenName':'Anna'}}"), replace("{'name':{'familyName':'Ray'}}")],
            gives: "{'name':{'givenName':'Anna','familyName':'Ray'}}")
        patch(
            "7644 3.5.2 of two renames in one request the second holds", person,
            [replace("userName", "'x'"), replace("userName", "'anna'")], gives: "{'userName':'anna'}")
    }

    static var all: [ProtocolCase] { singleValues + severalValues + valuePaths + order }
}
