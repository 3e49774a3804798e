/// The operators of a clause; names compare without regard to case, spaces and underscores.
package enum ScopingOperator: String, Sendable, CaseIterable {
    case equals = "EQUALS"
    case notEquals = "NOT EQUALS"
    case isNull = "IS NULL"
    case isNotNull = "IS NOT NULL"
    case isTrue = "IS TRUE"
    case isFalse = "IS FALSE"
    case isIn = "IN"
    case notIn = "NOT IN"
    case includes = "INCLUDES"
    case startsWith = "STARTS_WITH"
    case endsWith = "ENDS_WITH"
    case greaterThan = "GREATER_THAN"
    case greaterThanOrEquals = "GREATER_THAN_OR_EQUALS"
    case regexMatch = "REGEX MATCH"
    case notRegexMatch = "NOT REGEX MATCH"
    case before = "BEFORE"
    case after = "AFTER"
    case withinDays = "WITHIN_DAYS"
    case memberOf = "MEMBER_OF"

    package enum Operands: Sendable { case none, one, list, optional }

    package init?(name: String) {
        let key = Self.folded(name)
        guard let found = Self.allCases.first(where: { Self.folded($0.rawValue) == key }) else { return nil }
        self = found
    }

    private static func folded(_ name: String) -> String {
        String(name.uppercased().filter { $0 != " " && $0 != "_" })
    }

    package var operands: Operands {
        switch self {
        case .isNull, .isNotNull, .isTrue, .isFalse: .none
        case .isIn, .notIn: .list
        case .before, .after: .optional
        default: .one
        }
    }

    /// Whether `find` has a meaning.
    package var isRegex: Bool { self == .regexMatch || self == .notRegexMatch }

    /// Whether `emptyNotEquals` has a meaning.
    package var isNegatedEquality: Bool { self == .notEquals || self == .notIn }

    /// Whether an attribute that can have several values needs no `match`: what is asked is about all of them together.
    package var asksForEmptiness: Bool { self == .isNull || self == .isNotNull }
}
