import JSONBytes
import Reconciliation
import Storage

// What the admin interface shows, each with its shape beside it.

enum AdminForms {
    static let organization = AdminShape(
        name: "Organization",
        members: [
            AdminMember("name", .text, "The name, which is also its place in paths."),
            AdminMember("createdAt", .moment, "When it was created."),
            AdminMember(
                "restrictAccountCreationToSCIM", .flag, "Whether only the directory creates accounts."),
            AdminMember(
                "scimProvisioning", .choice(SCIMProvisioning.allCases.map(\.rawValue)),
                "Whether the organization may have push endpoints."),
        ])

    static func json(_ organization: Organization) -> JSONObject {
        [
            "name": .string(organization.name), "createdAt": .string(organization.createdAt.text),
            "restrictAccountCreationToSCIM": .bool(organization.settings.restrictAccountCreationToSCIM),
            "scimProvisioning": .string(organization.settings.scimProvisioning.rawValue),
        ]
    }

    static let ssoConfiguration = AdminShape(
        name: "SSOConfiguration",
        members: [
            AdminMember("id", .text, "The id, which stays."), AdminMember("name", .text, "The name."),
            AdminMember(
                "active", .flag, "Whether people may sign in through it and new push endpoints be linked to it."),
            AdminMember("createdAt", .moment, "When it was created."),
        ])

    static func json(_ sso: SSOConfiguration) -> JSONObject {
        [
            "id": .string(sso.id), "name": .string(sso.name), "active": .bool(sso.active),
            "createdAt": .string(sso.createdAt.text),
        ]
    }

    static let scimToken = AdminShape(
        name: "SCIMToken",
        members: [
            AdminMember("id", .text, "The first digits of the token's SHA-256."),
            AdminMember("name", .text, "What the token is called; a rotated one passes its name on."),
            AdminMember("createdAt", .moment, "When it was made."), AdminMember("expiresAt", .moment, "When it ends."),
            AdminMember("revokedAt", .moment, .nullable, "When it ends or ended before that."),
            AdminMember("lastUsedAt", .moment, .nullable, "The last use, to a quarter of an hour."),
            AdminMember("valid", .flag, "Whether it works now."),
        ])

    private static func json(_ token: SCIMConfiguration.Token, _ now: Instant) -> JSONObject {
        [
            "id": .string(token.id), "name": .string(token.name), "createdAt": .string(token.createdAt.text),
            "expiresAt": .string(token.expiresAt.text), "revokedAt": token.revokedAt.map { .string($0.text) } ?? .null,
            "lastUsedAt": token.lastUsedAt.map { .string($0.text) } ?? .null, "valid": .bool(token.isValid(at: now)),
        ]
    }

    private static let scimMembers = [
        AdminMember("id", .text, "The id, which stays."), AdminMember("name", .text, "The name."),
        AdminMember("connection", .text, "The connection that it feeds."),
        AdminMember("sso", .text, .nullable, "The linked SSO configuration's name."),
        AdminMember("enabled", .flag, "Whether it answers."), AdminMember("createdAt", .moment, "When it was created."),
        AdminMember("endpointUrl", .text, "Where the identity provider sends its requests."),
        AdminMember("tokens", .list(scimToken), "From the oldest to the newest, the ended ones included."),
    ]

    static let scimConfiguration = AdminShape(name: "SCIMConfiguration", members: scimMembers)

    static let scimSecret = AdminShape(
        name: "SCIMConfigurationWithToken",
        members: scimMembers + [
            AdminMember("token", .text, "The new bearer token. Shown this once: only its hash is kept."),
            AdminMember("tokenId", .text, "Which of the tokens it is."),
        ])

    static func json(_ scim: SCIMConfiguration, publicURL: String, now: Instant) -> JSONObject {
        [
            "id": .string(scim.id), "name": .string(scim.name), "connection": .string(scim.connectionName),
            "sso": scim.ssoName.map(JSONValue.string) ?? .null, "enabled": .bool(scim.enabled),
            "createdAt": .string(scim.createdAt.text), "endpointUrl": .string(publicURL + "/scim/" + scim.id),
            "tokens": .array(scim.tokens.map { .object(json($0, now)) }),
        ]
    }

    static let signIn = AdminShape(
        name: "SignIn",
        members: [
            AdminMember("allowed", .flag, "Whether the person may sign in."),
            AdminMember("reason", .choice(SignInReason.allCases.map(\.rawValue)), "Why, as a code that stays."),
            AdminMember("detail", .text, "Why, for a person."),
            AdminMember(
                "sso",
                .object(
                    AdminShape(
                        name: "SignInSSO",
                        members: [
                            AdminMember("id", .text, "The id."), AdminMember("name", .text, "The name."),
                            AdminMember("active", .flag, "Whether it is active."),
                        ])), .nullable,
                "Allowed: through this one, or null where any active one will do. Denied: the one that the reason is about, or the account's own."
            ),
            AdminMember(
                "account",
                .object(
                    AdminShape(
                        name: "SignInAccount",
                        members: [
                            AdminMember("id", .text, "The id."), AdminMember("userName", .text, "The userName."),
                            AdminMember("active", .flag, "Whether it is active."),
                        ])), .nullable, "The account that the name means."),
            AdminMember(
                "notice", .choice(SignInAccount.Departure.allCases.map(\.rawValue)), .nullable,
                "Why an account that may sign in may soon be deactivated."),
        ])

    /// An object with one list in it.
    static func list(_ name: String, of shape: AdminShape, called plural: String) -> AdminShape {
        AdminShape(name: name, members: [AdminMember(plural, .list(shape), "All of them.")])
    }
}

extension AdminMember {
    fileprivate init(_ name: String, _ form: Form, _ summary: String) { self.init(name, form, .required, summary) }
}
