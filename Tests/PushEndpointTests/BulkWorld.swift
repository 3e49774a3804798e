import JSONBytes
import SCIM

@testable import PushEndpoint

/// Words for bulk requests.
extension World {
    /// Sends operations as one bulk request.
    func bulk(_ operations: JSONValue..., failOnErrors: Int? = nil) async -> BulkAnswer {
        await bulk(list: operations, failOnErrors: failOnErrors)
    }

    func bulk(list operations: [JSONValue], failOnErrors: Int? = nil) async -> BulkAnswer {
        var body: JSONObject = ["schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]]
        body["failOnErrors"] = failOnErrors.map { .integer($0) }
        body["Operations"] = .array(operations)
        return BulkAnswer(await call("POST", "/Bulk", JSONValue.object(body).text))
    }

    /// The member ids of a group, as GET shows them.
    func members(_ id: String) async -> [String] { await call("GET", "/Groups/" + id).members }

    func manager(_ id: String) async -> String? {
        await call("GET", "/Users/" + id).body[Schemas.enterpriseURN]?.object?["manager"]?.object?["value"]?.string
    }

    func total(_ path: String) async -> Int? { await call("GET", path).body["totalResults"]?.integer }
}

struct BulkAnswer {
    let answer: Answer

    init(_ answer: Answer) { self.answer = answer }

    var status: Int { answer.status }
    var operations: [JSONObject] { (answer.body["Operations"]?.array ?? []).compactMap(\.object) }
    var statuses: [String] { operations.compactMap { $0["status"]?.string } }
    /// The last part of each operation's location; empty where there is none.
    var ids: [String] {
        operations.map { $0["location"]?.string.flatMap { $0.split(separator: "/").last }.map(String.init) ?? "" }
    }
    var errors: [JSONObject?] { operations.map { $0["response"]?.object } }
    func detail(_ index: Int) -> String { errors[index]?["detail"]?.string ?? "" }
    func scimType(_ index: Int) -> String? { errors[index]?["scimType"]?.string }
}

enum Bulk {
    static func user(_ bulkID: String, _ name: String, _ more: JSONObject = [:]) -> JSONValue {
        var data: JSONObject = ["schemas": [.string(Schemas.userURN)], "userName": .string(name)]
        for member in more.members { data[member.key] = member.value }
        return ["method": "POST", "path": "/Users", "bulkId": .string(bulkID), "data": .object(data)]
    }

    static func group(_ bulkID: String, _ name: String, members: [String]? = nil) -> JSONValue {
        var data: JSONObject = ["displayName": .string(name)]
        data["members"] = members.map { .array($0.map { ["value": .string($0)] }) }
        return ["method": "POST", "path": "/Groups", "bulkId": .string(bulkID), "data": .object(data)]
    }

    static func managed(by id: String) -> JSONObject {
        [Schemas.enterpriseURN: ["manager": ["value": .string(id)]]]
    }

    static func patch(_ path: String, _ operations: JSONValue..., version: String? = nil) -> JSONValue {
        var object: JSONObject = ["method": "PATCH", "path": .string(path), "data": ["Operations": .array(operations)]]
        object["version"] = version.map(JSONValue.string)
        return .object(object)
    }

    static func put(_ path: String, _ data: JSONValue, version: String? = nil) -> JSONValue {
        var object: JSONObject = ["method": "PUT", "path": .string(path), "data": data]
        object["version"] = version.map(JSONValue.string)
        return .object(object)
    }

    static func delete(_ path: String, version: String? = nil) -> JSONValue {
        var object: JSONObject = ["method": "DELETE", "path": .string(path)]
        object["version"] = version.map(JSONValue.string)
        return .object(object)
    }
}
