import JSONBytes

/// A person's or group's attributes by slot: the unit in which things are compared, changed and shown.
///
/// A slot is what changes as one: `title`, `name.givenName`, `emails[type eq "work"]`,
/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`. Values of a multi-valued attribute are grouped by
/// their `type`, so that a source which knows only the work address says nothing about the private one. A slot holds a scalar,
/// or one object, or an array where there are several values of one type. Slots are sorted by the bytes of their path.
package struct Attributes: Sendable, Hashable {
    package private(set) var slots: [Slot]

    package struct Slot: Sendable, Hashable {
        package let path: String
        package var value: JSONValue

        package init(path: String, value: JSONValue) {
            self.path = path
            self.value = value
        }
    }

    package init() { slots = [] }

    package init(_ slots: [Slot]) {
        self.slots = slots.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    package var isEmpty: Bool { slots.isEmpty }

    package subscript(path: String) -> JSONValue? {
        get {
            let index = position(of: path)
            return index < slots.count && slots[index].path == path ? slots[index].value : nil
        }
        set {
            let index = position(of: path)
            let found = index < slots.count && slots[index].path == path
            switch (found, newValue) {
            case (true, let value?): slots[index].value = value
            case (true, nil): slots.remove(at: index)
            case (false, let value?): slots.insert(Slot(path: path, value: value), at: index)
            case (false, nil): break
            }
        }
    }

    private func position(of path: String) -> Int {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].path.utf8.lexicographicallyPrecedes(path.utf8) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Attributes {
    /// Attributes that are never slots: they belong to the server, to members' own rows, or to nobody (a password is
    /// never stored).
    package static let reserved: Set<String> = [
        "schemas", "id", "externalid", "meta", "groups", "members", "active", "password",
    ]

    /// Takes a SCIM resource or a stored document apart into slots. Null and empty values are left out; `active`,
    /// `externalId` and the other ``reserved`` attributes are not slots.
    package init(resource: JSONObject) {
        var slots: [Slot] = []
        for member in resource.members where !Self.reserved.contains(member.key.lowercased()) {
            if member.key.hasPrefix("urn:"), case .object(let extensionObject) = member.value {
                for inner in extensionObject.members {
                    Self.append(inner.value, at: member.key + ":" + inner.key, to: &slots)
                }
            } else {
                Self.append(member.value, at: member.key, to: &slots)
            }
        }
        self.init(slots)
    }

    private static func append(_ value: JSONValue, at path: String, to slots: inout [Slot]) {
        switch value {
        case .null: return
        case .string(""): return
        case .array(let values): appendValues(values, at: path, to: &slots)
        case .object(let object):
            for member in object.members { append(member.value, at: path + "." + member.key, to: &slots) }
        default: slots.append(Slot(path: path, value: value))
        }
    }

    /// Values with a `type` are grouped by it, in order of first appearance; values without go under the bare path.
    private static func appendValues(_ values: [JSONValue], at path: String, to slots: inout [Slot]) {
        var groups: [(path: String, values: [JSONValue])] = []
        for value in values {
            guard let (slot, element) = element(value, at: path) else { continue }
            if let index = groups.firstIndex(where: { $0.path == slot }) {
                groups[index].values.append(element)
            } else {
                groups.append((slot, [element]))
            }
        }
        for group in groups {
            let single = group.values.count == 1 && group.values[0].object != nil
            slots.append(Slot(path: group.path, value: single ? group.values[0] : .array(group.values)))
        }
    }

    private static func element(_ value: JSONValue, at path: String) -> (String, JSONValue)? {
        guard case .object(var object) = value else { return value.isNull ? nil : (path, value) }
        let type = object["type"]?.string
        object["type"] = nil
        let kept = JSONValue.object(object).canonical
        guard case .object(let rest) = kept, !rest.isEmpty else { return nil }
        guard let type else { return (path, kept) }
        return (Self.slotPath(path, type: type), kept)
    }

    /// `emails` and `work` give `emails[type eq "work"]`.
    package static func slotPath(_ attribute: String, type: String) -> String {
        let isPlain = !type.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") }
        if isPlain { return attribute + "[type eq \"" + type + "\"]" }
        let escaped = type.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return attribute + "[type eq \"" + escaped + "\"]"
    }

    /// The attribute and the type of a typed slot path, `nil` for any other path.
    package static func typedSlot(_ path: String) -> (attribute: String, type: String)? {
        guard path.hasSuffix("\"]"), let start = path.range(of: "[type eq \"") else { return nil }
        let type = path[start.upperBound...].dropLast(2)
        return (
            String(path[..<start.lowerBound]),
            String(type.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\"))
        )
    }

    /// Stands in a list of cleared slots for every slot of an attribute that is not said beside it, whatever its type.
    package static func whole(_ attribute: String) -> String { attribute + "[*]" }

    /// The slots here that an entry of a list of cleared slots means.
    package func slots(clearedBy entry: String) -> [String] {
        guard entry.hasSuffix("[*]") else { return self[entry] == nil ? [] : [entry] }
        let attribute = entry.dropLast(3)
        return slots.map(\.path).filter {
            $0 == attribute || Self.typedSlot($0).map { $0.attribute == attribute } ?? false
        }
    }

    /// The SCIM resource that these slots make, without `schemas`, `id`, `active` and the other reserved attributes.
    package var resource: JSONObject {
        var object = JSONObject()
        for slot in slots { Self.place(slot, into: &object) }
        return object
    }

    private static func place(_ slot: Slot, into object: inout JSONObject) {
        let (urn, rest) = splitURN(slot.path)
        guard let urn else { return place(slot.value, at: rest, into: &object) }
        var inner = object[urn]?.object ?? JSONObject()
        place(slot.value, at: rest, into: &inner)
        object[urn] = .object(inner)
    }

    private static func place(_ value: JSONValue, at path: String, into object: inout JSONObject) {
        if let typed = typedSlot(path) {
            var values = object[typed.attribute]?.array ?? []
            for case .object(var element) in value.array ?? [value] {
                element["type"] = .string(typed.type)
                values.append(.object(element))
            }
            object[typed.attribute] = .array(values)
        } else if let dot = path.firstIndex(of: ".") {
            let outer = String(path[..<dot])
            var inner = object[outer]?.object ?? JSONObject()
            place(value, at: String(path[path.index(after: dot)...]), into: &inner)
            object[outer] = .object(inner)
        } else if case .object = value {
            object[path] = .array((object[path]?.array ?? []) + [value])
        } else if case .array(let values) = value {
            object[path] = .array((object[path]?.array ?? []) + values)
        } else {
            object[path] = value
        }
    }

    /// The extension's URN and the path within it; the URN is `nil` for a core attribute. A URN ends at its last colon,
    /// never at the dot of its version.
    package static func splitURN(_ path: String) -> (urn: String?, rest: String) {
        let bare = path.prefix { $0 != "[" }
        guard path.hasPrefix("urn:"), let colon = bare.lastIndex(of: ":") else { return (nil, path) }
        return (String(path[..<colon]), String(path[path.index(after: colon)...]))
    }
}
