import JSONBytes

/// A filter expression of RFC 7644 3.4.2.2, parsed whole and in one spelling.
///
/// Attribute names and operators fold case; `not` binds closer than `and`, `and` closer than `or`. Filters that mean the
/// same by spelling are equal; their ``description`` is the same text, which is used in hashes.
package indirect enum Filter: Sendable, Equatable {
    case present(AttributePath)
    case compare(AttributePath, Comparison, Literal)
    /// `emails[type eq "work" and value co "x"]`: one value fulfils all of it.
    case values(AttributePath, Filter)
    case not(Filter)
    case and(Filter, Filter)
    case or(Filter, Filter)

    package enum Comparison: String, Sendable, CaseIterable { case eq, ne, co, sw, ew, gt, ge, lt, le }

    package enum Literal: Sendable, Equatable {
        case string(String)
        /// The number's text.
        case number(String)
        case bool(Bool)
        case null
    }

    /// Bytes of an expression. Real ones have some hundred; a longer one is an attack or a mistake.
    package static let lengthMax = 4096
    /// Nested groups, negations and value paths.
    package static let depthMax = 32

    /// - Throws: ``SCIMError`` 400 `invalidFilter` that names the position, counted in characters from 1.
    package init(parsing text: String, in schemas: SchemaSet = .core) throws(SCIMError) {
        do {
            var parser = FilterParser(text, schemas)
            self = try parser.wholeFilter()
        } catch {
            throw SCIMError.bad(.invalidFilter, "The filter is invalid: " + error.reason)
        }
    }

    /// Every attribute that the filter looks at, sub-attributes with a dot, value paths with the attribute in front, in
    /// order and without repetition: so that a loader can refuse names that no schema has.
    package var attributeNames: [String] {
        var names: [String] = []
        collectNames(prefix: "", into: &names)
        return names
    }

    private func collectNames(prefix: String, into names: inout [String]) {
        func add(_ path: AttributePath) {
            let name = prefix + path.description
            if !names.contains(name) { names.append(name) }
        }
        switch self {
        case .present(let path), .compare(let path, _, _): add(path)
        case .values(let path, let inner): inner.collectNames(prefix: prefix + path.description + ".", into: &names)
        case .not(let inner): inner.collectNames(prefix: prefix, into: &names)
        case .and(let left, let right), .or(let left, let right):
            left.collectNames(prefix: prefix, into: &names)
            right.collectNames(prefix: prefix, into: &names)
        }
    }
}

extension Filter: CustomStringConvertible {
    /// The filter in one spelling: names as the schemas have them, operators in lower case, single spaces, parentheses
    /// only where they change the meaning.
    package var description: String { text(within: 0) }

    /// - Parameter level: how close the surrounding operator binds: 0 none or `or`, 1 `and`.
    private func text(within level: Int) -> String {
        switch self {
        case .present(let path): return path.description + " pr"
        case .compare(let path, let comparison, let literal):
            return "\(path.description) \(comparison.rawValue) \(literal.text)"
        case .values(let path, let inner): return "\(path.description)[\(inner.text(within: 0))]"
        case .not(let inner): return "not (\(inner.text(within: 0)))"
        case .and(let left, let right): return left.text(within: 1) + " and " + right.text(within: 1)
        case .or(let left, let right):
            let text = left.text(within: 0) + " or " + right.text(within: 0)
            return level > 0 ? "(" + text + ")" : text
        }
    }
}

extension Filter.Literal {
    var text: String {
        switch self {
        case .string(let value): JSONValue.string(value).text
        case .number(let value): value
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        }
    }
}
