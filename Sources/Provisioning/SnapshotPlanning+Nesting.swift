import Reconciliation
import Storage

// Groups within groups, where the connection wants them flattened: a group's account has everybody who is in it or in a group
// within it, and no group is a member. The directory keeps the lists as the source says them.

extension SnapshotPlanning {
    var flattens: Bool { job.rules.policies.nestedGroups == .flatten }

    /// Notes what a row of the plan does to the directory's list of a group.
    func noteList(_ group: Subject, _ member: Subject?, _ write: MemberWrite?) throws {
        guard flattens, let group = group.recordID, let member else { return }
        switch write {
        case .listed, .resolved: try workspace.changeList(of: group, member: member, isListed: true)
        case .unlisted: try workspace.changeList(of: group, member: member, isListed: false)
        default: break
        }
    }

    /// Plans the memberships of every group whose people may have changed: those that this plan touches, and the groups around
    /// them. Each costs the lists within it; what is written is the difference.
    func planFlattened() throws {
        var staged: Set<String> = []
        for group in stagedGroups where !retracted.contains(group.ordinal) {
            staged.insert(group.recordID)
        }
        flatOrdinals = Dictionary(
            stagedGroups.map { ($0.recordID, $0.ordinal) }, uniquingKeysWith: { first, _ in first })
        var rings: Set<[String]> = []
        for group in try groupsAround(staged.union(changedGroups())).sorted() {
            guard let target = try flatTarget(group) else { continue }
            let now = try NestedMembers(of: group) { try direct($0, asPlanned: true) }
            let before = try NestedMembers(of: group) { try direct($0, asPlanned: false) }
            rings.formUnion(now.rings)
            try plan(target, now: now, before: before, isStaged: staged.contains(group))
        }
        for ring in rings.sorted(by: { $0.lexicographicallyPrecedes($1) }) { try tell(ring: ring) }
    }

    /// Groups of this plan beside those whose lists the source gives: they come or go, or somebody in them gets an account.
    private func changedGroups() throws -> Set<String> {
        var changed = returningGroups.union(leavingGroups).union(goneGroups.keys)
        changed.formUnion(try workspace.changedLists())
        for recordID in try workspace.plannedAccounts() {
            changed.formUnion(try groups(listing: recordID))
        }
        return changed
    }

    private func groups(listing recordID: String) throws -> Set<String> {
        var found = Set(try workspace.lists(adding: recordID))
        guard let row = try lookup.hit(recordID: recordID)?.row else { return found }
        for groupRow in try lookup.groupRows(listing: row) {
            if let group = try lookup.hit(row: groupRow) { found.insert(group.recordID) }
        }
        return found
    }

    /// The groups and all groups around them.
    private func groupsAround(_ groups: Set<String>) throws -> Set<String> {
        var found: Set<String> = []
        var waiting = Array(groups)
        while let group = waiting.popLast() {
            guard found.insert(group).inserted else { continue }
            waiting += try self.groups(listing: group).subtracting(found)
        }
        return found
    }

    /// The group's account as it is once the plan is carried out; `nil` where it is not there or disabled.
    private func flatTarget(_ recordID: String) throws -> GroupMembers? {
        guard !leavingGroups.contains(recordID) else { return nil }
        let stored = try lookup.subject(recordID: recordID)
        var subject = try stored.map(Self.subject) ?? newSubject(recordID)
        if subject?.accountID == nil { subject?.accountID = try workspace.plannedAccount(recordID: recordID) }
        let isLive = stored?.account?.active ?? false
        guard let subject, subject.accountID != nil, isLive || returningGroups.contains(recordID) else { return nil }
        var group = GroupMembers(subject: subject, stored: stored, hasLiveAccount: true)
        if let link = stored?.link {
            for (account, record) in try lookup.memberships(groupAccountRow: link.accountRow) {
                group.memberships[account] = .some(record)
            }
        }
        return group
    }

    private func newSubject(_ recordID: String) throws -> Subject? {
        guard let ordinal = flatOrdinals[recordID] else { return nil }
        return try workspace.row(ordinal: ordinal)?.subject
    }

