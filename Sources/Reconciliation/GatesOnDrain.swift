/// What one class of change amounts to on the drain, over ``GatesOnDrain/window``.
package struct DrainMeasure: Sendable, Equatable {
    /// Done within the window, held, and planned now.
    package var count: Int
    /// Owned and active (for memberships: owned) when the window began.
    package var atStart: Int
    /// Whoever was there at some time in the window.
    package var peak: Int

    package init(count: Int, atStart: Int, peak: Int) {
        self.count = count
        self.atStart = atStart
        self.peak = peak
    }
}

/// Gate 4 on the drain: a push names one person at a time, so the limits count over a sliding window.
package enum GatesOnDrain {
    /// How far back the drain's own changes count.
    package static let window = Duration.seconds(86_400)
    /// One change always passes where the floor is a share of the population: a company of two lets somebody go, too.
    package static let floorMin = 1

    /// Judges one class.
    ///
    /// As in a run, with two differences for populations that are small or new: the floor is measured by everybody who was there
    /// in the window, so that a connection whose people all came today can lose one, while the percentage is measured by those
    /// who were there at its start, so that nobody makes room by adding accounts; and up to the floor a whole population may go.
    package static func limit(
        _ changeClass: ChangeClass, _ measure: DrainMeasure, limits: GateLimits
    ) -> GateReading {
        let rule = limits.limit(changeClass)
        let floor = floor(rule, peak: measure.peak)
        let (count, population) = (measure.count, measure.atStart)
        let overCount = rule.count.map { count > $0 } ?? false
        let overPercent = rule.percent.map { count > floor && 100 * count > $0 * population } ?? false
        let isWhole =
            [.deactivate, .delete, .memberRemove].contains(changeClass) && measure.peak >= 2
            && count >= measure.peak && count > floor
        let percentLimit = rule.percent.map { max(floor, $0 * population / 100) }
        let effective = [rule.count, percentLimit].compactMap { $0 }.min()
        return GateReading(
            name: "limit." + changeClass.rawValue, measured: count, limit: effective, population: population,
            tripped: overCount || overPercent || isWhole,
            detail: "\(count) \(changeClass.rawValue) of \(population) pushed in 24 h or held, "
                + (effective.map { "\($0) allowed" } ?? "unlimited") + (isWhole ? "; this is everybody" : ""))
    }

    private static func floor(_ rule: ClassLimit, peak: Int) -> Int {
        switch rule.floor {
        case .number(let number): number
        case .numberOrThird: max(floorMin, rule.floor.value(population: peak))
        }
    }
}
