/// What one class of change may amount to in one plan.
package struct ClassLimit: Sendable, Equatable {
    /// Trips when more than this many; `nil` is unlimited.
    package var count: Int?
    /// Trips when more than this share of the population, above ``floor``; `nil` is unlimited.
    package var percent: Int?
    /// Up to this many never trip the percentage.
    package var floor: Floor

    package enum Floor: Sendable, Equatable {
        case number(Int)
        /// The lesser of the number and a third of the population.
        case numberOrThird(Int)

        package func value(population: Int) -> Int {
            switch self {
            case .number(let number): number
            case .numberOrThird(let number): min(number, population / 3)
            }
        }
    }

    package init(count: Int?, percent: Int?, floor: Floor) {
        self.count = count
        self.percent = percent
        self.floor = floor
    }

    package static let unlimited = ClassLimit(count: nil, percent: nil, floor: .number(0))
}

/// The limits under which a whole plan is judged before its first write.
package struct GateLimits: Sendable, Equatable {
    /// At most this share (percent) fewer records than last time.
    package var shrinkPercent: Int = 20
    /// Fewer missing records than this never trip the shrink gate.
    package var shrinkFloor: Int = 5
    package var classes: [ChangeClass: ClassLimit] = [
        .deactivate: ClassLimit(count: 500, percent: 5, floor: .numberOrThird(10)),
        .delete: ClassLimit(count: 50, percent: 2, floor: .number(0)),
        .memberRemove: ClassLimit(count: 1000, percent: 20, floor: .number(10)),
    ]
    /// No single group of at least this many members loses more than ``groupPercent`` of them.
    package var groupSize: Int = 200
    package var groupPercent: Int = 30
    /// Anchors or userNames that must be present, in scope and active.
    package var canaries: [String] = []
    /// So many may lose access because somebody edited the rules; `nil` is unlimited.
    package var editLeavers: Int? = 0
    /// At most this share (percent) of the linked people changed the key by which records are matched; fewer than
    /// ``churnFloor`` never trip.
    package var churnPercent: Int = 5
    package var churnFloor: Int = 5
    /// At most this share (percent) of more than ``updatedFloor`` accounts is updated.
    package var updatedPercent: Int = 50
    package var updatedFloor: Int = 50

    package init() {}

    package func limit(_ changeClass: ChangeClass) -> ClassLimit { classes[changeClass] ?? .unlimited }
}

/// What a gate measured, whether or not it tripped.
package struct GateReading: Sendable, Equatable {
    /// Stable name: `plausibleSize.users`, `limit.deactivate`, `canary`, …
    package var name: String
    package var measured: Int
    /// The number that `measured` may not exceed; `nil` where there is none.
    package var limit: Int?
    package var population: Int?
    package var tripped: Bool
    /// One sentence with the numbers.
    package var detail: String

    package init(name: String, measured: Int, limit: Int?, population: Int?, tripped: Bool, detail: String) {
        self.name = name
        self.measured = measured
        self.limit = limit
        self.population = population
        self.tripped = tripped
        self.detail = detail
    }
}

/// The gates: they judge, nobody else does. Integers throughout; equal is allowed.
package enum Gates {
    /// Gate 1. Not empty, and not too much smaller than before: than the last accepted snapshot, at first than the linked
    /// records.
    package static func plausibleSize(kind: Kind, seen: Int, before: Int, limits: GateLimits) -> GateReading {
        let missing = max(0, before - seen)
        let allowed = max(limits.shrinkFloor - 1, before * limits.shrinkPercent / 100)
        let empty = seen == 0 && (kind == .user || before > 0)
        let tripped = empty || missing > allowed
        let detail =
            empty
            ? "the snapshot has no \(kind.rawValue)s at all"
            : "\(seen) \(kind.rawValue)s, \(before) before: \(missing) fewer, \(allowed) allowed"
        return GateReading(
            name: "plausibleSize.\(kind.rawValue)s", measured: missing, limit: allowed, population: before,
            tripped: tripped, detail: detail)
    }

    /// Gate 4 for one class. `destructive` adds the rule that a whole population of two or more never goes at once.
    package static func limit(
        _ changeClass: ChangeClass, count: Int, population: Int, limits: GateLimits
    ) -> GateReading {
        let rule = limits.limit(changeClass)
        let floor = rule.floor.value(population: population)
        let overCount = rule.count.map { count > $0 } ?? false
        let overPercent = rule.percent.map { count > floor && 100 * count > $0 * population } ?? false
        let whole =
            [.deactivate, .delete, .memberRemove].contains(changeClass) && limits.classes[changeClass] != nil
            && population >= 2 && count >= population
        let percentLimit = rule.percent.map { max(floor, $0 * population / 100) }
        let effective = [rule.count, percentLimit].compactMap { $0 }.min()
        let bound = effective.map { "\($0) allowed" } ?? "unlimited"
        return GateReading(
            name: "limit.\(changeClass.rawValue)", measured: count, limit: effective, population: population,
            tripped: overCount || overPercent || whole,
            detail: "\(count) \(changeClass.rawValue) of \(population), \(bound)"
                + (whole ? "; this is everybody" : ""))
    }

    /// Gate 4 for one big group's members.
    package static func groupLoss(name: String, removed: Int, size: Int, limits: GateLimits) -> GateReading? {
        guard size >= limits.groupSize else { return nil }
        let allowed = limits.groupPercent * size / 100
        return GateReading(
            name: "limit.memberRemove.group", measured: removed, limit: allowed, population: size,
            tripped: 100 * removed > limits.groupPercent * size,
            detail: "\(name) loses \(removed) of \(size) members, \(allowed) allowed")
    }

    /// Gate 2.
    package static func canaries(_ expected: [String], missing: [String]) -> GateReading? {
        guard !expected.isEmpty else { return nil }
        return GateReading(
            name: "canaries", measured: missing.count, limit: 0, population: expected.count, tripped: !missing.isEmpty,
            detail: missing.isEmpty
                ? "all \(expected.count) present, in scope and active"
                : "not present, in scope and active: " + missing.joined(separator: ", "))
    }

    /// Gate 7: rows of a saved plan or an undo that would take something from a protected account.
    package static func protected(_ names: [String]) -> GateReading {
        GateReading(
            name: "protected", measured: names.count, limit: 0, population: nil, tripped: !names.isEmpty,
            detail: names.isEmpty ? "no protected account is touched" : "protected: " + names.joined(separator: ", "))
    }
}
