import Testing

/// RFC 7644 3.5.2.1.
enum PatchAddCases {
    static let email = "{'userName':'ann','emails':[{'value':'a@x.example','type':'work'}]}"

    @CaseList static var singleValues: [ProtocolCase] {
        patch(
            "7644 3.5.2.1 add gives an absent attribute its value", person, [add("nickName", "'A'")],
            gives: "{'nickName':'A'}")
        patch(
            "7644 3.5.2.1 add replaces the value of an attribute that has one", person, [add("title", "'Boss'")],
            gives: "{'title':'Boss'}")
        patchKeeps("7644 3.5.2.1 add of the value that is there changes nothing", person, [add("title", "'Chief'")])
        patchKeeps("7643 2.5 add of null leaves an absent attribute absent", person, [add("nickName", "null")])
        patch(
            "7644 3.5.2.1 add of a sub-attribute leaves its siblings alone", person, [add("name.middleName", "'B'")],
            gives: "{'name':{'givenName':'Ann','familyName':'Lee','middleName':'B'}}")
        patch(
            "7644 3.5.2.1 add of a complex value merges its sub-attributes", person,
            [add("name", "{'givenName':'Anna','honorificPrefix':'Dr'}")],
            gives: "{'name':{'givenName':'Anna','familyName':'Lee','honorificPrefix':'Dr'}}")
        patch(
            "7644 3.5.2.1 add of a sub-attribute makes an absent complex attribute", "{'userName':'ann'}",
            [add("name.givenName", "'Ann'")], gives: "{'name':{'givenName':'Ann'}}")
        patchKeeps(
            "7644 3.5.2.1 add of a complex value that is there changes nothing", person,
            [add("name", "{'familyName':'Lee','givenName':'Ann'}")])
        patch(
            "7643 2.1 names in a path count in any letter case", person, [add("NAME.givenname", "'Anna'")],
            gives: "{'name':{'givenName':'Anna','familyName':'Lee'}}")
        patch(
            "7643 2.1 names in a value count in any letter case", person, [add("{'NickName':'A'}")],
            gives: "{'nickName':'A'}")
        patch(
            "7643 2.1 names of sub-attributes in a value count in any letter case", person,
            [add("name", "{'GIVENNAME':'Anna'}")], gives: "{'name':{'givenName':'Anna','familyName':'Lee'}}")
        patch(
            "7643 2.3.2 add of false is a value and no absence", "{'userName':'ann'}", [add("active", "false")],
            gives: "{'active':false}")
        patch(
            "7643 3.1 add of an externalId", "{'userName':'ann'}", [add("externalId", "'e-1'")],
            gives: "{'externalId':'e-1'}")
    }

