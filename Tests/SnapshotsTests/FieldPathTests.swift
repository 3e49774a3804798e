import JSONBytes
import Testing

@testable import Snapshots

@Suite("Field paths")
struct FieldPathTests {
    /// RFC 9535's bookstore (1.5), shortened.
    static let store = """
        {"store": {"book": [
          {"category": "reference", "author": "Nigel Rees", "price": 8.95},
          {"category": "fiction", "author": "Evelyn Waugh", "price": 12.99},
          {"category": "fiction", "author": "Herman Melville", "isbn": "0-553-21311-3", "price": 8.99},
          {"category": "fiction", "author": "J. R. R. Tolkien", "isbn": "0-395-19395-8", "price": 22.99}],
          "bicycle": {"color": "red", "price": 399}}, "odd name": {"a.b": [1, 2]}, "null": null}
        """

    @Test(
        "JSONPath finds what RFC 9535 says",
        arguments: [
            ("$.store.book[*].author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]),
            ("$..author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]),
            ("$.store..price", ["8.95", "12.99", "8.99", "22.99", "399"]),
            ("$..book[2].author", ["Herman Melville"]),
            ("$..book[-1].author", ["J. R. R. Tolkien"]),
            ("$..book[0,1].price", ["8.95", "12.99"]),
            ("$..book[:2].price", ["8.95", "12.99"]),
            ("$..book[::-2].price", ["22.99", "12.99"]),
            ("$..book[?@.isbn].price", ["8.99", "22.99"]),
            ("$..book[?@.price < 10].author", ["Nigel Rees", "Herman Melville"]),
            ("$..book[?@.price < 10 && @.category == 'fiction'].author", ["Herman Melville"]),
            ("$..book[?!@.isbn || @.price > 20].price", ["8.95", "12.99", "22.99"]),
            ("$..book[?match(@.author, 'J.*')].price", ["22.99"]),
            ("$..book[?search(@.author, 'Wau')].price", ["12.99"]),
            ("$..book[?length(@.author) == 10].price", ["8.95"]),
            ("$.store.book[?count(@.*) > 3].price", ["8.99", "22.99"]),
            ("$.store.book[?@.price == $.store.bicycle.price]", []),
            ("$['odd name']['a.b'][1]", ["2"]),
            ("store.bicycle.color", ["red"]),
            ("['store'].bicycle['color']", ["red"]),
            ("$.store.bicycle[*]", ["red", "399"]),
            ("$.store.none.at.all", []),
        ])
    func json(text: String, expected: [String]) throws {
        let values = try JSONPath(parsing: text).values(in: try JSONValue(parsing: Self.store))
        #expect(values.map { $0.plainText ?? "?" } == expected)
    }

    @Test(
        "a text that is no JSONPath is refused at its column",
        arguments: [("$.", 3), ("$.a[", 5), ("$.a[?@.b ==]", 12), ("$.a['b", 7), ("a b", 2), ("$.a[?1]", 7), ("", 1)])
    func badJSON(text: String, column: Int) {
        let fault = #expect(throws: PathFault.self) { try JSONPath(parsing: text) }
        #expect(fault?.column == column)
    }

    @Test("a pattern in a path that cannot be read is refused where the path is, not taken for one that matches nobody")
    func patterns() {
        let fault = #expect(throws: PathFault.self) { try JSONPath(parsing: "$..book[?match(@.author, '(a')]") }
        #expect(fault?.detail.contains("the pattern \"(a\" cannot be read") == true)
    }

    static let worker: XMLElement = {
        func element(_ name: String, _ attributes: [(String, String)] = [], _ content: [XMLElement.Content] = [])
            -> XMLElement
        {
            var element = XMLElement(name: name)
            element.attributes = attributes.map { XMLElement.Attribute(name: $0.0, value: $0.1) }
            element.content = content
            return element
        }
        return element(
            "Worker", [("Id", "7")],
            [
                .element(element("ID", [("type", "WID")], [.text(" w1\n")])),
                .element(element("ID", [("type", "Employee_ID")], [.text("00017")])),
                .element(
                    element(
                        "emails", [],
                        [
                            .element(element("email", [("type", "home")], [.text("h@x")])),
                            .element(element("email", [("type", "work")], [.text("w@x")])),
                        ])),
                .element(
                    element(
                        "Phone", [],
                        [.element(element("Type", [], [.text("Work")])), .element(element("Number", [], [.text("1")]))])
                ),
                .element(element("Left", [("nil", "true")])),
            ])
    }()

    @Test(
        "the XPath subset finds values by local names",
        arguments: [
            ("ID[@type='WID']", ["w1"]), ("wd:ID[@wd:type=\"Employee_ID\"]", ["00017"]), ("@Id", ["7"]),
            ("emails/email", ["h@x", "w@x"]), ("emails/email[2]", ["w@x"]), ("emails/email[last()]", ["w@x"]),
            ("//email[@type!='work']", ["h@x"]), ("emails/*[@type='work']/text()", ["w@x"]),
            ("Phone[Type='Work']/Number", ["1"]), ("ID/@type", ["WID", "Employee_ID"]), ("./@Id", ["7"]),
            ("Phone[Type]/Number", ["1"]), ("none/at/all", []),
        ])
    func xml(text: String, expected: [String]) throws {
        #expect(try XMLPath(parsing: text).values(in: Self.worker).map { $0.plainText ?? "null" } == expected)
    }

    @Test("an element that says nil is null, not empty text")
    func nilElement() throws {
        #expect(try XMLPath(parsing: "Left").values(in: Self.worker) == [.null])
    }

    @Test(
        "record paths stream: no predicates, no indexes",
        arguments: ["$.users[0]", "$.users[?@.a]", "$..users", "users[*]"])
    func jsonRecords(text: String) { #expect(throws: PathFault.self) { try JSONRecordPath(parsing: text) } }

    @Test("record paths of XML are steps from the root", arguments: ["user", "/a/b[1]", "/a/@b", "//a/text()"])
    func xmlRecords(text: String) { #expect(throws: PathFault.self) { try XMLRecordPath(parsing: text) } }

    @Test("a step of any depth matches at any depth, and only by its name")
    func matching() throws {
        let path = try XMLRecordPath(parsing: "//Response_Data/Worker")
        #expect(
            path.matches(["Envelope", "Body", "Response_Data", "Worker"]) && path.matches(["Response_Data", "Worker"]))
        #expect(!path.matches(["Envelope", "Worker"]) && !path.matches(["Response_Data", "x", "Worker"]))
        #expect(path.isParent(["Envelope", "Response_Data"]) && !path.isParent(["Envelope"]))
        let plain = try XMLRecordPath(parsing: "/a/*/c")
        #expect(plain.matches(["a", "b", "c"]) && !plain.matches(["a", "c"]) && !plain.matches(["x", "a", "b", "c"]))
    }
}

@Suite("Steps of fields")
struct FieldStepTests {
    static func apply(_ steps: [FieldStep], _ values: [JSONValue]) throws -> [JSONValue] {
        try steps.reduce(values) { try $1.apply(to: $0) }
    }

    @Test("values that look like truth values stay text on both sides of a table")
    func table() throws {
        let table = ValueTable(["NO": .text("Norway"), "true": .text("yes"), "x": .unknown], otherwise: .same)
        #expect(try Self.apply([.values(table)], ["NO", true, "x", "SE"]) == ["Norway", "yes", "SE"])
    }

    @Test("a value that a table does not have sets the record aside")
    func unknownValue() {
        #expect(throws: FieldFailure.self) { try Self.apply([.values(ValueTable(["A": .text("true")]))], ["B"]) }
    }

    @Test("lists are split, cut and judged")
    func lists() throws {
        #expect(try Self.apply([.split("|")], ["a | b|"]) == ["a", "b"])
        #expect(try Self.apply([.prefix("SMTP:")], ["SMTP:a@x", "smtp:b@x"]) == ["a@x"])
        #expect(try Self.apply([.any, .not], [false, "True"]) == [false])
        #expect(try Self.apply([.all], ["1", "0"]) == [false])
        #expect(try Self.apply([.any], []) == [])
        #expect(try Self.apply([.bit(2), .not], ["66050"]) == [false])
        #expect(throws: FieldFailure.self) { try Self.apply([.not], ["perhaps"]) }
    }

    @Test(
        "dates of every trap become one form, and never is never",
        arguments: [
            ("/Date(1393804800000)/", nil, "2014-03-03T00:00:00.000Z"),
            (#"\/Date(1768348800000+0000)\/"#, nil, "2026-01-14T00:00:00.000Z"),
            ("2014-03-03-08:00", nil, "2014-03-03"), ("2014-03-03", nil, "2014-03-03"),
            ("2014-03-03T09:00:00+01:00", nil, "2014-03-03T09:00:00+01:00"),
            ("20260114221000Z", nil, "2026-01-14T22:10:00Z"), ("20260114221000.0Z", nil, "2026-01-14T22:10:00Z"),
            ("134127648000000000", nil, "2026-01-13T08:00:00.000Z"), ("31/08/2025", "dd/MM/yyyy", "2025-08-31"),
            ("0", nil, nil), ("9223372036854775807", nil, nil), ("0000-00-00", nil, nil), ("9999-12-31", nil, nil),
        ] as [(String, String?, String?)])
    func dates(text: String, format: String?, expected: String?) throws {
        #expect(try Self.apply([.date(format)], [.string(text)]) == (expected.map { [.string($0)] } ?? []))
    }

    @Test("what is no date is said, not guessed", arguments: ["3/3/2014", "2014-02-30", "soon"])
    func noDate(text: String) { #expect(throws: FieldFailure.self) { try Self.apply([.date(nil)], [.string(text)]) } }
}
