import ArgumentParser
import Foundation

/// The program: reads the command line, runs one command, and ends with its exit status.
@main
struct Rollcall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollcall",
        abstract: "Keep an application's accounts equal to what a company's directory says.",
        discussion: """
            A job names an export of the directory, says who gets an account, and under which limits it may run:

              rollcall check jobs/nightly.yaml               is the job right? the first people as it sees them
              rollcall run jobs/nightly.yaml --dry-run       the diff; nothing is written
              rollcall run jobs/nightly.yaml                 the same diff, applied
              rollcall explain jobs/nightly.yaml jdoe@x.com  why is this person treated so?

            An identity provider can push changes, too:

              rollcall scim create --organization acme --sso okta-main --name "Okta production"
              rollcall serve

            Exit status: 0 done, 1 failed, 2 a dry run has differences (--exit-code), 3 some records are quarantined, 4 a gate \
            refused, 5 not the expected plan, 6 the source cannot be used, 7 another run is under way, 8 interrupted, 64 usage, \
            78 configuration.
            """,
        version: "0.1.0",
        subcommands: [
            RunCommand.self, PlanCommand.self, ApplyCommand.self, WorkCommand.self, ServeCommand.self,
            ExplainCommand.self, CheckCommand.self, FilterCommand.self, RunsCommand.self, QueueCommand.self,
            OrganizationsCommand.self, SSOCommand.self, SCIMCommand.self, SignInCommand.self, AdminCommand.self,
            AccountsCommand.self, NotifyCommand.self, PresetCommand.self,
        ])

    static func main() async {
        Signals.ignoreWriteFailures()
        let status = await run(Array(CommandLine.arguments.dropFirst()))
        Foundation.exit(status)
    }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return ExitStatus.done.rawValue
        } catch {
            return Failure(error).report()
        }
    }
}
