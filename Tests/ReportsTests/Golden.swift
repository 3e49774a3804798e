import Foundation
import Testing

/// Files in `Tests/Golden`, compared byte by byte. `ROLLCALL_REGENERATE=1 swift test --filter ReportsTests` writes them
/// anew; then read the diff.
enum Golden {
    static func expect(_ text: String, equals name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden").appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["ROLLCALL_REGENERATE"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        let golden = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let expected = golden.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, want) in zip(lines, expected) where !line.utf8.elementsEqual(want.utf8) {
            #expect(line == want, "\(name)", sourceLocation: sourceLocation)
        }
        #expect(lines.count == expected.count, "\(name): number of lines", sourceLocation: sourceLocation)
    }
}
