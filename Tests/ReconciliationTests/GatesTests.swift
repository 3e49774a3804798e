import Reconciliation
import Testing

@Suite("Gates")
struct GatesTests {
    private static let populations = Array(0...70) + [99, 100, 101, 199, 200, 201, 1000, 9999, 10_000, 10_001, 200_000]

    /// Numbers at which a verdict can change, and their neighbours.
    private static func numbers(_ population: Int) -> Set<Int> {
        let edges = [
            0, 10, 50, 500, 1000, population / 3, population / 5, population / 20, population / 50, population,
        ]
        return Set(edges.flatMap { [$0 - 1, $0, $0 + 1] }.filter { $0 >= 0 }).union(0...min(80, population + 1))
    }

    private func trips(_ changeClass: ChangeClass, _ count: Int, of population: Int) -> Bool {
        Gates.limit(changeClass, count: count, population: population, limits: GateLimits()).tripped
    }

    @Test("the default limit of deactivations is 500, 5 %, the lesser of 10 and a third, and never everybody")
    func deactivate() {
        for population in Self.populations {
            for n in Self.numbers(population) {
                let third = min(10, population / 3)
                let expected =
                    n > 500 || (n > third && 100 * n > 5 * population) || (population >= 2 && n >= population)
                #expect(trips(.deactivate, n, of: population) == expected, "\(n) of \(population)")
            }
        }
    }

    @Test("the default limits of deletions and of removed members")
    func others() {
        for population in Self.populations {
            for n in Self.numbers(population) {
                let whole = population >= 2 && n >= population
                let delete = n > 50 || (n > 0 && 100 * n > 2 * population) || whole
                #expect(trips(.delete, n, of: population) == delete, "\(n) of \(population)")
                let remove = n > 1000 || (n > 10 && 100 * n > 20 * population) || whole
                #expect(trips(.memberRemove, n, of: population) == remove, "\(n) of \(population)")
            }
        }
    }

    @Test("what equals a limit is allowed, one more is not")
    func edges() {
        #expect(!trips(.deactivate, 500, of: 100_000))
        #expect(trips(.deactivate, 501, of: 100_000))
        #expect(!trips(.deactivate, 50, of: 1000))
        #expect(trips(.deactivate, 51, of: 1000))
        #expect(!trips(.deactivate, 10, of: 30))
        #expect(trips(.deactivate, 11, of: 30))
        #expect(!trips(.deactivate, 1, of: 3))
        #expect(trips(.deactivate, 2, of: 2))
    }

    @Test("classes without a limit never trip")
    func unlimited() {
        for changeClass in [ChangeClass.create, .update, .rename, .memberAdd, .reactivate] {
            #expect(!trips(changeClass, 1_000_000, of: 10))
        }
    }

    @Test("a reading shows what it measured and its limit, also when it passed")
    func readings() {
        let reading = Gates.limit(.deactivate, count: 3, population: 1000, limits: GateLimits())
        #expect(reading.name == "limit.deactivate" && reading.measured == 3 && reading.limit == 50)
        #expect(reading.population == 1000 && !reading.tripped && reading.detail.contains("3"))
        for population in Self.populations {
            for n in Self.numbers(population) where n < population || population < 2 {
                let reading = Gates.limit(.deactivate, count: n, population: population, limits: GateLimits())
                #expect(reading.tripped == (n > reading.limit!), "\(n) of \(population)")
            }
        }
    }

    @Test("a snapshot may be 20 % and at least 5 smaller than the last one, and never empty of people")
    func size() {
        for before in Self.populations {
            for missing in Self.numbers(before) where missing <= before {
                let seen = before - missing
                let users = Gates.plausibleSize(kind: .user, seen: seen, before: before, limits: GateLimits())
                let shrinks = missing >= 5 && 100 * missing > 20 * before
                #expect(users.tripped == (shrinks || seen == 0), "\(seen), \(before) before")
                let groups = Gates.plausibleSize(kind: .group, seen: seen, before: before, limits: GateLimits())
                #expect(groups.tripped == (shrinks || (seen == 0 && before > 0)), "\(seen), \(before) before")
            }
        }
        #expect(!Gates.plausibleSize(kind: .user, seen: 900, before: 10, limits: GateLimits()).tripped)
    }

    @Test("no group of 200 or more loses more than 30 % of its members")
    func groupLoss() {
        #expect(Gates.groupLoss(name: "g", removed: 199, size: 199, limits: GateLimits()) == nil)
        for size in [200, 201, 333, 1000] {
            for removed in 0...size {
                let reading = Gates.groupLoss(name: "g", removed: removed, size: size, limits: GateLimits())
                #expect(reading?.tripped == (100 * removed > 30 * size), "\(removed) of \(size)")
            }
        }
    }

    @Test("a missing canary trips, and so does a protected account that a kept plan would touch")
    func names() {
        #expect(Gates.canaries([], missing: []) == nil)
        #expect(Gates.canaries(["a"], missing: [])?.tripped == false)
        #expect(Gates.canaries(["a"], missing: ["a"])?.tripped == true)
        #expect(!Gates.protected([]).tripped)
        #expect(Gates.protected(["ceo"]).tripped)
    }
}
