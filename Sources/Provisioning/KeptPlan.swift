import Reconciliation
import Storage

/// What a plan file says about itself, and whether it is consistent.
///
/// The checksum at the file's end finds damage; it cannot stop somebody who edits the file and computes it anew. So the digest
/// is computed again from the rows, each row is compared with what it says about its record, and `apply --expect` compares the
/// digest with the one that was shown.
struct KeptPlan {
    private let plan: PlanFileReader
    let header: PlanHeader
    let summary: PlanSummary
    private let readings: [GateReading]
    private let quarantined: [Quarantined]

    /// - Throws: ``RunError`` `.planDamaged`.
    init(_ plan: PlanFileReader) throws {
        self.plan = plan
        var header: PlanHeader?
        var summary: PlanSummary?
        var readings: [GateReading] = []
        var quarantined: [Quarantined] = []
        var digest: PlanDigest?
        try plan.forEachEvent { event in
            switch event {
            case .header(let found):
                header = found
                digest = PlanDigest(organization: found.organization, connection: found.connection)
            case .summary(let found): summary = found
            case .gate(let reading): readings.append(reading)
            case .quarantined(let entry): quarantined.append(entry)
            case .row(let row):
                guard row.isConsistent else {
                    throw PlanFileReader.damaged(plan.path, "the row of \(row.subject.name) is about somebody else")
                }
                digest?.add(row)
            case .notice: break
            }
        }
        guard let header, let summary else { throw PlanFileReader.damaged(plan.path, "it has no header or no summary") }
        guard digest?.finalize() == summary.digest else {
            throw PlanFileReader.damaged(plan.path, "its rows do not have the digest that its summary names")
        }
        self.header = header
        self.summary = summary
        self.readings = readings
        self.quarantined = quarantined
    }

    var judged: JudgedPlan {
        JudgedPlan(
            header: header, summary: summary, readings: readings, quarantined: quarantined,
            acceptedCounts: summary.completeness?.word == "partial" ? [:] : summary.records)
    }

    func refuseOlder(than state: ConnectionState) throws {
        guard let takenAt = header.takenAt, let accepted = state.acceptedTakenAt, takenAt < accepted else { return }
        throw RunError(
            .planStale,
            "\(plan.path): its snapshot was taken at \(takenAt.text), before the last accepted one of \(accepted.text); plan again"
        )
    }

    /// Names of protected accounts from which the plan would take something (gate 7): they may have been protected after
    /// the plan was made.
    func protectedVictims(in store: Store, state: ConnectionState) throws -> [String] {
        var victims: [String] = []
        var candidates: [(id: String, name: String)] = []
        try plan.forEachEvent { event in
            guard case .row(let row) = event, let accountID = row.subject.accountID else { return }
            let takes = row.changes.contains { $0.changeClass.isDestructive || $0.changeClass == .rename }
            if takes && row.member == nil { candidates.append((accountID, row.subject.name)) }
        }
        let protected = try store.protectedAccounts(organization: state.organization)
        for candidate in candidates where protected.contains(candidate.id) { victims.append(candidate.name) }
        return victims
    }

    /// The rows whose record or account changed after the plan was made, a sentence each. Rows that change no account do not
    /// count: nobody was shown them.
    func staleRows(_ writer: RowWriter) throws -> [String] {
        var stale: [String] = []
        var made = Made()
        try plan.forEachEvent { event in
            guard case .row(let row) = event else { return }
            made.note(row)
            guard !row.changes.isEmpty else { return }
            if let other = try writer.identityStale(row) {
                stale.append(row.naming(stale: other))
            } else if case .stale(let reason) = try writer.fitness(of: row), !made.explains(row) {
                stale.append(row.naming(stale: reason))
            }
        }
        return stale
    }

    /// Accounts and records that the plan itself makes, so that a membership of theirs is not stale before they are there.
    private struct Made {
        // Hashes, since a first import makes millions. A collision would only defer the finding to the applying.
        private var ids: Set<Int> = []

        mutating func note(_ row: PlanRow) {
            if let account = row.link?.accountID { ids.insert(account.hashValue) }
            if case .store(let record, nil, _, _) = row.record { ids.insert(record.id.hashValue) }
        }

        func explains(_ row: PlanRow) -> Bool {
            guard let member = row.member else { return false }
            return [row.subject.recordID, row.subject.accountID, member.accountID].compactMap { $0?.hashValue }
                .contains(where: ids.contains)
        }
    }
}

extension PlanRow {
    /// Whether the record that the row stores is the one that it is about.
    fileprivate var isConsistent: Bool {
        guard case .store(let record, _, _, _) = record else { return true }
        return record.id == subject.recordID && record.kind == subject.kind && record.anchor == subject.anchor
    }
}
