import Reconciliation

/// What the gates count in a plan, row by row.
struct PlanTally {
    private(set) var counts: [ChangeClass: Int] = [:]
    private(set) var edit = Gates.EditEffect()
    /// People whose attributes would change, each once.
    private(set) var updated = 0

    mutating func add(_ row: PlanRow) {
        for change in row.changes { counts[change.changeClass, default: 0] += 1 }
        guard row.member == nil, !row.changes.isEmpty else { return }
        if row.edit == .enters { edit.enters += 1 }
        if row.edit == .leaves { edit.leaves += 1 }
        let attributes: Set<ChangeClass> = [.update, .rename, .attributeClear]
        if row.subject.kind == .user, row.changes.contains(where: { attributes.contains($0.changeClass) }) {
            updated += 1
        }
    }
}
