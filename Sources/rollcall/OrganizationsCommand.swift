import ArgumentParser
import JSONBytes
import Reconciliation
import Reports
import Storage

/// Which organization a command is about.
struct OrganizationOptions: ParsableArguments {
    @Option(help: "The organization's name. May be left out where there is only one.")
    var organization: String?
}

struct OrganizationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organizations",
        abstract: "Create, list and set up organizations: the tenants whose people are kept apart.",
        discussion: """
            An organization has its own directory, accounts, jobs and push endpoints; nothing crosses from one to another.
            An organization that a job names is created by its first accepted run, so this is needed for push only.
            """,
        subcommands: [Create.self, List.self, Show.self, Set.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an organization.")

        @Argument(help: "Its name, unique without regard to letter case.")
        var name: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readWrite)
                let created = try store.createOrganization(
                    named: name, now: Machine.now, by: Machine.administrator)
                try store.close()
                var out = StandardOutput(output.format)
                if out.isJSON {
                    try out.json(created.json)
                } else {
                    try out.line("created the organization \(created.name)")
                }
                try out.flush()
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the organizations.")

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let all = try Store(path: store.path, mode: .readOnly).organizations()
                var out = StandardOutput(output.format)
                if out.isJSON {
                    for organization in all { try out.json(organization.json) }
                } else if all.isEmpty {
                    try out.line("no organizations; create one with: rollcall organizations create NAME")
                } else {
                    try out.table(["NAME", "CREATED"], all.map { [$0.name, Timestamp.text($0.createdAt)] })
                }
                try out.flush()
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an organization and its settings.")

        @Argument(help: "The organization's name.")
        var name: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readOnly)
                try store.organization(named: name).print(output)
            }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change an organization's settings; what is not named stays.",
            discussion: """
                --restrict-account-creation-to-scim on: only the directory creates accounts, and 'rollcall sign-in check' \
                says no to whoever has none.

                --scim-provisioning off: the plan has none; no push endpoint is created or enabled, and every push is \
                answered with 403. beta: whoever creates one says --accept-beta.
                """)

        @Argument(help: "The organization's name.")
        var name: String
        @Option(
            name: .customLong("restrict-account-creation-to-scim"),
            help: "Whether only the directory creates accounts: on or off.")
        var restriction: Switch?
        @Option(help: "Whether the organization may have push endpoints: off, beta or on.")
        var scimProvisioning: SCIMProvisioning?
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard restriction != nil || scimProvisioning != nil else {
                throw ValidationError("Name a setting: --restrict-account-creation-to-scim or --scim-provisioning.")
            }
        }

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readWrite)
                let owner = try store.organization(named: name)
                let changed = try store.setSettings(
                    of: owner.organization, restrictAccountCreationToSCIM: restriction.map { $0 == .on },
                    scimProvisioning: scimProvisioning, by: Machine.administrator)
                try store.close()
                try changed.print(output)
            }
        }
    }

    enum Switch: String, ExpressibleByArgument, CaseIterable { case on, off }
}

extension SCIMProvisioning: ExpressibleByArgument {}

extension Organization {
    fileprivate var json: JSONObject {
        [
            "type": "organization", "name": .string(name), "createdAt": .string(Timestamp.text(createdAt)),
            "restrictAccountCreationToSCIM": .bool(settings.restrictAccountCreationToSCIM),
            "scimProvisioning": .string(settings.scimProvisioning.rawValue),
        ]
    }

    fileprivate func print(_ output: OutputOptions) throws {
        var out = StandardOutput(output.format)
        if out.isJSON {
            try out.json(json)
        } else {
            try out.line("name                                \(name)")
            try out.line("created                             \(Timestamp.text(createdAt))")
            try out.line(
                "restrict account creation to SCIM   \(settings.restrictAccountCreationToSCIM ? "on" : "off")")
            try out.line("SCIM provisioning                   \(settings.scimProvisioning.rawValue)")
        }
        try out.flush()
    }
}
