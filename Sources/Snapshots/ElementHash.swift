import Crypto

/// 128 bits that stand for one element's bytes: the first half of SHA-256 over the seed and the bytes.
///
/// The seed carries the rules, so that the same bytes under other rules are another element. SHA-256 runs at more than a
/// gigabyte a second where the processor helps, which is less work than reading the element; a faster hash of our own
/// would let whoever writes into the directory make two elements look alike.
package struct ElementHash: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(_ digest: SHA256.Digest) {
        (high, low) = digest.withUnsafeBytes { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// 32 hexadecimal digits.
    package var hex: String {
        func digits(_ half: UInt64) -> String {
            let text = String(half, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        return digits(high) + digits(low)
    }
}
