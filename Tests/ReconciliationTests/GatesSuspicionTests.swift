import JSONBytes
import Reconciliation
import Testing

@Suite("Gates against suspicious plans")
struct GatesSuspicionTests {
    private let limits = GateLimits()

    @Test("an edit of the rules under which anybody leaves needs approval; one under which people only enter does not")
    func sameRules() {
        func reading(_ before: String?, _ leaves: Int, _ limits: GateLimits = GateLimits()) -> GateReading {
            Gates.sameRules(before: before, now: "new", effect: .init(enters: 7, leaves: leaves), limits: limits)
        }
        #expect(!reading("old", 0).tripped)
        #expect(reading("old", 1).tripped && reading("old", 1).measured == 1 && reading("old", 1).limit == 0)
        #expect(reading("old", 40).detail.contains("7 enter and 40 leave"))
        #expect(!reading("new", 0).tripped && !reading(nil, 0).tripped)
        var open = limits
        open.editLeavers = 3
        #expect(!reading("old", 2, open).tripped && !reading("old", 3, open).tripped && reading("old", 4, open).tripped)
        open.editLeavers = nil
        #expect(!reading("old", 1000, open).tripped)
    }

    @Test("5 % and fewer than 5 changed keys pass, one more trips")
    func keyChurn() {
        for linked in Array(0...300) + [9999, 10_000, 10_001] {
            let allowed = max(4, linked / 20)
            for changed in [0, 1, 4, 5, 6, allowed - 1, allowed, allowed + 1, linked] where changed >= 0 {
                let reading = Gates.keyChurn(changed: changed, linked: linked, limits: limits)
                let expected = changed >= 5 && 100 * changed > 5 * linked
                #expect(reading.tripped == expected, "\(changed) of \(linked)")
                #expect(reading.tripped == (changed > reading.limit!) && reading.measured == changed)
            }
        }
    }

    @Test("more than half of more than 50 accounts updated trips, half does not, and 50 accounts are not judged")
    func everythingChanged() {
        for population in [0, 1, 49, 50] {
            let reading = Gates.everythingChanged(updated: population, population: population, limits: limits)
            #expect(!reading.tripped && reading.limit == nil)
        }
        for population in [51, 52, 99, 100, 101, 1000] {
            for updated in 0...population {
                let reading = Gates.everythingChanged(updated: updated, population: population, limits: limits)
                #expect(reading.tripped == (2 * updated > population), "\(updated) of \(population)")
            }
        }
    }

    @Test("a job is quarantined when more than 40 % of 50 or more records fail")
    func failures() {
        #expect(!Gates.failures(quarantined: 49, records: 49).tripped)
        for records in [50, 51, 99, 100, 1000] {
            for failed in 0...records {
                let reading = Gates.failures(quarantined: failed, records: records)
                #expect(reading.tripped == (100 * failed > 40 * records), "\(failed) of \(records)")
            }
        }
    }

    @Test("an approval lifts every gate but an empty snapshot and protected accounts")
    func approvable() {
        func reading(_ name: String) -> GateReading {
            GateReading(name: name, measured: 1, limit: 0, population: nil, tripped: true, detail: name)
        }
        for name in [
            "plausibleSize.users", "plausibleSize.groups", "canaries", "sameRules", "limit.deactivate",
            "limit.memberRemove.group", "keyChurn", "everythingChanged", "failures",
        ] {
            #expect(Gates.refusesApproval([reading(name)], records: [.user: 1]) == nil)
        }
        #expect(Gates.refusesApproval([reading("plausibleSize.users")], records: [.user: 0]) != nil)
        #expect(Gates.refusesApproval([reading("limit.delete"), reading("protected")], records: [.user: 9]) != nil)
    }

    @Test("limits survive being written and read")
    func coding() throws {
        var limits = GateLimits()
        limits.editLeavers = nil
        limits.classes[.rename] = ClassLimit(count: 3, percent: nil, floor: .number(2))
        limits.canaries = ["ceo"]
        #expect(try GateLimits(json: limits.json) == limits)
        #expect(try GateLimits(json: GateLimits().json) == GateLimits())
        #expect(throws: CodingFailure.self) { try GateLimits(json: JSONObject()) }
    }
}

@Suite("Gate 4 on the drain")
struct GatesOnDrainTests {
    private func trips(
        _ changeClass: ChangeClass, _ count: Int, start: Int, peak: Int, _ limits: GateLimits = GateLimits()
    ) -> Bool {
        GatesOnDrain.limit(changeClass, .init(count: count, atStart: start, peak: peak), limits: limits).tripped
    }

    @Test("one pushed deactivation always passes, in a company of one, of two, and in one that began today")
    func single() {
        for peak in 1...40 {
            #expect(!trips(.deactivate, 1, start: 0, peak: peak) && !trips(.deactivate, 1, start: peak, peak: peak))
        }
        #expect(trips(.deactivate, 2, start: 2, peak: 2) && trips(.deactivate, 2, start: 0, peak: 2))
    }

    @Test("the limits are those of a run: just below, at and above")
    func edges() {
        for (count, start, expected) in [
            (9, 30, false), (10, 30, false), (11, 30, true), (49, 1000, false), (50, 1000, false), (51, 1000, true),
            (500, 100_000, false), (501, 100_000, true), (3, 9, false), (4, 9, true),
        ] { #expect(trips(.deactivate, count, start: start, peak: start) == expected, "\(count) of \(start)") }
        #expect(!trips(.memberRemove, 10, start: 10, peak: 10) && trips(.memberRemove, 11, start: 11, peak: 11))
        #expect(trips(.delete, 1, start: 49, peak: 49) && !trips(.delete, 1, start: 50, peak: 50))
    }

    @Test("accounts that were added within the window make no room for deactivations")
    func inflated() {
        #expect(!trips(.deactivate, 10, start: 40, peak: 10_000))
        #expect(trips(.deactivate, 11, start: 40, peak: 10_000))
    }

    @Test("a class without a limit is never held")
    func unlimited() {
        #expect(!trips(.attributeClear, 10_000, start: 10, peak: 10) && !trips(.groupDisable, 9, start: 9, peak: 9))
        var limits = GateLimits()
        limits.classes[.attributeClear] = ClassLimit(count: 2, percent: nil, floor: .number(0))
        #expect(!trips(.attributeClear, 2, start: 10, peak: 10, limits))
        #expect(trips(.attributeClear, 3, start: 10, peak: 10, limits))
    }
}
