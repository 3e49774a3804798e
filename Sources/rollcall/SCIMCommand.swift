import ArgumentParser
import Foundation
import JSONBytes
import Reconciliation
import Reports
import Storage

struct SCIMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scim",
        abstract: "Create and change push endpoints: where an identity provider sends its SCIM requests.",
        discussion: """
            A push endpoint feeds one connection of an organization and is linked to an active SSO configuration. Its bearer
            token is shown once and stored as a hash only; rollcall serve answers on its URL.

            Microsoft Entra ID: paste URL and token into Provisioning > Admin Credentials, and in the attribute mapping map
            objectId to externalId. The default, mailNickname, can change, and a changed externalId is another person.

            Identity providers differ from the standard in ways of their own. --client says which one it is: \
            \(ClientOptions.list). Without it, everything is repaired that can have one meaning only.
            """,
        subcommands: [
            Create.self, List.self, Show.self, Set.self, Schemas.self, Rotate.self, Tokens.self, Rename.self,
            Enable.self, Disable.self, Delete.self,
        ])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a push endpoint and print its URL and bearer token, once.")

        @OptionGroup var organization: OrganizationOptions
        @Option(help: "Name or id of the active SSO configuration to link.")
        var sso: String
        @Option(help: "The endpoint's name, for example \"Entra production\".")
        var name: String
        @Option(
            help:
                "The connection that the endpoint feeds; created where it is missing. Default: default, which is also that of a one-off run."
        )
        var connection: String?
        @OptionGroup var clientOptions: ClientOptions
        @Option(help: "What the first token is called.")
        var tokenName: String = TokenRows.nameDefault
        @Flag(help: "Say that you know that the organization has SCIM provisioning in beta.")
        var acceptBeta = false
        @OptionGroup var expiry: ExpiryOptions
        @OptionGroup var base: URLOptions
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let url = try base.checked()
                let client = try clientOptions.checked()
                let store = try Store(path: store.path, mode: .readWrite)
                let owner = try store.organization(named: organization.organization)
                let token = Machine.newToken()
                let request = SCIMConfigurationRequest(
                    id: Machine.newID(), name: name, sso: sso, connection: connection,
                    client: client?.name ?? SCIMConfiguration.clientDefault, token: token,
                    lifetime: try expiry.lifetime, tokenName: tokenName, acceptsBeta: acceptBeta)
                let created = try store.createSCIMConfiguration(
                    request, of: owner.organization, now: Machine.now, by: Machine.administrator)
                try store.close()
                try SCIMPrinter(owner: owner, base: url, format: output.format).secret(created, token)
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List an organization's push endpoints.")

        @OptionGroup var organization: OrganizationOptions
        @OptionGroup var base: URLOptions
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try CommandFailure.translating {
                let url = try base.checked()
                let store = try Store(path: store.path, mode: .readOnly)
                let owner = try store.organization(named: organization.organization)
                let all = try store.scimConfigurations(of: owner.organization)
                try SCIMPrinter(owner: owner, base: url, format: output.format).list(all, now: Machine.now)
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a push endpoint and the state of its tokens, never a token.")

        @OptionGroup var target: SCIMTargetOptions

        func run() throws {
            try target.perform(mode: .readOnly) { store, owner, printer in
                let found = try store.scimConfiguration(target.name, of: owner.organization)
                try printer.show(found, now: Machine.now)
            }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which identity provider a push endpoint hears.",
            discussion: """
                It holds from the next request on; what was pushed before stays as it was understood. The clients: \
                \(ClientOptions.list).
                """)

        @OptionGroup var target: SCIMTargetOptions
        @OptionGroup var clientOptions: ClientOptions

        mutating func validate() throws {
            if clientOptions.client == nil { throw ValidationError("Say what to set: --client NAME.") }
        }

        func run() throws {
            try CommandFailure.translating {
                guard let client = try clientOptions.checked() else { return }
                try target.perform { store, owner, printer in
                    let changed = try store.setSCIMConfiguration(
                        target.name, of: owner.organization, client: client.name)
                    try printer.done("the push endpoint \(changed.name) hears \(client.name): \(client.title)", changed)
                }
            }
        }
    }

    struct Rotate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a push endpoint a new bearer token and print it, once.",
            discussion: """
                The old tokens end at once, or after --overlap, so that the identity provider can be told in peace. With \
                --token only that one is replaced, and its name goes to the new one.
                """)

        @OptionGroup var target: SCIMTargetOptions
        @OptionGroup var expiry: ExpiryOptions
        @Option(help: "How long the old token still works: 0d, 12h, 7d.")
        var overlap: String = "0d"
        @Option(help: "Name or id of the token to replace. Left out: all that the endpoint has.")
        var token: String?

        func run() throws {
            let overlap = try Span.parse(overlap, option: "--overlap")
            let lifetime = try expiry.lifetime
            try target.perform { store, owner, printer in
                let next = Machine.newToken()
                let changed = try store.rotateToken(
                    target.name, of: owner.organization, to: next, replacing: token, lifetime: lifetime,
                    overlap: overlap, now: Machine.now, by: Machine.administrator)
                try printer.secret(changed, next)
            }
        }
    }

    struct Rename: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a push endpoint another name; URL and token stay.")

        @OptionGroup var target: SCIMTargetOptions
        @Option(help: "The new name.")
        var to: String

        func run() throws {
            try target.perform { store, owner, printer in
                let changed = try store.renameSCIMConfiguration(
                    target.name, of: owner.organization, to: to, by: Machine.administrator)
                try printer.done("the push endpoint is now called \(changed.name)", changed)
            }
        }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a push endpoint answer again.")

        @OptionGroup var target: SCIMTargetOptions

        func run() throws { try target.set(enabled: true) }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a push endpoint refuse every request; nothing that was pushed is lost.")

        @OptionGroup var target: SCIMTargetOptions

        func run() throws { try target.set(enabled: false) }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a push endpoint and its tokens. Its connection, and what was pushed, stay.")

        @OptionGroup var target: SCIMTargetOptions

        func run() throws {
            try target.perform { store, owner, printer in
                let deleted = try store.deleteSCIMConfiguration(
                    target.name, of: owner.organization, by: Machine.administrator)
                try printer.done("deleted the push endpoint \(deleted.name)", deleted)
            }
        }
    }
}
