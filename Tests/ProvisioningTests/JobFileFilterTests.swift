import Foundation
import Reconciliation
import Testing

@testable import Provisioning

@Suite("Filters in job files")
struct JobFileFilterTests {
    private let folder = NSTemporaryDirectory() + "rollcall-filters-" + UUID().uuidString

    /// Loads a job whose filter of users is this flow text, in line 3 from column 16.
    private func load(_ filter: String, files: [String: [UInt8]] = [:]) throws -> Job {
        try FileManager.default.createDirectory(atPath: folder + "/lists", withIntermediateDirectories: true)
        for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name)) }
        let text = "organization: acme\nsource: {preset: scim, users: u.json}\nscope: {users: \(filter)}\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/job.yaml"))
        return try JobFile.load(path: folder + "/job.yaml")
    }

    private func complaint(_ filter: String, files: [String: [UInt8]] = [:]) throws -> String {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        do {
            return "accepted \(try load(filter, files: files).rules.userScope)"
        } catch let error as JobFileError {
            return error.description.replacingOccurrences(of: folder + "/", with: "")
        }
    }

    @Test("every operator can be written, in Entra's spelling and ours")
    func operators() throws {
        let clauses: [(String, String)] = [
            ("attribute: title, operator: REGEX MATCH, value: 'a+'", #"title REGEX MATCH "a+""#),
            (
                "attribute: title, operator: not regex_match, value: a+, find: true",
                #"title NOT REGEX MATCH "a+" (find)"#
            ),
            ("attribute: source.end, operator: BEFORE", "source.end BEFORE"),
            ("attribute: source.end, operator: after, value: now+30d", #"source.end AFTER "now+30d""#),
            ("attribute: source.end, operator: AFTER, value: 2026-01-01", #"source.end AFTER "2026-01-01""#),
            ("attribute: source.end, operator: Within Days, value: +14", #"source.end WITHIN_DAYS "+14""#),
            ("operator: MEMBER_OF, value: Sales Team", #"MEMBER_OF "Sales Team""#),
            ("attribute: groups, operator: MemberOf, value: g-1", #"MEMBER_OF "g-1""#),
            (
                "attribute: emails.value, operator: REGEX MATCH, value: '.*@x', match: all",
                #"emails.value REGEX MATCH ".*@x" (match all)"#
            ),
        ]
        for (text, expected) in clauses {
            let job = try load("[[{\(text)}]]")
            #expect(job.rules.userScope.canonicalText == expected)
            #expect(try Rules(json: job.rules.json) == job.rules)
        }
        try FileManager.default.removeItem(atPath: folder)
    }

    static let complaints: [(String, String)] = [
        (
            "[[{attribute: title, operator: REGEX MATCH, value: a(b}]]",
            "job.yaml:3:70: this is no regular expression: at character 4: "
        ),
        (
            "[[{attribute: title, operator: REGEX MATCH, value: 'o''a('}]]",
            "job.yaml:3:73: this is no regular expression: at character 5: "
        ),
        (
            #"[[{attribute: title, operator: REGEX MATCH, value: "\\d("}]]"#,
            "job.yaml:3:72: this is no regular expression: at character 4: "
        ),
        (
            "[[{attribute: title, operator: REGEX MATCH, value: ''}]]",
            "job.yaml:3:67: REGEX MATCH needs a value that is not empty"
        ),
        (
            "[[{attribute: title, operator: EQUALS, value: x, find: true}]]",
            "job.yaml:3:65: find has no meaning with EQUALS"
        ),
        (
            "[[{attribute: title, operator: BEFORE, value: soon}]]",
            "job.yaml:3:62: \"soon\" is no date; say an RFC 3339 date"
        ),
        ("[[{attribute: title, operator: AFTER, value: 2026-02-30}]]", "job.yaml:3:61: \"2026-02-30\" is no date"),
        (
            "[[{attribute: title, operator: WITHIN_DAYS, value: 0}]]",
            "job.yaml:3:67: WITHIN_DAYS needs a number of days"
        ),
        ("[[{attribute: title, operator: WITHIN_DAYS}]]", "job.yaml:3:18: WITHIN_DAYS needs a value"),
        ("[[{operator: MEMBER_OF}]]", "job.yaml:3:18: MEMBER_OF needs a value"),
        (
            "[[{attribute: title, operator: MEMBER_OF, value: x}]]",
            "job.yaml:3:30: MEMBER_OF looks at the directory's groups"
        ),
        ("[[{operator: MEMBER_OF, value: x, match: any}]]", "job.yaml:3:50: match has no meaning with MEMBER_OF"),
        (
            "[[{attribute: title, operator: EQUALS, file: lists/x.txt}]]",
            "job.yaml:3:55: file has no meaning with EQUALS"
        ),
        (
            "[[{attribute: title, operator: IN, value: x, file: lists/x.txt}]]",
            "job.yaml:3:61: the clause has both value and file"
        ),
        ("[[{attribute: title, operator: IN, file: lists/none.txt}]]", "job.yaml:3:57: lists/none.txt: No such file"),
        ("[[{attribute: title, operator: IN, file: lists}]]", "job.yaml:3:57: lists: this is not a regular file"),
        ("[[{operator: EQUALS, value: x}]]", "job.yaml:3:18: a clause needs the key attribute"),
    ]

    @Test("a clause that cannot be is refused when the job is loaded, with its place", arguments: complaints)
    func refused(filter: String, expected: String) throws {
        let said = try complaint(filter)
        #expect(said.hasPrefix(expected), "\(said)")
    }

    @Test("a file of values: marks, line ends and empty lines do not count, spaces do")
    func file() throws {
        let bytes = Array("\u{FEFF}Sales\r\n\nLegal \n Mu\u{308}ller".utf8)
        let job = try load("[[{attribute: title, operator: NOT IN, file: lists/x.txt}]]", files: ["lists/x.txt": bytes])
        let clause = job.rules.userScope.allClauses[0]
        #expect(clause.values == ["Sales", "Legal ", " Mu\u{308}ller"])
        #expect(clause.readableText == "title NOT IN [the 3 values of lists/x.txt]")
        // Another content is another rule; another line end is not.
        let other = try load(
            "[[{attribute: title, operator: NOT IN, file: lists/x.txt}]]",
            files: ["lists/x.txt": Array("Legal \n M\u{FC}ller\nSales\n".utf8)])
        #expect(other.rules.hash == job.rules.hash)
        let edited = try load(
            "[[{attribute: title, operator: NOT IN, file: lists/x.txt}]]", files: ["lists/x.txt": Array("Sales".utf8)])
        #expect(edited.rules.hash != job.rules.hash)
        #expect(try Rules(json: job.rules.json) == job.rules)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test("a list has limits, and reaching one is an error")
    func limits() throws {
        let filter = "[[{attribute: title, operator: IN, file: lists/x.txt}]]"
        func said(_ bytes: [UInt8]) throws -> String { try complaint(filter, files: ["lists/x.txt": bytes]) }
        let long = [UInt8](repeating: 0x78, count: JobValueList.valueBytesMax)
        #expect(try said(long).hasPrefix("accepted"))
        #expect(try said([0x61, 0x0A] + long + [0x78]).hasPrefix("job.yaml:3:57: lists/x.txt:2: the value is longer"))
        #expect(try said([0x61, 0]).contains("a zero byte"))
        #expect(try said([0xFF]).contains("is not UTF-8"))
        #expect(try said([0x0A]).contains("has no values"))
        let many = Array((0...JobValueList.valuesMax).map(String.init).joined(separator: "\n").utf8)
        #expect(try said(many).contains("has more than 100000 values"))
        #expect(try said([UInt8](repeating: 0x0A, count: JobValueList.bytesMax)).contains("has no values"))
        #expect(try said([UInt8](repeating: 0x0A, count: JobValueList.bytesMax + 1)).contains("larger than 8 MiB"))
    }
}
