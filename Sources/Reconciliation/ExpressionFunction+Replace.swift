extension ExpressionFunction {
    /// The modes of Entra's Replace by which arguments are there.
    static let replace = ExpressionFunction(
        "Replace",
        "source, [oldValue], [regexPattern], [regexGroupName], [replacementValue], [replacementAttribute], [template]",
        2...7,
        "With oldValue and replacementValue: the source with each old value replaced. With oldValue and template: the template with the source in place of each old value. With regexPattern and replacementValue: the source with each match replaced, where $1, ${name} and $& stand for groups and the match; with regexGroupName too: only that group of each match, by exactly this text. With regexPattern, regexGroupName and replacementAttribute: the source, or where it is empty the group from the first match in the attribute.",
        patternArgument: 2, check: ReplaceMode.problem
    ) { call throws(ExpressionFailure) in
        let source = try call.text(0)
        switch ReplaceMode(call.nodes) {
        case .text:
            return .of(try replaced(try old(call), in: source, by: try call.text(4), call))
        case .template:
            let old = try old(call)
            return source.isEmpty ? .empty : .of(try replaced(old, in: try call.text(6), by: source, call))
        case .matches(let pattern):
            if source.isEmpty { return .empty }
            let replacement = try PatternReplacement(try call.text(4), of: pattern, call)
            return .of(try replaced(pattern, group: 0, in: source, by: replacement, call))
        case .group(let pattern, let group):
            if source.isEmpty { return .empty }
            let replacement = PatternReplacement(pieces: [.text(try call.text(4))])
            return .of(try replaced(pattern, group: group, in: source, by: replacement, call))
        case .extraction(let pattern, let group):
            if !source.isEmpty { return .of(source) }
            let matches = try matches(pattern, in: try call.text(5), call)
            guard let range = matches.found.first?[group] else { return .empty }
            return .of(String(decoding: matches.text[range], as: UTF8.self))
        case nil: throw call.failure(ReplaceMode.combinations)
        }
    }

    private static func old(_ call: ExpressionCall) throws(ExpressionFailure) -> String {
        let old = try call.text(1)
        if old.isEmpty { throw call.failure("oldValue is empty") }
        return old
    }

    /// Exactly these code points, from left to right, never beyond the limit.
    private static func replaced(
        _ old: String, in text: String, by new: String, _ call: ExpressionCall
    ) throws(ExpressionFailure) -> String {
        let pieces = text.split(separator: old, omittingEmptySubsequences: false)
        let bytes = text.utf8.count + (pieces.count - 1) * new.utf8.count
        guard bytes <= 2 * ExpressionLimits.resultBytesMax else { throw tooLong(call) }
        return pieces.joined(separator: new)
    }

    /// A group of each match replaced; group 0 is the match. Matches in which the group took no part stay.
    private static func replaced(
        _ pattern: Pattern, group: Int, in text: String, by replacement: PatternReplacement, _ call: ExpressionCall
    ) throws(ExpressionFailure) -> String {
        let matches = try matches(pattern, in: text, call)
        var bytes: [UInt8] = []
        var done = 0
        for groups in matches.found {
            // Looking ahead or behind, a group may stand outside of its match.
            guard let range = groups[group], range.lowerBound >= done else { continue }
            bytes += matches.text[done..<range.lowerBound]
            replacement.append(to: &bytes, groups, of: matches.text)
            done = range.upperBound
            guard bytes.count <= 2 * ExpressionLimits.resultBytesMax else { throw tooLong(call) }
        }
        return String(decoding: bytes + matches.text[done...], as: UTF8.self)
    }

    private static func matches(
        _ pattern: Pattern, in text: String, _ call: ExpressionCall
    ) throws(ExpressionFailure) -> Pattern.Matches {
        do { return try pattern.matches(in: text) } catch { throw call.failure(error.detail) }
    }

    private static func tooLong(_ call: ExpressionCall) -> ExpressionFailure {
        call.failure("the result is longer than \(ExpressionLimits.resultBytesMax) bytes")
    }
}

/// Which of Entra's Replace a call is.
private enum ReplaceMode {
    /// oldValue and replacementValue.
    case text
    /// oldValue and template.
    case template
    /// regexPattern and replacementValue.
    case matches(Pattern)
    /// regexPattern, regexGroupName and replacementValue.
    case group(Pattern, Int)
    /// regexPattern, regexGroupName and replacementAttribute.
    case extraction(Pattern, Int)

