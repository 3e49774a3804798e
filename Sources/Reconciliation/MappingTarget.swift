import JSONBytes
import SCIM

/// What a line of a mapping fills: an attribute of the schemas in one spelling.
package struct MappingTarget: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// `userName` of a user, `displayName` of a group: the name, which is a slot too.
        case name
        case active
        case anchor
        case manager
        /// One value: `title`, `name.givenName`, `urn:…:department`.
        case slot
        /// A part of the value in a slot: `value` of `emails[type eq "work"]`. `isPrimary` marks the value as the primary one.
        case part(slot: String, name: String, isPrimary: Bool)
        /// All values of an attribute, whatever their types: `roles`.
        case values(String)
    }

    package let path: String
    package let place: Place
    package let isBoolean: Bool

    /// Why a name is no target.
    package struct Problem: Error, Sendable, Hashable {
        package var detail: String
        package var cure: String
    }

    /// Finds the attribute of a name in any letter case, in the spellings of Entra: `title`, `department`,
    /// `emails[type eq "work"].value`, `roles[primary eq "True"].value`, or a full URN.
    package init(parsing name: String, kind: Kind) throws(Problem) {
        guard let path = try? AttributePath(parsing: name), let attribute = path.attribute,
            let found = Schemas.resolve(name, group: kind == .group)
        else {
            throw Problem(
                detail: "no \(kind.rawValue) has an attribute \(Self.quoted(name))",
                cure: "name a SCIM attribute such as \(kind == .user ? "title" : "displayName")")
        }
        switch found.path {
        case kind == .user ? "userName" : "displayName": self.init(found.path, .name, found)
        case "active": self.init(found.path, .active, found)
        case "externalId": self.init(found.path, .anchor, found)
        case DirectoryRecord.managerPath: self.init(found.path, .manager, found)
        default:
            if Attributes.reserved.contains(attribute.lowercased()) || found.definition.mutability == .readOnly {
                throw Problem(detail: "\(found.path) cannot be mapped", cure: Self.cure(attribute))
            }
            self = try Self(path, found)
        }
    }

    private init(_ path: String, _ place: Place, _ found: ResolvedAttribute) {
        self.path = path
        self.place = place
        isBoolean = found.definition.type == .boolean
    }

    private static func cure(_ attribute: String) -> String {
        attribute.lowercased() == "members" || attribute.lowercased() == "groups"
            ? "members are taken from the groups of the source" : "map another attribute"
    }

    private init(_ path: AttributePath, _ found: ResolvedAttribute) throws(Problem) {
        guard found.isMultiValued else {
            guard found.definition.type != .complex else {
                let parts = found.definition.subAttributes.map { found.path + "." + $0.name }
                throw Problem(
                    detail: "\(found.path) has parts", cure: "map one of them: " + parts.joined(separator: ", "))
            }
            self.init(found.path, .slot, found)
            return
        }
        let attribute = path.attributeName
        let name = found.path.split(separator: ".").last.map(String.init) ?? "value"
        guard let filter = path.filter else {
            guard name == "value" else {
                throw Problem(
                    detail: "\(found.path) can have several values",
                    cure: "say which, for example \(attribute)[type eq \"work\"].\(name)")
            }
            self.init(attribute, .values(attribute), found)
            return
        }
        guard found.definition.type != .complex else {
            let parts = found.definition.subAttributes.map { found.path + "." + $0.name }
            throw Problem(detail: "\(found.path) has parts", cure: "map one of them: " + parts.joined(separator: ", "))
        }
        let (slot, isPrimary) = try Self.slot(attribute, filter)
        self.init(found.path, .part(slot: slot, name: name, isPrimary: isPrimary), found)
    }

    private static func slot(_ attribute: String, _ filter: Filter) throws(Problem) -> (String, isPrimary: Bool) {
        if case .compare(let path, .eq, let value) = filter {
            if path.attribute == "type", case .string(let type) = value {
                return (Attributes.slotPath(attribute, type: type), false)
            }
            let isTrue: Bool
            switch value {
            case .string(let text): isTrue = text.lowercased() == "true"
            case .bool(let bool): isTrue = bool
            default: isTrue = false
            }
            if path.attribute == "primary" && isTrue { return (attribute, true) }
        }
        throw Problem(
            detail: "a mapping cannot fill \(attribute)[\(filter.description)]",
            cure: "choose the value by its type, as \(attribute)[type eq \"work\"]")
    }

    private static func quoted(_ text: String) -> String { JSONValue.string(String(text.prefix(60))).text }

    package static func == (left: MappingTarget, right: MappingTarget) -> Bool {
        left.path == right.path && left.place == right.place
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(path) }

    /// The slot that is compared, for mappings that are applied once.
    package var slot: String {
        switch place {
        case .part(let slot, _, _), .values(let slot): slot
        default: path
        }
    }
}

