import JSONBytes
import SCIM

/// A client of which the letter of RFC 7643 and 7644 is demanded: to try a client of one's own, and to show what the repairs of
/// the others are for. No identity provider named here gets along with it.
///
/// Refused, where the others repair or widen: a PATCH without its schema, operations that are not in lower case, a value beside
/// `remove`, text booleans, one object where a list belongs (all here or in `SCIM.ResourceRules`); a replace through a filter
/// that chooses nothing (`noTarget`); an unknown member.
enum RFCStrictness {
    static let patchURN = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

    /// - Throws: ``SCIMError`` 400 `invalidSyntax`, `invalidValue`.
    static func checkedResource(_ body: JSONObject, _ type: ResourceType) throws(SCIMError) -> JSONObject {
        try checkSchema(body, type.schema)
        try checkLists(body, type)
        return body
    }

    /// - Throws: ``SCIMError`` 400 `invalidSyntax`, `invalidValue`.
    static func checkedPatch(_ body: JSONObject, _ type: ResourceType) throws(SCIMError) -> JSONObject {
        try checkSchema(body, patchURN)
        for (index, entry) in (body.value(caseInsensitive: "Operations")?.array ?? []).enumerated() {
            guard let operation = entry.object else { continue }
            let verb = operation.value(caseInsensitive: "op")?.string ?? ""
            if verb != verb.lowercased() {
                throw .bad(.invalidSyntax, "Operation \(index + 1): 'op' must be in lower case.")
            }
            if verb == "remove" && operation.value(caseInsensitive: "value") != nil {
                throw .bad(
                    .invalidSyntax,
                    "Operation \(index + 1): remove takes no value; choose members by 'members[value eq \"id\"]'.")
            }
            if operation.value(caseInsensitive: "path") == nil,
                let value = operation.value(caseInsensitive: "value")?.object
            {
                try checkLists(value, type)
            }
        }
        return body
    }

    private static func checkSchema(_ body: JSONObject, _ urn: String) throws(SCIMError) {
        let schemas = body.value(caseInsensitive: "schemas")?.array ?? []
        if !schemas.contains(.string(urn)) {
            throw .bad(.invalidSyntax, "'schemas' must contain '\(urn)'.")
        }
    }

    /// RFC 7643 2.4: a multi-valued attribute is a list.
    private static func checkLists(_ object: JSONObject, _ type: ResourceType) throws(SCIMError) {
        for member in object.members {
            guard let definition = Schemas.definition(member.key, urn: nil, type: type), definition.isMultiValued,
                member.value.array == nil, !member.value.isNull
            else { continue }
            throw .bad(.invalidValue, "'\(definition.name)' must be a list.")
        }
    }
}

extension Client {
    static let rfc = Client(
        name: "rfc", title: "a client that keeps to RFC 7643 and 7644; nothing is repaired",
        repairs: Repairs(resource: RFCStrictness.checkedResource, patch: RFCStrictness.checkedPatch),
        policies: Policies(unmatchedFilter: .refuses, unknownMember: .isRefused))
}
