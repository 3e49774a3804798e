import Reconciliation
import Storage

// What only a delta says: who is gone, what changed of somebody, and which members came and went.

extension SnapshotPlanning {
    /// An entry with the name that it does not say. `nil` for an entry that was dealt with: about somebody whom the directory
    /// does not know by name, or one more part of a group's changes.
    ///
    /// Microsoft Graph spreads the changes of a large group over several entries with the group's id.
    func completed(_ statement: MappedRecord) throws -> MappedRecord? {
        if try stageMore(statement) { return nil }
        guard statement.name.isEmpty else { return statement }
        let stored = try statement.anchor.flatMap { try lookup.subject(kind: statement.kind, anchor: $0) }
        guard let stored else {
            try reject(
                Rejection(
                    kind: statement.kind, anchor: statement.anchor, name: nil, code: "unknownRecord",
                    detail:
                        "the delta changes a \(statement.kind.rawValue) whom the directory does not know, and does not say the "
                        + "name; take a full export first", place: statement.place))
            return nil
        }
        var whole = statement
        whole.name = stored.record.name
        return whole
    }

    private func stageMore(_ statement: MappedRecord) throws -> Bool {
        guard let changes = statement.memberChanges, let anchor = statement.anchor,
            let first = ordinal(claiming: anchor, of: statement.kind),
            ![.duplicateSource, .tombstone, .undecided].contains(situations[first])
        else { return false }
        let recordID =
            try workspace.row(ordinal: first)?.subject.recordID
            ?? lookup.subject(kind: statement.kind, anchor: anchor)?.record.id
        guard let recordID else { return false }
        try stage(changes, recordID: recordID, ordinal: first)
        return true
    }

    /// Members that a delta adds and removes; the others stay as they are.
    func plan(_ group: inout GroupMembers, added: [String], removed: [String]) throws {
        for key in added {
            guard let member = try plannedSubject(.source(key: key)), let recordID = member.recordID else {
                deferredMembers += 1
                guard !group.deferred.contains(key) else { continue }
                try emit(
                    &group, member: nil, change: nil, write: .deferred(key: key), reason: "no record answers to it yet")
                continue
            }
            try plan(&group, member: member, hit: try lookup.hit(recordID: recordID), key: key)
        }
        guard !isRestrained else { return }
        for key in removed where !added.contains(key) { try planRemoved(&group, key) }
    }

    private func planRemoved(_ group: inout GroupMembers, _ key: String) throws {
        let reason = "removed in the delta taken at \(takenAt.text)"
        if group.deferred.contains(key) {
            try emit(&group, member: nil, change: nil, write: .undeferred(key: key), reason: reason)
        }
        guard let recordID = try plannedSubject(.source(key: key))?.recordID,
            let hit = try lookup.hit(recordID: recordID)
        else { return }
        let existing = group.existing[hit.row]
        if let pushedAt = existing?.pushedAt, pushedAt > newerThan { return }
        let isMember = hit.accountRow.map { group.memberships[$0] != nil } ?? false
        let removes = isMember && group.hasLiveAccount
        let isListed = existing.map { !$0.removed } ?? false
        guard removes || isListed else { return }
        try emit(
            &group, member: hit.subject, change: removes ? Change(.memberRemove) : nil,
            write: isListed ? .unlisted(recordID: hit.recordID) : nil, reason: reason)
    }

    /// Somebody is gone, whatever else the source is silent about.
    func take(_ removal: Removal) throws {
        let ordinal = nextOrdinal(.ignored, place: removal.place)
        let stored = try lookup.subject(kind: removal.kind, anchor: removal.anchor)
        let firsts = claim(removal.kind, anchor: removal.anchor, name: nil, ordinal: ordinal)
        if !firsts.isEmpty { return try setAside(removal, stored, ordinal: ordinal, firsts: firsts) }
        guard let stored else { return }
        _ = see(stored.row)
        canaries.lose(stored.record)
        var question = Question(
            record: stored.record, stored: stored, presence: .deleted,
            note: "removed in the delta taken at \(takenAt.text)", place: removal.place)
        if let pushedAt = stored.record.pushedAt, pushedAt > newerThan {
            question.superseded = true
        } else if stored.record.deletedAt == nil {
            question.record.deletedAt = takenAt
            question.record.missingSince = nil
            question.record.origin = .snapshot
            question.record.version += 1
        }
        question.record.decidedVersion = question.record.version
        try keep(try judge.judge(question), question, ordinal: ordinal)
        if removal.kind == .group { goneGroups[stored.record.id] = judge.planner.isGone(question.record) }
        if stored.record.deletedAt == nil, stored.record.missingSince == nil, !question.superseded {
            settlement.releaseRecord(stored.record.id, ordinal: ordinal)
        }
    }

    /// A delta that says two things about somebody says nothing.
    private func setAside(_ removal: Removal, _ stored: StoredSubject?, ordinal: Int, firsts: Set<Int>) throws {
        setOrdinal(ordinal, .duplicateSource)
        let name = stored?.record.name
        for first in firsts {
            try setAsideTwin(first, kind: removal.kind, anchor: removal.anchor, name: name, place: removal.place)
        }
        note(
            Self.twice(
                kind: removal.kind, anchor: removal.anchor, name: name ?? "", place: removal.place,
                other: firsts.min().flatMap { places[$0] }))
    }
}
