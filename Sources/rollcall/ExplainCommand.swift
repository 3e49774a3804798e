import ArgumentParser
import JSONBytes
import Provisioning
import Reconciliation

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
              rollcall check jobs/nightly.yaml --expression 'Join(" ", [givenName], [surname])'
              rollcall check --functions                     what expressions can do

            Nothing is written, and the database need not exist. Status 78 with file, line and column if the job cannot be.
            """)

    @Argument(help: ArgumentHelp("The job file.", valueName: "job"))
    var job: String?
    @Option(help: "How many records to show.")
    var first = 5
    @Option(
        help: ArgumentHelp(
            "Try an expression on the first records: it fills nickName, in the plan that is shown only.",
            valueName: "expression"))
    var expression: String?
    @Flag(help: "List the functions that expressions can call.")
    var functions = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: JobOptions

    func validate() throws {
        guard (0...100_000).contains(first) else { throw ValidationError("--first must be from 0 to 100000.") }
    }

    func run() async throws {
        var out = StandardOutput(output.format)
        if functions { return try list(&out) }
        let job = try load()
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
            let preview = try engine.preview(job, first: first)
            for explanation in preview.explanations {
                if out.isJSON {
                    try out.json(explanation.json)
                } else {
                    try out.line()
                    for line in explanation.lines { try out.line(line) }
                }
            }
            try tell(preview.unmapped, &out)
        }
        try out.flush()
    }

    /// The job, with the expression that is to be tried as one more line.
    private func load() throws -> Job {
        guard let expression else { return try options.load(job) }
        var options = options
        options.settings.append("mapping.nickName={expression: \(JSONValue.string(expression).text)}")
        return try options.load(job)
    }

    private func list(_ out: inout StandardOutput) throws {
        for function in ExpressionFunction.table {
            if out.isJSON {
                try out.json([
                    "type": "function", "name": .string(function.name), "signature": .string(function.signature),
                    "summary": .string(function.summary), "entra": .bool(function.isEntras),
                ])
            } else {
                try out.line(function.signature)
                try out.line("    " + function.summary + (function.isEntras ? "" : " Not a function of Entra's."))
            }
        }
        try out.flush()
    }

    private func tell(_ unmapped: [String: Int], _ out: inout StandardOutput) throws {
        let sorted = unmapped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        if out.isJSON {
            let counts = JSONObject(sorted.map { JSONObject.Member(key: $0.key, value: .integer($0.value)) })
            return try out.json(["type": "unmapped", "attributes": .object(counts)])
        }
        guard !sorted.isEmpty else { return }
        try out.line()
        try out.line(
            "not mapped: attributes of the source with a value that nothing carries, and how many records have one")
        for (name, count) in sorted { try out.line("  \(name): \(count)") }
    }
}
