import Reconciliation
import Storage

extension UndoPlanning {
    /// Tells the inverse plan in the order in which it is applied, and judges it by the limits of classes (gate 4) and by who
    /// is protected (gate 7).
    func tell(header: PlanHeader, emit: (PlanEvent) throws -> Void) throws -> JudgedPlan {
        try emit(.header(header))
        var digest = PlanDigest(organization: header.organization, connection: header.connection)
        var counts: [ChangeClass: Int] = [:]
        try workspace.forEachRow { row in
            digest.add(row)
            for change in row.changes { counts[change.changeClass, default: 0] += 1 }
            try emit(.row(row))
        }
        for notice in notices { try emit(.notice(notice)) }
        let readings = try gateReadings(counts)
        for reading in readings { try emit(.gate(reading)) }
        return JudgedPlan(
            header: header,
            summary: PlanSummary(
                counts: counts, coverage: "what run \(header.undoes ?? 0) did", digest: digest.finalize()),
            readings: readings, quarantined: [], acceptedCounts: [:])
    }

    private func gateReadings(_ counts: [ChangeClass: Int]) throws -> [GateReading] {
        var readings: [GateReading] = []
        for changeClass in ChangeClass.allCases where limits.classes[changeClass] != nil {
            readings.append(
                Gates.limit(
                    changeClass, count: counts[changeClass] ?? 0, population: try population(changeClass),
                    limits: limits))
        }
        for (_, loss) in groupLosses.sorted(by: { $0.key < $1.key }) {
            let reading = Gates.groupLoss(name: loss.name, removed: loss.removed, size: loss.size, limits: limits)
            if let reading { readings.append(reading) }
        }
        return readings + [Gates.protected(protected.sorted())]
    }

    private func population(_ changeClass: ChangeClass) throws -> Int {
        switch changeClass {
        case .memberAdd, .memberRemove: try lookup.ownedMemberships()
        case .groupDisable: try lookup.population(kind: .group)
        default: try lookup.population(kind: .user)
        }
    }
}
