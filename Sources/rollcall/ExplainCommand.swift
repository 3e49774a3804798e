import ArgumentParser
import Provisioning

/// Why somebody is treated as they are.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract:
            "Why was this person created, changed, left alone or refused? From the place in the file to the decision.",
        discussion: """
            WHO is a userName, a group's name, an anchor (externalId) or an account's id.

              rollcall explain jobs/nightly.yaml jdoe@acme.example

            Nothing is written. Without a job file, options describe the job as for rollcall run.
            """)

    @Argument(help: ArgumentHelp("The job file (unless options describe the job), and who.", valueName: "job> <who"))
    var words: [String]
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: JobOptions

    func validate() throws {
        guard (1...2).contains(words.count) else {
            throw ValidationError("Name a job file and a person: explain JOB WHO")
        }
    }

    func run() async throws {
        let job = try options.load(words.count == 2 ? words[0] : nil)
        let engine = Engine(database: store.path, environment: .live(ProgressLine()))
        let explanation = try engine.explain(job, who: words[words.count - 1])
        var out = StandardOutput(output.format)
        if out.isJSON { try out.json(explanation.json) } else { for line in explanation.lines { try out.line(line) } }
        try out.flush()
    }
}

/// Is the job right?
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate a job file and show the first records as mapped and judged.",
        discussion: """
              rollcall check jobs/nightly.yaml
              rollcall check jobs/nightly.yaml --first 100

            Nothing is written, and the database need not exist. Status 78 with file, line and column if the job cannot be.
            """)

    @Argument(help: ArgumentHelp("The job file.", valueName: "job"))
    var job: String?
    @Option(help: "How many records to show.")
    var first = 5
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: JobOptions

    func validate() throws {
        guard (0...100_000).contains(first) else { throw ValidationError("--first must be from 0 to 100000.") }
    }

    func run() async throws {
        let job = try options.load(job)
        var out = StandardOutput(output.format)
        if out.isJSON { try out.json(job.json) } else { for line in job.lines { try out.line(line) } }
        if let schedule = job.schedule {
            let now = Machine.now
            if out.isJSON {
                try out.json(schedule.json(job: job.name, now: now))
            } else {
                for line in schedule.lines(now: now) { try out.line(line) }
            }
        }
        if first > 0 {
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            for explanation in try engine.preview(job, first: first) {
                if out.isJSON {
                    try out.json(explanation.json)
                } else {
                    try out.line()
                    for line in explanation.lines { try out.line(line) }
                }
            }
        }
        try out.flush()
    }
}
