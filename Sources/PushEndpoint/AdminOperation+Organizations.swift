import JSONBytes
import Reconciliation
import Storage

extension AdminOperation {
    /// Everything that the admin interface can do.
    static let all = organizations + ssoConfigurations + scimConfigurations + scimTokens + description

    private static let nameMember = AdminMember(
        "name", .text, .required, "The name, unique without regard to letter case.")

    private static let description = [
        AdminOperation(
            id: "getDescription", method: "GET", path: "/openapi.json", summary: "This document.", access: .signIn,
            answer: .document
        ) { AdminDocument.json(publicURL: $0.publicURL) }
    ]

    private static let organizations = [
        AdminOperation(
            id: "listOrganizations", method: "GET", path: "/organizations",
            summary: "List the organizations that the token opens.", access: .read,
            answer: .shape(
                AdminForms.list("OrganizationList", of: AdminForms.organization, called: "organizations"))
        ) { call in
            let all = try call.store.organizations().filter {
                call.token.organization == nil || call.token.organization?.organization == $0.organization
            }
            return ["organizations": .array(all.map { .object(AdminForms.json($0)) })]
        },
        AdminOperation(
            id: "createOrganization", method: "POST", path: "/organizations",
            summary: "Create an organization. Only with a token of all organizations.", access: .full,
            body: AdminShape(name: "NewOrganization", members: [nameMember]), status: 201,
            answer: .shape(AdminForms.organization)
        ) { call in
            guard call.token.organization == nil else {
                throw AdminProblem(.forbidden, "the token opens one organization and cannot create another one")
            }
            let name = call.input.text("name") ?? ""
            return AdminForms.json(
                try call.store.createOrganization(named: name, now: call.now, by: call.administrator))
        },
        AdminOperation(
            id: "getOrganization", method: "GET", path: "/organizations/{organization}",
            summary: "Show an organization with its settings.", access: .read,
            answer: .shape(AdminForms.organization)
        ) { AdminForms.json(try $0.organization()) },
        AdminOperation(
            id: "changeOrganization", method: "PATCH", path: "/organizations/{organization}",
            summary:
                "Change settings; what is not named stays. scimProvisioning only with a token of all organizations.",
            access: .full,
            body: AdminShape(
                name: "OrganizationSettings",
                members: [
                    AdminMember(
                        "restrictAccountCreationToSCIM", .flag, .optional,
                        "Whether only the directory creates accounts."
                    ),
                    AdminMember(
                        "scimProvisioning", .choice(SCIMProvisioning.allCases.map(\.rawValue)), .optional,
                        "Whether the organization may have push endpoints."),
                ], needsAny: true), answer: .shape(AdminForms.organization), perform: changeSettings),
        AdminOperation(
            id: "checkSignIn", method: "POST", path: "/organizations/{organization}/sign-in",
            summary: "Ask whether a person may sign in, through which SSO configuration, and why not. Changes nothing.",
            access: .signIn,
            body: AdminShape(
                name: "SignInQuestion",
                members: [
                    AdminMember("userName", .text, .optional, "The person's userName."),
                    AdminMember("externalId", .text, .optional, "The person's externalId."),
                    AdminMember("id", .text, .optional, "The account's id."),
                    AdminMember(
                        "sso", .text, .optional,
                        "Name or id of the SSO configuration through which the person comes; left out: says which."),
                ], exactlyOne: ["userName", "externalId", "id"]), answer: .shape(AdminForms.signIn),
            perform: checkSignIn),
    ]

    private static let changeSettings: @Sendable (AdminCall) throws -> JSONObject = { call in
        let owner = try call.organization()
        let provisioning = call.input.text("scimProvisioning").flatMap(SCIMProvisioning.init)
        guard provisioning == nil || call.token.organization == nil else {
            throw AdminProblem(.forbidden, "the token opens one organization and cannot change what its plan has")
        }
        return AdminForms.json(
            try call.store.setSettings(
                of: owner.organization,
                restrictAccountCreationToSCIM: call.input.flag("restrictAccountCreationToSCIM"),
                scimProvisioning: provisioning, by: call.administrator))
    }

    private static let checkSignIn: @Sendable (AdminCall) throws -> JSONObject = { call in
        let owner = try call.organization()
        let identity =
            call.input.text("userName").map(SignInIdentity.userName)
            ?? call.input.text("externalId").map(SignInIdentity.externalId) ?? .id(call.input.text("id") ?? "")
        let question = try call.store.signInQuestion(
            about: identity, through: call.input.text("sso"), in: owner.organization)
        return SignInAnswer.json(question.verdict, question.account)
    }

    private static let ssoConfigurations = [
        AdminOperation(
            id: "listSSOConfigurations", method: "GET", path: "/organizations/{organization}/sso-configurations",
            summary: "List the SSO configurations.", access: .read,
            answer: .shape(
                AdminForms.list("SSOConfigurationList", of: AdminForms.ssoConfiguration, called: "ssoConfigurations"))
        ) { call in
            let all = try call.store.ssoConfigurations(of: try call.organization().organization)
            return ["ssoConfigurations": .array(all.map { .object(AdminForms.json($0)) })]
        },
        AdminOperation(
            id: "createSSOConfiguration", method: "POST", path: "/organizations/{organization}/sso-configurations",
            summary: "Create an active SSO configuration.", access: .full,
            body: AdminShape(name: "NewSSOConfiguration", members: [nameMember]), status: 201,
            answer: .shape(AdminForms.ssoConfiguration)
        ) { call in
            let owner = try call.organization()
            return AdminForms.json(
                try call.store.createSSOConfiguration(
                    named: call.input.text("name") ?? "", id: call.newID(), of: owner.organization, now: call.now,
                    by: call.administrator))
        },
        AdminOperation(
            id: "getSSOConfiguration", method: "GET", path: "/organizations/{organization}/sso-configurations/{sso}",
            summary: "Show an SSO configuration, by id or name.", access: .read,
            answer: .shape(AdminForms.ssoConfiguration)
        ) { call in
            let owner = try call.organization()
            return AdminForms.json(try call.store.ssoConfiguration(call.parameter("sso"), of: owner.organization))
        },
        AdminOperation(
            id: "changeSSOConfiguration", method: "PATCH",
            path: "/organizations/{organization}/sso-configurations/{sso}",
            summary: "Activate or deactivate an SSO configuration. Nobody signs in through an inactive one.",
            access: .full,
            body: AdminShape(
                name: "SSOConfigurationChange",
                members: [AdminMember("active", .flag, .required, "Whether it shall be active.")]),
            answer: .shape(AdminForms.ssoConfiguration)
        ) { call in
            let owner = try call.organization()
            return AdminForms.json(
                try call.store.setSSOConfiguration(
                    call.parameter("sso"), of: owner.organization, active: call.input.flag("active") ?? false,
                    by: call.administrator))
        },
    ]
}
