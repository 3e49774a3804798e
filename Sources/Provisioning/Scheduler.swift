import Reconciliation
import Storage

/// Runs jobs when they are due: each once per due time, whatever workers there are, and once for all that was missed.
///
/// Its state is in the database, so a worker that was down catches up. A job that is seen for the first time has missed nothing. A
/// run that found another run of its connection under way, or was interrupted, stays due.
package final class Scheduler {
    /// How long a job waits whose connection is busy.
    static let busyPause = Duration.seconds(30)
    /// After this, a claim whose owner may still live is somebody's only if the connection is leased.
    static let claimDuration = Duration.seconds(15 * 60)

    private let store: Store
    private let environment: RunEnvironment
    private let owner: String
    private var jobs: [ScheduledJob]
    private var told: [String: String] = [:]

    /// - Parameters:
    ///   - paths: job files; each is read again when it changes and before each run.
    ///   - owner: this process; another one than a test's own.
    package init(jobs paths: [String], store: Store, environment: RunEnvironment, owner: String? = nil) {
        jobs = paths.map(ScheduledJob.init)
        self.store = store
        self.environment = environment
        self.owner = owner ?? ProcessOwner.current
    }

    /// What a worker does for the scheduler.
    package struct Hands {
        /// Runs a job; errors are ends, too.
        package var run: (Job, DueRun) -> ScheduledEnd
        /// Says that a job file cannot be used, each time that this is news. With the job as it last was.
        package var broken: (JobFileError, Job?) -> Void

        package init(
            run: @escaping (Job, DueRun) -> ScheduledEnd, broken: @escaping (JobFileError, Job?) -> Void
        ) {
            self.run = run
            self.broken = broken
        }
    }

    /// Reads the job files again at the next ``tick(_:)``, changed or not.
    package func reload() {
        jobs = jobs.map { ScheduledJob(path: $0.path) }
        told = [:]
    }

    /// Whether a job file cannot be used.
    package var hasBroken: Bool { jobs.contains { $0.failure != nil } }

    /// The jobs as they last could be read.
    package var known: [Job] { jobs.compactMap(\.job) }

    /// Runs what is due, one job after another, until the process is asked to stop.
    ///
    /// - Returns: the next instant at which there is something to do; `nil` where nothing is scheduled.
    /// - Throws: `StorageError`; a claimed run that ended stays claimed until its owner is gone or the claim is old.
    package func tick(_ hands: Hands) throws -> Instant? {
        refresh(hands)
        var next: Instant?
        for index in jobs.indices where jobs[index].failure == nil {
            if environment.isStopping() { break }
            guard let look = try tick(index, hands) else { continue }
            next = min(next ?? look, look)
        }
        return next
    }

    private func refresh(_ hands: Hands) {
        for index in jobs.indices where jobs[index].refresh() { check(index) }
        for job in jobs { tell(job, hands) }
    }

    /// Two files of one name and connection would share one schedule.
    private func check(_ index: Int) {
        guard let key = jobs[index].key, jobs[index].failure == nil,
            let other = jobs[..<index].first(where: { $0.key == key })
        else { return }
        jobs[index].refuse(
            JobFileError(
                .value, JobPlace(file: jobs[index].path),
                "the job \(key.job) of \(key.organization)/\(key.connection) is given twice, also as \(other.path)",
                cure: "give it once, or another file name"))
    }

    private func tell(_ job: ScheduledJob, _ hands: Hands) {
        let text = job.failure?.description
        guard told[job.path] != text else { return }
        told[job.path] = text
        if let failure = job.failure { hands.broken(failure, job.job) }
    }

    // MARK: One job

    /// Runs one job if it is due; when to look again.
    private func tick(_ index: Int, _ hands: Hands) throws -> Instant? {
        guard let key = jobs[index].key, let schedule = jobs[index].job?.schedule else { return nil }
        let now = environment.now()
        let (state, counting) = try current(key, schedule, now: now)
        guard let due = counting.next(after: state.handledUntil) else { return nil }
        guard due <= now else { return due }
        if let notBefore = jobs[index].notBefore, notBefore > now { return notBefore }
        guard try state.claim.map({ try isAbandoned($0, key, now: now) }) ?? true else { return now + Self.busyPause }
        // The file is read once more, since what it names may have changed without it.
        _ = jobs[index].refresh(always: true)
        check(index)
        tell(jobs[index], hands)
        guard jobs[index].failure == nil, let job = jobs[index].job, jobs[index].key == key, job.schedule == schedule
        else { return now }
        guard try store.claim(key, seen: state, owner: owner, now: now) else { return now }
        let isSeveral = counting.next(after: due).map { $0 <= now } ?? false
        let end = hands.run(job, DueRun(due: due, isSeveral: isSeveral))
        return try finish(index, key, end, claim: ScheduleState.Claim(owner: owner, at: now), schedule)
    }

    private func finish(
        _ index: Int, _ key: ScheduleKey, _ end: ScheduledEnd, claim: ScheduleState.Claim, _ schedule: Schedule
    ) throws -> Instant? {
        let now = environment.now()
        jobs[index].notBefore = nil
        switch end.kind {
        case .ended:
            // Due times that passed while it ran are caught up once: it has not seen what came after its beginning.
            try store.endClaim(key, claim, handledUntil: claim.at, status: end.status, run: end.run, now: now)
            return schedule.next(after: claim.at)
        case .busy:
            try store.endClaim(key, claim, handledUntil: nil, status: nil, run: nil, now: now)
            jobs[index].notBefore = now + Self.busyPause
            return now + Self.busyPause
        case .interrupted:
            try store.endClaim(key, claim, handledUntil: nil, status: end.status, run: end.run, now: now)
            return now
        }
    }

    /// What is remembered, and the schedule that counts: an edited one starts now, but for a run that is owed by the old one.
    private func current(
        _ key: ScheduleKey, _ schedule: Schedule, now: Instant
    ) throws -> (state: ScheduleState, schedule: Schedule) {
        var state = try store.schedule(key, text: schedule.text, now: now)
        guard state.schedule != schedule.text else { return (state, schedule) }
        if let old = Schedule(text: state.schedule), let owed = old.next(after: state.handledUntil), owed <= now {
            return (state, old)
        }
        try store.changeSchedule(key, to: schedule.text, handledUntil: now)
        state.schedule = schedule.text
        state.handledUntil = now
        return (state, schedule)
    }

    private func isAbandoned(_ claim: ScheduleState.Claim, _ key: ScheduleKey, now: Instant) throws -> Bool {
        // One worker per process, and it is here: its own claim is of an earlier process with the same number.
        if claim.owner == owner || ProcessOwner.isGone(claim.owner) { return true }
        guard now - claim.at >= Self.claimDuration else { return false }
        return try !store.isLeased(organization: key.organization, connection: key.connection, now: now)
    }
}

/// A run that is due.
package struct DueRun: Sendable, Equatable {
    /// The first due time that this run is for.
    package var due: Instant
    /// More due times were missed; the one run is for all of them.
    package var isSeveral: Bool
}

/// How a run of the worker ended.
package struct ScheduledEnd: Sendable {
    package enum Kind: Sendable {
        /// Well or badly; the next due time is another run.
        case ended
        /// Another run of the connection is under way: it is tried again.
        case busy
        /// It stays due.
        case interrupted
    }

    package var kind: Kind
    /// The exit status that `run` would have ended with.
    package var status: Int
    package var run: Int64?

    package init(_ kind: Kind, status: Int, run: Int64? = nil) {
        self.kind = kind
        self.status = status
        self.run = run
    }
}
