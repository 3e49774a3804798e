import SCIM

/// What PingFederate and PingOne send that a reader of RFC 7644 would not expect. Sources: Ping Identity's pages "SCIM
/// Provisioner" and "User and group management" (of 2024-07-08) for PingFederate, "SCIM provisioning features" for PingOne.
///
/// Nothing has to be repaired:
///
/// 1. PingFederate's users come by PUT (its page: no PATCH for users), and who leaves is disabled (`"active": false`) or deleted,
///    as the administrator chose.
/// 2. Its groups come by PUT or PATCH; it finds a group by reading all of them, page by page, so the order of a list must be
///    stable, and is.
/// 3. It finds people by `userName` (or what its option *Unique User Identifier* says); PingOne by a filter that an
///    administrator writes, `userName Eq "%s"`: operators count in any letter case (`SCIM.Filter`).
///
/// Decided:
///
/// 4. A PUT without `externalId` clears it: the attributes are mapped in full, and what is not mapped was never there.
/// 5. Text booleans are read, an unmatched filter makes its value and an unknown member waits, as for everybody; that Ping sends
///    any of the three is not verified. PingOne's bodies are not verified either.
extension Client {
    static let ping = Client(
        name: "ping", title: "PingFederate and PingOne", repairs: Repairs(.booleans), policies: Policies())
}
