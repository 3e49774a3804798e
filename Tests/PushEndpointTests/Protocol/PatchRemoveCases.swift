import Testing

/// RFC 7644 3.5.2.2.
enum PatchRemoveCases {
    @CaseList static var whole: [ProtocolCase] {
        patch("7644 3.5.2.2 remove of a single value", person, [remove("title")], gives: "{'title':null}")
        patch(
            "7644 3.5.2.2 remove of a sub-attribute leaves its siblings", person, [remove("name.givenName")],
            gives: "{'name':{'familyName':'Lee'}}")
        patch("7644 3.5.2.2 remove of a complex attribute", person, [remove("name")], gives: "{'name':null}")
        patch(
            "7644 3.5.2.2 remove of the last sub-attribute leaves the attribute unassigned", person,
            [remove("name.givenName"), remove("name.familyName")], gives: "{'name':null}")
        patch(
            "7644 3.5.2.2 remove of a multi-valued attribute removes all values", person, [remove("emails")],
            gives: "{'emails':null}")
        patch("7644 3.5.2.2 remove of externalId", person, [remove("externalId")], gives: "{'externalId':null}")
        patch(
            "7644 3.5.2.2 remove of active leaves it unassigned", person, [remove("active")], gives: "{'active':null}")
        patch("7643 2.1 remove counts names in any letter case", person, [remove("TITLE")], gives: "{'title':null}")
        patch("7644 3.5.2.2 remove by the full name with URN", person, [remove("{U}:title")], gives: "{'title':null}")
        patchKeeps(
            "7644 3.5.2.2 remove of what is not there changes nothing", person,
            [remove("nickName"), remove("phoneNumbers"), remove("name.middleName"), remove("{E}:division")])
        patch(
            "7644 3.5.2.2 remove of a sub-attribute of every value", person, [remove("emails.type")],
            gives: "{'emails':[{'value':'a@x.example','primary':true},{'value':'b@x.example'}]}")
    }

    @CaseList static var chosen: [ProtocolCase] {
        patch(
            "7644 3.5.2.2 remove of the value that a filter chooses", person, [remove("emails[type eq 'home']")],
            gives: "{'emails':[{'value':'a@x.example','type':'work','primary':true}]}")
        patch(
            "7644 3.5.2.2 remove of every value that a filter chooses", PatchReplaceCases.twoWork,
            [remove("emails[type eq 'work']")], gives: "{'emails':[{'value':'c@x.example','type':'home'}]}")
        patch(
            "trap 27 remove of one of several values of a type by its content", PatchReplaceCases.twoWork,
            [remove("emails[type eq 'work' and value eq 'b@x.example']")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'c@x.example','type':'home'}]}")
        patch(
            "7644 3.5.2.2 remove of the last values leaves the attribute unassigned", person,
            [remove("emails[value pr]")], gives: "{'emails':null}")
        patch(
            "7644 3.5.2.2 remove of a sub-attribute of the chosen value", person,
            [remove("emails[type eq 'work'].primary")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'b@x.example','type':'home'}]}")
        patch(
            "7644 3.5.2.2 remove of all that a value says removes the value", person,
            [remove("emails[type eq 'home'].value")],
            gives: "{'emails':[{'value':'a@x.example','type':'work','primary':true}]}")
        patchKeeps(
            "7644 3.5.2.2 remove where the filter chooses nothing changes nothing", person,
            [remove("emails[type eq 'other']"), remove("phoneNumbers[type eq 'work'].value")])
        patch(
            "trap 1 remove with a list of values removes these and no others", person,
            [remove("emails", value: "[{'value':'b@x.example'}]")],
            gives: "{'emails':[{'value':'a@x.example','type':'work','primary':true}]}")
        patchKeeps(
            "trap 1 remove with a list of values that are not there removes nothing", person,
            [remove("emails", value: "[{'value':'z@x.example'}]")])
        patchKeeps(
            "7643 2.4 remove with a value of another type removes nothing", person,
            [remove("emails", value: "[{'value':'b@x.example','type':'work'}]")])
        patch(
            "trap 33 a filter with two conditions must hold within one value", person,
            [remove("emails[type eq 'work' and value co 'b@']"), remove("emails[type eq 'home' and value co 'b@']")],
            gives: "{'emails':[{'value':'a@x.example','type':'work','primary':true}]}")
        patch(
            "trap 12 a filter with quotes, brackets and spaces in its text",
            "{'userName':'ann','emails':[{'value':'a@x.example','display':'a ] (`b`) \\\\ c'},{'value':'b@x.example'}]}",
            [#"{"op":"remove","path":"emails[display eq \"a ] (\\\"b\\\") \\\\ c\"]"}"#],
            gives: "{'emails':[{'value':'b@x.example'}]}")
    }

    static var all: [ProtocolCase] { whole + chosen }
}
