import Foundation
import JSONBytes

/// A file of `samples/scim`: requests of one client in their order, what is answered, and what is in the accounts then. The format
/// is told in `samples/scim/README.md`.
struct Conversation {
    var client = ""
    var steps: [Step] = []

    struct Step {
        var title: String
        var method = ""
        var target = ""
        var headers: [String: String] = [:]
        var body = ""
        var status = 0
        var answer = ""
        var state: [String] = []

        var path: String { String(target.prefix { $0 != "?" }) }
        var query: String { String(target.dropFirst(path.count + 1)) }
    }

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    /// `client/name.http` of every conversation.
    static let files: [String] = {
        let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return found.filter { $0.hasSuffix(".http") }.sorted()
    }()

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "samples/scim")

    init(file: String) throws {
        try self.init(text: String(contentsOf: Self.folder.appending(path: file), encoding: .utf8))
    }

    fileprivate enum Part { case preamble, request, headers, body, answer, state }

    init(text: String) throws {
        var part = Part.preamble
        for (index, raw) in text.components(separatedBy: "\n").enumerated() {
            let line = raw.trimmingCharacters(in: .whitespaces)
            if let title = line.dropping("### ") {
                steps.append(Step(title: title))
                part = .request
            } else if part == .preamble {
                if let name = line.dropping("client: ") { client = name }
            } else if part != .preamble, let status = line.dropping("HTTP ") {
                steps[steps.count - 1].status = Int(status) ?? 0
                part = .answer
            } else if line == "STATE" {
                part = .state
            } else if !line.isEmpty || part == .headers {
                try steps[steps.count - 1].take(line, &part, number: index + 1)
            }
        }
    }
}

extension Conversation.Step {
    fileprivate mutating func take(_ line: String, _ part: inout Conversation.Part, number: Int) throws {
        switch part {
        case .preamble: break
        case .request:
            if line.hasPrefix("#") { return }
            let words = line.split(separator: " ")
            guard words.count == 2 else { throw Conversation.Malformed(description: "line \(number): METHOD TARGET") }
            (method, target) = (String(words[0]), String(words[1]))
            part = .headers
        case .headers:
            if line.isEmpty {
                part = .body
                return
            }
            guard let colon = line.firstIndex(of: ":") else {
                throw Conversation.Malformed(description: "line \(number): NAME: VALUE")
            }
            headers[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        case .body: body += line + "\n"
        case .answer: answer += line + "\n"
        case .state: state.append(line)
        }
    }
}

/// The ids that the endpoint gave, by the names that a conversation has for them.
struct Placeholders {
    private(set) var values: [String: String] = [:]

    func filled(_ text: String) -> String {
        values.reduce(text) { $0.replacing("{{\($1.key)}}", with: $1.value) }
    }

    /// Where the answer is not as expected; `nil` where it is. A member that is expected as null must be absent or null, what is
    /// not expected may be anything, the order of a list does not count.
    mutating func difference(_ expected: JSONValue, _ found: JSONValue?, at place: String = "") -> String? {
        if expected.isNull { return found == nil || found == .null ? nil : "\(place) is there: \(found!.text)" }
        guard let found else { return "\(place) is missing" }
        switch (expected, found) {
        case (.object(let left), .object(let right)):
            for member in left.members {
                let inner = difference(member.value, right[member.key], at: place + "." + member.key)
                if let inner { return inner }
            }
            return nil
        case (.array(let left), .array(let right)): return difference(left, right, at: place)
        case (.string(let text), .string(let value)) where text.hasPrefix("{{") && text.hasSuffix("}}"):
            let name = String(text.dropFirst(2).dropLast(2))
            guard let known = values[name] else {
                values[name] = value
                return nil
            }
            return known == value ? nil : "\(place) is \(value), not \(name)'s \(known)"
        default: return expected == found ? nil : "\(place) is \(found.text), not \(expected.text)"
        }
    }

    private mutating func difference(_ left: [JSONValue], _ right: [JSONValue], at place: String) -> String? {
        var rest = right
        for expected in left {
            let index = rest.firstIndex { candidate in
                var trial = self
                return trial.difference(expected, candidate) == nil
            }
            guard let index else { return "\(place) has no \(expected.text): \(JSONValue.array(right).text)" }
            _ = difference(expected, rest.remove(at: index))
        }
        return rest.isEmpty ? nil : "\(place) has more: \(JSONValue.array(rest).text)"
    }
}

extension String {
    /// What follows the prefix.
    fileprivate func dropping(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
