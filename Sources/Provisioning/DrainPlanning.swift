import Reconciliation
import SCIM
import Storage

/// Makes and carries out the plan of one batch of the queue, inside the transaction that drains it.
final class DrainPlanning {
    let lookup: Lookup
    private let judge: SubjectJudge
    let organization: String
    let connection: String
    let asOf: Instant
    let permission: DrainPermission
    var subjects: [Subjected] = []
    private(set) var planned: Set<Int64> = []
    private var plannedAccounts: [String: String] = [:]
    var memberRows: [PlanRow] = []
    /// Changes that wait for approval instead of being carried out.
    var held: [HeldChange] = []
    /// What gate 4 measured, by its name.
    var readings: [String: GateReading] = [:]
    private var quarantined: [Quarantined] = []
    private var notices: [Notice] = []
    var settlement = NameSettlement()
    private var deferredMembers = 0
    private let flattens: Bool
    private(set) var events: [PlanEvent] = []

    /// One record of the batch with what was decided about it.
    struct Subjected {
        var stored: StoredSubject
        var situation: Situation
        var row: PlanRow?
        var pending: [Judgement.PendingReference]
        var oldName: String?
    }

    init(lookup: Lookup, state: ConnectionState, asOf: Instant, permission: DrainPermission) throws {
        self.lookup = lookup
        self.asOf = asOf
        self.permission = permission
        organization = state.organizationName
        connection = state.connectionName
        flattens = state.rules?.policies.nestedGroups == .flatten
        judge = try SubjectJudge(
            lookup: lookup, connection: state.connectionName, rules: state.rules ?? Rules(), asOf: asOf)
    }

    /// Plans the records; those that hold a name which another one wants, and that wait too, come along.
    func plan(_ rows: [Int64]) throws {
        for row in rows { try take(row) }
        var settled = settlement.settleAccounts(leavers: true)
        while try includeHolders(of: settled.refused) { settled = settlement.settleAccounts(leavers: true) }
        try holdSubjects()
        try settle(settlement.settleAccounts(leavers: true))
        try resolveReferences()
        for subject in subjects { try planMembers(of: subject) }
        if flattens { try planNested() }
        try holdMembers()
    }

    private func take(_ row: Int64) throws {
        guard planned.insert(row).inserted, let stored = try lookup.subject(row: row) else { return }
        // The stored hash says in which groups the record was then, which may have changed: the next snapshot looks again.
        let hash = judge.rules.usedGroups.isEmpty ? stored.hash ?? "" : ""
        let judgement = try judge.judge(Question(standing: stored, hash: hash))
        if let entry = judgement.quarantined { quarantined.append(entry) }
        if let notice = judgement.notice { notices.append(notice) }
        let ordinal = subjects.count
        if let planned = judgement.row {
            settlement.take(judgement, row: planned, ordinal: ordinal)
            if let accountID = planned.link?.accountID { plannedAccounts[stored.record.id] = accountID }
        }
        subjects.append(
            Subjected(
                stored: stored, situation: judgement.decision.situation, row: judgement.row, pending: judgement.pending,
                oldName: judgement.releases == nil ? nil : stored.account?.name))
    }

    /// - Returns: whether the batch grew.
    private func includeHolders(of refused: Set<Int>) throws -> Bool {
        let before = subjects.count
        for claim in settlement.accountClaims where refused.contains(claim.ordinal) {
            guard let owner = try lookup.liveAccounts(kind: .user, nameKey: claim.key).first?.owner,
                owner.connection == connection, let hit = try lookup.hit(recordID: owner.recordID),
                !planned.contains(hit.row), try lookup.isQueued(row: hit.row)
            else { continue }
            try take(hit.row)
        }
        return subjects.count > before
    }

    private func settle(_ settled: NameSettlement.Outcome) throws {
        for claim in settlement.accountClaims where settled.refused.contains(claim.ordinal) {
            refuseAccount(claim.ordinal, situation: .taken, finding: claim.finding())
        }
        for ordinal in settlement.rivals {
            refuseAccount(ordinal, situation: .duplicateSource, finding: NameSettlement.rivalFinding)
        }
        for ordinal in settled.freed where !settled.refused.contains(ordinal) { subjects[ordinal].row?.phase = .free }
    }

