import ArgumentParser
import Foundation
import JSONBytes
import PushEndpoint
import Reconciliation
import Storage

/// The SCIM endpoint as a process, with a worker beside it.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer the SCIM requests of identity providers.",
        discussion: """
            Each accepted change is in the directory and in the change queue, on the disk, before its answer leaves. The \
            worker beside the server brings it into the accounts at once; with --no-worker, 'rollcall work' does.

            Create an endpoint URL and its token first, with 'rollcall scim create'. SIGTERM ends the server after the \
            requests in flight, within ten seconds.

            The server speaks plain HTTP. Leave it on the loopback address and put a proxy with TLS before it: with --url it \
            says the proxy's address in what it answers, and with --trust-proxy it takes that from the proxy's headers \
            X-Forwarded-Proto and X-Forwarded-Host, which it ignores otherwise.

            Below /admin/v1 it answers who has an admin token, see 'rollcall admin'.
            """)

    @OptionGroup var storeOptions: StoreOptions

    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port"))
    var listen = "127.0.0.1:8080"

    @OptionGroup var urlOptions: URLOptions

    @Flag(
        help: """
            Take the public address from X-Forwarded-Proto and X-Forwarded-Host. Only where nothing but a proxy that sets \
            both can connect.
            """)
    var trustProxy = false

    @Flag(help: "Only accept changes; leave them in the queue for 'rollcall work'.")
    var noWorker = false

    @Option(
        help: """
            Write to standard error: 'requests', one line of JSON for each request, with its time, method, route, status, \
            milliseconds, organization and X-Request-Id. No names, ids, tokens or bodies.
            """)
    var log: ServeLog?

    mutating func validate() throws {
        guard ListenAddress(listen) != nil else {
            throw ValidationError("'\(listen)' is not HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080.")
        }
        guard !trustProxy || urlOptions.url == nil else {
            throw ValidationError("--trust-proxy takes the public address from the proxy; leave --url out.")
        }
    }

    func run() async throws { try await serve(worker: { .live($0) }) }

    /// Serves until SIGTERM.
    ///
    /// - Parameter worker: makes the worker for the opened store; not asked with `--no-worker`.
    /// - Throws: ``StorageError`` when the database cannot be opened, ``CommandFailure`` when nothing can listen there.
    func serve(worker makeWorker: (@Sendable (Store) -> ServeWorker)?) async throws {
        guard let address = ListenAddress(listen) else { return }
        // A peer that hangs up and a file that may not grow are errors of one write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        let store = try Store(path: storeOptions.path, mode: .readWrite, readers: 4)
        let worker = noWorker ? nil : makeWorker?(store)
        let life = ServeLife(store, hasWorker: worker != nil)
        if !address.isLoopback {
            Self.say(
                "warning: \(listen) is not a loopback address, and tokens and names cross the network unencrypted\n",
                to: 2)
        }
        if trustProxy && !address.isLoopback {
            Self.say(
                "warning: with --trust-proxy, whoever can connect to \(listen) can say what the address is\n", to: 2)
        }
        let bound = BoundPort()
        let environment = ProcessInfo.processInfo.environment["ROLLCALL_URL"] ?? ""
        // Said, or the address that the system gave.
        let publicURL = urlOptions.url == nil && environment.isEmpty ? nil : try urlOptions.checked()
        let endpoint = Endpoint(
            store: store, commits: GroupCommit(store: store),
            publicURL: { publicURL ?? "http://\(address.host):\(bound.value)" },
            now: { Machine.now }, newID: { Machine.newID() }, onAccepted: { worker?.wake() },
            onAnswered: requestLog,
            administration: AdminAPI(
                store: store, now: { Machine.now }, newID: { Machine.newID() }, newToken: { Machine.newToken() }),
            forwarding: trustProxy ? .trusted : .ignored)
        let server = PushServer(
            endpoint: endpoint,
            configuration: ServerConfiguration(host: address.bindHost, port: address.port) { port in
                bound.value = port
                Self.say("listening on http://\(address.host):\(port)\n", to: 1)
                life.listening(on: "http://\(address.host):\(port)")
            })
        try await server.run(beside: { try await life.live(beside: worker, turned: { life.turned("drain") }) })
        try store.close()
    }

    /// Where each request is told, if anywhere.
    private var requestLog: (@Sendable (RequestEntry) -> Void)? {
        guard log == .requests else { return nil }
        return { entry in Self.say(JSONValue.object(entry.json).text + "\n", to: 2) }
    }

    /// Writes at once and unbuffered. A reader that has gone away is no reason to stop serving.
    private static func say(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// What the server tells of its work while it serves.
enum ServeLog: String, ExpressibleByArgument {
    case requests
}

/// A worker that runs beside the server.
struct ServeWorker: Sendable {
    /// Tells it that something is in the queue. Cheap, and allowed from any thread.
    var wake: @Sendable () -> Void
    /// Works until it is cancelled, and says each time that its loop turns.
    var run: @Sendable (_ turned: @escaping @Sendable () -> Void) async throws -> Void
}

/// `HOST:PORT`, an IPv6 address in brackets.
struct ListenAddress: Equatable {
    /// As it stands in a URL, with the brackets of an IPv6 address.
    let host: String
    let port: Int

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        let host = String(text[..<colon])
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        guard !host.isEmpty, isBracketed || !host.contains(":") else { return nil }
        self.host = host
        self.port = port
    }

    var bindHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

    /// Whether only this machine can connect.
    var isLoopback: Bool { bindHost == "localhost" || bindHost == "::1" || bindHost.hasPrefix("127.") }
}

/// The port that the system gave, once it did.
///
/// Proof for `@unchecked Sendable`: `port` is only touched under `lock`.
private final class BoundPort: @unchecked Sendable {
    private let lock = NSLock()
    private var port = 0

    var value: Int {
        get { lock.withLock { port } }
        set { lock.withLock { port = newValue } }
    }
}
