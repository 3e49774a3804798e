extension Gates {
    /// Of how many people the rules' edit takes, and to how many it gives.
    package struct EditEffect: Sendable, Equatable {
        package var enters: Int
        package var leaves: Int

        package init(enters: Int = 0, leaves: Int = 0) {
            self.enters = enters
            self.leaves = leaves
        }
    }

    /// Gate 3. The filter, mapping, matching and policies are those of the last accepted run; where they are not, nobody may leave
    /// because of the edit without approval.
    ///
    /// - Parameter before: the hash of the last accepted rules; `nil` before the first accepted run.
    package static func sameRules(
        before: String?, now: String, effect: EditEffect, limits: GateLimits
    ) -> GateReading {
        let detail: String
        if let before, before != now {
            detail =
                "the rules were edited (\(before.prefix(12)) -> \(now.prefix(12))): \(effect.enters) enter and "
                + "\(effect.leaves) leave because of that"
        } else {
            detail = before == nil ? "no rules were accepted before" : "the rules of the last accepted run"
        }
        let tripped = limits.editLeavers.map { effect.leaves > $0 } ?? false
        return GateReading(
            name: "sameRules", measured: effect.leaves, limit: limits.editLeavers, population: nil, tripped: tripped,
            detail: detail)
    }

    /// Gate 5. Few of the linked people changed the key by which records find their accounts: many at once means that another
    /// column was exported as the immutable id or the name.
    package static func keyChurn(changed: Int, linked: Int, limits: GateLimits) -> GateReading {
        let allowed = max(limits.churnFloor - 1, limits.churnPercent * linked / 100)
        return GateReading(
            name: "keyChurn", measured: changed, limit: allowed, population: linked, tripped: changed > allowed,
            detail: "\(changed) of \(linked) linked people changed their matching key, \(allowed) allowed")
    }

    /// Gate 6. Not everybody is updated at once: that is a mapping mistake.
    ///
    /// - Parameter population: owned, active people before the run.
    package static func everythingChanged(updated: Int, population: Int, limits: GateLimits) -> GateReading {
        let isJudged = population > limits.updatedFloor
        let allowed = limits.updatedPercent * population / 100
        return GateReading(
            name: "everythingChanged", measured: updated, limit: isJudged ? allowed : nil, population: population,
            tripped: isJudged && 100 * updated > limits.updatedPercent * population,
            detail: "\(updated) of \(population) accounts would be updated, "
                + (isJudged ? "\(allowed) allowed" : "not judged up to \(limits.updatedFloor) accounts"))
    }

    /// Fewer records than this never put a job into quarantine.
    package static let failedRecordsMin = 50
    /// More than this share (percent) of failed records puts the job into quarantine.
    package static let failedPercent = 40

    /// The job itself is quarantined when so many of its records fail that the rest means nothing.
    package static func failures(quarantined: Int, records: Int) -> GateReading {
        let isJudged = records >= failedRecordsMin
        let allowed = failedPercent * records / 100
        return GateReading(
            name: "failures", measured: quarantined, limit: isJudged ? allowed : nil, population: records,
            tripped: isJudged && 100 * quarantined > failedPercent * records,
            detail: "\(quarantined) of \(records) records are quarantined, "
                + (isJudged ? "\(allowed) allowed" : "not judged below \(failedRecordsMin) records"))
    }
}

extension Gates {
    /// Why no approval lifts what tripped; `nil` where a person may approve the plan.
    ///
    /// Whoever read the plan may answer for limits, edits, missing canaries and a small source. Nobody answers for an export
    /// without a single person, which is no directory, or takes from a protected account, whose protection is somebody's
    /// earlier word.
    package static func refusesApproval(_ tripped: [GateReading], records: [Kind: Int]) -> String? {
        for reading in tripped {
            if reading.name == "protected" {
                return "\(reading.detail); take the protection away with 'rollcall accounts unprotect' if it is meant"
            }
            if reading.name == "plausibleSize.users", (records[.user] ?? 0) == 0 {
                return "the snapshot has no users at all, which no approval lifts; mend the export"
            }
        }
        return nil
    }
}
