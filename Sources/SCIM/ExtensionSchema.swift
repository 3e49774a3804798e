import JSONBytes

/// A schema beyond RFC 7643 that one endpoint has: what it extends, and its attributes (RFC 7643 3.3 and 7).
package struct ExtensionSchema: Sendable, Equatable {
    package var urn: String
    package var name: String
    package var description: String
    /// The kind of resource that it extends.
    package var type: ResourceType
    /// Whether every resource of the kind must have it.
    package var isRequired: Bool
    package var attributes: [AttributeDefinition]

    /// The attribute of this name in any letter case.
    package func attribute(_ name: String) -> AttributeDefinition? {
        attributes.first { ASCII.equal($0.name, name) }
    }

    /// The extension as ``ExtensionSchemaFile`` reads it.
    package var json: JSONValue {
        [
            "extends": .string(type.rawValue), "required": .bool(isRequired),
            "schemas": [
                [
                    "id": .string(urn), "name": .string(name), "description": .string(description),
                    "attributes": .array(attributes.map(\.json)),
                ]
            ],
        ]
    }
}

// What of a stored resource an endpoint shows, and what it can write. They differ: a value that another source wrote, or that
// was written under another schema, must neither be taken for what the schema says nor stand in the way of a request about
// something else.

extension SchemaSet {
    /// The resource as answers and filters see it: of declared extensions the attributes that the schema has, with values of
    /// its JSON type; nothing of other extensions, and nothing that is never returned.
    package func shown(_ resource: JSONObject, type: ResourceType) -> JSONObject {
        var result = resource
        var urns = resource["schemas"]?.array ?? []
        for member in resource.members where member.key.hasPrefix("urn:") && member.key != Schemas.enterpriseURN {
            let attributes = extensions(of: type).first { $0.urn == member.key }?.attributes ?? []
            let kept = Self.fitting(member.value.object ?? JSONObject(), attributes)
            result[member.key] = kept.isEmpty ? nil : .object(kept)
            if !kept.isEmpty { urns.append(.string(member.key)) }
        }
        if urns.count > 0 { result["schemas"] = .array(urns) }
        return result
    }

    private static func fitting(_ object: JSONObject, _ definitions: [AttributeDefinition]) -> JSONObject {
        JSONObject(
            object.members.compactMap { member in
                guard let definition = definitions.first(where: { $0.name == member.key }),
                    let value = fitting(member.value, definition)
                else { return nil }
                return JSONObject.Member(key: member.key, value: value)
            })
    }

    private static func fitting(_ value: JSONValue, _ definition: AttributeDefinition) -> JSONValue? {
        if definition.returned == .never { return nil }
        guard definition.isMultiValued else { return fittingOne(value, definition) }
        let kept = (value.array ?? []).compactMap { fittingOne($0, definition) }
        return kept.isEmpty ? nil : .array(kept)
    }

    private static func fittingOne(_ value: JSONValue, _ definition: AttributeDefinition) -> JSONValue? {
        switch (definition.type, value) {
        case (.complex, .object(let object)):
            let kept = fitting(object, definition.subAttributes)
            return kept.isEmpty ? nil : .object(kept)
        case (.string, .string), (.reference, .string), (.binary, .string), (.dateTime, .string), (.boolean, .bool),
            (.decimal, .number):
            return value
        case (.integer, .number(let text)): return text.contains { ".eE".contains($0) } ? nil : value
        default: return nil
        }
    }

    /// The resource as a request changes it: of extensions those values alone that a request could have written.
    package func writable(_ resource: JSONObject, type: ResourceType) -> JSONObject {
        var result = resource
        for member in resource.members where member.key.hasPrefix("urn:") && member.key != Schemas.enterpriseURN {
            let attributes = extensions(of: type).first { $0.urn == member.key }?.attributes ?? []
            let kept = ResourceRules.acceptable(member.value.object ?? JSONObject(), attributes)
            result[member.key] = kept.isEmpty ? nil : .object(kept)
        }
        return result
    }
}

// What a change may not do (RFC 7643 2.2 and 7).

extension SchemaSet {
    /// Refuses a resource without what the extensions require.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidValue` that names the attribute.
    func checkRequired(_ resource: JSONObject, type: ResourceType) throws(SCIMError) {
        for schema in extensions(of: type) {
            let object = resource[schema.urn]?.object
            if object == nil && !schema.isRequired { continue }
            if object == nil {
                throw .bad(.invalidValue, "A \(type.rawValue) must have attributes of '\(schema.urn)'.")
            }
            try Self.checkRequired(object ?? JSONObject(), schema.attributes, prefix: schema.urn + ":")
        }
    }

    private static func checkRequired(
        _ object: JSONObject, _ definitions: [AttributeDefinition], prefix: String
    ) throws(SCIMError) {
        for definition in definitions where definition.mutability != .readOnly {
            guard let value = object[definition.name] else {
                if !definition.isRequired { continue }
                throw .bad(.invalidValue, "'\(prefix)\(definition.name)' is required.")
            }
            for one in (value.array ?? [value]).compactMap(\.object) {
                try checkRequired(one, definition.subAttributes, prefix: prefix + definition.name + ".")
            }
        }
    }

    /// A resource that replaces another: an immutable value that it does not name stays (RFC 7644 3.5.1).
    ///
    /// - Throws: ``SCIMError`` 400 `mutability` for another value.
    package func replacement(
        _ next: JSONObject, of stored: JSONObject, type: ResourceType
    ) throws(SCIMError) -> JSONObject {
        let before = writable(stored, type: type)
        var next = next
        for schema in extensions(of: type) {
            for definition in schema.attributes where definition.mutability == .immutable {
                guard let value = before[schema.urn]?.object?[definition.name] else { continue }
                var inner = next[schema.urn]?.object ?? JSONObject()
                if inner[definition.name] == nil { inner[definition.name] = value }
                next[schema.urn] = .object(inner)
            }
        }
        try checkImmutable(next, since: before, type: type)
        return next
    }

    /// What a PATCH made of a resource; extensions that it left alone are not judged, so that what another source wrote does
    /// not keep a person active.
    ///
    /// - Throws: ``SCIMError`` 400 `mutability`, `invalidValue`.
    func checkPatched(_ next: JSONObject, since before: JSONObject, type: ResourceType) throws(SCIMError) {
        try checkImmutable(next, since: before, type: type)
        let changed = extensions(of: type).filter { next[$0.urn]?.canonical != before[$0.urn]?.canonical }
        try adding(changed).checkRequired(next, type: type)
    }

    private func checkImmutable(
        _ next: JSONObject, since before: JSONObject, type: ResourceType
    ) throws(SCIMError) {
        for schema in extensions(of: type) {
            for definition in schema.attributes {
                let (old, new) = (
                    before[schema.urn]?.object?[definition.name], next[schema.urn]?.object?[definition.name]
                )
                let path = schema.urn + ":" + definition.name
                if definition.mutability == .immutable, let old, new?.canonical != old.canonical {
                    throw .bad(.mutability, "'\(path)' has a value, which cannot be changed.")
                }
                guard !definition.isMultiValued else { continue }
                for sub in definition.subAttributes where sub.mutability == .immutable {
                    guard let old = old?.object?[sub.name], new?.object?[sub.name] != old else { continue }
                    throw .bad(.mutability, "'\(path).\(sub.name)' has a value, which cannot be changed.")
                }
            }
        }
    }
}
