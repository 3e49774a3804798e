extension JSONValue {
    /// Levels of arrays and objects that a text may have unless told otherwise.
    package static let depthMax = 64

    /// Reads exactly one JSON text, strictly by RFC 8259: one value, no trailing comma, nothing behind it, valid UTF-8
    /// without byte order mark, no key twice in an object. Numbers keep their text.
    ///
    /// - Throws: ``JSONSyntaxError`` with the place of the first fault.
    package init(parsing bytes: UnsafeRawBufferPointer, depthMax: Int = Self.depthMax) throws(JSONSyntaxError) {
        var parser = JSONParser(bytes, depthMax: depthMax)
        self = try parser.parseText()
    }

    /// Reads exactly one JSON text from an array of bytes.
    package init(parsing bytes: [UInt8], depthMax: Int = Self.depthMax) throws(JSONSyntaxError) {
        self = try bytes.withUnsafeBufferPointer { buffer throws(JSONSyntaxError) in
            try JSONValue(parsing: UnsafeRawBufferPointer(buffer), depthMax: depthMax)
        }
    }

    /// Reads exactly one JSON text from a slice; places count from the slice's start.
    package init(parsing bytes: ArraySlice<UInt8>, depthMax: Int = Self.depthMax) throws(JSONSyntaxError) {
        self = try bytes.withUnsafeBufferPointer { buffer throws(JSONSyntaxError) in
            try JSONValue(parsing: UnsafeRawBufferPointer(buffer), depthMax: depthMax)
        }
    }

    /// Reads exactly one JSON text from a string.
    package init(parsing text: String, depthMax: Int = Self.depthMax) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), depthMax: depthMax)
    }
}

/// A cursor over one JSON text in memory.
struct JSONParser {
    private let bytes: UnsafeRawBufferPointer
    private let depthMax: Int
    private var index = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer, depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    mutating func parseText() throws(JSONSyntaxError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw fault(.byteOrderMark, "a byte order mark before the JSON text")
        }
        skipWhiteSpace()
        if index == bytes.count { throw fault(.empty, "no JSON value: the text is empty") }
        let value = try parseValue()
        skipWhiteSpace()
        if index < bytes.count { throw fault(.trailingBytes, "\(here) after the end of the JSON value") }
        return value
    }

    private mutating func parseValue() throws(JSONSyntaxError) -> JSONValue {
        guard index < bytes.count else { throw end("a value") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func parseObject() throws(JSONSyntaxError) -> JSONObject {
        try enter()
        var members: [JSONObject.Member] = []
        if closes(UInt8(ascii: "}")) { return JSONObject() }
        var seen: Set<String> = []
        while true {
            skipWhiteSpace()
            let start = index
            guard index < bytes.count else { throw end("a key") }
            guard bytes[index] == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let key = try parseString()
            if isDuplicate(key, members, &seen) {
                throw fault(
                    .duplicateKey, "the key \(JSONValue.string(key).text) occurs twice in one object", at: start)
            }
            skipWhiteSpace()
            guard index < bytes.count else { throw end("a colon") }
            guard bytes[index] == UInt8(ascii: ":") else { throw unexpected("a colon after the key") }
            index += 1
            skipWhiteSpace()
            members.append(JSONObject.Member(key: key, value: try parseValue()))
            if try endsAfterElement(UInt8(ascii: "}"), "a comma or the end of the object") { break }
        }
        return JSONObject(members)
    }

    /// Small objects are searched, large ones use a set. Keys compare as ``JSONObject`` compares them, so two spellings
    /// that its subscript cannot tell apart count as one.
    private func isDuplicate(_ key: String, _ members: [JSONObject.Member], _ seen: inout Set<String>) -> Bool {
        if members.count < 24 { return members.contains { $0.key == key } }
        if seen.isEmpty { seen = Set(members.map(\.key)) }
        return !seen.insert(key).inserted
    }

    private mutating func parseArray() throws(JSONSyntaxError) -> [JSONValue] {
        try enter()
        var values: [JSONValue] = []
        if closes(UInt8(ascii: "]")) { return values }
        while true {
            skipWhiteSpace()
            values.append(try parseValue())
            if try endsAfterElement(UInt8(ascii: "]"), "a comma or the end of the array") { break }
        }
        return values
    }

    private mutating func enter() throws(JSONSyntaxError) {
        if depth == depthMax { throw fault(.tooDeep, "more than \(depthMax) levels of arrays and objects") }
        depth += 1
        index += 1
    }

    private mutating func closes(_ bracket: UInt8) -> Bool {
        skipWhiteSpace()
        guard index < bytes.count, bytes[index] == bracket else { return false }
        index += 1
        depth -= 1
        return true
    }

    private mutating func endsAfterElement(_ bracket: UInt8, _ wanted: String) throws(JSONSyntaxError) -> Bool {
        if closes(bracket) { return true }
        guard index < bytes.count else { throw end(wanted) }
        guard bytes[index] == UInt8(ascii: ",") else { throw unexpected(wanted) }
        index += 1
        return false
    }

    private mutating func skipWhiteSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        let start = index
        for offset in 0..<word.utf8CodeUnitCount {
            guard index < bytes.count else { throw end("\(word)") }
            guard bytes[index] == word.utf8Start[offset] else {
                throw fault(.unexpectedByte, "an unknown word where a value is expected", at: start)
            }
            index += 1
        }
        return value
    }
}

