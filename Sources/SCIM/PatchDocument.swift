import JSONBytes

/// A resource while operations are applied to it.
struct PatchDocument {
    var resource: JSONObject
    let type: ResourceType
    var unmatched = UnmatchedFilter.creates
    var members: [MemberOperation] = []
    private var memberCount = 0
    private let schemas: SchemaSet

    init(resource: JSONObject, type: ResourceType, in schemas: SchemaSet) {
        self.schemas = schemas
        self.resource = resource
        self.type = type
    }

    mutating func apply(_ operation: Patch.Operation) throws(SCIMError) {
        guard let path = operation.path else {
            return try merge(operation.value?.object ?? JSONObject(), verb: operation.verb)
        }
        let value = operation.value ?? .null
        if path.attribute == nil && path.urn == nil { return try applyCore(operation.verb, path, value) }
        try apply(operation.verb, path, value, isNamed: true)
    }

    /// The URN of the core schema as path: the value is as one without path.
    private mutating func applyCore(_ verb: Patch.Verb, _ path: AttributePath, _ value: JSONValue) throws(SCIMError) {
        if path.filter != nil { throw .bad(.invalidPath, "A schema takes no filter.") }
        if verb == .remove { throw .bad(.mutability, "A resource cannot lose its core schema.") }
        guard let object = value.object else {
            throw .bad(.invalidValue, "The value of a schema must be an object.")
        }
        try merge(object, verb: verb)
    }

    /// An object without a path: its keys are names, dotted or URN paths, or the URN of an extension with an object. Keys
    /// that are unknown or read-only are ignored, since clients send whole resources.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidSyntax` where two keys are one attribute, `userName` and `urn:…:User:userName`.
    mutating func merge(_ object: JSONObject, verb: Patch.Verb) throws(SCIMError) {
        var seen: Set<String> = []
        for member in object.members {
            guard let path = try? AttributePath(parsing: member.key, in: schemas) else { continue }
            if !seen.insert(path.description).inserted {
                throw .bad(.invalidSyntax, "The attribute '\(path.description)' occurs twice.")
            }
            if path.attribute == nil, path.urn == nil, let inner = member.value.object {
                try merge(inner, verb: verb)
                continue
            }
            try apply(verb, path, member.value, isNamed: false)
        }
    }

    /// - Parameter isNamed: whether the request named the path, so that a wrong one is an error and not ignored.
    private mutating func apply(
        _ verb: Patch.Verb, _ path: AttributePath, _ value: JSONValue, isNamed: Bool
    ) throws(SCIMError) {
        guard let attribute = path.attribute else {
            return try applyExtension(verb, path, value, isNamed: isNamed)
        }
        guard let definition = schemas.definition(attribute, urn: path.urn, type: type) else {
            // A schema that this endpoint does not have is not the client's mistake; an unknown name in one that it has is.
            let isOfKnownSchema = path.urn.map { schemas.urns.contains($0) } ?? true
            if !isNamed || !isOfKnownSchema { return }
            throw .bad(.invalidPath, "There is no attribute '\(path.attributeName)' in a \(type.rawValue).")
        }
        if definition.name == "members" && path.urn == nil { return try applyMembers(verb, path, definition, value) }
        if definition.mutability == .readOnly {
            if !isNamed || (definition.name == "schemas" && verb != .remove) { return }
            throw .bad(.mutability, "The attribute '\(definition.name)' is read-only.")
        }
        let sub = try subAttribute(of: definition, path, isNamed: isNamed)
        if path.subAttribute != nil && sub == nil { return }
        if definition.isMultiValued {
            try applyMultiValued(verb, path, definition, value, isNamed: isNamed)
        } else {
            if path.filter != nil {
                throw .bad(.invalidPath, "'\(definition.name)' has one value; it takes no filter.")
            }
            try applySingle(verb, path, definition, value)
        }
    }

