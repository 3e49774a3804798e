import SCIM

/// What BEFORE and AFTER compare a date with: a fixed instant, or the run's `asOf` with an offset.
package enum FilterMoment: Sendable, Equatable {
    case fixed(Instant, text: String)
    case relative(Duration, text: String)

    /// The run's `asOf` itself: what is meant without a value.
    package static let now = FilterMoment.relative(.zero, text: "now")

    /// The longest offset: a century.
    static let daysMax = 36_525

    package var text: String {
        switch self {
        case .fixed(_, let text), .relative(_, let text): text
        }
    }

    /// Reads an RFC 3339 date or date-time, `now`, `now+30d` or `now-30d`.
    package init(_ text: String) throws(ScopingOperand.Fault) {
        if let instant = FilterDate.instant(text) {
            self = .fixed(instant, text: text)
            return
        }
        let lower = text.lowercased().filter { $0 != " " }
        if lower == "now" {
            self = .now
            return
        }
        if lower.hasPrefix("now+") || lower.hasPrefix("now-"), lower.hasSuffix("d"),
            let days = Int(lower.dropFirst(4).dropLast()), (0...Self.daysMax).contains(days)
        {
            self = .relative(.seconds((lower.hasPrefix("now-") ? -days : days) * 86_400), text: lower)
            return
        }
        throw ScopingOperand.Fault(
            "\"\(text)\" is no date",
            cure: "say an RFC 3339 date such as 2026-07-01 or 2026-07-01T00:00:00Z, or now, now+30d, now-30d")
    }

    func instant(asOf: Instant) -> Instant {
        switch self {
        case .fixed(let instant, _): instant
        case .relative(let offset, _): asOf + offset
        }
    }
}

/// What WITHIN_DAYS asks: how far from the run's `asOf` a date may be, in days of 24 hours, both ends included.
///
/// `30` is 30 days on either side, `+30` the next 30 days, `-30` the last 30 days.
package struct DayRange: Sendable, Equatable {
    package let text: String
    let before: Duration
    let after: Duration

    package init(_ text: String) throws(ScopingOperand.Fault) {
        let sign = text.first.flatMap { $0 == "+" || $0 == "-" ? $0 : nil }
        let digits = text.dropFirst(sign == nil ? 0 : 1)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let days = Int(digits),
            (1...FilterMoment.daysMax).contains(days)
        else {
            throw ScopingOperand.Fault(
                "WITHIN_DAYS needs a number of days from 1 to \(FilterMoment.daysMax)",
                cure: "30 means up to 30 days before or after now, +30 the next 30 days, -30 the last 30 days")
        }
        self.text = text
        before = sign == "+" ? .zero : .seconds(days * 86_400)
        after = sign == "-" ? .zero : .seconds(days * 86_400)
    }
}

/// Dates in the data: RFC 3339 date-times, and dates without a time, which mean their first instant in UTC.
package enum FilterDate {
    /// `nil` for anything else: a date that is read wrongly is worse than none.
    package static func instant(_ text: String) -> Instant? {
        let text = text.utf8.count == 10 ? text + "T00:00:00Z" : text
        return DateTime.milliseconds(text).map(Instant.init(milliseconds:))
    }
}
