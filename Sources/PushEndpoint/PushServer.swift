import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import SCIM
import ServiceLifecycle
import Synchronization

/// Where the server listens, and what it tells.
package struct ServerConfiguration: Sendable {
    package var host: String
    /// 0 takes a free port.
    package var port: Int
    /// Called once connections are accepted, with the port.
    package var onListening: @Sendable (Int) -> Void
    /// How long a request's body may take to arrive in all, however steadily it trickles. Later the client gets 408.
    package var bodyTime = Self.bodyTimeMax

    /// Seconds that a connection may say nothing.
    package var idleSeconds = Self.idleSecondsMax

    /// As proxies have it: an identity provider that keeps connections open sends more often, or opens another one.
    package static let idleSecondsMax: Int64 = 60
    /// Longest time for a request's body: 8 MiB in half a minute are 280 KiB a second.
    package static let bodyTimeMax = Duration.seconds(30)
    /// Seconds until a connection is closed whose request was answered without its body: a client that is still sending
    /// sees the answer, and one that never stops does not keep the connection.
    package static let lingerSeconds: Int64 = 10
    /// Longest time for a client to take its answer, where that does not fit into the buffers of the connection.
    package static let answerTimeMax = Duration.seconds(60)
    /// Bytes of an answer that fit into the buffers of any connection: the system takes them at once.
    package static let bufferedBytes = 64 << 10
    /// Open connections; more wait in the backlog.
    package static let connectionsMax = 1024
    /// Bytes of a request's header fields.
    package static let headerBytesMax = 64 << 10
    /// Seconds that requests in flight have to end after SIGTERM.
    package static let shutdownSeconds = 8

    package init(host: String, port: Int, onListening: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.host = host
        self.port = port
        self.onListening = onListening
    }
}

/// The endpoint behind a socket.
package struct PushServer: Sendable {
    let endpoint: Endpoint
    let configuration: ServerConfiguration

    package init(endpoint: Endpoint, configuration: ServerConfiguration) {
        self.endpoint = endpoint
        self.configuration = configuration
    }

    /// Serves until SIGTERM or SIGINT, or until the task is cancelled: then no connection is accepted any more, requests
    /// in flight end, and what they wrote is on the disk.
    ///
    /// - Parameter companion: work that runs beside the server and is cancelled when it stops; when it ends or throws
    ///   before that, the server stops too.
    /// - Throws: what the system says when the address cannot be bound, and what the companion threw.
    package func run(beside companion: (@Sendable () async throws -> Void)? = nil) async throws {
        var logger = Logger(label: "rollcall.serve", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .error
        let listening = configuration.onListening
        let application = Application(
            responder: EndpointResponder(endpoint: endpoint, bodyTime: configuration.bodyTime),
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(configuration.idleSeconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: ServerConfiguration.headerBytesMax,
                        maxHeaderListSize: ServerConfiguration.headerBytesMax, maxHeaderFieldCount: 256))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: MaximumAvailableConnections(ServerConfiguration.connectionsMax)),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? 0) },
            logger: logger)
        let services: [any Service] = [application] + (companion.map { [Companion(work: $0)] } ?? [])
        var lifecycle = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        lifecycle.maximumGracefulShutdownDuration = .seconds(ServerConfiguration.shutdownSeconds)
        try await ServiceGroup(configuration: lifecycle).run()
        await endpoint.commits.close()
    }
}

/// Work beside the server, cancelled when the server shuts down.
private struct Companion: Service {
    let work: @Sendable () async throws -> Void

    func run() async throws {
        do { try await cancelWhenGracefulShutdown { try await work() } } catch is CancellationError {}
    }
}

/// What the responder needs of a request beside itself: its connection.
struct EndpointContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

/// Turns the HTTP library's requests into the endpoint's, and its answers back.
struct EndpointResponder: HTTPResponder {
    typealias Context = EndpointContext

    let endpoint: Endpoint
    let bodyTime: Duration

    func respond(to request: Request, context: Context) async throws -> Response {
        let uri = request.head.path ?? "/"
        let question = uri.firstIndex(of: "?") ?? uri.endIndex
        let body = UnreadBody(request.body, time: bodyTime)
        let asked = EndpointRequest(
            method: request.method.rawValue, path: String(uri[..<question]),
            query: question < uri.endIndex ? String(uri[uri.index(after: question)...]) : "",
            headers: Self.headers(request.headers), reading: { try await body.bytes(upTo: $0) })
        var answer = await endpoint.handle(asked)
        if asked.hasBody && !body.wasRead {
            answer.headers["connection"] = "close"
            let channel = context.channel
            channel.eventLoop.scheduleTask(in: .seconds(ServerConfiguration.lingerSeconds)) {
                channel.close(promise: nil)
            }
        }
        return Self.response(answer, on: context.channel)
    }

    private static func headers(_ fields: HTTPFields) -> [String: String] {
        var headers: [String: String] = [:]
        for field in fields {
            let name = field.name.canonicalName
            headers[name] = headers[name].map { $0 + ", " + field.value } ?? field.value
        }
        return headers
    }

    private static func response(_ answer: EndpointResponse, on channel: any Channel) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name), HTTPField.isValidValue(value) else { continue }
            fields[name] = value
        }
        fields[.cacheControl] = "no-store"
        let status = HTTPResponse.Status(code: answer.status)
        if answer.body.isEmpty { return Response(status: status, headers: fields) }
        return Response(status: status, headers: fields, body: body(ByteBuffer(bytes: answer.body), on: channel))
    }

    /// A body that a client has to take in time: one that never reads would keep its connection, and the answer in memory.
    private static func body(_ bytes: ByteBuffer, on channel: any Channel) -> ResponseBody {
        if bytes.readableBytes <= ServerConfiguration.bufferedBytes { return ResponseBody(byteBuffer: bytes) }
        return ResponseBody(contentLength: bytes.readableBytes) { writer in
            let end = channel.eventLoop.scheduleTask(in: TimeAmount(ServerConfiguration.answerTimeMax)) {
                channel.close(promise: nil)
            }
            defer { end.cancel() }
            var rest = bytes
            while let part = rest.readSlice(length: min(ServerConfiguration.bufferedBytes, rest.readableBytes)),
                part.readableBytes > 0
            {
                try await writer.write(part)
            }
            try await writer.finish(nil)
        }
    }
}

/// A request's body, until the endpoint wants it.
private final class UnreadBody: Sendable {
    private let body: RequestBody
    private let time: Duration
    private let isRead = Mutex(false)

    init(_ body: RequestBody, time: Duration) {
        self.body = body
        self.time = time
    }

    /// Whether it was read to its end.
    var wasRead: Bool { isRead.withLock { $0 } }

    /// - Throws: ``BodyTooLong``, ``BodyTooSlow``.
    func bytes(upTo limit: Int) async throws -> [UInt8] {
        let bytes = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            let (body, time) = (body, time)
            group.addTask {
                do { return Array(buffer: try await body.collect(upTo: limit)) } catch is NIOTooManyBytesError {
                    throw BodyTooLong(limit: limit)
                }
            }
            group.addTask {
                try await Task.sleep(for: time)
                throw BodyTooSlow()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw BodyTooSlow() }
            return first
        }
        isRead.withLock { $0 = true }
        return bytes
    }
}
