import Reconciliation
import Storage

/// What was undone and stays so: asked before anything is decided about a record or a membership.
final class UndoHolds {
    private let lookup: Lookup
    /// Read at the first question; most connections hold nothing.
    private var loaded: [[Int64]: Lookup.Hold]?

    init(_ lookup: Lookup) { self.lookup = lookup }

    private func all() throws -> [[Int64]: Lookup.Hold] {
        if let loaded { return loaded }
        let found = try lookup.holds()
        loaded = found
        return found
    }

    /// Holds a decision back whose record is as it was when its effects were undone.
    ///
    /// - Returns: whether it is held; it then changes nothing and says so.
    func hold(_ decision: inout Decision, for question: Question) throws -> Bool {
        guard !decision.changes.isEmpty || decision.link != nil, let stored = question.stored,
            let hold = try all()[[stored.row, 0]], hold.version == question.record.version
        else { return false }
        let classes = decision.changes.map(\.changeClass.rawValue).joined(separator: ", ")
        decision = Decision(
            decision.situation, .report(Self.text(hold, what: classes.isEmpty ? "link" : classes)),
            reason: decision.reason)
        return true
    }

    /// Whether a membership is held about which the source says what it said when it was undone, and the line that tells so.
    ///
    /// - Parameter group: the group's record row; `nil` for a new group.
    func notice(_ change: Change, group: Subject, groupRow: Int64?, member: Subject) throws -> Notice? {
        guard let groupRow, let memberID = member.recordID, try !all().isEmpty,
            let memberRow = try lookup.hit(recordID: memberID)?.row, let hold = try all()[[groupRow, memberRow]],
            hold.version == (change.changeClass == .memberAdd ? 1 : 0)
        else { return nil }
        return Notice(
            subject: group, situation: .confirmed,
            text: Self.text(hold, what: "\(change.changeClass.rawValue) of \(member.name)"),
            reason: "the source has not changed since")
    }

    private static func text(_ hold: Lookup.Hold, what: String) -> String {
        "\(what) waits: undone by run \(hold.run), which took run \(hold.undoes) back; until the source changes, or "
            + "'rollcall runs release \(hold.run)'"
    }
}
