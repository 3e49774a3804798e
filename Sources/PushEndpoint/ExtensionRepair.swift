import SCIM

extension BodyRepair {
    /// Booleans of declared extensions that came as text, as Microsoft Entra ID sends them for every boolean: one of them
    /// must not be what keeps a person active whose `active` is false in the same request. A name that is also that of
    /// another kind of attribute is left alone.
    static func booleans(of schemas: SchemaSet) -> BodyRepair {
        if schemas.extensions.isEmpty { return BodyRepair { _, _ in nil } }
        let declared = all(schemas.extensions.flatMap(\.attributes))
        let core = all(ResourceType.allCases.flatMap(Schemas.core) + Schemas.common + Schemas.enterprise)
        let names = Set(declared.filter { $0.type == .boolean }.map { $0.name.lowercased() })
            .subtracting((declared + core).filter { $0.type != .boolean }.map { $0.name.lowercased() })
        return BodyRepair { name, value in names.contains(name) ? boolean(value) : nil }
    }

    private static func all(_ definitions: [AttributeDefinition]) -> [AttributeDefinition] {
        definitions.flatMap { [$0] + $0.subAttributes }
    }
}

extension Client {
    /// Whether nothing is repaired.
    var isStrict: Bool { name == Client.rfc.name }
}
