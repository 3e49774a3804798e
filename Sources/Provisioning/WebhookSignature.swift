import Crypto
import Foundation

/// The signature of a webhook, as the Standard Webhooks specification (standardwebhooks.com, version 1) says: HMAC-SHA256 over
/// `id.timestamp.body` with the bytes of a shared secret.
struct WebhookSignature {
    /// Bytes of a secret: the specification's range.
    static let secretBytes = 24...64

    private let key: SymmetricKey

    struct BadSecret: Error { var description: String }

    /// - Parameter secret: `whsec_` and base64.
    init(secret: String) throws(BadSecret) {
        let cure = "; make one: (printf whsec_; head -c 32 /dev/urandom | base64) > FILE; chmod 600 FILE"
        guard secret.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(secret.dropFirst(6))) else {
            throw BadSecret(description: "is not whsec_ and base64" + cure)
        }
        guard Self.secretBytes.contains(bytes.count) else {
            throw BadSecret(description: "has \(bytes.count) bytes, not 24 to 64" + cure)
        }
        key = SymmetricKey(data: bytes)
    }

    /// Reads a secret from a file that only its owner may read.
    init(file path: String) throws(BadSecret) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw BadSecret(description: "cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw BadSecret(description: "is not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw BadSecret(description: "may be used by others; chmod 600 it, and make a new secret")
        }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw BadSecret(description: "cannot be read: \(String(cString: strerror(errno)))") }
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        try self.init(secret: text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// The three headers of a message.
    ///
    /// - Parameter timestamp: seconds since 1970; a receiver refuses old ones.
    func headers(id: String, timestamp: Int64, body: String) -> [(name: String, value: String)] {
        let signed = Data("\(id).\(timestamp).\(body)".utf8)
        let code = Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).base64EncodedString()
        return [
            ("webhook-id", id), ("webhook-timestamp", String(timestamp)), ("webhook-signature", "v1," + code),
        ]
    }
}
