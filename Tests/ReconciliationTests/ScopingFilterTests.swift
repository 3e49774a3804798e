import JSONBytes
import Reconciliation
import SCIM
import Testing

private func record(_ attributes: [String: JSONValue], active: Bool? = true, source: JSONObject = [:])
    -> DirectoryRecord
{
    DirectoryRecord(
        id: "r", kind: .user, anchor: Anchor("a"), reference: nil, name: "n", active: active,
        attributes: Attributes(attributes.map { .init(path: $0.key, value: $0.value) }), source: source,
        origin: .snapshot)
}

private func clause(
    _ operator: ScopingOperator, _ values: [String] = [], match: ScopingClause.Match? = nil,
    emptyNotEquals: Bool = false
) -> ScopingClause {
    ScopingClause(
        attribute: .slot(path: "title", isMultiValued: false), operator: `operator`, values: values, match: match,
        emptyNotEquals: emptyNotEquals)
}

private let context = ScopeContext(asOf: Instant(milliseconds: 1_800_000_000_000))

/// A verdict without the text of its error.
private enum Truth: CaseIterable, CustomStringConvertible {
    case yes, no, error

    init(_ verdict: ClauseVerdict) {
        switch verdict {
        case .yes: self = .yes
        case .no: self = .no
        case .error: self = .error
        }
    }

    init(_ verdict: ScopeVerdict) {
        self = verdict.isInScope ? .yes : verdict.isUndecided ? .error : .no
    }

    var description: String {
        switch self {
        case .yes: "yes"
        case .no: "no"
        case .error: "error"
        }
    }
}

@Suite("Scoping filters")
struct ScopingFilterTests {
    /// Operator, its operands, and the verdict on: "Sales", "sales", "12", 12, true, "true", "FALSE", " ", EMPTY.
    private static let table: [(ScopingOperator, [String], String)] = [
        (.equals, ["Sales"], "ynnnnnnnn"),
        (.equals, ["12"], "nnyynnnnn"),
        (.equals, [" "], "nnnnnnnyn"),
        (.equals, ["true"], "nnnnyynnn"),
        (.notEquals, ["Sales"], "nyyyyyyyn"),
        (.isNull, [], "nnnnnnnny"),
        (.isNotNull, [], "yyyyyyyyn"),
        (.isTrue, [], "nnnnyynnn"),
        (.isFalse, [], "nnnnnnynn"),
        (.isIn, ["Sales", "12"], "ynyynnnnn"),
        (.notIn, ["Sales", "12"], "nynnyyyyn"),
        (.includes, ["ale"], "yynnnnnnn"),
        (.startsWith, ["Sa"], "ynnnnnnnn"),
        (.endsWith, ["les"], "yynnnnnnn"),
        (.regexMatch, ["Sales"], "ynnnnnnnn"),
        (.regexMatch, ["(?i)sales"], "yynnnnnnn"),
        (.regexMatch, ["[0-9]"], "nnnnnnnnn"),
        (.regexMatch, [".*"], "yyyyyyyyn"),
        (.notRegexMatch, ["Sales"], "nyyyyyyyn"),
        (.before, ["2027-01-01"], "eeeeeeeen"),
        (.after, [], "eeeeeeeen"),
        (.withinDays, ["30"], "eeeeeeeen"),
        (.memberOf, ["Sales"], "nnnnnnnnn"),
        (.greaterThan, ["11"], "eeyyeeeen"),
        (.greaterThan, ["12"], "eenneeeen"),
        (.greaterThanOrEquals, ["12"], "eeyyeeeen"),
        (.greaterThanOrEquals, ["13"], "eenneeeen"),
    ]

    @Test("each operator is true, false or an error as its table says")
    func operators() {
        let values: [JSONValue?] = ["Sales", "sales", "12", 12, true, "true", "FALSE", " ", nil]
        for (`operator`, operands, expected) in Self.table {
            let found = values.map { value in
                let subject = record(value.map { ["title": $0] } ?? [:])
                return String(Truth(clause(`operator`, operands).verdict(on: subject, in: context)).description.first!)
            }
            #expect(found.joined() == expected, "\(`operator`) \(operands)")
        }
        #expect(Set(Self.table.map(\.0)) == Set(ScopingOperator.allCases))
    }

