import ArgumentParser
import JSONBytes
import Reconciliation
import Reports
import Storage

struct SSOCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sso",
        abstract: "Create, list and switch SSO configurations: an organization's login providers.",
        discussion: """
            A push endpoint (rollcall scim create) is linked to an active SSO configuration, so that the people it provisions
            can log in.
            """,
        subcommands: [Create.self, List.self, Activate.self, Deactivate.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an active SSO configuration.")

        @Argument(help: "Its name, unique in the organization, for example okta-main.")
        var name: String
        @OptionGroup var organization: OrganizationOptions
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readWrite)
                let owner = try store.organization(named: organization.organization)
                let created = try store.createSSOConfiguration(
                    named: name, id: Machine.newID(), of: owner.organization, now: Machine.now,
                    by: Machine.administrator)
                try store.close()
                try created.print("created the SSO configuration \(created.name) of \(owner.name)", output, owner)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List an organization's SSO configurations.")

        @OptionGroup var organization: OrganizationOptions
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readOnly)
                let owner = try store.organization(named: organization.organization)
                let all = try store.ssoConfigurations(of: owner.organization)
                var out = StandardOutput(output.format)
                if out.isJSON {
                    for sso in all { try out.json(sso.json(owner)) }
                } else if all.isEmpty {
                    try out.line("no SSO configurations; create one with: rollcall sso create NAME")
                } else {
                    try out.table(
                        ["NAME", "STATE", "CREATED", "ID"],
                        all.map { [$0.name, $0.state, Timestamp.text($0.createdAt), $0.id] })
                }
                try out.flush()
            }
        }
    }

    struct Activate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let people sign in through an SSO configuration, and push endpoints be linked to it, again.")

        @OptionGroup var change: SSOChangeOptions

        func run() throws { try change.set(active: true) }
    }

    struct Deactivate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let nobody sign in through an SSO configuration, and no new push endpoint be linked to it.",
            discussion: "Endpoints that are linked to it go on; stop them with: rollcall scim disable NAME")

        @OptionGroup var change: SSOChangeOptions

        func run() throws { try change.set(active: false) }
    }
}

/// What `activate` and `deactivate` share.
struct SSOChangeOptions: ParsableArguments {
    @Argument(help: "Name or id of the SSO configuration.")
    var name: String
    @OptionGroup var organization: OrganizationOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func set(active: Bool) throws {
        try CommandFailure.translating {
            let store = try Store(path: store.path, mode: .readWrite)
            let owner = try store.organization(named: organization.organization)
            let changed = try store.setSSOConfiguration(
                name, of: owner.organization, active: active, by: Machine.administrator)
            try store.close()
            try changed.print("the SSO configuration \(changed.name) is \(changed.state)", output, owner)
        }
    }
}

extension SSOConfiguration {
    fileprivate var state: String { active ? "active" : "inactive" }

    fileprivate func json(_ owner: Organization) -> JSONObject {
        [
            "type": "ssoConfiguration", "id": .string(id), "organization": .string(owner.name), "name": .string(name),
            "active": .bool(active), "createdAt": .string(Timestamp.text(createdAt)),
        ]
    }

    fileprivate func print(_ sentence: String, _ output: OutputOptions, _ owner: Organization) throws {
        var out = StandardOutput(output.format)
        if out.isJSON { try out.json(json(owner)) } else { try out.line(sentence) }
        try out.flush()
    }
}
