import JSONBytes
import SCIM

/// What Microsoft Entra ID sends otherwise than RFC 7644 has it.
///
/// Sources: Microsoft's pages "Known issues and resolutions with SCIM 2.0 protocol compliance" (of 2025-04-15) and "Develop and
/// plan provisioning for a SCIM endpoint" (of 2025-03-04); where another one is better, it stands beside the quirk.
///
/// One client with and without `aadOptscim062020` in the tenant URL: the flag mends quirks 1 and 4 for most attributes, but not
/// those of mapped constants, and provisioning on demand ignores it (the first page says so). An endpoint that trusted the flag
/// would fail on the day on which somebody presses that button.
///
/// Repaired here:
///
/// 1. Booleans as text. Without the flag, and always for mapped constants:
///    ```
///    broken    {"op": "Replace", "path": "active", "value": "False"}
///    repaired  {"op": "Replace", "path": "active", "value": false}
///    ```
///    The same inside bodies and values without path: `{"active": "True"}`, `{"roles": [{"primary": "True", ...}]}`.
///
/// 2. The manager as a plain text (MicrosoftDocs/azure-docs#11784):
///    ```
///    broken    {"op": "Add", "path": "urn:…:enterprise:2.0:User:manager", "value": "3f2a…"}
///    repaired  {"op": "Add", "path": "urn:…:enterprise:2.0:User:manager", "value": {"value": "3f2a…"}}
///    ```
///    `""` clears the manager and needs no repair.
///
/// 3. A value in a list, where the attribute has one value (the jobs of before December 2018):
///    ```
///    broken    {"op": "Replace", "path": "active", "value": [{"value": "False"}]}
///    repaired  {"op": "Replace", "path": "active", "value": false}
///    ```
///
/// Understood elsewhere, because they only widen what the RFC says:
///
/// 4. Capitalised operations (`Add`; `SCIM.Patch`), and members removed by a list, which must remove that member and no other
///    (`SCIM.PatchDocument`): `{"op": "Remove", "path": "members", "value": [{"value": "id"}]}`.
/// 5. Dotted and URN keys in a value without path, which is how the flag sends several attributes (`SCIM.PatchDocument`).
/// 6. Schema URNs that no RFC knows in `schemas` (ignored; `SCIM.ResourceRules`), `"roles": []`, and
///    `roles[primary eq "True"].value` (`SCIM.Filter`).
///
/// Decided:
///
/// 7. Values chosen by a filter that are not there yet are made: Entra sends `Replace` for `emails[type eq "work"].value` of
///    somebody without address (Captain-P-Goldfish/SCIM-SDK#416 and #668), and repeats it for ever where it gets `noTarget`.
/// 8. The name of somebody who was deleted in Entra is not taken, see ``keepingName(_:of:)``.
enum EntraQuirks {
    static let body = BodyRepair { name, value in
        switch name {
        case "active", "primary": BodyRepair.boolean(unwrapped(value))
        case "manager": value.string.map { $0.isEmpty ? value : ["value": .string($0)] }
        default: nil
        }
    }

    private static func unwrapped(_ value: JSONValue) -> JSONValue {
        guard let values = value.array, values.count == 1 else { return value }
        return values[0].object?["value"] ?? values[0]
    }

    /// Entra frees the name of a deleted person by putting the object id's 32 hexadecimal digits before it, and pushes that as
    /// a new name together with `active: false`; seen on 2026-08-19 (onyx-dot-app/onyx#14074).
    /// ```
    /// sent      {"userName": "283405f5…c2raj.patel@acme.example", "active": "False"}
    /// repaired  {"userName": "raj.patel@acme.example", "active": false}
    /// ```
    /// Whoever takes such a name spoils the account of everybody who left: after a restore nobody finds it, and a second one is
    /// made. So the person keeps the name as long as they are inactive. The price: somebody new with the same name is refused
    /// with 409 until Entra sends the DELETE, 30 days later, or somebody renames one of the two.
    ///
    /// - Parameters:
    ///   - resource: a user as the request leaves it.
    ///   - name: the name until now.
    static func keepingName(_ resource: JSONObject, of name: String) -> JSONObject {
        guard resource["active"] == false, let next = resource["userName"]?.string, isTombstone(next, of: name) else {
            return resource
        }
        var resource = resource
        resource["userName"] = .string(name)
        return resource
    }

    /// Hexadecimal digits of an object id without its hyphens.
    private static let objectIDDigits = 32

    private static func isTombstone(_ next: String, of name: String) -> Bool {
        guard next.utf8.count > objectIDDigits else { return false }
        let digits = next.utf8.prefix(objectIDDigits)
        let isHexadecimal = digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
        guard isHexadecimal, let rest = String(next.utf8.dropFirst(objectIDDigits)) else { return false }
        return KeyFolding.fold(rest) == KeyFolding.fold(name)
    }
}

extension Client {
    static let entra = Client(
        name: "entra", title: "Microsoft Entra ID, with and without aadOptscim062020",
        repairs: Repairs(EntraQuirks.body), policies: Policies(nameOfDeleted: .isIgnored))
}
