import Reconciliation
import Storage

/// A group and its member list as the source gives it, beside what the directory and the account store have.
struct GroupMembers {
    var subject: Subject
    var stored: StoredSubject?
    /// Whether the group's account is there and active once the plan is carried out.
    var hasLiveAccount: Bool
    var existing: [Int64: Lookup.MemberRow] = [:]
    var deferred: Set<String> = []
    /// Accounts that are members now, by account row, with the record of this connection that owns each.
    var memberships: [Int64: Int64?] = [:]
    var wroteDirectory = false
    /// A run that takes nothing away left something that the source does not list any more.
    var leavesOut = false
    var removed = 0
}

extension SnapshotPlanning {
    /// Plans memberships: of each group whose list the source gives, by difference; and of people who get their account in
    /// this plan and have been waiting in the list of a group that did not change.
    func planMembers() throws {
        var stagedRows: Set<Int64> = []
        for staged in stagedGroups where !retracted.contains(staged.ordinal) {
            var group = try members(of: staged)
            if let row = group.stored?.row {
                // A push that gave the whole list after this snapshot was taken is the newer word about everybody in it.
                if let replaced = try lookup.membersReplacedAt(groupRow: row), replaced > newerThan { continue }
                if staged.removed == nil { stagedRows.insert(row) }
            }
            let keys = try workspace.stagedMembers(staged.positions)
            if let removed = staged.removed {
                try plan(&group, added: keys, removed: try workspace.stagedMembers(removed))
            } else {
                try plan(&group, listed: keys)
            }
            if group.wroteDirectory || group.leavesOut { try writeGroup(staged, group) }
        }
        for recordID in returningGroups.sorted() {
            guard let stored = try lookup.subject(recordID: recordID), stagedRows.insert(stored.row).inserted else {
                continue
            }
            try planReturning(stored)
        }
        try planWaitingMembers(except: stagedRows)
        if flattens { try planFlattened() }
        for (groupRow, recordID) in try lookup.membersWithoutAccount() where !stagedRows.contains(groupRow) {
            if try workspace.plannedAccount(recordID: recordID) == nil { deferredMembers += 1 }
        }
    }

    private func members(of staged: StagedGroup) throws -> GroupMembers {
        let row = try workspace.row(ordinal: staged.ordinal)
        let stored = try lookup.subject(recordID: staged.recordID)
        let subject =
            row?.subject ?? stored.map(Self.subject)
            ?? Subject(
                kind: .group, anchor: nil, name: "", recordID: staged.recordID, accountID: nil)
        let classes = Set((row?.changes ?? []).map(\.changeClass))
        let isLive =
            classes.contains(.create) || classes.contains(.reactivate) || classes.contains(.restore)
            || ((stored?.account?.active ?? (row?.link != nil)) && !classes.contains(.groupDisable))
        var group = GroupMembers(subject: subject, stored: stored, hasLiveAccount: isLive && subject.accountID != nil)
        guard let stored else { return group }
        for member in try lookup.members(groupRow: stored.row) { group.existing[member.row] = member }
        group.deferred = Set(
            try lookup.deferredMembers(groupRow: stored.row).filter { $0.space == "source" }.map(\.key))
        if let link = stored.link {
            for (account, record) in try lookup.memberships(groupAccountRow: link.accountRow) {
                group.memberships[account] = .some(record)
            }
        }
        return group
    }

    static func subject(_ stored: StoredSubject) -> Subject {
        Subject(
            kind: stored.record.kind, anchor: stored.record.anchor, name: stored.record.name,
            recordID: stored.record.id, accountID: stored.account?.id)
    }

    private func plan(_ group: inout GroupMembers, listed keys: [String]) throws {
        var listedRows: Set<Int64> = []
        var listedRecords: Set<String> = []
        var unresolved: Set<String> = []
        for key in keys {
            guard let member = try plannedSubject(.source(key: key)), let recordID = member.recordID else {
                unresolved.insert(key)
                continue
            }
            guard listedRecords.insert(recordID).inserted else { continue }
            let hit = try lookup.hit(recordID: recordID)
            if let row = hit?.row { listedRows.insert(row) }
            try plan(&group, member: member, hit: hit, key: key)
        }
        for key in unresolved.subtracting(group.deferred).sorted() {
            try emit(
                &group, member: nil, change: nil, write: .deferred(key: key), reason: "no record answers to it yet")
        }
        deferredMembers += unresolved.count
        if isRestrained {
            // What is left out has to be looked at again by the next run.
            group.leavesOut =
                !group.deferred.isSubset(of: keys)
                || group.existing.values.contains { !listedRows.contains($0.row) && !$0.removed }
            return
        }
        for key in group.deferred.subtracting(keys).sorted() {
            try emit(&group, member: nil, change: nil, write: .undeferred(key: key), reason: "no longer listed")
        }
        try planUnlisted(&group, listed: listedRows)
    }

