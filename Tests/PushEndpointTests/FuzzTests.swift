import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

/// Valid requests, spoilt. The seed is in the code: a failure comes again.
@Suite struct FuzzTests {
    static let requests: [(method: String, path: String, query: String, body: String)] = [
        (
            "POST", "/Users", "",
            #"{"schemas":["\#(Schemas.userURN)"],"userName":"new","active":true,"name":{"givenName":"N"},"emails":[{"value":"n@x","type":"work","primary":true}],"\#(Schemas.enterpriseURN)":{"manager":{"value":"USER"}}}"#
        ), ("PUT", "/Users/USER", "", #"{"userName":"ann","externalId":"9","roles":[{"value":"r","primary":"True"}]}"#),
        (
            "PATCH", "/Users/USER", "",
            #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"a@x"},{"op":"add","value":{"title":"T","name.familyName":"F"}},{"op":"remove","path":"nickName"}]}"#
        ), ("POST", "/Groups", "", #"{"displayName":"New","members":[{"value":"USER"},{"value":"GROUP"}]}"#),
        (
            "PATCH", "/Groups/GROUP", "",
            #"{"Operations":[{"op":"add","path":"members","value":[{"value":"USER"}]},{"op":"remove","path":"members[value eq \"USER\"]"}]}"#
        ),
        (
            "POST", "/Bulk", "",
            #"{"failOnErrors":3,"Operations":[{"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"b"}},{"method":"PATCH","path":"/Groups/GROUP","version":"W/\"1\"","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:u"}]}]}},{"method":"DELETE","path":"/Users/none"}]}"#
        ),
        (
            "POST", "/.search", "",
            #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName sw \"a\" and (active eq true or emails[type eq \"work\"])","count":10,"startIndex":1,"attributes":["userName"]}"#
        ),
        (
            "GET", "/Users",
            "filter=userName%20eq%20%22ann%22%20or%20title%20pr&startIndex=1&count=10&attributes=userName,emails.value",
            ""
        ), ("GET", "/Groups", "filter=members.value%20eq%20%22x%22&excludedAttributes=members&sortBy=displayName", ""),
        ("DELETE", "/Users/none", "", ""),
    ]

    @Test(
        "7644 3.12 a spoilt request is answered with 2xx or a SCIM error, never 500, and a refused one changes nothing",
        arguments: 0..<25)
    func spoilt(_ round: Int) async throws {
        var random = Seeded(state: UInt64(round) &* 7919 &+ 1)
        let world = try World()
        let user = await world.call("POST", "/Users", #"{"userName":"ann","title":"a","emails":[{"value":"a@x"}]}"#)
            .text("id")
        let group = await world.call("POST", "/Groups", #"{"displayName":"G"}"#).text("id")
        var before = await directory(world)
        for turn in 0..<120 {
            let plain = Self.requests[turn % Self.requests.count]
            func filled(_ text: String) -> String {
                text.replacing("USER", with: user).replacing("GROUP", with: group)
            }
            var path = filled(plain.path)
            var query = plain.query
            var body = Array(filled(plain.body).utf8)
            for _ in 0..<random.below(3) + 1 { body = random.spoilt(body) }
            if plain.body.isEmpty { query = String(decoding: random.spoilt(Array(query.utf8)), as: UTF8.self) }
            if random.below(10) == 0 { path = "/" + String(decoding: random.spoilt(Array(path.utf8)), as: UTF8.self) }
            let answer = await send(world, plain.method, path, query, body)
            let text =
                "round \(round), turn \(turn): \(plain.method) \(path)?\(query) \(String(decoding: body, as: UTF8.self))"
            #expect(
                (200..<300).contains(answer.status) || (400..<500).contains(answer.status) || answer.status == 501,
                "\(text)")
            #expect(isSCIM(answer), "\(text)")
            let after = await directory(world)
            if answer.status >= 400 { #expect(after == before, "\(text)") }
            before = after
        }
    }

    @Test("7644 3.12 spoilt headers are answered as SCIM errors, and no 500")
    func spoiltHeaders() async throws {
        var random = Seeded(state: 42)
        let world = try World()
        let user = await world.user("ann")
        for turn in 0..<200 {
            var headers = [
                "authorization": "Bearer " + world.token.text, "content-type": "application/scim+json",
                "if-match": "W/\"1\", *", "if-none-match": "W/\"9\"", "x-request-id": "r-1", "content-length": "20",
                "accept": "application/json",
            ]
            let name = headers.keys.sorted()[random.below(headers.count)]
            headers[name] = String(decoding: random.spoilt(Array(headers[name, default: ""].utf8)), as: UTF8.self)
            let answer = await world.raw(
                turn.isMultiple(of: 2) ? "PUT" : "GET", "/scim/c-1/Users/" + user, #"{"userName":"ann"}"#,
                headers: headers)
            #expect([200, 304, 400, 401, 412, 413, 415].contains(answer.status), "\(name): \(headers[name] ?? "")")
            #expect(answer.status == 304 || isSCIM(answer))
        }
    }

    private func send(
        _ world: World, _ method: String, _ path: String, _ query: String, _ body: [UInt8]
    ) async -> Answer {
        Answer(
            response: await world.endpoint.handle(
                EndpointRequest(
                    method: method, path: "/scim/c-1" + path, query: query,
                    headers: ["authorization": "Bearer " + world.token.text, "content-type": "application/json"],
                    body: { body })))
    }

    /// Whether the answer is a SCIM document, an Error with its status where it is a refusal; or empty for 204. No operation of a
    /// bulk is a 500 either.
    private func isSCIM(_ answer: Answer) -> Bool {
        if answer.status == 204 { return answer.response.body.isEmpty }
        guard answer.headers["content-type"] == "application/scim+json", answer.body["schemas"]?.array?.isEmpty == false
        else { return false }
        if BulkAnswer(answer).statuses.contains("500") { return false }
        return answer.status < 400 || answer.text("status") == String(answer.status)
    }

    /// The version of everything that the directory has; a group's rises with its members.
    private func directory(_ world: World) async -> JSONValue? {
        await world.call("GET", "", query: "count=200&attributes=meta").body["Resources"]
    }
}

/// A small generator of its own (SplitMix64), so that every machine draws the same.
struct Seeded {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    private static let morsels: [[UInt8]] =
        [
            "null", "true", "{}", "[]", "[[[[[[[[", "-1", "1e999", "1e-999", "99999999999999999999999999", "0.1",
            "\"\"", "\"", "\\",
            "\\u0000", "\\ud800", "\u{0}", ",", ":", "}", "]", "%00", "%FF", "%", "&", "=", "bulkId:u", "\"bulkId:\"",
            "members",
            " and ", "(", "not (", "[type eq \"x\"]", "urn:ietf:params:scim:schemas:core:2.0:User:", "../", "/", "id",
            "\u{202E}",
            "\u{FEFF}", "e\u{301}", "\r\n",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

    /// The bytes with one thing wrong.
    mutating func spoilt(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        if bytes.isEmpty { return Self.morsels[below(Self.morsels.count)] }
        let start = below(bytes.count)
        let end = min(bytes.count, start + 1 + below(12))
        switch below(8) {
        case 0: bytes[start] ^= UInt8(1 << below(8))
        case 1: bytes[start] = UInt8(below(256))
        case 2: bytes = Array(bytes[..<start])
        case 3: bytes.removeSubrange(start..<end)
        case 4: bytes.insert(contentsOf: bytes[start..<end], at: below(bytes.count))
        case 5: bytes.insert(contentsOf: Self.morsels[below(Self.morsels.count)], at: start)
        case 6: bytes.replaceSubrange(start..<end, with: Self.morsels[below(Self.morsels.count)])
        default: replaceValue(in: &bytes, from: start)
        }
        return bytes
    }

    /// Puts something else in the place of a whole value of JSON.
    private mutating func replaceValue(in bytes: inout [UInt8], from start: Int) {
        guard let colon = bytes[start...].firstIndex(of: UInt8(ascii: ":")) else { return }
        let end =
            bytes[(colon + 1)...].firstIndex { [UInt8(ascii: ","), UInt8(ascii: "}")].contains($0) } ?? bytes.count
        let deep = Array(String(repeating: "[", count: 100).utf8)
        let values = Self.morsels + [deep, Array("\"\(String(repeating: "x", count: 2000))\"".utf8)]
        bytes.replaceSubrange((colon + 1)..<end, with: values[below(values.count)])
    }
}
