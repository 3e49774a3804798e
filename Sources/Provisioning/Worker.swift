import Foundation
import Reconciliation
import Storage

/// Drains the queue beside a server as soon as something arrives, on a thread of its own.
package final class Worker: Sendable {
    private let drainer: Drainer
    private let store: Store
    private let now: @Sendable () -> Instant
    private let signal = WakeSignal()
    /// How long it sleeps when nobody wakes it: changes that another process accepted are found then.
    private static let pollSeconds = 0.5
    /// How long it lets changes gather before it drains them together. Each batch keeps pushes waiting for its own flush,
    /// so one batch of many costs the senders less than many of one; a second is the promise.
    private static let gatherSeconds = 0.1

    package init(store: Store, environment: RunEnvironment) {
        self.store = store
        now = environment.now
        drainer = Drainer(store: store, environment: environment)
    }

    /// Says that something was queued. Cheap, from any thread.
    package func wake() { signal.wake() }

    /// Ends the loop at the next batch boundary.
    package func stop() { signal.stop() }

    /// Works until ``stop()``.
    ///
    /// - Parameter report: told what is drained.
    /// - Parameter failed: told when a batch failed; nothing of it was written, and it is tried again.
    /// - Parameter turned: told each time that the loop turns, twice a second at least while there is nothing to do.
    package func run(
        report: (PlanEvent) -> Void, failed: (any Error) -> Void, turned: () -> Void = {}
    ) {
        while !signal.isStopped {
            turned()
            do {
                try drainer.queueDue()
                if try store.hasQueuedChanges(now: now()) { _ = try drainer.drain(report: report) }
            } catch {
                failed(error)
            }
            if signal.wait(seconds: Self.pollSeconds) { signal.rest(seconds: Self.gatherSeconds) }
        }
    }
}

/// A flag with a condition variable.
private final class WakeSignal: @unchecked Sendable {
    // Proof of safety: both flags are only touched while `condition` is locked.
    private let condition = NSCondition()
    private var isAwake = false
    private var stopped = false

    var isStopped: Bool {
        condition.lock()
        defer { condition.unlock() }
        return stopped
    }

    func wake() {
        condition.lock()
        isAwake = true
        condition.signal()
        condition.unlock()
    }

    func stop() {
        condition.lock()
        stopped = true
        condition.signal()
        condition.unlock()
    }

    /// - Returns: whether somebody woke it.
    func wait(seconds: Double) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        if !isAwake && !stopped { _ = condition.wait(until: Date(timeIntervalSinceNow: seconds)) }
        defer { isAwake = false }
        return isAwake
    }

    /// Waits, unless it is to stop.
    func rest(seconds: Double) {
        condition.lock()
        defer { condition.unlock() }
        let until = Date(timeIntervalSinceNow: seconds)
        while !stopped && condition.wait(until: until) {}
    }
}
