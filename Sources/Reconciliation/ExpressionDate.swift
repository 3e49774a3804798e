import SCIM

/// A moment of UTC, to the millisecond, in the years 1 to 9999.
struct ExpressionDate: Equatable {
    var milliseconds: Int64

    /// From 1601-01-01, where Active Directory's dates begin, to 1970-01-01.
    static let fileTimeOffset: Int64 = 11_644_473_600_000

    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// `nil` for a day that there is not, or an hour.
    init?(year: Int64, month: Int64 = 1, day: Int64 = 1, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day),
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        let days = DateTime.daysSinceEpoch(year: year, month: month, day: day)
        milliseconds = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000
    }

    /// From ISO 8601 (`2020-03-16`, `2020-03-16-07:00`, `2009-06-15T01:45:30-07:00`, a blank in place of the T) or from
    /// `M/d/yyyy h:mm:ss tt`.
    init?(_ text: String) {
        for format in Self.formats {
            guard let date = DatePattern(format).date(from: text) else { continue }
            self = date
            return
        }
        return nil
    }

    private static let formats: [String] = {
        var formats: [String] = []
        for time in ["", "'T'HH:mm:ss", " HH:mm:ss", "'T'HH:mm:ss.FFFFFFF", " HH:mm:ss.FFFFFFF", "'T'HH:mm", " HH:mm"] {
            formats += ["yyyy-MM-dd" + time, "yyyy-MM-dd" + time + "K"]
        }
        return formats + ["M/d/yyyy h:mm:ss tt", "M/d/yyyy"]
    }()

    var isInRange: Bool { (-62_135_596_800_000..<253_402_300_800_000).contains(milliseconds) }

    static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    var day: Int64 { Self.floor(milliseconds, 86_400_000) }

    static func floor(_ value: Int64, _ by: Int64) -> Int64 { (value - ((value % by + by) % by)) / by }

    var parts: (year: Int64, month: Int64, day: Int64, ofDay: Int64) {
        let (year, month, date) = DateTime.date(daysSinceEpoch: day)
        return (year, month, date, milliseconds - day * 86_400_000)
    }

    /// How many intervals lie between year 0 and the one that this moment is in. Weeks begin on Sunday.
    func count(_ interval: DateInterval) -> Int64 {
        switch interval {
        case .year: parts.year
        case .month: parts.year * 12 + parts.month
        // 1970-01-01 was a Thursday.
        case .week: Self.floor(day + 4, 7)
        default: Self.floor(milliseconds, interval.milliseconds!)
        }
    }

    /// `nil` beyond the years 1 to 9999. A day that a month does not have becomes its last.
    func adding(_ number: Int64, _ interval: DateInterval) -> ExpressionDate? {
        guard abs(number) <= 400_000_000_000 else { return nil }
        if let length = interval.milliseconds {
            let (distance, overflow) = number.multipliedReportingOverflow(by: length)
            let (sum, overflows) = milliseconds.addingReportingOverflow(distance)
            let later = ExpressionDate(milliseconds: sum)
            return !overflow && !overflows && later.isInRange ? later : nil
        }
        let (year, month, day, ofDay) = parts
        let months = year * 12 + month - 1 + (interval == .year ? number * 12 : number)
        let (newYear, newMonth) = (Self.floor(months, 12), months - Self.floor(months, 12) * 12 + 1)
        guard (1...9999).contains(newYear) else { return nil }
        let newDay = min(day, Self.days(in: newMonth, of: newYear))
        return ExpressionDate(year: newYear, month: newMonth, day: newDay)
            .map { ExpressionDate(milliseconds: $0.milliseconds + ofDay) }
    }

    /// In the form in which Entra's date functions give and take dates.
    var entraText: String { DatePattern("M/d/yyyy h:mm:ss tt").text(of: self) }
}

/// The part of .NET's custom date and time format strings that exports use.
struct DatePattern {
    private let items: [Item]

    private enum Item: Equatable {
        case literal(Character)
        /// A letter, how often it stands there.
        case field(Character, Int)
    }

    private static let letters: [Character: ClosedRange<Int>] = [
        "y": 2...4, "M": 1...4, "d": 1...2, "H": 1...2, "h": 1...2, "m": 1...2, "s": 1...2, "f": 1...7, "F": 1...7,
        "t": 2...2, "z": 1...3, "K": 1...1,
    ]

    init(_ format: String) { items = Self.parse(format) }

    /// What cannot be read in a format; `nil` when all of it can.
    static func problem(_ format: String) -> String? {
        if format.isEmpty { return "a format is empty" }
        for case .field(let letter, let count) in parse(format) {
            guard letters[letter]?.contains(count) == true, !(letter == "y" && count == 3) else {
                return "the format has \(String(repeating: letter, count: count)), which is not supported"
            }
        }
        return nil
    }

