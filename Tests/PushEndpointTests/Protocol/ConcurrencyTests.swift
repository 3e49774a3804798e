import Testing

@testable import PushEndpoint

/// What must hold when requests come at once.
@Suite("Requests at once") struct ConcurrencyTests {
    private func statuses(_ count: Int, _ call: @escaping @Sendable (Int) async -> Int) async -> [Int: Int] {
        await withTaskGroup(of: Int.self) { group in
            for index in 0..<count { group.addTask { await call(index) } }
            return await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("7644 3.3 of a hundred creates of one userName, in any spelling, exactly one is created")
    func creates() async throws {
        let world = try World()
        let found = await statuses(100) { index in
            let name = index % 2 == 0 ? "ann@x.example" : "ANN@X.Example"
            return await world.call("POST", "/Users", json("{'userName':'\(name)'}")).status
        }
        #expect(found == [201: 1, 409: 99])
        #expect(await world.call("GET", "/Users").body["totalResults"] == 1)
    }

    @Test("7643 3.1 of a hundred creates with one externalId exactly one is created")
    func anchors() async throws {
        let world = try World()
        let found = await statuses(100) { index in
            await world.call("POST", "/Users", json("{'userName':'u\(index)','externalId':'e'}")).status
        }
        #expect(found == [201: 1, 409: 99])
    }

    @Test("7644 3.14 of many changes for one version exactly one is made", arguments: ["PATCH", "PUT", "DELETE"])
    func guarded(_ method: String) async throws {
        let world = try World()
        let id = await world.user("ann")
        let found = await statuses(30) { index in
            let body =
                method == "PUT" ? "{'userName':'ann','title':'\(index)'}" : patchBody([replace("title", "'\(index)'")])
            return await world.call(method, "/Users/" + id, json(body), headers: ["if-match": "W/\"1\""]).status
        }
        // Whoever comes after a DELETE finds nothing.
        #expect(found == (method == "DELETE" ? [204: 1, 404: 29] : [200: 1, 412: 29]))
    }

    @Test("trap 18 members that are added at once are all there")
    func members() async throws {
        let world = try World()
        let group = await world.call("POST", "/Groups", json("{'displayName':'G'}")).text("id")
        var ids: [String] = []
        for index in 0..<40 { ids.append(await world.user("u\(index)")) }
        let people = ids
        let found = await statuses(40) { index in
            let body = patchBody([add("members", "[{'value':'\(people[index])'}]")])
            return await world.call("PATCH", "/Groups/" + group, json(body)).status
        }
        #expect(found == [200: 40])
        #expect(await world.call("GET", "/Groups/" + group).members == people.sorted())
    }

    @Test("7643 4.1.1 of many who rename themselves to one name exactly one gets it")
    func renames() async throws {
        let world = try World()
        var ids: [String] = []
        for index in 0..<20 { ids.append(await world.user("u\(index)")) }
        let people = ids
        let found = await statuses(20) { index in
            let body = json(patchBody([replace("userName", "'ann'")]))
            return await world.call("PATCH", "/Users/" + people[index], body).status
        }
        #expect(found == [200: 1, 409: 19])
    }
}
