import Reconciliation
import SCIM
import Testing

@testable import Provisioning

/// An instant from its RFC 3339 text.
private func at(_ text: String) throws -> Instant {
    Instant(milliseconds: try #require(DateTime.milliseconds(text)))
}

private func schedule(_ cron: String, _ zone: String) throws -> Schedule {
    Schedule(cron: try CronExpression(cron), clock: try #require(ZoneClock(zone)))
}

@Suite("Schedules")
struct ScheduleTests {
    /// The next runs after an instant, in UTC.
    private func runs(_ cron: String, _ zone: String, after: String, _ count: Int) throws -> [String] {
        try schedule(cron, zone).next(count, after: at(after)).map(\.text)
    }

    @Test("the next run is after the instant, never at it")
    func strictly() throws {
        #expect(try runs("0 2 * * *", "UTC", after: "2026-01-14T01:59:59Z", 1) == ["2026-01-14T02:00:00Z"])
        #expect(try runs("0 2 * * *", "UTC", after: "2026-01-14T02:00:00Z", 1) == ["2026-01-15T02:00:00Z"])
        #expect(try runs("0 2 * * *", "UTC", after: "2026-01-14T01:59:59.999Z", 1) == ["2026-01-14T02:00:00Z"])
    }

    @Test(
        "where clocks go forward over a time, it happens once, at the first instant after the gap",
        arguments: [
            // Berlin: 02:00 becomes 03:00 at 01:00Z.
            (
                "30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z",
                ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
            ),
            // Two times in one gap fall together.
            (
                "15,45 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
                ["2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z"]
            ),
            // The gap ends at another time of the expression: one run.
            ("0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"]),
            // New York: 02:00 becomes 03:00 at 07:00Z.
            (
                "30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z",
                ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]
            ),
            // Lord Howe: 02:00 becomes 02:30 at 15:30Z; a time after the half hour is not in the gap.
            (
                "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T15:00:00Z",
                ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]
            ),
            (
                "45 2 * * *", "Australia/Lord_Howe", "2026-10-03T15:00:00Z",
                ["2026-10-03T15:45:00Z", "2026-10-04T15:45:00Z"]
            ),
            // Cairo: midnight itself is the gap.
            ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", ["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]),
        ] as [(String, String, String, [String])])
    func forward(cron: String, zone: String, after: String, expected: [String]) throws {
        #expect(try runs(cron, zone, after: after, expected.count) == expected)
    }

    @Test(
        "where clocks go back over a time, it happens once, at its first passing",
        arguments: [
            // Berlin: 03:00 becomes 02:00 at 01:00Z.
            ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
            ("0 3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"]),
            // New York: 02:00 becomes 01:00 at 06:00Z.
            (
                "30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z",
                ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]
            ),
            // Lord Howe: 02:00 becomes 01:30 at 15:00Z.
            (
                "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z",
                ["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"]
            ),
            // Asked between the two passings: the second is none.
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:45:00Z", ["2026-10-26T01:30:00Z"]),
            // Every other hour is not every hour.
            ("0 */2 * * *", "Europe/Berlin", "2026-10-24T22:00:00Z", ["2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z"]),
        ] as [(String, String, String, [String])])
    func back(cron: String, zone: String, after: String, expected: [String]) throws {
        #expect(try runs(cron, zone, after: after, expected.count) == expected)
    }

    @Test(
        "a job of every hour goes on in real time while clocks change",
        arguments: [
            (
                "*/15 * * * *", "Europe/Berlin", "2026-10-25T00:40:00Z",
                ["2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z"]
            ),
            (
                "*/15 * * * *", "Europe/Berlin", "2026-03-29T00:40:00Z",
                ["2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"]
            ),
            (
                "30 * * * *", "America/New_York", "2026-11-01T05:00:00Z",
                ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z"]
            ),
            (
                "30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", ["2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"]
            ),
        ] as [(String, String, String, [String])])
    func everyHour(cron: String, zone: String, after: String, expected: [String]) throws {
        #expect(try runs(cron, zone, after: after, expected.count) == expected)
    }

    @Test("every 15 minutes is every 900 seconds, all year, where clocks change by whole hours or not at all")
    func steady() throws {
        for zone in ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"] {
            let schedule = try schedule("*/15 * * * *", zone)
            for start in [
                "2026-03-08T00:00:00Z", "2026-03-29T00:00:00Z", "2026-10-25T00:00:00Z", "2026-11-01T00:00:00Z",
            ] {
                let runs = schedule.next(96, after: try at(start))
                for (one, next) in zip(runs, runs.dropFirst()) {
                    #expect(next - one == .seconds(900), "\(zone) \(one.text)")
                }
            }
        }
    }

    @Test(
        "leap days, the ends of months and of years",
        arguments: [
            ("0 0 29 2 *", "2026-01-01T00:00:00Z", ["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", ["2104-02-29T00:00:00Z"]),
            ("0 0 31 * *", "2026-01-31T00:00:00Z", ["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"]),
            ("59 23 31 12 *", "2026-06-01T00:00:00Z", ["2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"]),
            ("@yearly", "2026-12-31T23:59:59Z", ["2027-01-01T00:00:00Z"]),
            ("0 12 * * MON-FRI", "2026-01-16T12:00:00Z", ["2026-01-19T12:00:00Z"]),
        ] as [(String, String, [String])])
    func calendar(cron: String, after: String, expected: [String]) throws {
        #expect(try runs(cron, "UTC", after: after, expected.count) == expected)
    }

    private static let zones = [
        "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/St_Johns", "America/Sao_Paulo",
        "America/Havana", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kolkata", "Asia/Kathmandu",
        "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/Santiago",
    ]

    @Test(
        "over a year, every day has exactly one run of a daily job, in every zone and at every hour", arguments: zones)
    func daily(zone: String) throws {
        for time in ["0 0", "30 0", "30 1", "0 2", "15 2", "30 2", "0 3", "59 23"] {
            let schedule = try schedule(time + " * * *", zone)
            var runs: [Int: Int] = [:]
            var last = try at("2025-12-31T00:00:00Z")
            while let next = schedule.next(after: last), next.milliseconds < 1_830_400_000_000 {
                #expect(next > last)
                let seconds = Int(next.milliseconds / 1000)
                runs[schedule.clock.wall(at: seconds) / 86_400, default: 0] += 1
                last = next
            }
            // 2026-01-01 to 2027-12-31, whatever the zone.
            let days = 20_454..<21_184
            #expect(days.allSatisfy { runs[$0] == 1 }, "\(zone) \(time): \(days.filter { runs[$0] != 1 })")
        }
    }

    @Test(
        "the runs after an instant do not depend on how the instant was reached",
        arguments: ["Europe/Berlin", "Australia/Lord_Howe"])
    func stateless(zone: String) throws {
        for cron in ["*/20 * * * *", "10,50 1-3 * * *", "0 0 * * SUN"] {
            let schedule = try schedule(cron, zone)
            for start in [
                "2026-03-28T12:00:00Z", "2026-04-04T06:00:00Z", "2026-10-03T06:00:00Z", "2026-10-24T12:00:00Z",
            ] {
                let from = try at(start)
                let runs = schedule.next(40, after: from)
                // Asked every seven minutes, the answer is the first of the known runs that is later.
                for minute in stride(from: 0, to: 1440, by: 7) {
                    let now = from + .seconds(minute * 60)
                    guard let expected = runs.first(where: { $0 > now }) else { break }
                    #expect(schedule.next(after: now) == expected, "\(cron) \(zone) \(now.text)")
                }
            }
        }
    }

    @Test(
        "a zone is a place that the time zone data knows",
        arguments: ["Europe/Berlin", "Etc/GMT+5", "US/Eastern", "UTC", "Europe/Kyiv"])
    func known(name: String) { #expect(ZoneClock(name)?.name == name) }

    @Test(
        "abbreviations and what is not known are no zone",
        arguments: ["EST", "CET", "GMT+5", "Europe/Berlni", "europe/berlin", "../etc/passwd", "", "Local"])
    func unknown(name: String) { #expect(ZoneClock(name) == nil) }
}
