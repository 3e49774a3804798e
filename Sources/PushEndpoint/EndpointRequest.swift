import JSONBytes
import SCIM

/// A request as the endpoint sees it: without a socket, so that every rule is tested without one.
package struct EndpointRequest: Sendable {
    package var method: String
    /// The path as it came, with percent escapes, without the query.
    package var path: String
    /// The query as it came, without the question mark.
    package var query: String
    /// By name in lower case; a header that came several times has its values joined by a comma.
    package var headers: [String: String]
    /// Reads the body, up to this many bytes. Called once at most, and only after the token was found good.
    package var body: @Sendable (_ limit: Int) async throws -> [UInt8]

    package init(
        method: String, path: String, query: String = "", headers: [String: String] = [:],
        reading body: @escaping @Sendable (_ limit: Int) async throws -> [UInt8]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// A request whose body is at hand.
    package init(
        method: String, path: String, query: String = "", headers: [String: String] = [:],
        body: @escaping @Sendable () async throws -> [UInt8] = { [] }
    ) {
        self.init(method: method, path: path, query: query, headers: headers) { limit in
            let bytes = try await body()
            if bytes.count > limit { throw BodyTooLong(limit: limit) }
            return bytes
        }
    }

    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
    /// Whether the body's length shows only when it has been read.
    var isChunked: Bool { headers["transfer-encoding"] != nil }
    /// What the client says of the body's length, in bytes; `nil` where it says nothing, or nothing that can be.
    var contentLength: Int? { headers["content-length"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }

    /// The first value of a query parameter, decoded; names count in any letter case.
    package func parameter(_ name: String) throws(SCIMError) -> String? {
        for pair in query.split(separator: "&") {
            let equals = pair.firstIndex(of: "=") ?? pair.endIndex
            guard let key = PercentCoding.decoded(pair[..<equals], plusIsSpace: true),
                key.lowercased() == name.lowercased()
            else { continue }
            guard equals < pair.endIndex else { return "" }
            guard let value = PercentCoding.decoded(pair[pair.index(after: equals)...], plusIsSpace: true) else {
                throw .bad(.invalidValue, "The parameter '\(name)' is not UTF-8 in percent encoding.")
            }
            return value
        }
        return nil
    }
}

/// The body was longer than the endpoint reads.
package struct BodyTooLong: Error {
    /// Bytes that it may have.
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
}

/// The body took longer to arrive than the server waits.
package struct BodyTooSlow: Error {
    package init() {}
}

/// What goes back to the client.
package struct EndpointResponse: Sendable, Equatable {
    package var status: Int
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A SCIM document, as `application/scim+json` whatever Accept says: it is the JSON that a client of either type reads
    /// (RFC 7644 3.8), and RFC 9110 12.5.1 lets a server disregard Accept rather than refuse.
    package init(status: Int, _ document: JSONObject, headers: [String: String] = [:]) {
        self.init(status: status, headers: headers, body: Array(JSONValue.object(document).text.utf8))
        self.headers["content-type"] = "application/scim+json"
    }

    /// A refusal.
    package init(_ error: SCIMError, headers: [String: String] = [:]) {
        self.init(status: error.status, error.body, headers: headers)
    }
}

enum PercentCoding {
    /// The text behind percent escapes; `nil` for a broken escape or what is not UTF-8.
    static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(nibble), let low = rest.popFirst().flatMap(nibble) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
        default: nil
        }
    }
}
