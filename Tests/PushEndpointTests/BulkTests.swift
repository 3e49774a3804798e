import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite struct BulkTests {
    @Test("7644 3.7 one request creates, replaces, patches and deletes, and the answer keeps the order")
    func fourMethods() async throws {
        let world = try World()
        let (ann, bob, eve) = (await world.user("ann"), await world.user("bob"), await world.user("eve"))
        let answer = await world.bulk(
            Bulk.user("1", "dan"), Bulk.put("/Users/" + ann, ["userName": "ann", "title": "Chief"]),
            Bulk.patch("/Users/" + bob, ["op": "replace", "path": "active", "value": false]),
            Bulk.delete("/Users/" + eve))
        #expect(answer.status == 200 && answer.statuses == ["201", "200", "200", "204"])
        #expect(answer.operations.map { $0["method"] } == ["POST", "PUT", "PATCH", "DELETE"])
        #expect(await world.call("GET", "/Users/" + answer.ids[0]).text("userName") == "dan")
        #expect(await world.call("GET", "/Users/" + ann).text("title") == "Chief")
        #expect(await world.call("GET", "/Users/" + bob).body["active"] == false)
        #expect(await world.call("GET", "/Users/" + eve).status == 404)
    }

    @Test("7644 3.7 the answer is a BulkResponse in scim+json")
    func envelope() async throws {
        let answer = await (try World()).bulk(Bulk.user("1", "dan"))
        #expect(answer.answer.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"])
        #expect(answer.answer.headers["content-type"] == "application/scim+json")
    }

    @Test("7644 3.7 a result has method, bulkId, location, version and a status that is a text")
    func resultMembers() async throws {
        let world = try World()
        let result = await world.bulk(Bulk.user("qwerty", "dan")).operations[0]
        let id = await world.call("GET", "/Users", query: "filter=userName%20eq%20%22dan%22").body["Resources"]?.array?[
            0
        ]
        .object?["id"]?.string
        #expect(result["method"] == "POST" && result["bulkId"] == "qwerty" && result["status"] == "201")
        #expect(result["location"]?.string == "https://id.example/scim/c-1/Users/" + (id ?? ""))
        #expect(result["version"] == "W/\"1\"" && result["response"] == nil)
    }

    @Test("7644 3.7 locations are spelled as the client spells its endpoint")
    func locationsWithVersion() async throws {
        let world = try World()
        let body = JSONValue.object(["Operations": [Bulk.user("1", "dan")]]).text
        let answer = BulkAnswer(await world.call("POST", "/v2/Bulk", body))
        #expect(answer.operations[0]["location"]?.string?.hasPrefix("https://id.example/scim/c-1/v2/Users/") == true)
    }

    @Test("7644 3.7 every resource of a bulk is queued, and the worker is woken once for a transaction")
    func wakes() async throws {
        let world = try World()
        _ = await world.bulk(Bulk.user("1", "a"), Bulk.user("2", "b"), Bulk.user("3", "c"))
        #expect(world.wakeCount == 1)
        #expect(try world.store.hasQueuedChanges(now: world.endpoint.now()))
    }

    @Test("7644 3.7 a bulk of which nothing was carried out wakes nobody")
    func wakesNobody() async throws {
        let world = try World()
        let answer = await world.bulk(Bulk.delete("/Users/none"))
        #expect(answer.statuses == ["404"] && world.wakeCount == 0)
    }

    @Test("7644 3.7 one failed operation does not touch the others")
    func independent() async throws {
        let world = try World()
        _ = await world.user("ann")
        let answer = await world.bulk(Bulk.user("1", "x"), Bulk.user("2", "ann"), Bulk.user("3", "y"))
        #expect(answer.status == 200 && answer.statuses == ["201", "409", "201"])
        #expect(await world.total("/Users") == 3)
    }

    @Test("7644 3.7 an operation is all or nothing: a group whose change fails halfway keeps its old name")
    func atomicOperation() async throws {
        let world = try World()
        let group = await world.call("POST", "/Groups", #"{"displayName":"G"}"#)
        let path = "/Groups/" + group.text("id")
        let answer = await world.bulk(
            Bulk.patch(
                path, ["op": "replace", "path": "displayName", "value": "H"],
                ["op": "replace", "path": "nope", "value": 1]), Bulk.user("1", "dan"))
        #expect(answer.statuses == ["400", "201"] && answer.scimType(0) == "invalidPath")
        #expect(await world.call("GET", path).body == group.body)
    }

    @Test("7644 3.7 a failed creation has no location, every other failure has")
    func locationOfFailures() async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.user("1", ""), Bulk.delete("/Users/none"), Bulk.put("/Groups/none", ["displayName": "G"]))
        #expect(answer.operations[0]["location"] == nil)
        #expect(answer.operations[1]["location"] == "https://id.example/scim/c-1/Users/none")
        #expect(answer.operations[2]["location"] == "https://id.example/scim/c-1/Groups/none")
    }

    @Test("7644 3.7 a failure carries the Error that a single request would have got")
    func errorsAsSingle() async throws {
        let world = try World()
        _ = await world.user("ann")
        let single = await world.call("POST", "/Users", #"{"userName":"ANN"}"#)
        let answer = await world.bulk(Bulk.user("1", "ANN"))
        #expect(answer.errors[0] == single.body && answer.scimType(0) == "uniqueness")
    }

    @Test("7644 3.7 the same name twice in one bulk: the first gets it, the second 409")
    func sameNameTwice() async throws {
        let world = try World()
        let answer = await world.bulk(Bulk.user("1", "ann"), Bulk.user("2", "Ann"))
        #expect(answer.statuses == ["201", "409"])
    }

    @Test("7644 3.7 operations on one resource are carried out in the order of the request")
    func sameResource() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let answer = await world.bulk(
            list: ["a", "b", "c"].map {
                Bulk.patch("/Users/" + ann, ["op": "replace", "path": "title", "value": .string($0)])
            })
        #expect(answer.operations.map { $0["version"] } == ["W/\"2\"", "W/\"3\"", "W/\"4\""])
        #expect(await world.call("GET", "/Users/" + ann).text("title") == "c")
    }

    @Test("7644 3.7 a name that one operation frees is free for the next")
    func freedName() async throws {
        let world = try World()
        let ann = await world.user("ann")
        #expect(await world.bulk(Bulk.delete("/Users/" + ann), Bulk.user("1", "ann")).statuses == ["204", "201"])
    }

    @Test("7644 3.7 a PATCH may have its operations as a list, as the RFC's example has it")
    func patchAsList() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let answer = await world.bulk([
            "method": "PATCH", "path": .string("/Users/" + ann),
            "data": [["op": "add", "path": "nickName", "value": "A"], ["op": "add", "path": "title", "value": "T"]],
        ])
        let user = await world.call("GET", "/Users/" + ann)
        #expect(answer.statuses == ["200"] && user.text("nickName") == "A" && user.text("title") == "T")
    }

    @Test("7644 3.7 clients' habits are repaired in a bulk as in a single request")
    func quirks() async throws {
        let world = try World()
        let ann = await world.user("ann")
        _ = await world.bulk(Bulk.patch("/Users/" + ann, ["op": "Replace", "path": "active", "value": "False"]))
        #expect(await world.call("GET", "/Users/" + ann).body["active"] == false)
    }

    @Test("7644 3.7 a replacement without active does not bring a disabled person back")
    func activeUnsaid() async throws {
        let world = try World()
        let ann = await world.call("POST", "/Users", #"{"userName":"ann","active":false}"#).text("id")
        _ = await world.bulk(Bulk.put("/Users/" + ann, ["userName": "ann", "title": "T"]))
        #expect(await world.call("GET", "/Users/" + ann).body["active"] == false)
    }

    @Test("7644 3.7 members change only when an operation speaks of them")
    func membersUnsaid() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let group = await world.call("POST", "/Groups", #"{"displayName":"G","members":[{"value":"\#(ann)"}]}"#).text(
            "id")
        #expect(await world.bulk(Bulk.put("/Groups/" + group, ["displayName": "H"])).statuses == ["200"])
        #expect(await world.members(group) == [ann])
    }

    @Test("7644 3.7 another organization's people cannot be reached from a bulk")
    func isolation() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let body = JSONValue.object(["Operations": [Bulk.delete("/Users/" + ann)]]).text
        let headers = ["authorization": "Bearer " + world.otherToken.text, "content-type": "application/json"]
        let theirs = BulkAnswer(await world.raw("POST", "/scim/c-2/Bulk", body, headers: headers))
        #expect(theirs.statuses == ["404"])
        #expect(await world.call("GET", "/Users/" + ann).status == 200)
    }

    // MARK: - Versions

    @Test("7644 3.7 a version that the resource no longer has fails with 412 and changes nothing")
    func staleVersion() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let answer = await world.bulk(
            Bulk.put("/Users/" + ann, ["userName": "ann", "title": "T"], version: "W/\"7\""),
            Bulk.patch("/Users/" + ann, ["op": "add", "path": "title", "value": "T"], version: "W/\"7\""),
            Bulk.delete("/Users/" + ann, version: "W/\"7\""))
        #expect(answer.statuses == ["412", "412", "412"])
        #expect(await world.call("GET", "/Users/" + ann).headers["etag"] == "W/\"1\"")
    }

    @Test("7644 3.7 a version counts against what the operations before left")
    func versionsInTurn() async throws {
        let world = try World()
        let ann = await world.user("ann")
        func titled(_ title: String, _ version: String) -> JSONValue {
            Bulk.patch("/Users/" + ann, ["op": "add", "path": "title", "value": .string(title)], version: version)
        }
        let answer = await world.bulk(titled("a", "W/\"1\""), titled("b", "W/\"1\""), titled("c", "W/\"2\""))
        #expect(answer.statuses == ["200", "412", "200"])
    }

    @Test("7644 3.7 the version of a deletion is checked, and the right one deletes")
    func versionOfDeletion() async throws {
        let world = try World()
        let ann = await world.user("ann")
        #expect(await world.bulk(Bulk.delete("/Users/" + ann, version: "W/\"1\"")).statuses == ["204"])
    }

    @Test("7644 3.7 a null version is none, a number is refused")
    func versionTypes() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let path = JSONValue.string("/Users/" + ann)
        let answer = await world.bulk(
            ["method": "PUT", "path": path, "version": 1, "data": ["userName": "ann"]],
            ["method": "PUT", "path": path, "version": .null, "data": ["userName": "ann"]])
        #expect(answer.statuses == ["400", "200"])
    }
}
