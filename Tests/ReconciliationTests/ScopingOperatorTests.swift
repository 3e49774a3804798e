import JSONBytes
import Reconciliation
import SCIM
import Testing

private let asOf = Instant(milliseconds: DateTime.milliseconds("2026-11-24T12:00:00Z")!)

private func record(_ title: JSONValue?) -> DirectoryRecord {
    DirectoryRecord(
        id: "r", kind: .user, anchor: nil, reference: nil, name: "n", active: true,
        attributes: Attributes(title.map { [.init(path: "title", value: $0)] } ?? []), origin: .snapshot)
}

private func clause(
    _ operator: ScopingOperator, _ values: [String], find: Bool = false, match: ScopingClause.Match? = nil
) -> ScopingClause {
    ScopingClause(
        attribute: .slot(path: "title", isMultiValued: false), operator: `operator`, values: values, match: match,
        find: find)
}

/// `y`, `n` or `e`.
private func letter(_ verdict: ClauseVerdict) -> Character {
    switch verdict {
    case .yes: "y"
    case .no: "n"
    case .error: "e"
    }
}

private func verdict(_ clause: ScopingClause, _ title: JSONValue?, at now: Instant = asOf) -> Character {
    letter(clause.verdict(on: record(title), in: ScopeContext(asOf: now)))
}

@Suite("Operators of scoping filters")
struct ScopingOperatorTests {
    // MARK: Regular expressions

