import JSONBytes

/// Kleene's three values.
package enum ClauseVerdict: Sendable, Equatable {
    case yes, no
    case error(String)

    static func of(_ bool: Bool) -> ClauseVerdict { bool ? .yes : .no }

    static func and(_ verdicts: [ClauseVerdict]) -> ClauseVerdict {
        if verdicts.contains(.no) { return .no }
        return verdicts.first { $0 != .yes } ?? .yes
    }

    static func or(_ verdicts: [ClauseVerdict]) -> ClauseVerdict {
        if verdicts.contains(.yes) { return .yes }
        return verdicts.first { $0 != .no } ?? .no
    }
}

/// One condition of a scoping filter.
package struct ScopingClause: Sendable, Equatable {
    /// What it looks at; of MEMBER_OF the record itself.
    package let attribute: FilterAttribute
    package let `operator`: ScopingOperator
    package let operand: ScopingOperand
    /// How the clause reads a multi-valued attribute; required for one.
    package let match: Match?
    /// Lets `NOT EQUALS` and `NOT IN` hold for an empty attribute.
    package let emptyNotEquals: Bool

    package enum Match: String, Sendable, CaseIterable { case any, all }

    package init(
        _ attribute: FilterAttribute, _ operator: ScopingOperator, _ operand: ScopingOperand, match: Match? = nil,
        emptyNotEquals: Bool = false
    ) {
        self.attribute = attribute
        self.operator = `operator`
        self.operand = operand
        self.match = match
        self.emptyNotEquals = emptyNotEquals
    }

    /// A clause that the program itself writes: its values are known to be possible.
    package init(
        attribute: FilterAttribute, operator: ScopingOperator, values: [String], match: Match? = nil,
        emptyNotEquals: Bool = false, find: Bool = false
    ) {
        do {
            self.init(
                attribute, `operator`, try ScopingOperand(`operator`, values, find: find), match: match,
                emptyNotEquals: emptyNotEquals)
        } catch {
            preconditionFailure("a clause cannot be: \(error.detail)")
        }
    }

    /// One value, or the list of `IN`.
    package var values: [String] { operand.values }

    /// For a reader: the attribute's short name, and of a file its name.
    package var readableText: String {
        var list: String?
        if case .list(let values) = operand { list = values.readableText }
        return text(of: attribute.readableText, list: list)
    }

    package var canonicalText: String { text(of: attribute.text, list: nil) }

    private func text(of name: String, list: String?) -> String {
        var text = `operator` == .memberOf ? `operator`.rawValue : "\(name) \(`operator`.rawValue)"
        switch operand {
        case .none: break
        case .list(let values): text += " " + (list ?? values.canonicalText)
        default: text += values.map { " " + JSONValue.string($0).text }.joined()
        }
        if case .pattern(let pattern) = operand, pattern.find { text += " (find)" }
        if let match { text += " (match \(match.rawValue))" }
        if emptyNotEquals { text += " (emptyNotEquals)" }
        return text
    }
}

extension ScopingClause {
    package func verdict(on record: DirectoryRecord, in context: ScopeContext) -> ClauseVerdict {
        if case .group(let group) = operand { return context.memberships.verdict(in: group) }
        let found = attribute.values(in: record)
        switch `operator` {
        case .isNull: return .of(found.isEmpty)
        case .isNotNull: return .of(!found.isEmpty)
        default: break
        }
        if found.isEmpty { return .of(emptyNotEquals && `operator`.isNegatedEquality) }
        let verdicts = found.map { verdict(onValue: $0, asOf: context.asOf) }
        if match == .all { return .and(verdicts) }
        return found.count > 1 && match == nil ? Self.several(verdicts) : .or(verdicts)
    }

    /// A single-valued attribute that turns out to have several values cannot be judged by a clause that names none.
    private static func several(_ verdicts: [ClauseVerdict]) -> ClauseVerdict {
        .error("the attribute has \(verdicts.count) values; say match: any or match: all")
    }