    private func subAttribute(
        of definition: AttributeDefinition, _ path: AttributePath, isNamed: Bool
    ) throws(SCIMError) -> AttributeDefinition? {
        guard let name = path.subAttribute else { return nil }
        let sub = definition.subAttribute(name)
        if sub == nil && isNamed {
            throw .bad(.invalidPath, "There is no attribute '\(definition.name).\(name)'.")
        }
        if sub?.mutability == .readOnly && isNamed {
            throw .bad(.mutability, "The attribute '\(definition.name).\(name)' is read-only.")
        }
        return sub?.mutability == .readOnly ? nil : sub
    }

    private mutating func applyExtension(
        _ verb: Patch.Verb, _ path: AttributePath, _ value: JSONValue, isNamed: Bool
    ) throws(SCIMError) {
        if path.filter != nil { throw .bad(.invalidPath, "A schema takes no filter.") }
        guard let urn = path.urn, schemas.isExtension(urn, of: type) else { return }
        if verb == .remove || value.isNull {
            resource[urn] = nil
            return
        }
        guard let object = value.object else { throw .bad(.invalidValue, "'\(urn)' must be an object.") }
        for member in object.members {
            guard let inner = try? AttributePath(parsing: member.key, in: schemas), inner.attribute != nil else {
                continue
            }
            var full = inner
            full.urn = urn
            try apply(verb, full, member.value, isNamed: false)
        }
    }

    // MARK: - Single values

    private mutating func applySingle(
        _ verb: Patch.Verb, _ path: AttributePath, _ definition: AttributeDefinition, _ value: JSONValue
    ) throws(SCIMError) {
        let isClearing = verb == .remove || Self.isEmpty(value)
        if isClearing && definition.isRequired {
            let kind: SCIMError.Kind = verb == .remove ? .mutability : .invalidValue
            throw .bad(kind, "The attribute '\(definition.name)' is required.")
        }
        var next: JSONValue? = isClearing ? nil : value
        if definition.type == .complex {
            var object = stored(path.urn, definition.name)?.object ?? JSONObject()
            if let sub = path.subAttribute {
                object.set(sub, isClearing ? nil : value)
            } else if isClearing {
                object = JSONObject()
            } else if let given = value.object {
                for member in given.members {
                    object.set(definition.subAttribute(member.key)?.name ?? member.key, member.value)
                }
            } else {
                throw .bad(.invalidValue, "'\(definition.name)' must be an object.")
            }
            next = object.isEmpty ? nil : .object(object)
        }
        store(path.urn, definition.name, next)
    }

    // MARK: - Several values

    private mutating func applyMultiValued(
        _ verb: Patch.Verb, _ path: AttributePath, _ definition: AttributeDefinition, _ value: JSONValue, isNamed: Bool
    ) throws(SCIMError) {
        let before = stored(path.urn, definition.name)?.array ?? []
        if definition.type != .complex {
            let next = try Self.simpleValues(before, verb, path, definition, value)
            return store(path.urn, definition.name, next.isEmpty ? nil : .array(next))
        }
        var list = ValueList(values: before, definition: definition)
        if let filter = path.filter {
            try Self.checkNames(in: filter, definition)
            try list.apply(verb, filter: filter, sub: path.subAttribute, value, unmatched)
        } else if let sub = path.subAttribute {
            try list.apply(verb, sub: sub, value)
        } else {
            try list.apply(verb, value)
        }
        store(path.urn, definition.name, list.values.isEmpty ? nil : .array(list.values))
    }

    /// Values without sub-attributes: the same value is there once, and a filter sees one as its own `value`.
    private static func simpleValues(
        _ before: [JSONValue], _ verb: Patch.Verb, _ path: AttributePath, _ definition: AttributeDefinition,
        _ value: JSONValue
    ) throws(SCIMError) -> [JSONValue] {
        let given = (value.array ?? [value]).filter { !isEmpty($0) }
        if let filter = path.filter {
            guard verb == .remove, filter.attributeNames.allSatisfy({ ASCII.equal($0, "value") }) else {
                throw .bad(
                    .invalidPath, "The values of '\(definition.name)' can be removed by value, and not be changed.")
            }
            return before.filter { !filter.matchesValue($0) }
        }
        switch verb {
        case .add: return before + given.filter { !before.contains($0) }
        case .replace: return given
        case .remove: return given.isEmpty ? [] : before.filter { !given.contains($0) }
        }
    }