    /// A group's own list, as the directory has it or as this plan leaves it. A group that is gone has nobody.
    private func direct(_ recordID: String, asPlanned: Bool) throws -> NestedMembers.Direct {
        var list = NestedMembers.Direct()
        let stored = try lookup.subject(recordID: recordID)
        if let stored, try isGone(stored, asPlanned: asPlanned) { return list }
        var changes: [String: (member: Subject, isListed: Bool)] = [:]
        if asPlanned {
            for change in try workspace.listChanges(of: recordID) {
                if let id = change.member.recordID { changes[id] = change }
            }
        }
        for entry in try stored.map({ try lookup.members(groupRow: $0.row) }) ?? [] {
            guard let hit = try lookup.hit(row: entry.row) else { continue }
            let change = changes.removeValue(forKey: hit.recordID)
            if change?.isListed ?? !entry.removed { list.add(hit.recordID, hit.kind) }
        }
        for (id, change) in changes where change.isListed { list.add(id, change.member.kind) }
        return list
    }

    private func isGone(_ stored: StoredSubject, asPlanned: Bool) throws -> Bool {
        if asPlanned, let gone = goneGroups[stored.record.id] { return gone }
        if asPlanned, wasSeen(stored.row) { return false }
        return judge.planner.isGone(stored.record)
    }

    private func plan(_ target: GroupMembers, now: NestedMembers, before: NestedMembers, isStaged: Bool) throws {
        var group = target
        var wanted: Set<Int64> = []
        for recordID in now.people.sorted() {
            let hit = try lookup.hit(recordID: recordID)
            if let row = hit?.accountRow {
                wanted.insert(row)
                if group.memberships[row] != nil { continue }
            }
            guard let member = try flatMember(recordID, hit) else { continue }
            // Somebody who was in the lists before and had an account was a member, unless the group was off.
            let wasMember = before.people.contains(recordID) && hit?.accountRow != nil
            let isOff = returningGroups.contains(group.subject.recordID ?? "")
            try put(
                &group, member: member, change: Change(.memberAdd, isDrift: wasMember && !isOff), write: nil,
                reason: "in the group or in a group within it")
        }
        guard !isRestrained else { return }
        for case let (accountRow, record?) in group.memberships.sorted(by: { $0.key < $1.key })
        where !wanted.contains(accountRow) {
            guard let hit = try lookup.hit(row: record) else { continue }
            let wasIn = before.people.contains(hit.recordID)
            guard isStaged || wasIn || hit.kind == .group else { continue }
            try put(
                &group, member: hit.subject, change: Change(.memberRemove, isDrift: !wasIn && hit.kind == .user),
                write: nil, reason: hit.kind == .group ? Self.groupReason : Self.leftReason)
        }
    }

    private func flatMember(_ recordID: String, _ hit: ReferenceHit?) throws -> Subject? {
        var member = try hit?.subject ?? workspace.listedMember(recordID)
        if member?.accountID == nil { member?.accountID = try workspace.plannedAccount(recordID: recordID) }
        return member?.accountID == nil ? nil : member
    }

    static let groupReason = "a group within the group: its people are members, not it"
    static let leftReason = "no longer in the group or in a group within it"

    private func tell(ring: [String]) throws {
        var names: [String] = []
        for id in ring { names.append(try lookup.hit(recordID: id)?.name ?? newSubject(id)?.name ?? id) }
        guard let first = ring.first, let subject = try lookup.hit(recordID: first)?.subject ?? newSubject(first) else {
            return
        }
        notices.append(.ring(subject, names: names))
    }
}

extension NestedMembers.Direct {
    mutating func add(_ recordID: String, _ kind: Kind) {
        if kind == .group { groups.append(recordID) } else { people.append(recordID) }
    }
}

extension Planner {
    /// Whether a record counts as gone for those who depend on it: deleted, or missing beyond the grace period.
    func isGone(_ record: DirectoryRecord) -> Bool {
        record.deletedAt != nil || (record.missingSince != nil && countdown(record) == .over)
    }
}
