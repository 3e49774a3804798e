import ArgumentParser
import JSONBytes
import Provisioning
import Reports

extension RunsCommand {
    /// The reports of a past run as files.
    struct Report: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the report of a past run: a page for a browser, a table, JSON lines, text.",
            discussion: """
                  rollcall runs report last --html last.html       to be read and signed off
                  rollcall runs report 12 --csv changes.csv        for a spreadsheet

                A file that is there is replaced whole. {run} and {date} in a path stand for the run's number and day.
                """)

        @Argument(help: "The run's number, or last.")
        var run: String
        @Option(help: ArgumentHelp("A page for a browser.", valueName: "file"))
        var html: String?
        @Option(help: ArgumentHelp("A table: one line a change.", valueName: "file"))
        var csv: String?
        @Option(help: ArgumentHelp("JSON lines.", valueName: "file"))
        var json: String?
        @Option(help: ArgumentHelp("Text.", valueName: "file"))
        var text: String?
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        private var paths: [(ReportPaths.Form, String?)] {
            [(.html, html), (.csv, csv), (.json, json), (.text, text)]
        }

        func validate() throws {
            guard run == "last" || Int64(run) != nil else {
                throw ValidationError("Name a run by its number, or last.")
            }
            guard paths.contains(where: { $0.1 != nil }) else {
                throw ValidationError("Say where the report goes: --html FILE, --csv FILE, --json FILE or --text FILE.")
            }
        }

        func run() async throws {
            let files = ReportFiles(
                try ReportPaths(checking: paths), context: ReportContext(database: store.database))
            let engine = Engine(database: store.path, environment: .live(ProgressLine()))
            _ = try engine.replay(run: Int64(run)) { files.event($0) }
            if let failure = files.failure { throw failure }
            var out = StandardOutput(output.format)
            for path in files.written {
                if out.isJSON { try out.json(["type": "report", "path": .string(path)]) } else { try out.line(path) }
            }
            try out.flush()
        }
    }
}
