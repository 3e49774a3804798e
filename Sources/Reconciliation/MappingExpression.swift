/// An expression of a mapping, in the syntax of Entra's attribute mappings: `Function("text", [attribute], 3, Nested(…))`.
///
/// Pure: the same attributes give the same result at any time and on any machine. There is no clock, no randomness and no
/// look into the account store; the functions of Entra's that need one are refused when the job is loaded.
///
/// The syntax and the functions follow Microsoft's "Reference for writing expressions for attribute mappings in Microsoft
/// Entra Application Provisioning" (learn.microsoft.com, page of 2024-08-06, read 2026-11-25). Where we differ, the
/// function's own line says so.
package struct MappingExpression: Sendable, Hashable {
    /// How the text was written.
    package enum Form: String, Sendable {
        /// `Join(" ", [givenName], [surname])`.
        case expression
        /// `{givenName} {surname}`; two braces stand for one.
        case template
    }

    /// The text as it stands in the job.
    package let text: String
    package let form: Form
    let root: Node
    /// The attributes that it names, in the order of the text, with the column of each (from 1, in code points).
    package let attributes: [Use]

    package struct Use: Sendable, Hashable {
        package let name: String
        package let column: Int
    }

    indirect enum Node: Sendable, Hashable {
        /// An argument that was left out between two commas.
        case omitted
        case text(String)
        case number(Int64)
        /// A text that is a regular expression, compiled.
        case pattern(Pattern)
        case attribute(String)
        /// A function by its place in ``ExpressionFunction/table``.
        case call(Int, [Node])
        case comparison(Comparison, Node, Node)
        /// The pieces of a template.
        case pieces([Node])
    }

    enum Comparison: String, Sendable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// - Throws: ``ExpressionSyntaxError`` with the column and the cure.
    package init(parsing text: String, form: Form = .expression) throws(ExpressionSyntaxError) {
        self.text = text
        self.form = form
        var parser = try ExpressionParser(text)
        root = form == .expression ? try parser.expression() : try parser.template()
        attributes = parser.attributes
    }

    package static func == (left: MappingExpression, right: MappingExpression) -> Bool {
        left.form == right.form && left.text.utf8.elementsEqual(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(form)
        hasher.combine(text)
    }

    /// The groups whose members the expression asks for, by name, anchor or id.
    package var groups: [String] { Self.groups(in: root) }

    private static func groups(in node: Node) -> [String] {
        switch node {
        case .call(let function, let arguments):
            let inner = arguments.flatMap(groups)
            guard ExpressionFunction.table[function].name == "MemberOf", case .text(let group)? = arguments.first else {
                return inner
            }
            return inner + [group]
        case .comparison(_, let left, let right): return groups(in: left) + groups(in: right)
        case .pieces(let pieces): return pieces.flatMap(groups)
        default: return []
        }
    }

    /// The result for one record.
    ///
    /// - Throws: ``ExpressionFailure`` where a function cannot work with what it was given: the record is undecided then,
    ///   and never silently empty.
    package func value(_ context: ExpressionContext) throws(ExpressionFailure) -> ExpressionValue {
        try root.value(context)
    }
}

/// What an expression may ask for.
package struct ExpressionContext {
    /// An attribute by the name between its brackets; `.empty` where there is none.
    package var attribute: (String) -> ExpressionValue
    /// Whether the record is in a group, directly or through other groups, by the group's name, anchor or id; `nil` where
    /// memberships are not known.
    package var memberOf: ((String) -> ClauseVerdict)?

    package init(attribute: @escaping (String) -> ExpressionValue, memberOf: ((String) -> ClauseVerdict)? = nil) {
        self.attribute = attribute
        self.memberOf = memberOf
    }
}

/// Why an expression has no result for one record.
package struct ExpressionFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The function that could not work; `nil` for a comparison or the expression as a whole.
    package var function: String?
    package var detail: String

    package init(function: String? = nil, _ detail: String) {
        self.function = function
        self.detail = detail
    }

    package var description: String { (function.map { $0 + ": " } ?? "") + detail }
}

/// Why a text is no expression.
package struct ExpressionSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// From 1, in code points of the expression's text.
    package var column: Int
    package var detail: String
    package var cure: String

    package var description: String { "column \(column): \(detail); \(cure)" }
}

/// What bounds an expression, so that no mapping can take a night or the memory.
package enum ExpressionLimits {
    /// The longest text of an expression, in bytes: Entra's longest are a few hundred.
    package static let textBytesMax = 8 << 10
    /// How deep functions may stand in each other.
    package static let depthMax = 32
    /// The longest result of a function, in bytes.
    package static let resultBytesMax = 64 << 10
    /// The most values of a list.
    package static let valuesMax = 10_000
}

extension MappingExpression.Node {
    func value(_ context: ExpressionContext) throws(ExpressionFailure) -> ExpressionValue {
        switch self {
        case .omitted: return .empty
        case .text(let text): return .of(text)
        case .number(let number): return .number(number)
        case .pattern(let pattern): return .of(pattern.text)
        case .attribute(let name): return context.attribute(name)
        case .call(let index, let nodes):
            let function = ExpressionFunction.table[index]
            let value = try function.body(ExpressionCall(name: function.name, nodes: nodes, context: context))
            try value.checkLimits(function.name)
            return value
        case .comparison(let comparison, let left, let right):
            return .bool(try comparison.holds(try left.value(context), try right.value(context)))
        case .pieces(let pieces): return try Self.joined(pieces, context)
        }
    }

    /// A template with nothing in any of its fields is empty, whatever stands between them.
    private static func joined(
        _ pieces: [MappingExpression.Node], _ context: ExpressionContext
    ) throws(ExpressionFailure) -> ExpressionValue {
        var text = ""
        var hasField = false
        var isFilled = false
        for piece in pieces {
            let value = try piece.value(context)
            if case .attribute = piece {
                hasField = true
                if !value.isEmpty { isFilled = true }
            }
            text += try value.text()
        }
        if hasField && !isFilled { return .empty }
        let value = ExpressionValue.of(text.trimmingSpaces)
        try value.checkLimits(nil)
        return value
    }
}

extension MappingExpression.Comparison {
    /// Texts by code points after NFC; the order of whole numbers. An order with nothing on one side does not hold.
    func holds(_ left: ExpressionValue, _ right: ExpressionValue) throws(ExpressionFailure) -> Bool {
        switch self {
        case .equal: return try left.equals(right)
        case .notEqual: return try !left.equals(right)
        default: break
        }
        if left.isEmpty || right.isEmpty { return false }
        let (a, b) = (try number(left), try number(right))
        switch self {
        case .less: return a < b
        case .lessOrEqual: return a <= b
        case .greater: return a > b
        default: return a >= b
        }
    }

    private func number(_ value: ExpressionValue) throws(ExpressionFailure) -> Int64 {
        if let number = try value.integer() { return number }
        throw ExpressionFailure("'\(rawValue)' compares whole numbers")
    }
}
