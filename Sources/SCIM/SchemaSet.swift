import JSONBytes

/// The schemas that one endpoint speaks: those of RFC 7643, and the extensions that its configuration declares.
///
/// A value, passed to whatever looks a name up; ``core`` is what everything but an endpoint uses. Copies share their content.
package struct SchemaSet: Sendable, Hashable {
    private let content: Content

    private final class Content: Sendable {
        let extensions: [ExtensionSchema]
        let urns: [String]
        let text: String

        init(_ extensions: [ExtensionSchema]) {
            self.extensions = extensions
            urns = Schemas.urns + extensions.map(\.urn)
            text = JSONValue.array(extensions.map(\.json)).text
        }
    }

    /// The schemas of RFC 7643 and nothing else.
    package static let core = SchemaSet(content: Content([]))

    private init(content: Content) { self.content = content }

    /// This set with these extensions and no others.
    ///
    /// - Parameter extensions: as ``ExtensionSchemaFile`` read them, so that no URN and no name is there twice.
    package func adding(_ extensions: [ExtensionSchema]) -> SchemaSet {
        extensions.isEmpty ? .core : SchemaSet(content: Content(extensions))
    }

    /// The declared extensions, in the order of their file.
    package var extensions: [ExtensionSchema] { content.extensions }

    /// The declared extensions as one JSON text, which ``ExtensionSchemaFile`` reads.
    package var text: String { content.text }

    /// Every schema that the endpoint has.
    var urns: [String] { content.urns }

    package static func == (left: SchemaSet, right: SchemaSet) -> Bool {
        left.content === right.content || left.text == right.text
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }

    /// The declared extensions of a kind of resource.
    package func extensions(of type: ResourceType) -> [ExtensionSchema] { extensions.filter { $0.type == type } }

    /// The declared extension with this URN in any letter case.
    package func declared(_ urn: String) -> ExtensionSchema? { extensions.first { ASCII.equal($0.urn, urn) } }

    /// Whether the URN is that of an extension which resources of this kind can have.
    func isExtension(_ urn: String, of type: ResourceType) -> Bool {
        (type == .user && urn == Schemas.enterpriseURN) || declared(urn)?.type == type
    }

    /// The extension of a kind of resource with this URN in any letter case.
    func extensionAttributes(
        _ urn: String, of type: ResourceType
    ) -> (urn: String, attributes: [AttributeDefinition])? {
        if type == .user && ASCII.equal(urn, Schemas.enterpriseURN) {
            return (Schemas.enterpriseURN, Schemas.enterprise)
        }
        guard let declared = declared(urn), declared.type == type else { return nil }
        return (declared.urn, declared.attributes)
    }

    /// The definition of a top-level attribute: of the core and common attributes without a URN or with a core one, of an
    /// extension with its URN. `nil` for anything that this endpoint does not know.
    package func definition(_ name: String, urn: String?, type: ResourceType) -> AttributeDefinition? {
        if let found = Schemas.definition(name, urn: urn, type: type) { return found }
        guard let urn, let declared = declared(urn), declared.type == type else { return nil }
        return declared.attribute(name)
    }

    /// Whether an answer never shows the attribute, so that nothing can be asked about it either (RFC 7643 7).
    package func isNeverReturned(_ name: String) -> Bool {
        guard let path = try? AttributePath(parsing: name, in: self), let found = path.definition(in: self) else {
            return false
        }
        return found.returned == .never || path.subAttribute.flatMap(found.subAttribute)?.returned == .never
    }
}

extension SchemaSet {
    /// Finds an attribute by its name in any letter case, see ``Schemas/resolve(_:group:)``.
    package func resolve(_ name: String, group: Bool) -> ResolvedAttribute? {
        guard let path = try? AttributePath(parsing: name, in: self) else { return nil }
        return resolve(path, type: group ? .group : .user)
    }

    private func resolve(_ path: AttributePath, type: ResourceType) -> ResolvedAttribute? {
        guard let attribute = path.attribute, let definition = definition(attribute, urn: path.urn, type: type) else {
            return nil
        }
        if path.filter != nil && !definition.isMultiValued { return nil }
        var canonical = path.urn.map { $0 + ":" } ?? ""
        canonical += definition.name + (path.filter.map { "[\($0.description)]" } ?? "")
        guard let sub = path.subAttribute ?? (definition.type == .complex ? "value" : nil) else {
            return ResolvedAttribute(path: canonical, isMultiValued: definition.isMultiValued, definition: definition)
        }
        guard let inner = definition.subAttribute(sub) else {
            // `name` or `meta` as a whole: complex without a `value`.
            guard path.subAttribute == nil else { return nil }
            return ResolvedAttribute(path: canonical, isMultiValued: definition.isMultiValued, definition: definition)
        }
        return ResolvedAttribute(
            path: canonical + "." + inner.name, isMultiValued: definition.isMultiValued, definition: inner)
    }
}
