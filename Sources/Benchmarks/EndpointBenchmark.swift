import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PushEndpoint
import Reconciliation
import SCIM
import Storage

/// Requests per second of the SCIM endpoint on a directory of many users, beside a bare server of the same HTTP library
/// in the same process, on the loopback address:
///
///     swift run -c release Benchmarks --what endpoint [--people 100000] [--seconds 5] [--connections 16]
///
/// Measured are GET by id, GET with a filter of userName, POST and PATCH; for the bare server a GET of a constant of the size of
/// a user, and a POST that reads its body and sends it back. Writes are on the disk (`synchronous=FULL`) before they are
/// answered. No worker runs beside.
struct EndpointBenchmark {
    let options: Options

    func run() async throws {
        let folder = options.folder + "/rollcall-bench-endpoint"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let directory = try await Directory(path: folder + "/bench.db", people: options.people)
        let user = try await directory.sampleUser()
        try await serving(bare(user)) { port in
            try measure("bare GET", port, status: 200) { _ in Self.request("GET", "/constant", token: "-") }
            try measure("bare POST echo", port, status: 200) { _ in
                Self.request("POST", "/echo", token: "-", body: user)
            }
        }
        try await serving(directory.server) { port in try measureEndpoint(directory, port) }
        try directory.store.close()
    }

    private func measureEndpoint(_ directory: Directory, _ port: Int) throws {
        let (base, token, people) = (directory.base, directory.token.text, options.people)
        // Numbers far apart, so that neighbours do not share a page.
        let pick: @Sendable (Int) -> Int = { $0 &* 7919 % people }
        try measure("GET by id", port, status: 200) {
            Self.request("GET", base + "/Users/" + Directory.id(pick($0)), token: token)
        }
        try measure("GET by userName eq", port, status: 200) {
            Self.request(
                "GET", base + "/Users?filter=userName%20eq%20%22" + Directory.userName(pick($0)) + "%22", token: token)
        }
        try measure("POST", port, status: 201) {
            Self.request("POST", base + "/Users", token: token, body: Directory.user(people + $0))
        }
        try measure("PATCH", port, status: 200) {
            Self.request(
                "PATCH", base + "/Users/" + Directory.id(pick($0)), token: token,
                body: """
                    {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],\
                    "Operations":[{"op":"replace","path":"title","value":"Title \($0)"}]}
                    """)
        }
    }

    private func measure(
        _ step: String, _ port: Int, status: Int, _ request: @escaping @Sendable (Int) -> [UInt8]
    ) throws {
        let client = LoadClient(port: port, connections: options.connections, seconds: options.seconds)
        let start = DispatchTime.now().uptimeNanoseconds
        let outcome = try client.run(status: status, request)
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
        print(
            """
            {"type":"benchmark","step":"\(step)","people":\(options.people),"connections":\(options.connections),\
            "perSecond":\(Int(Double(outcome.answers) / seconds)),"answers":\(outcome.answers),\
            "unexpected":\(outcome.unexpected),"medianMilliseconds":\(outcome.percentile(0.5)),\
            "p99Milliseconds":\(outcome.percentile(0.99))}
            """)
    }

    private static func request(_ method: String, _ path: String, token: String, body: String? = nil) -> [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(token)\r\n"
        if let body {
            text += "Content-Type: application/scim+json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
        } else {
            text += "\r\n"
        }
        return Array(text.utf8)
    }
}

// MARK: - Servers

extension EndpointBenchmark {
    /// A server that says where it listens and runs until its task is cancelled.
    typealias Serving = @Sendable (_ onListening: @escaping @Sendable (Int) -> Void) async throws -> Void

