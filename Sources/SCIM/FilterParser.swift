import JSONBytes

/// What the parser of filters and paths found wrong, in one sentence with the position.
struct FilterSyntaxError: Error {
    var reason: String
}

/// Recursive descent over the bytes of a filter or path. Its depth is bounded by ``Filter/depthMax``.
struct FilterParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    private let schemas: SchemaSet

    init(_ text: String, _ schemas: SchemaSet) {
        bytes = Array(text.utf8)
        self.schemas = schemas
    }

    /// A filter and nothing after it.
    mutating func wholeFilter() throws(FilterSyntaxError) -> Filter {
        try checkLength()
        skipSpaces()
        let filter = try disjunction()
        skipSpaces()
        if position < bytes.count { throw failure("expected 'and', 'or' or the end") }
        return filter
    }

    /// A path and nothing after it.
    mutating func path() throws(FilterSyntaxError) -> AttributePath {
        try checkLength()
        var path = AttributePath(name: try attributeName(), in: schemas)
        if peek == UInt8(ascii: "[") {
            path.filter = try bracketed(path)
            if peek == UInt8(ascii: ".") {
                position += 1
                let sub = try word { Self.isNameByte($0) }
                path = AttributePath(
                    urn: path.urn, attribute: path.attribute, filter: path.filter, subAttribute: sub, in: schemas)
            }
        }
        if position < bytes.count { throw failure("expected the end of the path") }
        return path
    }

    private func checkLength() throws(FilterSyntaxError) {
        if bytes.count > Filter.lengthMax {
            throw FilterSyntaxError(reason: "it is longer than \(Filter.lengthMax) bytes.")
        }
    }

    // MARK: - Grammar

    private mutating func disjunction() throws(FilterSyntaxError) -> Filter {
        var left = try conjunction()
        while takeKeyword("or") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(FilterSyntaxError) -> Filter {
        var left = try term()
        while takeKeyword("and") { left = .and(left, try term()) }
        return left
    }

    private mutating func term() throws(FilterSyntaxError) -> Filter {
        skipSpaces()
        if peek == UInt8(ascii: "(") { return try group() }
        let start = position
        if takeWord("not") {
            skipSpaces()
            if peek == UInt8(ascii: "(") { return .not(try group()) }
            position = start
        }
        let path = AttributePath(name: try attributeName(), in: schemas)
        if peek == UInt8(ascii: "[") { return .values(path, try bracketed(path)) }
        return try comparison(path)
    }

    private mutating func group() throws(FilterSyntaxError) -> Filter {
        position += 1
        try enter()
        let inner = try disjunction()
        skipSpaces()
        guard peek == UInt8(ascii: ")") else { throw failure("expected ')'") }
        position += 1
        depth -= 1
        return inner
    }

    private mutating func bracketed(_ path: AttributePath) throws(FilterSyntaxError) -> Filter {
        if path.subAttribute != nil { throw failure("a sub-attribute cannot have a value filter") }
        position += 1
        try enter()
        let inner = try disjunction().relative(to: path, schemas)
        skipSpaces()
        guard peek == UInt8(ascii: "]") else { throw failure("expected ']'") }
        position += 1
        depth -= 1
        return inner
    }

    private mutating func enter() throws(FilterSyntaxError) {
        depth += 1
        if depth > Filter.depthMax { throw failure("nesting is deeper than \(Filter.depthMax)") }
    }

    private mutating func comparison(_ path: AttributePath) throws(FilterSyntaxError) -> Filter {
        guard takeSpaces() else { throw failure("expected an operator after '\(path.description)'") }
        let start = position
        let name = try word { Self.isLetter($0) }.lowercased()
        if name == "pr" { return .present(path) }
        guard let comparison = Filter.Comparison(rawValue: name) else {
            position = start
            throw failure("expected eq, ne, co, sw, ew, gt, ge, lt, le or pr")
        }
        guard takeSpaces() else { throw failure("expected a value after '\(name)'") }
        let literal = try literal()
        do { return try Filter.checked(path, comparison, literal) } catch {
            position = start
            throw failure(error.reason)
        }
    }

    private mutating func literal() throws(FilterSyntaxError) -> Filter.Literal {
        let start = position
        if peek == UInt8(ascii: "\"") { return .string(try string()) }
        while position < bytes.count, !Self.isDelimiter(bytes[position]) { position += 1 }
        let token = Array(bytes[start..<position])
        switch try? JSONValue(parsing: token) {
        case .bool(let value): return .bool(value)
        case .null: return .null
        case .number(let value): return .number(value)
        default:
            position = start
            throw failure("expected a value: a text in double quotes, a number, true, false or null")
        }
    }

    /// A JSON string: the closing quote is the first that no backslash escapes.
    private mutating func string() throws(FilterSyntaxError) -> String {
        let start = position
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else {
            position = start
            throw failure("the text is not closed by a double quote")
        }
        position += 1
        guard case .string(let text)? = try? JSONValue(parsing: Array(bytes[start..<position])) else {
            position = start
            throw failure("the text is not a JSON string")
        }
        return text
    }

    private mutating func attributeName() throws(FilterSyntaxError) -> String {
        let start = position
        while position < bytes.count, Self.isPathByte(bytes[position]) { position += 1 }
        guard position > start, Self.isLetter(bytes[start]) || bytes[start] == UInt8(ascii: "$") else {
            position = start
            throw failure("expected the name of an attribute")
        }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        if name.hasSuffix(".") || name.hasSuffix(":") || name.contains("..") {
            position = start
            throw failure("expected the name of an attribute")
        }
        return name
    }

    // MARK: - Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpaces() { while peek == 0x20 { position += 1 } }

    private mutating func takeSpaces() -> Bool {
        let start = position
        skipSpaces()
        return position > start
    }

    /// `and` or `or` with what separates it from its neighbours.
    private mutating func takeKeyword(_ keyword: String) -> Bool {
        let start = position
        skipSpaces()
        if takeWord(keyword) { return true }
        position = start
        return false
    }

    private mutating func takeWord(_ word: String) -> Bool {
        let end = position + word.utf8.count
        guard end < bytes.count, Self.isDelimiter(bytes[end]) else { return false }
        guard zip(bytes[position..<end], word.utf8).allSatisfy({ ASCII.lower($0) == $1 }) else { return false }
        position = end
        return true
    }

    private mutating func word(while isPart: (UInt8) -> Bool) throws(FilterSyntaxError) -> String {
        let start = position
        while position < bytes.count, isPart(bytes[position]) { position += 1 }
        if position == start { throw failure("expected a name") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private func failure(_ reason: String) -> FilterSyntaxError {
        let character = bytes[..<min(position, bytes.count)].reduce(into: 1) { if $1 & 0xC0 != 0x80 { $0 += 1 } }
        return FilterSyntaxError(reason: "position \(character): \(reason).")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "$")
    }

    private static func isPathByte(_ byte: UInt8) -> Bool {
        isNameByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == UInt8(ascii: "(") || byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]")
    }
}
