import Reconciliation

/// Takes out of a row what may not happen in this run: an import and a partial source take nothing from anybody.
enum Restraint {
    enum Cause { case `import`, partialSource }

    /// - Returns: the line that says what was left out; `nil` when nothing was.
    static func apply(to row: inout PlanRow, because cause: Cause) -> Notice? {
        let left = row.changes.filter(\.changeClass.isDestructive)
        guard !left.isEmpty else { return nil }
        row.changes.removeAll(where: \.changeClass.isDestructive)
        row.phase = SubjectJudge.phase(row.changes, row.subject.kind)
        // The next run has to look again.
        if case .store(let record, let previous, _, let dueAt) = row.record {
            row.record = .store(record, previousVersion: previous, hash: "", dueAt: dueAt)
        }
        let names = left.map(\.changeClass.rawValue).joined(separator: ", ")
        let why = cause == .import ? "an import takes nothing away" : "a partial source takes nothing away"
        return Notice(
            subject: row.subject, situation: row.situation, text: "\(names) left out: \(why)", reason: row.reason)
    }
}
