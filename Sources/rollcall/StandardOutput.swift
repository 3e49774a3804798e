import Foundation
import JSONBytes
import Reconciliation
import Reports
import Storage

/// What a command prints: buffered, one line after another, harmless on a terminal.
///
/// A result that could not be written is a failure of the command (a closed pipe, a full disk): call ``flush()`` at the end.
struct StandardOutput {
    /// Bytes that are collected before they are written.
    private static let bufferBytes = 64 << 10

    private let format: OutputOptions.Format
    private var buffer: [UInt8] = []

    init(_ format: OutputOptions.Format) { self.format = format }

    var isJSON: Bool { format == .json }

    /// A line for people: control characters of names and values are shown, not obeyed.
    mutating func line(_ text: String = "") throws { try append(SafeText.line(text) + "\n") }

    /// A line for scripts.
    mutating func json(_ object: JSONObject) throws { try append(JSONReport.line(object)) }

    /// A table for people: columns as wide as their widest cell, the last one open.
    mutating func table(_ header: [String], _ rows: [[String]]) throws {
        let cells = ([header] + rows).map { $0.map(SafeText.line) }
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for row in cells {
            let padded = row.indices.map { column in
                column == row.count - 1
                    ? row[column] : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
            }
            try append(padded.joined(separator: "  ") + "\n")
        }
    }

    private mutating func append(_ text: String) throws {
        buffer += text.utf8
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what is buffered.
    mutating func flush() throws {
        var start = 0
        while start < buffer.count {
            let written = buffer[start...].withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                throw CommandFailure(.failed, "the result cannot be written: \(String(cString: strerror(errno)))")
            }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

extension CommandFailure {
    /// Runs the body and turns what storage says into a line and an exit status.
    static func translating<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as ConfigurationError {
            throw CommandFailure(.configuration, error.detail)
        } catch let error as StorageError {
            throw CommandFailure(.failed, error.detail)
        }
    }
}

/// The clock and the random source of the commands.
enum Machine {
    static var now: Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// A new id: a random UUID in lower case.
    static func newID() -> String { UUID().uuidString.lowercased() }

    /// A new bearer token from the system's random source.
    static func newToken(prefix: String = BearerToken.prefix) -> BearerToken {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<BearerToken.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return BearerToken(random: bytes, prefix: prefix)
    }

    /// Who is at the keyboard, for what is kept about changes of the configuration.
    static var administrator: Administrator { Administrator(name: "command line (\(NSUserName()))", now: now) }
}
