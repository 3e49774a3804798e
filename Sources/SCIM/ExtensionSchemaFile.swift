import JSONBytes

/// Why a file declares no extension: one sentence with the place and the cure.
package struct ExtensionSchemaError: Error, Sendable, Equatable, CustomStringConvertible {
    /// From 1; `nil` for what is wrong with the file as a whole.
    package var place: TextPosition?
    package var detail: String

    package var description: String { (place.map { "line \($0.line), column \($0.column): " } ?? "") + detail }
}

/// Reads the extensions of one endpoint: Schema resources in the form of RFC 7643 section 7, and which resource they extend.
///
/// One object `{"extends": "User", "required": false, "schemas": [Schema, …]}`, or a list of them. `extends` and `required` may be
/// left out and are `User` and `false` then. Whatever is not known is refused: a rule that is read over would be one that
/// somebody relies on.
package enum ExtensionSchemaFile {
    /// Bytes of a file: a schema of 200 attributes with their descriptions has about half of it.
    package static let bytesMax = 64 << 10
    /// Schemas of one endpoint; they are looked through one by one.
    package static let schemasMax = 8
    /// Attributes of one endpoint, sub-attributes included.
    package static let attributesMax = 200
    /// Bytes of a URN or a name, which stand in every record that has a value.
    package static let nameBytesMax = 256

    /// - Throws: ``ExtensionSchemaError``.
    package static func read(_ bytes: [UInt8]) throws(ExtensionSchemaError) -> SchemaSet {
        if bytes.count > bytesMax {
            throw ExtensionSchemaError(
                detail: "the file is longer than \(bytesMax) bytes; leave out what is no schema of this endpoint")
        }
        let value: JSONValue
        do { value = try JSONValue(parsing: bytes) } catch {
            throw ExtensionSchemaError(
                place: TextPosition(line: error.line, column: error.column), detail: error.detail)
        }
        do { return try set(SchemaNode(value: value)) } catch {
            throw ExtensionSchemaError(place: JSONLocator.place(of: error.path, in: bytes), detail: error.detail)
        }
    }

    private static func set(_ root: SchemaNode) throws(SchemaNode.Problem) -> SchemaSet {
        var found: [ExtensionSchema] = []
        for node in root.value.array == nil ? [root] : try root.elements() { try append(node, to: &found) }
        if found.isEmpty {
            throw root.problem("there is no schema in it; to have none, say: rollcall scim schemas clear")
        }
        let count = found.reduce(0) { $0 + $1.attributes.reduce(0) { $0 + 1 + $1.subAttributes.count } }
        if count > attributesMax {
            throw root.problem("it has \(count) attributes with their sub-attributes; at most \(attributesMax) may be")
        }
        return SchemaSet.core.adding(found)
    }

    private static func append(_ node: SchemaNode, to found: inout [ExtensionSchema]) throws(SchemaNode.Problem) {
        try node.allow(["extends", "required", "schemas"])
        let type = try node.word("extends", ResourceType.self) ?? .user
        let isRequired = try node.bool("required") ?? false
        for schema in try node.required("schemas").elements() {
            if found.count == schemasMax { throw schema.problem("there are more than \(schemasMax) schemas") }
            let read = try self.schema(schema, type, isRequired)
            try refuseOverlap(read.urn, found, schema.required("id"))
            found.append(read)
        }
    }

    private static func schema(
        _ node: SchemaNode, _ type: ResourceType, _ isRequired: Bool
    ) throws(SchemaNode.Problem) -> ExtensionSchema {
        try node.allow(["schemas", "id", "name", "description", "attributes", "meta"])
        for urn in try node.texts("schemas") where !ASCII.equal(urn, "urn:ietf:params:scim:schemas:core:2.0:Schema") {
            throw try node.required("schemas").problem(
                "'schemas' of a Schema names urn:ietf:params:scim:schemas:core:2.0:Schema alone")
        }
        if let meta = node["meta"], meta.value.object == nil { throw meta.problem("'meta' must be an object") }
        let id = try node.required("id")
        let urn = try id.text()
        try check(urn: urn, id)
        let attributes = try self.attributes(try node.required("attributes"), of: nil)
        return ExtensionSchema(
            urn: urn, name: try node["name"]?.text() ?? urn, description: try node["description"]?.text() ?? "",
            type: type, isRequired: isRequired, attributes: attributes)
    }

    // MARK: - URNs

    /// RFC 8141, as far as the paths of RFC 7644 can hold it: letters, digits and `-_.:`.
    private static func check(urn: String, _ node: SchemaNode) throws(SchemaNode.Problem) {
        let parts = urn.split(separator: ":", omittingEmptySubsequences: false)
        let isPlain = urn.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
        guard isPlain, parts.count >= 3, parts[0] == "urn", parts.allSatisfy({ !$0.isEmpty && !$0.hasSuffix(".") }),
            !urn.contains(".."), urn.utf8.count <= nameBytesMax
        else {
            throw node.problem(
                "the id of a schema must be a URN of letters, digits and -_.: such as urn:example:params:scim:schemas:extension:acme:2.0:User"
            )
        }
        if ASCII.hasPrefix(urn, "urn:ietf:params:scim:schemas:core:")
            || ASCII.hasPrefix(urn, "urn:ietf:params:scim:api:")
            || Schemas.urns.contains(where: { ASCII.equal($0, urn) })
        {
            throw node.problem(
                "'\(urn)' is a schema of RFC 7643, which every endpoint has; declare your own ones alone")
        }
    }

    /// The name of one schema's attribute must never read as another schema.
    private static func refuseOverlap(
        _ urn: String, _ found: [ExtensionSchema], _ node: SchemaNode
    ) throws(SchemaNode.Problem) {
        for other in Schemas.urns + found.map(\.urn) {
            if ASCII.equal(urn, other) { throw node.problem("the schema '\(urn)' is there twice; leave one out") }
            let (short, long) = urn.utf8.count < other.utf8.count ? (urn, other) : (other, urn)
            if ASCII.hasPrefix(long, short + ":") || ASCII.hasPrefix(long, short + ".") {
                throw node.problem(
                    "'\(long)' would also read as an attribute of '\(short)'; give one of them another URN")
            }
        }
    }

    // MARK: - Attributes

    private static let attributeKeys: Set<String> = [
        "name", "type", "multiValued", "description", "required", "canonicalValues", "caseExact", "mutability",
        "returned",
        "uniqueness", "referenceTypes", "subAttributes",
    ]

    /// Names that requests have for attributes of the core schemas, and by which clients' habits are repaired.
    private static let reserved: Set<String> = [
        "schemas", "id", "externalid", "meta", "members", "groups", "password", "active", "manager", "primary",
    ]

    private static func attributes(
        _ list: SchemaNode, of parent: AttributeDefinition?
    ) throws(SchemaNode.Problem) -> [AttributeDefinition] {
        var found: [AttributeDefinition] = []
        for node in try list.elements() {
            let next = try attribute(node, of: parent)
            if found.contains(where: { ASCII.equal($0.name, next.name) }) {
                throw try node.required("name").problem(
                    "the attribute '\(next.name)' is there twice; letter case does not tell names apart (RFC 7643 2.1)")
            }
            found.append(next)
        }
        if found.isEmpty { throw list.problem("there is no attribute in it") }
        return found
    }

    private static func attribute(
        _ node: SchemaNode, of parent: AttributeDefinition?
    ) throws(SchemaNode.Problem) -> AttributeDefinition {
        try node.allow(attributeKeys)
        let name = try node.required("name")
        try check(name: try name.text(), of: parent, name)
        var read = AttributeDefinition(
            name: try name.text(), type: try node.word("type", AttributeDefinition.DataType.self) ?? .string,
            isMultiValued: try node.bool("multiValued") ?? false, description: try node["description"]?.text() ?? "",
            isRequired: try node.bool("required") ?? false, isCaseExact: try node.bool("caseExact") ?? false)
        read.mutability = try node.word("mutability", AttributeDefinition.Mutability.self) ?? .readWrite
        read.returned = try node.word("returned", AttributeDefinition.Returned.self) ?? .default
        read.uniqueness = try node.word("uniqueness", AttributeDefinition.Uniqueness.self) ?? .none
        read.canonicalValues = try node.texts("canonicalValues")
        read.referenceTypes = try node.texts("referenceTypes")
        // RFC 7643 2.3.6 and 2.3.7: these always count letter case.
        if read.type == .reference || read.type == .binary { read.isCaseExact = true }
        try checkCharacteristics(read, of: parent, node)
        if let list = node["subAttributes"] {
            if read.type != .complex { throw list.problem("only a complex attribute has sub-attributes") }
            read.subAttributes = try attributes(list, of: read)
        } else if read.type == .complex {
            throw node.problem("the complex attribute '\(read.name)' needs 'subAttributes'")
        }
        return read
    }

    /// RFC 7643 2.1: a letter, then letters, digits and `-_$`; `$ref` within a complex attribute.
    private static func check(
        name: String, of parent: AttributeDefinition?, _ node: SchemaNode
    ) throws(SchemaNode.Problem) {
        let bytes = name.utf8
        let isName = bytes.first.map { (0x61...0x7A).contains($0 | 0x20) } ?? false
        guard
            (isName && bytes.allSatisfy(isNameByte) && bytes.count <= nameBytesMax) || (parent != nil && name == "$ref")
        else {
            throw node.problem(
                "'\(name.prefix(60))' is no name of an attribute: a letter, then letters, digits and -_$ (RFC 7643 2.1)"
            )
        }
        if reserved.contains(name.lowercased()) && !(parent != nil && ["id", "primary"].contains(name.lowercased())) {
            throw node.problem(
                "'\(name)' is the name of an attribute of the core schemas, by which requests are read; choose another name"
            )
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_$".utf8.contains(byte)
    }

    /// What this endpoint would publish and not do is refused.
    private static func checkCharacteristics(
        _ read: AttributeDefinition, of parent: AttributeDefinition?, _ node: SchemaNode
    ) throws(SchemaNode.Problem) {
        func problem(_ key: String, _ detail: String) -> SchemaNode.Problem { (node[key] ?? node).problem(detail) }
        if read.uniqueness != .none {
            throw problem("uniqueness", "values of extensions are not held unique here; say \"uniqueness\": \"none\"")
        }
        if read.mutability == .writeOnly {
            throw problem("mutability", "no secret is kept here, so nothing can be writeOnly; leave the attribute out")
        }
        guard let parent else { return }
        if read.type == .complex { throw problem("type", "a sub-attribute cannot be complex (RFC 7643 2.3.8)") }
        if read.isMultiValued {
            throw problem("multiValued", "a sub-attribute can have one value here; make '\(parent.name)' multi-valued")
        }
        if read.returned == .request {
            throw problem("returned", "a sub-attribute is returned with its attribute; say \"request\" there")
        }
        let name = read.name.lowercased()
        if name == "primary" && read.type != .boolean {
            throw problem("type", "'primary' must be boolean (RFC 7643 2.4)")
        }
        if name == "type" && read.type != .string { throw problem("type", "'type' must be a string (RFC 7643 2.4)") }
        if ["primary", "type"].contains(name) && name != read.name {
            throw problem("name", "'\(read.name)' must be spelled \(name) (RFC 7643 2.4)")
        }
    }
}
