// RFC 7643 section 8.7.1 as data. Deviations, each on purpose, because the text of the RFC outweighs its listing:
//
// - References and certificates count letter case (2.3.6, 2.3.7, erratum 6000), and so do `value`s that are ids (3.1).
// - `manager.$ref`, `members.$ref` and `members.type` are read-only: the endpoint makes them from `value`, whatever a client
//   says. `members.display` is published, read-only (2.4, 8.4).
// - `addresses` has `primary`, as every list has (2.4, 8.2).
// - A group's `displayName` is required (4.2).

extension Schemas {
    package static let user: [AttributeDefinition] = [
        AttributeDefinition(
            name: "userName", type: .string, description: "The name by which the person signs in; unique.",
            isRequired: true, uniqueness: .server),
        AttributeDefinition(
            name: "name", type: .complex, description: "The parts of the person's name.",
            subAttributes: [
                text("formatted", "The full name, formatted for display."),
                text("familyName", "The family name, or last name."),
                text("givenName", "The given name, or first name."),
                text("middleName", "The middle names."),
                text("honorificPrefix", "The title before the name, such as 'Ms.'."),
                text("honorificSuffix", "The suffix after the name, such as 'III'."),
            ]),
        text("displayName", "The name as it is shown to others."),
        text("nickName", "The casual way to address the person."),
        AttributeDefinition(
            name: "profileUrl", type: .reference, description: "A URI of the person's online profile.",
            isCaseExact: true, referenceTypes: ["external"]),
        text("title", "The person's title, such as 'Vice President'."),
        text("userType", "The relationship between the organization and the person, such as 'Contractor'."),
        text("preferredLanguage", "The preferred language, as in the HTTP header Accept-Language."),
        text("locale", "The default location for currency, dates and numbers, such as 'en-US'."),
        text("timezone", "The time zone in IANA form, such as 'America/Los_Angeles'."),
        AttributeDefinition(name: "active", type: .boolean, description: "Whether the person may sign in."),
        AttributeDefinition(
            name: "password", type: .string, description: "Accepted and thrown away: no password is ever kept.",
            mutability: .writeOnly, returned: .never),
        plural("emails", "E-mail addresses.", types: ["work", "home", "other"]),
        plural("phoneNumbers", "Telephone numbers.", types: ["work", "home", "mobile", "fax", "pager", "other"]),
        plural(
            "ims", "Instant messaging addresses.",
            types: ["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
        plural("photos", "URIs of photos.", types: ["photo", "thumbnail"], value: .reference),
        AttributeDefinition(
            name: "addresses", type: .complex, isMultiValued: true, description: "Postal addresses.",
            subAttributes: [
                text("formatted", "The full address, formatted for display; may contain line breaks."),
                text("streetAddress", "Street, house number and what else comes before the town."),
                text("locality", "The city or town."),
                text("region", "The state or region."),
                text("postalCode", "The postal code."),
                text("country", "The country, as ISO 3166-1 alpha-2."),
                AttributeDefinition(
                    name: "type", type: .string, description: "What the address is for.",
                    canonicalValues: ["work", "home", "other"]),
                primary,
            ]),
        AttributeDefinition(
            name: "groups", type: .complex, isMultiValued: true,
            description: "The groups that the person is a member of.",
            mutability: .readOnly,
            subAttributes: [
                AttributeDefinition(
                    name: "value", type: .string, description: "The group's id.", isCaseExact: true,
                    mutability: .readOnly),
                AttributeDefinition(
                    name: "$ref", type: .reference, description: "The group's URI.", isCaseExact: true,
                    mutability: .readOnly, referenceTypes: ["User", "Group"]),
                AttributeDefinition(
                    name: "display", type: .string, description: "The group's name.", mutability: .readOnly),
                AttributeDefinition(
                    name: "type", type: .string, description: "Whether the membership is direct.",
                    mutability: .readOnly,
                    canonicalValues: ["direct", "indirect"]),
            ]),
        plural("entitlements", "What the person is entitled to.", types: []),
        plural("roles", "Roles, such as 'Student'.", types: []),
        plural("x509Certificates", "Certificates, DER in Base64.", types: [], value: .binary),
    ]

    package static let enterprise: [AttributeDefinition] = [
        text("employeeNumber", "The number that the organization assigned to the person."),
        text("costCenter", "The cost center."),
        text("organization", "The organization."),
        text("division", "The division."),
        text("department", "The department."),
        AttributeDefinition(
            name: "manager", type: .complex, description: "The person's manager.",
            subAttributes: [
                AttributeDefinition(name: "value", type: .string, description: "The manager's id.", isCaseExact: true),
                AttributeDefinition(
                    name: "$ref", type: .reference, description: "The manager's URI.", isCaseExact: true,
                    mutability: .readOnly, referenceTypes: ["User"]),
                AttributeDefinition(
                    name: "displayName", type: .string, description: "The manager's name.", mutability: .readOnly),
            ]),
    ]

    package static let group: [AttributeDefinition] = [
        AttributeDefinition(
            name: "displayName", type: .string, description: "The group's name.", isRequired: true),
        AttributeDefinition(
            name: "members", type: .complex, isMultiValued: true, description: "The group's members.",
            subAttributes: [
                AttributeDefinition(
                    name: "value", type: .string, description: "The member's id.", isCaseExact: true,
                    mutability: .immutable),
                AttributeDefinition(
                    name: "$ref", type: .reference, description: "The member's URI.", isCaseExact: true,
                    mutability: .readOnly, referenceTypes: ["User", "Group"]),
                AttributeDefinition(
                    name: "type", type: .string, description: "User or Group.", mutability: .readOnly,
                    canonicalValues: ["User", "Group"]),
                AttributeDefinition(
                    name: "display", type: .string, description: "The member's name.", mutability: .readOnly),
            ]),
    ]

    private static let primary = AttributeDefinition(
        name: "primary", type: .boolean, description: "Whether this is the preferred value; at most one is.")

    private static func text(_ name: String, _ description: String) -> AttributeDefinition {
        AttributeDefinition(name: name, type: .string, description: description)
    }

    /// A multi-valued attribute with the usual sub-attributes (RFC 7643 2.4).
    private static func plural(
        _ name: String, _ description: String, types: [String], value: AttributeDefinition.DataType = .string
    ) -> AttributeDefinition {
        AttributeDefinition(
            name: name, type: .complex, isMultiValued: true, description: description,
            subAttributes: [
                AttributeDefinition(
                    name: "value", type: value, description: "The value.", isCaseExact: value != .string,
                    referenceTypes: value == .reference ? ["external"] : []),
                text("display", "A name for display."),
                AttributeDefinition(
                    name: "type", type: .string, description: "What the value is for.", canonicalValues: types),
                primary,
            ])
    }
}
