import ArgumentParser
import Provisioning
import Reconciliation

/// Scoping filters by themselves.
struct FilterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "filter", abstract: "Try a scoping filter before it counts.", subcommands: [Test.self])

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who would enter, who would leave, who is undecided, and which clause does it.",
            discussion: """
                The filter in force is the one of the connection's last accepted run. Beside it stands the job's, or a changed one:

                  rollcall filter test jobs/nightly.yaml
                  rollcall filter test jobs/nightly.yaml --scope-users 'department eq "Sales"'
                  rollcall filter test jobs/nightly.yaml --with jobs/next.yaml --directory

                Nothing is written.
                """)

        @Argument(help: ArgumentHelp("The job file.", valueName: "job"))
        var job: String?
        @Option(help: ArgumentHelp("A job file whose filters are tried in place of this job's.", valueName: "job"))
        var with: String?
        @Flag(help: "On the stored directory instead of the job's snapshot.")
        var directory = false
        @Flag(help: "Name everybody, not only the first ten for each reason.")
        var all = false
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var options: JobOptions

        func run() async throws {
            let keys = try options.keys()
            let base = keys.filter { $0.key != "scope" && !$0.key.hasPrefix("scope.") }
            guard job != nil || !base.isEmpty else { throw ValidationError("Name a job file.") }
            guard with == nil || base.count == keys.count else {
                throw ValidationError("Give either --with or a --scope option, not both.")
            }
            var changed: (label: String, job: Job)?
            if let with {
                changed = ("the job \(with)", try JobFile.load(path: with))
            } else if base.count < keys.count {
                changed = ("the options", try JobFile.load(path: job, options: keys))
            }
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            let tests = try engine.testFilter(
                try JobFile.load(path: job, options: base),
                FilterTestOptions(changed: changed, onDirectory: directory, listed: all ? nil : 10))
            var out = StandardOutput(output.format)
            for (index, test) in tests.enumerated() {
                if out.isJSON {
                    try test.print(json: &out)
                } else {
                    if index > 0 { try out.line() }
                    try test.print(text: &out)
                }
            }
            try out.flush()
        }
    }
}
