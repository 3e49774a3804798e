import JSONBytes

/// Where a resource stands in a list that is sorted by one attribute (RFC 7644 3.4.2.3): bytes in whose order the values
/// stand. Booleans come before numbers and instants, those before texts, and a resource without a value last.
package struct SortKey: Sendable, Hashable {
    package let bytes: [UInt8]

    /// Bytes of a text that count. Longer texts that begin alike stand in the order of their ids, and a cursor stays short
    /// enough for a URL.
    package static let textBytesMax = 256

    /// The key of a resource that has no value.
    package static let none = SortKey(bytes: [0xFF])

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// - Parameter value: `nil`, null, `""`, lists and objects are no value.
    package init(_ value: JSONValue?, _ order: AttributePath.TextOrder) {
        switch value {
        case .bool(let value): bytes = [0x10, value ? 1 : 0]
        case .number(let text): bytes = Double(text).map(Self.number) ?? Self.none.bytes
        case .string(let text) where !text.isEmpty:
            if order == .instant, let milliseconds = DateTime.milliseconds(text) {
                bytes = Self.number(Double(milliseconds))
            } else {
                bytes = [0x30] + (order == .exact ? text : KeyFolding.fold(text)).utf8.prefix(Self.textBytesMax)
            }
        default: bytes = Self.none.bytes
        }
    }

    /// A number so that bytes compare as it does: the sign turned round, and all of a negative one.
    private static func number(_ value: Double) -> [UInt8] {
        let bits = (value == 0 ? 0 : value).bitPattern
        let ordered = bits >> 63 == 1 ? ~bits : bits | 1 << 63
        return [0x20] + (0..<8).map { UInt8(truncatingIfNeeded: ordered >> (56 - 8 * $0)) }
    }
}

extension SortKey: Comparable {
    package static func < (left: SortKey, right: SortKey) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

extension AttributePath {
    /// How the texts of an attribute compare, by its schema.
    package enum TextOrder: Int, Sendable { case folded = 0, exact = 1, instant = 2 }

    package var textOrder: TextOrder { isDateTime ? .instant : isCaseExact ? .exact : .folded }

    /// The resource's key: of several values the primary one counts, else the first.
    package func sortKey(of resource: JSONObject) -> SortKey {
        let values = values(in: resource)
        let chosen = values.first { $0.object?["primary"] == .bool(true) } ?? values.first
        return SortKey(chosen.flatMap(leaf), textOrder)
    }
}
