import Reconciliation
import Storage

/// What a plan file says about itself.
struct KeptPlan {
    private let plan: PlanFileReader
    let header: PlanHeader
    private let summary: PlanSummary
    private let readings: [GateReading]
    private let quarantined: [Quarantined]

    init(_ plan: PlanFileReader) throws {
        self.plan = plan
        var header: PlanHeader?
        var summary: PlanSummary?
        var readings: [GateReading] = []
        var quarantined: [Quarantined] = []
        try plan.forEachEvent { event in
            switch event {
            case .header(let found): header = found
            case .summary(let found): summary = found
            case .gate(let reading): readings.append(reading)
            case .quarantined(let entry): quarantined.append(entry)
            case .row, .notice: break
            }
        }
        guard let header, let summary else { throw PlanFileReader.damaged(plan.path, "it has no header or no summary") }
        self.header = header
        self.summary = summary
        self.readings = readings
        self.quarantined = quarantined
    }

    var judged: JudgedPlan {
        JudgedPlan(
            header: header, summary: summary, readings: readings, quarantined: quarantined,
            acceptedCounts: summary.completeness?.word == "partial" ? [:] : summary.records)
    }

    func refuseOlder(than state: ConnectionState) throws {
        guard let takenAt = header.takenAt, let accepted = state.acceptedTakenAt, takenAt < accepted else { return }
        throw RunError(
            .planStale,
            "\(plan.path): its snapshot was taken at \(takenAt.text), before the last accepted one of \(accepted.text); plan again"
        )
    }

    /// Names of protected accounts from which the plan would take something (gate 7): they may have been protected after
    /// the plan was made.
    func protectedVictims(in store: Store, state: ConnectionState) throws -> [String] {
        var victims: [String] = []
        var candidates: [(id: String, name: String)] = []
        try plan.forEachEvent { event in
            guard case .row(let row) = event, let accountID = row.subject.accountID else { return }
            let takes = row.changes.contains { $0.changeClass.isDestructive || $0.changeClass == .rename }
            if takes && row.member == nil { candidates.append((accountID, row.subject.name)) }
        }
        let protected = try store.protectedAccounts(organization: state.organization)
        for candidate in candidates where protected.contains(candidate.id) { victims.append(candidate.name) }
        return victims
    }
}
