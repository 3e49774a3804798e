import JSONBytes

/// A refusal in the words of RFC 7644 3.12: a status, a `scimType` where the RFC names one, and one sentence for the
/// person who reads the client's log. Never carries anything of the inside: no SQL, path or stack.
package struct SCIMError: Error, Sendable, Equatable {
    /// The RFC's `scimType` words (RFC 7644 table 9).
    package enum Kind: String, Sendable {
        case invalidFilter, tooMany, uniqueness, mutability, invalidSyntax, invalidPath, noTarget, invalidValue,
            invalidVers
        case sensitive
        /// Of paging by cursor (RFC 9865 2.1).
        case invalidCursor, expiredCursor, invalidCount
    }

    /// The HTTP status.
    package var status: Int
    package var kind: Kind?
    package var detail: String

    package init(status: Int, _ kind: Kind?, _ detail: String) {
        self.status = status
        self.kind = kind
        self.detail = detail
    }

    /// A refusal for which the RFC has no `scimType`.
    package init(status: Int, _ detail: String) { self.init(status: status, nil, detail) }

    /// 400 with this `scimType`.
    package static func bad(_ kind: Kind, _ detail: String) -> SCIMError { SCIMError(status: 400, kind, detail) }

    /// 404 for an id that does not exist, is deleted, or belongs to somebody else: one text for all three.
    package static func unknown(_ type: ResourceType) -> SCIMError {
        SCIMError(status: 404, "There is no \(type.rawValue) with this id.")
    }

    /// The body of the answer; `status` is a string, as the RFC has it.
    package var body: JSONObject {
        var object: JSONObject = ["schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"]]
        object["status"] = .string(String(status))
        if let kind { object["scimType"] = .string(kind.rawValue) }
        object["detail"] = .string(detail)
        return object
    }
}

/// The resources of the endpoint.
package enum ResourceType: String, Sendable, CaseIterable {
    case user = "User"
    case group = "Group"

    /// The last part of the resource's URL.
    package var endpoint: String { self == .user ? "Users" : "Groups" }

    /// The core schema's URN.
    package var schema: String { self == .user ? Schemas.userURN : Schemas.groupURN }
}
