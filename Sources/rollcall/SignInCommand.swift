import ArgumentParser
import JSONBytes
import PushEndpoint
import Reconciliation
import Storage

struct SignInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in",
        abstract: "Say whether a person may sign in to an organization, through which SSO configuration, and why not.",
        discussion: """
            An application asks the same question over HTTP: POST /admin/v1/organizations/ORGANIZATION/sign-in, see \
            'rollcall admin'.
            """, subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask whether somebody may sign in.",
            discussion: "Exit status: 0 yes, 4 no; the reason is printed either way.")

        @OptionGroup var organization: OrganizationOptions
        @Option(help: "Name or id of the SSO configuration through which the person comes. Left out: says which.")
        var sso: String?
        @Option(help: "The person's userName.")
        var userName: String?
        @Option(help: "The person's externalId.")
        var externalID: String?
        @Option(help: "The account's id.")
        var id: String?
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        private var identities: [SignInIdentity] {
            [
                userName.map(SignInIdentity.userName), externalID.map(SignInIdentity.externalId),
                id.map(SignInIdentity.id),
            ].compactMap { $0 }
        }

        func validate() throws {
            guard identities.count == 1 else {
                throw ValidationError("Name the person by one of --user-name, --external-id and --id.")
            }
        }

        func run() throws {
            let question = try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readOnly)
                let owner = try store.organization(named: organization.organization)
                return try store.signInQuestion(about: identities[0], through: sso, in: owner.organization)
            }
            let verdict = question.verdict
            var out = StandardOutput(output.format)
            if out.isJSON {
                var line: JSONObject = ["type": "signIn"]
                for member in SignInAnswer.json(verdict, question.account).members { line[member.key] = member.value }
                try out.json(line)
            } else {
                let through = verdict.sso.map { " (SSO configuration \($0.name))" } ?? ""
                try out.line("\(verdict.isAllowed ? "allowed" : "denied"): \(verdict.reason.sentence)\(through)")
                if let notice = verdict.notice { try out.line("notice: \(notice.sentence)") }
            }
            try out.flush()
            if !verdict.isAllowed { throw ExitCode(ExitStatus.refused.rawValue) }
        }
    }
}
