import JSONBytes
import Reconciliation

/// One LDAP entry, as a DSML file writes it: one flat buffer, since most entries are only hashed.
///
/// ``bytes`` is the entry's meaning in one spelling (attribute names in lower case, no white space or comments of the
/// file), so its hash does not change when only the file's layout does.
struct DirectoryEntry {
    private(set) var bytes: [UInt8] = []
    private(set) var attributes: [Attribute] = []
    private var values: [Value] = []
    private(set) var name: Range<Int> = 0..<0
    private var openLength: Int?

    struct Attribute {
        var name: Range<Int>
        var firstValue: Int
        var valueCount: Int
    }

    private struct Value {
        var range: Range<Int>
        var isBase64: Bool
    }

    mutating func begin(name: UnsafeRawBufferPointer) {
        bytes.removeAll(keepingCapacity: true)
        attributes.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        openLength = nil
        open("d")
        bytes.append(contentsOf: name)
        self.name = closed()
    }

    mutating func beginAttribute(name: UnsafeRawBufferPointer) {
        open("a")
        let start = bytes.count
        bytes.append(contentsOf: name)
        for index in start..<bytes.count where bytes[index] >= 0x41 && bytes[index] <= 0x5A { bytes[index] |= 0x20 }
        attributes.append(Attribute(name: closed(), firstValue: values.count, valueCount: 0))
    }

    mutating func beginValue(isBase64: Bool) {
        open(isBase64 ? "b" : "v")
        values.append(Value(range: 0..<0, isBase64: isBase64))
    }

    mutating func appendToValue(_ text: UnsafeRawBufferPointer) { bytes.append(contentsOf: text) }

    mutating func endValue() {
        guard openLength != nil, !attributes.isEmpty else { return }
        values[values.count - 1].range = closed()
        attributes[attributes.count - 1].valueCount += 1
    }

    /// A mark and four bytes of length, so that no two entries have the same bytes.
    private mutating func open(_ mark: Unicode.Scalar) {
        bytes.append(UInt8(ascii: mark))
        openLength = bytes.count
        for _ in 0..<4 { bytes.append(0) }
    }

    private mutating func closed() -> Range<Int> {
        guard let start = openLength else { return bytes.count..<bytes.count }
        let length = UInt32(bytes.count - start - 4)
        for offset in 0..<4 { bytes[start + offset] = UInt8(truncatingIfNeeded: length >> (8 * UInt32(offset))) }
        openLength = nil
        return start + 4..<bytes.count
    }
}

// MARK: - Reading

extension DirectoryEntry {
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// The raw bytes of an attribute's values and whether they are base64.
    private func rawValues(_ attribute: Attribute) -> ArraySlice<Value> {
        values[attribute.firstValue..<attribute.firstValue + attribute.valueCount]
    }

    /// An attribute's values as text. Base64 is decoded when what it holds is UTF-8, and stays as it is otherwise.
    /// White space around a value is layout.
    func texts(_ attribute: Attribute) -> [String] {
        rawValues(attribute).compactMap { value in
            let trimmed = Self.trimmed(bytes[value.range])
            if value.isBase64, let decoded = Base64.decode(trimmed),
                let text = String(validating: decoded, as: UTF8.self)
            {
                return text
            }
            let text = String(decoding: trimmed, as: UTF8.self)
            return text.isEmpty ? nil : text
        }
    }

    /// The bytes of an attribute's first value.
    func firstBytes(_ attribute: Attribute) -> [UInt8]? {
        guard let value = rawValues(attribute).first else { return nil }
        let trimmed = Self.trimmed(bytes[value.range])
        return value.isBase64 ? Base64.decode(trimmed) : Array(trimmed)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var trimmed = bytes
        func isSpace(_ byte: UInt8?) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        while isSpace(trimmed.first) { trimmed.removeFirst() }
        while isSpace(trimmed.last) { trimmed.removeLast() }
        return trimmed
    }

    /// What the entry is, in a file that is read for these kinds; `nil` for neither a person nor a group (a container, a
    /// computer).
    ///
    /// An export may leave `objectClass` out. Then an entry is what its file is named for, or what its attributes say: it
    /// must not look like nobody, since whoever is not in a whole export has left.
    func kind(in kinds: Set<Kind>) -> Kind? {
        if has("objectclass") { return classifiedKind }
        if kinds.count == 1 { return kinds.first }
        return has("member") || has("uniquemember") || has("memberuid") ? .group : .user
    }

    private func has(_ name: StaticString) -> Bool {
        attributes.contains { Self.matches(bytes[$0.name], name) }
    }

    private var classifiedKind: Kind? {
        var found: Kind?
        for attribute in attributes where bytes[attribute.name].elementsEqual("objectclass".utf8) {
            for value in rawValues(attribute) {
                let name = value.isBase64 ? Base64.decode(bytes[value.range])?[...] : Self.trimmed(bytes[value.range])
                switch name.flatMap(Self.meaning) {
                case .excluded: return nil
                case .group: found = .group
                case .user: found = found ?? .user
                case nil: break
                }
            }
        }
        return found
    }

    private enum Meaning { case user, group, excluded }

    private static func meaning(_ name: ArraySlice<UInt8>) -> Meaning? {
        classes.first { name.count == $0.0.utf8CodeUnitCount && matches(name, $0.0) }?.1
    }

    private static func matches(_ name: ArraySlice<UInt8>, _ lowered: StaticString) -> Bool {
        name.withUnsafeBytes { DSMLName.matches($0, lowered) }
    }

    private static let classes: [(StaticString, Meaning)] = [
        ("person", .user), ("inetorgperson", .user), ("organizationalperson", .user), ("user", .user),
        ("account", .user),
        ("posixaccount", .user), ("group", .group), ("groupofnames", .group), ("groupofuniquenames", .group),
        ("groupofmembers", .group), ("groupofentries", .group), ("groupofurls", .group), ("posixgroup", .group),
        ("ipausergroup", .group), ("computer", .excluded), ("contact", .excluded),
    ]
}

/// Base64 (RFC 4648 4) with white space between.
enum Base64 {
    /// `nil` when it is not base64.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte + 4
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            case 0x20, 0x0A, 0x0D, 0x09: continue
            default: return nil
            }
            if padding > 0 { return nil }
            bits = bits << 6 | UInt32(value)
            count += 1
            if count % 4 == 0 {
                decoded.append(contentsOf: [
                    UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8),
                    UInt8(truncatingIfNeeded: bits),
                ])
            }
        }
        switch (count % 4, padding) {
        case (0, 0): return decoded
        case (2, 2): return decoded + [UInt8(truncatingIfNeeded: bits >> 4)]
        case (3, 1): return decoded + [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        default: return nil
        }
    }

}

extension DirectoryEntry {
    /// A raw attribute by its name in any letter case: one value as text, several as an array.
    func value(named name: String) -> JSONValue? {
        let lowered = name.lowercased()
        if lowered == "dn" { return .string(text(self.name)) }
        let found = attributes.filter { bytes[$0.name].elementsEqual(lowered.utf8) }.flatMap(texts)
        guard let first = found.first else { return nil }
        return found.count == 1 ? .string(first) : .array(found.map(JSONValue.string))
    }
}
