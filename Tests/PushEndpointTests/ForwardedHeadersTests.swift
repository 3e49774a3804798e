import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite("Behind a proxy")
struct ForwardedHeadersTests {
    private static let forwarded = ["x-forwarded-proto": "https", "x-forwarded-host": "scim.acme.example"]

    @Test("forwarded headers are ignored unless that is stated")
    func ignored() async throws {
        let admin = try AdminWorld()
        let answer = await created(admin, Self.forwarded)
        #expect(answer.headers["location"]?.hasPrefix("https://id.example/scim/c-1/Users/") == true)
        let shown = await admin.call("GET", "/organizations/acme/scim-configurations/push", headers: Self.forwarded)
        #expect(shown.text("endpointUrl") == "https://id.example/scim/c-1")
    }

    @Test("a trusted proxy says what the address is, in locations and endpoint URLs")
    func trusted() async throws {
        let admin = try AdminWorld(forwarding: .trusted)
        let answer = await created(admin, Self.forwarded)
        #expect(answer.headers["location"]?.hasPrefix("https://scim.acme.example/scim/c-1/Users/") == true)
        let shown = await admin.call("GET", "/organizations/acme/scim-configurations/push", headers: Self.forwarded)
        #expect(shown.text("endpointUrl") == "https://scim.acme.example/scim/c-1")
        let silent = await created(admin, [:], name: "bob")
        #expect(silent.headers["location"]?.hasPrefix("https://id.example/") == true)
    }

    @Test(
        "what a proxy can say and what not",
        arguments: [
            ("a.example", "https", "https://a.example"), ("a.example:8443", "http", "http://a.example:8443"),
            ("[::1]:80", "https", "https://[::1]:80"), ("[::1]", "https", "https://[::1]"),
            // The proxy's own word is the last one.
            ("evil.example, a.example", "http, https", "https://a.example"), ("a.example", nil, "http://a.example"),
            (nil, "https", nil), ("", "https", nil),
        ] as [(String?, String?, String?)])
    func good(_ host: String?, _ scheme: String?, _ expected: String?) throws {
        var headers: [String: String] = [:]
        headers["x-forwarded-host"] = host
        headers["x-forwarded-proto"] = scheme
        #expect(try ForwardedHeaders.publicURL(headers) == expected)
    }

    @Test(
        "what is no host or scheme is refused",
        arguments: [
            ("a/b", "https"), ("a.example:0", "https"), ("a.example:65536", "https"), ("a.example:x", "https"),
            ("user@a.example", "https"), ("a\"b", "https"), ("-a", "https"), (".a", "https"), ("::1", "https"),
            ("[]", "https"), ("[x]", "https"), ("ä.example", "https"), (String(repeating: "a", count: 262), "https"),
            ("a.example", "javascript"), ("a.example", "HTTPS"), ("a.example?x", "https"), ("a.example:", "https"),
        ])
    func bad(_ host: String, _ scheme: String) async throws {
        let headers = ["x-forwarded-host": host, "x-forwarded-proto": scheme]
        #expect(throws: SCIMError.self) { try ForwardedHeaders.publicURL(headers) }
        let admin = try AdminWorld(forwarding: .trusted)
        #expect(await created(admin, headers).status == 400)
    }

    private func created(_ admin: AdminWorld, _ more: [String: String], name: String = "ann") async -> Answer {
        var headers = [
            "authorization": "Bearer " + admin.world.token.text, "content-type": "application/scim+json",
        ]
        headers.merge(more) { $1 }
        let body = Array(#"{"userName":"\#(name)"}"#.utf8)
        return Answer(
            response: await admin.endpoint.handle(
                EndpointRequest(method: "POST", path: "/scim/c-1/Users", headers: headers, body: { body })))
    }
}
