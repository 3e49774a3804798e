import JSONBytes

/// Which attributes of a resource an answer shows (RFC 7644 3.9). `schemas` and `id` are always shown; `meta` unless it is
/// excluded or not among those asked for. Where nothing of an attribute is left, it is not shown. The URN of a schema asks
/// for all of its attributes.
package struct AttributeSelection: Sendable {
    private let included: [AttributePath]?
    private let excluded: [AttributePath]
    private let extensions: [ExtensionSchema]

    /// - Parameters: the parameters as they came, comma-separated names; names that no schema has select nothing.
    ///   `attributes` wins over `excludedAttributes`.
    package init(attributes: String?, excluded: String?, type: ResourceType, in schemas: SchemaSet = .core) {
        func paths(_ list: String) -> [AttributePath] { Self.paths(list, schemas) }
        extensions = schemas.extensions(of: type)
        let wanted = attributes.map(paths) ?? []
        included = attributes == nil || wanted.isEmpty ? nil : wanted
        self.excluded = included == nil ? excluded.map(paths) ?? [] : []
    }

    /// Everything.
    package static func all(_ type: ResourceType) -> AttributeSelection {
        AttributeSelection(attributes: nil, excluded: nil, type: type)
    }

    private static func paths(_ list: String, _ schemas: SchemaSet) -> [AttributePath] {
        list.split(separator: ",").compactMap { name in
            try? AttributePath(parsing: String(name.drop { $0 == " " }.prefix { $0 != " " }), in: schemas)
        }
    }

    /// Whether anything of this core attribute is shown.
    package func wants(_ name: String) -> Bool {
        if let included { return included.contains { $0.selects(core: name) } }
        return !excluded.contains { $0.urn == nil && $0.attribute == name && $0.subAttribute == nil }
    }

    package func applied(to resource: JSONObject) -> JSONObject {
        var result = included.map { Self.only($0, of: resource) } ?? withoutExcluded(resource)
        for schema in extensions {
            for definition in schema.attributes { settle(definition, schema.urn, in: &result, from: resource) }
        }
        return result
    }

    /// What an extension says about when an attribute is shown: always, or only where it is asked for (RFC 7643 7).
    private func settle(
        _ definition: AttributeDefinition, _ urn: String, in result: inout JSONObject, from resource: JSONObject
    ) {
        guard let value = resource[urn]?.object?[definition.name] else { return }
        var inner = result[urn]?.object ?? JSONObject()
        switch definition.returned {
        case .always: inner[definition.name] = value
        case .request:
            let isNamed = (included ?? []).contains {
                $0.urn == urn && ($0.attribute == nil || $0.attribute == definition.name)
            }
            if !isNamed { inner[definition.name] = nil }
        case .default, .never: return
        }
        result[urn] = inner.isEmpty ? nil : .object(inner)
    }

    private func withoutExcluded(_ resource: JSONObject) -> JSONObject {
        var result = resource
        for path in excluded where path.urn != nil || (path.attribute != "schemas" && path.attribute != "id") {
            result.drop(path)
        }
        return result
    }

    private static func only(_ paths: [AttributePath], of resource: JSONObject) -> JSONObject {
        var result = JSONObject()
        for member in resource.members {
            if member.key == "schemas" || member.key == "id" {
                result[member.key] = member.value
            } else if let value = kept(member, paths) {
                result[member.key] = value
            }
        }
        return result
    }

    private static func kept(_ member: JSONObject.Member, _ paths: [AttributePath]) -> JSONValue? {
        if let inner = member.value.object, member.key.hasPrefix("urn:") {
            let own = paths.filter { $0.urn == member.key }
            if own.contains(where: { $0.attribute == nil }) { return member.value }
            let values = inner.members.compactMap { one in
                part(one.value, own.filter { $0.attribute == one.key }).map {
                    JSONObject.Member(key: one.key, value: $0)
                }
            }
            return values.isEmpty ? nil : .object(JSONObject(values))
        }
        return part(member.value, paths.filter { $0.selects(core: member.key) })
    }

    /// The value with the sub-attributes that the paths name, or whole when one names it whole.
    private static func part(_ value: JSONValue, _ paths: [AttributePath]) -> JSONValue? {
        if paths.isEmpty { return nil }
        let names = paths.compactMap(\.subAttribute)
        if names.count < paths.count { return value }
        return value.sifted { names.contains($0) }
    }
}

extension AttributePath {
    /// Whether the path leads to this core attribute: by its name, or by the core schema's URN alone.
    fileprivate func selects(core name: String) -> Bool { urn == nil && (attribute == nil || attribute == name) }
}

extension JSONValue {
    /// A complex value, or each of a list, with some of its sub-attributes; `nil` where nothing is left. Other values stay.
    fileprivate func sifted(_ isKept: (String) -> Bool) -> JSONValue? {
        if let values = array {
            let kept = values.compactMap { $0.sifted(isKept) }
            return kept.isEmpty ? nil : .array(kept)
        }
        guard let object else { return self }
        let kept = object.members.filter { isKept($0.key) }
        return kept.isEmpty ? nil : .object(JSONObject(kept))
    }
}

extension JSONObject {
    fileprivate mutating func drop(_ path: AttributePath) {
        if let urn = path.urn {
            guard let attribute = path.attribute, var inner = self[urn]?.object else {
                self[urn] = nil
                return
            }
            inner.drop(attribute, path.subAttribute)
            self[urn] = inner.isEmpty ? nil : .object(inner)
        } else if let attribute = path.attribute {
            drop(attribute, path.subAttribute)
        }
    }

    private mutating func drop(_ attribute: String, _ sub: String?) {
        guard let sub, let value = self[attribute] else {
            self[attribute] = nil
            return
        }
        self[attribute] = value.sifted { $0 != sub }
    }
}
