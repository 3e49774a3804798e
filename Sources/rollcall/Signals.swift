import Foundation
import Synchronization

/// What the process does about signals.
enum Signals {
    private static let stopping = Atomic<Bool>(false)
    private static let hungUp = Atomic<Bool>(false)

    /// A closed pipe or a file at its size limit is an error of `write`, which has a status; the signal would kill silently.
    static func ignoreWriteFailures() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// From now on the first SIGTERM or SIGINT only asks to stop, between two batches; the second kills.
    static func stopGently() {
        // The handler must not be the one to initialise the flag.
        _ = stopping.load(ordering: .relaxed)
        for number in [SIGTERM, SIGINT] {
            signal(number) { number in
                Signals.stopping.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
    }

    static var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// From now on SIGHUP asks to read the jobs again.
    static func reloadOnHangUp() {
        _ = hungUp.load(ordering: .relaxed)
        signal(SIGHUP) { _ in Signals.hungUp.store(true, ordering: .relaxed) }
    }

    /// Whether a SIGHUP came since this was last asked.
    static func takeHangUp() -> Bool { hungUp.exchange(false, ordering: .relaxed) }
}
