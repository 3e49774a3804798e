import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

/// What `/ServiceProviderConfig` claims, tried out (RFC 7643 5).
@Suite("RFC 7643 5: the configuration says what is so") struct ServiceProviderConfigTests {
    private func claims(_ world: World) async -> JSONObject {
        await world.call("GET", "/ServiceProviderConfig").body
    }

    private func supports(_ claims: JSONObject, _ feature: String) throws -> Bool {
        try #require(claims[feature]?.object?["supported"]?.bool, "\(feature)")
    }

    @Test("PATCH is supported exactly if it is claimed")
    func patch() async throws {
        let world = try World()
        let id = await world.user("ann")
        let answer = await world.call("PATCH", "/Users/" + id, json(patchBody([replace("title", "'x'")])))
        #expect(try supports(await claims(world), "patch") == (answer.status == 200 && answer.text("title") == "x"))
    }

    @Test("filters are supported exactly if they are claimed, and no page is longer than maxResults")
    func filter() async throws {
        let world = try World()
        let claims = await claims(world)
        let max = try #require(claims["filter"]?.object?["maxResults"]?.integer)
        for index in 0...max { _ = await world.user("u\(index)") }
        let found = await world.call("GET", "/Users", query: "filter=userName+eq+%22u7%22")
        #expect(try supports(claims, "filter") == (found.names == ["u7"]))
        let page = await world.call("GET", "/Users", query: "filter=userName+sw+%22u%22&count=\(max + 1)")
        #expect(page.body["totalResults"]?.integer == max + 1 && page.body["itemsPerPage"]?.integer == max)
        #expect(page.names.count == max)
    }

    @Test("versions are supported exactly if they are claimed")
    func etag() async throws {
        let world = try World()
        let id = await world.user("ann")
        let tag = await world.call("GET", "/Users/" + id).headers["etag"]
        let same = await world.call("GET", "/Users/" + id, headers: ["if-none-match": tag ?? ""]).status
        let stale = await world.call("DELETE", "/Users/" + id, headers: ["if-match": "W/\"0\""]).status
        #expect(try supports(await claims(world), "etag") == (tag != nil && same == 304 && stale == 412))
    }

    @Test("passwords are changed exactly if it is claimed: nothing keeps one")
    func changePassword() async throws {
        let world = try World()
        #expect(try supports(await claims(world), "changePassword") == false)
        let user = await world.call("POST", "/Users", json("{'userName':'ann','password':'s3cret'}"))
        let before = await world.call("GET", "/Users/" + user.text("id")).body
        let answer = await world.call(
            "PATCH", "/Users/" + user.text("id"), json(patchBody([replace("password", "'other'")])))
        #expect(answer.status == 200 && answer.body == before && before["password"] == nil)
    }

    @Test("sorting works exactly if it is claimed")
    func sort() async throws {
        let world = try World()
        for name in ["b", "c", "a"] { _ = await world.user(name) }
        let answer = await world.call("GET", "/Users", query: "sortBy=userName&sortOrder=descending")
        #expect(try supports(await claims(world), "sort") == (answer.names == ["c", "b", "a"]))
    }

    @Test("bulk works exactly if it is claimed")
    func bulk() async throws {
        let world = try World()
        let body = json(
            """
            {'schemas':['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
             'Operations':[{'method':'POST','path':'/Users','bulkId':'a','data':{'userName':'ann'}}]}
            """)
        let answer = await world.call("POST", "/Bulk", body)
        #expect(try supports(await claims(world), "bulk") == (answer.status == 200))
    }

    @Test("the one way to sign in is the one that is claimed, with its documents")
    func authentication() async throws {
        let world = try World()
        let claims = await claims(world)
        let schemes = try #require(claims["authenticationSchemes"]?.array)
        #expect(schemes.compactMap { $0.object?["type"]?.string } == ["oauthbearertoken"])
        for key in ["name", "description", "specUri", "documentationUri"] {
            #expect(schemes.first?.object?[key]?.string?.isEmpty == false, "\(key)")
        }
        #expect(claims["documentationUri"]?.string?.isEmpty == false)
        #expect(await world.call("GET", "/Users", headers: ["authorization": "Basic YTpi"]).status == 401)
    }
}
