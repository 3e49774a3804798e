import ArgumentParser
import JSONBytes
import Reconciliation
import Reports
import Storage

extension Kind: ExpressibleByArgument {}

struct AccountsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accounts",
        abstract: "Look at the accounts that the application has, and change single ones by hand.",
        discussion: """
            WHO is an account's id, userName (a group's name) or externalId. What is changed here is the administrator's word:
            an account that is disabled here stays so, whatever the source says, until it is enabled here.
            """,
        subcommands: [
            List.self, Show.self, Export.self, Disable.self, Enable.self, Protect.self, Unprotect.self,
        ])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the accounts of an organization.")

        @OptionGroup var selection: AccountSelection

        func run() throws {
            try selection.read { store, owner, out in
                var printer = AccountPrinter(owner: owner, out: out)
                try store.forEachAccount(of: owner.organization, kind: selection.kind) { try printer.row($0) }
                try printer.end()
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show an account with all its attributes and groups.")

        @Argument(help: "The account's id, userName or externalId.")
        var who: String
        @OptionGroup var selection: AccountSelection

        func run() throws {
            try selection.read { store, owner, out in
                let found = try store.accounts(who, of: owner.organization, kind: selection.kind)
                guard !found.isEmpty else {
                    throw CommandFailure(
                        .configuration, "there is no account '\(SafeText.line(who))'; see: rollcall accounts list")
                }
                var printer = AccountPrinter(owner: owner, out: out)
                for account in found { try printer.details(account) }
                try printer.end()
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every account with its groups or members: --format json gives one account a line.")

        @OptionGroup var selection: AccountSelection

        func run() throws {
            try selection.read { store, owner, out in
                var printer = AccountPrinter(owner: owner, out: out)
                try store.forEachAccount(of: owner.organization, kind: selection.kind ?? .user, related: true) {
                    try printer.details($0)
                }
                try printer.end()
            }
        }
    }

    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable an account; no run enables it again.",
            discussion: "Undo with: rollcall accounts enable WHO")

        @OptionGroup var target: AccountTarget

        func run() throws { try target.change(by: .disable, saying: "disabled") }
    }

    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enable an account. Whether it stays so is for the source to say at the next run.")

        @OptionGroup var target: AccountTarget

        func run() throws { try target.change(by: .enable, saying: "enabled") }
    }

    struct Protect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Protect an account (an owner, break-glass): no run deactivates, deletes or renames it.",
            discussion: "Undo with: rollcall accounts unprotect WHO")

        @OptionGroup var target: AccountTarget

        func run() throws { try target.change(by: .protect, saying: "protected") }
    }

    struct Unprotect: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take an account's protection away.")

        @OptionGroup var target: AccountTarget

        func run() throws { try target.change(by: .unprotect, saying: "no longer protected") }
    }
}

/// Which accounts a command reads.
struct AccountSelection: ParsableArguments {
    @OptionGroup var organization: OrganizationOptions
    @Option(help: "user or group. Left out: both; an export has the users.")
    var kind: Kind?
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func read(_ body: (Store, Organization, StandardOutput) throws -> Void) throws {
        try CommandFailure.translating {
            let store = try Store(path: store.path, mode: .readOnly)
            try body(store, try store.organization(named: organization.organization), StandardOutput(output.format))
        }
    }
}

/// The one account that a command changes.
struct AccountTarget: ParsableArguments {
    @Argument(help: "The account's id, userName or externalId.")
    var who: String
    @OptionGroup var selection: AccountSelection

    func change(by change: AccountChange, saying word: String) throws {
        try CommandFailure.translating {
            let store = try Store(path: selection.store.path, mode: .readWrite)
            let owner = try store.organization(named: selection.organization.organization)
            let (account, changed) = try store.change(
                who, of: owner.organization, kind: selection.kind, by: change, now: Machine.now)
            try store.close()
            var printer = AccountPrinter(owner: owner, out: StandardOutput(selection.output.format))
            try printer.changed(account, changed ? word : "already \(word)")
        }
    }
}
