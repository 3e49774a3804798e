import Reconciliation

/// When a job runs: a cron expression on the wall of a place.
///
/// **Fixed hours** (the hour field leaves an hour out). Every time that the expression names happens once a day: a time that clocks
/// go forward over happens at the first instant after the gap, a time that clocks go back over happens at its first passing. Several
/// times in one gap fall together and are one run.
///
/// **Every hour** (the hour field is `*`, or names all hours). The job follows real time: it runs at each instant whose wall shows a
/// named minute, so `*/15` goes on every 15 minutes while clocks go back, and a gap has no runs of its own.
package struct Schedule: Sendable, Equatable {
    package var cron: CronExpression
    package var clock: ZoneClock

    package init(cron: CronExpression, clock: ZoneClock = .utc) {
        self.cron = cron
        self.clock = clock
    }

    /// What the schedule is, on one line; two equal schedules have one text.
    package var text: String { "\(cron.text) \(clock.name)" }

    /// A schedule from its ``text``; `nil` for what is none.
    init?(text: String) {
        guard let space = text.lastIndex(of: " "),
            let clock = ZoneClock(String(text[text.index(after: space)...]))
        else { return nil }
        do { cron = try CronExpression(String(text[..<space])) } catch { return nil }
        self.clock = clock
    }

    /// Days that are looked at: Feb 29 comes again after at most eight years (1896 to 1904), and every other date sooner.
    private static let daysMax = 8 * 366 + 2

    /// The first run after an instant; `nil` if there is none (which a parsed expression never says).
    package func next(after instant: Instant) -> Instant? {
        // Whole seconds, down: a run at second 0 is after 59.999.
        let after = Self.floor(instant.milliseconds, 1000)
        let today = Self.floor(clock.wall(at: after), 86_400)
        // A day before, since clocks may have gone back over midnight.
        for day in (today - 1)...(today + Self.daysMax) {
            guard let first = first(on: day, after: after) else { continue }
            // Where clocks go back over midnight, the next day may have begun before this one ended.
            return Instant(milliseconds: Int64(min(first, self.first(on: day + 1, after: after) ?? first)) * 1000)
        }
        return nil
    }

    /// The next runs, in order.
    package func next(_ count: Int, after instant: Instant) -> [Instant] {
        var runs: [Instant] = []
        var last = instant
        while runs.count < count, let next = next(after: last) {
            runs.append(next)
            last = next
        }
        return runs
    }

    private func first(on day: Int, after: Int) -> Int? {
        guard cron.matches(CivilDate(number: day)) else { return nil }
        var best: Int?
        for hour in 0...23 where cron.hours.contains(hour) {
            for minute in 0...59 where cron.minutes.contains(minute) {
                for instant in instants(day * 86_400 + hour * 3600 + minute * 60) where instant > after {
                    best = min(best ?? instant, instant)
                    // Fixed hours are in order, so the first is the earliest.
                    if !cron.isEveryHour { return best }
                }
            }
        }
        return best
    }

    private func instants(_ wall: Int) -> [Int] {
        let found = clock.instants(ofWall: wall)
        if cron.isEveryHour { return found }
        return [found.first ?? clock.endOfGap(around: wall)]
    }

    private static func floor(_ value: Int64, _ unit: Int64) -> Int { floor(Int(value), Int(unit)) }

    private static func floor(_ value: Int, _ unit: Int) -> Int {
        value >= 0 ? value / unit : -((-value + unit - 1) / unit)
    }
}
