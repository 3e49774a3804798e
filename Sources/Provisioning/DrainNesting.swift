import Reconciliation
import Storage

/// The memberships of flattened groups after a batch of pushes: the directory has the new lists already.
struct DrainNesting {
    let lookup: Lookup
    let planner: Planner
    /// Accounts that this batch makes or links, by record id.
    let plannedAccounts: [String: String]
    private(set) var rows: [PlanRow] = []
    private(set) var rings: Set<[String]> = []
    /// Members, by group, whom this batch adds to lists that waited for them.
    private var joining: [String: [Subject]] = [:]

    init(lookup: Lookup, planner: Planner, plannedAccounts: [String: String]) {
        self.lookup = lookup
        self.planner = planner
        self.plannedAccounts = plannedAccounts
    }

    /// Plans the groups and all groups around them.
    ///
    /// - Parameters:
    ///   - groups: record ids of groups whose lists may have changed, or in whose lists somebody gets an account.
    ///   - leaving: record ids of groups whose accounts are disabled in this batch.
    ///   - returning: record ids of groups whose accounts are enabled in this batch.
    ///   - joining: members whom this batch adds to lists, by group.
    mutating func plan(
        _ groups: Set<String>, leaving: Set<String>, returning: Set<String>, joining: [String: [Subject]]
    ) throws {
        self.joining = joining
        var found: Set<String> = []
        var waiting = Array(groups)
        while let group = waiting.popLast() {
            guard found.insert(group).inserted else { continue }
            guard let row = try lookup.hit(recordID: group)?.row else { continue }
            for around in try lookup.formerGroupRows(listing: row) {
                if let hit = try lookup.hit(row: around) { waiting.append(hit.recordID) }
            }
        }
        for group in found.subtracting(leaving).sorted() {
            try plan(group, isReturning: returning.contains(group))
        }
    }

    private mutating func plan(_ recordID: String, isReturning: Bool) throws {
        guard let stored = try lookup.subject(recordID: recordID),
            let accountID = stored.account?.id ?? plannedAccounts[recordID],
            stored.account?.active ?? false || isReturning || stored.account == nil
        else { return }
        let now = try NestedMembers(of: recordID) { try direct($0, withFormer: false) }
        rings.formUnion(now.rings)
        var memberships: [Int64: Int64] = [:]
        if let link = stored.link {
            for case (let account, let record?) in try lookup.memberships(groupAccountRow: link.accountRow) {
                memberships[account] = record
            }
        }
        let subject = Subject(
            kind: .group, anchor: stored.record.anchor, name: stored.record.name, recordID: recordID,
            accountID: accountID)
        try add(now, to: subject, memberships)
        try removeFormer(now, from: subject, memberships)
    }

    private mutating func add(_ now: NestedMembers, to group: Subject, _ memberships: [Int64: Int64]) throws {
        for recordID in now.people.sorted() {
            guard let hit = try lookup.hit(recordID: recordID) else { continue }
            if let row = hit.accountRow, memberships[row] != nil { continue }
            var member = hit.subject
            member.accountID = member.accountID ?? plannedAccounts[recordID]
            guard member.accountID != nil else { continue }
            emit(group, member, Change(.memberAdd), "in the group or in a group within it")
        }
    }

    /// Only who was in one of the lists before can have left it: what the application added by itself is not a push's to take.
    private mutating func removeFormer(
        _ now: NestedMembers, from group: Subject, _ memberships: [Int64: Int64]
    ) throws {
        let former = try NestedMembers(of: group.recordID!) { try direct($0, withFormer: true) }
        for (_, record) in memberships.sorted(by: { $0.key < $1.key }) {
            guard let hit = try lookup.hit(row: record), !now.people.contains(hit.recordID) else { continue }
            guard hit.kind == .group || former.people.contains(hit.recordID) else { continue }
            emit(
                group, hit.subject, Change(.memberRemove),
                hit.kind == .group ? SnapshotPlanning.groupReason : SnapshotPlanning.leftReason)
        }
    }

    /// A group's own list.
    ///
    /// - Parameter withFormer: also those whom a push removed, and the lists of groups that are gone.
    private func direct(_ recordID: String, withFormer: Bool) throws -> NestedMembers.Direct {
        var list = NestedMembers.Direct()
        guard let stored = try lookup.subject(recordID: recordID),
            withFormer || !planner.isGone(stored.record)
        else { return list }
        for entry in try lookup.members(groupRow: stored.row) where withFormer || !entry.removed {
            if let hit = try lookup.hit(row: entry.row) { list.add(hit.recordID, hit.kind) }
        }
        for member in joining[recordID] ?? [] {
            if let id = member.recordID { list.add(id, member.kind) }
        }
        return list
    }

    private mutating func emit(_ group: Subject, _ member: Subject, _ change: Change, _ reason: String) {
        rows.append(
            PlanRow(
                phase: change.changeClass == .memberRemove ? .removeMembers : .addMembers, subject: group,
                situation: .confirmed, reason: reason, changes: [change], member: member))
    }

    /// The groups of each ring, for a person to see.
    func notices() throws -> [Notice] {
        try rings.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { ring in
            guard let first = try ring.first.flatMap({ try lookup.hit(recordID: $0) }) else { return nil }
            let names = try ring.map { try lookup.hit(recordID: $0)?.name ?? $0 }
            return Notice.ring(first.subject, names: names)
        }
    }
}

extension Notice {
    /// Groups that contain each other.
    static func ring(_ subject: Subject, names: [String]) -> Notice {
        Notice(
            subject: subject, situation: .confirmed,
            text: names.count == 1
                ? "the group contains itself" : "these groups contain each other: " + names.joined(separator: ", "),
            reason: "flattened: everybody in one of them is in each")
    }
}