    private func refuseAccount(_ ordinal: Int, situation: Situation, finding: Finding) {
        guard var row = subjects[ordinal].row else { return }
        row.dropChanges()
        row.situation = situation
        subjects[ordinal].row = row
        subjects[ordinal].situation = situation
        subjects[ordinal].pending = []
        plannedAccounts[subjects[ordinal].stored.record.id] = nil
        quarantined.append(
            Quarantined(
                kind: row.subject.kind, anchor: row.subject.anchor, name: row.subject.name, situation: situation,
                finding: finding, place: nil, recordID: row.subject.recordID,
                version: subjects[ordinal].stored.record.version,
                attributes: subjects[ordinal].stored.record.attributes.json.object))
    }

    // MARK: References and members

    private func resolveReferences() throws {
        for index in subjects.indices where !subjects[index].pending.isEmpty {
            var waiting: [Judgement.PendingReference] = []
            for pending in subjects[index].pending {
                guard let hit = try judge.hit(pending.reference.target), let accountID = plannedAccounts[hit.recordID]
                else {
                    waiting.append(pending)
                    continue
                }
                let target = SubjectJudge.resolved(hit.subject, accountID: accountID)
                if pending.before != .string(accountID) {
                    subjects[index].row?.add(target.change(path: pending.reference.path, before: pending.before))
                }
            }
            subjects[index].pending = waiting
        }
    }

    private func planMembers(of subject: Subjected) throws {
        if subject.stored.record.kind == .group { try planList(of: subject) }
        guard let accountID = plannedAccounts[subject.stored.record.id] else { return }
        var member = try lookup.hit(row: subject.stored.row)!.subject
        member.accountID = accountID
        for groupRow in try lookup.groupRows(listing: subject.stored.row) where !planned.contains(groupRow) {
            try addWaiting(member, groupRow: groupRow, write: nil)
        }
        guard let reference = subject.stored.record.reference else { return }
        for groupRow in try lookup.groupRows(deferring: reference) where !planned.contains(groupRow) {
            try addWaiting(
                member, groupRow: groupRow, write: .resolved(key: reference, recordID: subject.stored.record.id))
        }
    }

    private func addWaiting(_ member: Subject, groupRow: Int64, write: MemberWrite?) throws {
        guard let group = try lookup.subject(row: groupRow) else { return }
        let adds = group.account?.active ?? false
        guard adds || write != nil else { return }
        let subject = Subject(
            kind: .group, anchor: group.record.anchor, name: group.record.name, recordID: group.record.id,
            accountID: group.account?.id)
        try emit(
            subject, member: member, change: adds ? Change(.memberAdd) : nil, write: write,
            reason: "listed before, and has an account now")
    }

    /// The difference between a group's list and its memberships.
    private func planList(of group: Subjected) throws {
        let record = group.stored.record
        let classes = Set((group.row?.changes ?? []).map(\.changeClass))
        let accountID = plannedAccounts[record.id] ?? group.stored.account?.id
        let isLive =
            classes.contains(.create) || classes.contains(.reactivate) || plannedAccounts[record.id] != nil
            || ((group.stored.account?.active ?? false) && !classes.contains(.groupDisable))
        guard isLive, let accountID else { return }
        var members: Set<Int64> = []
        if let link = group.stored.link {
            members = Set(try lookup.memberships(groupAccountRow: link.accountRow).map(\.accountRow))
        }
        let subject = Subject(
            kind: .group, anchor: record.anchor, name: record.name, recordID: record.id, accountID: accountID)
        for entry in try lookup.members(groupRow: group.stored.row) {
            guard let hit = try lookup.hit(row: entry.row) else { continue }
            try planEntry(entry, hit: hit, subject: subject, members: members)
        }
    }

    private func planEntry(_ entry: Lookup.MemberRow, hit: ReferenceHit, subject: Subject, members: Set<Int64>) throws {
        var member = hit.subject
        member.accountID = member.accountID ?? plannedAccounts[hit.recordID]
        let isMember = hit.accountRow.map(members.contains) ?? false
        if entry.removed {
            if isMember {
                try emit(
                    subject, member: member, change: Change(.memberRemove), write: nil, reason: "removed by a push")
            }
        } else if member.accountID == nil {
            deferredMembers += 1
        } else if !isMember {
            try emit(subject, member: member, change: Change(.memberAdd), write: nil, reason: "listed by the source")
        }
    }

