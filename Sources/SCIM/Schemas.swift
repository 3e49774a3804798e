/// The schemas of RFC 7643 as data: what an attribute is called, what it may hold, who may write it.
package enum Schemas {
    package static let userURN = "urn:ietf:params:scim:schemas:core:2.0:User"
    package static let groupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"
    package static let enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

    /// Every schema that the endpoint has.
    static let urns = [enterpriseURN, userURN, groupURN]

    /// The attributes that every resource has and no schema lists (RFC 7643 3.1).
    package static let common: [AttributeDefinition] = [
        AttributeDefinition(
            name: "schemas", type: .reference, isMultiValued: true, description: "The schemas of the resource.",
            isRequired: true, isCaseExact: true, mutability: .readOnly, returned: .always),
        AttributeDefinition(
            name: "id", type: .string, description: "The endpoint's identifier of the resource.", isRequired: true,
            isCaseExact: true, mutability: .readOnly, returned: .always, uniqueness: .server),
        AttributeDefinition(
            name: "externalId", type: .string, description: "The client's identifier of the resource.",
            isCaseExact: true),
        AttributeDefinition(
            name: "meta", type: .complex, description: "The resource's metadata.", mutability: .readOnly,
            subAttributes: [
                AttributeDefinition(
                    name: "resourceType", type: .string, description: "User or Group.", isCaseExact: true,
                    mutability: .readOnly),
                AttributeDefinition(
                    name: "created", type: .dateTime, description: "When the resource was created.",
                    mutability: .readOnly),
                AttributeDefinition(
                    name: "lastModified", type: .dateTime, description: "When the resource last changed.",
                    mutability: .readOnly),
                AttributeDefinition(
                    name: "location", type: .reference, description: "The resource's URI.", isCaseExact: true,
                    mutability: .readOnly),
                AttributeDefinition(
                    name: "version", type: .string, description: "The resource's ETag.", isCaseExact: true,
                    mutability: .readOnly),
            ]),
    ]

    /// The core schema's attributes of a kind of resource.
    package static func core(_ type: ResourceType) -> [AttributeDefinition] { type == .user ? user : group }

    /// The definition of a top-level attribute: of the core and common attributes without a URN or with a core one, of
    /// EnterpriseUser with its URN. `nil` for anything that this endpoint does not know.
    package static func definition(_ name: String, urn: String?, type: ResourceType) -> AttributeDefinition? {
        guard let urn else {
            return (core(type) + common).first { ASCII.equal($0.name, name) }
        }
        if ASCII.equal(urn, type.schema) { return definition(name, urn: nil, type: type) }
        guard type == .user, ASCII.equal(urn, enterpriseURN) else { return nil }
        return enterprise.first { ASCII.equal($0.name, name) }
    }
}

/// An attribute as a filter, a mapping or a scope names it, found in the schemas.
package struct ResolvedAttribute: Sendable, Equatable {
    /// The path in one spelling, as attribute slots use it: `name.givenName`, `emails.value`,
    /// `emails[type eq "work"].value`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`. A complex
    /// attribute that was named without a sub-attribute reads as its `value`.
    package var path: String
    /// Whether there can be several values: the attribute, or the attribute that the path looks into, is multi-valued.
    package var isMultiValued: Bool
    /// The definition of what the path ends in (the sub-attribute, if there is one).
    package var definition: AttributeDefinition
}

extension Schemas {
    /// Finds an attribute by its name in any letter case.
    ///
    /// Understands core names (`userName`, `name.givenName`), full names (`urn:…:User:department`), the short names of
    /// EnterpriseUser (`department`, `manager`), and value paths (`emails[type eq "work"].value`).
    /// - Returns: `nil` for a name that no schema has.
    package static func resolve(_ name: String, group: Bool) -> ResolvedAttribute? {
        SchemaSet.core.resolve(name, group: group)
    }
}
