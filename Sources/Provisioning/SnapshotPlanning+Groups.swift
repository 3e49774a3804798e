import Reconciliation
import SCIM
import Snapshots
import Storage

// Filters that ask for memberships need all groups before the first person is judged, and exports give people first. So the
// groups are read first, by a reader of their own, and laid over what the directory has, as the plan itself will do it.

extension SnapshotPlanning {
    /// The groups that verdicts of this plan ask for.
    private var usedGroups: [String] {
        Set(job.rules.usedGroups + alsoUsedGroups + (editedRules?.judge.rules.usedGroups ?? [])).sorted()
    }

    /// Reads the source's groups, where rules name groups; to be called before anybody is judged.
    func readGroups() throws {
        let used = usedGroups
        guard !used.isEmpty else { return }
        var forecast = GroupForecast(try lookup.directoryGroups(), newerThan: newerThan, keepsUnlisted: isRestrained)
        if let groups = try reader.groupsAlone() {
            var unreadable = false
            while let element = try groups.next() {
                guard element.kind == .group else { continue }
                switch try element.map() {
                case .record(let statement): forecast.take(statement)
                case .removed(let removal): forecast.remove(removal.anchor)
                case .rejected(let rejection):
                    if let anchor = rejection.anchor { forecast.see(anchor) } else { unreadable = true }
                }
            }
            forecast.endsWhole = try isWhole(groups, unreadable: unreadable)
        }
        let closures = try forecast.closures(lookup, used: used)
        groupsBefore = closures.before
        judge.groups = .snapshot(closures.after)
        editedRules?.judge.groups = judge.groups
        let named = Set(job.rules.usedGroups)
        for name in closures.after.unknown where named.contains(name) { notices.append(.unknownGroup(name)) }
    }

    /// The hash under which an element is remembered; empty for one that is always looked at.
    func mixed(_ hash: String, with memberships: Memberships) -> String {
        ElementHash(hex: hash)?.mixed(with: memberships).hex ?? ""
    }

    /// Whether groups that the source does not name are gone.
    private func isWhole(_ groups: SnapshotReader, unreadable: Bool) throws -> Bool {
        let verdict = try groups.finish()
        guard !isRestrained, let completeness = verdict.completeness[.group] else { return false }
        return try Coverage.judge(
            kind: .group, completeness: completeness, count: verdict.counts[.group] ?? 0, job: job,
            accepted: accepted[.group], unreadable: unreadable) == .complete
    }

    /// Judges those whom the source does not name and whose memberships it changes: a file of groups alone says something
    /// about people too.
    func planRegrouped() throws {
        guard let groupsBefore, case .snapshot(let after) = judge.groups else { return }
        var regrouped: [Int64] = []
        try lookup.forEachPresentRecord { row, key in
            guard !wasSeen(row), groupsBefore.memberships(row: row, key: key) != after.memberships(row: row, key: key)
            else { return }
            regrouped.append(row)
        }
        for row in regrouped {
            guard let stored = try lookup.subject(row: row) else { continue }
            // Who is absent from a whole snapshot has been judged by that already.
            let isNewer = stored.record.pushedAt.map { $0 > newerThan } ?? false
            guard coverage[stored.record.kind] != .complete || isNewer else { continue }
            try judgeRegrouped(stored)
        }
    }
}

extension Notice {
    /// A group that the rules name and the directory does not have: nobody is in it.
    static func unknownGroup(_ name: String) -> Notice {
        Notice(
            subject: Subject(kind: .group, anchor: nil, name: name, recordID: nil, accountID: nil), situation: .absent,
            text: "no group is called \(name): for everybody the answer is that they are not in it",
            reason: "the filter or the mapping asks for it; check the spelling, or name the group by its id")
    }
}

extension ElementHash {
    /// The hash of an element and of the memberships of whom it is about; mixing the same memberships in again gives the
    /// element's own. So a person whose groups changed is not recognised as unchanged.
    func mixed(with memberships: Memberships) -> ElementHash {
        guard !memberships.isEmpty else { return self }
        let other = ElementHash(hex: String(PlanDigest.sha256(memberships.canonicalText).prefix(32)))!
        return ElementHash(high: high ^ other.high, low: low ^ other.low)
    }
}

/// The directory's groups as they are, and as they will be when a snapshot is carried out: the rules of
/// ``SnapshotPlanning/planMembers()`` in short.
struct GroupForecast {
    private let groups: [DirectoryGroup]
    private let newerThan: Instant
    /// A run that takes nothing away leaves members who are no longer listed.
    private let keepsUnlisted: Bool
    /// Groups that the source does not name are gone.
    var endsWhole = false

    private var byAnchor: [Anchor: Int] = [:]
    private var byName: [String: [Int]] = [:]
    private var stated: [Statement] = []
    private var firstOfAnchor: [Anchor: Int] = [:]
    private var firstOfGroup: [Int: Int] = [:]
    /// Groups of the directory that the source names, whether or not its word counts.
    private var seen: Set<Int> = []
    /// Groups of the directory that a delta says are gone.
    private var removed: Set<Int> = []

