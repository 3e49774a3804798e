import Foundation
import Provisioning
import Reconciliation
import Reports
import Storage
import Synchronization

/// The worker as a service: one loop drains the queue, another runs jobs when they are due, so that a long run does not keep pushes
/// waiting. Both say that they turn; systemd hears of it while both do.
struct WorkService {
    let database: Store
    /// The database as an option named it.
    let databaseName: String?
    let jobs: [String]
    let format: OutputOptions.Format
    let manager = ServiceManager()

    /// How often the jobs are looked at: their files, the clock, SIGHUP, SIGTERM.
    private static let pause = Duration.milliseconds(250)

    /// Works until SIGTERM or SIGINT.
    ///
    /// - Returns: ``ExitStatus/interrupted`` when a run was stopped between two batches; it stays due.
    func run() async throws -> ExitStatus {
        Signals.reloadOnHangUp()
        let progress = ProgressLine()
        let loops: Set<String> = jobs.isEmpty ? ["drain"] : ["drain", "jobs"]
        let watchdog = Watchdog(manager, loops: loops)
        let environment = RunEnvironment.live(progress)
        let drain = DrainLoop(database, environment.turning("drain", watchdog), format: format) {
            watchdog.beat("drain")
        }
        drain.start()
        manager.ready(jobs.isEmpty ? "draining" : "draining, \(jobs.count) jobs")
        var status = ExitStatus.done
        do {
            status = try await runJobs(environment.turning("jobs", watchdog), watchdog, beside: drain)
        } catch {
            drain.stop()
            throw error
        }
        manager.stopping()
        drain.stop()
        while !drain.isEnded { try await Task.sleep(for: Self.pause / 10) }
        if let failure = drain.failure { throw failure }
        return status
    }

    private func runJobs(
        _ environment: RunEnvironment, _ watchdog: Watchdog, beside drain: DrainLoop
    ) async throws -> ExitStatus {
        let work = ScheduledWork(database, named: databaseName, environment: environment)
        let scheduler = Scheduler(jobs: jobs, store: database, environment: environment)
        var status = ExitStatus.done
        var said = ""
        var lookAgain = environment.now()
        let hands = Scheduler.Hands(
            run: { job, due in
                manager.status("running \(job.name), due since \(due.due.text)")
                said = ""
                let (end, ended) = perform(job, work)
                if end.kind == .interrupted { status = ended }
                return end
            }, broken: { work.broken($0, $1) })
        while !Signals.isStopping && !drain.isEnded {
            if Signals.takeHangUp() { scheduler.reload() }
            let next = try patiently { try scheduler.tick(hands) }
            if drain.takeNews() || environment.now() >= lookAgain {
                work.news.enqueue(for: scheduler.known)
                lookAgain = environment.now() + DrainNews.pause
            }
            work.notifier.flush()
            let text = "idle" + (next.map { ", next job at \($0.text)" } ?? "")
            if text != said { manager.status(text) }
            said = text
            watchdog.beat("jobs")
            try await Task.sleep(for: Self.pause)
        }
        return status
    }

    /// A database that is busy or full is tried again at the next turn; anything else ends the service.
    private func patiently(_ body: () throws -> Instant?) throws -> Instant? {
        do { return try body() } catch let error as StorageError where error.code == .busy || error.code == .full {
            Failure.warn("the worker: \(error)")
            return nil
        }
    }

    /// Runs one job; its report comes out whole, when it has ended.
    private func perform(_ job: Job, _ work: ScheduledWork) -> (ScheduledEnd, ExitStatus) {
        do {
            let out = try ReportOutput(format, isWhole: true)
            var ended: (ScheduledEnd, ExitStatus)?
            try out.printing {
                ended = work.run(job) { out.event($0) }
                return .done
            }
            return ended!
        } catch {
            // The accounts matter more than the page about them; the run itself has said how it ended.
            _ = Failure(error).report()
            return (ScheduledEnd(.ended, status: Int(ExitStatus.failed.rawValue)), .failed)
        }
    }
}

extension RunEnvironment {
    /// The same environment, in which every sign of progress is a turn of a loop.
    func turning(_ loop: String, _ watchdog: Watchdog) -> RunEnvironment {
        var turning = self
        turning.progress = { step in
            watchdog.beat(loop)
            progress(step)
        }
        turning.isStopping = {
            watchdog.beat(loop)
            return isStopping()
        }
        return turning
    }
}

/// Drains the queue on a thread of its own.
final class DrainLoop: Sendable {
    private let worker: Worker
    private let format: OutputOptions.Format
    private let beat: @Sendable () -> Void
    private let state = Mutex<(isEnded: Bool, hasNews: Bool, failure: (any Error)?)>((false, false, nil))

    init(
        _ store: Store, _ environment: RunEnvironment, format: OutputOptions.Format,
        beat: @escaping @Sendable () -> Void
    ) {
        worker = Worker(store: store, environment: environment)
        self.format = format
        self.beat = beat
    }

    func start() {
        Thread.detachNewThread { [self] in
            let printer = DrainPrinter(format)
            worker.run(
                report: { event in
                    note(event)
                    do { try printer.event(event) } catch { fail(error) }
                },
                failed: { Failure.warn("the worker: \($0)") }, turned: beat)
            state.withLock { $0.isEnded = true }
        }
    }

    func stop() { worker.stop() }
    var isEnded: Bool { state.withLock { $0.isEnded } }
    /// What ended it before it was told to stop.
    var failure: (any Error)? { state.withLock { $0.failure } }

    /// Whether something was held or set aside since somebody asked.
    func takeNews() -> Bool {
        state.withLock { state in
            defer { state.hasNews = false }
            return state.hasNews
        }
    }

    private func note(_ event: PlanEvent) {
        guard case .summary(let summary) = event, summary.held != nil || summary.quarantined > 0 else { return }
        state.withLock { $0.hasNews = true }
    }

    private func fail(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
        worker.stop()
    }
}

/// Prints what is drained, each connection's report whole.
private final class DrainPrinter {
    private let format: OutputOptions.Format
    private var out: ReportOutput?

    init(_ format: OutputOptions.Format) { self.format = format }

    func event(_ event: PlanEvent) throws {
        if case .header = event { out = try ReportOutput(format, isWhole: true) }
        out?.event(event)
        guard case .summary = event, let out else { return }
        self.out = nil
        // What is held or quarantined waits for a person, and is in the report; the worker goes on.
        try out.printing { .done }
    }
}
