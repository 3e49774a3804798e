import JSONBytes
import Reconciliation
import SCIM
import Storage
import Testing

@testable import PushEndpoint

@Suite("Extension schemas: RFC 7643 3.3 and 7")
struct ExtensionSchemaTests {
    static let urn = "urn:example:params:scim:schemas:extension:acme:2.0:User"
    static let groupURN = "urn:example:params:scim:schemas:extension:acme:2.0:Group"

    static let file = """
        [{"extends": "User", "schemas": [{
          "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": "\(urn)", "name": "Acme", "description": "Ours.",
          "attributes": [
            {"name": "badge", "type": "string", "caseExact": true},
            {"name": "floor", "type": "integer"},
            {"name": "rate", "type": "decimal"},
            {"name": "remote", "type": "boolean"},
            {"name": "hired", "type": "dateTime"},
            {"name": "key", "type": "binary"},
            {"name": "page", "type": "reference", "referenceTypes": ["external"]},
            {"name": "site", "type": "string", "canonicalValues": ["north", "south"]},
            {"name": "origin", "type": "string", "mutability": "immutable"},
            {"name": "rank", "type": "string", "mutability": "readOnly"},
            {"name": "hint", "type": "string", "returned": "request"},
            {"name": "pinned", "type": "string", "returned": "always"},
            {"name": "secret", "type": "string", "returned": "never"},
            {"name": "tags", "type": "string", "multiValued": true},
            {"name": "desk", "type": "complex", "subAttributes": [
              {"name": "room", "type": "string", "required": true}, {"name": "seat", "type": "integer"}]},
            {"name": "phones", "type": "complex", "multiValued": true, "subAttributes": [
              {"name": "value", "type": "string"}, {"name": "type", "type": "string"},
              {"name": "primary", "type": "boolean"}]}]}]},
         {"extends": "Group", "schemas": [{"id": "\(groupURN)", "attributes": [{"name": "budget", "type": "string"}]}]}]
        """

    private static func declare(_ text: String, in world: World, name: String = "acme") throws -> ExtensionSchemaChange
    {
        let organization = try world.store.organization(named: name).organization
        return try world.store.setExtensionSchemas(
            text.isEmpty ? .core : try ExtensionSchemaFile.read(Array(text.utf8)), of: "push", of: organization,
            by: Administrator(name: "test", now: world.endpoint.now()))
    }

    private static func world(_ text: String = file) throws -> World {
        let world = try World()
        _ = try declare(text, in: world)
        return world
    }

    /// One attribute, required or not, in an extension that is or is not.
    static func small(_ attribute: String, isRequired: Bool = false, type: String = "User") -> String {
        #"{"extends":"\#(type)","required":\#(isRequired),"schemas":[{"id":"\#(urn)","attributes":[\#(attribute)]}]}"#
    }

    private static func user(_ name: String, _ values: String) -> String {
        #"{"userName":"\#(name)","\#(urn)":{\#(values)}}"#
    }

