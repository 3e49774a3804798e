import SCIM

/// What Okta sends that a reader of RFC 7644 would not expect. Source: Okta's "SCIM 2.0 Protocol Reference" (2020 edition, with
/// requests of 2019-09-10), the same page in okta/okta-developer-docs.
///
/// Nothing has to be repaired. Understood elsewhere:
///
/// 1. Somebody is deactivated by a PATCH without path from an app of Okta's catalogue, by a PUT of the whole user from an app of
///    one's own (`SCIM.PatchDocument`; `EndpointCall`):
///    ```
///    {"op": "replace", "value": {"active": false}}
///    ```
/// 2. A group is renamed by a PATCH without path that names the id, too; read-only keys of such a value are ignored:
///    ```
///    {"op": "replace", "value": {"id": "abf4dd94…", "displayName": "Sales EMEA"}}
///    ```
///    It says nothing about members, so it changes none.
/// 3. POST and PUT carry `password`, which is thrown away, and `groups` and `meta`, which are read-only (`SCIM.ResourceRules`).
/// 4. A full push of a group replaces `members`; `"members": []` empties the group, a body without `members` does not.
///
/// Decided:
///
/// 5. A member that is not known waits: Okta takes 400 for permanent and would leave the other members out, too
///    (fleetdm/fleet#52600).
/// 6. A PUT without `externalId` clears it: Okta reads the user, changes it and puts all of it, so what is missing is meant.
/// 7. Okta deletes no users; DELETE comes for groups only. Text booleans are read, as for everybody (whether Okta ever sends
///    them is not verified). No request with a filter beyond `members[value eq …]` is documented; one that matches nothing
///    makes its value, since Okta would not come again after a 400.
extension Client {
    static let okta = Client(
        name: "okta", title: "Okta", repairs: Repairs(.booleans), policies: Policies())
}
