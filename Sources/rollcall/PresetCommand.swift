import ArgumentParser
import JSONBytes
import Provisioning

/// The kinds of export that the program knows.
struct PresetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preset", abstract: "The kinds of export that are known, and how each is read.",
        subcommands: [List.self, Show.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All presets, one a line.")

        @OptionGroup var output: OutputOptions

        func run() throws {
            var out = StandardOutput(output.format)
            let width = PresetLibrary.names.map(\.count).max() ?? 0
            for name in PresetLibrary.names {
                let summary = PresetLibrary.summary(name)
                if out.isJSON {
                    try out.json(["type": "preset", "name": .string(name), "summary": .string(summary)])
                } else {
                    try out.line(name + String(repeating: " ", count: width - name.count + 2) + summary)
                }
            }
            try out.flush()
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "A preset as it is written: how to export, what the export cannot tell, and where everything is.",
            discussion: """
                The text is what a job may say under source, so that it is also where to begin with paths of one's own:

                  rollcall preset show okta
                """)

        @Argument(help: ArgumentHelp("The preset's name.", valueName: "name"))
        var name: String

        func run() throws {
            guard let text = PresetLibrary.text(name) else {
                throw ValidationError(
                    "There is no preset '\(name)'; known: \(PresetLibrary.names.joined(separator: ", "))")
            }
            var out = StandardOutput(.text)
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
                text.hasSuffix("\n") ? 1 : 0)
            {
                try out.line(String(line))
            }
            try out.flush()
        }
    }
}
