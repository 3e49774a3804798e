import SCIM

/// What SailPoint sends that a reader of RFC 7644 would not expect. Source: Captain-P-Goldfish/SCIM-SDK#327 (2022-09-07).
///
/// Nothing has to be repaired. Understood elsewhere:
///
/// 1. Parts of one complex attribute in several operations without path. Each leaves the other parts alone
///    (`SCIM.PatchDocument`); a server that replaces the whole name loses the first:
///    ```
///    {"op": "replace", "value": {"name": {"familyName": "Patel"}}}
///    {"op": "replace", "value": {"name": {"givenName": "Raj"}}}
///    ```
///
/// Decided: as the default, but the name of a deleted person is taken as sent, which is Entra's habit alone. Everything else
/// about SailPoint's requests is not verified.
extension Client {
    static let sailPoint = Client(
        name: "sailpoint", title: "SailPoint", repairs: Repairs(.booleans), policies: Policies())
}
