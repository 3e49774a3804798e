import JSONBytes
import Reconciliation

/// SCIM resources (RFC 7643) as records: they are in our terms already.
///
/// The immutable id of a resource is its `id`, which its server promises never to change; `externalId` is what some
/// other system calls it, and often absent.
enum SCIMMapping {
    static func draft(_ object: JSONObject, kind: Kind, place: Place) -> RecordDraft {
        var draft = RecordDraft(kind: kind, place: place)
        draft.anchorNeeded = "the resource has no id, which every SCIM resource must have; correct the export"
        draft.reference = object.value(caseInsensitive: "id")?.scalarText
        draft.anchor = draft.reference.map(Anchor.init)
        let nameKey = kind == .user ? "userName" : "displayName"
        if let name = object.value(caseInsensitive: nameKey), !name.isNull {
            draft.name = name.string
            if name.string == nil { draft.reject("badName", "\(nameKey) is not a text; correct the export") }
        }
        if let found = Self.kind(of: object), found != kind {
            draft.reject(
                "wrongKind",
                kind == .user
                    ? "this is a Group among the users; name the file under groups too"
                    : "this is a User among the groups; name the file under users too")
        }
        if let active = object.value(caseInsensitive: "active"), !active.isNull {
            draft.active = LooseBoolean.read(active)
            if draft.active == nil { draft.reject("badActive", "active is neither true nor false; correct the export") }
        }
        if kind == .group { draft.members = members(object) }
        attributes(object, into: &draft)
        return draft
    }

    /// Without a `members` key nothing is said: servers leave it out to keep answers short.
    private static func members(_ object: JSONObject) -> [MemberReference]? {
        object.value(caseInsensitive: "members")?.array?
            .compactMap { $0.object?.value(caseInsensitive: "value")?.scalarText }
            .map(MemberReference.init(key:))
    }

    private static func attributes(_ object: JSONObject, into draft: inout RecordDraft) {
        let manager = Slots.enterprise + ":manager"
        for slot in Attributes(resource: object).slots {
            if slot.path == Slots.manager || slot.path == manager {
                draft.add(manager: slot.value.scalarText)
            } else if !slot.path.hasPrefix(manager + ".") {
                draft.slots.append(slot)
            }
        }
    }

    /// The kind that a resource calls itself; `nil` when it does not.
    static func kind(of object: JSONObject) -> Kind? {
        if let type = object["meta"]?.object?["resourceType"]?.string {
            if type == "User" { return .user }
            if type == "Group" { return .group }
        }
        for case .string(let schema) in object["schemas"]?.array ?? [] {
            if schema == "urn:ietf:params:scim:schemas:core:2.0:User" { return .user }
            if schema == "urn:ietf:params:scim:schemas:core:2.0:Group" { return .group }
        }
        return nil
    }
}
