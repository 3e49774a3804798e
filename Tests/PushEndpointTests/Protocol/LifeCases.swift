import Testing

/// DELETE (RFC 7644 3.6), what is there afterwards, and who may come back.
enum LifeCases {
    @CaseList static var deletion: [ProtocolCase] {
        scenario(
            "7644 3.6 a DELETE answers 204 and nothing else", [given("it", person)],
            send("DELETE", "/Users/{it}", 204, .empty))
        scenario(
            "7644 3.6 what was deleted is found nowhere", [given("it", person), given("bob", "{'userName':'bob'}")],
            send("DELETE", "/Users/{it}", 204),
            refused("GET", "/Users/{it}", 404, nil), refused("DELETE", "/Users/{it}", 404, nil),
            refused("PUT", "/Users/{it}", "{'userName':'ann'}", 404, nil),
            refused("PATCH", "/Users/{it}", patchBody([replace("title", "'x'")]), 404, nil),
            get("/Users", 200, .holds("{'totalResults':1,'Resources':[{'userName':'bob'}]}")),
            get("/Users", filter: "userName eq 'ann'", 200, .holds("{'totalResults':0}")),
            get("/Users", filter: "externalId eq '7'", 200, .holds("{'totalResults':0}")),
            get("/Users", filter: "id eq '{it}'", 200, .holds("{'totalResults':0}")))
        scenario(
            "7644 3.6 a deleted person is in no group", threePeople + [team(["{ann}", "{bob}"])],
            send("DELETE", "/Users/{ann}", 204), get("/Groups/{it}", 200, .holds("{'members':[{'value':'{bob}'}]}")))
        scenario(
            "7644 3.6 a deleted group is nobody's", threePeople + [team(["{ann}"])],
            send("DELETE", "/Groups/{it}", 204), get("/Users/{ann}", 200, .holds("{'groups':null}")),
            refused("GET", "/Groups/{it}", 404, nil),
            refused("PATCH", "/Groups/{it}", patchBody([add("members", "[]")]), 404, nil),
            get("/Groups", 200, .holds("{'totalResults':0}")))
        scenario(
            "7644 3.6 a person cannot be deleted below Groups", [given("it", person)],
            refused("DELETE", "/Groups/{it}", 404, nil))
        for path in ["/Users/none", "/Groups/none", "/Users/00000000-0000-4000-8000-000000000099", "/Users/%00"] {
            scenario(
                "7644 3.4.1 what was never there is not found: \(path)", [],
                refused("GET", path, 404, nil), refused("DELETE", path, 404, nil))
        }
    }

    @CaseList static var reuse: [ProtocolCase] {
        scenario(
            "7644 3.6 a deleted person's userName is free", [given("it", "{'userName':'ann'}")],
            send("DELETE", "/Users/{it}", 204),
            send("POST", "/Users", "{'userName':'ANN'}", 201, .holds("{'userName':'ANN'}")),
            get("/Users", 200, .holds("{'totalResults':1}")), refused("GET", "/Users/{it}", 404, nil))
        scenario(
            "7643 3.1 whoever comes back with the externalId is the same resource", [given("it", person)],
            send("DELETE", "/Users/{it}", 204),
            send(
                "POST", "/Users", "{'userName':'anna','externalId':'7'}", 201,
                .exactly("{'id':'{it}','userName':'anna','externalId':'7'}")),
            get("/Users/{it}", 200, .exactly("{'userName':'anna','externalId':'7'}")))
        scenario(
            "trap 22 a deactivated person is still there: a second create is refused, an update reactivates",
            [given("it", "{'userName':'ann','active':false}")],
            refused("POST", "/Users", "{'userName':'ann','active':true}", 409, "uniqueness"),
            get(
                "/Users", filter: "userName eq 'ann'", 200, .holds("{'totalResults':1,'Resources':[{'active':false}]}")),
            send(
                "PATCH", "/Users/{it}", patchBody([replace("active", "true")]), 200, .changed("{'active':true}"),
                effect: .nextVersion))
        scenario(
            "7643 3.1 a person who came back is in no group of before", threePeople + [team(["{ann}"])],
            send("DELETE", "/Users/{ann}", 204),
            send("POST", "/Users", "{'userName':'ann'}", 201, .holds("{'groups':null}")),
            get("/Groups/{it}", 200, .holds("{'members':null}")))
        scenario(
            "trap 31 a name that was freed by a rename can be taken", [given("it", "{'userName':'ann'}")],
            send(
                "PATCH", "/Users/{it}",
                patchBody([replace("userName", "'0123456789abcdef0123456789abcdefann'"), replace("active", "false")]),
                200),
            send("POST", "/Users", "{'userName':'ann'}", 201), get("/Users", 200, .holds("{'totalResults':2}")))
    }

    static var all: [ProtocolCase] { deletion + reuse }
}
