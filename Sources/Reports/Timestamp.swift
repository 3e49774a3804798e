import Reconciliation

/// Moments as text, without Foundation's formatters.
package enum Timestamp {
    /// RFC 3339 in UTC, `2026-01-14T01:00:00Z`; milliseconds only where there are any. Years below 0 and above 9999 are
    /// written as they are, which RFC 3339 does not know.
    package static func text(_ instant: Instant) -> String {
        let (days, inDay) = split(instant.milliseconds, by: 86_400_000)
        let date = civil(days: days)
        let seconds = inDay / 1000
        var text = padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2)
        text += "T" + padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
        if inDay % 1000 != 0 { text += "." + padded(inDay % 1000, 3) }
        return text + "Z"
    }

    /// The civil date of a day since 1970-01-01, in the proleptic Gregorian calendar (Howard Hinnant's `civil_from_days`:
    /// years begin in March, so that the leap day is the last).
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = split(days + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// Division that rounds down, so that moments before 1970 have a date too.
    private static func split(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
