import Reconciliation
import Storage

// What the source says about members, kept until every record has been read.

extension SnapshotPlanning {
    struct StagedGroup {
        var ordinal: Int
        var recordID: String
        /// The members that are listed, or that a delta adds.
        var positions: Range<Int64>
        /// The members that a delta removes; `nil` for a whole list.
        var removed: Range<Int64>?
    }

    func stage(_ statement: MappedRecord, recordID: String, ordinal: Int) throws {
        if let changes = statement.memberChanges {
            try stage(changes, recordID: recordID, ordinal: ordinal)
        } else if let members = statement.members {
            stagedGroups.append(
                StagedGroup(ordinal: ordinal, recordID: recordID, positions: try stage(members), removed: nil))
        }
    }

    /// Stages what a delta says about single members.
    func stage(_ changes: MemberChanges, recordID: String, ordinal: Int) throws {
        stagedGroups.append(
            StagedGroup(
                ordinal: ordinal, recordID: recordID, positions: try stage(changes.added),
                removed: try stage(changes.removed)))
    }

    private func stage(_ members: [MemberReference]) throws -> Range<Int64> {
        var first: Int64?
        var last: Int64 = 0
        for member in members {
            last = try workspace.stageMember(key: member.key)
            first = first ?? last
        }
        return first.map { $0..<(last + 1) } ?? 0..<0
    }
}
