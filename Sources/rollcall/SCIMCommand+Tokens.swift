import ArgumentParser
import Reconciliation
import Storage

extension SCIMCommand {
    struct Tokens: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add, list and revoke the bearer tokens of a push endpoint.",
            discussion: """
                An endpoint may have several valid tokens, each with a name: one for every client, or the old and the new \
                one while a client is changed over. The last use is known to a quarter of an hour; the first one at once.
                """, subcommands: [Add.self, List.self, Revoke.self])

        struct Add: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Add a token beside those that the endpoint has, and print it, once.")

            @OptionGroup var target: SCIMTargetOptions
            @Option(help: "What the new token is called, for example \"staging\".")
            var tokenName: String
            @OptionGroup var expiry: ExpiryOptions

            func run() throws {
                let lifetime = try expiry.lifetime
                try target.perform { store, owner, printer in
                    let token = Machine.newToken()
                    let changed = try store.addToken(
                        token, named: tokenName, to: target.name, of: owner.organization, lifetime: lifetime,
                        now: Machine.now, by: Machine.administrator)
                    try printer.secret(changed, token)
                }
            }
        }

        struct List: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "List the tokens of a push endpoint, with expiry and last use, never a token itself.")

            @OptionGroup var target: SCIMTargetOptions

            func run() throws {
                try target.perform(mode: .readOnly) { store, owner, printer in
                    let found = try store.scimConfiguration(target.name, of: owner.organization)
                    try printer.tokens(found, now: Machine.now)
                }
            }
        }

        struct Revoke: ParsableCommand {
            static let configuration = CommandConfiguration(abstract: "End one token at once; the others stay.")

            @OptionGroup var target: SCIMTargetOptions
            @Option(help: "Name or id of the token, see: rollcall scim tokens list")
            var token: String

            func run() throws {
                try target.perform { store, owner, printer in
                    let changed = try store.revokeToken(
                        token, of: target.name, of: owner.organization, now: Machine.now, by: Machine.administrator)
                    try printer.done("the token \(token) of \(changed.name) is revoked", changed)
                }
            }
        }
    }
}
