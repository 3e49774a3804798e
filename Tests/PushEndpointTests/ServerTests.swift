import Foundation
import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite struct ServerTests {
    @Test("the server answers over a socket, one connection for several requests, and stops when it is told to")
    func loopback() async throws {
        let world = try World()
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0) { found.yield($0) }
        configuration.idleSeconds = 3600
        let server = PushServer(endpoint: world.endpoint, configuration: configuration)
        let running = Task { try await server.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())

        let token = "Authorization: Bearer \(world.token.text)\r\n"
        let type = "Content-Type: application/scim+json\r\n"
        let body = #"{"userName":"ann"}"#
        let requests = [
            "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "GET /scim/c-1/Users HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /scim/c-1/Users HTTP/1.1\r\nHost: x\r\n\(token)\(type)Content-Length: \(body.utf8.count)\r\n\r\n\(body)",
            "GET /scim/c-1/Users?filter=userName%20eq%20%22ann%22 HTTP/1.1\r\nHost: x\r\n\(token)Connection: close\r\n\r\n",
        ]
        let answer = try await Self.exchange(requests.joined(), port: port)
        let statuses = answer.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
        #expect(statuses == ["200", "401", "201", "200"], "\(answer)")
        #expect(answer.contains("\"totalResults\":1"))

        let large =
            "POST /scim/c-1/Users HTTP/1.1\r\nHost: x\r\n\(token)\(type)Content-Length: 1048577\r\nConnection: close\r\n\r\n"
        let refused = try await Self.exchange(large + String(repeating: " ", count: 1_048_577), port: port)
        #expect(refused.hasPrefix("HTTP/1.1 413"))

        running.cancel()
        _ = await running.result
    }

    @Test("9110 15.5.9 a body that does not arrive in time gets 408, and the connection ends")
    func slowBody() async throws {
        let world = try World()
        let answer = try await Self.serving(world, bodyTime: .milliseconds(100)) { port in
            try await Self.exchange(Self.head(world, "POST /scim/c-1/Users", length: 40) + #"{"userName""#, port: port)
        }
        #expect(answer.hasPrefix("HTTP/1.1 408") && answer.contains(#""status":"408""#), "\(answer)")
        #expect(answer.lowercased().contains("connection: close") && answer.lowercased().contains("x-request-id: "))
    }

    @Test("9110 15.5.14 a body that says that it is too long is refused at its head")
    func declaredTooLong() async throws {
        let world = try World()
        let answer = try await Self.serving(world) { port in
            try await Self.exchange(
                Self.head(world, "POST /scim/c-1/Bulk", length: BulkRequest.bodyBytesMax + 1, "Connection: close\r\n"),
                port: port)
        }
        #expect(answer.hasPrefix("HTTP/1.1 413") && answer.contains("maxPayloadSize"), "\(answer)")
    }

    @Test("7644 3.7.4 a bulk of more than a single request's length is read over a socket")
    func longBulk() async throws {
        let world = try World()
        let body =
            JSONValue.object(["Operations": [Bulk.user("u", "ann")]]).text + String(repeating: " ", count: 2 << 20)
        let answer = try await Self.serving(world) { port in
            try await Self.exchange(
                Self.head(world, "POST /scim/c-1/Bulk", length: body.utf8.count, "Connection: close\r\n") + body,
                port: port)
        }
        #expect(answer.hasPrefix("HTTP/1.1 200") && answer.contains(#""status":"201""#), "\(answer.prefix(400))")
    }

    @Test("9110 9.3.2 HEAD over a socket has the length of GET and no body, and the connection goes on")
    func head() async throws {
        let world = try World()
        _ = await world.user("ann")
        let token = "Host: x\r\nAuthorization: Bearer \(world.token.text)\r\n"
        let answer = try await Self.serving(world) { port in
            try await Self.exchange(
                "HEAD /scim/c-1/Users HTTP/1.1\r\n\(token)\r\nGET /scim/c-1/Users HTTP/1.1\r\n\(token)Connection: close\r\n\r\n",
                port: port)
        }
        let answers = answer.components(separatedBy: "HTTP/1.1 ").dropFirst()
        let lengths = answers.map { text in
            text.lowercased().components(separatedBy: "\r\n").first { $0.hasPrefix("content-length:") }
        }
        #expect(answers.count == 2 && lengths.first == lengths.last && lengths.first != "content-length: 0")
        #expect(answers.first?.hasSuffix("\r\n\r\n") == true && answers.last?.contains("ann") == true)
    }

    private static func head(_ world: World, _ request: String, length: Int, _ more: String = "") -> String {
        "\(request) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(world.token.text)\r\nContent-Type: application/json\r\n"
            + "Content-Length: \(length)\r\n\(more)\r\n"
    }

    /// Runs a server around the body, which gets its port.
    private static func serving<T: Sendable>(
        _ world: World, bodyTime: Duration = .seconds(3600), _ body: (Int) async throws -> T
    ) async throws -> T {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        var configuration = ServerConfiguration(host: "127.0.0.1", port: 0) { found.yield($0) }
        configuration.bodyTime = bodyTime
        // Beside hundreds of other tests the answer to a short silence may take minutes.
        configuration.idleSeconds = 3600
        let server = PushServer(endpoint: world.endpoint, configuration: configuration)
        let running = Task { try await server.run() }
        var iterator = ports.makeAsyncIterator()
        let result: T
        do { result = try await body(try #require(await iterator.next())) } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        _ = await running.result
        return result
    }

    @Test("when nothing can be written the client is told to come again, and reading goes on")
    func refusesWrites() async throws {
        let world = try World()
        let id = await world.user("ann")
        await world.endpoint.commits.close()
        let answer = await world.call("POST", "/Users", #"{"userName":"bob"}"#)
        #expect(answer.status == 503 && answer.headers["retry-after"] == "30" && answer.text("status") == "503")
        #expect(await world.call("GET", "/Users/" + id).status == 200)
    }

    /// Sends bytes, and reads until the server closes the connection.
    private static func exchange(_ text: String, port: Int) async throws -> String {
        try await BlockingReads().run {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = inet_addr("127.0.0.1")
            let connected = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if count <= 0 { break }
                rest = rest.dropFirst(count)
            }
            var answer: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count <= 0 { break }
                answer += buffer[..<count]
            }
            return String(decoding: answer, as: UTF8.self)
        }
    }
}
