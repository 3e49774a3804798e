import Foundation
import JSONBytes
import Testing

@Suite("End to end: bulk", .serialized)
struct EndToEndBulkTests {
    /// People, and two groups that are members of each other.
    private static func bulk(_ count: Int) -> String {
        var operations: [JSONValue] = [
            [
                "method": "POST", "path": "/Groups", "bulkId": "a",
                "data": ["displayName": "A", "members": [["value": "bulkId:b"], ["value": "bulkId:u0"]]],
            ],
            [
                "method": "POST", "path": "/Groups", "bulkId": "b",
                "data": ["displayName": "B", "members": [["value": "bulkId:a"]]],
            ],
        ]
        for index in 0..<count {
            operations.append([
                "method": "POST", "path": "/Users", "bulkId": .string("u\(index)"),
                "data": ["userName": .string("user\(index)@acme.example"), "active": true],
            ])
        }
        return JSONValue.object(["Operations": .array(operations)]).text
    }

    @Test("what a bulk was told is done survives kill -9 straight after the answer, and reaches the accounts")
    func durable() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place, ["--no-worker"])
        let answer = try Client(server, endpoint).send("POST", "/Bulk", Self.bulk(250), expecting: 200)
        server.process.signal(SIGKILL)
        _ = try server.process.wait()
        let statuses = (answer.object?["Operations"]?.array ?? []).compactMap { $0.object?["status"]?.string }
        #expect(statuses.count == 252 && Set(statuses) == ["201"])
        try place.run("work", "--once", expecting: 0)
        for index in [0, 99, 249] {
            #expect(try place.account("user\(index)@acme.example")?["active"]?.bool == true)
        }
        #expect(try place.account("A")?["members"]?.array?.count == 2)
        #expect(try place.account("B")?["members"]?.array?.count == 1)
    }

    @Test("the request log is there when it is asked for, has a line for each request, and names nobody")
    func requestLog() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let server = try Server(place, ["--no-worker", "--log", "requests"])
        let client = Client(server, endpoint)
        let id = try client.send("POST", "/Users", #"{"userName":"ann.secret"}"#, expecting: 201).id
        try client.send("GET", "/Users?filter=userName%20eq%20%22ann.secret%22", expecting: 200)
        try client.send("DELETE", "/Users/" + id, expecting: 204)
        server.process.signal(SIGTERM)
        let end = try server.process.wait()
        let lines = try end.error.split(separator: "\n").map { try JSONValue(parsing: String($0)).object }
        #expect(
            lines.map { "\($0?["method"]?.string ?? "") \($0?["route"]?.string ?? "") \($0?["status"]?.integer ?? 0)" }
                == [
                    "POST /scim/{configuration}/Users 201", "GET /scim/{configuration}/Users 200",
                    "DELETE /scim/{configuration}/Users/{id} 204",
                ])
        #expect(lines.allSatisfy { $0?["organization"] == "acme" && $0?["requestId"] != nil })
        for secret in ["ann.secret", id, endpoint.token] { #expect(!end.error.contains(secret)) }
    }
}
