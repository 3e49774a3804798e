import Foundation
import JSONBytes
import Testing

/// A push endpoint as `scim create` printed it.
struct PushEndpoint: Sendable {
    let path: String
    let token: String

    /// Creates organization, SSO configuration and endpoint where they are missing.
    init(_ place: Workplace, organization: String = "acme", connection: String? = nil, name: String = "production")
        throws
    {
        try place.run("organizations", "create", organization, expecting: 0)
        try place.run("sso", "create", "main", "--organization", organization, expecting: 0)
        var arguments = [
            "scim", "create", "--organization", organization, "--sso", "main", "--name", name, "--format", "json",
        ]
        if let connection { arguments += ["--connection", connection] }
        let output = try place.start(arguments).wait()
        try #require(output.status == 0, "\(output)")
        let line = try #require(try output.objects("scimConfiguration").first)
        let address = try #require(line["endpointUrl"]?.string)
        let url = try #require(URL(string: address))
        path = url.path
        token = try #require(line["token"]?.string)
    }
}

/// `rollcall serve` on a port that the system chose.
final class Server: Sendable {
    let process: Running
    let port: UInt16

    init(_ place: Workplace, _ options: [String] = []) throws {
        process = try place.start(["serve", "--listen", "127.0.0.1:0"] + options)
        var port: UInt16?
        try Program.eventually("serve listens") { [process] in
            let output = try process.output()
            if process.isEnded { throw Program.Stuck("serve ended: \(output)") }
            guard output.text.hasSuffix("\n"), let line = output.lines.first else { return false }
            port = line.split(separator: ":").last.flatMap { UInt16($0) }
            return port != nil
        }
        self.port = try #require(port)
    }
}

/// One request at a time, as an identity provider sends them.
struct Client: Sendable {
    let port: UInt16
    let endpoint: PushEndpoint
    /// Instead of the endpoint's token; empty for none.
    var token: String?
    var mediaType = "application/scim+json"

    init(_ server: Server, _ endpoint: PushEndpoint, token: String? = nil) {
        port = server.port
        self.endpoint = endpoint
        self.token = token
    }

    struct Answer: Sendable {
        let status: Int
        let body: String

        var object: JSONObject? {
            do { return try JSONValue(parsing: body).object } catch { return nil }
        }
        var id: String { object?["id"]?.string ?? "no id in \(body)" }
    }

    /// Sends a request and reads its whole answer; `nil` where the server was gone before it had answered.
    func send(_ method: String, _ path: String, _ body: String? = nil) -> Answer? {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return nil }
        return write(request(method, path, body), to: socket) ? answer(from: socket) : nil
    }

    /// As ``send(_:_:_:)``, and insists on an answer with this status.
    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: String? = nil, expecting status: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        let answer = try #require(send(method, path, body), "no answer", sourceLocation: sourceLocation)
        try #require(answer.status == status, "\(method) \(path): \(answer)", sourceLocation: sourceLocation)
        return answer
    }

    private func request(_ method: String, _ path: String, _ body: String?) -> [UInt8] {
        var lines = ["\(method) \(endpoint.path)\(path) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"]
        let token = token ?? endpoint.token
        if !token.isEmpty { lines.append("Authorization: Bearer \(token)") }
        if let body {
            lines += ["Content-Type: \(mediaType)", "Content-Length: \(body.utf8.count)"]
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")).utf8)
    }

    private func write(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func answer(from socket: Int32) -> Answer? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
            if count == 0 { break }
            guard count > 0 else { return nil }
            bytes += chunk[..<count]
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let head = text[..<end.lowerBound].components(separatedBy: "\r\n")
        let words = head[0].split(separator: " ")
        guard words.count >= 2, let status = Int(words[1]) else { return nil }
        let length = head.first { $0.lowercased().hasPrefix("content-length:") }?.split(separator: " ").last
        let body = String(text[end.upperBound...])
        guard let length = length.flatMap({ Int($0) }) else { return Answer(status: status, body: body) }
        return body.utf8.count == length ? Answer(status: status, body: body) : nil
    }
}

/// Bodies of requests.
enum Push {
    static func sample(_ name: String, user: String = "") throws -> String {
        try String(contentsOfFile: Program.sample("requests/" + name), encoding: .utf8)
            .replacingOccurrences(of: "USER_ID", with: user)
    }

    static func group(_ name: String) -> String {
        #"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"\#(name)"}"#
    }

    static func addMember(_ id: String) -> String {
        #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"#
            + #""Operations":[{"op":"add","path":"members","value":[{"value":"\#(id)"}]}]}"#
    }

    static func user(_ name: String, anchor: String, title: String = "Tester", department: String = "Sales") -> String {
        """
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User",\
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"\(anchor)","userName":"\(name)",\
        "active":true,"displayName":"\(name)","title":"\(title)",\
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"\(department)"}}
        """
    }
}
