import ArgumentParser
import Foundation
import Provisioning
import Reconciliation
import Reports
import Storage

/// The worker: drains the change queue and runs jobs at their schedules.
struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract:
            "The worker: carries pushed changes into the accounts as soon as they arrive, and runs jobs when they are due.",
        discussion: """
              rollcall work jobs/*.yaml           go on until SIGTERM or SIGINT
              rollcall work --once jobs/*.yaml    drain what waits, run what is due, and end with the worst status

            A job says when it runs: schedule: {cron: "0 2 * * *", timeZone: Europe/Berlin}. A run that was missed is caught up \
            once; a job that is seen for the first time has missed nothing. Job files are read again when they change, before each \
            run, and on SIGHUP.

            rollcall serve runs a worker beside the endpoint that only drains. Several workers on one database do no harm: what \
            is due is run once.
            """)

    @Argument(help: ArgumentHelp("Job files with a schedule.", valueName: "job"))
    var jobs: [String] = []
    @Flag(help: "Drain what waits, run what is due, and end.")
    var once = false
    @Flag(help: "With --once: print nothing if it ends with status 0.")
    var quiet = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let database = try Store(path: store.path, mode: .readWrite)
        if once { try runOnce(database) } else { try await runUntilStopped(database) }
        try database.checkpoint()
        try database.close()
    }

    private func runOnce(_ database: Store) throws {
        let progress = ProgressLine()
        let environment = RunEnvironment.live(progress)
        let out = try ReportOutput(output.format, isQuiet: quiet, progress: progress)
        let work = ScheduledWork(database, named: store.database, environment: environment)
        let scheduler = Scheduler(jobs: jobs, store: database, environment: environment)
        try out.printing {
            var worst = ExitStatus.done
            let drained = try Drainer(store: database, environment: environment, telling: .everything).drain {
                out.event($0)
            }
            worst = max(worst, drained.map { ExitStatus($0) } ?? .done)
            _ = try scheduler.tick(
                Scheduler.Hands(
                    run: { job, due in
                        let (end, status) = work.run(job) { out.event($0) }
                        worst = max(worst, status)
                        return end
                    }, broken: { work.broken($0, $1) }))
            if scheduler.hasBroken { worst = max(worst, .configuration) }
            work.news.enqueue(for: scheduler.known)
            work.notifier.flush()
            return worst
        }
    }

    private func runUntilStopped(_ database: Store) async throws {
        let service = WorkService(
            database: database, databaseName: store.database, jobs: jobs, format: output.format)
        let status = try await service.run()
        guard status != .done else { return }
        try database.checkpoint()
        throw ExitCode(status.rawValue)
    }
}

/// Runs the jobs of a worker: the report, the errors, and whom they tell.
struct ScheduledWork {
    let notifier: Notifier
    let news: DrainNews
    private let runs: NotifyingRuns
    private let databaseName: String?

    /// - Parameter name: the database as an option named it, for the commands that reports name.
    init(_ store: Store, named name: String?, environment: RunEnvironment) {
        databaseName = name
        news = DrainNews(store: store, environment: environment, warn: { Failure.warn($0) })
        notifier = Notifier(database: store.path, open: store, environment: environment, warn: { Failure.warn($0) })
        runs = NotifyingRuns(engine: Engine(database: store.path, environment: environment), notifier: notifier)
    }

    /// Runs a job as `rollcall run` does, with the files of its report; an error is said and is a status.
    func run(_ job: Job, report: (PlanEvent) -> Void) -> (ScheduledEnd, ExitStatus) {
        let files = ReportFiles(job.report, context: ReportContext(job: job.path, database: databaseName))
        var (end, status) = perform(job) { event in
            files.event(event)
            report(event)
        }
        // The run stays done; that its page is missing is said.
        if let failure = files.failure {
            _ = Failure(failure).report()
            status = max(status, .failed)
            end.status = Int(status.rawValue)
        }
        return (end, status)
    }

    private func perform(_ job: Job, report: (PlanEvent) -> Void) -> (ScheduledEnd, ExitStatus) {
        do {
            let options = RunOptions(purpose: job.mode == .plan ? .dryRun : .apply)
            let result = try runs.run(job, options: options, report: report)
            let status = ExitStatus(result)
            let kind: ScheduledEnd.Kind = result.summary.outcome == .interrupted ? .interrupted : .ended
            return (ScheduledEnd(kind, status: Int(status.rawValue), run: result.summary.run), status)
        } catch {
            let status = ExitStatus(rawValue: Failure(error).report()) ?? .failed
            let kind: ScheduledEnd.Kind =
                switch status {
                case .busy: .busy
                case .interrupted: .interrupted
                default: .ended
                }
            return (ScheduledEnd(kind, status: Int(status.rawValue)), status)
        }
    }

    /// Says that a job file cannot be used, and tells whom it named when it still could.
    func broken(_ error: JobFileError, _ job: Job?) {
        _ = Failure(error).report()
        if let job { runs.failed(job, error) }
    }
}
