import Foundation
import Testing

@testable import rollcall

/// The socket that systemd would listen on.
final class NotifySocket: Sendable {
    let name: String
    private let descriptor: Int32
    private let path: String?

    /// - Parameter isAbstract: a name of the kernel's instead of a file.
    init(isAbstract: Bool = false) throws {
        let unique = UUID().uuidString.lowercased()
        path = isAbstract ? nil : "/tmp/rollcall-notify-" + unique
        name = path ?? "@rollcall-notify-" + unique
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: name.utf8)
            if isAbstract { bytes[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(descriptor >= 0 && code == 0)
    }

    deinit {
        close(descriptor)
        if let path { unlink(path) }
    }

    /// Everything that was said and not yet taken.
    func take() -> [String] {
        var all: [String] = []
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return all }
            all.append(String(decoding: bytes[..<count], as: UTF8.self))
        }
    }
}

@Suite("Service manager")
struct ServiceManagerTests {
    private func manager(_ socket: NotifySocket, _ more: [String: String] = [:]) -> ServiceManager {
        ServiceManager(environment: ["NOTIFY_SOCKET": socket.name].merging(more) { $1 }, process: 7)
    }

    @Test("readiness, status and stopping arrive, at a path and at an abstract name", arguments: [false, true])
    func arrives(isAbstract: Bool) throws {
        let socket = try NotifySocket(isAbstract: isAbstract)
        let manager = manager(socket)
        manager.ready("listening\nSTOPPING=1")
        manager.status("idle")
        manager.stopping()
        #expect(
            socket.take() == ["READY=1\nSTATUS=listening STOPPING=1", "STATUS=idle", "STOPPING=1\nSTATUS=stopping"])
    }

    @Test(
        "without a socket, or with one that is none, nothing is said and nothing fails",
        arguments: ["", "relative", "/nowhere/socket", "@", "/" + String(repeating: "x", count: 200)])
    func nowhere(name: String) {
        #expect(!ServiceManager(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "1"]).say("READY=1"))
        #expect(!ServiceManager(environment: [:]).say("READY=1"))
    }

    @Test("a watchdog that watches another process is not ours")
    func watched() throws {
        let socket = try NotifySocket()
        #expect(manager(socket, ["WATCHDOG_USEC": "2000000"]).watchdog == .seconds(2))
        #expect(manager(socket, ["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "7"]).watchdog == .seconds(2))
        #expect(manager(socket, ["WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "8"]).watchdog == nil)
        #expect(manager(socket, ["WATCHDOG_USEC": "x"]).watchdog == nil)
        #expect(manager(socket).watchdog == nil)
    }

    @Test("a sign of life comes at half of the time while all loops turn, and not while one is stuck")
    func watchdog() throws {
        let socket = try NotifySocket()
        let start = ContinuousClock.now
        let watchdog = Watchdog(
            manager(socket, ["WATCHDOG_USEC": "10000000"]), loops: ["drain", "jobs"], now: start)
        func beat(_ loops: [String], at seconds: Int) -> [String] {
            for loop in loops { watchdog.beat(loop, now: start + .seconds(seconds)) }
            return socket.take()
        }
        #expect(beat(["drain", "jobs"], at: 4) == [])
        #expect(beat(["drain", "jobs"], at: 5) == ["WATCHDOG=1"])
        #expect(beat(["drain", "jobs"], at: 6) == [])
        // The loop of the jobs is stuck.
        for second in 7...60 { #expect(beat(["drain"], at: second) == (second == 10 ? ["WATCHDOG=1"] : [])) }
        #expect(beat(["jobs"], at: 61) == ["WATCHDOG=1"])
    }
}
