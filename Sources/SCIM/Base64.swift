/// The form of SCIM's `binary` (RFC 7643 2.3.6).
enum Base64 {
    /// Whether the text is Base64 in the alphabet of RFC 4648 section 4 or 5, with or without padding. Line breaks, which
    /// certificates often have, do not count.
    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        let digits = bytes.prefix { isDigit($0) }
        let padding = bytes.dropFirst(digits.count)
        guard !digits.isEmpty, digits.count % 4 != 1, padding.allSatisfy({ $0 == UInt8(ascii: "=") }) else {
            return false
        }
        return padding.isEmpty || (padding.count <= 2 && bytes.count % 4 == 0)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
