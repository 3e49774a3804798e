import Foundation
import JSONBytes
import Testing

extension PushEndpoint {
    /// Any path with a token of its own.
    init(path: String, token: String) {
        self.path = path
        self.token = token
    }
}

@Suite("End to end: administration", .serialized)
struct EndToEndAdministrationTests {
    /// An admin client of a running server.
    private func admin(_ place: Workplace, _ server: Server, _ access: String = "full") throws -> Client {
        let output = try place.run(
            "admin", "tokens", "create", access, "--access", access, "--format", "json", expecting: 0)
        let token = try #require(try output.objects("adminToken").first?["token"]?.string)
        var client = Client(server, PushEndpoint(path: "/admin/v1", token: token))
        client.mediaType = "application/json"
        return client
    }

    @Test("who is deactivated by a push can sign in no more, and the command and the interface say why")
    func signIn() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place)
        let push = Client(server, endpoint)
        let asking = try admin(place, server, "signIn")
        func ask() throws -> JSONObject {
            let question = #"{"userName":"vcruz@acme.example","sso":"main"}"#
            return try #require(try asking.send("POST", "/organizations/acme/sign-in", question, expecting: 200).object)
        }
        try place.run(
            "organizations", "set", "acme", "--restrict-account-creation-to-scim", "on", expecting: 0)
        #expect(try ask()["reason"] == "creationRestricted")
        let user = try push.send("POST", "/Users", Push.sample("create-user.json"), expecting: 201).id
        try Program.eventually(within: .seconds(30), "may sign in") { try ask()["allowed"] == true }
        let check = ["sign-in", "check", "--organization", "acme", "--user-name", "VCRUZ@acme.example"]
        let yes = try place.start(check).wait()
        #expect(yes.status == 0 && yes.text == "allowed: the account is active (SSO configuration main)\n", "\(yes)")
        try push.send("PATCH", "/Users/" + user, Push.sample("disable-user.json"), expecting: 200)
        try Program.eventually(within: .seconds(30), "may not sign in") {
            try ask()["reason"] == "deactivatedByDirectory"
        }
        let no = try place.start(check + ["--format", "json"]).wait()
        let line = try #require(try no.objects("signIn").first)
        #expect(no.status == 4 && line["allowed"] == false && line["reason"] == "deactivatedByDirectory")
        #expect(line["account"]?.object?["active"] == false && line["sso"]?.object?["name"] == "main")
        // A token that only asks does nothing else, and no token is in what the server says.
        try asking.send("GET", "/organizations", expecting: 403)
        server.process.signal(SIGTERM)
        let end = try server.process.wait()
        #expect(end.status == 0 && end.error == "" && !end.text.contains("rc"), "\(end)")
    }

    @Test("tokens are added, rotated with an overlap and revoked by command, and a running server obeys")
    func tokens() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place)
        func opens(_ token: String) throws -> Int {
            try #require(Client(server, endpoint, token: token).send("GET", "/Users")).status
        }
        func secret(_ arguments: [String]) throws -> String {
            let output = try place.start(["scim"] + arguments + ["--format", "json"]).wait()
            try #require(output.status == 0, "\(output)")
            return try #require(try output.objects("scimConfiguration").first?["token"]?.string)
        }
        let second = try secret(["tokens", "add", "production", "--token-name", "second"])
        let third = try secret(["rotate", "production", "--token", "second", "--overlap", "1d"])
        for token in [endpoint.token, second, third] { #expect(try opens(token) == 200) }
        let list = try place.run("scim", "tokens", "list", "production", "--format", "json", expecting: 0)
        let rows = try list.objects("scimToken")
        #expect(rows.map { $0["name"] } == ["token", "second", "second"] && rows.allSatisfy { $0["valid"] == true })
        let id = try #require(rows.first { $0["revokedAt"] != .null }?["id"]?.string)
        try place.run("scim", "tokens", "revoke", "production", "--token", id, expecting: 0)
        #expect(try opens(second) == 401 && opens(third) == 200)
        let last = try secret(["rotate", "production"])
        #expect(try opens(endpoint.token) == 401 && opens(third) == 401 && opens(last) == 200)
        try Program.eventually(within: .seconds(30), "the last use is known") {
            try place.run("scim", "tokens", "list", "production", "--format", "json").objects("scimToken")
                .allSatisfy { $0["lastUsedAt"]?.string != nil }
        }
    }

    @Test("a plan without SCIM provisioning refuses commands and pushes with a clear message")
    func gating() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place)
        try place.run("organizations", "set", "acme", "--scim-provisioning", "off", expecting: 0)
        let pushed = try Client(server, endpoint).send("GET", "/Users", expecting: 403)
        #expect(pushed.object?["detail"]?.string?.contains("plan") == true)
        let create = ["scim", "create", "--sso", "main", "--name", "two", "--connection", "two"]
        let refused = try place.start(create).wait()
        #expect(refused.status == 78 && refused.error.contains("--scim-provisioning on"), "\(refused)")
        #expect(try place.run("scim", "list").text.contains("every push is refused"))
        try place.run("organizations", "set", "acme", "--scim-provisioning", "beta", expecting: 0)
        #expect(try place.start(create).wait().error.contains("--accept-beta"))
        #expect(try place.start(create + ["--accept-beta"]).wait().status == 0)
        try Client(server, endpoint).send("GET", "/Users", expecting: 200)
    }

    @Test("what is done over HTTP and by command is listed with who did it")
    func acts() throws {
        let place = try Workplace()
        let server = try Server(place)
        let admin = try admin(place, server)
        try admin.send("POST", "/organizations", #"{"name":"acme"}"#, expecting: 201)
        try admin.send("POST", "/organizations/acme/sso-configurations", #"{"name":"okta"}"#, expecting: 201)
        try place.run("sso", "deactivate", "okta", expecting: 0)
        let lines = try place.run("admin", "acts", "--format", "json", expecting: 0).objects("administrativeAct")
        let words = lines.map { "\($0["administrator"]?.string?.prefix(5) ?? "") \($0["action"]?.string ?? "")" }
        #expect(
            words == [
                "comma deactivateSSOConfiguration", "admin createSSOConfiguration", "admin createOrganization",
                "comma createAdminToken",
            ])
        try place.run("admin", "tokens", "revoke", "full", expecting: 0)
        try admin.send("GET", "/organizations", expecting: 404)
    }

    @Test("a person is named in exactly one way, and settings are named")
    func usage() throws {
        let place = try Workplace()
        try place.run("organizations", "create", "acme", expecting: 0)
        for arguments in [
            ["sign-in", "check"], ["sign-in", "check", "--user-name", "a", "--id", "b"],
            ["organizations", "set", "acme"],
            ["serve", "--trust-proxy", "--url", "https://a.example"], ["admin", "acts", "--limit", "0"],
        ] {
            #expect(try place.start(arguments).wait().status == 64, "\(arguments)")
        }
    }
}
