import Foundation
import Testing

@testable import PushEndpoint

@Suite struct ServerTests {
    @Test("the server answers over a socket, one connection for several requests, and stops when it is told to")
    func loopback() async throws {
        let world = try World()
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let server = PushServer(
            endpoint: world.endpoint, configuration: ServerConfiguration(host: "127.0.0.1", port: 0) { found.yield($0) }
        )
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
