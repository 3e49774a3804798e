import JSONBytes
import SCIM

extension DirectoryRecord {
    /// The path of the one reference that a push can make.
    package static let managerPath = Schemas.enterpriseURN + ":manager.value"

    /// The record as a SCIM resource: schemas, id, externalId, active, attributes and references. Members, `groups` and
    /// `meta` are not in it; `active` is there only when the source said it.
    package var resource: JSONObject {
        var content = attributes.resource
        for reference in references where reference.path == Self.managerPath {
            var enterprise = content[Schemas.enterpriseURN]?.object ?? JSONObject()
            var manager = enterprise["manager"]?.object ?? JSONObject()
            manager["value"] = .string(reference.target.text)
            enterprise["manager"] = .object(manager)
            content[Schemas.enterpriseURN] = .object(enterprise)
        }
        var schemas: [JSONValue] = [.string(kind == .user ? Schemas.userURN : Schemas.groupURN)]
        if content[Schemas.enterpriseURN] != nil { schemas.append(.string(Schemas.enterpriseURN)) }
        var resource: JSONObject = ["schemas": .array(schemas), "id": .string(id)]
        if let anchor { resource["externalId"] = .string(anchor.value) }
        if let active { resource["active"] = .bool(active) }
        for member in content.members { resource[member.key] = member.value }
        return resource
    }

    /// The record after a push that leaves this resource: its whole content, complete for this record.
    ///
    /// What the record had and the resource has not is cleared, as far as the schemas know it. A manager that the push repeats as it was shown stays the
    /// reference that it was. A push about a record that was missing makes it present again. The version rises by one only
    /// when something changed.
    /// - Parameters:
    ///   - resource: as ``ResourceRules/checked(_:type:in:)`` returned it, so it has a name.
    ///   - schemas: what the endpoint speaks; values that it cannot say stay as they are.
    package func replacing(resource: JSONObject, in schemas: SchemaSet = .core) -> DirectoryRecord {
        var next = self
        let said = Self.taken(apart: resource, knowing: references)
        next.anchor = said.anchor
        next.active = kind == .user ? said.active : nil
        next.attributes = said.attributes
        // A push speaks in the published schemas: what only a snapshot can say, such as a custom extension, it leaves alone.
        let sayable = schemas.extensions.isEmpty ? [] : pathsSayable(in: schemas)
        for slot in attributes.slots where Schemas.resolve(slot.path, group: kind == .group) == nil {
            if !sayable.contains(slot.path) && said.attributes.leavesRoom(for: slot.path) {
                next.attributes[slot.path] = slot.value
            }
        }
        next.references = said.references
        next.name = said.attributes[kind == .user ? "userName" : "displayName"]?.string ?? name
        let had = Set(attributes.slots.map(\.path)).union(references.map(\.path))
        let has = Set(next.attributes.slots.map(\.path)).union(said.references.map(\.path))
        next.cleared = Set(cleared).union(had).subtracting(has).sorted()
        next.missingSince = nil
        next.deletedAt = nil
        if next != self {
            next.version = version + 1
            next.origin = .push
        }
        return next
    }

    /// The slots whose values a push in these schemas could have said.
    private func pathsSayable(in schemas: SchemaSet) -> Set<String> {
        let writable = schemas.writable(resource, type: kind == .user ? .user : .group)
        return Set(Attributes(resource: writable).slots.map(\.path))
    }

    /// The first push about somebody: a new record with version 1.
    ///
    /// - Parameter resource: as ``ResourceRules/checked(_:type:)`` returned it, so it has a name.
    package init(id: String, kind: Kind, resource: JSONObject) {
        let said = Self.taken(apart: resource, knowing: [])
        self.init(
            id: id, kind: kind, anchor: said.anchor, reference: nil,
            name: said.attributes[kind == .user ? "userName" : "displayName"]?.string ?? "",
            active: kind == .user ? said.active : nil, attributes: said.attributes, references: said.references,
            origin: .push)
    }

    private typealias Parts = (anchor: Anchor?, active: Bool?, attributes: Attributes, references: [RecordReference])

    private static func taken(apart resource: JSONObject, knowing known: [RecordReference]) -> Parts {
        var attributes = Attributes(resource: resource)
        var references = known.filter { $0.path != managerPath }
        if let manager = attributes[managerPath]?.scalarText {
            let same = known.first { $0.path == managerPath && $0.target.text == manager }
            references.append(same ?? RecordReference(path: managerPath, target: .record(id: manager)))
            references.sort { $0.path < $1.path }
        }
        attributes[managerPath] = nil
        return (
            resource["externalId"]?.string.map(Anchor.init), resource["active"]?.bool, attributes, references
        )
    }
}

extension Attributes {
    /// Whether a slot can stay beside these: none of them is a value of the same attribute, save other parts of it.
    fileprivate func leavesRoom(for path: String) -> Bool {
        func parts(_ path: String) -> (attribute: Substring, isPart: Bool) {
            let start = Self.splitURN(path).urn.map { path.index(path.startIndex, offsetBy: $0.count + 1) }
            let rest = path[(start ?? path.startIndex)...]
            let end = rest.firstIndex { $0 == "." || $0 == "[" } ?? rest.endIndex
            return (path[..<end], end < rest.endIndex && rest[end] == ".")
        }
        if self[path] != nil { return false }
        let own = parts(path)
        return slots.allSatisfy { slot in
            let other = parts(slot.path)
            return other.attribute != own.attribute || (other.isPart && own.isPart)
        }
    }
}
