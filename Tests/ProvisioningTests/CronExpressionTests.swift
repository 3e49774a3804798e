import Testing

@testable import Provisioning

@Suite("Cron expressions")
struct CronExpressionTests {
    private func minutes(_ text: String) throws -> [Int] {
        let cron = try CronExpression(text + " * * * *")
        return (0...59).filter { cron.minutes.contains($0) }
    }

    @Test(
        "a field is a list of numbers, ranges and steps",
        arguments: [
            ("7", [7]), ("0,30", [0, 30]), ("1-3", [1, 2, 3]), ("*/20", [0, 20, 40]), ("10-20/5", [10, 15, 20]),
            ("5,1-2,*/30", [0, 1, 2, 5, 30]), ("59", [59]), ("00", [0]),
        ] as [(String, [Int])])
    func field(text: String, expected: [Int]) throws { #expect(try minutes(text) == expected) }

    /// Days since 1970-01-01 of 2026-02-01, a Sunday.
    private static let february = 20_485

    private func days(_ text: String, in days: Range<Int>) throws -> [Int] {
        let cron = try CronExpression("0 0 " + text)
        return days.filter { cron.matches(CivilDate(number: Self.february + $0)) }.map { $0 + 1 }
    }

    @Test(
        "names count as numbers in any letter case, and Sunday is 0, 7, and the end of a week",
        arguments: [
            ("* * MON", [2, 9, 16, 23]), ("* * sun", [1, 8, 15, 22]), ("* * 0", [1, 8, 15, 22]),
            ("* * 7", [1, 8, 15, 22]), ("* * FRI-SUN", [1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27, 28]),
            ("* feb 6", [7, 14, 21, 28]), ("* MAR-DEC *", []), ("28,29 * *", [28]),
        ] as [(String, [Int])])
    func names(text: String, expected: [Int]) throws { #expect(try days(text, in: 0..<28) == expected) }

    @Test(
        "two restricted days are alternatives, and a field that begins with a star restricts only together with the other",
        arguments: [
            ("13 * FRI", [6, 13, 20, 27]), ("13 * *", [13]), ("* * FRI", [6, 13, 20, 27]), ("*/7 * FRI", []),
            ("*/7 * SUN", [1, 8, 15, 22]), ("31 * MON", [2, 9, 16, 23]),
        ] as [(String, [Int])])
    func vixie(text: String, expected: [Int]) throws { #expect(try days(text, in: 0..<28) == expected) }

    @Test(
        "the short forms mean their five fields",
        arguments: [
            ("@hourly", "0 * * * *"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"), ("@weekly", "0 0 * * 0"),
            ("@monthly", "0 0 1 * *"), ("@yearly", "0 0 1 1 *"), ("@ANNUALLY", "0 0 1 1 *"),
        ])
    func shorthands(text: String, expected: String) throws {
        let (short, long) = (try CronExpression(text), try CronExpression(expected))
        #expect(short.minutes == long.minutes && short.hours == long.hours)
        for day in 0..<366 { #expect(short.matches(CivilDate(number: day)) == long.matches(CivilDate(number: day))) }
    }

    @Test("white space between fields does not count")
    func spaces() throws {
        #expect(try CronExpression("  0\t2  * * *  ") == CronExpression("0 2 * * *"))
    }

    @Test(
        "what cannot be is refused with its column",
        arguments: [
            ("", 1), ("0 2 * *", 8), ("0 2 * * * *", 11), ("60 2 * * *", 1), ("0 24 * * *", 3), ("0 2 0 * *", 5),
            ("0 2 32 * *", 5), ("0 2 * 13 *", 7), ("0 2 * * 8", 9), ("0 2 * * FOO", 9), ("0 2 * JANUARY *", 7),
            ("a 2 * * *", 1), ("-1 2 * * *", 1), ("1,,2 2 * * *", 3), ("1, 2 * * *", 3), ("5-1 2 * * *", 1),
            ("0 22-4 * * *", 3), ("*/0 2 * * *", 3), ("*/x 2 * * *", 3), ("5/15 2 * * *", 3), ("*/90 2 * * *", 3),
            ("*/60 2 * * *", 3), ("1-2-3 2 * * *", 3), ("0 2 L * *", 5), ("0 2 ? * *", 5), ("0 2 * * MON#2", 9),
            ("@reboot", 1), ("@every 5m", 1), ("0 2 30 2 *", 5), ("0 2 31 FEB,APR,JUN,SEP,NOV *", 5),
            ("0 2 30 2 */2", 5), ("0 2 * * 1-é", 11),
        ] as [(String, Int)])
    func refused(text: String, column: Int) throws {
        let error = try #require(throws: CronError.self) { try CronExpression(text) }
        #expect(error.column == column, "\(error)")
        #expect(!error.detail.isEmpty && !error.cure.isEmpty)
    }

    @Test("a date that exists in some year is accepted", arguments: ["0 2 29 2 *", "0 2 31 1-12 *", "0 2 30 2 MON"])
    func accepted(text: String) throws { _ = try CronExpression(text) }
}
