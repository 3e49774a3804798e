import Crypto
import Foundation
import JSONBytes
import Reconciliation

/// A plan in a file: JSON lines, each with a `type`. The first is the header, then the rules, rows, notices, quarantined
/// records, gates and the summary; the last line counts them and has their SHA-256, so that a file that was cut or changed
/// is recognised.
///
/// The same form is what `plan -o` keeps for a person and what every run spools for itself.
package enum PlanFile {
    /// The version of the form; a file of another one is refused.
    static let version = 1
    /// Longest line that is read.
    static let lineBytesMax = 64 << 20
}

/// Writes a plan file under a temporary name; ``finish()`` gives it its own, whole or not at all. Mode 0600.
final class PlanFileWriter {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasher = SHA256()
    private var lines = 0
    private var isOpen = true

    /// - Throws: ``RunError`` `.failed` where the file cannot be made.
    init(path: String) throws {
        self.path = path
        temporary = path + ".\(getpid()).tmp"
        unlink(temporary)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit {
        guard isOpen else { return }
        close(descriptor)
        unlink(temporary)
    }

    private static func failure(_ path: String) -> RunError {
        RunError(
            .failed,
            "\(path): the plan cannot be written (\(String(cString: strerror(errno)))); check the folder and its space")
    }

    func write(_ type: String, _ object: JSONObject) throws {
        var typed: JSONObject = ["type": .string(type)]
        for member in object.members where member.key != "type" { typed[member.key] = member.value }
        append(typed)
        lines += 1
        if buffer.count > 1 << 16 { try flush() }
    }

    private func append(_ object: JSONObject) {
        let start = buffer.count
        JSONValue.object(object).write(into: &buffer)
        buffer.append(0x0A)
        hasher.update(data: buffer[start...])
    }

    private func flush() throws {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw Self.failure(path) }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes the last line, flushes to disk and gives the file its name.
    func finish() throws {
        let digest = PlanDigest.hex(hasher.finalize())
        append(["type": "end", "lines": .integer(lines), "sha256": .string(digest)])
        try flush()
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
        close(descriptor)
        isOpen = false
        guard rename(temporary, path) == 0 else { throw Self.failure(path) }
    }
}

/// Reads a plan file line by line, checked as a whole before anything of it is used.
struct PlanFileReader {
    let path: String

    /// Reads the whole file once and checks that it is complete and unchanged.
    ///
    /// - Throws: ``RunError`` `.planDamaged`.
    init(checking path: String) throws {
        self.path = path
        var hasher = SHA256()
        var lines = 0
        var end: JSONObject?
        try Self.forEachLine(of: path) { line in
            if end != nil { throw Self.damaged(path, "there are lines after its end") }
            if line.starts(with: Array(#"{"type":"end""#.utf8)) {
                end = try Self.object(line, path)
            } else {
                hasher.update(data: line)
                hasher.update(data: [0x0A])
                lines += 1
            }
        }
        guard let end else { throw Self.damaged(path, "its last line is missing: it was cut short") }
        guard end["lines"]?.integer == lines, end["sha256"]?.string == PlanDigest.hex(hasher.finalize()) else {
            throw Self.damaged(path, "it was changed after it was written")
        }
    }

    /// Reads a file that this program has just written itself.
    init(trusting path: String) { self.path = path }

    static func damaged(_ path: String, _ what: String) -> RunError {
        RunError(.planDamaged, "\(path): this is no whole plan: \(what); make it again with 'rollcall plan'")
    }

    /// Calls with each line's type and object, in order, without the last.
    func forEach(_ body: (_ type: String, _ object: JSONObject) throws -> Void) throws {
        var first = true
        try Self.forEachLine(of: path) { line in
            let object = try Self.object(line, path)
            guard let type = object["type"]?.string else { throw Self.damaged(path, "a line has no type") }
            if first, type != "plan" || object["version"]?.integer != PlanFile.version {
                throw Self.damaged(path, "it does not begin like a plan of version \(PlanFile.version)")
            }
            first = false
            if type != "end" { try body(type, object) }
        }
    }

    /// The events of the file, in order.
    func forEachEvent(_ body: (PlanEvent) throws -> Void) throws {
        try forEach { type, object in
            do {
                if let event = try PlanEvent(type: type, object) { try body(event) }
            } catch let error as CodingFailure {
                throw Self.damaged(path, error.description)
            }
        }
    }

    /// The rules that the plan was made under.
    func rules() throws -> Rules? {
        var rules: Rules?
        try forEach { type, object in
            if type == "rules", rules == nil { rules = try Rules(json: object) }
        }
        return rules
    }

    private static func object(_ line: ArraySlice<UInt8>, _ path: String) throws -> JSONObject {
        do {
            if let object = try JSONValue(parsing: Array(line)).object { return object }
        } catch {
            throw damaged(path, "a line is no JSON (\(error))")
        }
        throw damaged(path, "a line is no object")
    }

    private static func newline(in bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard start < buffer.count, let base = buffer.baseAddress else { return nil }
            return memchr(base + start, 0x0A, buffer.count - start).map { base.distance(to: $0) }
        }
    }

    private static func forEachLine(of path: String, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw RunError(
                .planDamaged, "\(path): the plan cannot be read (\(String(cString: strerror(errno)))); check the path")
        }
        defer { close(descriptor) }
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw damaged(path, String(cString: strerror(errno))) }
            if count == 0 { break }
            // Only what came last can hold a newline that was not seen before.
            var searched = pending.count
            pending += chunk[..<count]
            var start = 0
            while let newline = Self.newline(in: pending, from: searched) {
                try body(pending[start..<newline])
                start = newline + 1
                searched = start
            }
            pending.removeFirst(start)
            if pending.count > PlanFile.lineBytesMax { throw damaged(path, "a line is too long") }
        }
        if !pending.isEmpty { throw damaged(path, "its last line is cut") }
    }
}

extension PlanEvent {
    /// The event that a line of a plan file stands for; `nil` for lines that are none.
    init?(type: String, _ object: JSONObject) throws(CodingFailure) {
        switch type {
        case "plan": self = .header(try PlanHeader(json: object))
        case "row": self = .row(try PlanRow(json: object))
        case "notice": self = .notice(try Notice(json: object))
        case "quarantine": self = .quarantined(try Quarantined(json: object))
        case "gate": self = .gate(try GateReading(json: object))
        case "summary": self = .summary(try PlanSummary(json: object))
        default: return nil
        }
    }
}

extension PlanFileWriter {
    func write(_ event: PlanEvent) throws {
        switch event {
        case .header(let header):
            var object = header.json
            object["version"] = .integer(PlanFile.version)
            try write("plan", object)
        case .row(let row): try write("row", row.json)
        case .notice(let notice): try write("notice", notice.json)
        case .quarantined(let entry): try write("quarantine", entry.json)
        case .gate(let reading): try write("gate", reading.json)
        case .summary(let summary): try write("summary", summary.json)
        }
    }
}
