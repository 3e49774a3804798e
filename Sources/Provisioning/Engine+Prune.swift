import Foundation
import Reconciliation
import Storage

/// Which plan files of past runs are kept.
package struct PruneOptions: Sendable {
    /// Plans younger than this stay.
    package var keepFor: Duration
    /// So many plans of each connection stay, whatever their age.
    package var keepNewest: Int
    /// Plans that a gate refused stay this long: somebody may still have to read them.
    package var keepRefusedFor: Duration

    package init(
        keepFor: Duration = .seconds(30 * 86_400), keepNewest: Int = 30,
        keepRefusedFor: Duration = .seconds(90 * 86_400)
    ) {
        self.keepFor = keepFor
        self.keepNewest = keepNewest
        self.keepRefusedFor = keepRefusedFor
    }
}

/// A plan file that was removed, or would be.
package struct PrunedPlan: Sendable, Equatable {
    package var run: Int64
    package var path: String
    package var bytes: Int
}

extension Engine {
    /// Removes the plan files of old runs. The runs stay, and the journal tells what they did.
    ///
    /// - Throws: ``RunError`` `.failed` for a file that cannot be removed; those before it are gone.
    package func prune(_ options: PruneOptions, isDryRun: Bool) throws -> [PrunedPlan] {
        let now = environment.now()
        let store = try Store(path: database, mode: .readOnly)
        var kept: [[Int64]: Int] = [:]
        var pruned: [PrunedPlan] = []
        for plan in try store.spooledPlans() {
            let connection = [plan.organization, plan.connection]
            kept[connection, default: 0] += 1
            guard kept[connection]! > options.keepNewest, let endedAt = plan.endedAt else { continue }
            let age = now - endedAt
            guard age > options.keepFor, plan.state != "refused" || age > options.keepRefusedFor else { continue }
            let path = database + "-runs/" + plan.file
            var info = stat()
            guard lstat(path, &info) == 0 else { continue }
            if !isDryRun { try Self.remove(path) }
            pruned.append(PrunedPlan(run: plan.run, path: path, bytes: Int(info.st_size)))
        }
        return pruned
    }

    private static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw RunError(.failed, "\(path): the plan cannot be removed (\(String(cString: strerror(errno))))")
        }
    }
}
