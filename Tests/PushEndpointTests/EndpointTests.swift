import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite struct EndpointTests {
    @Test("a person that was pushed can be read, replaced, patched and deleted")
    func lifecycle() async throws {
        let world = try World()
        let created = await world.call(
            "POST", "/Users",
            #"{"userName":"ann","externalId":"7","active":true,"name":{"givenName":"Ann"},"title":"Chief"}"#)
        let id = created.text("id")
        #expect(created.status == 201)
        #expect(created.headers["location"] == "https://id.example/scim/c-1/Users/" + id)
        #expect(created.headers["etag"] == "W/\"1\"" && created.headers["content-type"] == "application/scim+json")
        #expect(await world.call("GET", "/Users/" + id).body == created.body)

        world.tick()
        let replaced = await world.call(
            "PUT", "/v2/Users/\(id)/", #"{"userName":"ann","externalId":"7","active":true,"nickName":"A"}"#)
        #expect(replaced.status == 200 && replaced.headers["etag"] == "W/\"2\"")
        #expect(replaced.body["title"] == nil && replaced.body["name"] == nil && replaced.text("nickName") == "A")
        #expect(replaced.body["meta"]?.object?["location"]?.string == "https://id.example/scim/c-1/v2/Users/" + id)

        let patched = await world.call(
            "PATCH", "/Users/" + id, #"{"Operations":[{"op":"Replace","path":"active","value":"False"}]}"#)
        #expect(patched.status == 200 && patched.body["active"] == false)
        #expect(await world.call("DELETE", "/Users/" + id).status == 204)
        #expect(await world.call("GET", "/Users/" + id).status == 404)
        #expect(await world.call("DELETE", "/Users/" + id).status == 404)
        #expect(world.wakeCount == 4)
    }

    @Test("a request that changes nothing keeps version and lastModified")
    func unchanged() async throws {
        let world = try World()
        let before = await world.call(
            "POST", "/Users", #"{"userName":"ann","emails":[{"type":"work","value":"a@x"},{"value":"b@x"}]}"#)
        world.tick()
        let again = await world.call(
            "PUT", "/Users/" + before.text("id"),
            #"{"emails":[{"value":"b@x"},{"value":"a@x","type":"work"}],"userName":"ann"}"#)
        #expect(again.status == 200 && again.body == before.body)
        let patched = await world.call(
            "PATCH", "/Users/" + before.text("id"),
            #"{"Operations":[{"op":"add","path":"emails","value":[{"value":"b@x"}]}]}"#)
        #expect(patched.status == 200 && patched.body == before.body)
    }

    @Test("leaving out active does not bring a disabled person back")
    func activeUnsaid() async throws {
        let world = try World()
        let id = await world.call("POST", "/Users", #"{"userName":"ann","active":"False"}"#).text("id")
        let replaced = await world.call("PUT", "/Users/" + id, #"{"userName":"ann","title":"x"}"#)
        #expect(replaced.body["active"] == false)
    }

    @Test("Entra's Test Connection gets an empty list")
    func testConnection() async throws {
        let world = try World()
        let answer = await world.call("GET", "/Users", query: "filter=userName+eq+%229a1f6a0e-5f0f%22")
        #expect(answer.status == 200 && answer.body["totalResults"] == 0 && answer.body["Resources"] == [])
    }

    @Test("Entra's requests do what they mean")
    func samples() async throws {
        let world = try World()
        let user = await world.call("POST", "/Users", try Samples.request("create-user.json"))
        #expect(user.status == 201 && user.body["roles"] == nil)
        let id = user.text("id")
        let updated = await world.call("PATCH", "/Users/" + id, try Samples.request("update-user.json"))
        #expect(updated.text("title") == "Senior Account Executive")
        #expect(updated.body["phoneNumbers"] == [["value": "+57 300 555 0164", "type": "mobile"]])
        let enterprise = updated.body[Schemas.enterpriseURN]?.object
        #expect(enterprise?["department"] == "Key Accounts" && enterprise?["employeeNumber"] == "10064")

        let group = await world.call("POST", "/Groups", try Samples.request("create-group.json"))
        #expect(group.status == 201)
        let groupPath = "/Groups/" + group.text("id")
        let other = await world.user("other")
        _ = await world.call(
            "PATCH", groupPath, #"{"Operations":[{"op":"Add","path":"members","value":[{"value":"\#(other)"}]}]}"#)
        let added = await world.call(
            "PATCH", groupPath, try Samples.request("add-member.json").replacing("USER_ID", with: id))
        #expect(added.status == 200 && added.members == [id, other].sorted())
        #expect(await world.call("GET", "/Users/" + id).body["groups"]?.array?.count == 1)
        let removed = await world.call(
            "PATCH", groupPath, try Samples.request("remove-member.json").replacing("USER_ID", with: id))
        #expect(removed.status == 200 && removed.members == [other])
        let disabled = await world.call("PATCH", "/Users/" + id, try Samples.request("disable-user.json"))
        #expect(disabled.body["active"] == false)
    }

    @Test("members change only when a request speaks of them")
    func members() async throws {
        let world = try World()
        let (ann, bob) = (await world.user("ann"), await world.user("bob"))
        let group = await world.call("POST", "/Groups", #"{"displayName":"G","members":[{"value":"\#(ann)"}]}"#)
        #expect(group.status == 201 && group.members == [ann])
        let path = "/Groups/" + group.text("id")
        let renamed = await world.call("PUT", path, #"{"displayName":"H"}"#)
        #expect(renamed.members == [ann] && renamed.text("displayName") == "H")
        let unknown = await world.call(
            "PATCH", path,
            #"{"Operations":[{"op":"add","path":"members","value":[{"value":"\#(bob)"},{"value":"nobody"}]}]}"#)
        #expect(unknown.status == 200 && unknown.members == [ann, bob, "nobody"].sorted())
        let version = unknown.headers["etag"]
        let again = await world.call(
            "PATCH", path, #"{"Operations":[{"op":"add","path":"members","value":[{"value":"\#(bob)"}]}]}"#)
        #expect(again.headers["etag"] == version && again.body["meta"] == unknown.body["meta"])
        let plain = await world.call("GET", path, query: "excludedAttributes=members")
        #expect(plain.body["members"] == nil && plain.text("displayName") == "H")
        let emptied = await world.call("PUT", path, #"{"displayName":"H","members":[]}"#)
        #expect(emptied.members == [])
    }

    @Test("the manager reads back as it was sent, and clears")
    func manager() async throws {
        let world = try World()
        let (ann, boss) = (await world.user("ann"), await world.user("boss"))
        let path = "\(Schemas.enterpriseURN):manager"
        let set = await world.call(
            "PATCH", "/Users/" + ann, #"{"Operations":[{"op":"Add","path":"\#(path)","value":"\#(boss)"}]}"#)
        let manager = set.body[Schemas.enterpriseURN]?.object?["manager"]?.object
        #expect(manager?["value"]?.string == boss)
        #expect(manager?["$ref"]?.string == "https://id.example/scim/c-1/Users/" + boss)
        let again = await world.call(
            "PATCH", "/Users/" + ann, #"{"Operations":[{"op":"Add","path":"\#(path)","value":{"value":"\#(boss)"}}]}"#)
        #expect(again.headers["etag"] == set.headers["etag"])
        let cleared = await world.call(
            "PATCH", "/Users/" + ann, #"{"Operations":[{"op":"Add","path":"\#(path)","value":""}]}"#)
        #expect(cleared.body[Schemas.enterpriseURN] == nil)
    }

    @Test(
        "a list holds exactly the people that the filter means",
        arguments: [
            (#"userName eq "ANN@x.example""#, ["ann@x.example"]), (#"externalId eq "e2""#, ["bob@x.example"]),
            (#"displayName eq "Ann (1)""#, ["ann@x.example"]), (#"userName sw "b""#, ["bob@x.example"]),
            (#"userName eq "ann@x.example" and active eq false"#, []), (#"active eq true"#, ["ann@x.example"]),
            (#"userName eq "ann@x.example" or externalId eq "e2""#, ["ann@x.example", "bob@x.example"]),
            (#"urn:vendor:x:flag eq true"#, []), (#"userName co "%""#, []), (#"externalId eq "E2""#, []),
            (#"meta.resourceType eq "User" and userName ew ".example""#, ["ann@x.example", "bob@x.example"]),
        ])
    func filters(_ filter: String, _ names: [String]) async throws {
        let world = try World()
        _ = await world.call("POST", "/Users", #"{"userName":"ann@x.example","displayName":"Ann (1)","active":true}"#)
        _ = await world.call("POST", "/Users", #"{"userName":"bob@x.example","externalId":"e2","active":false}"#)
        let answer = await world.call("GET", "/Users", query: "filter=" + escaped(filter))
        #expect(
            answer.status == 200 && answer.names.sorted() == names
                && answer.body["totalResults"]?.integer == names.count)
    }

    private func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(
        "a filter that cannot be is refused, never dropped",
        arguments: [
            ("userName", 400), ("shoe%20eq%201", 400), ("password%20eq%20%22x%22", 403),
            ("userName%20eq%20%22%FF%22", 400),
        ])
    func badFilters(_ filter: String, _ status: Int) async throws {
        let world = try World()
        #expect(await world.call("GET", "/Users", query: "filter=" + filter).status == status)
    }

    @Test("pages are cut out of one stable order")
    func paging() async throws {
        let world = try World()
        for name in ["a", "b", "c", "d", "e"] { _ = await world.user(name) }
        let page = await world.call("GET", "/Users", query: "startIndex=2&count=2")
        #expect(page.names == ["b", "c"] && page.body["totalResults"] == 5 && page.body["startIndex"] == 2)
        #expect(page.body["itemsPerPage"] == 2)
        let none = await world.call("GET", "/Users", query: "count=0")
        #expect(none.names == [] && none.body["totalResults"] == 5)
        #expect(await world.call("GET", "/Users", query: "startIndex=-3&count=-1").status == 200)
        #expect(await world.call("GET", "/Users", query: "startIndex=9").names == [])
        #expect(await world.call("GET", "/Users", query: "count=x").status == 400)
    }

    @Test("a name or anchor that somebody has is refused with uniqueness")
    func uniqueness() async throws {
        let world = try World()
        _ = await world.call("POST", "/Users", #"{"userName":"ann","externalId":"1"}"#)
        let bob = await world.user("bob")
        for body in [#"{"userName":"ANN"}"#, #"{"userName":"\uff41nn"}"#, #"{"userName":"x","externalId":"1"}"#] {
            let answer = await world.call("POST", "/Users", body)
            #expect(answer.status == 409 && answer.text("scimType") == "uniqueness" && answer.text("status") == "409")
            #expect(await world.call("PUT", "/Users/" + bob, body).status == 409)
        }
        #expect(await world.call("GET", "/Users/" + bob).text("userName") == "bob")
    }

    @Test("of many who ask for one name at once, exactly one gets it")
    func race() async throws {
        let world = try World()
        let statuses = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { await world.call("POST", "/Users", #"{"userName":"ann"}"#).status } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 201 }.count == 1 && statuses.filter { $0 == 409 }.count == 19)
    }

    @Test("a change for another version is refused")
    func preconditions() async throws {
        let world = try World()
        let id = await world.user("ann")
        for (tag, status) in [
            ("W/\"9\"", 412), ("W/\"1\"", 200), ("\"2\", W/\"7\"", 200), ("*", 200), ("nonsense", 412),
        ] {
            let answer = await world.call(
                "PUT", "/Users/" + id, #"{"userName":"ann","title":"\#(status)"}"#, headers: ["if-match": tag])
            // "*" and the list hold for whatever version is there; what changes nothing does not raise it.
            #expect(answer.status == status, "\(tag)")
        }
        #expect(await world.call("DELETE", "/Users/" + id, headers: ["if-match": "W/\"1\""]).status == 412)
        let current = await world.call("GET", "/Users/" + id).headers["etag"] ?? ""
        #expect(await world.call("GET", "/Users/" + id, headers: ["if-none-match": current]).status == 304)
        #expect(await world.call("PUT", "/Users/none", #"{"userName":"x"}"#, headers: ["if-match": "*"]).status == 404)
    }

    @Test("one bad operation undoes the whole request")
    func atomic() async throws {
        let world = try World()
        let before = await world.call("POST", "/Users", #"{"userName":"ann","title":"a"}"#)
        let answer = await world.call(
            "PATCH", "/Users/" + before.text("id"),
            #"{"Operations":[{"op":"replace","path":"title","value":"b"},{"op":"replace","path":"nope","value":1}]}"#)
        #expect(answer.status == 400 && answer.text("scimType") == "invalidPath")
        #expect(await world.call("GET", "/Users/" + before.text("id")).body == before.body)
    }
}
