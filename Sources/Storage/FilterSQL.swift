import Foundation
import GRDB
import Reconciliation
import SCIM

/// One value of a record as SQL sees it.
enum SQLValue {
    /// A text; NULL and `''` are no value. `folded` is a column that already holds it folded.
    case text(SQL, folded: SQL? = nil)
    /// The JSON text of a value in a document.
    case json(SQL)
    /// 1, 0 or NULL.
    case bool(SQL)
    /// Milliseconds since 1970; never NULL.
    case instant(SQL)
}

/// Where an attribute's values are.
enum SQLSource {
    /// Records of this kind have no such attribute.
    case none
    case one(SQLValue)
    case many(SQLValues)
}

/// Several values: rows of a correlated FROM clause with its WHERE.
struct SQLValues {
    var from: SQL
    var value: SQLValue
    /// The primary value first, then the order of the resource; `nil` where values are not sorted by.
    var order: SQL?
}

/// Translates a filter into a condition over `directoryRecord AS r` that holds exactly where `Filter.matches` does over the
/// resource that the endpoint shows. Every value is bound; only names of columns and functions are text.
///
/// Every condition is 0 or 1, never NULL, so that NOT and OR mean what they say.
struct FilterSQL {
    let columns: FilterColumns

    /// Groups of `and`, `or` and `not` inside each other that are translated. SQLite's parser has a stack of 100 entries, and a
    /// level takes three.
    static let nestingMax = 12

    /// - Returns: `nil` for what has to be judged record by record.
    func condition(_ filter: Filter) -> SQL? {
        condition(filter, depth: 0) { columns.source(of: $0) }
    }

    private typealias Resolve = (AttributePath) -> SQLSource?

    private func condition(_ filter: Filter, depth: Int, _ source: Resolve) -> SQL? {
        guard depth <= Self.nestingMax else { return nil }
        switch filter {
        case .present(let path): return source(path).map { Self.present($0) }
        case .compare(let path, let comparison, let literal):
            return source(path).map { Self.holds($0, SQLComparison(path, comparison, literal)) }
        case .values(let path, let inner): return values(path, inner, depth: depth)
        case .not(let inner): return condition(inner, depth: depth + 1, source).map { "NOT (\($0))" }
        case .and: return joined(filter.operands(of: .and), " AND ", depth, source)
        case .or: return joined(filter.operands(of: .or), " OR ", depth, source)
        }
    }

    /// Chains stay flat: nested parentheses would fill the stack of SQLite's parser.
    private func joined(_ operands: [Filter], _ separator: String, _ depth: Int, _ source: Resolve) -> SQL? {
        var parts: [SQL] = []
        for operand in operands {
            guard let part = condition(operand, depth: depth + 1, source) else { return nil }
            parts.append("(\(part))")
        }
        return parts.joined(separator: separator)
    }

    /// One value fulfils all of the filter between the brackets.
    private func values(_ path: AttributePath, _ inner: Filter, depth: Int) -> SQL? {
        guard let attribute = path.attribute, path.urn == nil, path.subAttribute == nil,
            case .many(let whole)? = columns.source(of: path)
        else { return nil }
        let condition = condition(inner, depth: depth + 1) { name in
            guard name.urn == nil, name.subAttribute == nil, let sub = name.attribute,
                case .many(let values)? = columns.source(of: AttributePath(attribute: attribute, subAttribute: sub))
            else { return nil }
            return .one(values.value)
        }
        return condition.map { "EXISTS (SELECT 1 FROM \(whole.from) AND (\($0)))" }
    }

    // MARK: - Leaves

    private static func present(_ source: SQLSource) -> SQL {
        switch source {
        case .none: "0"
        case .one(let value): value.isPresent
        case .many(let values): "EXISTS (SELECT 1 FROM \(values.from) AND \(values.value.isPresent))"
        }
    }

    private static func holds(_ source: SQLSource, _ comparison: SQLComparison) -> SQL {
        let withoutValue = comparison.comparison.holdsWithoutValue(comparison.literal)
        switch source {
        case .none: return withoutValue ? "1" : "0"
        case .one(let value):
            let holds = comparison.holds(value)
            return withoutValue ? "(NOT \(value.isPresent) OR \(holds))" : "(\(value.isPresent) AND \(holds))"
        case .many(let values):
            let present = values.value.isPresent
            let some: SQL = "EXISTS (SELECT 1 FROM \(values.from) AND \(present) AND \(comparison.holds(values.value)))"
            guard withoutValue else { return some }
            return "(NOT EXISTS (SELECT 1 FROM \(values.from) AND \(present)) OR \(some))"
        }
    }
}

