import Foundation
import JSONBytes
import Testing

@Suite("End to end: extension schemas", .serialized)
struct EndToEndExtensionTests {
    private static let urn = "urn:example:params:scim:schemas:extension:acme:2.0:User"

    private static func file(_ attributes: String) -> String {
        #"{"extends":"User","schemas":[{"id":"\#(urn)","attributes":[\#(attributes)]}]}"#
    }

    @Test(
        "what a file declares is published, pushed, found and in the account; cleared, it stays there and is not shown")
    func declared() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let path = try place.write(
            "acme.json", Self.file(#"{"name":"badge","caseExact":true},{"name":"floor","type":"integer"}"#))
        let set = try place.run("scim", "schemas", "set", "production", path, "--organization", "acme", expecting: 0)
        #expect(set.text.contains(Self.urn), "\(set)")
        let shown = try place.run("scim", "show", "production", "--organization", "acme", expecting: 0)
        #expect(shown.text.contains("schema      \(Self.urn) (User, attributes: 2)"), "\(shown)")

        let server = try Server(place)
        let client = Client(server, endpoint)
        try client.send("GET", "/Schemas/" + Self.urn, expecting: 200)
        let body =
            #"{"userName":"ann@acme.example","externalId":"a1","active":true,"\#(Self.urn)":{"badge":"B7","floor":3}}"#
        let id = try client.send("POST", "/Users", body, expecting: 201).id
        let found = try client.send("GET", "/Users?filter=\(Self.urn):floor%20eq%203", expecting: 200)
        #expect(found.object?["totalResults"] == 1)
        try Program.eventually(within: .seconds(30), "in the account") {
            try place.account("ann@acme.example")?.text(of: Self.urn + ":badge", in: Self.urn) == "B7"
        }
        // Another process changes the schemas; the running server obeys from the next request on.
        let clear = try place.run("scim", "schemas", "clear", "production", "--organization", "acme", expecting: 0)
        #expect(clear.text.contains("1 present records keep values"), "\(clear)")
        #expect(try client.send("GET", "/Users/" + id, expecting: 200).object?[Self.urn] == nil)
        try client.send("GET", "/Schemas/" + Self.urn, expecting: 404)
        #expect(try place.account("ann@acme.example")?.text(of: Self.urn + ":badge", in: Self.urn) == "B7")
    }

    @Test("a file that cannot be changes nothing and says where and why")
    func refused() throws {
        let place = try Workplace()
        _ = try PushEndpoint(place)
        let good = try place.write("good.json", Self.file(#"{"name":"badge"}"#))
        try place.run("scim", "schemas", "set", "production", good, "--organization", "acme", expecting: 0)
        let bad = try place.write("bad.json", "{\n\"extend\": 1}")
        let end = try place.run("scim", "schemas", "set", "production", bad, "--organization", "acme")
        #expect(
            end.status != 0 && end.error.contains("bad.json: line 2, column 1: 'extend' is not known here"), "\(end)")
        let shown = try place.run("scim", "schemas", "show", "production", "--organization", "acme", expecting: 0)
        #expect(shown.text.contains(#""name":"badge""#), "\(shown)")
    }
}

extension JSONObject {
    /// A value of an account, whether it is shown by its path or within its extension.
    fileprivate func text(of path: String, in urn: String) -> String? {
        func find(_ object: JSONObject) -> String? {
            if let found = object[path]?.string { return found }
            let name = String(path.dropFirst(urn.count + 1))
            if let found = object[urn]?.object?[name]?.string { return found }
            return object.members.lazy.compactMap { $0.value.object.flatMap(find) }.first
        }
        return find(self)
    }
}
