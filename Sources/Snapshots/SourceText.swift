import JSONBytes

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Places and texts of source files as people read them.
package enum SourceText {
    /// Line and column of a byte of a file, both from 1; columns count characters (Unicode scalars). Reads the file
    /// up to there, so it is for errors and explanations.
    ///
    /// - Throws: ``SnapshotError`` when the file cannot be read.
    package static func lineAndColumn(offset: Int, file: String) throws(SnapshotError) -> (line: Int, column: Int) {
        try lineAndColumn(offset: offset, file: try SourceFile(path: file))
    }

    /// - Parameter offset: in the file's text as UTF-8.
    static func lineAndColumn(offset: Int, file: SourceFile) throws(SnapshotError) -> (line: Int, column: Int) {
        let source = try SourceFile(path: file.path)
        source.encoding = file.encoding
        let input = try TextInput(source, digest: nil)
        defer { source.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var position = TextPosition()
        var left = offset
        while left > 0 {
            let count = try input.read(into: buffer) { _ in }
            if count == 0 { break }
            position.advance(over: UnsafeRawBufferPointer(rebasing: buffer[..<min(left, count)]))
            left -= min(left, count)
        }
        return (position.line, position.column)
    }

    /// A text with its control characters, line separators and direction marks written as escapes, so that it is one
    /// line that a terminal shows as it is.
    package static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) {
                escaped += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A control character, line or paragraph separator, or a mark that changes the direction of text.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
