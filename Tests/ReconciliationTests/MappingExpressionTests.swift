import Foundation
import JSONBytes
import Testing

@testable import Reconciliation

/// The person of the tables below, as an export has them.
private let person: JSONObject = [
    "givenName": "Zoë", "surname": "Doe", "mail": "John.Doe@contoso.com", "state": "QLD", "empty": "", "null": .null,
    "country": "USA", "accountEnabled": true, "off": false, "number": 42, "list": ["a", "b", "a", ""], "one": ["x"],
    "extensionAttribute5": "PermissionSetOne, PermissionSetTwo", "first": "PABLO GONSALVES (SECOND)",
    "last": "PINTO-DE'SILVA", "hired": "2012-03-16-07:00", "stamp": "20150123105347.1Z",
    "role": [["value": "Admin", "displayName": "Administrator"]],
    "roles": [["value": "Admin"], ["displayName": "User"], #"{"id":"06b0","value":"25","displayName":"Role 25"}"#],
    "odd": [["id": "7"]], "family": "👨‍👩‍👧 Müller", "UserID": "jsmith", "flag": "TRUE",
]

private func context(_ groups: Set<String>? = nil) -> ExpressionContext {
    ExpressionContext(
        attribute: { ExpressionValue(person[$0]) },
        memberOf: groups.map { groups in { groups.contains($0) ? .yes : .no } })
}

/// A result as the tables write it: `-` for empty, values of a list with bars between them, an error with its text.
private func result(_ text: String, form: MappingExpression.Form = .expression) throws -> String {
    let expression = try MappingExpression(parsing: text, form: form)
    do { return shown(try expression.value(context(["staff"]))) } catch { return "error \(error)" }
}

private func shown(_ value: ExpressionValue) -> String {
    switch value {
    case .empty: return "-"
    case .list(let values): return values.map(shown).joined(separator: "|")
    case .object(let object): return JSONValue.object(object).text
    default: return (try? value.text()) ?? "?"
    }
}

@Suite("Expressions of a mapping")
struct MappingExpressionTests {
    /// Those that Microsoft's reference gives with input and output, then ours.
    static let results: [(String, String)] = [
        (#"Append([mail], ".test")"#, "John.Doe@contoso.com.test"),
        (#"BitAnd(&HF, &HF7)"#, "7"),
        (#"CBool([country] = "USA")"#, "True"), (#"CBool(0)"#, "False"), (#"CBool([null])"#, "False"),
        (#"CBool("maybe")"#, "error CBool: argument 1 is neither true nor false"),
        (#"Coalesce([null],[empty],[mail])"#, "John.Doe@contoso.com"), (#"Coalesce([null])"#, "-"),
        (#"ConvertToBase64("Hello world!")"#, "SABlAGwAbABvACAAdwBvAHIAbABkACEA"),
        (#"ConvertToUTF8Hex("Hello world!")"#, "48656C6C6F20776F726C6421"),
        (#"Count([list])"#, "3"), (#"Count([null])"#, "0"), (#"Count([mail])"#, "1"),
        (#"CStr([number])"#, "42"), (#"CStr([accountEnabled])"#, "True"),
        (#"CStr([role])"#, "error CStr: a structured value cannot be text; name one of its parts with a dot"),
        (#"IgnoreFlowIfNullOrEmpty([empty])"#, "-"), (#"IgnoreFlowIfNullOrEmpty([state])"#, "QLD"),
        (#"IIF([country]="USA",[country],[state])"#, "USA"), (#"IIF([country]<>"USA",[country],[state])"#, "QLD"),
        (#"IIF([empty]="","Other",[empty])"#, "Other"), (#"IIF(IsNullOrEmpty([null]),"Other",[null])"#, "Other"),
        (#"IIF([number] > 41,"old","new")"#, "old"), (#"IIF([number] >= 43,"old","new")"#, "new"),
        (#"IIF([number] < 43,"a","b")"#, "a"), (#"IIF([number] <= -1,"a","b")"#, "b"),
        (#"IIF([null] > 1,"a","b")"#, "b"), (#"IIF([mail] > 1,"a","b")"#, "error '>' compares whole numbers"),
        (#"IIF([off],"a","b")"#, "b"), (#"IIF([flag],"a","b")"#, "a"),
        (#"IIF([country]="USA",[state],Mid([state],0,1))"#, "QLD"),
        (#"InStr("The quick brown fox","quick")"#, "5"), (#"InStr("repEated","e",3,vbBinaryCompare)"#, "7"),
        (#"InStr("repEated","e",3,vbTextCompare)"#, "4"), (#"InStr("abc","z")"#, "0"),
        (#"InStr("abc","a",0)"#, "error InStr: start is 0; the first character is 1"),
        (#"IsNull([empty])"#, "True"), (#"IsNullOrEmpty([mail])"#, "False"), (#"IsPresent([list])"#, "True"),
        (#"IsString([mail])"#, "True"), (#"IsString([number])"#, "False"),
        (#"Item([list], 2)"#, "b"), (#"Item([list], 9)"#, "-"), (#"Item([mail], 1)"#, "John.Doe@contoso.com"),
        (#"Item([list], 0)"#, "error Item: the index is 0; the first value is 1"),
        (#"Join(", ", "", [surname], [givenName])"#, "Doe, Zoë"), (#"Join("-", [list], "c")"#, "a-b-a-c"),
        (#"Join("", 1000, [number])"#, "100042"), (#"Join(" ", [null], [empty])"#, "-"),
        (#"Left("John Doe", 3)"#, "Joh"), (#"Left("John", 0)"#, "-"), (#"Left("John", -1)"#, "John"),
        (#"Left("John", 9)"#, "John"), (#"Left([null], 3)"#, "-"), (#"Left([family], 1)"#, "👨‍👩‍👧"),
        (#"Left("John", "x")"#, "error Left: argument 2 is no whole number"),
        (#"Len("Zoë")"#, "3"), (#"Right("John Doe", 3)"#, "Doe"),
        (#"Append(Mid([givenName], 1, 3), Mid([surname], 1, 5))"#, "ZoëDoe"), (#"Mid("abc", 2, 9)"#, "bc"),
        (#"Mid("abc", 9, 1)"#, "-"), (#"Mid("abc", 0, 1)"#, "error Mid: start is 0; the first character is 1"),
        (#"MemberOf("staff")"#, "True"), (#"MemberOf("guests")"#, "False"),
        (#"NormalizeDiacritics([givenName])"#, "Zoe"),
        (#"NormalizeDiacritics("ǣßØłĄÅșöÜåœ̄ı")"#, "aessOElAAsoUaoei"), (#"NormalizeDiacritics("がЙ")"#, "がЙ"),
        (#"Not("True")"#, "False"), (#"Not([off])"#, "True"), (#"Not([null])"#, "-"),
        (#"Not("x")"#, "error Not: argument 1 is neither true nor false"),
        (#"Or([off], [flag])"#, "True"), (#"And([off], Mid("",0,0))"#, "False"),
        (#"And([flag], [accountEnabled])"#, "True"),
        (#"PCase([first])"#, "Pablo Gonsalves (Second)"), (#"PCase([last]," '-")"#, "Pinto-De'Silva"),
        (#"PCase(Join(" ","GREGORY","JAMES"))"#, "Gregory James"),
        (#"Join("|", RemoveDuplicates([list]))"#, "a|b"),
        (#"Replace([mail], "@contoso.com", , ,"", ,)"#, "John.Doe"), (#"Replace("aXa", "a", , , "b")"#, "bXb"),
        (#"Replace([UserID],"<username>", , , , , "<username>@contoso.com")"#, "jsmith@contoso.com"),
        (#"Replace([null],"<username>", , , , , "<username>@contoso.com")"#, "-"),
        (#"Replace([mail], , "@.*$", , "", , )"#, "John.Doe"),
        (#"Replace("+1 (206) 555", , "[() +]", , "")"#, "1206555"),
        (#"Replace("a-b", , "(?<x>\w)-(?<y>\w)", , "${y}$$$1$&$!")"#, "b$aa-b$!"),
        (#"Replace("äx1", , "\p{L}+", , "z")"#, "z1"), (#"Replace("ab", , "x*", , "-")"#, "-a-b-"),
        (#"Replace("日本", , "()", , "-")"#, "-日-本-"),
        (#"Replace("aXb aYb", , "a(?<m>[A-Z])b", "m", "$1")"#, "a$1b a$1b"),
        (#"Replace("ab", , "a(c)?b", "1", "z")"#, "ab"), (#"Replace([null], , "^$", , "x")"#, "-"),
        (#"Replace("own", , "^(?<n>[^@]+)@", "n", , [mail], )"#, "own"),
        (#"Replace([null], , "^(?<n>[^@]+)@", "n", , [mail], )"#, "John.Doe"),
        (#"Replace([null], , "^(?<n>\d+)@", "n", , [mail], )"#, "-"),
        (
            #"Replace("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", , "(a+)+[bc]", , "")"#,
            "error Replace: the expression needs more than 100000 steps for this value"
        ),
        (#"SingleAppRoleAssignment([role])"#, "Admin"), (#"SingleAppRoleAssignment([null])"#, "-"),
        (
            #"SingleAppRoleAssignment([roles])"#,
            "error SingleAppRoleAssignment: there are 3 roles; assign one, or use AssertiveAppRoleAssignmentsComplex"
        ),
        (
            #"AppRoleAssignmentsComplex([role])"#,
            #"{"display":"Administrator","primary":false,"type":"WindowsAzureActiveDirectoryRole","value":"Admin"}"#
        ),
        (#"Count(AssertiveAppRoleAssignmentsComplex([roles]))"#, "3"),
        (
            #"AppRoleAssignmentsComplex([odd])"#,
            "error AppRoleAssignmentsComplex: a role assignment has neither value nor displayName"
        ),
        (#"Split([extensionAttribute5], ",")"#, "PermissionSetOne|PermissionSetTwo"),
        (#"Split([mail], "")"#, "error Split: the delimiter is empty"), (#"Split([null], ",")"#, "-"),
        (#"StripSpaces(" a b ")"#, "ab"), (#"Trim("  a b ")"#, "a b"),
        (
            #"Switch([state], "Australia/Sydney", "NSW", "Australia/Sydney","QLD", "Australia/Brisbane")"#,
            "Australia/Brisbane"
        ),
        (#"Switch([state], "d", "qld", "x")"#, "d"), (#"Switch([state], , "qld", "x")"#, "-"),
        (#"Switch([null],[null],"","Other")"#, "Other"),
        (#"Switch([accountEnabled], , "False", "no", "True", "yes")"#, "yes"),
        (#"Switch(ToLower([flag]), "0", "true", "1", "false", "0")"#, "1"),
        (#"Switch([list], , "a", "x")"#, "error Switch: there are 3 values where one is meant; use Item or Join"),
        (#"ToLower([last])"#, "pinto-de'silva"), (#"ToUpper("straße", "de-DE")"#, "STRASSE"),
        (#"tolower(NORMALIZEDIACRITICS([givenName]))"#, "zoe"),
        (#"Word("The quick brown fox",3," ")"#, "brown"), (#"Word("This,string!has&many separators",3,",!&#")"#, "has"),
        (#"Word("a", 0, " ")"#, "-"), (#"Word("a", 2, " ")"#, "-"),
        (#"[mail]"#, "John.Doe@contoso.com"), (#""a\"b\\c\d""#, #"a"b\c\d"#), ("[one]", "x"),
    ]

    @Test("a function gives what its line says", arguments: results)
    func functions(text: String, expected: String) throws {
        #expect(try result(text) == expected, "\(text)")
    }

    static let dates: [(String, String)] = [
        (#"CDate([hired])"#, "3/16/2012 7:00:00 AM"), (#"CDate("2021-06-30+08:00")"#, "6/29/2021 4:00:00 PM"),
        (#"CDate("2009-06-15T01:45:30-07:00")"#, "6/15/2009 8:45:30 AM"), (#"CDate([null])"#, "-"),
        (#"CDate("tomorrow")"#, "error CDate: argument 1 is no date; use FormatDateTime for other forms"),
        (#"CDate("2021-02-29")"#, "error CDate: argument 1 is no date; use FormatDateTime for other forms"),
        (#"CDate("2026-01-15T01:00:00.123Z")"#, "1/15/2026 1:00:00 AM"),
        (#"DateAdd("d", 7, CDate([hired]))"#, "3/23/2012 7:00:00 AM"),
        (#"DateAdd("d", -10, CDate([hired]))"#, "3/6/2012 7:00:00 AM"),
        (#"DateAdd("ww", 2, CDate([hired]))"#, "3/30/2012 7:00:00 AM"),
        (#"DateAdd("m", 10, CDate([hired]))"#, "1/16/2013 7:00:00 AM"),
        (#"DateAdd("yyyy", 2, CDate([hired]))"#, "3/16/2014 7:00:00 AM"),
        (#"DateAdd("m", 1, "2024-01-31")"#, "2/29/2024 12:00:00 AM"),
        (#"DateAdd("yyyy", 9999, "2024-01-31")"#, "error DateAdd: the date lies outside the years 1 to 9999"),
        (#"DateDiff("d", "2021-08-18+08:00", "2021-08-31+08:00")"#, "13"),
        (#"DateDiff("d", "8/25/2021 5:41:18 PM", [hired])"#, "-3449"),
        (#"DateDiff("ww", "8/25/2021 5:41:18 PM", [hired])"#, "-493"),
        (#"DateDiff("m", "8/25/2021 5:41:18 PM", [hired])"#, "-113"),
        (#"DateDiff("yyyy", "8/25/2021 5:41:18 PM", [hired])"#, "-9"),
        (#"DateDiff("h", "2021-08-24", "2021-08-25")"#, "24"), (#"DateDiff("n", "2021-08-24", "2021-08-25")"#, "1440"),
        (#"DateDiff("s", "2021-08-24", "2021-08-25")"#, "86400"),
        (#"DateFromNum(129699324000000000)"#, "1/1/2012 11:00:00 PM"),
        (#"NumFromDate("2012-01-01T23:00:00Z")"#, "129699324000000000"),
        (#"FormatDateTime([stamp], , "yyyyMMddHHmmss.fZ", "yyyy-MM-dd")"#, "2015-01-23"),
        (#"FormatDateTime("2020-12-31-08:00", ,"yyyy-MM-ddzzz", "yyyy-MM-dd")"#, "2020-12-31"),
        (#"FormatDateTime("1/5/2021 03:04:05 PM", ,"M/d/yyyy hh:mm:ss tt", "yyyyMMddHHmmss")"#, "20210105150405"),
        (#"FormatDateTime("05 Mar 2021", ,"dd MMM yyyy", "d. MMMM yy")"#, "5. March 21"),
        (#"FormatDateTime("x", , "yyyy", "yy")"#, "error FormatDateTime: the value is no date of the form yyyy"),
        (
            #"NumFromDate(Join("", FormatDateTime("2020-12-31-08:00", ,"yyyy-MM-ddzzz", "yyyy-MM-dd"), " 23:59:59-08:00"))"#,
            "132539615990000000"
        ),
    ]

    @Test("dates are what Microsoft's examples say", arguments: dates)
    func dateFunctions(text: String, expected: String) throws {
        #expect(try result(text) == expected, "\(text)")
    }

    @Test(
        "a template puts fields between its texts, and is empty when they all are",
        arguments: [
            ("{givenName} {surname}", "Zoë Doe"), ("{null} {surname}", "Doe"), ("a {null} {empty}", "-"),
            ("{{{state}}}", "{QLD}"), ("{number}/{accountEnabled}", "42/True"),
            ("{list}", "error there are 3 values where one is meant; use Item or Join"),
        ])
    func templates(text: String, expected: String) throws {
        #expect(try result(text, form: .template) == expected)
    }

    @Test("every function of the table is in a table of results, has a summary and a name of its own")
    func complete() {
        let all = (Self.results + Self.dates).map { $0.0.lowercased() }
        for function in ExpressionFunction.table {
            #expect(all.contains { $0.contains(function.name.lowercased() + "(") }, "\(function.name)")
            #expect(function.summary.hasSuffix(".") && function.signature.hasSuffix(")"))
        }
        #expect(Set(ExpressionFunction.table.map { $0.name.lowercased() }).count == ExpressionFunction.table.count)
    }

    @Test("the documentation of job files has every function as the table says it")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let article = try String(
            contentsOf: root.appendingPathComponent("Sources/rollcall/Rollcall.docc/JobFile.md"), encoding: .utf8)
        for function in ExpressionFunction.table {
            let row = "| `\(function.signature)`\(function.isEntras ? "" : " *") | \(function.summary) |"
            #expect(article.contains(row), "\(row)")
        }
    }

    @Test("a result beyond the limit is an error that names the function, never cut")
    func limits() throws {
        let long = String(repeating: "x", count: ExpressionLimits.resultBytesMax / 2)
        let expression = try MappingExpression(parsing: #"Append([a], [b])"#)
        func value(_ a: String, _ b: String) throws -> ExpressionValue {
            try expression.value(ExpressionContext(attribute: { $0 == "a" ? .text(a) : .text(b) }))
        }
        #expect(try value(long, long) == .text(long + long))
        let failure = #expect(throws: ExpressionFailure.self) { try value(long, long + "x") }
        #expect(failure?.function == "Append")
        let replace = try MappingExpression(parsing: #"Replace([a], "x", , , "xxxxxxxxxx")"#)
        #expect(throws: ExpressionFailure.self) {
            try replace.value(ExpressionContext(attribute: { _ in .text(long) }))
        }
        let each = try MappingExpression(parsing: #"Replace([a], , "x", , "y")"#)
        func matching(_ count: Int) throws -> ExpressionValue {
            try each.value(ExpressionContext(attribute: { _ in .text(String(repeating: "x", count: count)) }))
        }
        #expect(try matching(Pattern.matchesMax) == .text(String(repeating: "y", count: Pattern.matchesMax)))
        #expect(throws: ExpressionFailure.self) { try matching(Pattern.matchesMax + 1) }
        let split = try MappingExpression(parsing: #"Split([a], ",")"#)
        let many = String(repeating: "a,", count: ExpressionLimits.valuesMax)
        #expect(
            try split.value(ExpressionContext(attribute: { _ in .text(many) })).values.count
                == ExpressionLimits.valuesMax)
        #expect(throws: ExpressionFailure.self) {
            try split.value(ExpressionContext(attribute: { _ in .text(many + "a") }))
        }
    }
}

@Suite("Texts that are no expressions")
struct MappingExpressionSyntaxTests {
    static let complaints: [(String, Int, String)] = [
        ("", 1, "the expression is empty"), ("   ", 4, "the expression is empty"),
        (#"Join(" ", [a], [b]"#, 1, "Join has no closing parenthesis"),
        (#"Join(" ", [a] [b])"#, 15, "'[' is not expected here"),
        (#"ToLower([a]) x"#, 14, "'x' is not expected here"),
        (#"Lower([a])"#, 1, "there is no function Lower"),
        (#"ToLower(Lower([a]))"#, 9, "there is no function Lower"),
        (#"ToLower("abc)"#, 9, "the text that begins here has no closing quotation mark"),
        (#"ToLower([abc)"#, 9, "the attribute that begins here has no closing bracket"),
        (#"ToLower([ ])"#, 9, "no attribute is named"),
        (#"ToLower(mail)"#, 9, "'mail' is neither in quotes nor in brackets nor a function"),
        (#"ToLower()"#, 1, "ToLower has 0 arguments"), (#"Mid("a", 1)"#, 1, "Mid has 2 arguments"),
        (#"Left("a", 1.5)"#, 12, "'.' is not expected here"),
        (#"Left("a", &5)"#, 11, "'&' begins a hexadecimal number"),
        (#"Left("a", -)"#, 11, "this is no whole number"),
        (#"Left("a", 99999999999999999999)"#, 11, "this is no whole number"),
        (#"IIF([a] =, 1, 2)"#, 10, "the right side of '=' is missing"),
        (#"IIF([a] = "b" = "c", 1, 2)"#, 15, "'=' is not expected here"),
        (#"Switch([a], "d", "k", "v", "k2")"#, 1, "Switch: keys and values come in pairs"),
        (#"Replace([a], "b")"#, 1, "Replace: it needs oldValue, and replacementValue or template"),
        (#"Replace([a], "", , , "c")"#, 1, "Replace: oldValue is empty"),
        (#"Replace([a], "b", "c", , "d")"#, 1, "Replace: it needs oldValue, and replacementValue or template; or"),
        (#"Replace([a], , "b", , , [c])"#, 1, "Replace: it needs oldValue"),
        (#"Replace([a], , "b(", , "c")"#, 1, "Replace: character 3 of the regular expression: "),
        (#"Replace([a], , "", , "c")"#, 1, "Replace: regexPattern is empty"),
        (#"Replace([a], , [b], , "c")"#, 1, "Replace: regexPattern must be a text in quotes"),
        (#"Replace([a], , "(b)", [g], "c")"#, 1, "Replace: regexGroupName must be a text in quotes"),
        (#"Replace([a], , "(b)", "g", "c")"#, 1, "Replace: the regular expression has no group 'g'"),
        (#"Replace([a], , "(b)", , "$2")"#, 1, "Replace: the regular expression has no group '2'"),
        (#"Replace([a], , "(b)", , "${g}")"#, 1, "Replace: the regular expression has no group 'g'"),
        (#"DateAdd("x", 1, [a])"#, 1, "DateAdd: there is no interval x"),
        (#"FormatDateTime([a], "AssumeUniversal", "yyyy", "yy")"#, 1, "FormatDateTime: styles are not supported"),
        (#"FormatDateTime([a], , "dddd", "yy")"#, 1, "FormatDateTime: the format has dddd"),
        (#"FormatDateTime([a], , "yyyy", "g")"#, 1, "FormatDateTime: the format has g"),
        (#"ToUpper([a], "tr-TR")"#, 1, "ToUpper: the culture tr-TR is not supported"),
        (#"MemberOf([a])"#, 1, "MemberOf: the group must be a text in quotes"),
        ("Now()", 1, "Now is not allowed: a record would change by itself"),
        ("Guid()", 1, "Guid is not allowed"), (#"SelectUniqueValue([a], [b])"#, 1, "SelectUniqueValue is not allowed"),
        (#"é!"#, 1, "'é' is neither in quotes"), (#"Ä([a])"#, 1, "there is no function Ä"),
    ]

    @Test("is refused with the column and a cure", arguments: complaints)
    func refused(text: String, column: Int, detail: String) throws {
        let error = #expect(throws: ExpressionSyntaxError.self) { try MappingExpression(parsing: text) }
        #expect(
            error?.column == column && error?.detail.hasPrefix(detail) == true && error?.cure.isEmpty == false,
            "\(text): \(error.map(String.init(describing:)) ?? "accepted")")
    }

    @Test(
        "a template is refused with the column",
        arguments: [
            ("{a", 1, "the field that begins here has no closing brace"), ("a}b", 2, "this brace closes nothing"),
            ("abc", 1, "the template has no {attribute}"), ("x{ }", 2, "no attribute is named"),
        ])
    func templates(text: String, column: Int, detail: String) throws {
        let error = #expect(throws: ExpressionSyntaxError.self) {
            try MappingExpression(parsing: text, form: .template)
        }
        #expect(error?.column == column && error?.detail == detail)
    }

    @Test("text and nesting have limits, just below which everything works")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "Trim(", count: depth) + "[a]" + String(repeating: ")", count: depth)
        }
        _ = try MappingExpression(parsing: nested(ExpressionLimits.depthMax))
        #expect(throws: ExpressionSyntaxError.self) {
            try MappingExpression(parsing: nested(ExpressionLimits.depthMax + 1))
        }
        let padding = String(repeating: " ", count: ExpressionLimits.textBytesMax - 3)
        _ = try MappingExpression(parsing: "[a]" + padding)
        #expect(throws: ExpressionSyntaxError.self) { try MappingExpression(parsing: "[a] " + padding) }
    }

    @Test("no text of any kind makes the parser stop the program", arguments: 0..<200)
    func anything(seed: Int) {
        let pieces = [
            "(", ")", ",", "\"", "[", "]", "Join", "Switch(", "[a]", "\"x\"", "=", "<>", "-", "&H", "1", " ", "\\", "{",
            "}",
            "é", "IIF(", "Mid([a],1,2)", "",
        ]
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        for _ in 0..<50 {
            var text = ""
            for _ in 0..<12 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                text += pieces[Int(state >> 33) % pieces.count]
            }
            for form in [MappingExpression.Form.expression, .template] {
                guard let expression = try? MappingExpression(parsing: text, form: form) else { continue }
                _ = try? expression.value(ExpressionContext(attribute: { _ in .text("abc") }))
            }
        }
    }
}
