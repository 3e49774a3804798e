import Foundation
import JSONBytes
import Testing

@Suite("End to end: push", .serialized)
struct EndToEndPushTests {
    @Test("what Entra sends is answered, and is in the accounts soon after")
    func entra() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place)
        let client = Client(server, endpoint)
        func soon(_ what: String, _ isSo: (JSONObject) -> Bool) throws {
            try Program.eventually(within: .seconds(30), what) {
                try place.account("vcruz@acme.example").map(isSo) ?? false
            }
        }
        func group() throws -> JSONObject? { try place.account("Key Accounts") }

        let test = try client.send("GET", "/Users?filter=userName%20eq%20%22nobody%22", expecting: 200)
        #expect(test.object?["totalResults"]?.integer == 0)
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
            try client.send("GET", path, expecting: 200)
        }
        let user = try client.send("POST", "/Users", Push.sample("create-user.json"), expecting: 201).id
        try soon("created") { $0["title"]?.string == "Account Executive" && $0["active"]?.bool == true }
        try client.send("POST", "/Users", Push.sample("create-user.json"), expecting: 409)
        try client.send("PATCH", "/Users/" + user, Push.sample("update-user.json"), expecting: 200)
        let read = try client.send("GET", "/Users/" + user, expecting: 200)
        #expect(read.object?["title"]?.string == "Senior Account Executive")
        try soon("updated") { $0["title"]?.string == "Senior Account Executive" }

        let groupID = try client.send("POST", "/Groups", Push.sample("create-group.json"), expecting: 201).id
        for (name, count) in [("add-member.json", 1), ("remove-member.json", 0)] {
            let answer = try client.send("PATCH", "/Groups/" + groupID, Push.sample(name, user: user))
            #expect([200, 204].contains(answer?.status), "\(name): \(String(describing: answer))")
            try Program.eventually(within: .seconds(30), name) { try group()?["members"]?.array?.count == count }
        }
        try client.send("PATCH", "/Users/" + user, Push.sample("disable-user.json"), expecting: 200)
        try soon("disabled") { $0["active"]?.bool == false }
        let found = try client.send(
            "GET", "/Users?filter=externalId%20eq%20%2293d38854-fcc3-5cb4-9382-335a5214ae5b%22", expecting: 200)
        #expect(found.object?["totalResults"]?.integer == 1)
        try client.send("DELETE", "/Users/" + user, expecting: 204)
        try client.send("GET", "/Users/" + user, expecting: 404)
        #expect(try place.account("vcruz@acme.example") != nil)
        server.process.signal(SIGTERM)
        let end = try server.process.wait()
        #expect(end.status == 0 && end.error == "", "\(end)")
        #expect(try place.run("work", "--once").status == 0)
    }

    @Test("without its token an endpoint answers 401, and another organization's token opens nothing")
    func tokens() throws {
        let place = try Workplace()
        let (acme, other) = (try PushEndpoint(place), try PushEndpoint(place, organization: "other"))
        let server = try Server(place)
        let user = try Client(server, acme).send("POST", "/Users", Push.sample("create-user.json"), expecting: 201).id
        for token in ["", "wrong", other.token, acme.token + "x", String(acme.token.dropLast())] {
            let stranger = Client(server, acme, token: token)
            try stranger.send("GET", "/Users/" + user, expecting: 401)
            try stranger.send("GET", "/Users", expecting: 401)
            try stranger.send("POST", "/Users", Push.user("eve@acme.example", anchor: "e"), expecting: 401)
            try stranger.send("DELETE", "/Users/" + user, expecting: 401)
        }
        let neighbour = Client(server, other)
        try neighbour.send("GET", "/Users/" + user, expecting: 404)
        try neighbour.send("PATCH", "/Users/" + user, Push.sample("disable-user.json"), expecting: 404)
        try neighbour.send("DELETE", "/Users/" + user, expecting: 404)
        let all = try neighbour.send("GET", "/Users", expecting: 200)
        #expect(all.object?["totalResults"]?.integer == 0)
        try Client(server, acme).send("GET", "/Users/" + user, expecting: 200)
        try Program.eventually("drained") { try place.account("vcruz@acme.example") != nil }
        #expect(try place.accounts("other") == [])
        #expect(try place.account("eve@acme.example") == nil)
    }

    @Test("a token is shown once and stands in no file afterwards")
    func tokenOnce() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let created = FileManager.default.enumerator(atPath: place.folder)?.compactMap { $0 as? String } ?? []
        for name in created where name.hasSuffix("stdout") {
            try FileManager.default.removeItem(atPath: place.folder + "/" + name)
        }
        let server = try Server(place)
        try Client(server, endpoint).send("POST", "/Users", Push.sample("create-user.json"), expecting: 201)
        for output in [
            try place.run("scim", "list", "--organization", "acme", "--format", "json", expecting: 0),
            try place.run("scim", "show", "production", "--organization", "acme", expecting: 0),
        ] {
            #expect(!output.text.contains(endpoint.token) && !output.error.contains(endpoint.token))
        }
        let token = Data(endpoint.token.utf8)
        let names = try FileManager.default.subpathsOfDirectory(atPath: place.folder)
        #expect(names.contains("state/rollcall.db"))
        for name in names {
            var isFolder: ObjCBool = false
            let path = place.folder + "/" + name
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(bytes.range(of: token) == nil, "\(name)")
        }
    }

    // MARK: Push meets snapshot

    @Test("somebody pushed after the snapshot was taken is neither deactivated nor reverted by it")
    func pushIsNewer() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place, connection: "entra")
        let server = try Server(place)
        let client = Client(server, endpoint)
        // Somebody whom the file does not know, and somebody whom it knows otherwise.
        try client.send("POST", "/Users", Push.sample("create-user.json"), expecting: 201)
        let ana = "4770311c-5620-5388-a9d5-563d943b185c"
        try client.send(
            "POST", "/Users", Push.user("agarcia@acme.example", anchor: ana, title: "Head of Procurement"),
            expecting: 201)
        try Program.eventually("drained") { try place.account("agarcia@acme.example") != nil }
        for day in Acme.entra.days[..<2] {
            let run = try place.run("run", day, "--format", "json", expecting: 0)
            #expect(try run.changes().allSatisfy { !$0.contains("agarcia") || $0.hasPrefix("member") }, "\(run)")
            #expect(try place.account("vcruz@acme.example")?["active"]?.bool == true)
            #expect(try place.account("agarcia@acme.example")?["title"]?.string == "Head of Procurement")
        }
        #expect(try place.accounts().filter { $0.contains(ana) && $0.contains("userName") }.count == 1)
    }

    @Test("a pushed person is found again by a newer snapshot: one account, brought up to date")
    func pushThenSnapshot() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place, connection: "entra")
        let server = try Server(place)
        let ana = "4770311c-5620-5388-a9d5-563d943b185c"
        try Client(server, endpoint).send(
            "POST", "/Users", Push.user("agarcia@acme.example", anchor: ana, title: "Old title"), expecting: 201)
        try Program.eventually("drained") { try place.account(ana) != nil }
        let id = try place.account(ana)?["id"]
        let hence = Date(timeIntervalSinceNow: 3_600).ISO8601Format()
        let run = try place.run("run", Acme.entra.days[0], "--taken-at", hence, "--format", "json", expecting: 0)
        #expect(try run.counts()["create"] == 68)
        let account = try place.account(ana)
        #expect(account?["id"] == id && account?["title"]?.string == "Procurement Officer")
        #expect(try place.accounts().count == 69)
    }

    @Test("a snapshot's person who is pushed keeps the account, and the push is newer than the same file again")
    func snapshotThenPush() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place, connection: "entra")
        try place.run("run", Acme.entra.days[0], "--quiet", expecting: 0)
        let ana = "4770311c-5620-5388-a9d5-563d943b185c"
        let id = try #require(try place.account(ana)?["id"])
        let server = try Server(place)
        let client = Client(server, endpoint)
        let found = try client.send("GET", "/Users?filter=externalId%20eq%20%22\(ana)%22", expecting: 200)
        let record = try #require(found.object?["Resources"]?.array?.first?.object?["id"]?.string)
        let patch = #"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations":[{"op":"Replace","path":"title","value":"Head of Procurement"}]}
            """#
        try client.send("PATCH", "/Users/" + record, patch, expecting: 200)
        try Program.eventually("updated") { try place.account(ana)?["title"]?.string == "Head of Procurement" }
        try client.send("POST", "/Users", Push.user("agarcia@acme.example", anchor: ana), expecting: 409)
        #expect(try place.account(ana)?["id"] == id)
        try place.run("run", Acme.entra.days[0], "--quiet", expecting: 0)
        #expect(try place.account(ana)?["title"]?.string == "Head of Procurement")
        #expect(try place.accounts().count == 69)
    }
}
