import JSONBytes

/// Why a whole file, and with it the snapshot, is refused. One line names the place, the cause and the cure.
package struct SnapshotError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// A file, or every file of a pattern, is not there.
        case missing
        /// A file cannot be opened or read.
        case unreadable
        /// A folder, pipe, device or socket stands where a file should.
        case notAFile
        /// A file was written to or replaced while it was read.
        case changed
        /// Nothing in it.
        case empty
        /// Not what RFC 8259 calls JSON, or not well-formed XML.
        case syntax
        /// The file stops in the middle.
        case truncated
        /// Bytes that are not text, or text in an encoding that is not read.
        case encoding
        /// A limit of depth, length or number.
        case limit
        /// A declaration in a DOCTYPE or a reference to an entity.
        case entity
        /// An answer that reports an error where the export should be.
        case errorBody
        /// A delta, which says nothing about who is not in it.
        case delta
        /// The collection of records is not in the file, or the file is of another format.
        case noRecords
        /// Only records of the other kind.
        case wrongKind
        /// The export lacks a column without which nobody can be judged.
        case columnMissing
        /// A group's members file is missing or unreadable.
        case members
    }

    package var code: Code
    package var file: String
    package var line: Int?
    package var column: Int?
    /// Cause and cure, without the place.
    package var detail: String

    package init(_ code: Code, file: String, line: Int? = nil, column: Int? = nil, detail: String) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.detail = detail
    }

    /// `FILE:LINE:COLUMN: what; cure`, one line, control characters escaped.
    package var description: String {
        let place = [file, line.map(String.init), column.map(String.init)].compactMap { $0 }.joined(separator: ":")
        return SourceText.escaped(place + ": " + detail)
    }
}

extension SnapshotError {
    /// A fault at a byte of a file: reads the file again to count its lines.
    init(_ code: Code, file: SourceFile, offset: Int, detail: String) {
        let place = try? SourceText.lineAndColumn(offset: offset, file: file)
        self.init(code, file: file.path, line: place?.line, column: place?.column, detail: detail)
    }

    /// Translates what the JSON readers say.
    init(_ code: JSONSyntaxError.Code, file: SourceFile, offset: Int, detail: String) {
        let (mapped, cure): (Code, String) =
            switch code {
            case .empty: (.empty, "; check that the export has finished")
            case .unexpectedEnd: (.truncated, "; check that the export has finished")
            case .invalidUTF8: (.encoding, TextEncoding.cure)
            case .tooDeep, .tooLong: (.limit, "; this is not an export of people and groups")
            default: (.syntax, "; export again, the file is damaged")
            }
        self.init(mapped, file: file, offset: offset, detail: detail + cure)
    }
}
