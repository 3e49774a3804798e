import ArgumentParser
import JSONBytes
import Provisioning

extension RunsCommand {
    /// Removes old plan files.
    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove the plan files of old runs; the runs and their journal stay.",
            discussion: """
                  rollcall runs prune                    older than 30 days, but for the last 30 of each connection
                  rollcall runs prune --keep 90 --keep-newest 100 --dry-run

                Plans that a gate refused stay three times as long. 'runs show' of a run without its plan tells the journal.
                """)

        @Option(help: ArgumentHelp("Keep plans younger than so many days.", valueName: "days"))
        var keep = 30
        @Option(help: ArgumentHelp("Keep so many plans of each connection, whatever their age.", valueName: "number"))
        var keepNewest = 30
        @Flag(help: "Say what would be removed, and remove nothing.")
        var dryRun = false
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (0...36_500).contains(keep) else { throw ValidationError("--keep must be from 0 to 36500 days.") }
            guard (0...1_000_000).contains(keepNewest) else {
                throw ValidationError("--keep-newest must be from 0 to 1000000.")
            }
        }

        func run() async throws {
            let days = Duration.seconds(86_400 * keep)
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            let pruned = try engine.prune(
                PruneOptions(keepFor: days, keepNewest: keepNewest, keepRefusedFor: days * 3), isDryRun: dryRun)
            var out = StandardOutput(output.format)
            for plan in pruned where out.isJSON {
                try out.json([
                    "type": "pruned", "run": .integer(plan.run), "path": .string(plan.path),
                    "bytes": .integer(plan.bytes), "removed": .bool(!dryRun),
                ])
            }
            if !out.isJSON {
                for plan in pruned { try out.line((dryRun ? "would remove " : "removed ") + plan.path) }
                let bytes = pruned.reduce(0) { $0 + $1.bytes }
                try out.line(pruned.isEmpty ? "nothing to remove" : "\(pruned.count) plans, \(bytes) bytes")
            }
            try out.flush()
        }
    }
}
