import ArgumentParser
import Provisioning

/// Tries the way of notifications.
struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify", abstract: "Notifications of jobs.", subcommands: [Test.self])

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a sample to whom a job names, and say whether it arrived.",
            discussion: """
                  rollcall notify test jobs/nightly.yaml

                The sample says that it is one, and names nobody. Nothing is written.
                """)

        @Argument(help: ArgumentHelp("The job file.", valueName: "job"))
        var job: String?
        @OptionGroup var options: JobOptions

        func run() async throws {
            let job = try options.load(job)
            guard let policy = job.notify else {
                throw CommandFailure(.configuration, "the job \(job.name) names nobody to tell; add notify to it")
            }
            let sample = RunNotification.sample(of: job, at: Machine.now)
            var out = StandardOutput(.text)
            var failures: [String] = []
            for (channel, delivery) in Notifier.sendOnce(sample, by: policy, id: Machine.newID()) {
                switch delivery {
                case .delivered: try out.line("\(channel.rawValue): delivered")
                case .failed(let why), .refused(let why): failures.append("\(channel.rawValue): \(why)")
                }
            }
            try out.flush()
            guard failures.isEmpty else {
                throw CommandFailure(.failed, "the sample did not arrive by " + failures.joined(separator: "; "))
            }
        }
    }
}
