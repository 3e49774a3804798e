import JSONBytes
import Reconciliation
import Testing

@testable import Reports

@Suite("CSV report")
struct CSVReportTests {
    @Test("a plan gives the golden table")
    func table() throws {
        var report = CSVReport()
        let table = report.page(SamplePlan.body + [SamplePlan.summary(.planned)])
        try Golden.expect(table.replacing("\r\n", with: "\n"), equals: "report-dry-run.csv")
        #expect(table.utf8.count { $0 == 0x0D } == table.utf8.count { $0 == 0x0A })
    }

    @Test("one line a change, one a note and one a quarantined record, all of the same width")
    func width() throws {
        var report = CSVReport()
        let rows = try CSVTable.parse(report.page(SamplePlan.body))
        let changes = SamplePlan.rows.reduce(0) { $0 + $1.changes.count }
        #expect(rows.count == 1 + changes + 3 + 1)
        #expect(rows.allSatisfy { $0.count == CSVReport.columns.count })
        #expect(rows[0] == CSVReport.columns)
    }

    @Test("a plan without changes is the header alone")
    func nothing() {
        var report = CSVReport()
        let table = report.page([SamplePlan.header, .summary(PlanSummary())])
        #expect(table == CSVReport.columns.joined(separator: ",") + "\r\n")
    }

    @Test(
        "cells are quoted and neutralised",
        arguments: [
            ("plain", "plain"), ("two words", "\"two words\""), ("a,b", "\"a,b\""), ("a;b", "\"a;b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""), ("=1+1", "\"'=1+1\""), ("+49", "\"'+49\""), ("-2", "\"'-2\""),
            ("@SUM(1)", "\"'@SUM(1)\""), ("\tx", "\"'\\tx\""), ("\rx", "\"'\\rx\""), (" =1", "\"' =1\""),
            ("a=1", "a=1"), ("", ""),
        ])
    func cell(value: String, expected: String) { #expect(CSVReport.cell(value) == expected) }
}

/// RFC 4180, strictly.
enum CSVTable {
    struct Malformed: Error {}

    static func parse(_ text: String) throws -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            row.append(try cell(&bytes))
            guard let next = bytes.popFirst() else { throw Malformed() }
            if next == UInt8(ascii: ",") { continue }
            guard next == 0x0D, bytes.popFirst() == 0x0A else { throw Malformed() }
            rows.append(row)
            row = []
        }
        guard row.isEmpty else { throw Malformed() }
        return rows
    }

    private static func cell(_ bytes: inout ArraySlice<UInt8>) throws -> String {
        var value: [UInt8] = []
        guard bytes.first == 0x22 else {
            while let byte = bytes.first, byte != UInt8(ascii: ","), byte != 0x0D {
                guard byte != 0x22, byte != 0x0A else { throw Malformed() }
                value.append(bytes.removeFirst())
            }
            return String(decoding: value, as: UTF8.self)
        }
        bytes.removeFirst()
        while let byte = bytes.popFirst() {
            if byte != 0x22 {
                value.append(byte)
            } else if bytes.first == 0x22 {
                value.append(bytes.removeFirst())
            } else {
                return String(decoding: value, as: UTF8.self)
            }
        }
        throw Malformed()
    }
}