    @CaseList static var withoutPath: [ProtocolCase] {
        patch(
            "7644 3.5.2.1 add without a path adds each attribute of the value", person,
            [add("{'nickName':'A','title':'Boss'}")], gives: "{'nickName':'A','title':'Boss'}")
        patch(
            "7644 3.5.2.1 add without a path appends to a multi-valued attribute", email,
            [add("{'emails':[{'value':'b@x.example','type':'home'}]}")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'b@x.example','type':'home'}]}")
        patch(
            "7644 3.5.2.1 add without a path merges a complex attribute", person, [add("{'name':{'middleName':'B'}}")],
            gives: "{'name':{'givenName':'Ann','familyName':'Lee','middleName':'B'}}")
        patchKeeps(
            "7644 3.5.2.1 add without a path of what is there changes nothing", person,
            [add("{'title':'Chief','emails':[{'value':'b@x.example','type':'home'}],'name':{'givenName':'Ann'}}")])
        patchKeeps(
            "7644 3.5.2 read-only attributes in a value without path are passed over", person,
            [add("{'id':'x','meta':{'version':'9'},'groups':[{'value':'g'}],'schemas':['urn:x']}")])
        patchKeeps(
            "7644 3.3 attributes that no schema has are passed over in a value without path", person,
            [add("{'shoeSize':43,'urn:vendor:2.0:User':{'a':1},'urn:vendor:2.0:User:b':2}")])
        patchKeeps("7644 3.5.2.1 add of an empty value changes nothing", person, [add("{}")])
    }

    @CaseList static var severalValues: [ProtocolCase] {
        patch(
            "7644 3.5.2.1 add to a multi-valued attribute appends", email,
            [add("emails", "[{'value':'b@x.example','type':'home'}]")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'b@x.example','type':'home'}]}")
        patch(
            "7644 3.5.2.1 add takes one value that stands in no list", email,
            [add("emails", "{'value':'b@x.example','type':'home'}")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'b@x.example','type':'home'}]}")
        patch(
            "7644 3.5.2.1 add appends several values at once", email,
            [add("emails", "[{'value':'b@x.example'},{'value':'c@x.example','type':'home'}]")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work'},{'value':'b@x.example'},
                           {'value':'c@x.example','type':'home'}]}
                """)
        patch(
            "7644 3.5.2.1 add makes an absent multi-valued attribute", email,
            [add("phoneNumbers", "[{'value':'+1','type':'work'}]")],
            gives: "{'phoneNumbers':[{'value':'+1','type':'work'}]}")
        patchKeeps(
            "7644 3.5.2.1 add of a value that is there changes nothing", email,
            [add("emails", "[{'type':'work','value':'a@x.example'}]")])
        patchKeeps(
            "7643 2.2 add of a value in another letter case changes nothing where case does not count", email,
            [add("emails", "[{'type':'Work','value':'A@X.example'}]")])
        patch(
            "7643 2.4 the same value for another purpose is another value", email,
            [add("emails", "[{'value':'a@x.example','type':'home'}]")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'a@x.example','type':'home'}]}")
        patch(
            "7643 2.4 a value that is given twice is kept once", email,
            [add("emails", "[{'value':'c@x.example','type':'home'},{'value':'c@x.example','type':'home'}]")],
            gives: "{'emails':[{'value':'a@x.example','type':'work'},{'value':'c@x.example','type':'home'}]}")
        patchKeeps("7643 2.5 add of an empty list changes nothing", email, [add("emails", "[]")])
        patch(
            "7644 3.5.2.1 add of more about a value that is there lays it over", email,
            [add("emails", "[{'value':'a@x.example','type':'work','display':'A'}]")],
            gives: "{'emails':[{'value':'a@x.example','type':'work','display':'A'}]}")
        patch(
            "7644 3.5.2.1 add of an address", "{'userName':'ann'}",
            [add("addresses", "[{'type':'work','streetAddress':'1 Way','locality':'Town','country':'DE'}]")],
            gives: "{'addresses':[{'type':'work','streetAddress':'1 Way','locality':'Town','country':'DE'}]}")
        patch(
            "7643 2.3.6 add of a certificate in Base64", "{'userName':'ann'}",
            [add("x509Certificates", "[{'value':'TUlJRA=='}]")], gives: "{'x509Certificates':[{'value':'TUlJRA=='}]}")
    }

    @CaseList static var primary: [ProtocolCase] {
        patch(
            "7644 3.5.2 a new primary value takes the mark from the old one", person,
            [add("emails", "[{'value':'c@x.example','type':'other','primary':true}]")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':false},{'value':'b@x.example','type':'home'},
                           {'value':'c@x.example','type':'other','primary':true}]}
                """)
        patch(
            "7644 3.5.2 a value that is there becomes primary when it is added as such", person,
            [add("emails", "[{'value':'b@x.example','type':'home','primary':true}]")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':false},
                           {'value':'b@x.example','type':'home','primary':true}]}
                """)
        patch(
            "7644 3.5.2 the mark moves by a path too", person, [add("emails[type eq 'home'].primary", "true")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':false},
                           {'value':'b@x.example','type':'home','primary':true}]}
                """)
        patch(
            "7644 3.5.2 a value that is not primary leaves the mark where it is", person,
            [add("emails", "[{'value':'c@x.example','type':'other','primary':false}]")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'b@x.example','type':'home'},
                           {'value':'c@x.example','type':'other','primary':false}]}
                """)
        patchRefused(
            "7643 2.4 two primary values in one operation are refused", person,
            [add("emails", "[{'value':'c@x.example','primary':true},{'value':'d@x.example','primary':true}]")],
            "invalidValue")
        patch(
            "7644 3.5.2 of two operations that set a primary value the later one holds", email,
            [
                add("emails", "[{'value':'c@x.example','type':'home','primary':true}]"),
                add("emails", "[{'value':'d@x.example','type':'other','primary':true}]"),
            ],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work'},{'value':'c@x.example','type':'home','primary':false},
                           {'value':'d@x.example','type':'other','primary':true}]}
                """)
    }

    @CaseList static var valuePaths: [ProtocolCase] {
        patch(
            "7644 3.5.2.1 add to a sub-attribute of the value that a filter chooses", person,
            [add("emails[type eq 'home'].display", "'Home'")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},
                           {'value':'b@x.example','type':'home','display':'Home'}]}
                """)
        patch(
            "7644 3.5.2.1 add to the value that a filter chooses merges", person,
            [add("emails[value eq 'b@x.example']", "{'display':'Home'}")],
            gives: """
                {'emails':[{'value':'a@x.example','type':'work','primary':true},
                           {'value':'b@x.example','type':'home','display':'Home'}]}
                """)
        patch(
            "trap 4 add to a typed value that is not there creates it", person,
            [add("phoneNumbers[type eq 'mobile'].value", "'+1'")],
            gives: "{'phoneNumbers':[{'value':'+1','type':'mobile'}]}")
        patch(
            "trap 4 add creates the primary value that is not there", "{'userName':'ann'}",
            [add("roles[primary eq true].value", "'admin'")], gives: "{'roles':[{'value':'admin','primary':true}]}")
        patch(
            "trap 4 a value path as a key of a value without path", person,
            [add("{'phoneNumbers[type eq `work`].value':'+2'}")],
            gives: "{'phoneNumbers':[{'value':'+2','type':'work'}]}")
        patchRefused(
            "7644 3.5.2 add to a value that is chosen by its content and not there has no target", person,
            [add("emails[value eq 'z@x.example'].display", "'Z'")], "noTarget")
        patchKeeps(
            "7644 3.5.2.1 add of the sub-attribute that the chosen value has changes nothing", person,
            [add("emails[type eq 'home'].value", "'b@x.example'")])
    }

    static var all: [ProtocolCase] { singleValues + withoutPath + severalValues + primary + valuePaths }
}
