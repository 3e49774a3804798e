import JSONBytes

/// What became of one operation of a bulk request (RFC 7644 3.7).
package struct BulkResult: Sendable {
    package var method: String?
    package var bulkID: String?
    /// Where the resource is or was; a creation that failed has none.
    package var location: String?
    /// The entity tag of the resource afterwards.
    package var version: String?
    package var status: Int
    /// Why it failed. What was created or changed is not repeated, which the RFC leaves to the server: a bulk may touch groups
    /// of 100,000 members.
    package var error: SCIMError?

    package init(
        of operation: BulkOperation, location: String?, version: String? = nil, status: Int, error: SCIMError? = nil
    ) {
        method = operation.method?.rawValue ?? operation.methodText
        bulkID = operation.bulkID
        self.location = location
        self.version = version
        self.status = status
        self.error = error
    }

    var json: JSONValue {
        var object = JSONObject()
        object["method"] = method.map(JSONValue.string)
        object["bulkId"] = bulkID.map(JSONValue.string)
        object["location"] = location.map(JSONValue.string)
        object["version"] = version.map(JSONValue.string)
        // A text, as in the RFC's examples; the object with a `code` is from a draft.
        object["status"] = .string(String(status))
        object["response"] = error.map { .object($0.body) }
        return .object(object)
    }
}

/// The answer to a bulk request: one result for each operation that was carried out or tried, in the order of the request.
package struct BulkResponse: Sendable {
    package var results: [BulkResult]

    package init(results: [BulkResult]) { self.results = results }

    package var body: JSONObject {
        [
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
            "Operations": .array(results.map(\.json)),
        ]
    }
}
