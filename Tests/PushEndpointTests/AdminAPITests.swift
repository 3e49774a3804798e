import JSONBytes
import Reconciliation
import Storage
import Synchronization
import Testing

@testable import PushEndpoint

@Suite("Admin interface")
struct AdminAPITests {
    private static let acme = "/organizations/acme"

    @Test("without any admin token there is no admin interface: its paths are like any other that lead nowhere")
    func closed() async throws {
        let admin = try AdminWorld(hasToken: false)
        for path in ["/organizations", "/openapi.json", "/nowhere"] {
            #expect(await admin.call("GET", path).status == 404)
            let request = EndpointRequest(method: "GET", path: "/admin/v1" + path)
            #expect(await admin.endpoint.handle(request).status == 401)
        }
        #expect(await admin.world.raw("GET", "/admin/v1/organizations").status == 401)
    }

    @Test(
        "without exactly the right token nothing answers, and no body is read",
        arguments: [nil, "", "Bearer", "Basic Zm9v", "Bearer wrong", "Bearer PUSH", "Bearer TOKENx", "Bearer token"]
            as [String?])
    func refusesTokens(_ template: String?) async throws {
        let admin = try AdminWorld()
        var headers = ["content-type": "application/json"]
        headers["authorization"] = template?.replacing("TOKEN", with: admin.full.text)
            .replacing("token", with: admin.full.text.uppercased()).replacing("PUSH", with: admin.world.token.text)
        let wasRead = Mutex(false)
        for (method, path) in [("GET", "/organizations"), ("POST", "/organizations"), ("PUT", "/nowhere")] {
            let response = await admin.endpoint.handle(
                EndpointRequest(method: method, path: "/admin/v1" + path, headers: headers) {
                    wasRead.withLock { $0 = true }
                    return []
                })
            #expect(response.status == 401 && response.headers["www-authenticate"] == "Bearer realm=\"admin\"")
            #expect(response.headers["content-type"] == "application/problem+json")
        }
        #expect(!wasRead.withLock { $0 })
    }

    @Test("an admin token opens no push endpoint")
    func apart() async throws {
        let admin = try AdminWorld()
        let headers = ["authorization": "Bearer " + admin.full.text]
        #expect(await admin.world.raw("GET", "/scim/c-1/Users", headers: headers).status == 401)
    }

