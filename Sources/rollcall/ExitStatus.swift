/// What the process says to cron and scripts when it ends: the one place where exit codes are defined.
enum ExitStatus: Int32, CaseIterable, Comparable {
    /// Done, or nothing to do.
    case done = 0
    /// The storage or the program failed.
    case failed = 1
    /// The dry run found differences (only with `--exit-code`).
    case differences = 2
    /// Applied, but some records are quarantined.
    case quarantined = 3
    /// A gate refused the plan, changes are held for approval, or a person may not sign in.
    case refused = 4
    /// A saved plan is stale, or `--expect` names another digest.
    case stale = 5
    /// The source is damaged, partial or older than the last accepted one.
    case source = 6
    /// Another run of the same connection holds the lease.
    case busy = 7
    /// Interrupted between two batches; run again to go on.
    case interrupted = 8
    /// The command line cannot be understood.
    case usage = 64
    /// A job file, an option or the configuration cannot be.
    case configuration = 78

    /// From the worst to the best: the order in which several findings of one run compete.
    private static let severity: [ExitStatus] = [
        .failed, .configuration, .usage, .busy, .source, .stale, .refused, .interrupted, .quarantined, .differences,
        .done,
    ]

    /// Better means smaller: the maximum of several is the worst.
    static func < (left: ExitStatus, right: ExitStatus) -> Bool {
        severity.firstIndex(of: left)! > severity.firstIndex(of: right)!
    }
}