    static let combinations =
        "it needs oldValue, and replacementValue or template; or regexPattern and replacementValue; or regexPattern, "
        + "regexGroupName, and replacementValue or replacementAttribute"

    /// - Returns: `nil` for a combination that means nothing; see ``problem``.
    init?(_ nodes: [MappingExpression.Node]) {
        let given = nodes.indices.dropFirst().filter { nodes[$0] != .omitted }
        if given == [1, 4] {
            self = .text
        } else if given == [1, 6] {
            self = .template
        } else if given.first == 2, case .pattern(let pattern) = nodes[2] {
            if given == [2, 4] {
                self = .matches(pattern)
            } else if given.count == 3, given[1] == 3, case .text(let name) = nodes[3], let group = pattern.group(name),
                given[2] == 4 || given[2] == 5
            {
                self = given[2] == 4 ? .group(pattern, group) : .extraction(pattern, group)
            } else {
                return nil
            }
        } else {
            return nil
        }
    }

    static let problem: @Sendable ([MappingExpression.Node]) -> String? = { nodes in
        func node(_ index: Int) -> MappingExpression.Node { index < nodes.count ? nodes[index] : .omitted }
        if node(1) == .text("") { return "oldValue is empty" }
        if case .pattern(let pattern) = node(2) {
            if pattern.text.isEmpty { return "regexPattern is empty" }
            if case .text(let name) = node(3), pattern.group(name) == nil {
                return "the regular expression has no group '\(name)'"
            }
            if node(3) == .omitted, case .text(let text) = node(4) {
                if case .failure(let unknown) = PatternReplacement.parse(text, of: pattern) {
                    return "the regular expression has no group '\(unknown.name)'"
                }
            }
        } else if node(2) != .omitted {
            return "regexPattern must be a text in quotes"
        }
        switch node(3) {
        case .omitted, .text: break
        default: return "regexGroupName must be a text in quotes"
        }
        return ReplaceMode(nodes) == nil ? combinations : nil
    }
}

/// A replacement with references to groups, as .NET writes them: `$1`, `${1}`, `${name}`, `$&` for the match, `$$` for `$`. Any
/// other `$` is itself.
private struct PatternReplacement {
    enum Piece { case text(String), group(Int) }

    /// A reference to a group that the expression has not.
    struct Unknown: Error { var name: String }

    var pieces: [Piece]

    init(pieces: [Piece]) { self.pieces = pieces }

    init(_ text: String, of pattern: Pattern, _ call: ExpressionCall) throws(ExpressionFailure) {
        switch Self.parse(text, of: pattern) {
        case .success(let replacement): self = replacement
        case .failure(let unknown): throw call.failure("the regular expression has no group '\(unknown.name)'")
        }
    }

    static func parse(_ text: String, of pattern: Pattern) -> Result<PatternReplacement, Unknown> {
        var pieces: [Piece] = []
        var literal = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            guard let name = reference(&rest) else {
                // Two dollars stand for one, and a dollar before anything else for itself.
                if rest.first == "$" { rest = rest.dropFirst() }
                literal += "$"
                continue
            }
            guard let group = pattern.group(name) else { return .failure(Unknown(name: name)) }
            pieces += [.text(literal), .group(group)]
            literal = ""
        }
        pieces.append(.text(literal + rest))
        return .success(PatternReplacement(pieces: pieces))
    }

    /// The group that is named after a dollar, taken from the text; `nil` where there is none.
    private static func reference(_ rest: inout Substring) -> String? {
        if rest.first == "&" {
            rest = rest.dropFirst()
            return "0"
        }
        if rest.first == "{", let end = rest.firstIndex(of: "}") {
            let name = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
            return name
        }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        rest = rest[digits.endIndex...]
        return String(digits)
    }

    /// Adds what the replacement is for one match; a group that took no part is empty.
    func append(to bytes: inout [UInt8], _ groups: [Range<Int>?], of text: [UInt8]) {
        for piece in pieces {
            switch piece {
            case .text(let literal): bytes += literal.utf8
            case .group(let group): if let range = groups[group] { bytes += text[range] }
            }
        }
    }
}