    private static func parse(_ format: String) -> [Item] {
        var items: [Item] = []
        var quote: Character?
        var isEscaped = false
        for character in format {
            if isEscaped {
                items.append(.literal(character))
                isEscaped = false
            } else if let open = quote {
                if character == open { quote = nil } else { items.append(.literal(character)) }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "\\" {
                isEscaped = true
            } else if letters[character] == nil {
                let isLetter = character.isASCII && character.isLetter && character != "T" && character != "Z"
                items.append(isLetter ? .field(character, 1) : .literal(character))
            } else if case .field(character, let count)? = items.last {
                items[items.count - 1] = .field(character, count + 1)
            } else {
                items.append(.field(character, 1))
            }
        }
        return items
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    // MARK: Writing

    func text(of date: ExpressionDate) -> String {
        let (year, month, day, ofDay) = date.parts
        func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let hour = ofDay / 3_600_000
        return items.map { item in
            guard case .field(let letter, let count) = item else {
                if case .literal(let character) = item { return String(character) }
                return ""
            }
            switch letter {
            case "y": return count == 2 ? padded(year % 100, 2) : padded(year, 4)
            case "M" where count > 2:
                let name = Self.months[Int(month) - 1]
                return count == 3 ? String(name.prefix(3)) : name
            case "M": return padded(month, count)
            case "d": return padded(day, count)
            case "H": return padded(hour, count)
            case "h": return padded((hour + 11) % 12 + 1, count)
            case "m": return padded(ofDay / 60_000 % 60, count)
            case "s": return padded(ofDay / 1000 % 60, count)
            case "f", "F": return String((padded(ofDay % 1000, 3) + "0000").prefix(count))
            case "t": return hour < 12 ? "AM" : "PM"
            case "K": return "Z"
            case "z": return count == 3 ? "+00:00" : "+" + padded(0, count)
            default: return ""
            }
        }.joined()
    }

    // MARK: Reading

    /// `nil` for a text of another form, or a day that there is not.
    func date(from text: String) -> ExpressionDate? {
        var reading = Reading(rest: text[...])
        for item in items {
            switch item {
            case .literal(let character):
                guard reading.rest.first == character else { return nil }
                reading.rest.removeFirst()
            case .field(let letter, let count):
                guard reading.take(letter, count) else { return nil }
            }
        }
        return reading.rest.isEmpty ? reading.date : nil
    }

    private struct Reading {
        var rest: Substring
        var year: Int64 = 1
        var month: Int64 = 1
        var day: Int64 = 1
        var hour: Int64 = 0
        var minute: Int64 = 0
        var second: Int64 = 0
        var milliseconds: Int64 = 0
        var offsetMinutes: Int64 = 0
        var isAfternoon: Bool?

        var date: ExpressionDate? {
            var hour = hour
            if let isAfternoon {
                guard (1...12).contains(hour) else { return nil }
                hour = hour % 12 + (isAfternoon ? 12 : 0)
            }
            return ExpressionDate(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
                .map { ExpressionDate(milliseconds: $0.milliseconds + milliseconds - offsetMinutes * 60_000) }
        }

        mutating func take(_ letter: Character, _ count: Int) -> Bool {
            switch letter {
            case "y" where count == 2:
                guard let value = digits(2...2) else { return false }
                // As .NET's invariant culture: 50 to 99 are of the last century.
                year = value + (value < 50 ? 2000 : 1900)
            case "y": return set(\.year, digits(4...4))
            case "M" where count > 2: return takeMonth(isShort: count == 3)
            case "M": return set(\.month, digits(count...2))
            case "d": return set(\.day, digits(count...2))
            case "H", "h": return set(\.hour, digits(count...2))
            case "m": return set(\.minute, digits(count...2))
            case "s": return set(\.second, digits(count...2))
            case "f", "F": return takeFraction(letter == "f" ? count...count : 1...count)
            case "t": return takeHalf()
            case "K", "z": return takeOffset(allowsZ: letter == "K", hoursOnly: letter == "z" && count < 3)
            default: return false
            }
            return true
        }

        private mutating func set(_ part: WritableKeyPath<Reading, Int64>, _ value: Int64?) -> Bool {
            guard let value else { return false }
            self[keyPath: part] = value
            return true
        }

        /// As many digits as there are within the range.
        private mutating func digits(_ range: ClosedRange<Int>) -> Int64? {
            let found = rest.prefix(range.upperBound).prefix { $0.isASCII && $0.isNumber }
            guard found.count >= range.lowerBound else { return nil }
            rest = rest.dropFirst(found.count)
            return Int64(found)
        }

        private mutating func takeFraction(_ range: ClosedRange<Int>) -> Bool {
            let found = rest.prefix(range.upperBound).prefix { $0.isASCII && $0.isNumber }
            guard found.count >= range.lowerBound, let value = Int64((found + "00").prefix(3)) else { return false }
            rest = rest.dropFirst(found.count)
            milliseconds = value
            return true
        }

        private mutating func takeMonth(isShort: Bool) -> Bool {
            for (index, name) in DatePattern.months.enumerated() {
                let wanted = isShort ? String(name.prefix(3)) : name
                guard rest.lowercased().hasPrefix(wanted.lowercased()) else { continue }
                rest = rest.dropFirst(wanted.count)
                month = Int64(index) + 1
                return true
            }
            return false
        }

        private mutating func takeHalf() -> Bool {
            switch rest.prefix(2).uppercased() {
            case "AM": isAfternoon = false
            case "PM": isAfternoon = true
            default: return false
            }
            rest = rest.dropFirst(2)
            return true
        }

        private mutating func takeOffset(allowsZ: Bool, hoursOnly: Bool) -> Bool {
            if allowsZ, rest.first == "Z" || rest.first == "z" {
                rest.removeFirst()
                return true
            }
            guard let sign = rest.first, sign == "+" || sign == "-" else { return false }
            rest.removeFirst()
            guard let hours = digits(hoursOnly ? 1...2 : 2...2), hours < 24 else { return false }
            var minutes: Int64 = 0
            if !hoursOnly {
                guard rest.first == ":" else { return false }
                rest.removeFirst()
                guard let found = digits(2...2), found < 60 else { return false }
                minutes = found
            }
            offsetMinutes = (sign == "-" ? -1 : 1) * (hours * 60 + minutes)
            return true
        }
    }
}
