/// Five fields that say at which minutes something happens: minute, hour, day of the month, month, day of the week.
///
/// Lists (`1,15`), ranges (`1-5`), steps (`*/15`, `8-18/2`), names (`MON`, `JAN`, any letter case), Sunday as 0 or 7, and
/// `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`, `@yearly` (`@annually`). When both days are restricted, a date that
/// fits either of them counts, as in Vixie's cron; a field that begins with `*` does not restrict.
package struct CronExpression: Sendable, Equatable {
    /// As written, fields separated by one space.
    package let text: String
    let minutes: CronSet
    let hours: CronSet
    private let days: CronSet
    private let months: CronSet
    private let weekdays: CronSet
    private let isDayOpen: Bool
    private let isWeekdayOpen: Bool

    /// - Throws: ``CronError`` with the column of what cannot be.
    package init(_ written: String) throws(CronError) {
        let expanded = try Self.expand(written)
        let words = CronWord.words(of: expanded ?? written)
        guard words.count == CronField.all.count else { throw Self.wrongCount(words) }
        var sets: [CronSet] = []
        for (word, field) in zip(words, CronField.all) { sets.append(try field.parse(word)) }
        text = expanded == nil ? words.map(\.text).joined(separator: " ") : written
        (minutes, hours, days, months, weekdays) = (sets[0], sets[1], sets[2], sets[3], sets[4].foldingSunday)
        isDayOpen = words[2].text.hasPrefix("*")
        isWeekdayOpen = words[4].text.hasPrefix("*")
        try refuseImpossible(words[2])
    }

    private static let shorthands = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    private static func expand(_ text: String) throws(CronError) -> String? {
        guard text.hasPrefix("@") else { return nil }
        if let fields = shorthands[text.lowercased()] { return fields }
        throw CronError(
            column: 1, detail: "there is no \(Shown.text(text))",
            cure: "known are " + shorthands.keys.sorted().joined(separator: ", "))
    }

    private static func wrongCount(_ words: [CronWord]) -> CronError {
        if words.count > 5 {
            return CronError(
                column: words[5].column, detail: "there are \(words.count) fields",
                cure:
                    "there must be five: minute, hour, day of the month, month, day of the week; seconds and years are not known"
            )
        }
        let end = words.last.map { $0.column + $0.text.unicodeScalars.count } ?? 1
        return CronError(
            column: end, detail: "there are \(words.count) fields",
            cure: "there must be five: minute, hour, day of the month, month, day of the week")
    }

    /// February 30 would wait for ever.
    private func refuseImpossible(_ word: CronWord) throws(CronError) {
        let dayOnly = isWeekdayOpen || isDayOpen
        let isPossible = (1...12).contains { month in
            months.contains(month) && (1...CivilDate.daysMax(month: month)).contains { days.contains($0) }
        }
        guard dayOnly, !isPossible else { return }
        throw CronError(
            column: word.column, detail: "no month that is named has a day \(word.text)",
            cure: "say a date that exists; the last day of each month cannot be said")
    }

    /// It names every hour, so that it follows real time also while clocks change.
    var isEveryHour: Bool { (0...23).allSatisfy { hours.contains($0) } }

    /// Whether something happens on a date.
    func matches(_ date: CivilDate) -> Bool {
        guard months.contains(date.month) else { return false }
        let (day, weekday) = (days.contains(date.day), weekdays.contains(date.weekday))
        return isDayOpen || isWeekdayOpen ? day && weekday : day || weekday
    }
}

/// Where in an expression something is wrong, and what to write instead.
package struct CronError: Error, Sendable, Equatable {
    /// From 1, in code points.
    package var column: Int
    package var detail: String
    package var cure: String

    package init(column: Int, detail: String, cure: String) {
        self.column = column
        self.detail = detail
        self.cure = cure
    }
}

/// Numbers from 0 to 63.
struct CronSet: Equatable, Sendable {
    private var bits: UInt64 = 0

    mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }
    func contains(_ number: Int) -> Bool { bits & (1 << UInt64(number)) != 0 }

    /// Sunday is 0.
    var foldingSunday: CronSet {
        var folded = self
        if contains(7) { folded.insert(0) }
        return folded
    }
}

/// A part of an expression with its column.
struct CronWord: Sendable {
    var text: String
    var column: Int

    static func words(of text: String) -> [CronWord] {
        split(text, at: 1) { $0 == " " || $0 == "\t" }.filter { !$0.text.isEmpty }
    }

    /// The parts between commas, also empty ones.
    var items: [CronWord] { Self.split(text, at: column) { $0 == "," } }

    private static func split(_ text: String, at column: Int, _ isSeparator: (Unicode.Scalar) -> Bool) -> [CronWord] {
        var words = [CronWord(text: "", column: column)]
        for (offset, scalar) in text.unicodeScalars.enumerated() {
            if isSeparator(scalar) {
                words.append(CronWord(text: "", column: column + offset + 1))
            } else {
                words[words.count - 1].text.unicodeScalars.append(scalar)
            }
        }
        return words
    }
}
