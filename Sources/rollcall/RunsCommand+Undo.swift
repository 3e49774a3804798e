import ArgumentParser
import Provisioning
import Reconciliation
import Reports
import Storage

extension RunsCommand {
    /// Takes a run back.
    struct Undo: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo a run: its changes, back to what it found.",
            discussion: """
                  rollcall runs undo 12 --dry-run         the inverse plan; nothing is written
                  rollcall runs undo 12 -o undo.plan      keep it, for somebody to approve; then: rollcall apply undo.plan
                  rollcall runs undo 12                   carry it out

                What somebody changed since is left as it is, and named. The limits of the classes apply as in a run: what the \\
                run created, its undoing deletes. What was undone stays so until the source says something else about the \\
                person, or until 'rollcall runs release'. An undo is a run, and can be undone.
                """)

        @Argument(help: "The run's number, or last.")
        var run: String
        @Flag(help: "Show the inverse plan and write nothing.")
        var dryRun = false
        @Option(
            name: [.customShort("o"), .customLong("output")],
            help: ArgumentHelp("Keep the plan in a file, and write nothing else.", valueName: "file"))
        var planFile: String?
        @Option(help: ArgumentHelp("Carry out only a plan with this digest.", valueName: "digest"))
        var expect: String?
        @Option(
            help: ArgumentHelp(
                "A limit of a class of changes, as of a job: delete=100, memberRemove=20%; repeatable.",
                valueName: "class=limit"))
        var limit: [String] = []
        @Flag(help: "Print nothing if it ends with status 0.")
        var quiet = false
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard run == "last" || Int64(run) != nil else {
                throw ValidationError("Name a run by its number, or last.")
            }
            guard !dryRun || planFile == nil else { throw ValidationError("Give either --dry-run or -o.") }
        }

        func run() async throws {
            let progress = ProgressLine()
            let out = try ReportOutput(output.format, isQuiet: quiet, progress: progress)
            let engine = Engine(database: store.path, environment: .live(progress))
            let purpose: RunOptions.Purpose =
                planFile.map { .keepPlan(path: $0) } ?? (dryRun ? .dryRun : .apply)
            let options = UndoOptions(purpose: purpose, limits: try JobOptions.limits(limit), expect: expect)
            try out.printing {
                ExitStatus(
                    try engine.undo(run: Int64(run), options: options) {
                        if purpose == .apply { out.event($0) } else { try out.eventOrStop($0) }
                    })
            }
        }
    }

    /// Ends what an undo holds.
    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let what was undone happen again.",
            discussion: """
                  rollcall runs release 14                                      all that run 14 undid (or what was undone of it)
                  rollcall runs release jdoe@acme.example --organization acme   one person or group

                The next run decides anew about them; for pushed records, the next drain does.
                """)

        @Argument(help: ArgumentHelp("A run, or an anchor or name.", valueName: "run|who"))
        var target: String
        @OptionGroup var organization: OrganizationOptions
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            try CommandFailure.translating {
                let engine = Engine(database: store.path, environment: .live(ProgressLine()))
                let released = try engine.release(try selection())
                try UndoHold.print(released, output.format, state: "released")
            }
        }

        private func selection() throws -> HoldSelection {
            if let run = Int64(target) { return .run(run) }
            let store = try Store(path: store.path, mode: .readOnly)
            return .subject(target, organization: try store.organization(named: organization.organization).organization)
        }
    }

    /// What waits after an undo.
    struct Holds: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what was undone and waits for the source to change, or to be released.")

        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            try UndoHold.print(try engine.holds(.all), output.format, state: "held")
        }
    }
}

extension UndoHold {
    fileprivate static func print(_ holds: [UndoHold], _ format: OutputOptions.Format, state: String) throws {
        var out = StandardOutput(format)
        if out.isJSON {
            for hold in holds {
                try out.json([
                    "type": "hold", "state": .string(state), "organization": .string(hold.organization),
                    "connection": .string(hold.connection), "kind": .string(hold.kind.rawValue),
                    "anchor": hold.anchor.map { .string($0.value) } ?? .null, "name": .string(hold.name),
                    "member": hold.member.map { .string($0) } ?? .null, "run": .integer(hold.run),
                    "undoes": .integer(hold.undoes), "heldAt": .string(Timestamp.text(hold.heldAt)),
                ])
            }
        } else if holds.isEmpty {
            try out.line("nothing is held")
        } else {
            try out.table(
                ["WHO", "MEMBER", "ORGANIZATION", "CONNECTION", "UNDONE BY", "RUN", "SINCE"],
                holds.map { hold in
                    [
                        hold.name, hold.member ?? "-", hold.organization, hold.connection, String(hold.run),
                        String(hold.undoes), Timestamp.text(hold.heldAt),
                    ]
                })
            try out.line("\(holds.count) \(state)")
        }
        try out.flush()
    }
}
