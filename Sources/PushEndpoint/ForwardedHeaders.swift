import SCIM

/// Whose word counts about the address that a client used.
package enum Forwarding: Sendable {
    /// Forwarded headers are ignored, whoever sends them.
    case ignored
    /// Every connection comes from a proxy that sets `X-Forwarded-Proto` and `X-Forwarded-Host` itself.
    case trusted
}

/// The address that a client used, as a trusted proxy tells it.
///
/// `X-Forwarded-For` is not read: nothing here depends on who the client's machine is.
enum ForwardedHeaders {
    /// Longer names of hosts do not exist (RFC 1035 2.3.4), and a port adds six characters.
    static let hostCharactersMax = 261

    /// The front of every URL that goes back to the client; `nil` where the proxy says nothing.
    ///
    /// A proxy adds its own word at the end of what a client sent, so the last one counts.
    ///
    /// - Throws: ``SCIMError`` 400 where a header cannot be what it should: then the proxy passes on what clients write.
    static func publicURL(_ headers: [String: String]) throws(SCIMError) -> String? {
        guard let host = last(headers["x-forwarded-host"]) else { return nil }
        let scheme = last(headers["x-forwarded-proto"]) ?? "http"
        guard scheme == "https" || scheme == "http" else {
            throw SCIMError(status: 400, "The proxy's X-Forwarded-Proto is neither http nor https.")
        }
        guard isHost(host) else {
            throw SCIMError(status: 400, "The proxy's X-Forwarded-Host is not HOST or HOST:PORT.")
        }
        return scheme + "://" + host
    }

    private static func last(_ header: String?) -> String? {
        header.flatMap { $0.split(separator: ",").last }.map { $0.filter { $0 != " " && $0 != "\t" } }
    }

    /// `name`, `name:port` or `[v6]:port`, of characters that need no escape in a URL.
    static func isHost(_ text: String) -> Bool {
        guard text.utf8.count <= hostCharactersMax else { return false }
        var name = text[...]
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port) else { return false }
            name = text[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") {
            let inside = name.dropFirst().dropLast()
            return !inside.isEmpty && inside.utf8.allSatisfy { isHexDigit($0) || $0 == 0x3A || $0 == 0x2E }
        }
        return !name.isEmpty && name.first != "." && name.first != "-"
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x2E
            }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
