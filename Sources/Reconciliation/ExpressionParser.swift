/// Reads the text of an expression or a template.
struct ExpressionParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private(set) var attributes: [MappingExpression.Use] = []

    private typealias Node = MappingExpression.Node

    init(_ text: String) throws(ExpressionSyntaxError) {
        scalars = Array(text.unicodeScalars)
        guard text.utf8.count <= ExpressionLimits.textBytesMax else {
            throw ExpressionSyntaxError(
                column: 1, detail: "the expression is longer than \(ExpressionLimits.textBytesMax) bytes",
                cure: "shorten it")
        }
    }

    /// The whole text as one expression.
    mutating func expression() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        let node = try argument()
        if case .omitted = node { throw error("the expression is empty", cure: "for example ToLower([mail])") }
        guard position == scalars.count else {
            throw error("\(shown) is not expected here", cure: "functions stand inside each other, not side by side")
        }
        return node
    }

    /// A value with, at most, one comparison.
    private mutating func argument() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        skipSpace()
        if position == scalars.count || next == "," || next == ")" { return .omitted }
        let left = try operand()
        guard let comparison = comparison() else { return left }
        skipSpace()
        if position == scalars.count || next == "," || next == ")" {
            throw error("the right side of '\(comparison.rawValue)' is missing", cure: "add it")
        }
        return .comparison(comparison, left, try operand())
    }

    private mutating func operand() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        let node: MappingExpression.Node
        switch next {
        case "\""?: node = .text(try quoted())
        case "["?: node = try attribute()
        case let scalar? where scalar == "-" || scalar == "&" || ("0"..."9").contains(scalar):
            node = .number(try number())
        case let scalar? where scalar.properties.isAlphabetic || scalar == "_": node = try name()
        default:
            throw error(
                "\(shown) begins no value",
                cure: "write \"text\" in quotes, [attribute] in brackets, a number or a function")
        }
        skipSpace()
        return node
    }

    // MARK: Pieces

    private mutating func quoted() throws(ExpressionSyntaxError) -> String {
        let start = position
        position += 1
        var text = ""
        while let scalar = next {
            position += 1
            if scalar == "\"" { return text }
            guard scalar == "\\" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            // Entra's reference escapes the quotation mark and the backslash; any other backslash stays, as in \d.
            if let escaped = next, escaped == "\"" || escaped == "\\" {
                text.unicodeScalars.append(escaped)
                position += 1
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        throw error("the text that begins here has no closing quotation mark", cure: "add it", at: start)
    }

    /// The name between brackets, which may itself have them: `[record.emails[type eq "work"].value]`.
    private mutating func attribute() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        let start = position
        position += 1
        var name = ""
        var open = 1
        var isQuoted = false
        while let scalar = next {
            position += 1
            if scalar == "\"" { isQuoted.toggle() }
            if !isQuoted {
                if scalar == "[" { open += 1 }
                if scalar == "]" { open -= 1 }
            }
            if open == 0 { return try use(name, column: start + 1) }
            name.unicodeScalars.append(scalar)
        }
        throw error("the attribute that begins here has no closing bracket", cure: "add it", at: start)
    }

    private mutating func use(_ name: String, column: Int) throws(ExpressionSyntaxError) -> MappingExpression.Node {
        let trimmed = name.trimmingSpaces
        guard !trimmed.isEmpty else {
            throw ExpressionSyntaxError(column: column, detail: "no attribute is named", cure: "for example [mail]")
        }
        attributes.append(MappingExpression.Use(name: trimmed, column: column))
        return .attribute(trimmed)
    }

    private mutating func number() throws(ExpressionSyntaxError) -> Int64 {
        let start = position
        var digits = ""
        var radix = 10
        if next == "&" {
            position += 1
            guard next == "H" || next == "h" else {
                throw error(
                    "'&' begins a hexadecimal number such as &HF7", cure: "texts are put together by Join", at: start)
            }
            position += 1
            radix = 16
        } else if next == "-" {
            digits = "-"
            position += 1
        }
        while let scalar = next, scalar.isASCII, Character(scalar).isHexDigit, radix == 16 || Character(scalar).isNumber
        {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        guard let number = Int64(digits, radix: radix) else {
            throw error("this is no whole number", cure: "numbers are whole and of 64 bits", at: start)
        }
        return number
    }

    private mutating func name() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        let start = position
        var name = ""
        while let scalar = next, scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar) {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        skipSpace()
        guard next == "(" else {
            if let constant = ["vbtextcompare", "vbbinarycompare"].first(where: { $0 == name.lowercased() }) {
                return .text(constant)
            }
            throw error(
                "'\(name)' is neither in quotes nor in brackets nor a function",
                cure: "write \"\(name)\" for the text, [\(name)] for the attribute", at: start)
        }
        return try call(name, start: start)
    }

    private mutating func call(_ name: String, start: Int) throws(ExpressionSyntaxError) -> MappingExpression.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= ExpressionLimits.depthMax else {
            throw error(
                "functions stand more than \(ExpressionLimits.depthMax) deep in each other", cure: "make it flatter",
                at: start)
        }
        guard let index = ExpressionFunction.index(of: name) else { throw unknown(name, start: start) }
        let function = ExpressionFunction.table[index]
        position += 1
        var nodes = try arguments(of: function.name, start: start)
        guard function.arity.contains(nodes.count) else {
            throw error(
                "\(function.name) has \(nodes.count) arguments", cure: "it is \(function.signature)", at: start)
        }
        if let place = function.patternArgument, place < nodes.count, case .text(let text) = nodes[place] {
            do { nodes[place] = .pattern(try Pattern(text, find: true)) } catch {
                throw self.error(
                    "\(function.name): character \(error.column) of the regular expression: \(error.detail)",
                    cure: "it is \(function.signature)", at: start)
            }
        }
        if let problem = function.check?(nodes) {
            throw error(function.name + ": " + problem, cure: "it is \(function.signature)", at: start)
        }
        return .call(index, nodes)
    }

    private mutating func arguments(
        of function: String, start: Int
    ) throws(ExpressionSyntaxError) -> [MappingExpression.Node] {
        var nodes = [try argument()]
        while next == "," {
            position += 1
            nodes.append(try argument())
        }
        guard next == ")" else {
            if position == scalars.count {
                throw error("\(function) has no closing parenthesis", cure: "add it", at: start)
            }
            throw error("\(shown) is not expected here", cure: "arguments are separated by commas")
        }
        position += 1
        if nodes.count == 1, case .omitted = nodes[0] { return [] }
        return nodes
    }

    private func unknown(_ name: String, start: Int) -> ExpressionSyntaxError {
        if let why = ExpressionFunction.refused.first(where: { $0.name.lowercased() == name.lowercased() }) {
            return error("\(why.name) is not allowed: \(why.reason)", cure: why.cure, at: start)
        }
        return error(
            "there is no function \(name)",
            cure: "known: " + ExpressionFunction.table.map(\.name).joined(separator: ", "),
            at: start)
    }

    private mutating func comparison() -> MappingExpression.Comparison? {
        for text in ["<>", "<=", ">=", "=", "<", ">"] {
            let pattern = Array(text.unicodeScalars)
            guard scalars[position...].starts(with: pattern) else { continue }
            position += pattern.count
            return MappingExpression.Comparison(rawValue: text)
        }
        return nil
    }

    // MARK: Templates

    /// Text with `{attribute}` in it; `{{` and `}}` are braces.
    mutating func template() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        var pieces: [MappingExpression.Node] = []
        var text = ""
        while let scalar = next {
            let isDoubled = position + 1 < scalars.count && scalars[position + 1] == scalar
            if scalar == "{" || scalar == "}", isDoubled {
                text.unicodeScalars.append(scalar)
                position += 2
            } else if scalar == "{" {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(try field())
            } else if scalar == "}" {
                throw error("this brace closes nothing", cure: "write }} for a brace")
            } else {
                text.unicodeScalars.append(scalar)
                position += 1
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
        guard !attributes.isEmpty else {
            throw ExpressionSyntaxError(
                column: 1, detail: "the template has no {attribute}",
                cure: "say constant for a text that is always the same")
        }
        return .pieces(pieces)
    }

    private mutating func field() throws(ExpressionSyntaxError) -> MappingExpression.Node {
        let start = position
        position += 1
        var name = ""
        while let scalar = next, scalar != "}" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard next == "}" else {
            throw error(
                "the field that begins here has no closing brace", cure: "add it, or write {{ for a brace", at: start)
        }
        position += 1
        return try use(name, column: start + 1)
    }

    // MARK: Characters

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private var shown: String { next.map { "'\(Character($0))'" } ?? "the end" }

    private mutating func skipSpace() {
        while let scalar = next, scalar.properties.isWhitespace { position += 1 }
    }

    private func error(_ detail: String, cure: String, at place: Int? = nil) -> ExpressionSyntaxError {
        ExpressionSyntaxError(column: (place ?? position) + 1, detail: detail, cure: cure)
    }
}
