import JSONBytes
import SCIM

/// What Microsoft Entra ID sends otherwise than RFC 7644 has it, repaired before anything else reads it. Seen 2024 to 2026;
/// the repairs are harmless for clients that send what the RFC says, so they are made for everyone.
///
/// Repaired here:
///
/// 1. Booleans as text. Without the flag `aadOptscim062020`, and always for mapped constants:
///    ```
///    broken    {"op": "Replace", "path": "active", "value": "False"}
///    repaired  {"op": "Replace", "path": "active", "value": false}
///    ```
///    The same inside bodies and values without path: `{"active": "True"}`, `{"roles": [{"primary": "True", ...}]}`.
///
/// 2. The manager as a plain text:
///    ```
///    broken    {"op": "Add", "path": "urn:…:enterprise:2.0:User:manager", "value": "3f2a…"}
///    repaired  {"op": "Add", "path": "urn:…:enterprise:2.0:User:manager", "value": {"value": "3f2a…"}}
///    ```
///    `""` clears the manager and needs no repair.
///
/// 3. A value in a list, where the attribute has one value:
///    ```
///    broken    {"op": "Replace", "path": "active", "value": [{"value": "False"}]}
///    repaired  {"op": "Replace", "path": "active", "value": false}
///    ```
///
/// Understood elsewhere, because they only widen what the RFC says: capitalised operations (`Add`; `SCIM.Patch`), members
/// removed by a value list (`{"op": "Remove", "path": "members", "value": [{"value": "id"}]}` removes that member and no
/// other; `SCIM.PatchDocument`), schema URNs that no RFC knows in `schemas` (ignored; `SCIM.ResourceRules`),
/// `roles[primary eq "True"].value` (`SCIM.Filter`), and values chosen by a filter that are not there yet
/// (`SCIM.ValueList`).
enum EntraQuirks {
    /// A body of POST or PUT.
    static func repairedResource(_ body: JSONObject) -> JSONObject { object(body) }

    /// A body of PATCH.
    static func repairedPatch(_ body: JSONObject) -> JSONObject {
        var body = body
        guard let key = body.spelling(of: "Operations"), let operations = body[key]?.array else { return body }
        body[key] = .array(operations.map { $0.object.map { .object(operation($0)) } ?? $0 })
        return body
    }

    private static func operation(_ operation: JSONObject) -> JSONObject {
        var operation = operation
        guard let key = operation.spelling(of: "value"), let value = operation[key] else { return operation }
        guard let path = operation.value(caseInsensitive: "path")?.string, !path.isEmpty else {
            if let inner = value.object { operation[key] = .object(object(inner)) }
            return operation
        }
        operation[key] = repaired(value, at: path)
        return operation
    }

    private static func object(_ object: JSONObject) -> JSONObject {
        var object = object
        for member in object.members { object[member.key] = repaired(member.value, at: member.key) }
        return object
    }

    private static func repaired(_ value: JSONValue, at path: String) -> JSONValue {
        switch leaf(path) {
        case "active", "primary": return boolean(unwrapped(value))
        case "manager":
            guard case .string(let id) = value, !id.isEmpty else { return value }
            return ["value": .string(id)]
        default:
            if let inner = value.object { return .object(object(inner)) }
            guard let values = value.array else { return value }
            return .array(values.map { $0.object.map { .object(object($0)) } ?? $0 })
        }
    }

    private static func leaf(_ path: String) -> String {
        let start = path.lastIndex { $0 == ":" || $0 == "." }
        return (start.map { path[path.index(after: $0)...] } ?? path[...]).lowercased()
    }

    private static func unwrapped(_ value: JSONValue) -> JSONValue {
        guard let values = value.array, values.count == 1 else { return value }
        return values[0].object?["value"] ?? values[0]
    }

    private static func boolean(_ value: JSONValue) -> JSONValue {
        switch value.string?.lowercased() {
        case "true": true
        case "false": false
        default: value
        }
    }
}
