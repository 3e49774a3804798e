import JSONBytes
import Reconciliation
import SCIM

/// One change of a field's values. There is no scripting: what these cannot say, an expression can.
package enum FieldStep: Sendable, Hashable {
    case lower, upper, trim, first, last
    /// True when one of the values is true, false when all are false.
    case any
    /// True when all values are true.
    case all
    case not
    /// A distinguished name in one spelling.
    case dn
    /// Active Directory's objectGUID from base64, or a GUID in any spelling.
    case guid
    /// Several values from one text; spaces around them do not count.
    case split(String)
    /// Values that begin with the text, without it; others are dropped. `SMTP:` of proxyAddresses.
    case prefix(String)
    case values(ValueTable)
    /// A date as `yyyy-MM-dd` or an RFC 3339 time. `nil`: one of the forms that tell themselves.
    case date(String?)
    /// Whether this bit of a whole number is set, by its value: 2 for userAccountControl's "disabled".
    case bit(Int64)

    /// The names of steps without an argument.
    package static let plain: [String: FieldStep] = [
        "lower": .lower, "upper": .upper, "trim": .trim, "first": .first, "last": .last, "any": .any, "all": .all,
        "not": .not, "dn": .dn, "guid": .guid, "date": .date(nil),
    ]
}

/// What values of the export stand for. Texts, never YAML's truth values: `NO` is a country.
package struct ValueTable: Sendable, Hashable {
    package var results: [String: Result]
    /// For values that are not in the table; `nil`: such a record is set aside.
    package var otherwise: Result?

    package enum Result: Sendable, Hashable {
        case text(String)
        /// Nothing is said.
        case unknown
        /// The value itself.
        case same
    }

    package init(_ results: [String: Result], otherwise: Result? = nil) {
        self.results = results
        self.otherwise = otherwise
    }
}

extension FieldStep {
    func apply(to values: [JSONValue]) throws(FieldFailure) -> [JSONValue] {
        switch self {
        case .first: return Array(values.prefix(1))
        case .last: return Array(values.suffix(1))
        case .any, .all:
            if values.isEmpty { return [] }
            var truths: [Bool] = []
            for value in values { truths.append(try Self.truth(value)) }
            return [.bool(self == .any ? truths.contains(true) : !truths.contains(false))]
        default:
            var changed: [JSONValue] = []
            for value in values { changed += try apply(to: value) }
            return changed
        }
    }

    private func apply(to value: JSONValue) throws(FieldFailure) -> [JSONValue] {
        if self == .not { return [.bool(try !Self.truth(value))] }
        if case .date(let format) = self {
            return try FieldDate.read(value, format: format).map { [.string($0)] } ?? []
        }
        guard let text = value.plainText else {
            throw FieldFailure("the path leads to a structure; name one of its parts")
        }
        switch self {
        case .lower: return [.string(text.lowercased())]
        case .upper: return [.string(text.uppercased())]
        case .trim: return [.string(text.trimmingWhiteSpace)]
        case .dn: return [.string(DistinguishedName.normalised(text))]
        case .guid: return [.string(Self.guid(text))]
        case .split(let separator):
            return text.split(separator: separator).map { .string(String($0).trimmingWhiteSpace) }
        case .prefix(let prefix):
            return text.hasPrefix(prefix) ? [.string(String(text.dropFirst(prefix.count)))] : []
        case .values(let table): return try table.apply(to: text).map { [.string($0)] } ?? []
        case .bit(let bit):
            guard let number = Int64(text) else { throw FieldFailure("the value is no whole number") }
            return [.bool(number & bit != 0)]
        case .first, .last, .any, .all, .not, .date: return [value]
        }
    }

    private static func truth(_ value: JSONValue) throws(FieldFailure) -> Bool {
        guard let truth = LooseBoolean.read(value) else { throw FieldFailure("the value is neither true nor false") }
        return truth
    }

    private static func guid(_ text: String) -> String {
        if let bytes = Base64.decode(Array(text.utf8)), bytes.count == 16 { return ObjectGUID.text(bytes) }
        return text.lowercased().filter { $0 != "{" && $0 != "}" }
    }
}

