/// Where the records of a JSON document are: names, `[*]` for the elements of an array and `.*` for the values of an
/// object, which is as much as can be found while the document streams by. A part of RFC 9535.
///
/// `$[*]`, `$.users[*]`, `$.data.edges[*].node`, `$['my key'].*`.
package struct JSONRecordPath: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        case name(String)
        /// The elements of an array. An object in its place is the one element of a list that a tool collapsed.
        case elements
        /// The values of an object.
        case members
    }

    package let text: String
    package let steps: [Step]

    /// - Throws: ``PathFault`` for anything else than names, `[*]` and `.*` behind a `$`.
    package init(parsing text: String) throws(PathFault) {
        self.text = text
        var reader = PathText(text)
        guard reader.take("$") else {
            throw reader.fault("a record path of JSON begins with $", cure: "for example $.users[*]")
        }
        var steps: [Step] = []
        while !reader.isAtEnd {
            if reader.take("[*]") {
                steps.append(.elements)
            } else if reader.take(".*") {
                steps.append(.members)
            } else if reader.take("[") {
                guard let name = try reader.quoted() else {
                    throw reader.fault(
                        "records are found while the file streams by, so only names, [*] and .* are known here",
                        cure: "choose among them with when, for example {path: type, has: user}")
                }
                steps.append(.name(name))
                try reader.expect("]")
            } else if reader.take(".") {
                steps.append(.name(try reader.name()))
            } else {
                throw reader.fault("a step begins with . or [", cure: "for example $.users[*]")
            }
        }
        self.steps = steps
    }
}

/// Why a text is no path.
package struct PathFault: Error, Sendable, Hashable {
    /// From 1, in code points of the path's text.
    package var column: Int
    package var detail: String
    package var cure: String

    package init(column: Int, detail: String, cure: String) {
        self.column = column
        self.detail = detail
        self.cure = cure
    }
}

/// A cursor over the text of a path.
package struct PathText {
    private let scalars: [Unicode.Scalar]
    private var index = 0

    package init(_ text: String) { scalars = Array(text.unicodeScalars) }

    package var isAtEnd: Bool { index == scalars.count }
    package var next: Unicode.Scalar? { isAtEnd ? nil : scalars[index] }
    package var column: Int { index + 1 }

    package mutating func skipSpaces() {
        while let scalar = next, scalar == " " || scalar == "\t" || scalar == "\n" { index += 1 }
    }

    /// Moves past a text that stands here.
    package mutating func take(_ wanted: String) -> Bool {
        let end = index + wanted.unicodeScalars.count
        guard end <= scalars.count, scalars[index..<end].elementsEqual(wanted.unicodeScalars) else { return false }
        index = end
        return true
    }

    package mutating func expect(_ wanted: String) throws(PathFault) {
        guard take(wanted) else { throw fault("\(wanted) is missing", cure: "close it with \(wanted)") }
    }

    /// A name without quotes: letters, digits, `_`, `-` and whatever is not ASCII.
    package mutating func name() throws(PathFault) -> String {
        let start = index
        while let scalar = next, Self.isOfName(scalar) { index += 1 }
        guard index > start else {
            throw fault("a name is missing", cure: "write names with other characters as ['the name']")
        }
        return String(String.UnicodeScalarView(scalars[start..<index]))
    }

    package static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: scalar.value >= 0x80
        }
    }

    /// A text in single or double quotes, with JSON's escapes and `\'`; `nil` where no quote stands.
    package mutating func quoted() throws(PathFault) -> String? {
        guard let quote = next, quote == "'" || quote == "\"" else { return nil }
        index += 1
        var text = String.UnicodeScalarView()
        while let scalar = next {
            index += 1
            if scalar == quote { return String(text) }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            guard let escaped = next else { break }
            index += 1
            text.append(try unescaped(escaped))
        }
        throw fault("the text has no end", cure: "close it with a quote")
    }

    private mutating func unescaped(_ scalar: Unicode.Scalar) throws(PathFault) -> Unicode.Scalar {
        switch scalar {
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "\\", "'", "\"", "/": return scalar
        case "u":
            let digits = scalars[index..<min(index + 4, scalars.count)].map(String.init).joined()
            if digits.utf8.count == 4, let value = UInt32(digits, radix: 16), let found = Unicode.Scalar(value) {
                index += 4
                return found
            }
        default: break
        }
        throw fault("a backslash with something that is no escape", cure: "write \\\\ for a backslash")
    }

    /// A whole number, perhaps negative; `nil` where none stands.
    package mutating func integer() -> Int? {
        let start = index
        if next == "-" { index += 1 }
        while let scalar = next, ("0"..."9").contains(scalar) { index += 1 }
        if let number = Int(String(String.UnicodeScalarView(scalars[start..<index]))) { return number }
        index = start
        return nil
    }

    package func fault(_ detail: String, cure: String) -> PathFault {
        PathFault(column: column, detail: detail, cure: cure)
    }
}
