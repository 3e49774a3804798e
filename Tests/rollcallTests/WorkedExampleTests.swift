import Foundation
import Testing

/// The worked examples of the documentation are tests by being there: each command of a `console` block is run, in order, in
/// a folder with a copy of `samples` and `jobs`, and must print what the block shows.
///
/// A line of three dots stands for any number of lines. Times, generated ids and run times are not compared. A status other
/// than 0 is the line `[status N]` after the output.
///
/// `ROLLCALL_REGENERATE=1` writes what the program prints into the blocks that do not agree; read the diff.
@Suite("Worked examples")
struct WorkedExampleTests {
    static let folder = Program.checkout + "/Sources/rollcall/Rollcall.docc"

    /// The articles that begin with `Example-`.
    static let names: [String] = {
        let all = try? FileManager.default.contentsOfDirectory(atPath: folder)
        return (all ?? []).filter { $0.hasPrefix("Example-") && $0.hasSuffix(".md") }.sorted()
    }()

    @Test("there are worked examples") func exist() { #expect(Self.names.count >= 6) }

    @Test("what an example shows is what the program prints", arguments: names)
    func holds(_ name: String) throws {
        let path = Self.folder + "/" + name
        var article = WorkedExample(try String(contentsOfFile: path, encoding: .utf8))
        let place = try Workplace()
        for part in ["samples/acme", "samples/jobs", "jobs"] {
            let target = place.folder + "/" + part
            try FileManager.default.createDirectory(
                atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Program.checkout + "/" + part, toPath: target)
        }
        let regenerates = ProcessInfo.processInfo.environment["ROLLCALL_REGENERATE"] == "1"
        for index in article.steps.indices {
            let step = article.steps[index]
            let printed = try place.shell(step.command)
            if regenerates {
                if !WorkedExample.agrees(step.output, printed) { article.replaceOutput(of: index, with: printed) }
                continue
            }
            try #require(
                WorkedExample.agrees(step.output, printed),
                """
                \(name), line \(step.line + 1): \(step.command)
                shown:
                \(step.output.joined(separator: "\n"))
                printed:
                \(printed.joined(separator: "\n"))
                """)
        }
        if regenerates { try article.text.write(toFile: path, atomically: true, encoding: .utf8) }
    }

    @Test(
        "a line of dots stands for any lines, and times and ids do not count",
        arguments: [
            (["a", "...", "c"], ["a", "b", "b", "c"], true), (["a", "..."], ["a"], true),
            (["a"], ["a", "b"], false), (["...", "b"], ["a", "c"], false), (["a"], ["b"], false),
            (["at 2026-01-01T00:00:00Z"], ["at 2027-02-03T11:12:13.456Z"], true),
            (["1  2026-01-01T00:00:00.123Z  a"], ["1  2026-01-01T00:00:00Z      a"], true),
            (["id 00000000-0000-4000-8000-000000000000"], ["id 12345678-1234-4abc-8def-123456789abc"], true),
        ] as [([String], [String], Bool)])
    func matching(_ shown: [String], _ printed: [String], _ agrees: Bool) {
        #expect(WorkedExample.agrees(shown, printed) == agrees)
    }
}

/// The commands of an article with what they are said to print.
struct WorkedExample {
    struct Step {
        var command: String
        /// The number of the command's line, from 0.
        var line: Int
        var outputLines: Range<Int>
        var output: [String]
    }

    private var lines: [String]
    private(set) var steps: [Step] = []

    var text: String { lines.joined(separator: "\n") }

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var inside = false
        for index in lines.indices {
            if lines[index].hasPrefix("```") {
                inside = lines[index] == "```console"
                continue
            }
            guard inside else { continue }
            if let command = Self.command(lines[index]) {
                steps.append(Step(command: command, line: index, outputLines: index + 1..<index + 1, output: []))
            } else if let last = steps.indices.last {
                if steps[last].command.hasSuffix("\\"), steps[last].output.isEmpty {
                    steps[last].command += "\n" + lines[index]
                    steps[last].outputLines = index + 1..<index + 1
                } else {
                    steps[last].output.append(lines[index])
                    steps[last].outputLines = steps[last].outputLines.lowerBound..<index + 1
                }
            }
        }
    }

    private static func command(_ line: String) -> String? { line.hasPrefix("$ ") ? String(line.dropFirst(2)) : nil }

    mutating func replaceOutput(of index: Int, with printed: [String]) {
        let old = steps[index].outputLines
        lines.replaceSubrange(old, with: printed)
        let shift = printed.count - old.count
        steps[index].output = printed
        steps[index].outputLines = old.lowerBound..<old.upperBound + shift
        for later in steps.indices where later > index {
            steps[later].line += shift
            let range = steps[later].outputLines
            steps[later].outputLines = range.lowerBound + shift..<range.upperBound + shift
        }
    }

    static func agrees(_ shown: [String], _ printed: [String]) -> Bool {
        agrees(shown.map(plain)[...], printed.map(plain)[...])
    }

    private static func agrees(_ shown: ArraySlice<String>, _ printed: ArraySlice<String>) -> Bool {
        guard let first = shown.first else { return printed.isEmpty }
        let rest = shown.dropFirst()
        guard first == "..." else { return printed.first == first && agrees(rest, printed.dropFirst()) }
        return (printed.startIndex...printed.endIndex).contains { agrees(rest, printed[$0...]) }
    }

    /// Without what is another one each time, and without spaces at the end, which editors take away.
    private static func plain(_ line: String) -> String {
        // A whole second is written without its fraction, and tables fill up with spaces.
        var text = line.replacing(#/\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?Z */#, with: "<time> ")
        text = text.replacing(#/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: "<id>")
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension Workplace {
    /// Runs a line of shell in this folder, with the program on the path, as a reader of the documentation would.
    ///
    /// - Returns: the lines of both outputs, and `[status N]` where it is not 0.
    func shell(_ command: String) throws -> [String] {
        let output = folder + "/shell-output"
        try Data().write(to: URL(fileURLWithPath: output))
        let handle = try #require(FileHandle(forWritingAtPath: output))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        process.environment = [
            "ROLLCALL_DB": database, "TZ": "UTC", "TMPDIR": folder, "LC_ALL": "C.UTF-8",
            "PATH": (Program.path as NSString).deletingLastPathComponent + ":" + path,
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        try handle.close()
        var text = try String(contentsOfFile: output, encoding: .utf8)
        while text.last == "\n" { text.removeLast() }
        var lines = text.isEmpty ? [] : text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if process.terminationStatus != 0 { lines.append("[status \(process.terminationStatus)]") }
        return lines
    }
}
