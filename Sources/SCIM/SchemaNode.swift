import JSONBytes

/// A value of a file together with the way that leads to it.
struct SchemaNode {
    enum Step: Equatable { case key(String), index(Int) }

    /// What is wrong, and where.
    struct Problem: Error {
        var path: [Step]
        var detail: String
    }

    let value: JSONValue
    var path: [Step] = []

    func problem(_ detail: String) -> Problem { Problem(path: path, detail: detail) }

    subscript(key: String) -> SchemaNode? {
        value.object?[key].map { SchemaNode(value: $0, path: path + [.key(key)]) }
    }

    /// - Throws: ``Problem`` for anything but an object with no other keys than these.
    func allow(_ keys: Set<String>) throws(Problem) {
        guard let object = value.object else { throw problem("an object must stand here") }
        for member in object.members where !keys.contains(member.key) {
            let known = keys.sorted().joined(separator: ", ")
            throw Problem(
                path: path + [.key(member.key)], detail: "'\(member.key.prefix(60))' is not known here; known: \(known)"
            )
        }
    }

    func required(_ key: String) throws(Problem) -> SchemaNode {
        guard let found = self[key] else { throw problem("'\(key)' is missing") }
        return found
    }

    func elements() throws(Problem) -> [SchemaNode] {
        guard let values = value.array else { throw problem("a list must stand here") }
        return values.enumerated().map { SchemaNode(value: $1, path: path + [.index($0)]) }
    }

    /// A text without control characters; it is shown in lists and errors.
    func text() throws(Problem) -> String {
        guard let text = value.string else { throw problem("a text must stand here") }
        if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control && $0 != "\n" }) {
            throw problem("the text must not contain control characters")
        }
        return text
    }

    func texts(_ key: String) throws(Problem) -> [String] {
        var texts: [String] = []
        for node in try self[key]?.elements() ?? [] { texts.append(try node.text()) }
        return texts
    }

    func bool(_ key: String) throws(Problem) -> Bool? {
        guard let node = self[key] else { return nil }
        guard let bool = node.value.bool else { throw node.problem("'\(key)' must be true or false") }
        return bool
    }

    func word<Word: RawRepresentable & CaseIterable>(
        _ key: String, _ type: Word.Type
    ) throws(Problem) -> Word? where Word.RawValue == String {
        guard let node = self[key] else { return nil }
        guard let word = node.value.string.flatMap(Word.init(rawValue:)) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw node.problem("'\(key)' must be one of: \(known)")
        }
        return word
    }
}

/// Finds where a value stands in a JSON text that is known to be valid.
enum JSONLocator {
    /// The place of the value, or of its key where it has one. Linear in the text.
    static func place(of path: [SchemaNode.Step], in bytes: [UInt8]) -> TextPosition {
        var scan = Scan(bytes: bytes)
        scan.go(path[...])
        return bytes.withUnsafeBytes { TextPosition(of: scan.found, in: $0) }
    }

    private struct Scan {
        let bytes: [UInt8]
        var position = 0
        /// Where the last value or key that the path names begins.
        var found = 0

        mutating func go(_ path: ArraySlice<SchemaNode.Step>) {
            skipSpaces()
            if path.startIndex == 0 { found = position }
            guard let step = path.first, position < bytes.count else { return }
            position += 1
            var index = 0
            while true {
                skipSpaces()
                guard position < bytes.count, bytes[position] != UInt8(ascii: "]"), bytes[position] != UInt8(ascii: "}")
                else { return }
                let start = position
                var isWanted = step == .index(index)
                if case .key(let wanted) = step {
                    skipValue()
                    isWanted = (try? JSONValue(parsing: bytes[start..<position])) == .string(wanted)
                    skipSpaces()
                    position += 1
                    skipSpaces()
                }
                if isWanted {
                    found = start
                    return go(path.dropFirst())
                }
                skipValue()
                skipSpaces()
                if position < bytes.count, bytes[position] == UInt8(ascii: ",") { position += 1 }
                index += 1
            }
        }

        private mutating func skipSpaces() {
            while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
        }

        private mutating func skipValue() {
            var depth = 0
            repeat {
                guard position < bytes.count else { return }
                switch bytes[position] {
                case UInt8(ascii: "\""): skipString()
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    position += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    position += 1
                default: skipScalar()
                }
            } while depth > 0
        }

        private mutating func skipString() {
            position += 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            position += 1
        }

        /// A number, a word, or what separates values.
        private mutating func skipScalar() {
            position += 1
            while position < bytes.count, !"\"{}[],: \n\r\t".utf8.contains(bytes[position]) { position += 1 }
        }
    }
}
