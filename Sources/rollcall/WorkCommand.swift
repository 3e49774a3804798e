import ArgumentParser
import Provisioning
import Storage

/// Drains the change queue.
struct WorkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "work",
        abstract: "The worker: carries pushed changes into the accounts, as soon as they arrive.",
        discussion: """
              rollcall work --once     drain what waits, and end: status 4 while anything is held for approval
              rollcall work            go on until SIGTERM or SIGINT

            rollcall serve runs such a worker beside the endpoint. Several workers on one database do no harm.
            """)

    @Flag(help: "Drain what waits, and end.")
    var once = false
    @Flag(help: "With --once: print nothing if it ends with status 0.")
    var quiet = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    /// How long an empty queue is left alone. Draining within a second is the promise.
    private static let pause = Duration.milliseconds(200)

    func run() async throws {
        let progress = ProgressLine()
        let database = try Store(path: store.path, mode: .readWrite)
        let drainer = Drainer(
            store: database, environment: .live(progress), telling: once ? .everything : .news)
        if once {
            let out = try ReportOutput(output.format, isQuiet: quiet, progress: progress)
            try out.printing { try drainer.drain { out.event($0) }.map { ExitStatus($0) } ?? .done }
        } else {
            try await drainUntilStopped(drainer, progress)
        }
        try database.checkpoint()
        try database.close()
    }

    private func drainUntilStopped(_ drainer: Drainer, _ progress: ProgressLine) async throws {
        while !Signals.isStopping {
            let out = try ReportOutput(output.format, progress: progress)
            var isIdle = false
            // What is held or quarantined waits for a person, and is in the report; the worker goes on.
            try out.printing {
                isIdle = try drainer.drain { out.event($0) } == nil
                return .done
            }
            if isIdle { try await Task.sleep(for: Self.pause) }
        }
    }
}
