import Reconciliation
import Storage

/// How a kept plan is to be applied.
package struct ApplyOptions: Sendable {
    /// Apply only a plan with this digest: what somebody was shown and signed.
    package var expect: String?
    /// Leave out the rows that went stale and apply the rest; else one stale row refuses the whole plan.
    package var isFreshOnly: Bool

    package init(expect: String? = nil, isFreshOnly: Bool = false) {
        self.expect = expect
        self.isFreshOnly = isFreshOnly
    }
}

extension Engine {
    /// Applies a plan that was kept in a file, exactly as it is.
    ///
    /// Every row is checked before the first write: where a record or an account changed since, nothing is applied, unless the
    /// options ask for the rest. Rows that were carried out before are left alone, so that a plan can be applied again after a
    /// crash. A row that goes stale only while the plan is being applied is left out, named, and its record queued.
    ///
    /// - Throws: ``RunError`` `.planDamaged`; `.planStale`, also when the rest was applied: the summary names each row and who changed it;
    ///   `.configuration` for the plan of a job whose mode is `plan`.
    package func apply(
        planFile path: String, options: ApplyOptions = ApplyOptions(), report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let plan = try PlanFileReader(checking: path)
        guard let rules = try plan.rules() else { throw PlanFileReader.damaged(path, "it has no rules") }
        let kept = try KeptPlan(plan)
        guard kept.header.mode != .plan else {
            throw RunError(
                .configuration,
                "\(path): the job '\(kept.header.job)' has the mode plan, which is never applied; make the plan "
                    + "of a job with the mode reconcile or import")
        }
        if let expect = options.expect, expect != kept.summary.digest {
            throw RunError(
                .planStale,
                "\(path): this is the plan \(kept.summary.digest), expected is \(expect); nothing was applied")
        }
        let leased = try lease(kept.header)
        return try holding(leased) {
            try kept.refuseOlder(than: leased.state)
            let judged = try judge(kept, in: leased, options: options)
            try plan.forEachEvent { event in
                if case .summary = event { return }
                try report(event)
            }
            if let last = judged.readings.last { try report(.gate(last)) }
            let spool = try Spool(database: database, id: environment.makeID())
            try spool.copy(from: path)
            let result = try carryOut(
                judged, rules: rules, spool: spool, leased: leased, kind: "apply", expect: nil, report: report)
            if !result.stale.isEmpty { throw Self.stale(result, path) }
            return result
        }
    }

    /// The plan with gate 7's reading, since accounts may have been protected after it was made, and with its stale rows.
    private func judge(_ kept: KeptPlan, in leased: Leased, options: ApplyOptions) throws -> JudgedPlan {
        var judged = kept.judged
        judged.summary.shown = kept.summary.digest
        judged.readings.append(Gates.protected(try kept.protectedVictims(in: leased.store, state: leased.state)))
        if !options.isFreshOnly {
            judged.stale = try leased.store.checking(leased.state, now: environment.now(), kept.staleRows)
        }
        return judged
    }

    /// How many rows are stale, and what to do. Which ones they are is in the report's summary (``PlanSummary/deviations``).
    private static func stale(_ result: RunResult, _ path: String) -> RunError {
        let count = result.stale.count
        let end =
            result.summary.outcome == .refused
            ? "nothing was applied: plan again, or apply the rest with --fresh-only"
            : "the other rows were applied, plan again for \(count == 1 ? "this one" : "these")"
        return RunError(
            .planStale,
            "\(path): the plan is stale: \(count) row\(count == 1 ? "" : "s") left out, as the report says; \(end)")
    }
}
