import ArgumentParser
import Provisioning

/// When a job runs and who is told.
struct ScheduleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("When the worker runs the job: minute hour day month weekday.", valueName: "expression"))
    var cron: String?
    @Option(help: ArgumentHelp("On whose clock: Europe/Berlin. Default: UTC.", valueName: "zone"))
    var timeZone: String?
    @Option(help: ArgumentHelp("When to tell somebody: gate, failure, quarantine, held.", valueName: "events"))
    var notifyOn: String?
    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("Whom: a program, and each of its arguments; repeatable.", valueName: "word"))
    var notifyCommand: [String] = []
    @Option(help: ArgumentHelp("Whom: the address of a webhook.", valueName: "url"))
    var notifyWebhook: String?
    @Option(help: ArgumentHelp("The file of the secret that signs what is sent there.", valueName: "file"))
    var notifySecretFile: String?

    func add(to keys: inout [JobOption]) {
        if let cron { keys.append(JobOption("schedule.cron", cron)) }
        if let timeZone { keys.append(JobOption("schedule.timeZone", timeZone)) }
        if let notifyOn { keys.append(JobOption("notify.on", notifyOn)) }
        keys += notifyCommand.map { JobOption("notify.command", $0) }
        if let notifyWebhook { keys.append(JobOption("notify.webhook.url", notifyWebhook)) }
        if let notifySecretFile { keys.append(JobOption("notify.webhook.secretFile", notifySecretFile)) }
    }
}
