import Dispatch
import Reconciliation
import Storage
import Synchronization

/// Keeps when tokens were used, beside the requests: none of them waits for it or fails with it.
///
/// A token is written down at its first use and then once per ``TokenUse/resolution``; what is remembered is one moment a
/// token that opened something.
final class TokenUses: Sendable {
    private let store: Store
    private let queue = DispatchQueue(label: "rollcall.token-uses", qos: .utility)
    private let written = Mutex<[String: Instant]>([:])

    init(store: Store) { self.store = store }

    /// Notes the use of a token that was found good.
    func note(hash: String, at now: Instant) {
        let isDue = written.withLock { written in
            if let last = written[hash], last <= now, now < last + TokenUse.resolution { return false }
            written[hash] = now
            return true
        }
        guard isDue else { return }
        queue.async { [store] in
            // A full disk or a busy database leaves the time of the last use as it was; the use after the next quarter of
            // an hour tries again.
            do { try store.recordTokenUse(hash: hash, at: now) } catch {}
        }
    }

    /// Returns when everything that was noted so far is written.
    func settle() { queue.sync {} }
}
