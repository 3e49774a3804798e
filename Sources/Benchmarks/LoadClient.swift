import Foundation
import Synchronization

/// Sends one request after the other on several connections that stay open, from threads of its own, and counts the answers.
///
/// The client shares the machine with the server, so figures compare only with those of the same run.
struct LoadClient: Sendable {
    let port: Int
    let connections: Int
    let seconds: Double

    struct Outcome: Sendable {
        var answers = 0
        var unexpected = 0
        /// Milliseconds from the request's first byte to the answer's last, sorted.
        var latencies: [Double] = []

        func percentile(_ share: Double) -> Double {
            latencies.isEmpty ? 0 : latencies[min(latencies.count - 1, Int(Double(latencies.count) * share))]
        }
    }

    /// Runs for ``seconds`` and returns what came back.
    ///
    /// - Parameters:
    ///   - status: what each answer must begin with; others count as unexpected.
    ///   - request: the bytes of a request, by its number over all connections.
    func run(status: Int, _ request: @escaping @Sendable (Int) -> [UInt8]) throws -> Outcome {
        let number = Counter()
        let outcomes = Outcomes()
        let deadline = DispatchTime.now() + seconds
        let ended = DispatchSemaphore(value: 0)
        for _ in 0..<connections {
            // A thread each: a dispatch queue runs as many at once as there are cores.
            Thread.detachNewThread {
                let result = Result { () throws -> Outcome in
                    let connection = try LoopbackConnection(port: port)
                    var outcome = Outcome()
                    while DispatchTime.now() < deadline {
                        let bytes = request(number.next())
                        let start = DispatchTime.now().uptimeNanoseconds
                        let answered = try connection.exchange(bytes)
                        outcome.latencies.append(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6)
                        outcome.answers += 1
                        if answered != status { outcome.unexpected += 1 }
                    }
                    return outcome
                }
                outcomes.add(result)
                ended.signal()
            }
        }
        for _ in 0..<connections { ended.wait() }
        var sum = Outcome()
        for result in outcomes.all {
            let outcome = try result.get()
            sum.answers += outcome.answers
            sum.unexpected += outcome.unexpected
            sum.latencies += outcome.latencies
        }
        sum.latencies.sort()
        return sum
    }
}

/// What the threads of a load client found.
private final class Outcomes: Sendable {
    private let results = Mutex<[Result<LoadClient.Outcome, any Error>]>([])

    var all: [Result<LoadClient.Outcome, any Error>] { results.withLock { $0 } }

    func add(_ result: Result<LoadClient.Outcome, any Error>) { results.withLock { $0.append(result) } }
}

/// A number that many threads count up.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int { value.load(ordering: .relaxed) }

    /// Adds one and returns what was there before.
    @discardableResult
    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}

/// A blocking HTTP/1.1 connection to this machine that reads answers with a Content-Length, and nothing else.
private final class LoopbackConnection {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    struct Broken: Error, CustomStringConvertible {
        var description: String
    }

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Broken(description: "cannot connect to port \(port): errno \(errno)") }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(descriptor) }

    /// Sends a request and reads its answer to the end.
    ///
    /// - Returns: the status.
    func exchange(_ request: [UInt8]) throws -> Int {
        var rest = request[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Broken(description: "the server closed the connection") }
            rest = rest.dropFirst(count)
        }
        var answer: [UInt8] = []
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Broken(description: "the server closed the connection in an answer") }
            answer += buffer[..<count]
            guard let head = Self.headLength(answer) else { continue }
            let fields = String(decoding: answer[..<head], as: UTF8.self).lowercased()
            let length = fields.range(of: "content-length: ").flatMap { range in
                Int(fields[range.upperBound...].prefix { $0.isNumber })
            }
            if answer.count >= head + (length ?? 0) { return Int(fields.dropFirst(9).prefix(3)) ?? 0 }
        }
    }

    /// Bytes up to and with the empty line; `nil` before it came.
    private static func headLength(_ answer: [UInt8]) -> Int? {
        guard answer.count >= 4 else { return nil }
        for end in 4...answer.count where answer[end - 4..<end].elementsEqual([13, 10, 13, 10]) { return end }
        return nil
    }
}