    /// Where groups are flattened: the memberships of every group whose people may have changed.
    private func planNested() throws {
        var nesting = DrainNesting(lookup: lookup, planner: judge.planner, plannedAccounts: plannedAccounts)
        var groups: Set<String> = []
        var leaving: Set<String> = []
        var returning: Set<String> = []
        for subject in subjects {
            let record = subject.stored.record
            let classes = Set((subject.row?.changes ?? []).map(\.changeClass))
            if record.kind == .group {
                groups.insert(record.id)
                if classes.contains(.groupDisable) { leaving.insert(record.id) }
                if !classes.isDisjoint(with: [.create, .restore, .reactivate]) { returning.insert(record.id) }
            } else if plannedAccounts[record.id] != nil {
                for row in try lookup.groupRows(listing: subject.stored.row) {
                    if let hit = try lookup.hit(row: row) { groups.insert(hit.recordID) }
                }
            }
        }
        // Keys that a record of this batch answers to now.
        for row in memberRows { if let id = row.subject.recordID { groups.insert(id) } }
        try nesting.plan(groups, leaving: leaving, returning: returning, joining: joining)
        memberRows += nesting.rows
        notices += try nesting.notices()
    }

    /// Whom this batch adds to lists that waited for them: the directory does not list them yet.
    private var joining: [String: [Subject]] {
        var joining: [String: [Subject]] = [:]
        for row in memberRows {
            guard case .resolved = row.memberWrite, let group = row.subject.recordID, let member = row.member else {
                continue
            }
            joining[group, default: []].append(member)
        }
        return joining
    }

    private func emit(
        _ group: Subject, member: Subject, change: Change?, write: MemberWrite?, reason: String
    ) throws {
        let change = flattens ? nil : change
        if change == nil && write == nil { return }
        if let change, write == nil, let groupRow = try group.recordID.flatMap(lookup.hit(recordID:))?.row,
            let notice = try judge.holds.notice(change, group: group, groupRow: groupRow, member: member)
        {
            return notices.append(notice)
        }
        memberRows.append(
            PlanRow(
                phase: change?.changeClass == .memberRemove ? .removeMembers : .addMembers, subject: group,
                situation: .confirmed, reason: reason, changes: change.map { [$0] } ?? [], member: member,
                memberWrite: write))
    }

    // MARK: Carrying out

    /// Writes the batch, and tells what it was.
    func apply(_ writer: inout RowWriter) throws -> PlanSummary {
        let rows = subjects.compactMap(\.row).sorted { $0.phase < $1.phase }
        if let stale = try writer.park(rows.filter { $0.phase == .free }) {
            preconditionFailure("a row changed inside its own transaction: \(stale)")
        }
        var digest = PlanDigest(organization: organization, connection: connection)
        var summary = PlanSummary(coverage: "the records that were pushed")
        for row in rows.filter({ $0.phase < .addMembers }) + memberRows + rows.filter({ $0.phase >= .addMembers }) {
            let result = try writer.apply(row)
            if case .stale(let why) = result { preconditionFailure("a row changed inside its own transaction: \(why)") }
            digest.add(row)
            for change in row.changes { summary.counts[change.changeClass, default: 0] += 1 }
            events.append(.row(row))
        }
        for subject in subjects {
            summary.situations[subject.situation, default: 0] += 1
            let stored = subject.stored
            if subject.row?.record == nil {
                let isChanged = subject.row.map { !$0.changes.isEmpty } ?? false
                try writer.decided(
                    stored.row, version: stored.record.version,
                    situation: isChanged ? subject.situation.afterwards : subject.situation)
            }
            try writer.deferReferences(subject.pending.map(\.reference.target), of: stored.row)
            if let name = subject.oldName { try writer.wakeWaiting(forName: name) }
        }
        for entry in quarantined { try writer.quarantine(entry) }
        for change in held { try writer.hold(change) }
        events += notices.map(PlanEvent.notice) + quarantined.map(PlanEvent.quarantined)
        summary.quarantined = quarantined.count
        summary.deferredMembers = deferredMembers
        summary.digest = digest.finalize()
        summary.outcome = .applied
        summary.run = writer.run
        return summary
    }
}