    @Test("absent, null, an empty text and an empty list are EMPTY; white space is not")
    func empty() {
        for value: JSONValue in [.null, "", [], [""], [.null]] {
            let subject = record(["title": value])
            #expect(clause(.isNull).verdict(on: subject, in: context) == .yes)
            #expect(clause(.notEquals, ["x"]).verdict(on: subject, in: context) == .no)
            #expect(clause(.notEquals, ["x"], emptyNotEquals: true).verdict(on: subject, in: context) == .yes)
            #expect(clause(.notIn, ["x"], emptyNotEquals: true).verdict(on: subject, in: context) == .yes)
            #expect(clause(.equals, ["x"], emptyNotEquals: true).verdict(on: subject, in: context) == .no)
        }
        #expect(clause(.isNull).verdict(on: record(["title": " "]), in: context) == .no)
    }

    @Test("an object is no value that a text can be compared with")
    func wrongType() {
        let subject = record(["title": ["nested": "x"]])
        for `operator` in [ScopingOperator.equals, .notEquals, .includes, .startsWith, .endsWith, .isIn, .notIn] {
            #expect(Truth(clause(`operator`, ["x"]).verdict(on: subject, in: context)) == .error, "\(`operator`)")
        }
    }

    @Test("letters compare by code points after NFC, case-sensitively")
    func normalisation() {
        let composed = "M\u{FC}ller"
        let decomposed = "Mu\u{308}ller"
        for (value, operand) in [(composed, decomposed), (decomposed, composed)] {
            let subject = record(["title": .string(value)])
            #expect(clause(.equals, [operand]).verdict(on: subject, in: context) == .yes)
            #expect(clause(.notEquals, [operand]).verdict(on: subject, in: context) == .no)
            #expect(clause(.isIn, ["x", operand]).verdict(on: subject, in: context) == .yes)
            for `operator` in [ScopingOperator.includes, .startsWith, .endsWith] {
                #expect(clause(`operator`, [operand]).verdict(on: subject, in: context) == .yes, "\(`operator`)")
            }
        }
        // A part of a letter is not a part of the text.
        #expect(clause(.startsWith, ["Mu"]).verdict(on: record(["title": .string(decomposed)]), in: context) == .no)
        #expect(clause(.equals, ["m\u{FC}ller"]).verdict(on: record(["title": .string(composed)]), in: context) == .no)
    }

    @Test("whole numbers are signed and have 64 bits; beyond that is an error")
    func integers() {
        let cases: [(JSONValue, String, Truth)] = [
            ("9223372036854775807", "9223372036854775806", .yes), ("-5", "-6", .yes), ("-6", "-5", .no),
            ("9223372036854775808", "1", .error), (.number("1.5"), "1", .error), (.number("1e3"), "1", .error),
            ("", "1", .no),
        ]
        for (value, operand, expected) in cases {
            let verdict = clause(.greaterThan, [operand]).verdict(on: record(["title": value]), in: context)
            #expect(Truth(verdict) == expected, "\(value) \(operand)")
        }
    }

    @Test("several values need any or all; all over nothing is false")
    func several() {
        let both = record(["title": ["a", "b"]])
        #expect(Truth(clause(.equals, ["a"]).verdict(on: both, in: context)) == .error)
        #expect(clause(.equals, ["a"], match: .any).verdict(on: both, in: context) == .yes)
        #expect(clause(.equals, ["a"], match: .all).verdict(on: both, in: context) == .no)
        #expect(clause(.isIn, ["a", "b"], match: .all).verdict(on: both, in: context) == .yes)
        #expect(clause(.equals, ["a"], match: .all).verdict(on: record([:]), in: context) == .no)
        // Kleene: a value that cannot be judged counts only where it could decide.
        let mixed = record(["title": ["7", "x"]])
        #expect(clause(.greaterThan, ["5"], match: .any).verdict(on: mixed, in: context) == .yes)
        #expect(Truth(clause(.greaterThan, ["5"], match: .all).verdict(on: mixed, in: context)) == .error)
        #expect(clause(.greaterThan, ["9"], match: .all).verdict(on: mixed, in: context) == .no)
    }

