import SCIM

/// Distinguished names (RFC 4514) in one spelling, so that two of the same entry are equal as text.
enum DistinguishedName {
    /// Types and values are folded, spaces around and runs of spaces within values are dropped, escapes are written
    /// one way and the parts of a multi-valued RDN are sorted. A text that is no DN comes back folded.
    static func normalised(_ text: String) -> String {
        if let plain = plain(text) { return plain }
        guard let parts = parse(Array(text.utf8)) else { return KeyFolding.fold(text) }
        return parts.map { $0.sorted().joined(separator: "+") }.joined(separator: ",")
    }

    /// The common case: ASCII in lower case without spaces beside separators, escapes or quotes is its own spelling.
    private static func plain(_ text: String) -> String? {
        var previous: UInt8 = UInt8(ascii: ",")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"): break
            case UInt8(ascii: ","), UInt8(ascii: "="):
                if previous == UInt8(ascii: ",") || previous == UInt8(ascii: " ") || previous == UInt8(ascii: "=") {
                    return nil
                }
            case UInt8(ascii: " "):
                if previous == UInt8(ascii: ",") || previous == UInt8(ascii: " ") || previous == UInt8(ascii: "=") {
                    return nil
                }
            default: return nil
            }
            previous = byte
        }
        return previous == UInt8(ascii: ",") || previous == UInt8(ascii: " ") || previous == UInt8(ascii: "=")
            ? nil : text
    }

    private static func parse(_ bytes: [UInt8]) -> [[String]]? {
        var names: [[String]] = [[]]
        var position = 0
        while true {
            guard let equals = bytes[position...].firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let type = trimmed(bytes[position..<equals])
            if type.isEmpty || type.contains(where: { !isTypeByte($0) }) { return nil }
            position = equals + 1
            guard let value = value(bytes, &position) else { return nil }
            names[names.count - 1].append(KeyFolding.fold(String(decoding: type, as: UTF8.self)) + "=" + spelled(value))
            if position == bytes.count { return names }
            if bytes[position] != UInt8(ascii: "+") { names.append([]) }
            position += 1
        }
    }

    private static func isTypeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while bytes.first == 0x20 { bytes.removeFirst() }
        while bytes.last == 0x20 { bytes.removeLast() }
        return bytes
    }

    /// The unescaped value up to the next separator, on which `position` is left.
    private static func value(_ bytes: [UInt8], _ position: inout Int) -> [UInt8]? {
        var value: [UInt8] = []
        var quoted = false
        // An escaped space at the end is part of the value.
        var kept = 0
        loop: while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\\"):
                guard let escaped = escape(bytes, &position) else { return nil }
                value.append(escaped)
                kept = value.count
                continue loop
            case UInt8(ascii: "\""): quoted.toggle()
            case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "+"):
                if !quoted { break loop }
                value.append(byte)
            case 0x20 where value.isEmpty && !quoted: break
            default:
                value.append(byte)
                if byte != 0x20 || quoted { kept = value.count }
            }
            position += 1
        }
        return quoted ? nil : Array(value[..<kept])
    }

    private static func escape(_ bytes: [UInt8], _ position: inout Int) -> UInt8? {
        guard position + 1 < bytes.count else { return nil }
        if position + 2 < bytes.count, let high = digit(bytes[position + 1]), let low = digit(bytes[position + 2]) {
            position += 3
            return high << 4 | low
        }
        position += 2
        return bytes[position - 1]
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 48
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): (byte | 0x20) - 87
        default: nil
        }
    }

    private static func spelled(_ value: [UInt8]) -> String {
        var spelled: [UInt8] = []
        for byte in KeyFolding.fold(String(decoding: value, as: UTF8.self)).utf8 {
            if byte == 0x20 && spelled.last == 0x20 { continue }
            if #",+"\<>;="#.utf8.contains(byte) { spelled.append(UInt8(ascii: "\\")) }
            spelled.append(byte)
        }
        return String(decoding: spelled, as: UTF8.self)
    }
}
