import Testing

/// Who may ask (RFC 7644 2, RFC 6750), and the paths that lead nowhere.
enum AccessCases {
    @CaseList static var tokens: [ProtocolCase] {
        for header in [
            "absent", "", "Bearer", "Bearer ", "Bearer x", "Basic dXNlcjpwYXNz", "Digest x", "bearer: x", "Token x",
            "null",
        ] {
            scenario(
                "7644 2 without a good token nothing answers: \(header.debugDescription)", [given("it", person)],
                unauthorized("GET", "/Users/{it}", header), unauthorized("GET", "/Users", header),
                unauthorized("POST", "/Users", header), unauthorized("PATCH", "/Users/{it}", header),
                unauthorized("PUT", "/Users/{it}", header), unauthorized("DELETE", "/Users/{it}", header),
                unauthorized("GET", "/Groups", header), unauthorized("GET", "/Schemas", header),
                unauthorized("GET", "/nowhere", header))
        }
    }

    private static func unauthorized(_ method: String, _ path: String, _ header: String) -> Step {
        refused(
            method, path, "{'userName':'x'}", headers: ["authorization": header], 401, nil,
            answers: ["www-authenticate": "Bearer realm=\"SCIM\""])
    }

    @CaseList static var paths: [ProtocolCase] {
        for path in [
            "/nowhere", "/users", "/Users/a/b", "//Users", "/Users//", "/Schemas/x/y", "/Users/../Users",
        ] {
            scenario("7644 3.12 nothing is at \(path.debugDescription)", [], refused("GET", path, 404, nil))
        }
        for version in ["v1", "v3", "v99", "V1"] {
            scenario(
                "7644 3.13 the version \(version) is not supported", [given("it", person)],
                refused("GET", "/\(version)/Users", 400, "invalidVers"),
                refused("POST", "/\(version)/Users", "{'userName':'x'}", 400, "invalidVers"))
        }
        scenario(
            "7644 3.13 version 2 may be named", [given("it", person)],
            get(
                "/v2/Users/{it}", 200,
                .holds("{'userName':'ann','meta':{'location':'https://id.example/scim/c-1/v2/Users/{it}'}}")))
        scenario(
            "7644 3.2 a slash at the end does no harm", [given("it", person)], get("/Users/{it}/", 200),
            get("/Users/", 200))
    }

    static var all: [ProtocolCase] { tokens + paths }
}
