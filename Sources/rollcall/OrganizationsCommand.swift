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
        abstract: "Create and list organizations: the tenants whose people are kept apart.",
        discussion: """
            An organization has its own directory, accounts, jobs and push endpoints; nothing crosses from one to another.
            An organization that a job names is created by its first accepted run, so this is needed for push only.
            """,
        subcommands: [Create.self, List.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create an organization.")

        @Argument(help: "Its name, unique without regard to letter case.")
        var name: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readWrite)
                let created = try store.createOrganization(named: name, now: Machine.now)
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
}

extension Organization {
    fileprivate var json: JSONObject {
        ["type": "organization", "name": .string(name), "createdAt": .string(Timestamp.text(createdAt))]
    }
}