    /// A member that the source lists.
    func plan(_ group: inout GroupMembers, member: Subject, hit: ReferenceHit?, key: String) throws {
        let existing = hit.flatMap { group.existing[$0.row] }
        if let existing, existing.removed, let pushedAt = existing.pushedAt, pushedAt > newerThan { return }
        var write: MemberWrite?
        if group.deferred.contains(key) {
            write = .resolved(key: key, recordID: member.recordID!)
        } else if existing?.removed ?? true {
            write = .listed(recordID: member.recordID!)
        }
        if member.accountID == nil { deferredMembers += 1 }
        let isMember = hit?.accountRow.map { group.memberships[$0] != nil } ?? false
        let adds = group.hasLiveAccount && member.accountID != nil && !isMember
        guard write != nil || adds else { return }
        let isDrift = adds && write == nil && existing != nil && hit?.accountID != nil
        try emit(
            &group, member: member, change: adds ? Change(.memberAdd, isDrift: isDrift) : nil, write: write,
            reason: adds && write == nil && !isDrift ? "listed before, and has an account now" : "listed by the source")
    }

    /// Members that the source does not list any more, and memberships of ours that it never listed.
    private func planUnlisted(_ group: inout GroupMembers, listed: Set<Int64>) throws {
        let reason = "no longer listed in the snapshot taken at \(takenAt.text)"
        var handled = listed
        for member in group.existing.values.sorted(by: { $0.row < $1.row }) where !listed.contains(member.row) {
            handled.insert(member.row)
            if let pushedAt = member.pushedAt, pushedAt > newerThan { continue }
            guard let hit = try lookup.hit(row: member.row) else { continue }
            let isMember = hit.accountRow.map { group.memberships[$0] != nil } ?? false
            let removes = isMember && group.hasLiveAccount
            guard removes || !member.removed else { continue }
            try emit(
                &group, member: hit.subject, change: removes ? Change(.memberRemove) : nil,
                write: .unlisted(recordID: hit.recordID), reason: reason)
        }
        guard group.hasLiveAccount else { return }
        for case let (_, record?) in group.memberships.sorted(by: { $0.key < $1.key }) where !handled.contains(record) {
            guard let hit = try lookup.hit(row: record) else { continue }
            try emit(
                &group, member: hit.subject, change: Change(.memberRemove, isDrift: true), write: nil,
                reason: "the source does not list it; it was added here (drift)")
        }
    }

    func emit(
        _ group: inout GroupMembers, member: Subject?, change: Change?, write: MemberWrite?, reason: String
    ) throws {
        if flattens {
            // The lists alone; who is a member of the account is planned when all of them are known.
            try noteList(group.subject, member, write)
            guard write != nil else { return }
            return try put(&group, member: member, change: nil, write: write, reason: reason)
        }
        // A delta does not give whole lists: what it says about a member comes before what the directory's list says.
        if job.source.kind == .delta, change != nil, let member = member?.recordID, let record = group.subject.recordID,
            !deltaMembers.insert([record, member]).inserted
        {
            return
        }
        try put(&group, member: member, change: change, write: write, reason: reason)
    }

    func put(
        _ group: inout GroupMembers, member: Subject?, change: Change?, write: MemberWrite?, reason: String
    ) throws {
        if let change, let member, write == nil,
            let notice = try judge.holds.notice(
                change, group: group.subject, groupRow: group.stored?.row, member: member)
        {
            return add(notice)
        }
        if write != nil { group.wroteDirectory = true }
        if change?.changeClass == .memberRemove { group.removed += 1 }
        let row = PlanRow(
            phase: change?.changeClass == .memberRemove ? .removeMembers : change == nil ? .memberLists : .addMembers,
            subject: group.subject, situation: .confirmed, reason: reason, changes: change.map { [$0] } ?? [],
            member: member, memberWrite: write)
        try workspace.put(row, ordinal: nextMemberOrdinal())
        if change?.changeClass == .memberRemove {
            groupLosses[
                group.subject.accountID ?? "",
                default: GroupLoss(name: group.subject.name, size: group.memberships.count)
            ]
            .removed += 1
        }
    }

