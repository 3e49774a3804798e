import JSONBytes
import SCIM

/// What OneLogin sends otherwise than RFC 7644 has it. A user's body is a template that an administrator fills in; OneLogin's page
/// "Define Your SCIM User Schema" (developers.onelogin.com/scim/define-user-schema, read 2026-11) gives these to copy.
///
/// Repaired here:
///
/// 1. URNs of SCIM 1.1 and of drafts, as keys and at the front of paths; `urn:scim:schemas:core:2.0` is also reported in
///    goauthentik/authentik#11249. In `schemas` they are ignored (`SCIM.ResourceRules`).
///    ```
///    broken    {"urn:scim:schemas:extension:enterprise:1.0": {"department": "Sales"}}
///    repaired  {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales"}}
///    ```
///
/// 2. The manager as SCIM 1.1 spells it:
///    ```
///    broken    {"manager": {"managerId": "3f2a…"}}
///    repaired  {"manager": {"value": "3f2a…"}}
///    ```
///
/// 3. One address where a list belongs (also in 15five/django-scim2, `SCIMUser.parse_emails`):
///    ```
///    broken    {"emails": {"value": "ann@acme.example", "type": "work", "primary": true}}
///    repaired  {"emails": [{"value": "ann@acme.example", "type": "work", "primary": true}]}
///    ```
///
/// 4. `?` and `&` at the end of a URL (goauthentik/authentik#11249; the exact URL is not verified):
///    ```
///    broken    /Users?filter=userName%20eq%20%22ann%22&?
///    repaired  /Users?filter=userName%20eq%20%22ann%22
///    ```
///
/// Decided:
///
/// 5. A PUT without `externalId` leaves it: the core template has none, so that its absence says nothing. The methods are
///    those of OneLogin's sample server (onelogin/onelogin-scim-node, 2018): users by GET, POST, PUT and DELETE, groups by GET,
///    POST and PATCH. What its PATCH looks like is not verified; value list and value path are understood.
enum OneLoginQuirks {
    static let body = BodyRepair(name: currentName) { name, value in
        switch name {
        case "emails": value.object.map { [.object($0)] }
        case "manager": manager(value)
        default: nil
        }
    }

    /// The query without what separates nothing.
    static func repairedQuery(_ query: String) -> String {
        var query = query[...]
        while let last = query.last, last == "?" || last == "&" { query.removeLast() }
        return String(query)
    }

    private static func manager(_ value: JSONValue) -> JSONValue? {
        guard var object = value.object, let key = object.spelling(of: "managerId"), let id = object[key],
            object.value(caseInsensitive: "value") == nil
        else { return nil }
        object[key] = nil
        object["value"] = id
        return .object(object)
    }

    /// From long to short, since one is the beginning of another.
    private static let oldNames: [(old: String, new: String)] =
        ["1.0", "2.0"].flatMap { version in
            [("extension:enterprise", Schemas.enterpriseURN), ("core", Schemas.userURN)].flatMap { kind, new in
                [":User", ""].map { ("urn:scim:schemas:\(kind):\(version)\($0)", new) }
            }
        }

    /// A key or path with the URN that the RFC gave it.
    private static func currentName(_ name: String) -> String {
        let lowered = name.lowercased()
        guard lowered.hasPrefix("urn:scim:") else { return name }
        for (old, new) in oldNames where lowered.hasPrefix(old.lowercased()) {
            let rest = name.dropFirst(old.count)
            if rest.isEmpty || rest.first == ":" { return new + rest }
        }
        return name
    }
}

extension Client {
    static let oneLogin = Client(
        name: "onelogin", title: "OneLogin",
        repairs: Repairs(query: OneLoginQuirks.repairedQuery, BodyRepair.booleans.followed(by: OneLoginQuirks.body)),
        policies: Policies(anchorLeftOut: .isKept))
}
