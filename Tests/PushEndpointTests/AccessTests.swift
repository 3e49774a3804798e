import JSONBytes
import SCIM
import Synchronization
import Testing

@testable import PushEndpoint

@Suite struct AccessTests {
    @Test(
        "without exactly the right token nothing answers, and no body is read",
        arguments: [
            nil, "", "Bearer", "Bearer ", "Basic Zm9vOmJhcg==", "Bearer wrong", "TOKEN", "Bearer TOKENx", "Bearer TOKE",
            "Bearer TOKEN TOKEN", "Bearer  TOKEN", "Bearer token", "Bearer OTHER", "Bearer TOKEN, Bearer TOKEN",
        ] as [String?])
    func refusesTokens(_ template: String?) async throws {
        let world = try World()
        var headers = ["content-type": "application/scim+json"]
        headers["authorization"] = template?.replacing("TOKEN", with: world.token.text)
            .replacing("TOKE", with: String(world.token.text.dropLast()))
            .replacing("token", with: world.token.text.uppercased()).replacing("OTHER", with: world.otherToken.text)
        let wasRead = Mutex(false)
        for path in [
            "/Users", "/Users/x", "/Groups", "/Schemas", "/ServiceProviderConfig", "/ResourceTypes/User", "/nowhere",
        ] {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"] {
                let response = await world.endpoint.handle(
                    EndpointRequest(method: method, path: "/scim/c-1" + path, headers: headers) {
                        wasRead.withLock { $0 = true }
                        return []
                    })
                #expect(response.status == 401 && response.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
                #expect(Answer(response: response).text("status") == "401")
            }
        }
        #expect(wasRead.withLock { $0 } == false)
    }

    @Test("the scheme's letter case does not count", arguments: ["Bearer", "bearer", "BEARER"])
    func scheme(_ scheme: String) async throws {
        let world = try World()
        let answer = await world.call("GET", "/Users", headers: ["authorization": "\(scheme) \(world.token.text)"])
        #expect(answer.status == 200)
    }

    @Test("an expired token stops working")
    func expiry() async throws {
        let world = try World()
        #expect(await world.call("GET", "/Users").status == 200)
        world.tick(days: 366)
        #expect(await world.call("GET", "/Users").status == 401)
    }

    @Test("another organization's people look as if they were not there")
    func isolation() async throws {
        let world = try World()
        let id = await world.user("ann")
        let headers = [
            "authorization": "Bearer " + world.otherToken.text, "content-type": "application/json", "x-request-id": "r",
        ]
        for (method, body) in [
            ("GET", ""), ("PUT", #"{"userName":"x"}"#), ("DELETE", ""),
            ("PATCH", #"{"Operations":[{"op":"add","path":"title","value":"x"}]}"#),
        ] {
            let theirs = await world.raw(method, "/scim/c-2/Users/" + id, body, headers: headers)
            let missing = await world.raw(method, "/scim/c-2/Users/none", body, headers: headers)
            #expect(theirs.status == 404 && theirs.response == missing.response)
        }
        let list = await world.raw("GET", "/scim/c-2/Users", headers: headers)
        #expect(list.body["totalResults"] == 0)
        #expect(await world.raw("POST", "/scim/c-2/Users", #"{"userName":"ann"}"#, headers: headers).status == 201)
        let group = await world.raw(
            "POST", "/scim/c-2/Groups", #"{"displayName":"G","members":[{"value":"\#(id)"}]}"#, headers: headers)
        #expect(group.body["members"] == [["value": .string(id)]])
    }

    @Test("the client chooses neither id nor meta, and no undeclared attribute stays")
    func undeclared() async throws {
        let world = try World()
        let answer = await world.call(
            "POST", "/Users",
            #"{"id":"mine","meta":{"location":"x"},"userName":"ann","password":"s3cret","admin":true,"groups":[{"value":"g"}]}"#
        )
        #expect(answer.status == 201 && answer.text("id") != "mine" && answer.body["groups"] == nil)
        #expect(!String(decoding: answer.response.body, as: UTF8.self).contains("s3cret"))
        #expect(answer.body["admin"] == nil && answer.body["password"] == nil)
    }

    @Test(
        "a body that cannot be is refused as a SCIM error",
        arguments: [
            ("{", 400, "invalidSyntax"), ("", 400, "invalidSyntax"), ("[]", 400, "invalidSyntax"),
            (#"{"userName":"a"} x"#, 400, "invalidSyntax"),
            (#"{"userName":"a","userName":"b"}"#, 400, "invalidSyntax"), (#"{"userName":7}"#, 400, "invalidValue"),
            (#"{"userName":"a\u0000b"}"#, 400, "invalidValue"),
            (#"{"userName":"a","externalId":5}"#, 400, "invalidValue"),
        ])
    func bodies(_ body: String, _ status: Int, _ type: String) async throws {
        let world = try World()
        let answer = await world.call("POST", "/Users", body)
        #expect(answer.status == status && answer.text("scimType") == type)
        #expect(answer.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"])
    }

    @Test("malformed JSON is refused with its line and column")
    func position() async throws {
        let world = try World()
        let answer = await world.call("POST", "/Users", "{\n  \"userName\": ann\n}")
        #expect(answer.text("detail").contains("line 2, column 15"), "\(answer.text("detail"))")
    }

    @Test("a body that is too long gets 413")
    func tooLong() async throws {
        let world = try World()
        let response = await world.endpoint.handle(
            EndpointRequest(
                method: "POST", path: "/scim/c-1/Users",
                headers: ["authorization": "Bearer " + world.token.text, "content-type": "application/json"]
            ) { throw BodyTooLong(limit: 1) })
        #expect(response.status == 413)
    }

    @Test(
        "only JSON is read",
        arguments: [
            ("application/scim+json; charset=utf-8", 201), ("Application/JSON", 201), ("text/plain", 415), ("", 415),
            ("application/jsonx", 415),
        ])
    func mediaTypes(_ type: String, _ status: Int) async throws {
        let world = try World()
        #expect(
            await world.call("POST", "/Users", #"{"userName":"a"}"#, headers: ["content-type": type]).status == status)
        let zipped = await world.call("POST", "/Users", #"{"userName":"b"}"#, headers: ["content-encoding": "gzip"])
        #expect(zipped.status == 415)
    }

    @Test(
        "what a path does not offer is refused, with what it does",
        arguments: [
            ("PUT", "/Users", 405, "GET, HEAD, POST"), ("POST", "/Users/x", 405, "GET, HEAD, PUT, PATCH, DELETE"),
            ("DELETE", "/Schemas", 405, "GET, HEAD"),
            ("TRACE", "/Users", 405, "GET, HEAD, POST"), ("GET", "/nowhere", 404, nil), ("GET", "/Users/a/b", 404, nil),
            ("GET", "//Users", 404, nil), ("GET", "/../c-1/Users", 404, nil), ("GET", "/users", 404, nil),
            ("GET", "/Users/%2e%2e", 404, nil),
            ("GET", "/ResourceTypes/None", 404, nil), ("GET", "/Schemas/urn:none", 404, nil),
        ] as [(String, String, Int, String?)])
    func paths(_ method: String, _ path: String, _ status: Int, _ allow: String?) async throws {
        let world = try World()
        let answer = await world.call(method, path)
        #expect(answer.status == status && answer.headers["allow"] == allow && answer.text("status") == String(status))
    }

    @Test("discovery answers with and without v2", arguments: ["", "/v2"])
    func discovery(_ prefix: String) async throws {
        let world = try World()
        for path in [
            "/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Schemas",
            "/Schemas/\(Schemas.userURN)",
        ] {
            #expect(await world.call("GET", prefix + path).status == 200, "\(path)")
        }
        #expect(await world.call("GET", "/Schemas", query: "filter=id%20pr").status == 403)
    }

    @Test("health answers anyone and says nothing about anyone")
    func health() async throws {
        let world = try World()
        let answer = await world.raw("GET", "/health")
        #expect(answer.status == 200 && answer.body == ["status": "ok"])
        #expect(await world.raw("GET", "/").status == 401)
    }
}
