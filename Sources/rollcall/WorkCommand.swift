import ArgumentParser
import Provisioning

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
    @Flag(help: "Print nothing while there is nothing to say.")
    var quiet = false
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    /// How long an empty queue is left alone. Draining within a second is the promise.
    private static let pause = Duration.milliseconds(200)

    func run() async throws {
        let progress = ProgressLine()
        let engine = try Engine(database: store.path, environment: .live(progress))
        while !Signals.isStopping {
            let status = try drain(engine, progress)
            if once {
                if let status, status != .done { throw ExitCode(status.rawValue) }
                return
            }
            if status == nil { try await Task.sleep(for: Self.pause) }
        }
    }

    /// Drains once; `nil` when there was nothing to drain.
    private func drain(_ engine: Engine, _ progress: ProgressLine) throws -> ExitStatus? {
        let out = try ReportOutput(output.format, isQuiet: quiet, progress: progress)
        guard let result = try engine.drain(report: { out.event($0) }) else { return nil }
        let status = ExitStatus(result)
        try out.finish(status)
        return status
    }
}