    @Test("an expression has to match the whole value, or with find a part of it")
    func regex() {
        // expression, find, value, REGEX MATCH, NOT REGEX MATCH
        let table: [(String, Bool, JSONValue?, Character, Character)] = [
            ("Sales", false, "Sales", "y", "n"), ("Sales", false, "Sales EMEA", "n", "y"),
            ("Sales", true, "Inside Sales EMEA", "y", "n"), ("^Sales", true, "Inside Sales", "n", "y"),
            ("a|ab", false, "ab", "y", "n"), ("sales", false, "Sales", "n", "y"),
            ("(?i)sales", false, "Sales", "y", "n"),
            ("Sales$", false, "Sales\n", "n", "y"), ("Sales$", true, "Sales\n", "n", "y"),
            (#"\w+"#, false, "Müller", "y", "n"), (#"\d{4}"#, false, 1234, "y", "n"),
            ("M\u{FC}ller", false, "Mu\u{308}ller", "y", "n"), ("Mu\u{308}ller", false, "M\u{FC}ller", "y", "n"),
            ("M.ller", false, "Mu\u{308}ller", "y", "n"), ("true", false, true, "y", "n"),
            (".*", false, "", "n", "n"), (".*", false, nil, "n", "n"), ("(?!.*Guest).*", false, "Member", "y", "n"),
        ]
        for (text, find, value, match, no) in table {
            #expect(verdict(clause(.regexMatch, [text], find: find), value) == match, "\(text) \(find) \(value as Any)")
            #expect(verdict(clause(.notRegexMatch, [text], find: find), value) == no, "not \(text) \(find)")
        }
    }

    @Test("an expression that would run for hours is an error within its limits, never no match")
    func hanging() {
        let value = JSONValue.string(String(repeating: "a", count: 40) + "!")
        let start = ContinuousClock.now
        for (text, find) in [("^(a+)+$", false), ("(a*)*[bc]", true), ("(a|a)+$", false)] {
            #expect(verdict(clause(.regexMatch, [text], find: find), value) == "e", "\(text)")
            #expect(verdict(clause(.notRegexMatch, [text], find: find), value) == "e", "\(text)")
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        // A value of a megabyte is no reason to give up by itself.
        let long = JSONValue.string(String(repeating: "x", count: 1 << 20))
        #expect(verdict(clause(.regexMatch, ["x*"]), long) == "y")
        #expect(verdict(clause(.regexMatch, ["(x|y)*"]), long) == "e")
    }

    @Test("an expression that cannot be is refused with the character")
    func faults() {
        for (text, column) in [("a(b", 4), ("[a-", 4), ("é**+", 3), ("(?<n", 5), (#"\C"#, 3)] {
            do {
                _ = try Pattern(text, find: false)
                Issue.record("\(text) was taken")
            } catch {
                #expect(error.column == column && !error.detail.isEmpty, "\(text): \(error)")
            }
        }
        #expect(throws: Pattern.Fault.self) { try Pattern(String(repeating: "a", count: 4097), find: false) }
        #expect(throws: Never.self) { try Pattern(String(repeating: "a", count: 4096), find: false) }
    }

    // MARK: Dates

    @Test("dates are compared with a fixed date or with the run's clock")
    func dates() {
        // operator, operand, then the verdicts on these values
        let values: [JSONValue?] = [
            "2026-11-24T11:59:59Z", "2026-11-24T12:00:00Z", "2026-11-24T13:00:01+01:00", "2026-11-25", "2026-10-01",
            "2026-02-30", "24.11.2026", 20_261_124, nil,
        ]
        let table: [(ScopingOperator, [String], String)] = [
            (.before, [], "ynnnyeeen"), (.before, ["now"], "ynnnyeeen"), (.after, [], "nnyyneeen"),
            (.before, ["now+1d"], "yyyyyeeen"), (.before, ["NOW - 1d"], "nnnnyeeen"), (.after, ["now-1d"], "yyyyneeen"),
            (.before, ["2026-11-25"], "yyynyeeen"), (.after, ["2026-11-24T12:00:00Z"], "nnyyneeen"),
            (.withinDays, ["1"], "yyyyneeen"), (.withinDays, ["+1"], "nyyyneeen"), (.withinDays, ["-1"], "yynnneeen"),
            (.withinDays, ["-90"], "yynnyeeen"),
        ]
        for (`operator`, operands, expected) in table {
            let found = values.map { verdict(clause(`operator`, operands), $0) }
            #expect(String(found) == expected, "\(`operator`) \(operands)")
        }
    }

    @Test("the ends of WITHIN_DAYS are included, to the millisecond")
    func ends() {
        for (days, first, last) in [("2", -2, 2), ("+2", 0, 2), ("-2", -2, 0)] {
            let clause = clause(.withinDays, [days])
            for (offset, expected) in [(-1, "n"), (0, "y")] as [(Int64, Character)] {
                let date = asOf.milliseconds + Int64(first) * 86_400_000 + offset
                #expect(verdict(clause, .string(DateTime.text(milliseconds: date))) == expected, "\(days) \(offset)")
            }
            for (offset, expected) in [(0, "y"), (1, "n")] as [(Int64, Character)] {
                let date = asOf.milliseconds + Int64(last) * 86_400_000 + offset
                #expect(verdict(clause, .string(DateTime.text(milliseconds: date))) == expected, "\(days) \(offset)")
            }
        }
    }

    @Test("a verdict never changes before the instant at which it is due, and does change in the end")
    func due() {
        let clauses = [
            clause(.before, []), clause(.after, []), clause(.before, ["now-3d"]), clause(.after, ["now+2d"]),
            clause(.withinDays, ["2"]), clause(.withinDays, ["+1"]), clause(.withinDays, ["-3"]),
            clause(.before, ["2026-11-25"]), clause(.isNotNull, []),
            ScopingClause(
                attribute: .slot(path: "title", isMultiValued: false), operator: .withinDays, values: ["1"], match: .any
            ),
        ]
        let dates: [JSONValue?] = [
            "2026-11-20T12:00:00.500Z", "2026-11-24T12:00:00Z", "2026-11-25", ["2026-11-21", "2026-11-28"], "x", nil,
        ]
        // Every hour of three weeks, and the milliseconds around it.
        let start = asOf.milliseconds - 10 * 86_400_000
        let instants = (0..<(21 * 24)).flatMap { hour in
            [-1, 0, 1].map { Instant(milliseconds: start + Int64(hour) * 3_600_000 + $0) }
        }
        for clause in clauses {
            for date in dates {
                let subject = record(date)
                func verdict(_ now: Instant) -> ClauseVerdict {
                    clause.verdict(on: subject, in: ScopeContext(asOf: now))
                }
                var due = clause.dueAt(for: subject, asOf: instants[0])
                for (now, next) in zip(instants, instants.dropFirst()) where verdict(now) != verdict(next) {
                    guard let instant = due else { break }
                    #expect(instant > now && instant <= next, "\(clause.canonicalText) \(date as Any) at \(now.text)")
                    // The millisecond itself: the old verdict just before, the new one at it.
                    #expect(verdict(Instant(milliseconds: instant.milliseconds - 1)) == verdict(now))
                    #expect(verdict(instant) == verdict(next))
                    due = clause.dueAt(for: subject, asOf: instant)
                }
                let changes = zip(instants, instants.dropFirst()).contains { verdict($0) != verdict($1) }
                #expect(!changes || clause.dueAt(for: subject, asOf: instants[0]) != nil)
            }
        }
    }

    // MARK: Lists

    @Test("a list compares after NFC; one from a file is known by its content")
    func lists() {
        let list = ScopingList(["b", "Mu\u{308}ller", "b"], file: "lists/names.txt")
        let isIn = ScopingClause(.slot(path: "title", isMultiValued: false), .isIn, .list(list))
        #expect(verdict(isIn, "M\u{FC}ller") == "y" && verdict(isIn, "m\u{FC}ller") == "n" && verdict(isIn, nil) == "n")
        #expect(list.values == ["b", "Mu\u{308}ller"])
        func text(_ list: ScopingList) -> String {
            ScopingClause(.slot(path: "title", isMultiValued: false), .isIn, .list(list)).canonicalText
        }
        let moved = ScopingList(["M\u{FC}ller", "b"], file: "elsewhere.txt")
        #expect(text(list) == text(moved) && text(list) != text(ScopingList(["b"], file: "lists/names.txt")))
        #expect(!text(list).contains("names.txt") && isIn.readableText.contains("the 2 values of lists/names.txt"))
    }

    // MARK: Groups

    @Test("MEMBER_OF is what the context says about the group, and false for every other")
    func memberOf() {
        let context = ScopeContext(
            asOf: asOf, memberships: Memberships(["Sales": .yes, "Two": .error("several"), "None": .no]))
        for (group, expected) in [("Sales", "y"), ("sales", "n"), ("Two", "e"), ("None", "n")] as [(String, Character)]
        {
            let clause = ScopingClause(.groups, .memberOf, .group(group))
            #expect(letter(clause.verdict(on: record(nil), in: context)) == expected, "\(group)")
        }
        #expect(Memberships(["None": .no]) == .none)
    }

    // MARK: Operands

    @Test("an operand that cannot be is refused, with a cure")
    func operands() {
        let cases: [(ScopingOperator, [String])] = [
            (.equals, []), (.equals, [""]), (.includes, [""]), (.startsWith, [""]), (.endsWith, [""]), (.isIn, []),
            (.greaterThan, ["1.5"]), (.greaterThan, ["9223372036854775808"]), (.regexMatch, ["("]),
            (.before, ["soon"]), (.after, ["now+x"]), (.before, ["2026-13-01"]), (.before, ["now+36526d"]),
            (.withinDays, ["0"]), (.withinDays, ["36526"]), (.withinDays, ["-"]), (.withinDays, ["1.5"]),
            (.memberOf, [""]),
        ]
        for (`operator`, values) in cases {
            do {
                let made = try ScopingOperand(`operator`, values)
                Issue.record("\(`operator`) \(values) was taken as \(made)")
            } catch {
                #expect(!error.cure.isEmpty && !error.detail.isEmpty)
            }
        }
    }

    @Test("a filter that is kept in the database is the same when it is read again")
    func coding() throws {
        var rules = Rules()
        rules.userScope = .clauses([
            ScopingOperator.allCases.map { `operator` in
                switch `operator`.operands {
                case .none: clause(`operator`, [])
                case .list: ScopingClause(.active, `operator`, .list(ScopingList(["a", "b"], file: "list.txt")))
                case .optional: clause(`operator`, `operator` == .before ? [] : ["now+3d"])
                case .one where `operator` == .memberOf: ScopingClause(.groups, .memberOf, .group("G"))
                case .one: clause(`operator`, ["12"], find: `operator` == .regexMatch)
                }
            }
        ])
        let read = try Rules(json: rules.json)
        #expect(read == rules && read.hash == rules.hash && read.usedGroups == ["G"])
    }
}
