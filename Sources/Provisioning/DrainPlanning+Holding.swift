import Reconciliation
import Storage

/// What may be taken from people by a drain: what the limits leave, and what somebody approved.
struct DrainPermission {
    var limits: GateLimits
    /// Digests of held changes that a person approved; they count for nothing and are never held.
    var approved: Set<String> = []
}

extension DrainPlanning {
    /// Takes what the limits do not allow out of the rows of people and groups; whatever else changes for them goes on.
    func holdSubjects() throws {
        var planned: [ChangeClass: Int] = [:]
        for subject in subjects {
            guard let row = subject.row else { continue }
            for change in row.changes where isCounted(change, row) { planned[change.changeClass, default: 0] += 1 }
        }
        let tripped = try judge(planned)
        guard !tripped.isEmpty else { return }
        for index in subjects.indices {
            guard var row = subjects[index].row else { continue }
            let held = row.changes.filter { tripped.contains($0.changeClass) && isCounted($0, row) }
            guard !held.isEmpty else { continue }
            for change in held { try hold(change, row, of: subjects[index].stored, memberRow: 0) }
            row.changes.removeAll { held.contains($0) }
            row.phase = SubjectJudge.phase(row.changes, row.subject.kind)
            subjects[index].row = row
            if held.contains(where: { $0.changeClass == .deactivate }) {
                // Who stays keeps the name.
                settlement.stay(index)
                subjects[index].oldName = nil
            }
        }
    }

    /// As ``holdSubjects()``, for memberships.
    func holdMembers() throws {
        var planned: [ChangeClass: Int] = [:]
        for row in memberRows {
            for change in row.changes where isCounted(change, row) { planned[change.changeClass, default: 0] += 1 }
        }
        let tripped = try judge(planned)
        guard !tripped.isEmpty else { return }
        let groups = Dictionary(
            subjects.map { ($0.stored.record.id, $0.stored) }, uniquingKeysWith: { first, _ in first })
        var kept: [PlanRow] = []
        for row in memberRows {
            guard let change = row.changes.first, tripped.contains(change.changeClass), isCounted(change, row),
                let group = row.subject.recordID.flatMap({ groups[$0] }),
                let member = try row.member?.recordID.flatMap({ try lookup.hit(recordID: $0) })
            else {
                kept.append(row)
                continue
            }
            try hold(change, row, of: group, memberRow: member.row)
        }
        memberRows = kept
    }

    private func isCounted(_ change: Change, _ row: PlanRow) -> Bool {
        change.changeClass.isDestructive && permission.limits.classes[change.changeClass] != nil
            && !permission.approved.contains(digest(of: change, row))
    }

    private func digest(of change: Change, _ row: PlanRow) -> String {
        PlanDigest.digest(of: change, row, organization: organization, connection: connection)
    }

    private func hold(_ change: Change, _ row: PlanRow, of stored: StoredSubject, memberRow: Int64) throws {
        let before = try lookup.heldChanges(recordRow: stored.row)
            .first { $0.changeClass == change.changeClass && $0.memberRow == memberRow }
        held.append(
            HeldChange(
                recordRow: stored.row, changeClass: change.changeClass, memberRow: memberRow,
                version: stored.record.version, reason: row.reason, digest: digest(of: change, row),
                heldAt: before?.heldAt ?? asOf))
    }

    // MARK: The limits

    /// - Returns: the classes that tripped.
    private func judge(_ planned: [ChangeClass: Int]) throws -> Set<ChangeClass> {
        guard !planned.isEmpty else { return [] }
        let window = try DrainWindow(lookup, asOf: asOf, classes: Set(planned.keys), except: self.planned)
        var tripped: Set<ChangeClass> = []
        for (changeClass, count) in planned.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let reading = GatesOnDrain.limit(
                changeClass, try window.measure(changeClass, planned: count), limits: permission.limits)
            readings[reading.name] = reading
            if reading.tripped { tripped.insert(changeClass) }
        }
        return tripped
    }
}

/// What the drain did within the window, and what it holds.
struct DrainWindow {
    private static let memberships: Set<ChangeClass> = [.memberAdd, .memberRemove]
    private static let coming: Set<ChangeClass> = [.create, .reactivate, .restore, .link]
    private static let going: Set<ChangeClass> = [.deactivate, .groupDisable, .delete]

    private let lookup: Lookup
    private var happened: [Lookup.Happening]
    private var held: [ChangeClass: Int] = [:]

    /// - Parameter rows: records that are being decided again: what is held of them does not count twice.
    init(_ lookup: Lookup, asOf: Instant, classes: Set<ChangeClass>, except rows: Set<Int64>) throws {
        self.lookup = lookup
        var asked = classes
        if !classes.isDisjoint(with: [.memberAdd, .memberRemove]) { asked.formUnion(Self.memberships) }
        if !classes.isSubset(of: [.memberAdd, .memberRemove]) { asked.formUnion(Self.coming.union(Self.going)) }
        happened = try lookup.happened(since: asOf - GatesOnDrain.window, classes: asked)
        for change in try lookup.heldChanges() where !rows.contains(change.recordRow) {
            held[change.changeClass, default: 0] += 1
        }
    }

    func measure(_ changeClass: ChangeClass, planned: Int) throws -> DrainMeasure {
        let done = happened.filter { $0.changeClass == changeClass }.reduce(0) { $0 + $1.drained }
        let (now, came, went): (Int, Int, Int)
        switch changeClass {
        case .memberAdd, .memberRemove:
            (now, came, went) = (try lookup.ownedMemberships(), count([.memberAdd], nil), count([.memberRemove], nil))
        default:
            let kind: Kind = changeClass == .groupDisable ? .group : .user
            now = try lookup.population(kind: kind)
            came = count(Self.coming, kind)
            went = count(Self.going, kind)
        }
        return DrainMeasure(
            count: done + (held[changeClass] ?? 0) + planned, atStart: max(0, now + went - came), peak: now + went)
    }

    private func count(_ classes: Set<ChangeClass>, _ kind: Kind?) -> Int {
        happened.filter { classes.contains($0.changeClass) && (kind == nil || $0.kind == kind) }
            .reduce(0) { $0 + $1.count }
    }
}
