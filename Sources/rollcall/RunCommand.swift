import ArgumentParser
import Provisioning
import Reports

/// Runs a job once.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a job once: read the export, plan, judge the gates, apply, and show the diff.",
        discussion: """
            What cron and systemd timers call. Running it twice is harmless: the second run has nothing to do.

              rollcall run jobs/nightly.yaml --dry-run           look first; nothing is written
              rollcall run jobs/nightly.yaml --expect DIGEST     apply exactly what the dry run showed, or nothing
              rollcall run jobs/nightly.yaml --quiet             for cron: silent unless there is something to say

            A one-off needs no file:

              rollcall run --preset scim --users U.json --groups G.json --organization acme --dry-run
            """)

    @Argument(help: ArgumentHelp("The job file.", valueName: "job"))
    var job: String?
    @Flag(help: "Show the diff and write nothing. The database is opened read-only and need not exist.")
    var dryRun = false
    @Option(
        help: ArgumentHelp(
            "Apply only a plan with this digest, or the plan of this file; else say what differs.",
            valueName: "digest|plan"))
    var expect: String?
    @Flag(help: "End a dry run with status 2 if there are differences.")
    var exitCode = false
    @Flag(help: "Print nothing if the run ends with status 0.")
    var quiet = false
    @Flag(help: "Take a snapshot that is older than the last accepted one, to replay it on purpose.")
    var allowOlder = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: JobOptions

    func run() async throws {
        var loaded = try options.load(job)
        if allowOlder { loaded.allowsOlder = true }
        let isLooking = dryRun || loaded.mode == .plan
        let progress = ProgressLine()
        let files = ReportFiles(loaded.report, context: ReportContext(job: job, database: store.database))
        let out = try ReportOutput(output.format, isQuiet: quiet, progress: progress, files: files)
        let engine = Engine(database: store.path, environment: .live(progress))
        let notifier = Notifier(database: store.path, environment: engine.environment, warn: { Failure.warn($0) })
        let runs = NotifyingRuns(engine: engine, notifier: notifier)
        let options = RunOptions(purpose: isLooking ? .dryRun : .apply, expect: expect)
        try out.printing {
            let result =
                isLooking
                ? try engine.run(loaded, options: options) { try out.eventOrStop($0) }
                : try runs.run(loaded, options: options) { out.event($0) }
            if !isLooking && loaded.notify != nil { notifier.flush() }
            return ExitStatus(result, comparing: isLooking && exitCode)
        }
    }
}
