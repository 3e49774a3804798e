import JSONBytes
import Reconciliation
import SCIM
import Storage

/// What a resource shows beyond its own record: a group's members, a person's groups. `nil`: not asked for.
struct Related: Sendable {
    var members: [StoredMember]?
    var groups: [Group]?

    struct Group: Sendable {
        var id: String
        var displayName: String
    }

    /// The people and groups around a resource, read only when they are wanted: a group may have 100,000 members.
    static func read(
        _ store: Store, _ scope: PushScope, _ type: ResourceType, id: String, _ selection: AttributeSelection
    ) throws -> Related {
        switch type {
        case .group: return Related(members: selection.wants("members") ? try store.members(scope, groupID: id) : nil)
        case .user:
            guard selection.wants("groups") else { return Related() }
            return Related(
                groups: try store.groups(scope, memberID: id).map { Group(id: $0.id, displayName: $0.displayName) })
        }
    }
}

/// Resources as documents. A manager is shown by `value` alone: its record may not be here yet, and a `$ref` that leads
/// nowhere, or that differs from what the client sent, has made clients send the manager again for ever.
struct ResourceForm: Sendable {
    let baseURL: String
    let type: ResourceType
    var schemas = SchemaSet.core

    func location(_ id: String) -> String { baseURL + "/" + type.endpoint + "/" + id }

    static func etag(_ stored: StoredResource) -> String { "W/\"\(stored.record.version)\"" }

    func document(_ stored: StoredResource, _ related: Related) -> JSONObject {
        var document = schemas.shown(stored.record.resource, type: type)
        if let members = related.members, !members.isEmpty {
            document["members"] = .array(members.map { .object(member($0)) })
        }
        if let groups = related.groups, !groups.isEmpty { document["groups"] = .array(groups.map(group)) }
        document["meta"] = [
            "resourceType": .string(type.rawValue), "created": .string(Self.text(stored.createdAt)),
            "lastModified": .string(Self.text(stored.changedAt)), "location": .string(location(stored.record.id)),
            "version": .string(Self.etag(stored)),
        ]
        return document
    }

    /// A member that no record answers to yet has an id and nothing else.
    func member(_ member: StoredMember) -> JSONObject {
        var object: JSONObject = ["value": .string(member.id)]
        if let kind = member.kind {
            let type: ResourceType = kind == .user ? .user : .group
            object["$ref"] = .string(baseURL + "/" + type.endpoint + "/" + Self.segment(member.id))
            object["type"] = .string(type.rawValue)
            if let name = member.displayName { object["display"] = .string(name) }
        }
        return object
    }

    private func group(_ group: Related.Group) -> JSONValue {
        [
            "value": .string(group.id), "$ref": .string(baseURL + "/Groups/" + Self.segment(group.id)),
            "display": .string(group.displayName), "type": "direct",
        ]
    }

    private static func text(_ instant: Instant) -> String { DateTime.text(milliseconds: instant.milliseconds) }

    /// A client's text as one segment of a URL.
    private static func segment(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D || byte == 0x5F
            if isPlain { bytes.append(byte) } else { bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
