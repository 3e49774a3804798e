/// The PATH of RFC 7644 3.5.2: `userName`, `name.givenName`, `emails[type eq "work"].value`, with or without the URN of
/// a schema, or the URN of an extension alone.
///
/// Names come out in the schemas' spelling where a schema has them. The URN of a core schema is dropped; a short name that
/// only EnterpriseUser has gets its URN.
package struct AttributePath: Sendable, Equatable {
    /// The extension's URN; `nil` for a core attribute.
    package var urn: String?
    /// `nil` when the path is an extension's URN and means all of the extension.
    package var attribute: String?
    /// The value filter between brackets; its names are relative to one value.
    package var filter: Filter?
    package var subAttribute: String?
    /// What the schemas say about the values; `false` for names that they do not have.
    package private(set) var isCaseExact = false
    package private(set) var isDateTime = false
    package private(set) var isBoolean = false

    package init(
        urn: String? = nil, attribute: String?, filter: Filter? = nil, subAttribute: String? = nil,
        in schemas: SchemaSet = .core
    ) {
        self.urn = urn
        self.attribute = attribute
        self.filter = filter
        self.subAttribute = subAttribute
        spell(as: schemas)
    }

    /// - Throws: ``SCIMError`` 400 `invalidPath` that names the position.
    package init(parsing text: String, in schemas: SchemaSet = .core) throws(SCIMError) {
        do {
            var parser = FilterParser(text, schemas)
            self = try parser.path()
        } catch {
            throw SCIMError.bad(.invalidPath, "The path is invalid: " + error.reason)
        }
    }

    /// Takes `urn:…:2.0:User:name.givenName` apart: the URN ends at the last colon, never at the dot of its version. Some
    /// clients put a dot behind the URN of a schema that is known; that is understood too.
    init(name: String, in schemas: SchemaSet) {
        if let urn = schemas.urns.first(where: { ASCII.equal(name, $0) }) {
            self.init(urn: urn, attribute: nil, in: schemas)
            return
        }
        var urn = schemas.urns.first { ASCII.hasPrefix(name, $0 + ".") }
        var rest = urn.map { name.dropFirst($0.count + 1) } ?? name[...]
        if urn == nil, ASCII.hasPrefix(name, "urn:"), let colon = name.lastIndex(of: ":") {
            urn = String(name[..<colon])
            rest = name[name.index(after: colon)...]
        }
        let dot = rest.firstIndex(of: ".")
        self.init(
            urn: urn, attribute: String(rest[..<(dot ?? rest.endIndex)]),
            subAttribute: dot.map { String(rest[rest.index(after: $0)...]) }, in: schemas)
    }

    private mutating func spell(as schemas: SchemaSet) {
        if let urn {
            if ASCII.equal(urn, Schemas.userURN) || ASCII.equal(urn, Schemas.groupURN) { self.urn = nil }
            if ASCII.equal(urn, Schemas.enterpriseURN) { self.urn = Schemas.enterpriseURN }
            if let declared = schemas.declared(urn) { self.urn = declared.urn }
        }
        guard let attribute else { return }
        var found = definition(in: schemas)
        if found == nil && urn == nil {
            found = Schemas.definition(attribute, urn: Schemas.enterpriseURN, type: .user)
            if found != nil { urn = Schemas.enterpriseURN }
        }
        guard let found else { return }
        self.attribute = found.name
        var leaf: AttributeDefinition? = found
        if let subAttribute {
            leaf = found.subAttribute(subAttribute)
            self.subAttribute = leaf?.name ?? subAttribute
        } else if found.type == .complex {
            leaf = found.subAttribute("value")
        }
        note(leaf)
    }

    private mutating func note(_ leaf: AttributeDefinition?) {
        isCaseExact = leaf?.isCaseExact ?? false
        isDateTime = leaf?.type == .dateTime
        isBoolean = leaf?.type == .boolean
    }

    /// The definition of the attribute that the path names first.
    func definition(in schemas: SchemaSet) -> AttributeDefinition? {
        guard let attribute else { return nil }
        return ResourceType.allCases.lazy.compactMap { schemas.definition(attribute, urn: urn, type: $0) }.first
    }

    /// A name inside brackets, read as a sub-attribute of the attribute before them.
    func relative(to outer: AttributePath, _ schemas: SchemaSet) -> AttributePath {
        guard let name = attribute, subAttribute == nil else { return self }
        let found = outer.definition(in: schemas)?.subAttribute(name)
        var inner = self
        inner.urn = nil
        inner.attribute = found?.name ?? name
        inner.note(found)
        return inner
    }

    /// The path without filter and sub-attribute.
    package var attributeName: String {
        (urn.map { attribute == nil ? $0 : $0 + ":" } ?? "") + (attribute ?? "")
    }
}

extension AttributePath: CustomStringConvertible {
    package var description: String {
        attributeName + (filter.map { "[\($0.description)]" } ?? "") + (subAttribute.map { "." + $0 } ?? "")
    }
}