extension SQLValue {
    /// Whether there is a value.
    var isPresent: SQL {
        switch self {
        case .text(let text, _): "(\(text) IS NOT NULL AND \(text) <> '')"
        case .json(let json): #"(\#(json) IS NOT NULL AND \#(json) NOT IN ('null', '""', '[]'))"#
        case .bool(let flag): "(\(flag) IS NOT NULL)"
        case .instant: "1"
        }
    }

    /// The value as JSON text, NULL where there is none.
    var json: SQL {
        switch self {
        case .text(let text, _): "json_quote(nullif(\(text), ''))"
        case .json(let json): json
        case .bool(let flag): "(CASE \(flag) WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
        case .instant(let milliseconds): "json_quote(rollcall_instant(\(milliseconds)))"
        }
    }
}

/// A comparison of a value that is there with a literal.
struct SQLComparison {
    let comparison: Filter.Comparison
    let literal: Filter.Literal
    private let order: AttributePath.TextOrder

    init(_ path: AttributePath, _ comparison: Filter.Comparison, _ literal: Filter.Literal) {
        self.comparison = comparison
        self.literal = literal
        order = path.textOrder
    }

    /// What two values of different types are to each other: not equal, and nothing else.
    private var unlike: SQL { comparison == .ne ? "1" : "0" }

    func holds(_ value: SQLValue) -> SQL {
        switch (value, literal) {
        case (.text(let text, _), .string(let right)) where comparison == .eq && order == .exact:
            // The first half lets SQLite look up the member of a large group; the second knows texts with a NUL.
            return "(\(text) = \(right) AND coalesce(CAST(\(text) AS BLOB) = \(Data(right.utf8)), 0))"
        case (.text(let text, let folded), .string(let right)): return holds(bytes(text, folded), right)
        case (.json(let json), .string(let right)):
            return holds("rollcall_text(\(json), \(order == .exact))", right)
        case (.instant(let milliseconds), .string(let right)): return holds(instant: milliseconds, right)
        case (.bool(let flag), .bool(let right)):
            return comparison == .eq ? "(\(flag) IS \(right))" : "(\(flag) IS NOT \(right))"
        case (.json(let json), .bool(let right)):
            let text = right ? "true" : "false"
            return comparison == .eq ? "(\(json) IS \(text))" : "(\(json) IS NOT \(text))"
        case (.json(let json), .number(let right)):
            let step: SQL = "rollcall_number(\(json), \(right))"
            return "coalesce(\(step) \(sql: sign) 0, \(unlike))"
        default: return unlike
        }
    }

    private func bytes(_ text: SQL, _ folded: SQL?) -> SQL {
        if order == .exact { return "CAST(\(text) AS BLOB)" }
        return folded.map { "CAST(\($0) AS BLOB)" } ?? "rollcall_fold(CAST(\(text) AS BLOB))"
    }

    /// A date-time compares as an instant, and as its text with what is none.
    private func holds(instant milliseconds: SQL, _ right: String) -> SQL {
        guard let instant = DateTime.milliseconds(right) else {
            return holds("CAST(lower(rollcall_instant(\(milliseconds))) AS BLOB)" as SQL, right)
        }
        switch comparison {
        case .co, .sw, .ew: return "0"
        default: return "(\(milliseconds) \(sql: sign) \(instant))"
        }
    }

    private func holds(_ bytes: SQL, _ right: String) -> SQL {
        let needle = Data((order == .exact ? right : KeyFolding.fold(right)).utf8)
        switch comparison {
        case .co where needle.isEmpty, .sw where needle.isEmpty, .ew where needle.isEmpty:
            return "(\(bytes) IS NOT NULL)"
        case .co: return "coalesce(instr(\(bytes), \(needle)) > 0, 0)"
        case .sw: return "coalesce(substr(\(bytes), 1, \(needle.count)) = \(needle), 0)"
        case .ew: return "coalesce(substr(\(bytes), -\(needle.count)) = \(needle), 0)"
        default: return "coalesce(\(bytes) \(sql: sign) \(needle), \(unlike))"
        }
    }

    private var sign: String {
        switch comparison {
        case .eq: "="
        case .ne: "<>"
        case .gt: ">"
        case .ge: ">="
        case .lt: "<"
        case .le: "<="
        case .co, .sw, .ew: preconditionFailure("parts of a text are not compared by a sign")
        }
    }
}

extension Filter {
    enum Junction { case and, or }

    /// The operands of a chain of the same operator, from left to right.
    func operands(of junction: Junction) -> [Filter] {
        switch (self, junction) {
        case (.and(let left, let right), .and), (.or(let left, let right), .or):
            left.operands(of: junction) + right.operands(of: junction)
        default: [self]
        }
    }
}
