import Reconciliation
import Snapshots
import Storage

/// A plan that has been judged.
struct JudgedPlan {
    var header: PlanHeader
    var summary: PlanSummary
    var readings: [GateReading]
    var quarantined: [Quarantined]
    var acceptedCounts: [Kind: Int]
    /// The job's limits, which the drain takes over once the plan is accepted; `nil` for a plan that was kept in a file.
    var gates: GateLimits?
    /// Rows of a kept plan that do not fit any more, a sentence each; the whole plan is refused for them unless the rest was
    /// asked for.
    var stale: [String] = []

    var tripped: [GateReading] { readings.filter(\.tripped) }
}

extension SnapshotPlanning {
    /// Tells the whole plan, in the order in which it is applied, and judges it.
    ///
    /// - Parameter emit: told the header, the rows, the notices, the quarantined records and the gates; the summary is
    ///   returned, since how the run ends is not known yet.
    func tell(header: PlanHeader, emit: (PlanEvent) throws -> Void) throws -> JudgedPlan {
        var header = header
        header.files = verdict?.files ?? []
        header.sourceDigest = verdict?.digest
        header.takenAt = takenAt
        try emit(.header(header))
        var digest = PlanDigest(organization: header.organization, connection: header.connection)
        var tally = PlanTally()
        var told = 0
        try workspace.forEachRow { row in
            told += 1
            if told % 1000 == 0 { try environment.advance(Progress(phase: "telling", done: told, total: nil)) }
            digest.add(row)
            tally.add(row)
            try emit(.row(row))
        }
        for notice in notices { try emit(.notice(notice)) }
        for entry in quarantined { try emit(.quarantined(entry)) }
        let readings = try gateReadings(tally)
        for reading in readings { try emit(.gate(reading)) }
        return JudgedPlan(
            header: header, summary: summary(counts: tally.counts, digest: digest.finalize()), readings: readings,
            quarantined: quarantined, acceptedCounts: acceptableCounts, gates: job.gates)
    }

    private func summary(counts: [ChangeClass: Int], digest: String) -> PlanSummary {
        var found = skipped
        for situation in situations { found[situation, default: 0] += 1 }
        var summary = PlanSummary(
            counts: counts, situations: found, quarantined: quarantined.count, deferredMembers: deferredMembers,
            completeness: completeness, coverage: coverageText, records: verdict?.counts ?? [:], digest: digest)
        summary.unmapped = verdict?.unmapped ?? [:]
        return summary
    }

    /// The most doubtful of the kinds, with the reason of each.
    private var completeness: Completeness? {
        let found = Kind.allCases.compactMap { kind in verdict?.completeness[kind].map { (kind, $0) } }
        guard let first = found.first?.1 else { return nil }
        let reasons = found.map { "\($0.rawValue)s: \($1.reason)" }.joined(separator: "; ")
        switch found.map(\.1).reduce(first, { $0.worse($1) }) {
        case .proven: return .proven(reasons)
        case .plausible: return .plausible(reasons)
        case .partial: return .partial(reasons)
        }
    }

    private var coverageText: String {
        Kind.allCases.map { "\($0.rawValue)s: \(coverage[$0]?.text ?? "not in the source")" }.joined(separator: ", ")
    }

    /// What later snapshots are compared with: only kinds that were whole.
    private var acceptableCounts: [Kind: Int] {
        (verdict?.counts ?? [:]).filter { kind, _ in
            guard job.source.kind == .full else { return false }
            if case .partialSource = coverage[kind] { return false }
            return verdict?.completeness[kind] != nil
        }
    }

    private func gateReadings(_ tally: PlanTally) throws -> [GateReading] {
        let people = try lookup.population(kind: .user)
        var readings = try sizeReadings()
        if let canaryReading { readings.append(canaryReading) }
        readings.append(
            Gates.sameRules(before: acceptedRulesHash, now: job.rules.hash, effect: tally.edit, limits: job.gates))
        readings += try limitReadings(tally.counts)
        if verdict?.completeness[.user] != nil {
            readings.append(
                Gates.keyChurn(changed: keyChurn, linked: try lookup.linkedRecords(kind: .user), limits: job.gates))
            readings.append(
                Gates.everythingChanged(updated: tally.updated, population: people, limits: job.gates))
        }
        let records = (verdict?.counts ?? [:]).values.reduce(0, +)
        readings.append(Gates.failures(quarantined: quarantined.count, records: records))
        return readings
    }

    /// Gate 1, for the kinds that the source has whole.
    private func sizeReadings() throws -> [GateReading] {
        guard job.source.kind == .full else { return [] }
        var readings: [GateReading] = []
        for kind in Kind.allCases {
            guard verdict?.completeness[kind] != nil else { continue }
            if case .partialSource = coverage[kind] { continue }
            readings.append(
                Gates.plausibleSize(
                    kind: kind, seen: verdict?.counts[kind] ?? 0,
                    before: try accepted[kind] ?? lookup.linkedRecords(kind: kind), limits: job.gates))
        }
        return readings
    }

    /// Gate 4: every class that has a limit, and what happens of the others.
    private func limitReadings(_ counts: [ChangeClass: Int]) throws -> [GateReading] {
        var readings: [GateReading] = []
        for changeClass in ChangeClass.allCases where changeClass != .link {
            let count = counts[changeClass] ?? 0
            guard job.gates.classes[changeClass] != nil || count > 0 else { continue }
            readings.append(
                Gates.limit(
                    changeClass, count: count, population: try population(changeClass), limits: job.gates))
        }
        for (_, loss) in groupLosses.sorted(by: { $0.key < $1.key }) {
            if let reading = Gates.groupLoss(
                name: loss.name, removed: loss.removed, size: loss.size, limits: job.gates)
            {
                readings.append(reading)
            }
        }
        return readings
    }

    private func population(_ changeClass: ChangeClass) throws -> Int {
        switch changeClass {
        case .memberAdd, .memberRemove: try lookup.ownedMemberships()
        case .groupDisable: try lookup.population(kind: .group)
        default: try lookup.population(kind: .user)
        }
    }
}
