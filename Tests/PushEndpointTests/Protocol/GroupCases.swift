import Testing

/// Groups and their members: RFC 7643 4.2, and the members' part of RFC 7644 3.5.
enum GroupCases {
    @CaseList static var patches: [ProtocolCase] {
        patchMembers(
            "7644 3.5.2.1 add of a member", of: ["{ann}"], [add("members", "[{'value':'{bob}'}]")],
            leaves: ["{ann}", "{bob}"])
        patchMembers(
            "7644 3.5.2.1 add of the first member", of: [], [add("members", "[{'value':'{bob}'}]")], leaves: ["{bob}"])
        patchMembers(
            "7644 3.5.2.1 add of several members", of: ["{ann}"],
            [add("members", "[{'value':'{bob}'},{'value':'{cy}'}]")], leaves: ["{ann}", "{bob}", "{cy}"])
        patchMembers(
            "7644 3.5.2.1 add of one member that stands in no list", of: ["{ann}"],
            [add("members", "{'value':'{bob}'}")], leaves: ["{ann}", "{bob}"])
        patchMembers(
            "7644 3.5.2.1 add without a path", of: ["{ann}"], [add("{'members':[{'value':'{bob}'}]}")],
            leaves: ["{ann}", "{bob}"])
        patchMembers(
            "7644 3.10 add by the full name", of: ["{ann}"], [add("{G}:members", "[{'value':'{bob}'}]")],
            leaves: ["{ann}", "{bob}"])
        patchMembers(
            "trap 26 add of a member that is there changes nothing", of: ["{ann}", "{bob}"],
            [add("members", "[{'value':'{ann}'}]")], leaves: ["{ann}", "{bob}"])
        patchMembers(
            "trap 26 add of one member twice adds it once", of: [],
            [add("members", "[{'value':'{ann}'},{'value':'{ann}'}]")], leaves: ["{ann}"])
        patchMembers(
            "7643 2.5 add of an empty list of members changes nothing", of: ["{ann}"], [add("members", "[]")],
            leaves: ["{ann}"])
        patchMembers(
            "7643 4.2 add with the read-only sub-attributes of a member", of: [],
            [add("members", "[{'value':'{ann}','display':'X','type':'User','$ref':'../Users/{ann}'}]")],
            leaves: ["{ann}"])
        patchMembers(
            "trap 30 add of an unknown member keeps it and the known ones", of: ["{ann}"],
            [add("members", "[{'value':'{bob}'},{'value':'nobody'}]")], leaves: ["{ann}", "{bob}", "nobody"])
        patchMembers(
            "7644 3.5.2.2 remove of the member that a filter chooses", of: ["{ann}", "{bob}"],
            [remove("members[value eq '{ann}']")], leaves: ["{bob}"])
        patchMembers(
            "7644 3.5.2.2 remove of the members that a filter with or chooses", of: ["{ann}", "{bob}", "{cy}"],
            [remove("members[value eq '{ann}' or value eq '{cy}']")], leaves: ["{bob}"])
        patchMembers(
            "7644 3.5.2.2 remove of members by their name", of: ["{ann}", "{bob}"],
            [remove("members[display eq 'Ann']")], leaves: ["{bob}"])
        patchMembers(
            "7644 3.5.2.2 remove of members by their type", of: ["{ann}", "{bob}"],
            [remove("members[type eq 'User']")], leaves: [])
        patchMembers(
            "7644 3.5.2.2 remove by a type that no member has changes nothing", of: ["{ann}"],
            [remove("members[type eq 'Group']")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2.2 remove by a filter of two conditions", of: ["{ann}", "{bob}"],
            [remove("members[type eq 'User' and value eq '{bob}']")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2.2 remove by a filter with not", of: ["{ann}", "{bob}", "{cy}"],
            [remove("members[not (value eq '{ann}')]")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2 a filter sees what an earlier operation added", of: ["{ann}"],
            [add("members", "[{'value':'{bob}'}]"), remove("members[value ne '{ann}']")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2 a filter does not see what an earlier operation removed", of: ["{ann}", "{bob}"],
            [
                remove("members[value eq '{ann}']"), remove("members[type eq 'User']"),
                add("members", "[{'value':'{ann}'}]"),
            ],
            leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2.2 remove without a value removes all", of: ["{ann}", "{bob}"], [remove("members")], leaves: [])
        patchMembers(
            "trap 1 remove with a list of members removes these and no others", of: ["{ann}", "{bob}"],
            [remove("members", value: "[{'value':'{ann}'}]")], leaves: ["{bob}"])
        patchMembers(
            "trap 1 remove with a list of plain ids", of: ["{ann}", "{bob}"],
            [remove("members", value: "['{ann}']")], leaves: ["{bob}"])
        patchMembers(
            "trap 1 remove with one member that stands in no list", of: ["{ann}", "{bob}"],
            [remove("members", value: "{'value':'{ann}'}")], leaves: ["{bob}"])
        patchMembers(
            "trap 1 remove with an empty list removes nobody", of: ["{ann}", "{bob}"],
            [remove("members", value: "[]")], leaves: ["{ann}", "{bob}"])
        patchMembers(
            "7644 3.5.2.2 remove of one who is no member changes nothing", of: ["{ann}"],
            [remove("members[value eq '{bob}']"), remove("members", value: "[{'value':'{cy}'}]")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2.2 remove of an unknown member changes nothing", of: ["{ann}"],
            [remove("members[value eq 'nobody']")], leaves: ["{ann}"])
        patchMembers(
            "trap 30 remove of a member who is not known yet", of: ["{ann}", "nobody"],
            [remove("members[value eq 'nobody']")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2.3 replace of the members", of: ["{ann}", "{bob}"],
            [replace("members", "[{'value':'{cy}'},{'value':'{bob}'}]")], leaves: ["{bob}", "{cy}"])
        patchMembers(
            "trap 19 replace by an empty list removes all", of: ["{ann}"], [replace("members", "[]")], leaves: [])
        patchMembers("7643 2.5 replace by null removes all", of: ["{ann}"], [replace("members", "null")], leaves: [])
        patchMembers(
            "7644 3.5.2.3 replace by the members that are there changes nothing", of: ["{ann}", "{bob}"],
            [replace("members", "[{'value':'{bob}'},{'value':'{ann}'}]")], leaves: ["{ann}", "{bob}"])
        patchMembers(
            "7644 3.5.2.3 replace without a path", of: ["{ann}"], [replace("{'members':[{'value':'{bob}'}]}")],
            leaves: ["{bob}"])
        patchMembers(
            "trap 30 replace by a list with an unknown member wipes nobody else", of: ["{ann}"],
            [replace("members", "[{'value':'{ann}'},{'value':'nobody'}]")], leaves: ["{ann}", "nobody"])
        patchMembers(
            "7644 3.5.2 add and remove in one request", of: ["{ann}"],
            [add("members", "[{'value':'{bob}'}]"), remove("members[value eq '{ann}']")], leaves: ["{bob}"])
        patchMembers(
            "7644 3.5.2 the order of operations counts: remove, then add", of: ["{ann}"],
            [remove("members[value eq '{ann}']"), add("members", "[{'value':'{ann}'}]")], leaves: ["{ann}"])
        patchMembers(
            "7644 3.5.2 the order of operations counts: remove all, then add", of: ["{ann}", "{bob}"],
            [remove("members"), add("members", "[{'value':'{cy}'}]")], leaves: ["{cy}"])
        patchMembers(
            "trap 19 a rename leaves the members alone", of: ["{ann}"],
            [replace("{'id':'x','displayName':'Team'}")], leaves: ["{ann}"])
        patchGroupRefused(
            "7643 4.2 a filter over members names an attribute that members have", of: ["{ann}"],
            [remove("members[shoeSize eq 1]")], "invalidPath")
    }

    @CaseList static var content: [ProtocolCase] {
        scenario(
            "7643 4.2 a member shows its type, name and place", threePeople + [team(["{ann}", "{bob}"])],
            get(
                "/Groups/{it}", 200,
                .exactly(
                    """
                    {'displayName':'Team','members':[
                      {'value':'{ann}','type':'User','display':'Ann','$ref':'https://id.example/scim/c-1/Users/{ann}'},
                      {'value':'{bob}','type':'User','display':'bob','$ref':'https://id.example/scim/c-1/Users/{bob}'}]}
                    """)))
        scenario(
            "7643 4.2 a group can be a member of a group", threePeople + [team(["{ann}"])],
            send(
                "POST", "/Groups", "{'displayName':'Outer','members':[{'value':'{it}','type':'Group'}]}", 201,
                .exactly(
                    """
                    {'displayName':'Outer','members':[{'value':'{it}','type':'Group','display':'Team',
                     '$ref':'https://id.example/scim/c-1/Groups/{it}'}]}
                    """)))
        scenario(
            "7643 4.1.2 a person shows the groups", threePeople + [team(["{ann}"])],
            get(
                "/Users/{ann}", 200,
                .holds(
                    """
                    {'groups':[{'value':'{it}','display':'Team','type':'direct',
                                '$ref':'https://id.example/scim/c-1/Groups/{it}'}]}
                    """)),
            get("/Users/{bob}", 200, .holds("{'groups':null}")))
        scenario(
            "trap 30 a member who is not known yet shows its id and nothing else",
            [team(["00000000-0000-4000-8000-00000000ffff"])],
            get(
                "/Groups/{it}", 200,
                .exactly("{'displayName':'Team','members':[{'value':'00000000-0000-4000-8000-00000000ffff'}]}")))
        scenario(
            "7643 4.2 a member's type is what the member is, whatever was said", threePeople,
            send(
                "POST", "/Groups", "{'displayName':'G','members':[{'value':'{ann}','type':'Group','display':'X'}]}",
                201,
                .holds("{'members':[{'value':'{ann}','type':'User','display':'Ann'}]}")))
        scenario(
            "7644 3.6 a deleted group is in no other group", threePeople + [team(["{ann}"])],
            send("POST", "/Groups", "{'displayName':'Outer','members':[{'value':'{it}'},{'value':'{bob}'}]}", 201),
            send("DELETE", "/Groups/{it}", 204),
            get(
                "/Groups", filter: "displayName eq 'Outer'", 200,
                .holds("{'Resources':[{'members':[{'value':'{bob}'}]}]}")))
        scenario(
            "7643 4.1.2 a person shows groups of which it is a direct member only", threePeople + [team(["{ann}"])],
            send("POST", "/Groups", "{'displayName':'Outer','members':[{'value':'{it}'}]}", 201),
            get("/Users/{ann}", 200, .holds("{'groups':[{'value':'{it}','type':'direct'}]}")))
        scenario(
            "7643 4.2 a renamed member shows the new name", threePeople + [team(["{ann}"])],
            send("PATCH", "/Users/{ann}", patchBody([replace("displayName", "'Anna'")]), 200),
            get("/Groups/{it}", 200, .holds("{'members':[{'value':'{ann}','display':'Anna'}]}")))
        scenario(
            "7643 4.2 a group without members shows none", [givenGroup("it", "{'displayName':'G','members':[]}")],
            get("/Groups/{it}", 200, .exactly("{'displayName':'G'}")))
        scenario(
            "7643 4.2 members that are given twice are there once", threePeople + [team(["{ann}", "{ann}"])],
            get("/Groups/{it}", 200, .holds("{'members':[{'value':'{ann}'}]}")))
        scenario(
            "7643 4.2 a group is not found below Users", [givenGroup("it", "{'displayName':'G'}")],
            refused("GET", "/Users/{it}", 404, nil))
        scenario(
            "7643 2.1 a group's names count in any letter case", threePeople,
            send(
                "POST", "/Groups", "{'DISPLAYNAME':'G','MEMBERS':[{'VALUE':'{ann}'}]}", 201,
                .holds("{'displayName':'G','members':[{'value':'{ann}'}]}")))
        scenario(
            "7643 4.2 a group knows nothing of a person's attributes", [],
            send(
                "POST", "/Groups",
                "{'displayName':'G','userName':'x','emails':[{'value':'a'}],'{E}':{'department':'d'}}",
                201, .exactly("{'displayName':'G','schemas':['{G}']}")))
        scenario(
            "7643 3.1 a group has an externalId", [givenGroup("it", "{'displayName':'G','externalId':'g1'}")],
            get("/Groups", filter: "externalId eq 'g1'", 200, .holds("{'totalResults':1}")),
            refused("POST", "/Groups", "{'displayName':'H','externalId':'g1'}", 409, "uniqueness"))
    }

    @CaseList static var puts: [ProtocolCase] {
        scenario(
            "trap 19 a PUT without members keeps them", threePeople + [team(["{ann}"])],
            send(
                "PUT", "/Groups/{it}", "{'displayName':'X'}", 200,
                .holds("{'displayName':'X','members':[{'value':'{ann}'}]}"),
                effect: .nextVersion))
        scenario(
            "trap 19 a PUT with an empty list empties the group", threePeople + [team(["{ann}"])],
            send(
                "PUT", "/Groups/{it}", "{'displayName':'Team','members':[]}", 200, .exactly("{'displayName':'Team'}"),
                effect: .nextVersion))
        scenario(
            "7643 2.5 a PUT with null members empties the group", threePeople + [team(["{ann}"])],
            send(
                "PUT", "/Groups/{it}", "{'displayName':'Team','members':null}", 200, .exactly("{'displayName':'Team'}"),
                effect: .nextVersion))
        scenario(
            "7644 3.5.1 a PUT replaces the members", threePeople + [team(["{ann}", "{bob}"])],
            send(
                "PUT", "/Groups/{it}", "{'displayName':'Team','members':[{'value':'{cy}'},{'value':'{bob}'}]}", 200,
                .holds("{'members':[{'value':'{bob}'},{'value':'{cy}'}]}"), effect: .nextVersion))
        scenario(
            "7644 3.5.1 a PUT of the members that are there changes nothing", threePeople + [team(["{ann}", "{bob}"])],
            send(
                "PUT", "/Groups/{it}",
                "{'displayName':'Team','members':[{'value':'{bob}'},{'value':'{ann}','display':'x'}]}",
                200, .changed("{}"), effect: .nothing))
        scenario(
            "7644 3.5.1 a PUT needs the group's name", threePeople + [team(["{ann}"])],
            refused("PUT", "/Groups/{it}", "{'members':[]}", 400, "invalidValue"))
        scenario(
            "7644 3.5.1 a PUT with a bad member changes nothing", threePeople + [team(["{ann}"])],
            refused("PUT", "/Groups/{it}", "{'displayName':'X','members':[{'value':''}]}", 400, "invalidValue"))
        scenario(
            "trap 30 a PUT with an unknown member wipes nobody", threePeople + [team(["{ann}"])],
            send(
                "PUT", "/Groups/{it}", "{'displayName':'Team','members':[{'value':'{ann}'},{'value':'nobody'}]}", 200,
                .holds("{'members':[{'value':'{ann}'},{'value':'nobody'}]}")))
        scenario(
            "7644 3.5.2.3 a rename by path", threePeople + [team(["{ann}"])],
            send(
                "PATCH", "/Groups/{it}", patchBody([replace("displayName", "'X'")]), 200,
                .changed("{'displayName':'X'}"), effect: .nextVersion),
            get("/Users/{ann}", 200, .holds("{'groups':[{'display':'X'}]}")))
        scenario(
            "7644 3.5.2.1 a group's externalId by PATCH", [givenGroup("it", "{'displayName':'G'}")],
            send(
                "PATCH", "/Groups/{it}", patchBody([add("externalId", "'g1'")]), 200, .changed("{'externalId':'g1'}"),
                effect: .nextVersion))
        scenario(
            "7644 3.5.2 a name and members in one PATCH", threePeople + [team(["{ann}"])],
            send(
                "PATCH", "/Groups/{it}",
                patchBody([replace("displayName", "'X'"), add("members", "[{'value':'{bob}'}]")]), 200,
                .holds("{'displayName':'X','members':[{'value':'{ann}'},{'value':'{bob}'}]}")))
    }

    static var all: [ProtocolCase] { patches + content + puts }
}
