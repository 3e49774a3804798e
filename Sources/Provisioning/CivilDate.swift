import Reconciliation

/// A date of the proleptic Gregorian calendar, without a place or a clock.
struct CivilDate: Equatable, Sendable {
    let year: Int
    let month: Int
    let day: Int
    /// Days since 1970-01-01.
    let number: Int

    init(number: Int) {
        (year, month, day) = Instant.civil(day: number)
        self.number = number
    }

    /// 0 is Sunday.
    var weekday: Int { ((number + 4) % 7 + 7) % 7 }

    /// Days of a month in a leap year.
    static func daysMax(month: Int) -> Int { month == 2 ? 29 : [4, 6, 9, 11].contains(month) ? 30 : 31 }
}
