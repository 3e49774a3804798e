import ArgumentParser
import JSONBytes
import Provisioning
import Reconciliation
import Reports

extension RunsCommand {
    /// Compares two runs, or a run and now.
    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who changed between two runs, or since a run: by class and attribute.",
            discussion: """
                  rollcall runs diff 12 15     from what run 12 left to what run 15 left
                  rollcall runs diff 12        from what run 12 left to now
                  rollcall runs diff 12 --exit-code

                Changes that were taken back meanwhile are not shown. Both runs must be of one connection.
                """)

        @Argument(help: "The earlier run.")
        var from: Int64
        @Argument(help: "The later run, or now.")
        var until: String = "now"
        @Flag(help: "End with status 2 if there are differences.")
        var exitCode = false
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard until == "now" || Int64(until) != nil else {
                throw ValidationError("Name the later run by its number, or now.")
            }
        }

        func run() async throws {
            let out = try ReportOutput(output.format)
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            try out.printing {
                let difference = try engine.diff(from: from, until: Int64(until)) { try out.eventOrStop($0) }
                out.line(text: difference.text, json: difference.json)
                return exitCode && !difference.counts.isEmpty ? .differences : .done
            }
        }
    }
}

extension RunDifference {
    fileprivate var text: String {
        let changes = ChangeClass.allCases.compactMap { item in counts[item].map { "\($0) \(item.rawValue)" } }
        let until = until.map { "run \($0)" } ?? "now"
        return "\(organization) / \(connection), run \(from) to \(until): "
            + (changes.isEmpty ? "no differences." : changes.joined(separator: ", ") + ".")
    }

    fileprivate var json: JSONObject {
        let counted = ChangeClass.allCases.compactMap { item in
            counts[item].map { JSONObject.Member(key: item.rawValue, value: .integer($0)) }
        }
        return [
            "type": "difference", "organization": .string(organization), "connection": .string(connection),
            "from": .integer(from), "until": until.map { .integer($0) } ?? .null,
            "counts": .object(JSONObject(counted)),
        ]
    }
}
