import JSONBytes
import Provisioning
import Reconciliation
import Reports

extension Schedule {
    /// Runs that `check` shows.
    private static let shown = 3

    /// When the job runs next, for people.
    func lines(now: Instant) -> [String] {
        ["  schedule   \(cron.text) (\(clock.name))"]
            + next(Self.shown, after: now).enumerated().map { number, run in
                (number == 0 ? "  next runs  " : "             ") + Timestamp.text(run)
            }
    }

    /// The line of `check` for scripts.
    func json(job: String, now: Instant) -> JSONObject {
        [
            "type": "schedule", "job": .string(job), "cron": .string(cron.text), "timeZone": .string(clock.name),
            "timeZoneData": .string(ZoneClock.dataVersion),
            "next": .array(next(Self.shown, after: now).map { .string(Timestamp.text($0)) }),
        ]
    }
}
