import JSONBytes
import SCIM
import Storage
import Testing

@testable import PushEndpoint

@Suite("Clients")
struct ClientTests {
    private func world(_ client: String) throws -> World {
        let world = try World()
        let organization = try world.store.organization(named: "acme").organization
        _ = try world.store.setSCIMConfiguration(World.configuration, of: organization, client: client)
        return world
    }

    private let user = #""schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]"#
    private let group = #""schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"]"#
    private let patch = #""schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]"#

    @Test("each client has a name of its own, and the default is that of an endpoint for which nobody named one")
    func names() {
        #expect(Set(Client.all.map(\.name)).count == Client.all.count)
        #expect(Client.all.first?.name == SCIMConfiguration.clientDefault)
        #expect(Client(named: "Entra") == nil && Client(named: "") == nil)
        for client in Client.all { #expect(Client(named: client.name)?.title == client.title) }
    }

    @Test("an endpoint that is set up for a client of a newer program answers 503 and changes nothing")
    func unknown() async throws {
        let world = try world("some-newer-client")
        let answer = await world.call("POST", "/Users", #"{"userName":"ann"}"#)
        #expect(answer.status == 503 && answer.headers["retry-after"] != nil)
        let organization = try world.store.organization(named: "acme").organization
        _ = try world.store.setSCIMConfiguration(World.configuration, of: organization, client: "default")
        #expect(await world.call("GET", "/Users").body["totalResults"] == 0)
    }

    // MARK: Policies: each is tried with every client

    @Test(
        "a replace of a value that is not there makes it, or is refused with noTarget",
        arguments: Client.all.map(\.name))
    func unmatchedFilter(_ name: String) async throws {
        let world = try world(name)
        let id = await world.call("POST", "/Users", #"{\#(user),"userName":"ann"}"#).text("id")
        let answer = await world.call(
            "PATCH", "/Users/" + id,
            #"{\#(patch),"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"a@x"}]}"#)
        switch try #require(Client(named: name)).policies.unmatchedFilter {
        case .creates:
            #expect(answer.status == 200 && answer.body["emails"]?.canonical == [["type": "work", "value": "a@x"]])
        case .refuses: #expect(answer.status == 400 && answer.text("scimType") == "noTarget")
        }
        #expect((Client(named: name)?.policies.unmatchedFilter == .refuses) == (name == "rfc"))
    }

    @Test(
        "a member whom nobody knows waits, or the request is refused and nothing changes",
        arguments: Client.all.map(\.name))
    func unknownMember(_ name: String) async throws {
        let world = try world(name)
        let id = await world.call("POST", "/Groups", #"{\#(group),"displayName":"G"}"#).text("id")
        let answer = await world.call(
            "PATCH", "/Groups/" + id,
            #"{\#(patch),"Operations":[{"op":"replace","value":{"displayName":"H","members":[{"value":"nobody"}]}}]}"#)
        switch try #require(Client(named: name)).policies.unknownMember {
        case .waits: #expect(answer.status == 200 && answer.members == ["nobody"] && answer.text("displayName") == "H")
        case .isRefused:
            #expect(answer.status == 400 && answer.text("scimType") == "invalidValue")
            #expect(await world.call("GET", "/Groups/" + id).text("displayName") == "G")
        }
        #expect((Client(named: name)?.policies.unknownMember == .isRefused) == (name == "rfc"))
        // Nobody is hurt by removing whoever is not there.
        let removed = await world.call(
            "PATCH", "/Groups/" + id,
            #"{\#(patch),"Operations":[{"op":"remove","path":"members[value eq \"nobody\"]"}]}"#)
        #expect(removed.status == 200 && removed.members == [])
    }

    @Test("a PUT without externalId leaves it or clears it; null always clears it", arguments: Client.all.map(\.name))
    func anchorLeftOut(_ name: String) async throws {
        let world = try world(name)
        let id = await world.call("POST", "/Users", #"{\#(user),"userName":"ann","externalId":"7"}"#).text("id")
        let silent = await world.call("PUT", "/Users/" + id, #"{\#(user),"userName":"ann","title":"x"}"#)
        let isKept = try #require(Client(named: name)).policies.anchorLeftOut == .isKept
        #expect(silent.status == 200 && silent.text("externalId") == (isKept ? "7" : ""))
        #expect(isKept == ["jumpcloud", "onelogin"].contains(name))
        let cleared = await world.call("PUT", "/Users/" + id, #"{\#(user),"userName":"ann","externalId":null}"#)
        #expect(cleared.status == 200 && cleared.body["externalId"] == nil)
    }

    @Test(
        "the name that Entra gives to the deleted is not taken, or is a name like any",
        arguments: Client.all.map(\.name))
    func nameOfDeleted(_ name: String) async throws {
        let world = try world(name)
        let tombstone = "283405f55f1d4b6f9a0e2d9f8c1b7f11ann@x"
        let id = await world.call("POST", "/Users", #"{\#(user),"userName":"ann@x"}"#).text("id")
        let patched = await world.call(
            "PATCH", "/Users/" + id,
            #"{\#(patch),"Operations":[{"op":"replace","value":{"userName":"\#(tombstone)","active":false}}]}"#)
        let isIgnored = try #require(Client(named: name)).policies.nameOfDeleted == .isIgnored
        #expect(patched.body["active"] == false && patched.text("userName") == (isIgnored ? "ann@x" : tombstone))
        #expect(isIgnored == (name == "entra"))
        let put = await world.call("PUT", "/Users/" + id, #"{\#(user),"userName":"\#(tombstone)","active":false}"#)
        #expect(put.text("userName") == (isIgnored ? "ann@x" : tombstone))
        let found = await world.call("GET", "/Users", query: "filter=userName+eq+%22ann@x%22")
        #expect(found.body["totalResults"] == (isIgnored ? 1 : 0))
    }

    @Test("a boolean as text is read by everybody but the letter of the RFC", arguments: Client.all.map(\.name))
    func textBooleans(_ name: String) async throws {
        let world = try world(name)
        for text in ["False", "false", "FALSE"] {
            let created = await world.call(
                "POST", "/Users", #"{\#(user),"userName":"\#(text.hashValue)","active":"\#(text)"}"#)
            if name == "rfc" {
                #expect(created.status == 400 && created.text("scimType") == "invalidValue")
            } else {
                #expect(created.status == 201 && created.body["active"] == false)
            }
        }
        let odd = await world.call("POST", "/Users", #"{\#(user),"userName":"odd","active":"no"}"#)
        #expect(odd.status == 400 && odd.text("scimType") == "invalidValue")
    }

    @Test(
        "members beside remove are those who go, or are refused: they never empty the group",
        arguments: Client.all.map(\.name))
    func removeByList(_ name: String) async throws {
        let world = try world(name)
        var ids: [String] = []
        for person in ["ann", "bob"] {
            ids.append(await world.call("POST", "/Users", #"{\#(user),"userName":"\#(person)"}"#).text("id"))
        }
        let members = ids.map { #"{"value":"\#($0)"}"# }.joined(separator: ",")
        let id = await world.call("POST", "/Groups", #"{\#(group),"displayName":"G","members":[\#(members)]}"#).text(
            "id")
        let answer = await world.call(
            "PATCH", "/Groups/" + id,
            #"{\#(patch),"Operations":[{"op":"remove","path":"members","value":[{"value":"\#(ids[0])"}]}]}"#)
        #expect(answer.status == (name == "rfc" ? 400 : 200))
        #expect(await world.call("GET", "/Groups/" + id).members == (name == "rfc" ? ids.sorted() : [ids[1]]))
    }
}
