/// One of the five fields of a cron expression: its name, its numbers, its words.
struct CronField: Sendable {
    let name: String
    let numbers: ClosedRange<Int>
    /// Words for numbers, from the first number on.
    let words: [String]

    static let all = [
        CronField(name: "minute", numbers: 0...59, words: []),
        CronField(name: "hour", numbers: 0...23, words: []),
        CronField(name: "day of the month", numbers: 1...31, words: []),
        CronField(
            name: "month", numbers: 1...12,
            words: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
        CronField(
            name: "day of the week", numbers: 0...7, words: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]),
    ]

    func parse(_ word: CronWord) throws(CronError) -> CronSet {
        var set = CronSet()
        for item in word.items {
            let (range, step) = try parts(item)
            for number in stride(from: range.lowerBound, through: range.upperBound, by: step) { set.insert(number) }
        }
        return set
    }

    /// `*`, `5`, `1-5`, and each of the first and the last with `/step`.
    private func parts(_ item: CronWord) throws(CronError) -> (range: ClosedRange<Int>, step: Int) {
        guard !item.text.isEmpty else {
            throw error(item, "a \(name) is missing before or after a comma", "take the comma out")
        }
        let halves = item.text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let (range, isRange) = try self.range(CronWord(text: String(halves[0]), column: item.column))
        guard halves.count == 2 else { return (range, 1) }
        let stepWord = CronWord(
            text: String(halves[1]), column: item.column + halves[0].unicodeScalars.count + 1)
        guard isRange else {
            throw error(
                stepWord, "a step needs a range", "say \(halves[0])-\(lastNumber)/\(halves[1]), or */\(halves[1])")
        }
        guard let step = Self.number(stepWord.text), step > 0 else {
            throw error(stepWord, "\(Shown.text(stepWord.text)) is no step", "say a whole number from 1")
        }
        guard step <= range.upperBound - range.lowerBound else {
            throw error(
                stepWord, "the step \(step) is longer than the range \(range.lowerBound) to \(range.upperBound)",
                "steps begin anew with every range; say the numbers themselves")
        }
        return (range, step)
    }

    /// Sunday counts once, as 0, in `*`.
    private var lastNumber: Int { numbers.upperBound == 7 ? 6 : numbers.upperBound }

    private func range(_ word: CronWord) throws(CronError) -> (ClosedRange<Int>, isRange: Bool) {
        if word.text == "*" { return (numbers.lowerBound...lastNumber, true) }
        guard let dash = word.text.firstIndex(of: "-") else {
            let number = try value(word, isEnd: false)
            return (number...number, false)
        }
        let low = CronWord(text: String(word.text[..<dash]), column: word.column)
        let high = CronWord(
            text: String(word.text[word.text.index(after: dash)...]),
            column: word.column + low.text.unicodeScalars.count + 1)
        let (from, to) = (try value(low, isEnd: false), try value(high, isEnd: true))
        guard from <= to else {
            throw error(
                word, "the range \(word.text) runs backwards",
                "say two, such as \(low.text)-\(lastNumber),\(numbers.lowerBound)-\(high.text)")
        }
        return (from...to, true)
    }

    /// - Parameter isEnd: the end of a range, where `SUN` is the last day of the week.
    private func value(_ word: CronWord, isEnd: Bool) throws(CronError) -> Int {
        let upper = word.text.uppercased()
        if let index = isEnd ? words.lastIndex(of: upper) : words.firstIndex(of: upper) {
            return numbers.lowerBound + index
        }
        guard let number = Self.number(word.text) else {
            let known = words.isEmpty ? "" : " or a name such as \(words[1])"
            throw error(
                word, "\(Shown.text(word.text)) is no \(name)",
                "say a number from \(numbers.lowerBound) to \(numbers.upperBound)\(known), a list, a range or a step")
        }
        guard numbers.contains(number) else {
            throw error(
                word, "there is no \(name) \(number)",
                "say a number from \(numbers.lowerBound) to \(numbers.upperBound)")
        }
        return number
    }

    private static func number(_ text: String) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return Int(text)
    }

    private func error(_ word: CronWord, _ detail: String, _ cure: String) -> CronError {
        CronError(column: word.column, detail: detail, cure: cure)
    }
}
