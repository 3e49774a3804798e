import ArgumentParser
import Provisioning
import Reports

/// Makes a plan and keeps it.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Make the plan of a job and keep it in a file, for somebody to approve.",
        discussion: """
              rollcall plan jobs/nightly.yaml -o tonight.plan    the diff, and the plan in a file that only you can read
              rollcall apply tonight.plan                        exactly that plan

            The database is opened read-only. The plan file contains what it would write: keep it as you keep the export.
            """)

    @Argument(help: ArgumentHelp("The job file.", valueName: "job"))
    var job: String?
    @Option(name: .shortAndLong, help: ArgumentHelp("Where the plan goes.", valueName: "file"))
    var output: String
    @Flag(help: "End with status 2 if there are differences.")
    var exitCode = false
    @Flag(help: "Take a snapshot that is older than the last accepted one.")
    var allowOlder = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var printing: OutputOptions
    @OptionGroup var options: JobOptions

    func run() async throws {
        var loaded = try options.load(job)
        if allowOlder { loaded.allowsOlder = true }
        let progress = ProgressLine()
        let context = ReportContext(job: job, plan: output, database: store.database)
        let out = try ReportOutput(
            printing.format, progress: progress, files: ReportFiles(loaded.report, context: context))
        let engine = Engine(database: store.path, environment: .live(progress))
        let options = RunOptions(purpose: .keepPlan(path: output))
        try out.printing {
            ExitStatus(try engine.run(loaded, options: options) { try out.eventOrStop($0) }, comparing: exitCode)
        }
    }
}

/// Applies a kept plan.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Apply exactly the plan that rollcall plan kept.",
        discussion: """
            If accounts or records changed since, nothing is applied, the rows that no longer hold are named with who changed \
            them, and the status is 5. Applying a plan again, for example after a crash, does only what is left to do.

              rollcall apply tonight.plan
              rollcall apply tonight.plan --expect DIGEST     only if it is the plan that somebody signed
              rollcall apply tonight.plan --fresh-only        without the rows that no longer hold; the status is 5, too
            """)

    @Argument(help: ArgumentHelp("The plan's file.", valueName: "plan"))
    var plan: String
    @Option(help: ArgumentHelp("Apply only a plan with this digest.", valueName: "digest"))
    var expect: String?
    @Flag(help: "Leave out the rows that no longer hold, and apply the rest.")
    var freshOnly = false
    @Flag(help: "Print nothing if it ends with status 0.")
    var quiet = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Reports") var reports: ReportOptions

    func run() async throws {
        let progress = ProgressLine()
        let files = ReportFiles(try reports.paths(), context: ReportContext(plan: plan, database: store.database))
        let out = try ReportOutput(output.format, isQuiet: quiet, progress: progress, files: files)
        let engine = Engine(database: store.path, environment: .live(progress))
        try out.printing {
            let options = ApplyOptions(expect: expect, isFreshOnly: freshOnly)
            return ExitStatus(try engine.apply(planFile: plan, options: options) { out.event($0) })
        }
    }
}