    private func verdict(onValue value: JSONValue, asOf: Instant) -> ClauseVerdict {
        switch (`operator`, operand) {
        case (.isTrue, _): return .of(Self.boolean(value) == true)
        case (.isFalse, _): return .of(Self.boolean(value) == false)
        case (_, .integer(let operand)): return compare(value, with: operand)
        case (_, .moment(let moment)):
            return date(value) {
                `operator` == .before ? $0 < moment.instant(asOf: asOf) : $0 > moment.instant(asOf: asOf)
            }
        case (_, .days(let days)): return date(value) { $0 >= asOf - days.before && $0 <= asOf + days.after }
        default: break
        }
        guard let text = Self.text(value) else { return .error("the value is not text") }
        switch operand {
        case .list(let list): return .of(list.contains(text) == (`operator` == .isIn))
        case .pattern(let pattern): return matched(pattern.match(text))
        case .text(let operand): return .of(compare(text, with: operand))
        default: preconditionFailure("\(`operator`) has no such operand")
        }
    }

    private func matched(_ outcome: Pattern.Outcome) -> ClauseVerdict {
        switch outcome {
        case .match: .of(`operator` == .regexMatch)
        case .noMatch: .of(`operator` == .notRegexMatch)
        case .exhausted(let why): .error(why)
        }
    }

    private func compare(_ text: String, with operand: String) -> Bool {
        switch `operator` {
        case .equals: return text == operand
        case .notEquals: return text != operand
        default: break
        }
        let (value, part) = (NormalizedText.scalars(text), NormalizedText.scalars(operand))
        return switch `operator` {
        case .includes: value.contains(part)
        case .startsWith: value.starts(with: part)
        default: value.reversed().starts(with: part.reversed())
        }
    }

    private func compare(_ value: JSONValue, with operand: Int64) -> ClauseVerdict {
        guard let text = value.scalarText, let number = Int64(text) else {
            return .error("the value is not a whole number")
        }
        return .of(`operator` == .greaterThan ? number > operand : number >= operand)
    }

    private func date(_ value: JSONValue, _ holds: (Instant) -> Bool) -> ClauseVerdict {
        guard let instant = value.string.flatMap(FilterDate.instant) else {
            return .error("the value is not an RFC 3339 date")
        }
        return .of(holds(instant))
    }

    private static func boolean(_ value: JSONValue) -> Bool? {
        if let bool = value.bool { return bool }
        switch value.string?.lowercased() {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }

    static func text(_ value: JSONValue) -> String? {
        if case .bool(let bool) = value { return bool ? "true" : "false" }
        return value.scalarText
    }

    /// Why the clause does not hold for a record, for a reader.
    func failureText(_ record: DirectoryRecord) -> String {
        if case .group = operand { return readableText + " is not so" }
        let found = attribute.values(in: record).map { JSONValue.string(Self.text($0) ?? $0.text).text }
        return "\(readableText) is not so" + (found.isEmpty ? " (no value)" : " (\(found.joined(separator: ", ")))")
    }
}

extension ScopingClause {
    /// The earliest instant after `asOf` at which time alone can change the clause's verdict; `nil` when it never does.
    package func dueAt(for record: DirectoryRecord, asOf: Instant) -> Instant? {
        switch operand {
        case .moment(.relative), .days: break
        default: return nil
        }
        let dates = attribute.values(in: record).compactMap { $0.string.flatMap(FilterDate.instant) }
        return dates.flatMap(turns).filter { $0 > asOf }.min()
    }

    /// When the verdict on a date turns. Instants are whole milliseconds, so "later than" begins with the next one.
    private func turns(_ date: Instant) -> [Instant] {
        switch operand {
        case .moment(.relative(let offset, _)):
            return [`operator` == .before ? date - offset + .milliseconds(1) : date - offset]
        case .days(let days): return [date - days.after, date + days.before + .milliseconds(1)]
        default: return []
        }
    }
}
