import Foundation
import Reconciliation
import Storage

/// A refused plan that somebody approved.
package struct ApprovedPlan: Sendable {
    package var run: RunRecord
    package var digest: String
    package var by: String
    package var at: Instant
    package var expiresAt: Instant
    /// The plan as the refused run kept it: applying this file applies exactly what was approved.
    package var planPath: String
}

extension Engine {
    /// How long an approval may be good: long enough for the next night, short enough that it is not a standing permission.
    package static let approvalLifetime: ClosedRange<Duration> = .seconds(60)...(.seconds(30 * 86_400))
    package static let approvalLifetimeDefault = Duration.seconds(86_400)

    /// Approves the plan of a refused run: the next run or apply whose plan has exactly its digest is carried out although the
    /// gates refuse it. Once, until it expires.
    ///
    /// - Parameters:
    ///   - number: the run; `nil` for the newest that is no drain.
    ///   - digest: the digest that the approver saw; another one is refused.
    /// - Throws: ``RunError`` `.configuration` for a run that there is not, that was not refused, or whose gates no approval lifts;
    ///   `.planStale` for another digest.
    package func approve(
        run number: Int64?, digest expected: String?, by name: String, lifetime: Duration
    ) throws -> ApprovedPlan {
        precondition(Self.approvalLifetime.contains(lifetime), "the command checks the lifetime")
        let store = try Store(path: database, mode: .readWrite)
        let record = try refusedRun(number, in: store)
        let digest = record.digest ?? ""
        if let expected, expected != digest {
            throw RunError(
                .planStale,
                "run \(record.run) has the digest \(digest), not \(expected); read its diff with 'rollcall runs show "
                    + "\(record.run)' and approve what you read")
        }
        let path = try refuseUnliftable(record)
        guard
            let state = try store.existingConnection(organization: record.organization, connection: record.connection)
        else { throw RunError(.configuration, "the connection of run \(record.run) is not there any more") }
        let now = environment.now()
        let approval = try store.approve(
            state, digest: digest, refusedRun: record.run, by: name, now: now, expiresAt: now + lifetime)
        try store.close()
        return ApprovedPlan(
            run: record, digest: digest, by: name, at: now, expiresAt: approval.expiresAt, planPath: path)
    }

    private func refusedRun(_ number: Int64?, in store: Store) throws -> RunRecord {
        guard let record = try number.map({ try store.run($0) }) ?? store.newestPlannedRun() else {
            throw RunError(
                .configuration,
                number.map { "there is no run \($0); see 'rollcall runs list'" } ?? "there are no runs yet")
        }
        guard record.state == "refused", record.spool != nil else {
            throw RunError(
                .configuration,
                "run \(record.run) is \(record.state), and only a refused run can be approved; see 'rollcall runs list'"
            )
        }
        return record
    }

    /// - Returns: the kept plan's path.
    private func refuseUnliftable(_ record: RunRecord) throws -> String {
        let path = database + "-runs/" + record.spool!
        guard FileManager.default.fileExists(atPath: path) else {
            throw RunError(
                .configuration,
                "\(path): the plan of run \(record.run) is not there any more; run the job again and approve that run")
        }
        let kept = try KeptPlan(PlanFileReader(checking: path))
        var tripped = kept.judged.tripped
        if record.kind == "apply", tripped.isEmpty {
            // The file's own gates had passed: what refused it was found at the apply.
            tripped = [Gates.protected(["an account of the plan"])]
        }
        guard !tripped.isEmpty else {
            throw RunError(
                .configuration,
                "no gate refused run \(record.run): its plan was not the expected one; run the job without --expect, or with the "
                    + "digest of what you read")
        }
        if let why = Gates.refusesApproval(tripped, records: kept.judged.summary.records) {
            throw RunError(.configuration, "run \(record.run) cannot be approved: \(why)")
        }
        return path
    }

    /// Whether a plan may be carried out: no gate refuses it, or somebody approved exactly this plan. The approval is used up here.
    func admit(_ planned: JudgedPlan, leased: Leased, result: inout RunResult) throws -> Bool {
        guard !planned.tripped.isEmpty else { return true }
        let (store, summary, now) = (leased.store, planned.summary, environment.now())
        if Gates.refusesApproval(planned.tripped, records: summary.records) == nil,
            let approval = try store.useApproval(
                leased.lease, digest: summary.digest, run: result.summary.run!, now: now)
        {
            result.summary.approval = approval
            result.tripped = []
            return true
        }
        result.summary.outcome = .refused
        result.summary.approvalNote = try store.newestApproval(leased.state, digest: summary.digest)
            .flatMap { Self.note($0, digest: summary.digest, now: now) }
        if let failures = planned.tripped.first(where: { $0.name == "failures" }), let run = result.summary.run {
            try store.quarantineJob(
                leased.state, job: planned.header.job, run: run, detail: failures.detail, now: now)
        }
        return false
    }

    /// Says of a plan that is only looked at whether somebody approved it already. Nothing is used up.
    func lookUpApproval(of planned: inout JudgedPlan, in store: Store) throws {
        let (summary, header, now) = (planned.summary, planned.header, environment.now())
        guard summary.outcome == .planned, !planned.tripped.isEmpty,
            Gates.refusesApproval(planned.tripped, records: summary.records) == nil,
            let state = try store.existingConnection(
                organization: header.organization, connection: header.connection),
            let approval = try store.newestApproval(state, digest: summary.digest)
        else { return }
        if approval.digest == summary.digest, approval.isGood(at: now) {
            planned.summary.approval = .init(by: approval.by, at: approval.at)
            planned.summary.approvedUntil = approval.expiresAt
        } else {
            planned.summary.approvalNote = Self.note(approval, digest: summary.digest, now: now)
        }
    }

    /// Why an approval does not count for a plan; `nil` where it is long past.
    private static func note(_ approval: StoredApproval, digest: String, now: Instant) -> String? {
        if approval.digest == digest {
            if let run = approval.usedRun {
                return "\(approval.by) approved this plan, and run \(run) used that up; an approval is good once"
            }
            return approval.isGood(at: now)
                ? nil : "the approval of this plan by \(approval.by) expired at \(approval.expiresAt.text)"
        }
        guard approval.isGood(at: now) else { return nil }
        return
            "\(approval.by) approved the plan \(approval.digest), and the plan is different now: read it again, and approve it if "
            + "every change is meant"
    }
}