    /// A filter between brackets speaks of the sub-attributes of what stands before them.
    private static func checkNames(
        in filter: Filter, _ definition: AttributeDefinition
    ) throws(SCIMError) {
        for name in filter.attributeNames where definition.subAttribute(name) == nil {
            throw .bad(.invalidPath, "There is no attribute '\(definition.name).\(name)'.")
        }
    }

    static func isEmpty(_ value: JSONValue) -> Bool { value.isNull || value == .string("") || value == .array([]) }

    private func stored(_ urn: String?, _ name: String) -> JSONValue? {
        guard let urn else { return resource[name] }
        return resource[urn]?.object?[name]
    }

    private mutating func store(_ urn: String?, _ name: String, _ value: JSONValue?) {
        guard let urn else {
            resource[name] = value
            return
        }
        var inner = resource[urn]?.object ?? JSONObject()
        inner[name] = value
        resource[urn] = inner.isEmpty ? nil : .object(inner)
    }

    // MARK: - Members

    private mutating func applyMembers(
        _ verb: Patch.Verb, _ path: AttributePath, _ definition: AttributeDefinition, _ value: JSONValue
    ) throws(SCIMError) {
        if let filter = path.filter {
            try Self.checkNames(in: filter, definition)
            if path.subAttribute != nil { throw .bad(.mutability, "A member's attributes cannot be changed.") }
            if verb != .remove { throw .bad(.mutability, "A member cannot be changed; add or remove it.") }
            guard let ids = Self.memberIDs(in: filter) else { return try note(.removeMatching(filter), 1) }
            return try note(.remove(ids), ids.count)
        }
        if let sub = path.subAttribute, sub != "value" {
            throw .bad(.mutability, "A member's attributes cannot be changed.")
        }
        let ids = try MemberOperation.ids(value)
        switch verb {
        case .add: if !ids.isEmpty { try note(.add(ids), ids.count) }
        case .replace: try note(.replace(ids), ids.count)
        // RFC 7644 3.5.2.2 knows no value here; Entra sends one and means these members and no others.
        case .remove: try note(value.isNull ? .removeAll : .remove(ids), ids.count)
        }
    }

    private mutating func note(_ operation: MemberOperation, _ count: Int) throws(SCIMError) {
        memberCount += count
        if memberCount > Patch.membersMax {
            throw SCIMError(status: 413, "The request names more than \(Patch.membersMax) members; send several.")
        }
        members.append(operation)
    }

    /// The ids of `members[value eq "a" or value eq "b"]`, for which nobody needs to know the members; `nil` for any other
    /// filter.
    private static func memberIDs(in filter: Filter) -> [String]? {
        switch filter {
        case .compare(let path, .eq, .string(let id)) where path.attribute == "value": return [id]
        case .or(let left, let right):
            guard let left = memberIDs(in: left), let right = memberIDs(in: right) else { return nil }
            return left + right
        default: return nil
        }
    }
}

extension MemberOperation {
    /// The ids of a member list: objects with `value`, or plain ids; one alone counts as a list, null as an empty one
    /// (RFC 7643 2.5). What else a member says (`type`, `display`, `$ref`) is the endpoint's to say.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidValue` for anything else.
    package static func ids(_ value: JSONValue) throws(SCIMError) -> [String] {
        if value.isNull { return [] }
        var ids: [String] = []
        for entry in value.array ?? [value] {
            let id = entry.string ?? entry.object?.attribute("value")?.string
            guard let id, !id.isEmpty else {
                throw .bad(.invalidValue, "Each of 'members' must be an object whose 'value' is a resource's id.")
            }
            ids.append(id)
        }
        return ids
    }
}

extension JSONObject {
    /// Sets a sub-attribute; empty values clear it.
    mutating func set(_ name: String, _ value: JSONValue?) {
        self[name] = value.flatMap { PatchDocument.isEmpty($0) ? nil : $0 }
    }
}
