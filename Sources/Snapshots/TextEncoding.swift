/// How the bytes of a text file are to be read.
package enum TextEncoding: String, Sendable, CaseIterable {
    case utf8 = "utf-8"
    case utf16LittleEndian = "utf-16le"
    case utf16BigEndian = "utf-16be"
    case windows1252 = "windows-1252"
    case latin1 = "iso-8859-1"

    /// What to do about bytes that are not UTF-8: Windows PowerShell's `Set-Content` writes the ANSI code page.
    static let cure =
        "; write the export as UTF-8 (-Encoding utf8), or say encoding: windows-1252 under source if it is Windows' Western "
        + "code page"

    /// The encoding of a byte order mark at the start of a file, with the mark's length. Without a mark, UTF-16 shows by its
    /// zero bytes, since exports are mostly ASCII.
    static func sniffed(_ bytes: UnsafeRawBufferPointer) -> (encoding: TextEncoding, markBytes: Int)? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return (.utf8, 0) }
        if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, 2) }
        if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, 2) }
        guard bytes.count >= 4 else { return nil }
        if bytes[0] == 0 && bytes[2] == 0 && bytes[1] != 0 && bytes[3] != 0 { return (.utf16BigEndian, 0) }
        if bytes[1] == 0 && bytes[3] == 0 && bytes[0] != 0 && bytes[2] != 0 { return (.utf16LittleEndian, 0) }
        return nil
    }

    /// What bytes 0x80 to 0x9F mean in Windows' Western code page; 0 for the five that mean nothing.
    static let windowsSpecials: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0,
        0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]
}

/// Bytes of one encoding to UTF-8, piece by piece.
struct Transcoder {
    private let encoding: TextEncoding
    /// The first byte of a unit that the last piece cut.
    private var half: UInt8?
    /// The first half of a surrogate pair.
    private var high: UInt16?

    /// Most bytes of UTF-8 that one byte becomes: a Western character above ASCII has up to three.
    static let growth = 3

    init(_ encoding: TextEncoding) { self.encoding = encoding }

    /// - Returns: `nil` for bytes that mean nothing.
    mutating func take(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) -> Bool {
        switch encoding {
        case .utf8:
            text.append(contentsOf: bytes)
            return true
        case .windows1252, .latin1: return takeWestern(bytes, &text)
        case .utf16LittleEndian, .utf16BigEndian: return takeUTF16(bytes, &text)
        }
    }

    /// Whether the text may end here.
    var isBetweenCharacters: Bool { half == nil && high == nil }

    private func takeWestern(_ bytes: UnsafeRawBufferPointer, _ text: inout [UInt8]) -> Bool {
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
                continue
            }
            var unit = UInt16(byte)
            if encoding == .windows1252, byte < 0xA0 { unit = TextEncoding.windowsSpecials[Int(byte) - 0x80] }
            guard unit != 0, let scalar = Unicode.Scalar(unit) else { return false }
            text.append(contentsOf: UTF8.encode(scalar)!)
        }
        return true
    }

    private mutating func takeUTF16(_ bytes: UnsafeRawBufferPointer, _ text: inout [UInt8]) -> Bool {
        for byte in bytes {
            guard let first = half else {
                half = byte
                continue
            }
            half = nil
            let unit =
                encoding == .utf16LittleEndian
                ? UInt16(first) | UInt16(byte) << 8 : UInt16(first) << 8 | UInt16(byte)
            if !take(unit, &text) { return false }
        }
        return true
    }

    private mutating func take(_ unit: UInt16, _ text: inout [UInt8]) -> Bool {
        if let first = high {
            guard UTF16.isTrailSurrogate(unit) else { return false }
            high = nil
            let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(unit) - 0xDC00)
            guard let scalar = Unicode.Scalar(value) else { return false }
            text.append(contentsOf: UTF8.encode(scalar)!)
            return true
        }
        if UTF16.isLeadSurrogate(unit) {
            high = unit
            return true
        }
        if unit < 0x80 {
            text.append(UInt8(unit))
            return true
        }
        guard let scalar = Unicode.Scalar(unit) else { return false }
        text.append(contentsOf: UTF8.encode(scalar)!)
        return true
    }
}