    @Test("a multi-valued attribute is read in all its slots, or in the one of a type")
    func multiValued() {
        let subject = record([
            #"emails[type eq "work"]"#: ["value": "w@example.org"],
            #"emails[type eq "home"]"#: ["value": "h@example.org"],
        ])
        func verdict(_ path: String, _ value: String) -> ClauseVerdict {
            ScopingClause(
                attribute: .slot(path: path, isMultiValued: true), operator: .equals, values: [value], match: .any
            ).verdict(on: subject, in: context)
        }
        #expect(verdict("emails.value", "h@example.org") == .yes)
        #expect(verdict("emails", "w@example.org") == .yes)
        #expect(verdict(#"emails[type eq "work"].value"#, "w@example.org") == .yes)
        #expect(verdict(#"emails[type eq "work"].value"#, "h@example.org") == .no)
    }

    @Test("source attributes, active and externalId can be asked for")
    func attributes() {
        let subject = record([:], active: nil, source: ["userType": "Guest"])
        func verdict(_ attribute: FilterAttribute, _ operator: ScopingOperator, _ values: [String]) -> ClauseVerdict {
            ScopingClause(attribute: attribute, operator: `operator`, values: values).verdict(on: subject, in: context)
        }
        #expect(verdict(.source("userType"), .equals, ["Guest"]) == .yes)
        #expect(verdict(.source("other"), .isNull, []) == .yes)
        #expect(verdict(.active, .isTrue, []) == .yes)
        #expect(verdict(.externalId, .equals, ["a"]) == .yes)
    }

    // MARK: Logic

    private static let subject = record(["title": "x"])

    private static func fixed(_ truth: Truth) -> ScopingClause {
        switch truth {
        case .yes: clause(.equals, ["x"])
        case .no: clause(.equals, ["y"])
        case .error: clause(.greaterThan, ["1"])
        }
    }

    private static func kleene(_ groups: [[Truth]]) -> Truth {
        let verdicts = groups.map { group -> Truth in
            if group.contains(.no) { return .no }
            return group.contains(.error) ? .error : .yes
        }
        if verdicts.contains(.yes) { return .yes }
        return verdicts.contains(.error) ? .error : .no
    }

    @Test("AND and OR are Kleene's over every filter of up to three groups of up to three clauses")
    func logic() {
        var groups: [[Truth]] = []
        for first in Truth.allCases {
            groups.append([first])
            for second in Truth.allCases {
                groups.append([first, second])
                for third in Truth.allCases { groups.append([first, second, third]) }
            }
        }
        func check(_ filter: [[Truth]]) {
            let verdict = ScopingFilter.clauses(filter.map { $0.map(Self.fixed) }).verdict(
                on: Self.subject, in: context)
            // The oracle looks at the set only, so that agreeing with it everywhere is being blind to order.
            if Truth(verdict) != Self.kleene(filter) { Issue.record("\(filter): \(verdict)") }
        }
        for first in groups {
            check([first])
            for second in groups {
                check([first, second])
                for third in groups { check([first, second, third]) }
            }
        }
    }

    @Test("no filter means everyone, and an expression has the semantics of its RFC")
    func others() throws {
        #expect(ScopingFilter.everyone.verdict(on: Self.subject, in: context).isInScope)
        let filter = ScopingFilter.expression(try Filter(parsing: #"title eq "X" and department ne "a""#))
        #expect(filter.verdict(on: Self.subject, in: context).isInScope)
    }

    @Test("operator names compare without regard to case, spaces and underscores")
    func names() {
        for (name, expected) in [
            ("Greater_Than", ScopingOperator.greaterThan), ("Greater_Than_OR_EQUALS", .greaterThanOrEquals),
            ("Includes", .includes), ("not equals", .notEquals), ("ISNULL", .isNull), ("is_not_null", .isNotNull),
            ("notin", .notIn),
        ] {
            #expect(ScopingOperator(name: name) == expected)
        }
        #expect(ScopingOperator(name: "REGEX") == nil)
    }
}
