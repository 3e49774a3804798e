/// A function that expressions may call: what it is called, what it takes, what it does. One table, from which the parser,
/// the documentation and `rollcall check --functions` are fed.
package struct ExpressionFunction: Sendable {
    package let name: String
    /// The arguments as a reader sees them; those in square brackets may be left out.
    package let arguments: String
    /// One sentence; what differs from Entra's function of that name is in it.
    package let summary: String
    /// Whether Entra has the function too. An expression with one of ours cannot be carried back.
    package let isEntras: Bool
    let arity: ClosedRange<Int>
    /// The argument that is a regular expression: compiled once, when the job is loaded.
    let patternArgument: Int?
    /// What is wrong with these arguments, as far as it can be known when the job is loaded.
    let check: (@Sendable ([MappingExpression.Node]) -> String?)?
    let body: @Sendable (ExpressionCall) throws(ExpressionFailure) -> ExpressionValue

    package var signature: String { "\(name)(\(arguments))" }

    init(
        _ name: String, _ arguments: String, _ arity: ClosedRange<Int>, isEntras: Bool = true, _ summary: String,
        patternArgument: Int? = nil, check: (@Sendable ([MappingExpression.Node]) -> String?)? = nil,
        body: @escaping @Sendable (ExpressionCall) throws(ExpressionFailure) -> ExpressionValue
    ) {
        self.name = name
        self.arguments = arguments
        self.arity = arity
        self.isEntras = isEntras
        self.summary = summary
        self.patternArgument = patternArgument
        self.check = check
        self.body = body
    }

    /// Any number of further arguments, within the length of an expression.
    static let many = 10_000

    /// Every function, by name.
    package static let table: [ExpressionFunction] = (logic + texts + [replace] + lists + dates).sorted {
        $0.name.lowercased() < $1.name.lowercased()
    }

    private static let places = Dictionary(
        uniqueKeysWithValues: table.enumerated().map { ($0.element.name.lowercased(), $0.offset) })

    /// Letter case does not count.
    static func index(of name: String) -> Int? { places[name.lowercased()] }

    /// Functions of Entra's that would give another result each time, or ask the account store.
    package static let refused: [(name: String, reason: String, cure: String)] = [
        ("Now", "a record would change by itself", "ask for dates in a scoping filter: BEFORE, AFTER, WITHIN_DAYS"),
        ("Guid", "it gives another value each time", "map an immutable attribute such as the object id"),
        ("RandomString", "it gives another value each time", "map an attribute of the source"),
        (
            "SelectUniqueValue", "names are settled for the whole plan at once",
            "let the source make names unique; who shares one is quarantined"
        ),
        ("Redact", "reports show what is mapped", "do not map the attribute"),
    ]
}

/// A function with its arguments, for one record. Arguments are worked out when they are asked for, so that the branch that
/// is not taken cannot fail.
struct ExpressionCall {
    let name: String
    let nodes: [MappingExpression.Node]
    let context: ExpressionContext

    var count: Int { nodes.count }

    /// Whether an argument was left out, which is not the same as `""`.
    func isOmitted(_ index: Int) -> Bool {
        guard index < nodes.count else { return true }
        if case .omitted = nodes[index] { return true }
        return false
    }

    /// An argument's value; one that was left out is empty.
    func value(_ index: Int) throws(ExpressionFailure) -> ExpressionValue {
        index < nodes.count ? try nodes[index].value(context) : .empty
    }

    func text(_ index: Int) throws(ExpressionFailure) -> String { try text(of: try value(index)) }

    func text(of value: ExpressionValue) throws(ExpressionFailure) -> String {
        do { return try value.text() } catch { throw failure(error.detail) }
    }

    func equal(_ left: ExpressionValue, _ right: ExpressionValue) throws(ExpressionFailure) -> Bool {
        do { return try left.equals(right) } catch { throw failure(error.detail) }
    }

    func integer(_ index: Int) throws(ExpressionFailure) -> Int64 {
        let text = try text(index)
        guard let number = Int64(text) else {
            throw failure("argument \(index + 1) is no whole number")
        }
        return number
    }

    /// A number of characters or a position, within what a text can have.
    func position(_ index: Int) throws(ExpressionFailure) -> Int {
        Int(max(-1_000_000, min(1_000_000, try integer(index))))
    }

    /// Whether a condition holds; empty does not.
    func condition(_ index: Int) throws(ExpressionFailure) -> Bool {
        let value = try value(index)
        if value.isEmpty { return false }
        if let truth = value.truth { return truth }
        if case .number(let number) = value { return number != 0 }
        throw failure("argument \(index + 1) is neither true nor false")
    }

    func failure(_ detail: String) -> ExpressionFailure { ExpressionFailure(function: name, detail) }
}
