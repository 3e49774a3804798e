import Reconciliation
import Storage
import Synchronization

/// Renews a lease while its run is busy planning: a plan of many people takes longer than a lease lasts without a sign of
/// life.
final class Heartbeat: Sendable {
    private static let interval = Duration.seconds(30)

    private struct State {
        var lastBeat: Instant
        var failure: (any Error)?
    }

    private let lease: Lease
    private let store: Store
    private let state: Mutex<State>

    init(lease: Lease, store: Store, startedAt: Instant) {
        self.lease = lease
        self.store = store
        state = Mutex(State(lastBeat: startedAt))
    }

    /// The same environment, in which every sign of progress is a beat, twice a minute.
    func environment(over environment: RunEnvironment) -> RunEnvironment {
        var beating = environment
        beating.progress = { step in
            self.beat(environment.now())
            environment.progress(step)
        }
        return beating
    }

    private func beat(_ now: Instant) {
        state.withLock { state in
            guard now - state.lastBeat >= Self.interval, state.failure == nil else { return }
            state.lastBeat = now
            do { try store.renew(lease, now: now) } catch { state.failure = error }
        }
    }

    /// - Throws: what stopped the beats, for example ``LeaseLost``.
    func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}
