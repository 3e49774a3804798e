import JSONBytes

/// What a resource must look like, by its schema.
package enum ResourceRules {
    /// Bytes of a name or external identifier.
    package static let nameBytesMax = 1024
    /// Values of one multi-valued attribute.
    package static let valuesMax = 1000

    /// Reads the body of a POST or PUT: the resource in the schema's spelling, and what it says about members.
    ///
    /// Read-only attributes (`id`, `meta`, `groups`) and unknown ones are ignored, null and `""` mean absent, a password
    /// is thrown away. `schemas` may be missing, or name schemas that this endpoint does not have or has by an older URN:
    /// the path says what is meant, and clients differ here. What names the other kind of resource alone is a mistake.
    /// - Throws: ``SCIMError`` 400 `invalidValue` for a missing name or a wrong type, 413 beyond ``Patch/membersMax``.
    package static func parse(
        _ body: JSONObject, type: ResourceType, in schemas: SchemaSet = .core
    ) throws(SCIMError) -> PatchResult {
        try checkSchemas(body, type)
        var document = PatchDocument(resource: JSONObject(), type: type, in: schemas)
        try document.merge(body, verb: .replace)
        let resource = try checked(document.resource, type: type, in: schemas)
        try schemas.checkRequired(resource, type: type)
        return PatchResult(resource: resource, members: document.members)
    }

    private static func checkSchemas(_ body: JSONObject, _ type: ResourceType) throws(SCIMError) {
        let named = (body.attribute("schemas")?.array ?? []).compactMap(\.string)
        func names(_ type: ResourceType) -> Bool { named.contains { ASCII.equal($0, type.schema) } }
        let other: ResourceType = type == .user ? .group : .user
        if names(other) && !names(type) {
            throw .bad(
                .invalidValue, "'schemas' names a \(other.rawValue), but this is the place of a \(type.rawValue).")
        }
    }

    /// The resource with every value of its schema's type, in the schema's spelling and without what is empty.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidValue` that names the attribute.
    package static func checked(
        _ resource: JSONObject, type: ResourceType, in schemas: SchemaSet = .core
    ) throws(SCIMError) -> JSONObject {
        var result = JSONObject()
        for member in resource.members {
            if let (urn, attributes) = schemas.extensionAttributes(member.key, of: type) {
                let inner = try checkedExtension(member.value, urn, attributes)
                if !inner.isEmpty { result[urn] = .object(inner) }
                continue
            }
            guard let definition = Schemas.definition(member.key, urn: nil, type: type), isKept(definition),
                let value = try checked(member.value, definition, at: definition.name)
            else { continue }
            result[definition.name] = value
        }
        try checkName(result, type == .user ? "userName" : "displayName")
        if let externalId = result["externalId"]?.string { try checkText(externalId, "externalId") }
        return result
    }

    private static func isKept(_ definition: AttributeDefinition) -> Bool {
        definition.mutability != .readOnly && definition.mutability != .writeOnly && definition.name != "members"
    }

    /// Of an extension's object the values that a request could have written.
    static func acceptable(_ object: JSONObject, _ definitions: [AttributeDefinition]) -> JSONObject {
        JSONObject(
            object.members.compactMap { member in
                guard let definition = definitions.first(where: { $0.name == member.key }), isKept(definition),
                    let value = try? checked(member.value, definition, at: "")
                else { return nil }
                return JSONObject.Member(key: member.key, value: value)
            })
    }

    private static func checkedExtension(
        _ value: JSONValue, _ urn: String, _ attributes: [AttributeDefinition]
    ) throws(SCIMError) -> JSONObject {
        if value.isNull { return JSONObject() }
        guard let object = value.object else {
            throw .bad(.invalidValue, "'\(urn)' must be an object.")
        }
        return try checked(object, attributes, prefix: urn + ":")
    }

    private static func checked(
        _ object: JSONObject, _ definitions: [AttributeDefinition], prefix: String
    ) throws(SCIMError) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            guard let definition = definitions.first(where: { ASCII.equal($0.name, member.key) }), isKept(definition),
                let value = try checked(member.value, definition, at: prefix + definition.name)
            else { continue }
            result[definition.name] = value
        }
        return result
    }

    /// One attribute's value; `nil` when there is nothing in it.
    private static func checked(
        _ value: JSONValue, _ definition: AttributeDefinition, at path: String
    ) throws(SCIMError) -> JSONValue? {
        guard definition.isMultiValued else { return try checkedOne(value, definition, at: path) }
        if value.isNull || value == .string("") { return nil }
        let values = value.array ?? [value]
        if values.count > valuesMax {
            throw .bad(.invalidValue, "'\(path)' has more than \(valuesMax) values.")
        }
        var result: [JSONValue] = []
        for one in values {
            if let kept = try checkedOne(one, definition, at: path) { result.append(kept) }
        }
        if result.count(where: { $0.object?["primary"]?.bool == true }) > 1 {
            throw .bad(.invalidValue, "'\(path)' has more than one primary value.")
        }
        return result.isEmpty ? nil : .array(result)
    }

    private static func checkedOne(
        _ value: JSONValue, _ definition: AttributeDefinition, at path: String
    ) throws(SCIMError) -> JSONValue? {
        if PatchDocument.isEmpty(value) { return nil }
        switch (definition.type, value) {
        case (.complex, .object(let object)):
            let inner = try checked(object, definition.subAttributes, prefix: path + ".")
            return inner.isEmpty ? nil : .object(inner)
        case (.string, .string(let text)), (.reference, .string(let text)):
            // NUL ends a text in many a database and program behind this one; no name or address has it.
            if text.utf8.contains(0) { throw .bad(.invalidValue, "'\(path)' must not contain NUL.") }
            return value
        case (.binary, .string(let text)) where Base64.isValid(text): return value
        case (.boolean, .bool): return value
        case (.dateTime, .string(let text)) where DateTime.milliseconds(text) != nil: return value
        case (.integer, .number(let text)) where Int64(text) != nil: return value
        case (.decimal, .number): return value
        default:
            throw .bad(.invalidValue, "'\(path)' must be \(definition.type.phrase), not \(value.phrase).")
        }
    }

    private static func checkName(_ resource: JSONObject, _ attribute: String) throws(SCIMError) {
        guard let name = resource[attribute]?.string,
            name.unicodeScalars.contains(where: {
                !$0.properties.isWhitespace && !$0.properties.isDefaultIgnorableCodePoint
            })
        else { throw .bad(.invalidValue, "'\(attribute)' is required and must not be empty.") }
        try checkText(name, attribute)
    }

    /// Names are shown in lists, logs and reports, where control and direction characters could forge what is read.
    private static func checkText(_ text: String, _ attribute: String) throws(SCIMError) {
        if text.utf8.count > nameBytesMax {
            throw .bad(.invalidValue, "'\(attribute)' is longer than \(nameBytesMax) bytes.")
        }
        if text.unicodeScalars.contains(where: isForbidden) {
            throw .bad(.invalidValue, "'\(attribute)' must not contain control or direction characters.")
        }
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029: true
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

extension AttributeDefinition.DataType {
    fileprivate var phrase: String {
        switch self {
        case .complex: "an object"
        case .boolean: "true or false"
        case .integer, .decimal: "a number"
        case .dateTime: "a date-time"
        case .string, .reference: "a text"
        case .binary: "Base64"
        }
    }
}

extension JSONValue {
    fileprivate var phrase: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "this text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
