import JSONBytes

/// What an expression works with. Absent, null, `""` and `[]` are one thing: empty.
package enum ExpressionValue: Sendable, Hashable {
    case empty
    case text(String)
    case bool(Bool)
    case number(Int64)
    /// Never without values, and none of them empty or a list.
    case list([ExpressionValue])
    /// A structured value of an export, such as a role assignment.
    case object(JSONObject)

    /// A text, which is empty when it has no characters.
    static func of(_ text: String) -> ExpressionValue { text.isEmpty ? .empty : .text(text) }

    static func of(_ values: [ExpressionValue]) -> ExpressionValue {
        let kept = values.flatMap(\.values)
        return kept.isEmpty ? .empty : .list(kept)
    }

    package init(_ json: JSONValue?) {
        switch json {
        case nil, .null?: self = .empty
        case .bool(let bool)?: self = .bool(bool)
        case .number(let text)?: self = Int64(text).map(ExpressionValue.number) ?? .of(text)
        case .string(let text)?: self = .of(text)
        case .array(let values)?: self = .of(values.map { ExpressionValue($0) })
        case .object(let object)?: self = object.isEmpty ? .empty : .object(object)
        }
    }

    package var isEmpty: Bool { self == .empty }

    /// The values: none, the one, or the list's.
    package var values: [ExpressionValue] {
        switch self {
        case .empty: []
        case .list(let values): values
        default: [self]
        }
    }

    /// As text; empty is `""`, and truth values are written as Entra writes them, `True` and `False`.
    ///
    /// - Throws: for several values and for objects, which no single text stands for.
    package func text() throws(ExpressionFailure) -> String {
        switch self {
        case .empty: return ""
        case .text(let text): return text
        case .bool(let bool): return bool ? "True" : "False"
        case .number(let number): return String(number)
        case .list(let values) where values.count == 1: return try values[0].text()
        case .list(let values):
            throw ExpressionFailure("there are \(values.count) values where one is meant; use Item or Join")
        case .object: throw ExpressionFailure("a structured value cannot be text; name one of its parts with a dot")
        }
    }

    /// The whole number that it is or that its text says; `nil` for anything else.
    func integer() throws(ExpressionFailure) -> Int64? {
        if case .number(let number) = self { return number }
        return Int64(try text())
    }

    /// A truth value, or a text that says one in any letter case; `nil` for anything else.
    package var truth: Bool? {
        switch self {
        case .bool(let bool): bool
        case .text(let text): Self.truth(text)
        case .list(let values) where values.count == 1: values[0].truth
        default: nil
        }
    }

    private static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// The same text, or the same truth where one side is a truth value.
    func equals(_ other: ExpressionValue) throws(ExpressionFailure) -> Bool {
        if isEmpty || other.isEmpty { return isEmpty && other.isEmpty }
        if case .bool(let bool) = self { return other.truth == bool }
        if case .bool(let bool) = other { return truth == bool }
        return try text() == other.text()
    }

    func checkLimits(_ function: String?) throws(ExpressionFailure) {
        var bytes = 0
        for value in values { if case .text(let text) = value { bytes += text.utf8.count } }
        if bytes > ExpressionLimits.resultBytesMax {
            throw ExpressionFailure(
                function: function, "the result is longer than \(ExpressionLimits.resultBytesMax) bytes")
        }
        if values.count > ExpressionLimits.valuesMax {
            throw ExpressionFailure(
                function: function, "the result has more than \(ExpressionLimits.valuesMax) values")
        }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        let trimmed = drop { $0.isWhitespace }
        guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(trimmed[...last])
    }
}
