import GRDB
import Reconciliation

extension RowWriter {
    /// Takes the names of the accounts and records that the rows write out of the way, so that swaps and rings succeed. The
    /// rows themselves follow in the same transaction, give the names back and raise the versions.
    ///
    /// - Returns: the first row that no longer fits; then nothing was parked.
    package func park(_ rows: [PlanRow]) throws -> String? {
        let rows = rows.filter { $0.member == nil }
        for row in rows {
            if let stale = try target(of: row).stale { return "\(row.subject.name): \(stale)" }
        }
        for row in rows {
            if let accountID = row.subject.accountID, row.changes.contains(where: { $0.changeClass != .link }) {
                // The version moves and comes back, so that the trigger that guards against foreign writes stays quiet.
                for step in ["version + 1", "version - 1"] {
                    try execute(
                        "UPDATE account SET nameKey = char(0) || id, version = \(step) WHERE organization = ? AND id = ?",
                        [organization, accountID])
                }
            }
            if let recordID = row.subject.recordID, case .store = row.record {
                try execute(
                    "UPDATE directoryRecord SET nameKey = char(0) || id WHERE organization = ? AND id = ?",
                    [organization, recordID])
            }
        }
        return nil
    }
}
