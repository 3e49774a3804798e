import JSONBytes
import SCIM

/// What a clause looks at.
package enum FilterAttribute: Sendable, Hashable {
    case externalId
    case active
    /// The record as a member of groups, for MEMBER_OF.
    case groups
    /// A slot's path, or a path within it: `title`, `name.givenName`, `urn:…:department`, `emails.value`,
    /// `emails[type eq "work"].value`.
    case slot(path: String, isMultiValued: Bool)
    /// An attribute of the raw export that no mapping carries.
    case source(String)

    package var text: String {
        switch self {
        case .externalId: "externalId"
        case .active: "active"
        case .groups: "groups"
        case .slot(let path, _): path
        case .source(let name): "source." + name
        }
    }

    /// Without an extension's URN, as people write it in a job.
    package var readableText: String { Attributes.splitURN(text).rest }
}

extension FilterAttribute {
    /// The attribute's values that are not empty: absent, null, `[]` and `""` give none.
    package func values(in record: DirectoryRecord) -> [JSONValue] {
        switch self {
        case .externalId: return record.anchor.map { [.string($0.value)] } ?? []
        case .active: return [.bool(record.active ?? true)]
        case .groups: return []
        case .source(let name): return Self.flat(record.source[name] ?? .null)
        case .slot(let path, let isMultiValued):
            return isMultiValued ? Self.multi(path, record) : Self.flat(record.attributes[path] ?? .null)
        }
    }

    /// `emails.value` looks into every slot of `emails`, `emails[type eq "work"].value` into that one.
    private static func multi(_ path: String, _ record: DirectoryRecord) -> [JSONValue] {
        let (attribute, sub) = split(path)
        let slots = record.attributes.slots.filter {
            $0.path == attribute || Attributes.typedSlot($0.path)?.attribute == attribute
        }
        return slots.flatMap { slot in
            (slot.value.array ?? [slot.value]).flatMap { flat($0.object.map { $0[sub] ?? .null } ?? $0) }
        }
    }

    private static func split(_ path: String) -> (attribute: String, sub: String) {
        let end = path.lastIndex(of: "]") ?? path.lastIndex(of: ":") ?? path.startIndex
        guard let dot = path[end...].lastIndex(of: ".") else { return (path, "value") }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }

    private static func flat(_ value: JSONValue) -> [JSONValue] {
        switch value {
        case .null, .string(""): []
        case .array(let values): values.flatMap(flat)
        default: [value]
        }
    }
}
