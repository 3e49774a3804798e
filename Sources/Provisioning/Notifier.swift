import Foundation
import JSONBytes
import Reconciliation
import Storage

/// Tells people: puts what is to be told into the database's outbox, and carries it from there.
///
/// Whoever is told may be told twice (the message's id is then the same), and a crash loses nothing that is in the outbox. What cannot
/// be delivered never changes how a run ended: it is said and kept.
package struct Notifier {
    /// How often a webhook is tried: over about an hour.
    package static let attemptsMax = 6
    /// Deliveries in one go: a dead receiver must not hold a worker up.
    static let deliveriesMax = 5

    private let database: String
    private let open: Store?
    private let environment: RunEnvironment
    private let send: (OutboxItem, Instant) -> NotificationSender.Delivery
    private let warn: (String) -> Void

    /// - Parameters:
    ///   - open: the store of the database where the process has it open already.
    ///   - warn: told, in a line, what could not be delivered.
    package init(
        database: String, open: Store? = nil, environment: RunEnvironment,
        send: @escaping (OutboxItem, Instant) -> NotificationSender.Delivery = {
            NotificationSender().send($0, now: $1)
        },
        warn: @escaping (String) -> Void
    ) {
        self.database = database
        self.open = open
        self.environment = environment
        self.send = send
        self.warn = warn
    }

    /// One minute, two, four, ...: what lies between two attempts.
    static func pause(after attempts: Int) -> Duration { .seconds(60 << min(attempts - 1, 5)) }

    /// Tells the receivers of a policy, at once, and keeps what could not be delivered for later.
    package func tell(_ notification: RunNotification, by policy: NotifyPolicy) {
        let items = Self.items(notification, by: policy, makeID: environment.makeID)
        do {
            let isKept = try withStore { store in
                for item in items { try store.enqueue(item) }
            }
            guard isKept else { return items.forEach(sendDirectly) }
        } catch {
            // Where nothing can be kept, somebody is told all the same.
            warn("the notification cannot be kept (\(error)); it is sent once")
            return items.forEach(sendDirectly)
        }
        flush()
    }

    static func items(
        _ notification: RunNotification, by policy: NotifyPolicy, makeID: () -> String
    ) -> [OutboxItem] {
        NotificationTarget.all(of: policy, notification).map { channel, target in
            OutboxItem(
                id: "msg_" + makeID(), organization: notification.organization, connection: notification.connection,
                job: notification.job, createdAt: notification.at, channel: channel, target: target,
                body: JSONValue.object(notification.json).text)
        }
    }

    /// Tells the receivers of a policy at once, keeping nothing: to try the way.
    package static func sendOnce(
        _ notification: RunNotification, by policy: NotifyPolicy, id: String
    ) -> [(channel: OutboxItem.Channel, delivery: NotificationSender.Delivery)] {
        items(notification, by: policy, makeID: { id }).map {
            ($0.channel, NotificationSender().send($0, now: notification.at))
        }
    }

    /// Carries what waits, a few at a time.
    package func flush() {
        do {
            _ = try withStore { store in
                for _ in 0..<Self.deliveriesMax {
                    guard !environment.isStopping(),
                        let item = try store.takeNotification(now: environment.now(), pause: Self.pause)
                    else { return }
                    try deliver(item, store)
                }
            }
        } catch {
            warn("notifications cannot be sent now: \(error)")
        }
    }

    private func deliver(_ item: OutboxItem, _ store: Store) throws {
        let outcome: Store.NotificationOutcome
        switch send(item, environment.now()) {
        case .delivered: outcome = .delivered
        case .failed(let why) where item.attempts < Self.attemptsMax:
            let minutes = Self.pause(after: item.attempts).components.seconds / 60
            warn("\(Self.name(item)) failed, and is tried again in \(minutes) min: \(why)")
            outcome = .waiting(why)
        case .failed(let why), .refused(let why):
            warn("\(Self.name(item)) failed: \(why)")
            outcome = .failed(why)
        }
        try store.notificationEnded(item, outcome, now: environment.now())
    }

    private func sendDirectly(_ item: OutboxItem) {
        switch send(item, environment.now()) {
        case .delivered: break
        case .failed(let why), .refused(let why): warn("\(Self.name(item)) failed: \(why)")
        }
    }

    private static func name(_ item: OutboxItem) -> String {
        "the notification of job \(item.job) by \(item.channel.rawValue)"
    }

    /// - Returns: `false` where there is no database: a job whose first run failed makes none.
    private func withStore(_ body: (Store) throws -> Void) throws -> Bool {
        if let open {
            try body(open)
            return true
        }
        guard FileManager.default.fileExists(atPath: database) else { return false }
        let store = try Store(path: database, mode: .readWrite)
        do { try body(store) } catch {
            try store.close()
            throw error
        }
        try store.close()
        return true
    }
}

/// Runs jobs and tells whom they name.
package struct NotifyingRuns {
    private let engine: Engine
    private let notifier: Notifier

    package init(engine: Engine, notifier: Notifier) {
        self.engine = engine
        self.notifier = notifier
    }

    /// As ``Engine/run(_:options:report:)``. What is told does not change how the run ends.
    package func run(
        _ job: Job, options: RunOptions, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        var watch = RunWatch()
        let result: RunResult
        do {
            result = try engine.run(job, options: options) { event in
                watch.note(event)
                try report(event)
            }
        } catch {
            failed(job, error)
            throw error
        }
        if let notification = watch.notification(of: job, result, at: engine.environment.now()), let policy = job.notify
        {
            notifier.tell(notification, by: policy)
        }
        return result
    }

    /// Tells that a job could not be carried out.
    package func failed(_ job: Job, _ error: any Error) {
        guard let policy = job.notify,
            let notification = RunWatch.notification(of: job, failed: error, at: engine.environment.now())
        else { return }
        notifier.tell(notification, by: policy)
    }
}
