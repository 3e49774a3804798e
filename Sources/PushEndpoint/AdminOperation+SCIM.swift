import JSONBytes
import Reconciliation
import Storage

extension AdminOperation {
    private static let collection = "/organizations/{organization}/scim-configurations"
    private static let one = collection + "/{scim}"
    /// Hours for which a rotated token may go on: 90 days, longer than any change-over.
    private static let overlapHoursMax = 90 * 24
    /// Days that a token may live: the limits of ``BearerToken/lifetime``.
    private static let expiresMember = AdminMember(
        "expiresInDays", .number(1...732), .optional, "How long the token works, in days; 365 where left out.")

    static let scimConfigurations = [
        AdminOperation(
            id: "listSCIMConfigurations", method: "GET", path: collection, summary: "List the push endpoints.",
            access: .read,
            answer: .shape(
                AdminForms.list(
                    "SCIMConfigurationList", of: AdminForms.scimConfiguration, called: "scimConfigurations"))
        ) { call in
            let all = try call.store.scimConfigurations(of: try call.organization().organization)
            return ["scimConfigurations": .array(all.map { .object(call.show($0)) })]
        },
        AdminOperation(
            id: "createSCIMConfiguration", method: "POST", path: collection,
            summary: "Create a push endpoint. The answer has its bearer token, once.", access: .full,
            body: AdminShape(
                name: "NewSCIMConfiguration",
                members: [
                    AdminMember("name", .text, .required, "The endpoint's name."),
                    AdminMember("sso", .text, .required, "Name or id of the active SSO configuration to link."),
                    AdminMember(
                        "connection", .text, .optional,
                        "The connection that it feeds; created where it is missing. Left out: default."),
                    AdminMember("tokenName", .text, .optional, "What the first token is called."),
                    AdminMember(
                        "acceptBeta", .flag, .optional,
                        "Says that you know that the organization has SCIM provisioning in beta."), expiresMember,
                ]), status: 201, answer: .shape(AdminForms.scimSecret), perform: createConfiguration),
        AdminOperation(
            id: "getSCIMConfiguration", method: "GET", path: one,
            summary: "Show a push endpoint and the state of its tokens, by id or name.", access: .read,
            answer: .shape(AdminForms.scimConfiguration)
        ) { call in
            let owner = try call.organization()
            return call.show(try call.store.scimConfiguration(call.parameter("scim"), of: owner.organization))
        },
        AdminOperation(
            id: "changeSCIMConfiguration", method: "PATCH", path: one,
            summary: "Rename, enable or disable a push endpoint; URL and tokens stay.", access: .full,
            body: AdminShape(
                name: "SCIMConfigurationChange",
                members: [
                    AdminMember("name", .text, .optional, "The new name."),
                    AdminMember("enabled", .flag, .optional, "Whether it shall answer."),
                ], needsAny: true), answer: .shape(AdminForms.scimConfiguration), perform: changeConfiguration),
        AdminOperation(
            id: "deleteSCIMConfiguration", method: "DELETE", path: one,
            summary: "Remove a push endpoint and its tokens. Its connection, and what was pushed, stay.", access: .full,
            status: 204, answer: .nothing
        ) { call in
            let owner = try call.organization()
            _ = try call.store.deleteSCIMConfiguration(
                call.parameter("scim"), of: owner.organization, by: call.administrator)
            return JSONObject()
        },
    ]

    static let scimTokens = [
        AdminOperation(
            id: "addToken", method: "POST", path: one + "/tokens",
            summary: "Add a bearer token beside those that the endpoint has. The answer has it, once.", access: .full,
            body: AdminShape(
                name: "NewToken",
                members: [AdminMember("name", .text, .required, "What the token is called."), expiresMember]),
            status: 201, answer: .shape(AdminForms.scimSecret)
        ) { call in
            let owner = try call.organization()
            let token = call.newToken()
            let changed = try call.store.addToken(
                token, named: call.input.text("name") ?? "", to: call.parameter("scim"), of: owner.organization,
                lifetime: call.lifetime, now: call.now, by: call.administrator)
            return call.show(changed, with: token)
        },
        AdminOperation(
            id: "rotateToken", method: "POST", path: one + "/rotate-token",
            summary:
                "Replace one token, or all, by a new one. The answer has it, once. Old ones end after the overlap.",
            access: .full,
            body: AdminShape(
                name: "Rotation",
                members: [
                    AdminMember("token", .text, .optional, "Name or id of the token to replace; left out: all."),
                    AdminMember(
                        "overlapHours", .number(0...overlapHoursMax), .optional,
                        "How long the old ones still work; at once they end where it is left out."), expiresMember,
                ]), status: 201, answer: .shape(AdminForms.scimSecret)
        ) { call in
            let owner = try call.organization()
            let token = call.newToken()
            let changed = try call.store.rotateToken(
                call.parameter("scim"), of: owner.organization, to: token, replacing: call.input.text("token"),
                lifetime: call.lifetime, overlap: .seconds((call.input.number("overlapHours") ?? 0) * 3600),
                now: call.now, by: call.administrator)
            return call.show(changed, with: token)
        },
        AdminOperation(
            id: "revokeToken", method: "DELETE", path: one + "/tokens/{token}",
            summary: "End a token at once, by id or name; one that has ended stays as it is.", access: .full,
            status: 204, answer: .nothing
        ) { call in
            let owner = try call.organization()
            _ = try call.store.revokeToken(
                call.parameter("token"), of: call.parameter("scim"), of: owner.organization, now: call.now,
                by: call.administrator)
            return JSONObject()
        },
    ]

    private static let createConfiguration: @Sendable (AdminCall) throws -> JSONObject = { call in
        let owner = try call.organization()
        let sso = call.input.text("sso") ?? ""
        do { _ = try call.store.ssoConfiguration(sso, of: owner.organization) } catch let error as ConfigurationError {
            throw AdminProblem(.unknownReference, error.detail)
        }
        let token = call.newToken()
        let request = SCIMConfigurationRequest(
            id: call.newID(), name: call.input.text("name") ?? "", sso: sso, connection: call.input.text("connection"),
            token: token, lifetime: call.lifetime, tokenName: call.input.text("tokenName") ?? TokenRows.nameDefault,
            acceptsBeta: call.input.flag("acceptBeta") ?? false)
        let created = try call.store.createSCIMConfiguration(
            request, of: owner.organization, now: call.now, by: call.administrator)
        return call.show(created, with: token)
    }

    private static let changeConfiguration: @Sendable (AdminCall) throws -> JSONObject = { call in
        let owner = try call.organization()
        let changed = try call.store.changeSCIMConfiguration(
            call.parameter("scim"), of: owner.organization, name: call.input.text("name"),
            enabled: call.input.flag("enabled"), by: call.administrator)
        return call.show(changed)
    }
}
