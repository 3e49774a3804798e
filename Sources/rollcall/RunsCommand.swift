import ArgumentParser
import JSONBytes
import Provisioning
import Reconciliation
import Reports
import Storage

/// Past runs.
struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "Look at past runs, compare them, approve a refused one, and take them back.",
        subcommands: [
            List.self, Show.self, Report.self, Diff.self, RunsApprove.self, Undo.self, Holds.self, Release.self,
            Prune.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the last runs, the newest first.")

        @Option(help: "How many.")
        var limit = 20
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000000.") }
        }

        func run() async throws {
            let records = try Engine(database: store.path, environment: .live(ProgressLine())).runs(limit: limit)
            var out = StandardOutput(output.format)
            if out.isJSON {
                for record in records { try out.json(record.json) }
            } else if records.isEmpty {
                try out.line("no runs")
            } else {
                try out.table(
                    ["RUN", "STARTED", "ORGANIZATION", "CONNECTION", "JOB", "KIND", "STATE", "CHANGES"],
                    records.map(\.cells))
            }
            try out.flush()
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a run again: its diff, gates and summary.",
            discussion: "  rollcall runs show last --format json    the same lines as the run's own")

        @Argument(help: "The run's number, or last.")
        var run: String
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard run == "last" || Int64(run) != nil else {
                throw ValidationError("Name a run by its number, or last.")
            }
        }

        func run() async throws {
            let out = try ReportOutput(output.format)
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            try out.printing {
                _ = try engine.replay(run: Int64(run)) { try out.eventOrStop($0) }
                return .done
            }
        }
    }
}

extension RunRecord {
    fileprivate var json: JSONObject {
        let counted = ChangeClass.allCases.compactMap { item in
            counts[item].map { JSONObject.Member(key: item.rawValue, value: .integer($0)) }
        }
        return [
            "type": "run", "run": .integer(run), "organization": .string(organization),
            "connection": .string(connection), "job": .string(job), "kind": .string(kind), "state": .string(state),
            "startedAt": .string(Timestamp.text(startedAt)),
            "endedAt": endedAt.map { .string(Timestamp.text($0)) } ?? .null,
            "digest": digest.map(JSONValue.string) ?? .null,
            "counts": .object(JSONObject(counted)), "undoes": undoes.map { .integer($0) } ?? .null,
        ]
    }

    fileprivate var cells: [String] {
        let changes = ChangeClass.allCases.compactMap { item in counts[item].map { "\($0) \(item.rawValue)" } }
        return [
            String(run), Timestamp.text(startedAt), organization, connection, job, kind, state,
            changes.isEmpty ? "-" : changes.joined(separator: ", "),
        ]
    }
}
