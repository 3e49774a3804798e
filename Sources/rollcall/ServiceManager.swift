import Foundation
import Synchronization

/// Tells systemd how the service is, over the datagram socket that it names in `NOTIFY_SOCKET` (sd_notify(3)); nothing where it
/// names none.
struct ServiceManager: Sendable {
    private let address: [UInt8]?
    /// How often systemd wants to hear from a healthy service at least; `nil` where it does not watch.
    let watchdog: Duration?

    /// - Parameters:
    ///   - environment: `NOTIFY_SOCKET`: a path, or `@` and an abstract name; `WATCHDOG_USEC`: microseconds; `WATCHDOG_PID`: whom it
    ///     watches.
    ///   - process: this process's number.
    init(environment: [String: String] = ProcessInfo.processInfo.environment, process: pid_t = getpid()) {
        let name = Array((environment["NOTIFY_SOCKET"] ?? "").utf8)
        let isAddress = name.first == UInt8(ascii: "/") || name.first == UInt8(ascii: "@")
        address = isAddress && name.count > 1 && name.count < Self.pathBytesMax ? name : nil
        let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init) ?? 0
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(process) } ?? true
        watchdog = address != nil && microseconds > 0 && isMeant ? .microseconds(microseconds) : nil
    }

    private static let pathBytesMax = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// Says one thing: `READY=1`, `STATUS=...`, `STOPPING=1`, `WATCHDOG=1`.
    ///
    /// - Returns: whether it was sent. One that is lost is no reason to stop: systemd has a time limit of its own.
    @discardableResult
    func say(_ text: String) -> Bool {
        guard let address else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var to = sockaddr_un()
        to.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &to.sun_path) { path in
            path.copyBytes(from: address)
            // An abstract name begins with a zero byte.
            if address[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + address.count)
        let bytes = Array(text.utf8)
        return withUnsafePointer(to: &to) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), pointer, length) == bytes.count
            }
        }
    }

    func ready(_ status: String) { say("READY=1\nSTATUS=" + Self.line(status)) }
    func status(_ text: String) { say("STATUS=" + Self.line(text)) }
    func stopping() { say("STOPPING=1\nSTATUS=stopping") }

    private static func line(_ text: String) -> String { text.replacing("\n", with: " ") }
}

/// Says `WATCHDOG=1` while every loop of the service turns, and only then: a stuck loop is silence, and systemd restarts the
/// service.
final class Watchdog: Sendable {
    private struct State {
        var silent: Set<String>
        var last: ContinuousClock.Instant
    }

    private let manager: ServiceManager
    private let loops: Set<String>
    private let state: Mutex<State>

    /// - Parameter loops: the loops that must all have turned since the last sign of life before the next one is given.
    init(_ manager: ServiceManager, loops: Set<String>, now: ContinuousClock.Instant = .now) {
        self.manager = manager
        self.loops = loops
        state = Mutex(State(silent: loops, last: now))
    }

    /// A loop turned. Cheap; gives a sign of life when half of the time has passed and no loop is silent.
    func beat(_ loop: String, now: ContinuousClock.Instant = .now) {
        guard let interval = manager.watchdog else { return }
        state.withLock { state in
            state.silent.remove(loop)
            guard state.silent.isEmpty, now - state.last >= interval / 2 else { return }
            manager.say("WATCHDOG=1")
            state.silent = loops
            state.last = now
        }
    }
}
