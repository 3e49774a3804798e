import JSONBytes

/// Which attributes of a resource an answer shows (RFC 7644 3.9). `schemas` and `id` are always shown; `meta` unless it is
/// excluded or not among those asked for. Where nothing of an attribute is left, it is not shown. The URN of a schema asks
/// for all of its attributes.
package struct AttributeSelection: Sendable {
    private let included: [AttributePath]?
    private let excluded: [AttributePath]

    /// - Parameters: the parameters as they came, comma-separated names; names that no schema has select nothing.
    ///   `attributes` wins over `excludedAttributes`.
    package init(attributes: String?, excluded: String?, type: ResourceType) {
        let wanted = attributes.map(Self.paths) ?? []
        included = attributes == nil || wanted.isEmpty ? nil : wanted
        self.excluded = included == nil ? excluded.map(Self.paths) ?? [] : []
    }

    /// Everything.
    package static func all(_ type: ResourceType) -> AttributeSelection {
        AttributeSelection(attributes: nil, excluded: nil, type: type)
    }

    private static func paths(_ list: String) -> [AttributePath] {
        list.split(separator: ",").compactMap { name in
            try? AttributePath(parsing: String(name.drop { $0 == " " }.prefix { $0 != " " }))
        }
    }

    /// Whether anything of this core attribute is shown.
    package func wants(_ name: String) -> Bool {
        if let included { return included.contains { $0.selects(core: name) } }
        return !excluded.contains { $0.urn == nil && $0.attribute == name && $0.subAttribute == nil }
    }

    package func applied(to resource: JSONObject) -> JSONObject {
        if let included { return Self.only(included, of: resource) }
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
