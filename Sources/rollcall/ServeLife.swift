import Dispatch
import Provisioning
import Storage

/// How the endpoint is, for systemd: ready when it listens, alive while it can read its database and its worker turns, stopping
/// when it was asked to.
struct ServeLife: Sendable {
    private static let reading = DispatchQueue(label: "rollcall.life")

    private let store: Store
    private let manager: ServiceManager
    private let watchdog: Watchdog

    init(_ store: Store, hasWorker: Bool, manager: ServiceManager = ServiceManager()) {
        self.store = store
        self.manager = manager
        watchdog = Watchdog(manager, loops: hasWorker ? ["drain", "read"] : ["read"])
    }

    func listening(on address: String) { manager.ready("listening on " + address) }
    func turned(_ loop: String) { watchdog.beat(loop) }

    /// Lives beside the server until it is cancelled, which is when the server shuts down.
    func live(beside worker: ServeWorker?, turned: @escaping @Sendable () -> Void) async throws {
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let worker { group.addTask { try await worker.run(turned) } }
                group.addTask { try await keepReading() }
                defer { group.cancelAll() }
                try await group.next()
                // Either ends only when it is cancelled or when something is wrong.
                group.cancelAll()
                try await group.waitForAll()
            }
        } onCancel: {
            manager.stopping()
        }
    }

    /// Reads the database now and then, where requests read it: on the pool that serves them, and then on a thread that may block.
    private func keepReading() async throws {
        // Without a watchdog nobody listens, and the database is left alone.
        guard let interval = manager.watchdog else { return try await Self.forever() }
        while true {
            let store = store
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                Self.reading.async {
                    continuation.resume(with: Result { _ = try store.hasQueuedChanges(now: Machine.now) })
                }
            }
            watchdog.beat("read")
            try await Task.sleep(for: min(interval / 4, .seconds(10)))
        }
    }

    private static func forever() async throws {
        while true { try await Task.sleep(for: .seconds(86_400)) }
    }
}