    private static func patch(_ operations: String) -> String {
        #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[\#(operations)]}"#
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func values(_ answer: Answer) -> JSONObject { answer.body[urn]?.object ?? JSONObject() }

    // MARK: - Discovery, RFC 7643 5 to 7, RFC 7644 4

    @Test("RFC 7643 6: the resource type names the extension and whether it is required, of its endpoint alone")
    func resourceTypes() async throws {
        let world = try Self.world(Self.small(#"{"name":"badge"}"#, isRequired: true))
        let user = await world.call("GET", "/ResourceTypes/User")
        let named = user.body["schemaExtensions"]?.array ?? []
        #expect(named.count == 2 && named.last == ["schema": .string(Self.urn), "required": true])
        let other = await world.raw(
            "GET", "/scim/c-2/ResourceTypes/User", headers: ["authorization": "Bearer " + world.otherToken.text])
        #expect(other.status == 200 && other.body["schemaExtensions"]?.array?.count == 1)
        #expect(await world.call("GET", "/ResourceTypes/Group").body["schemaExtensions"] == nil)
    }

    @Test("RFC 7643 7: /Schemas has the extension with every characteristic, found by its URN in any letter case")
    func schemas() async throws {
        let world = try Self.world()
        #expect(await world.call("GET", "/Schemas").body["totalResults"] == 5)
        let schema = await world.call("GET", "/Schemas/" + Self.urn.uppercased())
        #expect(schema.text("id") == Self.urn && schema.text("name") == "Acme")
        let badge = schema.body["attributes"]?.array?.first?.object
        #expect(badge?["caseExact"] == true && badge?["mutability"] == "readWrite" && badge?["returned"] == "default")
    }

    @Test("what show prints is what set takes")
    func roundTrip() throws {
        let read = try ExtensionSchemaFile.read(Array(Self.file.utf8))
        #expect(try ExtensionSchemaFile.read(Array(read.text.utf8)) == read)
        #expect(read.extensions.map(\.type) == [.user, .group] && read.extensions[0].attributes.count == 16)
    }

    // MARK: - POST and PUT

    @Test("RFC 7644 3.3: every type is taken, shown with its schema, and is a slot of the record")
    func creates() async throws {
        let world = try Self.world()
        let body = Self.user(
            "ann",
            #""BADGE":"A-7","floor":3,"rate":1.5,"remote":true,"hired":"2026-01-02T03:04:05Z","key":"AQID","page":"https://x.example","site":"west","tags":["a","b"],"desk":{"room":"r1","seat":2},"phones":[{"value":"1","type":"work"},{"value":"2"}],"unknown":1,"rank":"x""#
        )
        let answer = await world.call("POST", "/Users", body)
        let values = Self.values(answer)
        #expect(answer.status == 201 && answer.body["schemas"]?.array?.last == .string(Self.urn))
        #expect(
            values["badge"] == "A-7" && values["floor"] == 3 && values["remote"] == true && values["site"] == "west")
        #expect(values["tags"] == ["a", "b"] && values["desk"] == ["room": "r1", "seat": 2])
        #expect(values["phones"]?.array?.count == 2 && values["unknown"] == nil && values["rank"] == nil)
        let stored = try world.store.resource(try scope(world), kind: .user, id: answer.text("id"))
        #expect(stored?.record.attributes[Self.urn + ":badge"] == "A-7")
        #expect(stored?.record.attributes[Self.urn + ":desk.room"] == "r1")
    }

    private func scope(_ world: World) throws -> PushScope {
        try #require(
            try world.store.pushScope(
                configurationID: World.configuration, tokenHash: world.token.hash, at: world.endpoint.now()))
    }

    @Test(
        "RFC 7643 2.3: a value of another type is refused, and names the attribute",
        arguments: [
            #""badge":1"#, #""floor":"3""#, #""floor":1.5"#, #""rate":"x""#, #""remote":"yes""#,
            #""hired":"yesterday""#,
            #""key":"%%""#, #""page":7"#, #""tags":[1]"#, #""tags":[{"value":"a"}]"#, #""desk":"r1""#,
            #""desk":{"room":5}"#, #""phones":["1"]"#, #""badge":["a"]"#,
            #""phones":[{"value":"1","primary":true},{"value":"2","primary":true}]"#,
        ])
    func wrongTypes(_ values: String) async throws {
        let answer = try await Self.world().call("POST", "/Users", Self.user("ann", values))
        #expect(answer.status == 400 && answer.text("scimType") == "invalidValue", "\(answer.body)")
    }

    @Test("RFC 7643 7: what is required must be there, in the extension and within a complex value")
    func required() async throws {
        let strict = Self.small(#"{"name":"badge","required":true},{"name":"site"}"#)
        let world = try Self.world(strict)
        #expect(await world.call("POST", "/Users", #"{"userName":"a"}"#).status == 201)
        let without = await world.call("POST", "/Users", Self.user("b", #""site":"x""#))
        #expect(without.status == 400 && without.text("detail").contains(":badge' is required"))
        let whole = try Self.world(Self.small(#"{"name":"badge"}"#, isRequired: true))
        #expect(await whole.call("POST", "/Users", #"{"userName":"a"}"#).text("scimType") == "invalidValue")
        let part = try await Self.world().call("POST", "/Users", Self.user("c", #""desk":{"seat":1}"#))
        #expect(part.status == 400 && part.text("detail").contains("desk.room"))
    }

    @Test("RFC 7644 3.5.1: PUT replaces, clears what it leaves out, keeps an immutable value and refuses another one")
    func puts() async throws {
        let world = try Self.world()
        let id = await world.call("POST", "/Users", Self.user("ann", #""badge":"1","floor":2,"origin":"x""#)).text("id")
        let put = await world.call("PUT", "/Users/" + id, Self.user("ann", #""badge":"2""#))
        #expect(put.status == 200 && Self.values(put) == ["badge": "2", "origin": "x"])
        let changed = await world.call("PUT", "/Users/" + id, Self.user("ann", #""origin":"y""#))
        #expect(changed.status == 400 && changed.text("scimType") == "mutability")
        let bare = await world.call("PUT", "/Users/" + id, #"{"userName":"ann"}"#)
        #expect(Self.values(bare) == ["origin": "x"])
    }

    @Test("an extension of the other kind, or of nobody here, is ignored as it was before")
    func strangers() async throws {
        let world = try Self.world()
        let group = await world.call(
            "POST", "/Groups", #"{"displayName":"g","\#(Self.groupURN)":{"budget":"7"},"\#(Self.urn)":{"badge":"1"}}"#)
        #expect(group.status == 201 && group.body[Self.groupURN] == ["budget": "7"] && group.body[Self.urn] == nil)
        let user = await world.call("POST", "/Users", #"{"userName":"a","urn:x:y:z":{"q":1},"badge":"1"}"#)
        #expect(user.status == 201 && user.body["urn:x:y:z"] == nil && Self.values(user).isEmpty)
    }

    @Test("a boolean that came as text is one, for every client but the one of the letter; a text stays a text")
    func textBooleans() async throws {
        let world = try Self.world(Self.small(#"{"name":"remote","type":"boolean"},{"name":"title"}"#))
        let made = await world.call("POST", "/Users", Self.user("a", #""remote":"True","title":"True""#))
        #expect(made.status == 201 && Self.values(made) == ["remote": true, "title": "True"])
        let leave = Self.patch(
            #"{"op":"replace","path":"active","value":"False"},{"op":"replace","path":"\#(Self.urn):remote","value":"False"}"#
        )
        let left = await world.call("PATCH", "/Users/" + made.text("id"), leave)
        #expect(left.body["active"] == false && Self.values(left)["remote"] == false)
        let organization = try world.store.organization(named: "acme").organization
        _ = try world.store.setSCIMConfiguration("push", of: organization, client: "rfc")
        #expect(await world.call("PATCH", "/Users/" + made.text("id"), leave).status == 400)
    }

    // MARK: - PATCH, RFC 7644 3.5.2

    @Test(
        "RFC 7644 3.5.2: paths by URN, whole extensions and values without path",
        arguments: [
            (#"{"op":"add","path":"URN:badge","value":"9"}"#, #"{"badge":"9","floor":1,"tags":["a"]}"#),
            (#"{"op":"replace","path":"URN","value":{"badge":"9"}}"#, #"{"badge":"9","floor":1,"tags":["a"]}"#),
            (#"{"op":"replace","value":{"URN":{"FLOOR":5}}}"#, #"{"badge":"1","floor":5,"tags":["a"]}"#),
            (#"{"op":"replace","value":{"URN:floor":5}}"#, #"{"badge":"1","floor":5,"tags":["a"]}"#),
            (#"{"op":"remove","path":"URN:floor"}"#, #"{"badge":"1","tags":["a"]}"#),
            (#"{"op":"remove","path":"URN"}"#, "{}"),
            (#"{"op":"add","path":"URN:tags","value":["a","b"]}"#, #"{"badge":"1","floor":1,"tags":["a","b"]}"#),
            (#"{"op":"remove","path":"URN:tags[value eq \"a\"]"}"#, #"{"badge":"1","floor":1}"#),
            (
                #"{"op":"add","path":"URN:desk.room","value":"r"}"#,
                #"{"badge":"1","desk":{"room":"r"},"floor":1,"tags":["a"]}"#
            ),
            (
                #"{"op":"add","path":"URN:phones[type eq \"work\"].value","value":"5"}"#,
                #"{"badge":"1","floor":1,"phones":[{"type":"work","value":"5"}],"tags":["a"]}"#
            ),
        ])
    func patches(_ operation: String, _ expected: String) async throws {
        let world = try Self.world()
        let id = await world.call("POST", "/Users", Self.user("ann", #""badge":"1","floor":1,"tags":["a"]"#)).text("id")
        let answer = await world.call(
            "PATCH", "/Users/" + id, Self.patch(operation.replacing("URN", with: Self.urn)))
        #expect(answer.status == 200, "\(answer.body)")
        #expect(JSONValue.object(Self.values(answer)).canonical.text == expected)
    }

    @Test(
        "RFC 7644 3.5.2: what cannot be is refused with the RFC's word",
        arguments: [
            (#"{"op":"add","path":"URN:shoe","value":"9"}"#, "invalidPath"),
            (#"{"op":"add","path":"URN:badge.x","value":"9"}"#, "invalidPath"),
            (#"{"op":"replace","path":"URN:rank","value":"9"}"#, "mutability"),
            (#"{"op":"replace","path":"URN:origin","value":"9"}"#, "mutability"),
            (#"{"op":"remove","path":"URN:origin"}"#, "mutability"),
            (#"{"op":"replace","path":"URN:floor","value":"nine"}"#, "invalidValue"),
            (#"{"op":"replace","path":"URN:desk.seat","value":1}"#, "invalidValue"),
            (#"{"op":"replace","path":"URN:tags[value eq \"a\"]","value":"b"}"#, "invalidPath"),
            (#"{"op":"replace","path":"badge","value":"9"}"#, "invalidPath"),
        ])
    func refusedPatches(_ operation: String, _ word: String) async throws {
        let world = try Self.world()
        let id = await world.call("POST", "/Users", Self.user("ann", #""origin":"x","tags":["a"]"#)).text("id")
        let answer = await world.call(
            "PATCH", "/Users/" + id, Self.patch(operation.replacing("URN", with: Self.urn)))
        #expect(answer.status == 400 && answer.text("scimType") == word, "\(answer.body)")
    }

    // MARK: - Filters and sorting, RFC 7644 3.4.2

    /// Four people; the last has nothing of the extension.
    private static func people() async throws -> World {
        let world = try world()
        for (name, values) in [
            (
                "a",
                #""badge":"X1","floor":10,"remote":true,"hired":"2026-01-01T00:00:00Z","site":"North","tags":["red","blue"]"#
            ),
            (
                "b",
                #""badge":"x1","floor":9,"remote":false,"hired":"2026-01-01T03:00:00+05:00","rate":2.5,"desk":{"room":"R"}"#
            ),
            ("c", #""badge":"y2","phones":[{"value":"1","type":"work"},{"value":"2","type":"home"}],"secret":"s""#),
        ] {
            #expect(await world.call("POST", "/Users", user(name, values)).status == 201)
        }
        #expect(await world.call("POST", "/Users", #"{"userName":"d"}"#).status == 201)
        return world
    }

    @Test(
        "RFC 7644 3.4.2.2: filters find by URN, by the schema's letter case and type",
        arguments: [
            (#"URN:badge eq "x1""#, ["b"]), (#"URN:BADGE sw "x" or URN:badge sw "X""#, ["a", "b"]),
            (#"URN:site eq "north""#, ["a"]), ("URN:floor gt 9", ["a"]), ("URN:floor le 10", ["a", "b"]),
            ("URN:remote eq true", ["a"]), (#"URN:remote eq "False""#, ["b"]), ("URN:rate ge 2", ["b"]),
            (#"URN:hired lt "2026-01-01T00:00:00Z""#, ["b"]), (#"URN:tags eq "blue""#, ["a"]),
            (#"URN:desk.room eq "r""#, ["b"]), (#"URN:phones[type eq "work" and value eq "1"]"#, ["c"]),
            (#"URN:phones[type eq "work" and value eq "2"]"#, []), (#"URN:phones.value eq "2""#, ["c"]),
            ("URN:floor pr", ["a", "b"]), ("not (URN:badge pr)", ["d"]), ("URN:desk pr", ["b"]),
            ("URN pr", ["a", "b", "c"]),
            (#"schemas eq "URN""#, ["a", "b", "c"]), (#"userName eq "a" and URN:floor eq 10"#, ["a"]),
            (#"URN:nobody eq "x""#, []),
        ] as [(String, [String])])
    func filters(_ filter: String, _ names: [String]) async throws {
        let text = filter.replacing("URN", with: Self.urn)
        let answer = try await Self.people().call("GET", "/Users", query: "filter=" + Self.escaped(text))
        #expect(answer.status == 200 && answer.names == names, "\(answer.body)")
    }

    @Test(
        "RFC 7644 3.4.2.3: results are sorted by an extension's attribute, in SQL or not",
        arguments: [
            ("floor", ["b", "a", "c", "d"]), ("badge", ["a", "b", "c", "d"]), ("hired", ["b", "a", "c", "d"]),
            ("tags", ["a", "b", "c", "d"]),
        ])
    func sorts(_ attribute: String, _ names: [String]) async throws {
        let answer = try await Self.people().call("GET", "/Users", query: "sortBy=\(Self.urn):\(attribute)")
        #expect(answer.names == names)
    }

    @Test("RFC 7643 7: nothing can be asked about what is never returned")
    func secrets() async throws {
        let world = try await Self.people()
        for query in [
            "filter=" + Self.escaped(Self.urn + ":secret pr"), "sortBy=\(Self.urn):SECRET",
        ] {
            let answer = await world.call("GET", "/Users", query: query)
            #expect(answer.status == 403 && answer.text("scimType") == "sensitive")
        }
    }

    // MARK: - attributes and excludedAttributes, RFC 7644 3.9

    @Test(
        "RFC 7643 7, returned: always, on request and never, whatever the query asks for",
        arguments: [
            ("", ["badge", "floor", "pinned"]), ("attributes=userName", ["pinned"]),
            ("attributes=URN:floor", ["floor", "pinned"]), ("attributes=URN:hint", ["hint", "pinned"]),
            ("attributes=URN", ["badge", "floor", "hint", "pinned"]), ("attributes=URN:secret", ["pinned"]),
            ("excludedAttributes=URN", ["pinned"]), ("excludedAttributes=URN:floor,URN:pinned", ["badge", "pinned"]),
        ])
    func returned(_ query: String, _ names: [String]) async throws {
        let world = try Self.world()
        let id = await world.call(
            "POST", "/Users", Self.user("a", #""badge":"1","floor":2,"hint":"h","pinned":"p","secret":"s""#)
        ).text("id")
        let answer = await world.call("GET", "/Users/" + id, query: query.replacing("URN", with: Self.urn))
        #expect(Self.values(answer).members.map(\.key).sorted() == names)
    }

    // MARK: - Changes of the schemas

    @Test("a schema that goes leaves its values in the record: not shown, not written, there again when it comes back")
    func cleared() async throws {
        let world = try Self.world()
        let id = await world.call("POST", "/Users", Self.user("a", #""badge":"1","floor":2"#)).text("id")
        let change = try Self.declare("", in: world)
        #expect(change.recordsKeeping == 1 && change.configuration.schemas == .core)
        #expect(Self.values(await world.call("GET", "/Users/" + id)).isEmpty)
        let put = await world.call("PUT", "/Users/" + id, Self.user("a", #""badge":"9""#))
        #expect(put.status == 200 && Self.values(put).isEmpty)
        let found = await world.call("GET", "/Users", query: "filter=" + Self.escaped(Self.urn + ":badge pr"))
        #expect(found.body["totalResults"] == 0)
        #expect(try Self.declare(Self.file, in: world).recordsKeeping == 0)
        #expect(Self.values(await world.call("GET", "/Users/" + id)) == ["badge": "1", "floor": 2])
    }

    @Test("a value that no longer fits its schema is hidden from answers and filters and stands in no request's way")
    func unfit() async throws {
        let world = try Self.world()
        let id = await world.call("POST", "/Users", Self.user("a", #""floor":2,"site":"x""#)).text("id")
        _ = try Self.declare(
            Self.small(
                #"{"name":"floor","type":"string","required":true},{"name":"site","type":"complex","subAttributes":[{"name":"code"}]}"#
            ),
            in: world)
        #expect(Self.values(await world.call("GET", "/Users/" + id)).isEmpty)
        for filter in [":floor pr", ":floor eq 2", ":site pr"] {
            let found = await world.call("GET", "/Users", query: "filter=" + Self.escaped(Self.urn + filter))
            #expect(found.body["totalResults"] == 0, "\(filter)")
        }
        let leave = Self.patch(#"{"op":"replace","path":"active","value":false}"#)
        let left = await world.call("PATCH", "/Users/" + id, leave)
        #expect(left.status == 200 && left.body["active"] == false)
        let said = await world.call(
            "PATCH", "/Users/" + id,
            Self.patch(#"{"op":"add","path":"\#(Self.urn)","value":{"floor":"2nd","site":{"code":"n"}}}"#))
        #expect(Self.values(said) == ["floor": "2nd", "site": ["code": "n"]])
    }

    @Test("an attribute that became required does not keep anybody active who has none")
    func requiredLater() async throws {
        let world = try Self.world()
        let id = await world.call("POST", "/Users", Self.user("a", #""badge":"1""#)).text("id")
        _ = try Self.declare(
            Self.small(#"{"name":"badge"},{"name":"site","required":true}"#, isRequired: true), in: world)
        let left = await world.call(
            "PATCH", "/Users/" + id, Self.patch(#"{"op":"replace","path":"active","value":false}"#))
        #expect(left.status == 200 && left.body["active"] == false)
        let touched = await world.call(
            "PATCH", "/Users/" + id, Self.patch(#"{"op":"replace","path":"\#(Self.urn):badge","value":"2"}"#))
        #expect(touched.status == 400 && touched.text("scimType") == "invalidValue")
    }

    @Test("a change is kept with who made it, and once")
    func audited() throws {
        let world = try Self.world()
        let organization = try world.store.organization(named: "acme").organization
        _ = try Self.declare(Self.file, in: world)
        _ = try Self.declare("", in: world)
        let acts = try world.store.administrativeActs(of: organization, limit: 10)
        #expect(acts.map(\.action) == [.clearExtensionSchemas, .setExtensionSchemas])
        #expect(acts.last?.subject == "push: \(Self.urn), \(Self.groupURN)" && acts.last?.administrator == "test")
    }
}