// MARK: - Values

extension MappingTarget {
    /// A result in the form that the target holds; `nil` for empty.
    ///
    /// - Throws: where one value is needed and there are several, or a truth value and there is none.
    package func form(_ value: ExpressionValue) throws(ExpressionFailure) -> JSONValue? {
        if value.isEmpty { return nil }
        if isBoolean {
            guard let truth = value.truth ?? looseTruth(value) else {
                throw ExpressionFailure("the value is neither true nor false")
            }
            return .bool(truth)
        }
        switch place {
        case .values: return .array(try value.values.map { item throws(ExpressionFailure) in try Self.element(item) })
        case .part(_, "value", _) where value.values.count > 1:
            return .array(try value.values.map { item throws(ExpressionFailure) in try Self.element(item) })
        default: return .string(try value.text())
        }
    }

    /// `1`, `yes` and the like, as exports write them.
    private func looseTruth(_ value: ExpressionValue) -> Bool? {
        guard let text = try? value.text() else { return nil }
        return switch text.lowercased() {
        case "1", "yes", "y": true
        case "0", "no", "n": false
        default: nil
        }
    }

    private static func element(_ value: ExpressionValue) throws(ExpressionFailure) -> JSONValue {
        if case .object(let object) = value { return .object(object) }
        return ["value": .string(try value.text())]
    }

    /// What the slots hold at this target.
    package func value(in slots: [Attributes.Slot]) -> JSONValue? {
        switch place {
        case .slot, .name: return slots.first { $0.path == path }?.value
        case .part(let slot, let name, _):
            let value = slots.first { $0.path == slot }?.value
            return (value?.array?.first ?? value)?.object?[name]
        case .values(let attribute):
            let found = slots.filter { Self.isSlot($0.path, of: attribute) }.flatMap { $0.value.array ?? [$0.value] }
            return found.isEmpty ? nil : .array(found)
        case .active, .anchor, .manager: return nil
        }
    }

    /// Puts a formed value in its slot; `nil` empties the target.
    package func fill(_ value: JSONValue?, in slots: inout [Attributes.Slot]) {
        switch place {
        case .slot, .name:
            slots.removeAll { $0.path == path }
            if let value { slots.append(Attributes.Slot(path: path, value: value)) }
        case .part(let slot, let name, let isPrimary):
            let before = slots.first { $0.path == slot }?.value
            slots.removeAll { $0.path == slot }
            if let after = Self.with(before, name, value, isPrimary) {
                slots.append(Attributes.Slot(path: slot, value: after))
            }
        case .values(let attribute):
            slots.removeAll { Self.isSlot($0.path, of: attribute) }
            if let value { slots += Attributes(resource: [attribute: value]).slots }
        case .active, .anchor, .manager: break
        }
    }

    private static func isSlot(_ path: String, of attribute: String) -> Bool {
        path == attribute || Attributes.typedSlot(path)?.attribute == attribute
    }

    /// What is cleared beside a result: the target when nothing is left there, and for a whole attribute every value that
    /// the result does not have.
    package func cleared(_ result: MappingResult) -> [String] {
        switch (place, result) {
        case (.values(let attribute), .value), (.values(let attribute), .cleared): [Attributes.whole(attribute)]
        case (_, .cleared): [slot]
        default: []
        }
    }

    /// A value with one part changed. What is left without any content but its mark is gone.
    private static func with(
        _ before: JSONValue?, _ name: String, _ value: JSONValue?, _ isPrimary: Bool
    ) -> JSONValue? {
        if case .array(let values)? = value { return values.count == 1 ? values[0] : .array(values) }
        var rest = before?.array ?? []
        var object = (rest.isEmpty ? before : rest.removeFirst())?.object ?? JSONObject()
        object[name] = value
        if isPrimary { object["primary"] = true }
        let isEmpty = object.members.allSatisfy { $0.key == "primary" }
        let first = isEmpty ? [] : [JSONValue.object(object).canonical]
        let all = first + rest
        return all.count > 1 ? .array(all) : all.first
    }
}
