import SCIM

/// What Google Workspace's automated provisioning sends that a reader of RFC 7644 would not expect. Google publishes no account
/// of its requests; the sources are servers that receive them.
///
/// Repaired here:
///
/// 1. `active` as text (dmlab-work/module-admin-scim-google, 2026-09-26):
///    ```
///    broken    {"op": "replace", "value": {"active": "false"}}
///    repaired  {"op": "replace", "value": {"active": false}}
///    ```
///
/// Understood elsewhere:
///
/// 2. `Content-Type: application/json`, from the agent `Google-Auto-Provisioning` (pond/scimitar, its controller's tests);
///    accepted from everybody (`EndpointCall`).
///
/// Decided: as the RFC has it, with what everybody gets: an unmatched filter makes its value, an unknown member waits. Whether
/// Google updates by PUT or PATCH depends on the application (both are understood); it is reported to push people and no groups
/// (AWS IAM Identity Center's users of it). Deprovisioning sends `active: false` and later DELETE, each after a delay that the
/// administrator sets. Not verified: any body beyond the above.
extension Client {
    static let google = Client(
        name: "google", title: "Google Workspace", repairs: Repairs(.booleans), policies: Policies())
}
