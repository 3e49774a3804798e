import SCIM

/// What JumpCloud sends that a reader of RFC 7644 would not expect. Sources: recorded bodies in ShiftControl-io/scim-v2-rust,
/// `provider_samples` (2026) and its earlier tests (2025-09-18) for PATCH; JumpCloud's page "Identity Management using a Custom
/// SCIM Integration" for what happens when an integration is activated.
///
/// Nothing has to be repaired. Understood elsewhere:
///
/// 1. Empty lists and null in a PUT clear the attribute (`SCIM.ResourceRules`): `"addresses": []`, `"emails": null`.
/// 2. One operation for each attribute: `{"op": "replace", "path": "name.givenName", "value": "Raj"}`.
/// 3. Members are removed by a list, as Entra does it, and must remove that member and no other:
///    ```
///    {"op": "remove", "path": "members", "value": [{"value": "jc-user-uuid-001"}]}
///    ```
/// 4. When an integration is activated, JumpCloud makes a test user and a test group and deletes both. They pass through the
///    accounts like anybody: the user is deactivated there, and deleted only where the connection's policies say so.
///
/// Decided:
///
/// 5. A PUT without `externalId` leaves it. JumpCloud creates people with their id there and sends smaller bodies later, which
///    say nothing about it (`jumpcloud_put_user_minimal.json`). To clear it would make a renamed person somebody new.
///    ```
///    {"schemas": ["urn:…:core:2.0:User"], "id": "5107…", "userName": "raj@acme.example", "active": true, "emails": null,
///     "name": {"givenName": "Raj", "familyName": "Patel"}}
///    ```
///    `"externalId": null` clears it.
/// 6. Text booleans are read, as for everybody; that JumpCloud sends them is not verified.
extension Client {
    static let jumpCloud = Client(
        name: "jumpcloud", title: "JumpCloud", repairs: Repairs(.booleans), policies: Policies(anchorLeftOut: .isKept))
}
