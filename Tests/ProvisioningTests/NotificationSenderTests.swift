import Foundation
import JSONBytes
import Reconciliation
import Synchronization
import Testing

@testable import Provisioning
@testable import Storage

/// A web server on the loopback address that takes one request after another and answers each with one status.
private final class Receiver: Sendable {
    let port: Int
    private let listener: Int32
    private let requests = Mutex<[String]>([])

    var all: [String] { requests.withLock { $0 } }

    init(answering answer: String) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        try #require(isBound)
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                serve(connection, answer)
            }
        }
    }

    deinit { stop() }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve(_ connection: Int32, _ answer: String) {
        defer { close(connection) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while !Self.isWhole(bytes) {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { return }
            bytes += chunk[..<count]
        }
        requests.withLock { $0.append(String(decoding: bytes, as: UTF8.self)) }
        let text = "HTTP/1.1 \(answer)\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
        _ = Array(text.utf8).withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return false }
        let lengths = text[..<end.lowerBound].split(separator: "\r\n").compactMap { line -> Int? in
            let lower = line.lowercased()
            return lower.hasPrefix("content-length: ") ? Int(lower.dropFirst(16)) : nil
        }
        return text[end.upperBound...].utf8.count >= lengths.first ?? 0
    }
}

@Suite("Sending notifications")
struct NotificationSenderTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    private let now = Instant(milliseconds: 1_614_265_330_000)

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "rollcall-send-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func item(_ policy: NotifyPolicy, body: String = #"{"a":"q\"b\\cé"}"#) throws -> OutboxItem {
        let told = try #require(
            NotifiedRun.watch(0).notification(of: NotifiedRun.job(), NotifiedRun.result(tripped: 1), at: now))
        let target = try #require(NotificationTarget.all(of: policy, told).first)
        return OutboxItem(
            id: "msg_1", organization: "acme", connection: "entra", job: "nightly", createdAt: now,
            channel: target.channel, target: target.text, body: body, attempts: 1)
    }

    private func script(_ folder: String, _ text: String) throws -> String {
        let path = folder + "/tell"
        try Data(("#!/bin/sh\n" + text + "\n").utf8).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, 0o755) == 0)
        return path
    }

    // MARK: Commands

    @Test("a command gets its words as they are, the body on standard input and the short texts in its environment")
    func command() throws {
        try withFolder { folder in
            let path = try script(
                folder,
                "cat > \(folder)/body\nprintf '%s|' \"$@\" \"$ROLLCALL_EVENT\" \"$ROLLCALL_RUN\" \"$PATH\" \"$NOTIFY_SOCKET\" > \(folder)/words"
            )
            let sender = NotificationSender(environment: ["PATH": "/usr/bin:/bin", "NOTIFY_SOCKET": "/x"])
            let words = ["/bin/sh", path, "$(id)", "a b", "*"]
            #expect(sender.send(try item(NotifyPolicy(command: words)), now: now) == .delivered)
            #expect(try String(contentsOfFile: folder + "/body", encoding: .utf8) == "{\"a\":\"q\\\"b\\\\cé\"}\n")
            #expect(
                try String(contentsOfFile: folder + "/words", encoding: .utf8) == "$(id)|a b|*|gate|12|/usr/bin:/bin||")
        }
    }

    @Test("a command that fails, is missing or may not be run is a failure that says so")
    func failing() throws {
        try withFolder { folder in
            let sender = NotificationSender(environment: ["PATH": "/usr/bin:/bin"])
            let path = try script(folder, "echo 'no route to host' >&2; exit 3")
            #expect(
                sender.send(try item(NotifyPolicy(command: ["/bin/sh", path])), now: now)
                    == .refused("/bin/sh ended with status 3: no route to host"))
            let missing = sender.send(try item(NotifyPolicy(command: [folder + "/missing"])), now: now)
            #expect(missing == .refused("\(folder)/missing: No such file or directory"))
            let killed = try script(folder, "kill -9 $$")
            #expect(
                sender.send(try item(NotifyPolicy(command: ["/bin/sh", killed])), now: now)
                    == .refused("/bin/sh was ended by a signal"))
        }
    }

    @Test("a command that takes too long is killed with its children")
    func slow() throws {
        let started = ContinuousClock.now
        let ended = try ChildProcess.run(
            ["/bin/sh", "-c", "echo begun; sleep 60 & sleep 60; wait"], environment: ["PATH": "/usr/bin:/bin"],
            input: [],
            limit: .milliseconds(300))
        #expect(ended == .init(status: nil, output: "begun", isTimedOut: true))
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    @Test("a command that ends while a child of it keeps the output open is not waited for")
    func daemon() throws {
        let ended = try ChildProcess.run(
            ["/bin/sh", "-c", "sleep 60 & echo done"], environment: ["PATH": "/usr/bin:/bin"], input: [],
            limit: .seconds(30))
        #expect(ended == .init(status: 0, output: "done"))
    }

    @Test("a command that prints without end or never reads is no trouble")
    func noisy() throws {
        let body = [UInt8](repeating: 0x61, count: 1 << 20)
        let ended = try ChildProcess.run(
            ["/bin/sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; exit 5"], environment: ["PATH": "/usr/bin:/bin"],
            input: body, limit: .seconds(30))
        #expect(ended.status == 5 && ended.output.utf8.count == ChildProcess.outputBytesMax)
    }

    // MARK: Webhooks

    private func post(_ receiver: Receiver, _ folder: String, path: String = "/hook?a=1") throws
        -> NotificationSender.Delivery
    {
        let secret = folder + "/secret"
        try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: secret))
        chmod(secret, 0o600)
        let webhook = NotifyPolicy.Webhook(url: "http://127.0.0.1:\(receiver.port)\(path)", secretFile: secret)
        return NotificationSender(environment: ["PATH": "/usr/bin:/bin"])
            .send(try item(NotifyPolicy(webhook: webhook)), now: now)
    }

    @Test("a webhook is one signed POST of the body")
    func webhook() throws {
        try withFolder { folder in
            let receiver = try Receiver(answering: "204 No Content")
            #expect(try post(receiver, folder) == .delivered)
            let request = try #require(receiver.all.first)
            let parts = request.components(separatedBy: "\r\n\r\n")
            #expect(request.hasPrefix("POST /hook?a=1 HTTP/1.1\r\n") && receiver.all.count == 1)
            #expect(parts.dropFirst().joined(separator: "\r\n\r\n") == #"{"a":"q\"b\\cé"}"#)
            let signature = try WebhookSignature(secret: Self.secret).headers(
                id: "msg_1", timestamp: 1_614_265_330, body: #"{"a":"q\"b\\cé"}"#)
            for (name, value) in signature + [("content-type", "application/json")] {
                #expect(parts[0].contains("\r\n\(name): \(value)"), "\(name)")
            }
        }
    }

    @Test("whoever answers with anything but success is tried again; a redirect and 410 are final")
    func answers() throws {
        try withFolder { folder in
            for (answer, isFinal) in [("500 No", false), ("429 Later", false), ("404 No", false), ("410 Gone", true)] {
                let delivery = try post(try Receiver(answering: answer), folder)
                switch delivery {
                case .failed(let why): #expect(!isFinal && why.hasSuffix("answered " + answer.prefix(3)))
                case .refused: #expect(isFinal)
                case .delivered: Issue.record("\(answer) was taken as delivered")
                }
            }
            let elsewhere = try Receiver(answering: "200 OK")
            let redirecting = try Receiver(
                answering: "302 Found\r\nlocation: http://127.0.0.1:\(elsewhere.port)/")
            let delivery = try post(redirecting, folder)
            guard case .refused(let why) = delivery else {
                Issue.record("\(delivery)")
                return
            }
            #expect(why.contains("redirects are not followed") && elsewhere.all.isEmpty)
        }
    }

    @Test("nobody there is a failure that is tried again; a bad secret is one that is not")
    func unreachable() throws {
        try withFolder { folder in
            let receiver = try Receiver(answering: "200 OK")
            receiver.stop()
            guard case .failed(let why) = try post(receiver, folder) else {
                Issue.record("delivered")
                return
            }
            #expect(why.contains("127.0.0.1:\(receiver.port)") && why.contains("curl"))
            let webhook = NotifyPolicy.Webhook(url: "http://127.0.0.1:1/", secretFile: folder + "/none")
            guard
                case .refused(let reason) = NotificationSender().send(
                    try item(NotifyPolicy(webhook: webhook)), now: now)
            else {
                Issue.record("not refused")
                return
            }
            #expect(reason.hasPrefix(folder + "/none: the webhook's secret cannot be read"))
            let noCurl = NotificationSender(environment: ["PATH": "/nowhere"], curl: "/nowhere/curl")
            try Data(Self.secret.utf8).write(to: URL(fileURLWithPath: folder + "/s"))
            chmod(folder + "/s", 0o600)
            let missing = NotifyPolicy.Webhook(url: "http://127.0.0.1:1/", secretFile: folder + "/s")
            #expect(
                noCurl.send(try item(NotifyPolicy(webhook: missing)), now: now)
                    == .refused("/nowhere/curl: No such file or directory"))
        }
    }

    @Test(
        "only plain http and https addresses are taken",
        arguments: [
            ("https://hooks.example.com/x?y=1", true), ("http://127.0.0.1:8080/", true), ("HTTPS://a", true),
            ("ftp://a/", false), ("file:///etc/passwd", false), ("https://", false), ("https:///x", false),
            ("https://user:pw@a/", false), ("https://a/#f", false), ("https://a/ b", false), ("https://a/\"", false),
            ("https://a/\\", false), ("https://:80/", false), ("javascript:x", false),
            ("https://a/" + String(repeating: "x", count: 2048), false),
        ])
    func addresses(url: String, isGood: Bool) { #expect((JobNotify.problem(of: url) == nil) == isGood) }
}
