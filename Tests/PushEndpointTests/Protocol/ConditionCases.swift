import Testing

/// Versions and conditional requests: RFC 7644 3.14, RFC 9110 13. Tags compare weakly: an endpoint of RFC 7644 issues weak
/// ones and wants them in If-Match, which by RFC 9110 alone could never hold.
enum ConditionCases {
    private static let change = patchBody([replace("title", "'x'")])

    @CaseList static var ifMatch: [ProtocolCase] {
        for tags in [
            "W/\"1\"", "\"1\"", "*", "W/\"7\", W/\"1\"", "\"7\",\"1\"", "W/\"1\" , W/\"7\"", "  W/\"1\"  ",
        ] {
            scenario(
                "7644 3.14 If-Match \(tags) holds for the first version", [given("it", person)],
                send(
                    "PATCH", "/Users/{it}", change, headers: ["if-match": tags], 200, answers: ["etag": "W/\"2\""],
                    effect: .nextVersion))
        }
        for tags in ["W/\"2\"", "\"2\"", "W/\"11\"", "1", "W/1", "\"\"", "", "W/\"7\", W/\"8\"", "\"W/1\"", "w/\"1\""] {
            scenario(
                "7644 3.14 If-Match \(tags.debugDescription) does not hold for the first version",
                [given("it", person)],
                refused("PATCH", "/Users/{it}", change, headers: ["if-match": tags], 412, nil),
                refused("PUT", "/Users/{it}", "{'userName':'x'}", headers: ["if-match": tags], 412, nil),
                refused("DELETE", "/Users/{it}", headers: ["if-match": tags], 412, nil))
        }
        scenario(
            "7644 3.14 of two PATCHes for one version the second is refused", [given("it", person)],
            send("PATCH", "/Users/{it}", change, headers: ["if-match": "W/\"1\""], 200, effect: .nextVersion),
            refused(
                "PATCH", "/Users/{it}", patchBody([replace("title", "'y'")]), headers: ["if-match": "W/\"1\""], 412, nil
            ))
        scenario(
            "7644 3.14 a PUT for the version that is there", [given("it", "{'userName':'ann'}")],
            send(
                "PUT", "/Users/{it}", "{'userName':'bob'}", headers: ["if-match": "W/\"1\""], 200, effect: .nextVersion)
        )
        scenario(
            "7644 3.14 a DELETE for the version that is there", [given("it", person)],
            send("DELETE", "/Users/{it}", headers: ["if-match": "W/\"1\""], 204, .empty))
        scenario(
            "9110 13.1.1 If-Match on what is not there is 404", [],
            refused("PATCH", "/Users/none", change, headers: ["if-match": "*"], 404, nil),
            refused("DELETE", "/Users/none", headers: ["if-match": "W/\"1\""], 404, nil))
        scenario(
            "9110 13.1.1 If-Match on a GET", [given("it", person)],
            get("/Users/{it}", headers: ["if-match": "W/\"1\""], 200),
            refused("GET", "/Users/{it}", headers: ["if-match": "W/\"2\""], 412, nil))
        scenario(
            "7644 3.14 a group's version", threePeople + [team(["{ann}"])],
            refused(
                "PATCH", "/Groups/{it}", patchBody([add("members", "[{'value':'{bob}'}]")]),
                headers: ["if-match": "W/\"9\""], 412, nil))
    }

    @CaseList static var ifNoneMatch: [ProtocolCase] {
        for tags in ["W/\"1\"", "\"1\"", "*", "W/\"7\", W/\"1\""] {
            scenario(
                "7644 3.14 If-None-Match \(tags) on a GET of the first version is 304", [given("it", person)],
                get("/Users/{it}", headers: ["if-none-match": tags], 304, .empty, answers: ["etag": "W/\"1\""]))
        }
        for tags in ["W/\"2\"", "nonsense", "", "W/\"7\", W/\"8\""] {
            scenario(
                "7644 3.14 If-None-Match \(tags.debugDescription) on a GET of the first version is 200",
                [given("it", person)],
                get("/Users/{it}", headers: ["if-none-match": tags], 200, .changed("{}"), answers: ["etag": "W/\"1\""]))
        }
        scenario(
            "7644 3.14 a version that changed is shown again", [given("it", person)],
            send("PATCH", "/Users/{it}", change, 200),
            get("/Users/{it}", headers: ["if-none-match": "W/\"1\""], 200, .holds("{'title':'x'}")),
            get("/Users/{it}", headers: ["if-none-match": "W/\"2\""], 304, .empty))
        scenario(
            "9110 13.1.2 If-None-Match on a write of what is there is 412", [given("it", person)],
            refused("PUT", "/Users/{it}", "{'userName':'x'}", headers: ["if-none-match": "*"], 412, nil),
            refused("PATCH", "/Users/{it}", change, headers: ["if-none-match": "*"], 412, nil),
            refused("PATCH", "/Users/{it}", change, headers: ["if-none-match": "W/\"1\""], 412, nil),
            refused("DELETE", "/Users/{it}", headers: ["if-none-match": "*"], 412, nil))
        scenario(
            "9110 13.1.2 If-None-Match of another version lets a write pass", [given("it", person)],
            send("PATCH", "/Users/{it}", change, headers: ["if-none-match": "W/\"9\""], 200, effect: .nextVersion))
        scenario(
            "9110 13.1.2 If-None-Match * lets a create pass", [],
            send("POST", "/Users", "{'userName':'ann'}", headers: ["if-none-match": "*"], 201))
        scenario(
            "9110 13.1 If-None-Match on what is not there is 404", [],
            refused("GET", "/Users/none", headers: ["if-none-match": "*"], 404, nil))
    }

    @CaseList static var versions: [ProtocolCase] {
        scenario(
            "7643 3.1 the ETag is meta.version", [given("it", person)],
            get("/Users/{it}", 200, .holds("{'meta':{'version':'W/`1`'}}"), answers: ["etag": "W/\"1\""]),
            send(
                "PATCH", "/Users/{it}", change, 200, .holds("{'meta':{'version':'W/`2`'}}"),
                answers: ["etag": "W/\"2\""]))
        scenario(
            "7644 3.14 a request that changes nothing keeps the version", [given("it", person)],
            send(
                "PATCH", "/Users/{it}", patchBody([replace("title", "'Chief'")]), headers: ["if-match": "W/\"1\""], 200,
                answers: ["etag": "W/\"1\""], effect: .nothing),
            send("PATCH", "/Users/{it}", change, headers: ["if-match": "W/\"1\""], 200, effect: .nextVersion))
        scenario(
            "7643 3.1 a change of members is a new version of the group", threePeople + [team(["{ann}"])],
            send(
                "PATCH", "/Groups/{it}", patchBody([add("members", "[{'value':'{bob}'}]")]), 200,
                effect: .nextVersion),
            get("/Users/{bob}", 200, answers: ["etag": "W/\"1\""]))
    }

    static var all: [ProtocolCase] { ifMatch + ifNoneMatch + versions }
}
