import JSONBytes

/// What a clause compares with, checked when the clause is made so that no verdict can fail on it.
package enum ScopingOperand: Sendable, Equatable {
    case none
    /// Of EQUALS, NOT EQUALS, INCLUDES, STARTS_WITH and ENDS_WITH.
    case text(String)
    case list(ScopingList)
    case integer(Int64)
    case pattern(Pattern)
    /// Of BEFORE and AFTER.
    case moment(FilterMoment)
    /// Of WITHIN_DAYS.
    case days(DayRange)
    /// A group's name, our id or the source's immutable id.
    case group(String)

    /// A value that the operator cannot take.
    package struct Fault: Error, Equatable {
        package var detail: String
        package var cure: String
        /// Where in the value, in code points from 1; `nil`: the whole value.
        package var column: Int?

        init(_ detail: String, cure: String, column: Int? = nil) {
            self.detail = detail
            self.cure = cure
            self.column = column
        }
    }

    /// The values as the filter's author wrote them.
    package var values: [String] {
        switch self {
        case .none: []
        case .text(let text), .group(let text): [text]
        case .list(let list): list.values
        case .integer(let number): [String(number)]
        case .pattern(let pattern): [pattern.text]
        case .moment(let moment): moment == .now ? [] : [moment.text]
        case .days(let days): [days.text]
        }
    }

    /// - Throws: ``Fault`` for a value that the operator cannot take.
    package init(_ operator: ScopingOperator, _ values: [String], find: Bool = false) throws(Fault) {
        switch `operator`.operands {
        case .none: self = .none
        case .list:
            guard !values.isEmpty else { throw Fault("the list is empty", cure: "name at least one value") }
            self = .list(ScopingList(values))
        case .optional:
            guard let value = values.first else {
                self = .moment(.now)
                return
            }
            self = .moment(try FilterMoment(value))
        case .one:
            guard let value = values.first, !value.isEmpty else {
                throw Fault(
                    "\(`operator`.rawValue) needs a value that is not empty",
                    cure: "to ask for empty attributes say IS NULL")
            }
            self = try Self.one(`operator`, value, find: find)
        }
    }

    private static func one(_ operator: ScopingOperator, _ value: String, find: Bool) throws(Fault) -> ScopingOperand {
        switch `operator` {
        case .greaterThan, .greaterThanOrEquals:
            guard let number = Int64(value) else {
                throw Fault("\(`operator`.rawValue) compares whole numbers", cure: "say a value such as 1000")
            }
            return .integer(number)
        case .regexMatch, .notRegexMatch:
            do { return .pattern(try Pattern(value, find: find)) } catch {
                throw Fault(
                    "this is no regular expression: at character \(error.column): \(error.detail)",
                    cure: "correct it there (PCRE2 syntax)", column: error.column)
            }
        case .withinDays: return .days(try DayRange(value))
        case .memberOf: return .group(value)
        default: return .text(value)
        }
    }
}

/// The values of IN and NOT IN: from the filter itself, or from a file with one value a line.
package struct ScopingList: Sendable, Equatable {
    /// Each once, in the order of the filter or file.
    package let values: [String]
    /// The file's name as the filter says it; what counts is its content at the time when the job was loaded.
    package let file: String?
    /// Equal under canonical equivalence is equal here, which is: the same code points after NFC.
    private let set: Set<String>

    package init(_ values: [String], file: String? = nil) {
        var set: Set<String> = []
        self.values = values.filter { set.insert($0).inserted }
        self.set = set
        self.file = file
    }

    package func contains(_ value: String) -> Bool { set.contains(value) }

    /// One spelling. Of a file it is the content, not the path: a list that moved is the same filter, one that was edited is
    /// another.
    var canonicalText: String {
        guard file != nil else { return "[" + values.map { JSONValue.string($0).text }.joined(separator: ", ") + "]" }
        let content = values.map(NormalizedText.of).sorted().joined(separator: "\n")
        return "[a file of \(values.count) values, SHA-256 \(PlanDigest.sha256(content))]"
    }

    var readableText: String {
        guard let file else { return canonicalText }
        return "[the \(values.count) values of \(file)]"
    }
}
