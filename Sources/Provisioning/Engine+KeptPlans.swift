import Reconciliation
import Storage

extension Engine {
    /// Applies a plan that was kept in a file, exactly as it is: rows whose record or account changed since are left out
    /// and named.
    ///
    /// - Throws: ``RunError`` `.planDamaged`, `.planStale` (the rows that still fitted are applied), `.configuration` for the
    ///   plan of a job whose mode is `plan`.
    package func apply(planFile path: String, report: (PlanEvent) throws -> Void) throws -> RunResult {
        let plan = try PlanFileReader(checking: path)
        guard let rules = try plan.rules() else { throw PlanFileReader.damaged(path, "it has no rules") }
        let kept = try KeptPlan(plan)
        guard kept.header.mode != .plan else {
            throw RunError(
                .configuration,
                "\(path): the job '\(kept.header.job)' has the mode plan, which is never applied; make the plan "
                    + "of a job with the mode reconcile or import")
        }
        let leased = try lease(kept.header)
        return try holding(leased) {
            try kept.refuseOlder(than: leased.state)
            let judged = try judge(kept, in: leased)
            try plan.forEachEvent { event in
                if case .summary = event { return }
                try report(event)
            }
            if let last = judged.readings.last { try report(.gate(last)) }
            let spool = try Spool(database: database, id: environment.makeID())
            try spool.copy(from: path)
            let result = try carryOut(
                judged, rules: rules, spool: spool, leased: leased, kind: "apply", expect: nil, report: report)
            if result.summary.stale > 0 {
                throw RunError(.planStale, "\(path): " + Self.naming(stale: result.stale))
            }
            return result
        }
    }

    /// The plan with gate 7's reading: accounts may have been protected since it was made.
    private func judge(_ kept: KeptPlan, in leased: Leased) throws -> JudgedPlan {
        var judged = kept.judged
        judged.readings.append(Gates.protected(try kept.protectedVictims(in: leased.store, state: leased.state)))
        return judged
    }

    /// Names in one line: a plan of thousands must not print thousands.
    private static let staleNamesMax = 20

    private static func naming(stale: [String]) -> String {
        let more = stale.count - staleNamesMax
        return "not applied, since the record or account changed after the plan was made: "
            + stale.prefix(staleNamesMax).joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
            + "; the other rows were applied, plan again for these"
    }
}
