import Reconciliation
import SCIM
import Snapshots
import Storage

// Elements that are the same as last time, and need no judgement.

extension SnapshotPlanning {
    struct Skippable {
        var row: Int64
        var situation: Situation
        var kind: Kind
    }

    func loadSkippable() throws {
        guard usesShortcuts, try !lookup.hasUnfinishedRun() else { return }
        let canaries = Set(try job.gates.canaries.flatMap { try stored($0).map(\.row) })
        try lookup.forEachSkippable(asOf: judge.planner.asOf) { hash, row, reference, kind, situation in
            guard let hash = ElementHash(hex: hash), !canaries.contains(row) else { return }
            let element = hash.mixed(with: judge.groups.memberships(row: row, key: reference))
            skippable[element] = Skippable(row: row, situation: situation, kind: kind)
        }
    }

    private func stored(_ canary: String) throws -> [StoredSubject] {
        let byAnchor = try lookup.subject(kind: .user, anchor: Anchor(canary))
        let byName = try lookup.holder(ofNameKey: KeyFolding.fold(canary)).flatMap { try lookup.subject(row: $0.row) }
        return [byAnchor, byName].compactMap { $0 }
    }
}
