/// What a record or an account stands for.
package enum Kind: String, Sendable, Hashable, CaseIterable {
    case user, group
}

/// The source's immutable identifier of a person or group (SCIM `externalId`, RFC 7643 3.1): exact text, compared byte by
/// byte, never folded.
package struct Anchor: Sendable, Hashable, CustomStringConvertible {
    package let value: String

    package init(_ value: String) { self.value = value }

    package var description: String { value }

    package static func == (left: Anchor, right: Anchor) -> Bool { left.value.utf8.elementsEqual(right.value.utf8) }
    package func hash(into hasher: inout Hasher) { for byte in value.utf8 { hasher.combine(byte) } }
}

/// A moment in time, in milliseconds since 1970-01-01T00:00:00Z. The clock is always passed in.
package struct Instant: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
    package static func + (left: Instant, right: Duration) -> Instant {
        Instant(milliseconds: left.milliseconds + right.milliseconds)
    }
    package static func - (left: Instant, right: Duration) -> Instant {
        Instant(milliseconds: left.milliseconds - right.milliseconds)
    }
    package static func - (left: Instant, right: Instant) -> Duration {
        .milliseconds(left.milliseconds - right.milliseconds)
    }
}

extension Instant {
    /// RFC 3339 in UTC with seconds, for example `2026-01-15T01:00:00Z`.
    package var text: String {
        let seconds = Int((Double(milliseconds) / 1000).rounded(.down))
        let day = Int((Double(seconds) / 86_400).rounded(.down))
        let (year, month, date) = Self.civil(day: day)
        let rest = seconds - day * 86_400
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let digits = String(year)
        let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "\(padded)-\(two(month))-\(two(date))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }

    /// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
    package static func civil(day: Int) -> (year: Int, month: Int, date: Int) {
        // Eras of 400 years that begin on 1 March, so that the leap day is a year's last.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), civilMonth, date)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}

/// Where in its source a record stands, so that a person can open the file there.
package struct Place: Sendable, Hashable {
    /// The file's name as the job gave it; empty for a push.
    package var file: String
    /// Bytes from the start of the file to the record's first and past its last byte.
    package var bytes: Range<Int>

    package init(file: String, bytes: Range<Int>) {
        self.file = file
        self.bytes = bytes
    }
}
