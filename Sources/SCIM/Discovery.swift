import JSONBytes

/// The documents by which a client finds out what the endpoint can do (RFC 7644 4, RFC 7643 5 to 7).
package struct Discovery: Sendable {
    /// The URL of the endpoint, without a slash at its end.
    package var baseURL: String

    private let known: SchemaSet

    package init(baseURL: String, schemas: SchemaSet = .core) {
        self.baseURL = baseURL
        known = schemas
    }

    /// Bytes of a request's body.
    package static let bodyBytesMax = 1 << 20

    package var serviceProviderConfig: JSONObject {
        [
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "documentationUri": "https://datatracker.ietf.org/doc/html/rfc7644",
            "patch": ["supported": true],
            "bulk": [
                "supported": true, "maxOperations": .integer(BulkRequest.operationsMax),
                "maxPayloadSize": .integer(BulkRequest.bodyBytesMax),
            ],
            "filter": ["supported": true, "maxResults": .integer(Paging.countMax)],
            "changePassword": ["supported": false],
            "sort": ["supported": true],
            "pagination": pagination,
            "etag": ["supported": true],
            "authenticationSchemes": [
                [
                    "type": "oauthbearertoken", "name": "Bearer token",
                    "description": "A token in the header Authorization: Bearer.",
                    "specUri": "https://datatracker.ietf.org/doc/html/rfc6750",
                    "documentationUri": "https://datatracker.ietf.org/doc/html/rfc6750", "primary": true,
                ]
            ],
            "meta": meta("ServiceProviderConfig", "/ServiceProviderConfig"),
        ]
    }

    /// RFC 9865 4. Index stays the default: clients that know no cursor must not meet one.
    private var pagination: JSONValue {
        [
            "cursor": true, "index": true, "defaultPaginationMethod": "index",
            "defaultPageSize": .integer(Paging.countDefault), "maxPageSize": .integer(Paging.countMax),
            "cursorTimeout": .integer(Paging.cursorSeconds),
        ]
    }

    package var resourceTypes: ListResponse { list(ResourceType.allCases.map { resourceType($0) }) }

    /// The resource type of this name, in exactly this letter case.
    package func resourceType(id: String) -> JSONObject? { ResourceType(rawValue: id).map { resourceType($0) } }

    private func resourceType(_ type: ResourceType) -> JSONObject {
        var object: JSONObject = [
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": .string(type.rawValue),
            "name": .string(type.rawValue), "endpoint": .string("/" + type.endpoint),
            "description": type == .user ? "A person's account." : "A group of people and groups.",
            "schema": .string(type.schema),
        ]
        var extensions = type == .user ? [(Schemas.enterpriseURN, false)] : []
        extensions += known.extensions(of: type).map { ($0.urn, $0.isRequired) }
        if !extensions.isEmpty {
            object["schemaExtensions"] = .array(extensions.map { ["schema": .string($0), "required": .bool($1)] })
        }
        object["meta"] = meta("ResourceType", "/ResourceTypes/" + type.rawValue)
        return object
    }

    package var schemas: ListResponse { list(published.map { schema($0) }) }

    /// The schema with this URN, in any letter case.
    package func schema(id: String) -> JSONObject? {
        published.first { ASCII.equal($0.urn, id) }.map { schema($0) }
    }

    private typealias Known = (urn: String, name: String, description: String, attributes: [AttributeDefinition])

    private var published: [Known] {
        [
            (Schemas.userURN, "User", "User Account", Schemas.user),
            (Schemas.groupURN, "Group", "Group", Schemas.group),
            (Schemas.enterpriseURN, "EnterpriseUser", "Enterprise User", Schemas.enterprise),
        ] + known.extensions.map { ($0.urn, $0.name, $0.description, $0.attributes) }
    }

    private func schema(_ known: Known) -> JSONObject {
        [
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": .string(known.urn),
            "name": .string(known.name), "description": .string(known.description),
            "attributes": .array(known.attributes.map(\.json)), "meta": meta("Schema", "/Schemas/" + known.urn),
        ]
    }

    private func list(_ objects: [JSONObject]) -> ListResponse {
        ListResponse(totalResults: objects.count, resources: objects.map(JSONValue.object))
    }

    private func meta(_ type: String, _ path: String) -> JSONValue {
        ["resourceType": .string(type), "location": .string(baseURL + path)]
    }
}
