import Reconciliation
import Storage

/// Tells the receivers of a worker's jobs what the drain leaves to a person: changes that are held, and records that were set aside.
///
/// It looks at what is open rather than at what just happened, so nothing is lost with a process that dies, and what another process
/// drained is told as well. What was told is remembered in the database: the same set of held changes, and the same finding about the
/// same record, are told once while they last.
package struct DrainNews {
    /// How long what another process drained may stay untold.
    package static let pause = Duration.seconds(60)

    private let store: Store
    private let environment: RunEnvironment
    private let warn: (String) -> Void

    package init(store: Store, environment: RunEnvironment, warn: @escaping (String) -> Void) {
        self.store = store
        self.environment = environment
        self.warn = warn
    }

    /// Puts the news into the outbox; ``Notifier/flush()`` carries them on. A failure is said and ends nothing.
    package func enqueue(for jobs: [Job]) {
        for job in jobs {
            do { try enqueue(for: job) } catch {
                warn("what is held or quarantined cannot be told for job \(job.name) now: \(error)")
            }
        }
    }

    private func enqueue(for job: Job) throws {
        guard let policy = job.notify, !policy.on.isDisjoint(with: [.held, .quarantine]) else { return }
        var open = try store.openMatters(organization: job.organization, connection: job.connection)
        if !policy.on.contains(.held) { open.held = nil }
        if !policy.on.contains(.quarantine) { open.quarantined = [] }
        let key = ScheduleKey(organization: job.organization, connection: job.connection, job: job.name)
        try store.enqueueNews(of: open, for: key) { news in
            Notifier.items(
                RunNotification(job: job, news: news, at: environment.now()), by: policy, makeID: environment.makeID)
        }
    }
}

extension RunNotification {
    init(job: Job, news: OpenMatters, at now: Instant) {
        var happened: [NotifyPolicy.Trigger] = []
        if !news.quarantined.isEmpty { happened.append(.quarantine) }
        if news.held != nil { happened.append(.held) }
        self.init(job: job, happened, at: now)
        held = news.held?.count ?? 0
        heldDigest = news.held?.digest
        quarantined = Array(news.quarantined.prefix(Self.namedMax))
        quarantinedCount = news.quarantined.count
    }
}