    private func serving(_ serve: @escaping Serving, _ body: (Int) throws -> Void) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let running = Task {
            defer { found.finish() }
            try await serve { found.yield($0) }
        }
        var iterator = ports.makeAsyncIterator()
        if let port = await iterator.next() { try body(port) }
        running.cancel()
        if case .failure(let error) = await running.result, !(error is CancellationError) { throw error }
    }

    private func bare(_ constant: String) -> Serving {
        { onListening in
            let router = Router()
            let answer = ByteBuffer(string: constant)
            router.get("/constant") { _, _ in Response(status: .ok, body: ResponseBody(byteBuffer: answer)) }
            router.post("/echo") { request, _ in
                Response(
                    status: .ok, body: ResponseBody(byteBuffer: try await request.body.collect(upTo: 1 << 20)))
            }
            var logger = Logger(label: "bare")
            logger.logLevel = .critical
            let application = Application(
                router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
                onServerRunning: { onListening($0.localAddress?.port ?? 0) }, logger: logger)
            try await application.run()
        }
    }
}

/// A store with many pushed users and the endpoint before it.
private struct Directory {
    let store: Store
    let token = BearerToken(random: (0..<32).map { UInt8($0) })
    private let endpoint: Endpoint
    let base = "/scim/bench"

    init(path: String, people: Int) async throws {
        store = try Store(path: path, mode: .readWrite, readers: 4)
        let now = Instant(milliseconds: 1_795_000_000_000)
        let organization = try store.createOrganization(named: "bench", now: now).organization
        _ = try store.createSSOConfiguration(named: "sso", id: "sso", of: organization, now: now)
        _ = try store.createSCIMConfiguration(
            SCIMConfigurationRequest(id: "bench", name: "push", sso: "sso", token: token), of: organization, now: now)
        let ids = Counter()
        let commits = GroupCommit(store: store)
        endpoint = Endpoint(
            store: store, commits: commits, publicURL: { "http://127.0.0.1" }, now: { now },
            newID: { Self.id(ids.next()) })
        try await fill(people)
    }

    /// Posts everybody, as a client would, many at once.
    private func fill(_ people: Int) async throws {
        let failed = Counter()
        for start in stride(from: 0, to: people, by: 256) {
            await withTaskGroup(of: Void.self) { group in
                for number in start..<min(start + 256, people) {
                    group.addTask {
                        let response = await post(number)
                        if response.status != 201 { failed.next() }
                    }
                }
            }
        }
        let count = failed.count
        if count > 0 { throw Failure(description: "\(count) of \(people) users could not be made") }
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private func post(_ number: Int) async -> EndpointResponse {
        let body = Array(Self.user(number).utf8)
        return await endpoint.handle(
            EndpointRequest(
                method: "POST", path: base + "/Users",
                headers: [
                    // With a name of its own the request takes none of the ids, which ``id(_:)`` counts on.
                    "authorization": "Bearer " + token.text, "content-type": "application/scim+json",
                    "x-request-id": String(number),
                ], body: { body }))
    }

    /// What the endpoint answers for one user: the bare server's constant.
    func sampleUser() async throws -> String {
        let response = await endpoint.handle(
            EndpointRequest(
                method: "GET", path: base + "/Users/" + Self.id(0), headers: ["authorization": "Bearer " + token.text]))
        guard response.status == 200 else { throw Failure(description: "the first user cannot be read") }
        return String(decoding: response.body, as: UTF8.self)
    }

    var server: EndpointBenchmark.Serving {
        let endpoint = endpoint
        return { onListening in
            try await PushServer(
                endpoint: endpoint,
                configuration: ServerConfiguration(host: "127.0.0.1", port: 0, onListening: onListening)
            ).run()
        }
    }

    /// The ids that the endpoint gives, in the order of creation.
    static func id(_ number: Int) -> String {
        let digits = String(number)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    static func userName(_ number: Int) -> String { "user\(number)@bench.example" }

    static func user(_ number: Int) -> String {
        """
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",\
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"x\(number)",\
        "userName":"\(userName(number))","name":{"givenName":"Ada","familyName":"Person \(number)"},\
        "displayName":"Ada Person \(number)","title":"Engineer","active":true,\
        "emails":[{"value":"\(userName(number))","type":"work","primary":true}],\
        "phoneNumbers":[{"value":"+49 30 \(number)","type":"work"}],\
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":\
        {"employeeNumber":"\(number)","department":"Engineering"}}
        """
    }
}
