import Foundation
import Provisioning
import Synchronization

/// One line on a terminal's standard error that says how far a long phase is and how fast; nothing where there is no terminal.
final class ProgressLine: Sendable {
    /// How often the line changes.
    private static let interval = Duration.milliseconds(200)

    private struct State {
        var phase = ""
        var began = ContinuousClock.now
        var shown: ContinuousClock.Instant?
    }

    private let isOn: Bool
    private let state = Mutex(State())

    init() { isOn = isatty(STDERR_FILENO) == 1 }

    func show(_ progress: Provisioning.Progress) {
        guard isOn else { return }
        let text = state.withLock { state -> String? in
            let now = ContinuousClock.now
            if state.phase != progress.phase {
                state.phase = progress.phase
                state.began = now
            }
            if let shown = state.shown, now - shown < Self.interval { return nil }
            // A phase that is over at once needs no line.
            guard now - state.began >= Self.interval else { return nil }
            state.shown = now
            return Self.text(progress, since: now - state.began)
        }
        if let text { Self.put("\r\u{1B}[K" + text) }
    }

    /// Takes the line away, before something else is printed.
    func clear() {
        guard isOn else { return }
        let wasShown = state.withLock { state in
            defer { state.shown = nil }
            return state.shown != nil
        }
        if wasShown { Self.put("\r\u{1B}[K") }
    }

    /// `reading 120000 of 1000000, 85000 a second`.
    static func text(_ progress: Provisioning.Progress, since elapsed: Duration) -> String {
        let total = progress.total.map { " of \($0)" } ?? ""
        let milliseconds = max(1, Int(elapsed / .milliseconds(1)))
        return "\(progress.phase) \(progress.done)\(total), \(progress.done * 1000 / milliseconds) a second"
    }

    /// What cannot be shown on a terminal is not worth an error.
    private static func put(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