extension ValueTable {
    func apply(to text: String) throws(FieldFailure) -> String? {
        guard let result = results[text] ?? otherwise else {
            throw FieldFailure(
                "the value \(JSONValue.string(String(text.prefix(60))).text) is not in the table of values; add it there, or else:"
            )
        }
        switch result {
        case .text(let text): return text
        case .unknown: return nil
        case .same: return text
        }
    }
}

/// Dates as exports write them.
enum FieldDate {
    /// From 1601-01-01 to 1970-01-01, in milliseconds: Active Directory counts from there in 100 ns.
    private static let fileTimeOffset: Int64 = 11_644_473_600_000

    /// - Returns: `nil` for what means "never": 0000-00-00, 0001-01-01, 9999-12-31, and 0 or 2^63-1 of a FILETIME.
    static func read(_ value: JSONValue, format: String?) throws(FieldFailure) -> String? {
        guard let text = value.plainText ?? wrapped(value) else { throw failure }
        let trimmed = text.trimmingWhiteSpace
        if ["0000-00-00", "0001-01-01", "9999-12-31"].contains(where: trimmed.hasPrefix) { return nil }
        if let format { return try formatted(trimmed, format) }
        if let number = Int64(trimmed) {
            if number == 0 || number == .max { return nil }
            if number > 10_000_000_000_000_000 { return timestamp(number / 10_000 - fileTimeOffset) }
            throw failure
        }
        if let milliseconds = jsonDate(trimmed) { return timestamp(milliseconds) }
        if let time = generalized(trimmed) { return time }
        return try iso(trimmed)
    }

    private static let failure = FieldFailure(
        "the value is no date in a form that tells itself; say how it is written, for example {date: dd/MM/yyyy}")

    /// Windows PowerShell wraps a date as `{value, DateTime}`.
    private static func wrapped(_ value: JSONValue) -> String? {
        (value.object?.value(caseInsensitive: "value") ?? value.object?.value(caseInsensitive: "DateTime"))?.plainText
    }

    private static func formatted(_ text: String, _ format: String) throws(FieldFailure) -> String {
        let source = "FormatDateTime([value], , \(JSONValue.string(format).text), \"yyyy-MM-dd\")"
        do {
            let expression = try MappingExpression(parsing: source)
            return try expression.value(ExpressionContext { _ in .text(text) }).text()
        } catch {
            throw FieldFailure("the value is no date of the form \(format)")
        }
    }

    /// `/Date(1393804800000)/`, also with backslashes and an offset that does not change the instant.
    private static func jsonDate(_ text: String) -> Int64? {
        let plain = text.filter { $0 != "\\" }
        guard plain.hasPrefix("/Date("), plain.hasSuffix(")/") else { return nil }
        let number = plain.dropFirst(6).dropLast(2)
        let sign = number.dropFirst().firstIndex { $0 == "+" || $0 == "-" } ?? number.endIndex
        return Int64(number[..<sign])
    }

    /// RFC 4517 3.3.13: `20260114221000Z`, `20260114221000.0Z`.
    private static func generalized(_ text: String) -> String? {
        let digits = Array(text.prefix { $0.isNumber })
        let rest = text.dropFirst(digits.count)
        guard digits.count == 14, rest == "Z" || (rest.hasPrefix(".") && rest.hasSuffix("Z")) else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        let time = "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(8..<10)):\(part(10..<12)):\(part(12..<14))Z"
        return DateTime.milliseconds(time) == nil ? nil : time
    }

    /// A calendar date keeps its day whatever zone stands behind it; a time stays as it is.
    private static func iso(_ text: String) throws(FieldFailure) -> String {
        let day = String(text.prefix(10))
        let rest = text.dropFirst(10)
        guard DateTime.milliseconds(day + "T00:00:00Z") != nil else { throw failure }
        guard rest.hasPrefix("T") || rest.hasPrefix(" ") else { return day }
        let time = day + "T" + rest.dropFirst()
        if DateTime.milliseconds(time) != nil { return time }
        if DateTime.milliseconds(time + "Z") != nil { return time }
        throw failure
    }

    private static func timestamp(_ milliseconds: Int64) -> String { DateTime.text(milliseconds: milliseconds) }
}
