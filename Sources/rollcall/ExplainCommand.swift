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

              rollcall explain jobs/nightly.yaml jdoe@acme.example            what the next run would do, and why
              rollcall explain --run 12 jdoe@acme.example                     what run 12 did, and why
              rollcall explain --organization acme --connection okta jdoe     what the directory has, for a connection that
                                                                              is pushed to

            Nothing is written. Without a job file, options describe the job as for rollcall run. Of the export, only the
            fields are shown that the mapping or the filter names.
            """)

    @Argument(help: ArgumentHelp("The job file (unless options describe the job), and who.", valueName: "job> <who"))
    var words: [String]
    @Option(help: ArgumentHelp("Explain a past run: its number, or last.", valueName: "run"))
    var run: String?
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: JobOptions

    func validate() throws {
        guard (1...2).contains(words.count) else {
            throw ValidationError("Name a job file and a person: explain JOB WHO")
        }
        guard run == nil || run == "last" || Int64(run ?? "") != nil else {
            throw ValidationError("Name a run by its number, or last.")
        }
        guard run == nil || words.count == 1 else {
            throw ValidationError("A past run has its own rules: explain --run N WHO, without a job.")
        }
    }

    private func explanation(_ engine: Engine) throws -> Explanation {
        let who = words[words.count - 1]
        if let run { return try engine.explain(run: Int64(run), who: who) }
        if words.count == 1, let organization = options.organization, options.namesNoSource {
            return try engine.explain(
                organization: organization, connection: options.connection ?? "default", who: who)
        }
        return try engine.explain(try options.load(words.count == 2 ? words[0] : nil), who: who)
    }

    func run() async throws {
        let explanation = try explanation(Engine(database: store.path, environment: .live(ProgressLine())))
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
