import Reconciliation
import Storage

extension Drainer {
    /// Tells who is held, and since when.
    ///
    /// - Parameter since: only what is held since then; `nil` for everything.
    /// - Returns: all that is held, told or not; `nil` where nothing is.
    func tellHeld(
        _ state: ConnectionState, since: Instant?, report: (PlanEvent) throws -> Void
    ) throws -> PlanSummary.Held? {
        let (changes, told) = try store.looking(state) { lookup -> ([HeldChange], [Notice]) in
            let changes = try lookup.heldChanges()
            let told = changes.filter { change in since.map { change.heldAt >= $0 } ?? true }
            return (changes, try told.compactMap { try Self.notice($0, lookup) })
        }
        for notice in told { try report(.notice(notice)) }
        return changes.isEmpty ? nil : .init(count: changes.count, digest: HeldChange.digest(of: changes))
    }

    private static func notice(_ change: HeldChange, _ lookup: Lookup) throws -> Notice? {
        guard let stored = try lookup.subject(row: change.recordRow) else { return nil }
        let member = change.memberRow == 0 ? nil : try lookup.hit(row: change.memberRow)?.name
        let record = stored.record
        return Notice(
            subject: Subject(
                kind: record.kind, anchor: record.anchor, name: record.name,
                displayName: record.kind == .user ? record.attributes["displayName"]?.string : nil,
                recordID: record.id, accountID: stored.account?.id),
            situation: stored.situation ?? .confirmed,
            text: "\(change.changeClass.rawValue)\(member.map { " of " + $0 } ?? "") held for approval since "
                + change.heldAt.text,
            reason: change.reason)
    }

    /// Carries out exactly the held changes that somebody approved, each as its record is now: a record that was pushed again since
    /// is decided as any other, which cancels what no longer holds.
    ///
    /// - Parameters:
    ///   - digest: of the whole set that is held.
    ///   - name: who approves.
    /// - Throws: ``RunError`` `.planStale` where another set is held by now.
    package func approve(
        _ state: ConnectionState, digest: String, by name: String, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let header = header(of: state, job: Self.approvedJob)
        let now = header.asOf
        let batch = try store.draining(state, now: now, job: Self.approvedJob) { lookup, run in
            let held = try lookup.heldChanges()
            try Self.refuse(held, unless: digest)
            let planning = try DrainPlanning(
                lookup: lookup, state: state, asOf: now,
                permission: DrainPermission(
                    limits: state.gates ?? GateLimits(), approved: Set(held.map(\.digest))))
            try planning.plan(held.map(\.recordRow))
            var writer = try run.writer()
            var summary = try planning.apply(&writer)
            try writer.used(approvalOf: digest, by: name)
            try writer.finish()
            summary.approval = .init(by: name, at: now)
            try run.add(summary, to: writer.run)
            return Batch(events: planning.events, summary: summary, readings: planning.readings)
        }
        try report(.header(header))
        for event in batch.events { try report(event) }
        var result = RunResult(header: header, summary: batch.summary)
        result.summary.held = try tellHeld(state, since: nil, report: report)
        result.held = result.summary.held?.count ?? 0
        for (_, reading) in batch.readings.sorted(by: { $0.key < $1.key }) { try report(.gate(reading)) }
        try report(.summary(result.summary))
        return result
    }

    /// The job's name of runs that carry out what somebody approved; the limits do not count them.
    static let approvedJob = "queue approve"

    private static func refuse(_ held: [HeldChange], unless digest: String) throws {
        guard !held.isEmpty else {
            throw RunError(.planStale, "nothing is held any more: it was approved, discarded or superseded by a push")
        }
        let current = HeldChange.digest(of: held)
        guard current == digest else {
            throw RunError(
                .planStale,
                "what is held now has the digest \(current), not \(digest): something was held or cancelled since; read it again "
                    + "with 'rollcall queue list'")
        }
    }
}
