import Provisioning

extension RunEnvironment {
    /// The machine's clock and random source, progress on the terminal, and signals that ask to stop.
    static func live(_ progress: ProgressLine) -> RunEnvironment {
        Signals.stopGently()
        return RunEnvironment(
            now: { Machine.now }, makeID: { Machine.newID() }, progress: { progress.show($0) },
            isStopping: { Signals.isStopping })
    }
}

extension ExitStatus {
    /// How a run ended; the worst of what happened counts.
    ///
    /// - Parameter comparing: whether a dry run with differences has a status of its own.
    init(_ result: RunResult, comparing: Bool = false) {
        var findings: [ExitStatus] = [.done]
        switch result.summary.outcome {
        case .refused: findings.append(.refused)
        case .unexpected: findings.append(.stale)
        case .interrupted: findings.append(.interrupted)
        case .planned: if comparing && !result.summary.isEmpty { findings.append(.differences) }
        case .applied: break
        }
        if !result.tripped.isEmpty || result.held > 0 { findings.append(.refused) }
        if result.summary.quarantined > 0 { findings.append(.quarantined) }
        self = findings.reduce(.done) { max($0, $1) }
    }
}