    /// A group whose list changed has a new version, as it has after a push; one whose list was not taken over whole is read
    /// again by the next run. One that was pushed after the snapshot keeps its version: what was pushed waits for the drain,
    /// which this must not count as decided.
    private func writeGroup(_ staged: StagedGroup, _ group: GroupMembers) throws {
        guard let stored = group.stored, situations[staged.ordinal] != .superseded else { return }
        var row =
            try workspace.row(ordinal: staged.ordinal)
            ?? PlanRow(
                phase: .bookkeeping, subject: group.subject, situation: .confirmed, reason: "its member list changed",
                changes: [], accountVersion: stored.account?.version)
        var record = stored.record
        var hash = ""
        var dueAt: Instant?
        if case .store(let planned, _, let plannedHash, let plannedDueAt) = row.record {
            (record, hash, dueAt) = (planned, plannedHash, plannedDueAt)
        }
        if group.wroteDirectory, record.version == stored.record.version { record.version += 1 }
        if group.leavesOut { hash = "" }
        record.decidedVersion = record.version
        row.record = .store(record, previousVersion: stored.record.version, hash: hash, dueAt: dueAt)
        try workspace.put(row, ordinal: staged.ordinal)
    }

    /// People who get their account in this plan and stand in lists that the source did not bring again.
    private func planWaitingMembers(except staged: Set<Int64>) throws {
        for recordID in try workspace.plannedAccounts() {
            guard let hit = try lookup.hit(recordID: recordID) else { continue }
            var member = hit.subject
            member.accountID = try workspace.plannedAccount(recordID: recordID)
            for groupRow in try lookup.groupRows(listing: hit.row) where !staged.contains(groupRow) {
                try planWaiting(member, hit: hit, groupRow: groupRow, write: nil)
            }
        }
        guard try lookup.hasDeferredMembers() else { return }
        for reference in try workspace.newReferences() {
            guard let member = try plannedSubject(.source(key: reference)), let recordID = member.recordID else {
                continue
            }
            for groupRow in try lookup.groupRows(deferring: reference) where !staged.contains(groupRow) {
                try planWaiting(
                    member, hit: nil, groupRow: groupRow, write: .resolved(key: reference, recordID: recordID))
            }
        }
    }

    /// A group that returns without a list: who got an account meanwhile is still in the one that the directory has.
    private func planReturning(_ stored: StoredSubject) throws {
        var group = GroupMembers(subject: Self.subject(stored), stored: stored, hasLiveAccount: true)
        // A restored group gets its account in this plan.
        if group.subject.accountID == nil {
            group.subject.accountID = try workspace.plannedAccount(recordID: stored.record.id)
        }
        let members =
            try stored.link.map { try lookup.memberships(groupAccountRow: $0.accountRow).map(\.accountRow) } ?? []
        for entry in try lookup.members(groupRow: stored.row) where !entry.removed {
            guard let hit = try lookup.hit(row: entry.row), !(hit.accountRow.map(members.contains) ?? false) else {
                continue
            }
            var member = hit.subject
            if member.accountID == nil { member.accountID = try workspace.plannedAccount(recordID: hit.recordID) }
            guard member.accountID != nil else { continue }
            try emit(
                &group, member: member, change: Change(.memberAdd), write: nil,
                reason: "listed before, and has an account now")
        }
        try planResolved(&group, stored: stored)
    }

    /// Those of its list whom no record answered to before, and one does now.
    private func planResolved(_ group: inout GroupMembers, stored: StoredSubject) throws {
        for entry in try lookup.deferredMembers(groupRow: stored.row) where entry.space == "source" {
            guard let member = try plannedSubject(.source(key: entry.key)), let recordID = member.recordID else {
                continue
            }
            try emit(
                &group, member: member, change: member.accountID == nil ? nil : Change(.memberAdd),
                write: .resolved(key: entry.key, recordID: recordID), reason: "listed before, and has an account now")
        }
    }

    private func planWaiting(_ member: Subject, hit: ReferenceHit?, groupRow: Int64, write: MemberWrite?) throws {
        guard let stored = try lookup.subject(row: groupRow) else { return }
        var adds =
            member.accountID != nil && (stored.account?.active ?? false)
            && !leavingGroups.contains(stored.record.id)
        if adds, let link = stored.link, let accountRow = hit?.accountRow {
            adds = try !lookup.isMember(groupAccountRow: link.accountRow, memberAccountRow: accountRow)
        }
        guard adds || write != nil else { return }
        var group = GroupMembers(subject: Self.subject(stored), stored: stored, hasLiveAccount: adds)
        try emit(
            &group, member: member, change: adds ? Change(.memberAdd) : nil, write: write,
            reason: "listed before, and has an account now")
    }
}

/// What one group loses, for gate 4.
struct GroupLoss {
    var name: String
    var size: Int
    var removed = 0
}