    @Test("a token does what it opens and no more")
    func access() async throws {
        let admin = try AdminWorld()
        let (asks, reads) = (try admin.token(1, .signIn), try admin.token(2, .read))
        let question = #"{"userName":"ann"}"#
        for (token, statuses) in [
            (asks, [200, 200, 403, 403]), (reads, [200, 200, 200, 403]), (admin.full, [200, 200, 200, 201]),
        ] {
            let answers = [
                await admin.call("GET", "/openapi.json", as: token),
                await admin.call("POST", Self.acme + "/sign-in", question, as: token),
                await admin.call("GET", "/organizations", as: token),
                await admin.call("POST", "/organizations", #"{"name":"new"}"#, as: token),
            ]
            #expect(answers.map(\.status) == statuses)
            for answer in answers where answer.status == 403 { #expect(answer.text("code") == "forbidden") }
        }
    }

    @Test("a token of one organization sees no other, creates none, and cannot change what the plan has")
    func oneOrganization() async throws {
        let admin = try AdminWorld()
        let token = try admin.token(1, .full, organization: "acme")
        let list = await admin.call("GET", "/organizations", as: token)
        #expect(list.body["organizations"]?.array?.compactMap { $0.object?["name"]?.string } == ["acme"])
        #expect(await admin.call("GET", Self.acme, as: token).status == 200)
        for (method, path, body) in [
            ("GET", "", nil), ("PATCH", "", #"{"restrictAccountCreationToSCIM":true}"#),
            ("POST", "/sign-in", #"{"userName":"a"}"#), ("GET", "/scim-configurations/c-2", nil),
            ("DELETE", "/scim-configurations/c-2", nil), ("POST", "/sso-configurations", #"{"name":"x"}"#),
        ] as [(String, String, String?)] {
            let theirs = await admin.call(method, "/organizations/globex" + path, body, as: token)
            let missing = await admin.call(method, "/organizations/nobody" + path, body, as: token)
            #expect(theirs.status == 404 && missing.status == 404)
            #expect(theirs.text("detail").replacing("globex", with: "nobody") == missing.text("detail"))
        }
        #expect(await admin.call("POST", "/organizations", #"{"name":"new"}"#, as: token).status == 403)
        #expect(await admin.call("PATCH", Self.acme, #"{"scimProvisioning":"off"}"#, as: token).status == 403)
        let allowed = await admin.call("PATCH", Self.acme, #"{"restrictAccountCreationToSCIM":true}"#, as: token)
        #expect(allowed.status == 200 && allowed.body["restrictAccountCreationToSCIM"] == true)
    }

    @Test(
        "a body is read strictly, and the refusal names the member",
        arguments: [
            (#"{"name":"x","nmae":"y"}"#, 400, "unknownMember", "'nmae'"), (#"{}"#, 400, "missingMember", "'name'"),
            (#"{"name":5}"#, 400, "invalidMember", "'name'"), (#"{"name":null}"#, 400, "invalidMember", "'name'"),
            (#"{"name":"a","name":"b"}"#, 400, "invalidJSON", "line 1"), ("[]", 400, "invalidJSON", "object"),
            ("", 400, "invalidJSON", "line 1"), (#"{"name":"a"} x"#, 400, "invalidJSON", "line 1"),
            (#"{"name":"a\u0007"}"#, 400, "invalidName", "control"), (#"{"name":"ACME"}"#, 409, "taken", "acme"),
        ])
    func bodies(_ body: String, _ status: Int, _ code: String, _ word: String) async throws {
        let admin = try AdminWorld()
        let answer = await admin.call("POST", "/organizations", body)
        #expect(answer.status == status && answer.text("code") == code && answer.text("detail").contains(word))
        #expect(answer.body["status"]?.integer == status && answer.text("type") == "about:blank")
        #expect(try admin.world.store.organizations().count == 2)
    }

    @Test(
        "numbers and choices have limits",
        arguments: [
            (#"{"name":"t","expiresInDays":0}"#, 400), (#"{"name":"t","expiresInDays":1}"#, 201),
            (#"{"name":"t","expiresInDays":732}"#, 201), (#"{"name":"t","expiresInDays":733}"#, 400),
            (#"{"name":"t","expiresInDays":1.5}"#, 400), (#"{"name":"t","expiresInDays":"9"}"#, 400),
        ])
    func limits(_ body: String, _ status: Int) async throws {
        let admin = try AdminWorld()
        #expect(await admin.call("POST", Self.acme + "/scim-configurations/push/tokens", body).status == status)
        #expect(
            await admin.call("PATCH", Self.acme, #"{"scimProvisioning":"perhaps"}"#).text("code") == "invalidMember")
        #expect(await admin.call("PATCH", Self.acme, "{}").text("code") == "missingMember")
    }

    @Test("a body of 64 KiB is read, one byte more is not", arguments: [(0, 400), (1, 413)])
    func sizes(_ more: Int, _ status: Int) async throws {
        let admin = try AdminWorld()
        let body = #"{"name":""}"#
        let filled =
            #"{"name":""# + String(repeating: "x", count: AdminAPI.bodyBytesMax - body.utf8.count + more) + "\"}"
        #expect(await admin.call("POST", "/organizations", filled).status == status)
        let declared = ["content-length": String(AdminAPI.bodyBytesMax + more)]
        #expect(await admin.call("POST", "/organizations", "{}", headers: declared).status == status)
    }

    @Test("only JSON is read", arguments: ["text/plain", "", "application/scim+json"])
    func mediaTypes(_ type: String) async throws {
        let admin = try AdminWorld()
        let body = #"{"name":"n"}"#
        #expect(await admin.call("POST", "/organizations", body, headers: ["content-type": type]).status == 415)
        #expect(await admin.call("POST", "/organizations", body, headers: ["content-encoding": "gzip"]).status == 415)
        let accepted = ["content-type": "application/json; charset=utf-8"]
        #expect(await admin.call("POST", "/organizations", body, headers: accepted).status == 201)
    }

    @Test(
        "what a path does not offer is refused, with what it does",
        arguments: [
            ("DELETE", "/organizations", 405, "GET, HEAD, POST"),
            ("PUT", "/organizations/acme", 405, "GET, HEAD, PATCH"),
            ("GET", "/organizations/acme/sign-in", 405, "POST"), ("POST", "/openapi.json", 405, "GET, HEAD"),
            ("GET", "/nowhere", 404, nil), ("GET", "", 404, nil), ("GET", "/organizations//sign-in", 404, nil),
            ("GET", "/organizations/acme/x/y/z", 404, nil), ("GET", "/../v1/organizations", 404, nil),
        ] as [(String, String, Int, String?)])
    func paths(_ method: String, _ path: String, _ status: Int, _ allow: String?) async throws {
        let answer = await (try AdminWorld()).call(method, path)
        #expect(answer.status == status && answer.headers["allow"] == allow)
        #expect(answer.text("code") == (status == 405 ? "methodNotAllowed" : "noSuchPath"))
    }

    @Test("HEAD is answered as GET without the body")
    func head() async throws {
        let admin = try AdminWorld()
        let (get, head) = (await admin.call("GET", "/openapi.json"), await admin.call("HEAD", "/openapi.json"))
        #expect(get.status == 200 && head.status == 200 && head.response.body.isEmpty)
        #expect(head.headers["content-length"] == String(get.response.body.count))
    }

    @Test("an organization is set up from nothing to its first push")
    func setUp() async throws {
        let admin = try AdminWorld()
        #expect(await admin.call("POST", "/organizations", #"{"name":"Initech Ltd"}"#).status == 201)
        let home = "/organizations/Initech%20Ltd"
        let sso = await admin.call("POST", home + "/sso-configurations", #"{"name":"okta"}"#)
        #expect(sso.status == 201 && sso.body["active"] == true)
        let wrong = await admin.call("POST", home + "/scim-configurations", #"{"name":"p","sso":"entra"}"#)
        #expect(wrong.status == 400 && wrong.text("code") == "unknownReference")
        let scim = await admin.call(
            "POST", home + "/scim-configurations", #"{"name":"p","sso":"okta","tokenName":"main","expiresInDays":2}"#)
        #expect(scim.status == 201 && scim.text("endpointUrl") == "https://id.example/scim/" + scim.text("id"))
        let path = "/scim/\(scim.text("id"))/Users"
        func opens(_ token: String) async -> Int {
            await admin.world.raw("GET", path, headers: ["authorization": "Bearer " + token]).status
        }
        #expect(await opens(scim.text("token")) == 200)
        let one = home + "/scim-configurations/p"
        let second = await admin.call("POST", one + "/tokens", #"{"name":"second"}"#)
        let rotated = await admin.call("POST", one + "/rotate-token", #"{"token":"main","overlapHours":1}"#)
        #expect(second.status == 201 && rotated.status == 201)
        for answer in [scim, second, rotated] { #expect(await opens(answer.text("token")) == 200) }
        #expect(await admin.call("DELETE", one + "/tokens/second").status == 204)
        #expect(await opens(second.text("token")) == 401)
        // Nothing that is shown later has a token in it.
        let shown = await admin.call("GET", one)
        for answer in [scim, second, rotated] {
            #expect(!String(decoding: shown.response.body, as: UTF8.self).contains(answer.text("token")))
        }
        #expect(shown.body["tokens"]?.array?.count == 3)
        let off = await admin.call("PATCH", one, #"{"name":"q","enabled":false}"#)
        #expect(off.text("name") == "q" && off.body["enabled"] == false)
        #expect(await opens(scim.text("token")) == 401)
        #expect(await admin.call("DELETE", home + "/scim-configurations/q").status == 204)
        #expect(await admin.call("DELETE", home + "/scim-configurations/q").status == 404)
        let acts = try admin.world.store.administrativeActs(limit: 100)
        #expect(acts.count == 9 && acts.allSatisfy { $0.administrator == "admin token ops" })
    }

    @Test("an organization without SCIM provisioning gets no endpoint, and its pushes a 403 that says why")
    func gating() async throws {
        let admin = try AdminWorld()
        #expect(await admin.call("PATCH", Self.acme, #"{"scimProvisioning":"off"}"#).text("scimProvisioning") == "off")
        let body = #"{"name":"two","sso":"sso","connection":"two"}"#
        let created = await admin.call("POST", Self.acme + "/scim-configurations", body)
        #expect(created.status == 403 && created.text("code") == "gated")
        let pushed = await admin.world.call("POST", "/Users", #"{"userName":"ann"}"#)
        #expect(pushed.status == 403 && pushed.text("detail").contains("plan"))
        // Who has no token does not learn it.
        #expect(await admin.world.raw("GET", "/scim/c-1/Users").status == 401)
        #expect(await admin.call("PATCH", Self.acme, #"{"scimProvisioning":"beta"}"#).status == 200)
        #expect(await admin.world.call("POST", "/Users", #"{"userName":"ann"}"#).status == 201)
        #expect(await admin.call("POST", Self.acme + "/scim-configurations", body).text("code") == "gated")
        let accepted = #"{"name":"two","sso":"sso","connection":"two","acceptBeta":true}"#
        #expect(await admin.call("POST", Self.acme + "/scim-configurations", accepted).status == 201)
    }

    @Test("the sign-in question is answered, and a denial is an answer")
    func signIn() async throws {
        let admin = try AdminWorld()
        let path = Self.acme + "/sign-in"
        let open = await admin.call("POST", path, #"{"userName":"ann","sso":"sso"}"#)
        #expect(open.status == 200 && open.body["allowed"] == true && open.text("reason") == "creationAllowed")
        _ = await admin.call("PATCH", Self.acme, #"{"restrictAccountCreationToSCIM":true}"#)
        let denied = await admin.call("POST", path, #"{"userName":"ann"}"#)
        #expect(denied.status == 200 && denied.body["allowed"] == false)
        #expect(denied.text("reason") == "creationRestricted" && denied.body["account"] == .null)
        for body in ["{}", #"{"userName":"a","id":"b"}"#, #"{"sso":"sso"}"#] {
            #expect(await admin.call("POST", path, body).text("code") == "missingMember")
        }
    }

    @Test("the last use of a token is kept beside the requests")
    func lastUse() async throws {
        let admin = try AdminWorld()
        let headers = ["authorization": "Bearer " + admin.world.token.text]
        for _ in 0..<3 {
            let request = EndpointRequest(method: "GET", path: "/scim/c-1/Users", headers: headers)
            #expect(await admin.endpoint.handle(request).status == 200)
            #expect(await admin.call("GET", "/organizations").status == 200)
        }
        admin.endpoint.tokenUses.settle()
        let organization = try admin.world.store.organization(named: "acme").organization
        let push = try admin.world.store.scimConfiguration("push", of: organization)
        #expect(push.tokens.map(\.lastUsedAt) == [admin.world.endpoint.now()])
        #expect(try admin.world.store.adminTokens().map(\.lastUsedAt) == [admin.world.endpoint.now()])
    }

    @Test("a revoked admin token stops working at once")
    func revoked() async throws {
        let admin = try AdminWorld()
        _ = try admin.token(1, .read)
        #expect(await admin.call("GET", "/organizations").status == 200)
        _ = try admin.world.store.revokeAdminToken("ops", now: admin.world.endpoint.now())
        #expect(await admin.call("GET", "/organizations").status == 401)
    }
}