    private struct Statement {
        var name: String
        var anchor: Anchor?
        var key: String?
        var members: [String]?
        /// What a delta says of single members.
        var changes: MemberChanges?
        /// Its place among the directory's groups.
        var known: Int?
        /// Another statement claims the same group: then it is nobody's.
        var isTwice = false
    }

    init(_ groups: [DirectoryGroup], newerThan: Instant, keepsUnlisted: Bool) {
        self.groups = groups
        self.newerThan = newerThan
        self.keepsUnlisted = keepsUnlisted
        for (index, group) in groups.enumerated() {
            if let anchor = group.name.anchor {
                byAnchor[Anchor(anchor)] = index
            } else {
                byName[KeyFolding.fold(group.name.name), default: []].append(index)
            }
        }
    }

    mutating func see(_ anchor: Anchor) {
        if let known = byAnchor[anchor] { seen.insert(known) }
    }

    mutating func remove(_ anchor: Anchor) {
        if let known = byAnchor[anchor] { removed.insert(known) }
    }

    mutating func take(_ statement: MappedRecord) {
        let named = byName[KeyFolding.fold(statement.name)] ?? []
        let known = statement.anchor.flatMap { byAnchor[$0] } ?? (named.count == 1 ? named[0] : nil)
        var taken = Statement(
            name: statement.name, anchor: statement.anchor, key: statement.reference,
            members: statement.members.map { $0.map(\.key) }, changes: statement.memberChanges, known: known)
        for first in [statement.anchor.flatMap { firstOfAnchor[$0] }, known.flatMap { firstOfGroup[$0] }].compactMap({
            $0
        }) {
            stated[first].isTwice = true
            taken.isTwice = true
        }
        if let anchor = statement.anchor, firstOfAnchor[anchor] == nil { firstOfAnchor[anchor] = stated.count }
        if let known {
            seen.insert(known)
            if firstOfGroup[known] == nil { firstOfGroup[known] = stated.count }
        }
        stated.append(taken)
    }

    // MARK: Laying one over the other

    /// What becomes of a group's list.
    private enum List { case kept, replaced, gone }

    private func isNewer(_ instant: Instant?) -> Bool { instant.map { $0 > newerThan } ?? false }

    func closures(_ lookup: Lookup, used: [String]) throws -> (before: GroupClosure, after: GroupClosure) {
        var before = GroupClosure.Builder()
        var after = GroupClosure.Builder()
        var numbers: [Int64: (before: Int?, after: Int?, list: List)] = [:]
        let statements = Dictionary(
            stated.filter { !$0.isTwice && $0.known != nil }.map { ($0.known!, $0) },
            uniquingKeysWith: { first, _ in first })
        for (index, group) in groups.enumerated() {
            let old = group.isPresent ? before.add(group.name, row: group.row, key: group.reference) : nil
            let statement = statements[index]
            let isNewer = self.isNewer(group.pushedAt)
            // What is gone returns when it is stated, unless a push that is newer deleted it.
            let isGone =
                group.isPresent
                ? statement == nil && (removed.contains(index) || endsWhole && !seen.contains(index)) && !isNewer
                : statement == nil || isNewer
            var new: Int?
            if !isGone {
                var name = group.name
                if let statement, !isNewer { name.name = statement.name }
                name.anchor = name.anchor ?? statement?.anchor?.value
                new = after.add(name, row: group.row, key: statement?.key ?? group.reference)
            }
            let isReplaced = statement?.members != nil && !self.isNewer(group.membersReplacedAt)
            numbers[group.row] = (old, new, isGone ? .gone : isReplaced ? .replaced : .kept)
            if let new, isReplaced { for key in statement!.members! { after.add(memberKey: key, to: new) } }
            if let new, let changes = statement?.changes {
                for member in changes.removed { after.exclude(memberKey: member.key, from: new) }
                for member in changes.added { after.add(memberKey: member.key, to: new) }
            }
        }
        for statement in stated where statement.known == nil && !statement.isTwice {
            let name = GroupName(id: nil, anchor: statement.anchor?.value, name: statement.name)
            let new = after.add(name, row: nil, key: statement.key)
            for key in statement.members ?? statement.changes?.added.map(\.key) ?? [] {
                after.add(memberKey: key, to: new)
            }
        }
        try lookup.forEachMembership { groupRow, memberRow, key, removed, pushedAt in
            guard let (old, new, list) = numbers[groupRow] else { return }
            if let old, !removed { before.add(memberRow: memberRow, to: old) }
            guard let new else { return }
            if list == .kept || keepsUnlisted || isNewer(pushedAt) {
                if !removed { after.add(memberRow: memberRow, to: new) }
            }
            if list == .replaced, removed, isNewer(pushedAt), let key { after.exclude(memberKey: key, from: new) }
        }
        try lookup.forEachDeferredMembership { groupRow, key in
            guard let (old, new, list) = numbers[groupRow] else { return }
            if let old { before.add(memberKey: key, to: old) }
            if let new, list == .kept || keepsUnlisted { after.add(memberKey: key, to: new) }
        }
        return (before.closure(used: used), after.closure(used: used))
    }
}