// MARK: - Numbers

extension JSONParser {
    private mutating func parseNumber() throws(JSONSyntaxError) -> String {
        let start = index
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let whole = index
        try digits(start)
        if bytes[whole] == UInt8(ascii: "0") && index - whole > 1 {
            throw fault(.badNumber, "a number with a leading zero", at: start)
        }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            try digits(start)
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            try digits(start)
        }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func digits(_ start: Int) throws(JSONSyntaxError) {
        let first = index
        while index < bytes.count, bytes[index] &- 0x30 <= 9 { index += 1 }
        if index > first { return }
        if index == bytes.count { throw end("a digit") }
        throw fault(.badNumber, "a number without the digits it needs", at: start)
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func parseString() throws(JSONSyntaxError) -> String {
        let start = index + 1
        index = start
        var seen: UInt8 = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                index += 1
                if seen >= 0x80 { return try text(from: start, to: index - 1) }
                // ASCII needs no check, which costs more than the copy.
                return String(decoding: bytes[start..<index - 1], as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            if byte < 0x20 { throw control(byte) }
            seen |= byte
            index += 1
        }
        throw end("the end of a string")
    }

    private func text(from start: Int, to stop: Int) throws(JSONSyntaxError) -> String {
        let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<stop]).assumingMemoryBound(to: UInt8.self)
        if let text = String(validating: slice, as: UTF8.self) { return text }
        throw fault(.invalidUTF8, "bytes that are not UTF-8", at: start + Self.validPrefix(of: slice))
    }

    /// The number of bytes before the first that is not UTF-8.
    static func validPrefix(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var position = 0
        while position < bytes.count {
            let lead = bytes[position]
            let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            let stop = min(position + length, bytes.count)
            let scalar = UnsafeBufferPointer(rebasing: bytes[position..<stop])
            if String(validating: scalar, as: UTF8.self) == nil { return position }
            position = stop
        }
        return position
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONSyntaxError) -> String {
        var unescaped: [UInt8] = []
        unescaped.reserveCapacity(index - start + 32)
        var clean = start
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                // Each run between escapes is checked by itself: an escape cannot complete a cut sequence.
                unescaped.append(contentsOf: try text(from: clean, to: index).utf8)
                if byte == UInt8(ascii: "\"") {
                    index += 1
                    return String(decoding: unescaped, as: UTF8.self)
                }
                let scalar = try parseEscape()
                unescaped.append(contentsOf: UTF8.encode(scalar)!)
                clean = index
            } else if byte < 0x20 {
                throw control(byte)
            } else {
                index += 1
            }
        }
        throw end("the end of a string")
    }

    private mutating func parseEscape() throws(JSONSyntaxError) -> Unicode.Scalar {
        let start = index
        guard index + 1 < bytes.count else { index = bytes.count; throw end("an escape") }
        let letter = bytes[index + 1]
        index += 2
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(start)
        default: throw fault(.badEscape, "a backslash before something that is not an escape", at: start)
        }
    }

    private mutating func parseUnicodeEscape(_ start: Int) throws(JSONSyntaxError) -> Unicode.Scalar {
        let high = try hexadecimal(start)
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw fault(.loneSurrogate, "half of a surrogate pair", at: start) }
        index += 2
        let low = try hexadecimal(start)
        guard (0xDC00...0xDFFF).contains(low) else {
            throw fault(.loneSurrogate, "half of a surrogate pair", at: start)
        }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))!
    }

    private mutating func hexadecimal(_ start: Int) throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count else { throw end("four hexadecimal digits") }
            let byte = bytes[index]
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | UInt32((byte | 0x20) - 0x61 + 10)
            default: throw fault(.badEscape, "\\u without four hexadecimal digits", at: start)
            }
            index += 1
        }
        return value
    }
}

// MARK: - Faults

extension JSONParser {
    private func fault(_ code: JSONSyntaxError.Code, _ detail: String, at offset: Int? = nil) -> JSONSyntaxError {
        JSONSyntaxError(code, at: offset ?? index, in: bytes, detail: detail)
    }

    private func end(_ wanted: String) -> JSONSyntaxError {
        fault(.unexpectedEnd, "the text ends where \(wanted) is expected", at: bytes.count)
    }

    private func control(_ byte: UInt8) -> JSONSyntaxError {
        fault(.controlCharacter, "an unescaped control character (\(JSONByte.name(byte))) in a string")
    }

    private func unexpected(_ wanted: String) -> JSONSyntaxError {
        let byte = bytes[index]
        let isControl = byte < 0x20 && byte != 0x0A && byte != 0x0D && byte != 0x09
        return fault(isControl ? .controlCharacter : .unexpectedByte, "\(here) where \(wanted) is expected")
    }

    private var here: String { JSONByte.name(bytes[index]) }
}

/// Names bytes in messages, so that no message carries a control character.
enum JSONByte {
    static func name(_ byte: UInt8) -> String {
        if byte > 0x20 && byte < 0x7F { return "'" + String(Unicode.Scalar(byte)) + "'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
    }
}
