/// Why bytes are not one JSON text (RFC 8259), and where.
package struct JSONSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong; ``description`` says it in words.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Nothing but white space.
        case empty
        /// The text stops inside a value.
        case unexpectedEnd
        /// A byte that cannot stand here: a missing comma, a comma too many, a bare word.
        case unexpectedByte
        /// A control character, which in a string must be escaped and elsewhere cannot stand.
        case controlCharacter
        /// A backslash with something that is not an escape.
        case badEscape
        /// Half of a surrogate pair.
        case loneSurrogate
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// A number with a leading zero, a plus sign or missing digits.
        case badNumber
        /// A key twice in one object, compared after unescaping.
        case duplicateKey
        /// More levels than allowed.
        case tooDeep
        /// Something after the value.
        case trailingBytes
        /// A byte order mark; whoever reads files strips it first.
        case byteOrderMark
        /// A value longer than the reader of exports holds in memory.
        case tooLong
    }

    package var code: Code
    /// Bytes from the start of the text.
    package var offset: Int
    /// From 1; lines end at a line feed.
    package var line: Int
    /// From 1, in characters (Unicode scalars).
    package var column: Int
    /// The cause in words, without the place. Never contains values, only keys.
    package var detail: String

    package init(code: Code, offset: Int, line: Int, column: Int, detail: String) {
        self.code = code
        self.offset = offset
        self.line = line
        self.column = column
        self.detail = detail
    }

    /// Computes line and column of `offset` within `bytes`: linear, so only when there is an error.
    package init(_ code: Code, at offset: Int, in bytes: UnsafeRawBufferPointer, detail: String) {
        let place = TextPosition(of: offset, in: bytes)
        self.init(code: code, offset: offset, line: place.line, column: place.column, detail: detail)
    }

    package var description: String { "line \(line), column \(column): \(detail)" }
}

/// Line and column of a byte, both from 1; columns count Unicode scalars.
package struct TextPosition: Sendable, Hashable {
    package var line: Int
    package var column: Int

    package init(line: Int = 1, column: Int = 1) {
        self.line = line
        self.column = column
    }

    /// Linear in `offset`.
    package init(of offset: Int, in bytes: UnsafeRawBufferPointer) {
        self.init()
        advance(over: UnsafeRawBufferPointer(rebasing: bytes.prefix(Swift.max(0, offset))))
    }

    /// Moves past bytes, so that a file can be counted piece by piece.
    package mutating func advance(over bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }
}
