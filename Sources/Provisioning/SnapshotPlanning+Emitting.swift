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
        var counts: [ChangeClass: Int] = [:]
        var told = 0
        try workspace.forEachRow { row in
            told += 1
            if told % 1000 == 0 { environment.progress(Progress(phase: "telling", done: told, total: nil)) }
            digest.add(row)
            for change in row.changes { counts[change.changeClass, default: 0] += 1 }
            try emit(.row(row))
        }
        for notice in notices { try emit(.notice(notice)) }
        for entry in quarantined { try emit(.quarantined(entry)) }
        let readings = try gateReadings(counts)
        for reading in readings { try emit(.gate(reading)) }
        return JudgedPlan(
            header: header, summary: summary(counts: counts, digest: digest.finalize()), readings: readings,
            quarantined: quarantined, acceptedCounts: acceptableCounts)
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

    private func gateReadings(_ counts: [ChangeClass: Int]) throws -> [GateReading] {
        var readings: [GateReading] = []
        if job.source.kind == .full {
            for kind in Kind.allCases {
                guard verdict?.completeness[kind] != nil else { continue }
                if case .partialSource = coverage[kind] { continue }
                readings.append(
                    Gates.plausibleSize(
                        kind: kind, seen: verdict?.counts[kind] ?? 0,
                        before: try accepted[kind] ?? lookup.linkedRecords(kind: kind), limits: job.gates))
            }
        }
        if let canaryReading { readings.append(canaryReading) }
        for changeClass in ChangeClass.allCases {
            guard job.gates.classes[changeClass] != nil else { continue }
            readings.append(
                Gates.limit(
                    changeClass, count: counts[changeClass] ?? 0, population: try population(changeClass),
                    limits: job.gates))
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
