import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite struct SearchTests {
    private static let schemas = #""schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]"#

    /// Two people, two groups.
    private func world() async throws -> World {
        let world = try World()
        _ = await world.call("POST", "/Users", #"{"userName":"ann","displayName":"Ann","externalId":"1","title":"a"}"#)
        _ = await world.call("POST", "/Users", #"{"userName":"bob","displayName":"Sales","active":false}"#)
        _ = await world.call("POST", "/Groups", #"{"displayName":"Sales","externalId":"1"}"#)
        _ = await world.call("POST", "/Groups", #"{"displayName":"Crew"}"#)
        return world
    }

    private func search(_ world: World, _ path: String, _ members: String) async -> Answer {
        await world.call("POST", path + "/.search", "{\(Self.schemas),\(members)}")
    }

    private func labels(_ answer: Answer) -> [String] {
        (answer.body["Resources"]?.array ?? []).compactMap { $0.object }.map {
            $0["userName"]?.string ?? $0["displayName"]?.string ?? ""
        }
    }

    @Test("7644 3.4.3 a search below /Users answers as GET with the same parameters does")
    func asGet() async throws {
        let world = try await world()
        let get = await world.call("GET", "/Users", query: "filter=userName%20eq%20%22ann%22&attributes=title&count=5")
        let post = await search(
            world, "/Users", #""filter":"userName eq \"ann\"","attributes":["title"],"count":5"#)
        #expect(post.status == 200 && post.body == get.body && post.body["totalResults"] == 1)
        #expect(post.headers["content-type"] == "application/scim+json")
    }

    @Test("7644 3.4.3 a search below /Groups finds groups only")
    func groups() async throws {
        let answer = await search(try await world(), "/Groups", #""filter":"displayName eq \"Sales\"""#)
        #expect(labels(answer) == ["Sales"])
        #expect(answer.body["Resources"]?.array?[0].object?["meta"]?.object?["resourceType"] == "Group")
    }

    @Test("7644 3.4.3 a search at the root spans users and groups")
    func root() async throws {
        let answer = await search(try await world(), "", #""filter":"displayName eq \"Sales\"""#)
        #expect(answer.body["totalResults"] == 2 && labels(answer) == ["bob", "Sales"])
    }

    @Test(
        "7644 3.4.2.1 meta.resourceType narrows a search at the root",
        arguments: [
            (#"meta.resourceType eq "User""#, ["ann", "bob"]), (#"meta.resourceType eq "Group""#, ["Sales", "Crew"]),
            (#"meta.resourceType eq "Group" and displayName eq "Sales""#, ["Sales"]),
            (#"displayName eq "Sales" and META.RESOURCETYPE eq "User""#, ["bob"]),
            (#"(meta.resourceType eq "User" and active eq false) and displayName pr"#, ["bob"]),
            (#"meta.resourceType eq "User" or meta.resourceType eq "Group""#, ["ann", "bob", "Sales", "Crew"]),
            (#"meta.resourceType ne "User""#, ["Sales", "Crew"]),
            (#"not (meta.resourceType eq "Group")"#, ["ann", "bob"]),
            (#"meta.resourceType eq "User" and meta.resourceType eq "Group""#, []),
            (#"meta.resourceType eq "Device""#, []),
            (#"externalId eq "1""#, ["ann", "Sales"]), (#"userName eq "ann""#, ["ann"]),
        ])
    func narrowed(_ filter: String, _ names: [String]) async throws {
        let world = try await world()
        let answer = await search(world, "", "\"filter\":" + JSONValue.string(filter).text)
        #expect(answer.status == 200 && labels(answer) == names, "\(answer.body)")
        #expect(answer.body["totalResults"]?.integer == names.count)
    }

    @Test("7644 3.4.2.1 GET at the root answers as a search there does", arguments: ["", "/", "/v2", "/v2/"])
    func getRoot(_ path: String) async throws {
        let world = try await world()
        let filtered = await world.call("GET", path, query: "filter=displayName%20eq%20%22Sales%22")
        #expect(filtered.status == 200 && labels(filtered) == ["bob", "Sales"])
        #expect(await world.call("GET", path).body["totalResults"] == 4)
    }

    @Test("7644 3.4.2.4 pages at the root are cut out of one order")
    func pages() async throws {
        let world = try await world()
        var names: [String] = []
        for start in 1...4 {
            let answer = await search(world, "", #""startIndex":\#(start),"count":1"#)
            #expect(answer.body["totalResults"] == 4 && answer.body["itemsPerPage"] == 1)
            #expect(answer.body["startIndex"]?.integer == start)
            names += labels(answer)
        }
        #expect(names == ["ann", "bob", "Sales", "Crew"])
        #expect(labels(await search(world, "", #""startIndex":5,"count":1"#)) == [])
    }

    @Test("7644 3.9 attributes and excludedAttributes are lists in a search")
    func selection() async throws {
        let world = try await world()
        let only = await search(world, "", #""attributes":["displayName"]"#)
        for resource in only.body["Resources"]?.array ?? [] {
            #expect(
                resource.object?["displayName"] != nil && resource.object?["externalId"] == nil
                    && resource.object?["id"] != nil)
        }
        let without = await search(world, "", #""excludedAttributes":["displayName","meta"]"#)
        for resource in without.body["Resources"]?.array ?? [] {
            #expect(resource.object?["displayName"] == nil && resource.object?["meta"] == nil)
        }
    }

    @Test("7644 3.4.3 a search changes nothing and wakes nobody")
    func changesNothing() async throws {
        let world = try await world()
        let wakes = world.wakeCount
        _ = await search(world, "", #""count":1"#)
        #expect(world.wakeCount == wakes)
        #expect(await world.total("/Users") == 2)
    }

    @Test("7644 3.4.2 nothing found is an empty list, not 404", arguments: ["", "/Users", "/Groups"])
    func nothing(_ path: String) async throws {
        let answer = await search(try await world(), path, #""filter":"externalId eq \"none\"""#)
        #expect(answer.status == 200 && answer.body["totalResults"] == 0 && answer.body["Resources"] == [])
    }

    @Test(
        "7644 3.4.3 a search that cannot be is refused, never answered with everything",
        arguments: [
            ("{}", 400), (#"{"schemas":[]}"#, 400), ("{\(schemas),\"filter\":\"userName\"}", 400),
            ("{\(schemas),\"filter\":7}", 400), ("{\(schemas),\"count\":\"x\"}", 400),
            ("{\(schemas),\"count\":1.5}", 400),
            ("{\(schemas),\"startIndex\":true}", 400), ("{\(schemas),\"attributes\":\"title\"}", 400),
            ("{\(schemas),\"attributes\":[1]}", 400), ("{\(schemas),\"filter\":\"shoe eq 1\"}", 400),
            ("{\(schemas),\"filter\":\"password eq \\\"x\\\"\"}", 403), ("{\(schemas),\"sortOrder\":\"up\"}", 400),
            ("[]", 400),
            ("", 400),
        ])
    func refused(_ body: String, _ status: Int) async throws {
        let world = try await world()
        for path in ["", "/Users", "/Groups"] {
            let answer = await world.call("POST", path + "/.search", body)
            #expect(answer.status == status && answer.text("status") == String(status), "\(path) \(body)")
        }
    }

    @Test("7644 3.4.3 a search finds nobody of another organization", arguments: ["/.search", "/Users/.search"])
    func isolation(_ path: String) async throws {
        let world = try await world()
        let headers = ["authorization": "Bearer " + world.otherToken.text, "content-type": "application/scim+json"]
        let answer = await world.raw("POST", "/scim/c-2" + path, "{\(Self.schemas)}", headers: headers)
        #expect(answer.status == 200 && answer.body["totalResults"] == 0)
    }
}
