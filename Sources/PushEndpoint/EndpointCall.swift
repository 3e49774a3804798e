import JSONBytes
import Reconciliation
import SCIM
import Storage

/// One authenticated request.
struct EndpointCall: Sendable {
    let endpoint: Endpoint
    let request: EndpointRequest
    let scope: PushScope
    /// The URL of the client's endpoint, as it is spelled in the request: with or without `/v2`.
    let baseURL: String

    func answer(_ target: Route.Target) async throws -> EndpointResponse {
        let discovery = Discovery(baseURL: baseURL, schemas: scope.schemas)
        switch (target, request.method) {
        case (.unknown, _): throw unknownPath
        case (.collection(let type), "GET"): return try await list(type)
        case (.collection(let type), "POST"): return try await create(type)
        case (.root, "GET"): return try await listEverything()
        case (.search(let type), "POST"): return try await search(type)
        case (.bulk, "POST"): return try await bulk()
        case (.me, _):
            throw SCIMError(status: 501, "A token belongs to a connection, not to a person: there is no /Me.")
        case (.resource(let type, let id), "GET"): return try await read(type, id: id)
        case (.resource(let type, let id), "PUT"): return try await replace(type, id: id)
        case (.resource(let type, let id), "PATCH"): return try await patch(type, id: id)
        case (.resource(let type, let id), "DELETE"): return try await delete(type, id: id)
        case (.serviceProviderConfig, "GET"): return try discovered(discovery.serviceProviderConfig)
        case (.resourceTypes, "GET"): return try discovered(discovery.resourceTypes)
        case (.schemas, "GET"): return try discovered(discovery.schemas)
        case (.resourceType(let id), "GET"): return try discovered(discovery.resourceType(id: id))
        case (.schema(let id), "GET"): return try discovered(discovery.schema(id: id))
        default: return EndpointResponse(Endpoint.notAllowed, headers: ["allow": target.allowed])
        }
    }

    /// RFC 7644 4: a filter on discovery is refused.
    private func discovered(_ list: ListResponse) throws(SCIMError) -> EndpointResponse {
        if try request.parameter("filter") != nil { throw notFiltered }
        return EndpointResponse(status: 200, list.body)
    }

    private func discovered(_ document: JSONObject?) throws(SCIMError) -> EndpointResponse {
        if try request.parameter("filter") != nil { throw notFiltered }
        guard let document else { throw SCIMError(status: 404, "There is no document with this id.") }
        return EndpointResponse(status: 200, document)
    }

    private var notFiltered: SCIMError { SCIMError(status: 403, "These documents cannot be filtered.") }

    /// RFC 7644 3.13: `/v1/Users` asks for a version of the protocol that is not spoken here.
    private var unknownPath: SCIMError {
        let segments = request.path.split(separator: "/")
        if segments.count > 2, segments[2].lowercased().wholeMatch(of: /v[0-9]{1,9}/) != nil {
            return .bad(.invalidVers, "This endpoint speaks SCIM 2.0: /v2, or no version in the path.")
        }
        return SCIMError(status: 404, "There is nothing at this path.")
    }

    // MARK: - Body

    /// The request's body as an object.
    ///
    /// - Throws: ``SCIMError`` 415, 400 `invalidSyntax` with line and column; ``BodyTooLong``.
    func bodyObject() async throws -> JSONObject {
        try Self.object(try await bodyBytes(upTo: Discovery.bodyBytesMax))
    }

    /// The request's body. One that says that it is longer is refused before it is read.
    ///
    /// - Throws: ``SCIMError`` 415; ``BodyTooLong``.
    func bodyBytes(upTo limit: Int) async throws -> [UInt8] {
        try checkMediaType()
        if let length = request.contentLength, length > limit { throw BodyTooLong(limit: limit) }
        return try await request.body(limit)
    }

    /// - Throws: ``SCIMError`` 400 `invalidSyntax` with line and column.
    static func object(_ bytes: [UInt8]) throws -> JSONObject {
        do {
            let value = try JSONValue(parsing: bytes)
            guard let object = value.object else {
                throw SCIMError.bad(.invalidSyntax, "The body must be a JSON object.")
            }
            if let name = value.repeatedName {
                throw SCIMError.bad(.invalidSyntax, "The name '\(name)' occurs twice in one object.")
            }
            return object
        } catch let error as JSONSyntaxError {
            throw SCIMError.bad(
                .invalidSyntax,
                "The body is not valid JSON: line \(error.line), column \(error.column): \(error.detail)")
        }
    }

    private func checkMediaType() throws(SCIMError) {
        if let coding = request.headers["content-encoding"], coding.lowercased() != "identity" {
            throw SCIMError(status: 415, "The body must not be compressed.")
        }
        let type = (request.headers["content-type"] ?? "").prefix { $0 != ";" }.lowercased()
        let name = type.split(separator: " ").joined()
        guard name == "application/scim+json" || name == "application/json" else {
            throw SCIMError(status: 415, "The body must be application/scim+json or application/json.")
        }
    }

    // MARK: - Form

    /// Which attributes the client wants (RFC 7644 3.9).
    func selection(_ type: ResourceType) throws(SCIMError) -> AttributeSelection {
        AttributeSelection(
            attributes: try request.parameter("attributes"), excluded: try request.parameter("excludedAttributes"),
            type: type, in: scope.schemas)
    }

    /// The answer that shows a resource.
    func show(
        _ stored: StoredResource, _ type: ResourceType, _ related: Related, status: Int, _ selection: AttributeSelection
    ) -> EndpointResponse {
        let form = ResourceForm(baseURL: baseURL, type: type, schemas: scope.schemas)
        // RFC 7644 3.4.1 and 3.5.1 show Location in every answer that holds a resource.
        let location = form.location(stored.record.id)
        let headers = ["etag": ResourceForm.etag(stored), "location": location, "content-location": location]
        return EndpointResponse(status: status, selection.applied(to: form.document(stored, related)), headers: headers)
    }
}
