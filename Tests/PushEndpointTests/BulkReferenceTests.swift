import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite struct BulkReferenceTests {
    @Test("7644 3.7.2 a group's member created before it is resolved")
    func backward() async throws {
        let world = try World()
        let answer = await world.bulk(Bulk.user("u", "ann"), Bulk.group("g", "G", members: ["bulkId:u"]))
        #expect(answer.statuses == ["201", "201"])
        #expect(await world.members(answer.ids[1]) == [answer.ids[0]])
        #expect(await world.call("GET", "/Users/" + answer.ids[0]).body["groups"]?.array?.count == 1)
    }

    @Test("7644 3.7.2 a group's member created after it is resolved, and the results keep the order of the request")
    func forward() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.group("g", "G", members: ["bulkId:u", "bulkId:v"]), Bulk.user("u", "ann"), Bulk.user("v", "bob"))
        #expect(answer.statuses == ["201", "201", "201"])
        #expect(answer.operations.map { $0["bulkId"] } == ["g", "u", "v"])
        #expect(await world.members(answer.ids[0]) == [answer.ids[1], answer.ids[2]].sorted())
    }

    @Test("7644 3.7.2 a manager is resolved, forward and backward, as an object and as Entra's plain text")
    func managers() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.user("a", "a", Bulk.managed(by: "bulkId:boss")), Bulk.user("boss", "boss"),
            Bulk.user("b", "b", [Schemas.enterpriseURN: ["manager": "bulkId:boss"]]))
        #expect(answer.statuses == ["201", "201", "201"])
        #expect(await world.manager(answer.ids[0]) == answer.ids[1])
        #expect(await world.manager(answer.ids[2]) == answer.ids[1])
    }

    @Test("7644 3.7.1 circular bulkId references between two groups resolve")
    func twoGroups() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.group("a", "A", members: ["bulkId:b"]), Bulk.group("b", "B", members: ["bulkId:a"]))
        #expect(answer.statuses == ["201", "201"])
        #expect(await world.members(answer.ids[0]) == [answer.ids[1]])
        #expect(await world.members(answer.ids[1]) == [answer.ids[0]])
    }

    @Test("7644 3.7.1 circular bulkId references between two people resolve")
    func twoPeople() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.user("a", "a", Bulk.managed(by: "bulkId:b")), Bulk.user("b", "b", Bulk.managed(by: "bulkId:a")))
        #expect(answer.statuses == ["201", "201"])
        #expect(await world.manager(answer.ids[0]) == answer.ids[1])
        #expect(await world.manager(answer.ids[1]) == answer.ids[0])
    }

    @Test("7644 3.7.1 a ring of any length resolves", arguments: [1, 3, 50, 500])
    func ring(_ length: Int) async throws {
        let world = try World()
        let answer = await world.bulk(
            list: (0..<length).map { Bulk.group("g\($0)", "G\($0)", members: ["bulkId:g\(($0 + 1) % length)"]) })
        #expect(answer.statuses == Array(repeating: "201", count: length))
        for index in [0, length / 2, length - 1] {
            #expect(await world.members(answer.ids[index]) == [answer.ids[(index + 1) % length]])
        }
    }

    @Test("7644 3.7.1 the version of each resource of a ring is the one that it has afterwards")
    func ringVersions() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.group("a", "A", members: ["bulkId:b"]), Bulk.group("b", "B", members: ["bulkId:a"]))
        for (index, id) in answer.ids.enumerated() {
            #expect(
                await world.call("GET", "/Groups/" + id).headers["etag"] == answer.operations[index]["version"]?.string)
        }
    }

    @Test("7644 3.7.1 a ring is created whole or not at all, and each of it says why")
    func ringFails() async throws {
        let world = try World()
        _ = await world.user("boss")
        let answer = await world.bulk(
            Bulk.user("a", "a", Bulk.managed(by: "bulkId:b")), Bulk.user("b", "boss", Bulk.managed(by: "bulkId:a")),
            Bulk.user("c", "c"))
        #expect(answer.statuses == ["409", "409", "201"])
        #expect(answer.scimType(1) == "uniqueness" && answer.scimType(0) == nil)
        #expect(await world.total("/Users") == 2)
    }

    @Test("7644 3.7.1 two rings and what hangs on them resolve together")
    func twoRings() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.group("top", "Top", members: ["bulkId:a", "bulkId:x", "bulkId:u"]),
            Bulk.group("a", "A", members: ["bulkId:b"]), Bulk.group("x", "X", members: ["bulkId:y", "bulkId:a"]),
            Bulk.group("b", "B", members: ["bulkId:a", "bulkId:u"]), Bulk.group("y", "Y", members: ["bulkId:x"]),
            Bulk.user("u", "u"))
        #expect(answer.statuses == ["201", "201", "201", "201", "201", "201"])
        #expect(await world.members(answer.ids[0]) == [answer.ids[1], answer.ids[2], answer.ids[5]].sorted())
        #expect(await world.members(answer.ids[2]) == [answer.ids[4], answer.ids[1]].sorted())
    }

    @Test("7644 3.7.1 a ring that revives a deleted group names it by its old id")
    func ringRevives() async throws {
        let world = try World()
        let old = await world.call("POST", "/Groups", #"{"displayName":"A","externalId":"e1"}"#).text("id")
        _ = await world.call("DELETE", "/Groups/" + old)
        let answer = await world.bulk(
            [
                "method": "POST", "path": "/Groups", "bulkId": "a",
                "data": ["displayName": "A", "externalId": "e1", "members": [["value": "bulkId:b"]]],
            ], Bulk.group("b", "B", members: ["bulkId:a"]))
        #expect(answer.statuses == ["201", "201"] && answer.ids[0] == old)
        #expect(await world.members(answer.ids[1]) == [old])
        #expect(await world.members(old) == [answer.ids[1]])
    }

    @Test("7644 3.7.2 a chain of a thousand references does not hang")
    func longChain() async throws {
        let world = try World()
        let answer = await world.bulk(
            list: (0..<1000).map { Bulk.group("g\($0)", "G\($0)", members: $0 == 999 ? nil : ["bulkId:g\($0 + 1)"]) })
        #expect(answer.statuses.count { $0 == "201" } == 1000)
        #expect(await world.members(answer.ids[0]) == [answer.ids[1]])
        #expect(await world.members(answer.ids[998]) == [answer.ids[999]])
    }

    @Test("7644 3.7.2 a reference to no operation is refused and never stored as it stands")
    func unknown() async throws {
        let world = try World()
        let answer = await world.bulk(Bulk.group("g", "G", members: ["bulkId:nobody"]), Bulk.user("1", "a"))
        #expect(answer.statuses == ["400", "201"] && answer.scimType(0) == "invalidValue")
        #expect(answer.detail(0).contains("bulkId:nobody"))
        #expect(await world.total("/Groups") == 0)
    }

    @Test("7644 3.7.2 a reference to a creation that failed fails with 409, before and after it")
    func failedTarget() async throws {
        let world = try World()
        _ = await world.user("ann")
        let answer = await world.bulk(
            Bulk.group("g", "G", members: ["bulkId:u"]), Bulk.user("u", "ann"),
            Bulk.group("h", "H", members: ["bulkId:u"]))
        #expect(answer.statuses == ["409", "409", "409"])
        #expect(answer.detail(0).contains("bulkId:u"))
        #expect(await world.total("/Groups") == 0)
    }

    @Test("7644 3.7.2 what needs a failed creation in the second line fails too")
    func failedChain() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.group("a", "A", members: ["bulkId:b"]), Bulk.group("b", "B", members: ["bulkId:c"]),
            Bulk.group("c", ""))
        #expect(answer.statuses == ["409", "409", "400"])
        #expect(await world.total("/Groups") == 0)
    }

    @Test("7644 3.7.2 a reference to a creation that cannot be read fails with 409")
    func unreadableTarget() async throws {
        let world = try World()
        let answer = await world.bulk(
            ["method": "POST", "path": "/Users", "bulkId": "u"], Bulk.group("g", "G", members: ["bulkId:u"]))
        #expect(answer.statuses == ["400", "409"])
    }

    @Test("7644 3.7.2 a bulkId that two creations have is nobody's, never the first's")
    func repeated() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.user("u", "ann"), Bulk.user("u", "bob"), Bulk.group("g", "G", members: ["bulkId:u"]))
        #expect(answer.statuses == ["400", "400", "409"])
        #expect(await world.total("/Users") == 0)
    }

    @Test("7644 3.7.2 a member is added to a stored group by reference")
    func patchAdds() async throws {
        let world = try World()
        let group = await world.call("POST", "/Groups", #"{"displayName":"G"}"#).text("id")
        let answer = await world.bulk(
            Bulk.patch("/Groups/" + group, ["op": "add", "path": "members", "value": [["value": "bulkId:u"]]]),
            Bulk.user("u", "ann"))
        #expect(answer.statuses == ["200", "201"])
        #expect(await world.members(group) == [answer.ids[1]])
    }

    @Test("7644 3.7.2 a member is replaced by reference, and one that is no reference stays what it is")
    func putReplaces() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let group = await world.call("POST", "/Groups", #"{"displayName":"G"}"#).text("id")
        let answer = await world.bulk(
            Bulk.put(
                "/Groups/" + group, ["displayName": "G", "members": [["value": "bulkId:u"], ["value": .string(ann)]]]),
            Bulk.user("u", "bob"))
        #expect(answer.statuses == ["200", "201"])
        #expect(await world.members(group) == [ann, answer.ids[1]].sorted())
    }

    @Test("7644 3.7.2 a path may name what the request creates")
    func pathReference() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.patch("/Groups/bulkId:g", ["op": "add", "path": "members", "value": [["value": "bulkId:u"]]]),
            Bulk.group("g", "G"), Bulk.user("u", "ann"), Bulk.delete("/Users/bulkId:v"), Bulk.user("v", "bob"))
        #expect(answer.statuses == ["200", "201", "201", "204", "201"])
        #expect(answer.ids[0] == answer.ids[1] && answer.ids[3] == answer.ids[4])
        #expect(await world.members(answer.ids[1]) == [answer.ids[2]])
        #expect(await world.total("/Users") == 1)
    }

    @Test("7644 3.7.2 a path that names no creation is refused, and has no location")
    func unknownPathReference() async throws {
        let answer = await (try World()).bulk(Bulk.delete("/Users/bulkId:x"))
        #expect(answer.statuses == ["400"] && answer.operations[0]["location"] == nil)
    }

    @Test("7644 3.7.2 a reference in the filter of a PATCH path is resolved")
    func filterReference() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.user("u", "ann"), Bulk.group("g", "G", members: ["bulkId:u"]),
            Bulk.patch("/Groups/bulkId:g", ["op": "remove", "path": "members[value eq \"bulkId:u\"]"]))
        #expect(answer.statuses == ["201", "201", "200"])
        #expect(await world.members(answer.ids[1]) == [])
    }

    @Test("7644 3.7.2 waiting for a reference brings nothing forward: a freed name is free for the later creation")
    func nothingForward() async throws {
        let world = try World()
        let old = await world.user("ann")
        let answer = await world.bulk(
            Bulk.group("g", "G", members: ["bulkId:u"]), Bulk.delete("/Users/" + old), Bulk.user("u", "ann"))
        #expect(answer.statuses == ["201", "204", "201"])
        #expect(await world.members(answer.ids[0]) == [answer.ids[2]])
    }

    @Test("7644 3.7.2 a bulkId lives in one request only")
    func oneRequest() async throws {
        let world = try World()
        _ = await world.bulk(Bulk.user("u", "ann"))
        #expect(await world.bulk(Bulk.group("g", "G", members: ["bulkId:u"])).statuses == ["400"])
    }

    @Test("7644 3.7.2 references hold across transactions")
    func acrossTransactions() async throws {
        let world = try World()
        var list = [Bulk.group("g", "G", members: ["bulkId:u0", "bulkId:u149"])]
        list += (0..<150).map { Bulk.user("u\($0)", "user\($0)") }
        let answer = await world.bulk(list: list)
        #expect(Set(answer.statuses) == ["201"] && answer.statuses.count == 151)
        #expect(await world.members(answer.ids[0]) == [answer.ids[1], answer.ids[150]].sorted())
    }

    @Test("7644 3.7.2 the reference's prefix counts as it is spelled")
    func prefix() async throws {
        let world = try World()
        let answer = await world.bulk(Bulk.user("u", "ann"), Bulk.group("g", "G", members: ["bulkid:u"]))
        #expect(answer.statuses == ["201", "201"])
        #expect(await world.members(answer.ids[1]) == ["bulkid:u"])
    }

    // MARK: - The order by itself

    @Test(
        "operations wait for what they need, and else keep their order",
        arguments: [
            ([[], [], []], ["0", "1", "2"]), ([[2], [], []], ["1", "2", "0"]), ([[1], [2], []], ["2", "1", "0"]),
            ([[1], [0], []], ["0+1", "2"]), ([[0], []], ["0", "1"]), ([[1], [2], [0]], ["0+1+2"]),
            ([[1], [0], [0], [3]], ["0+1", "2", "3"]), ([[2], [], [0]], ["1", "0+2"]),
            ([[3], [], [3], []], ["1", "3", "0", "2"]),
        ] as [([[Int]], [String])])
    func schedule(_ needs: [[Int]], _ expected: [String]) throws {
        let list = needs.enumerated().map { index, needed in
            Bulk.group("\(index)", "G", members: needed.map { "bulkId:\($0)" })
        }
        let request = try BulkRequest(parsing: ["Operations": .array(list)])
        let steps = BulkSchedule(request.operations).steps.map { $0.indices.map(String.init).joined(separator: "+") }
        #expect(steps == expected)
    }
}
