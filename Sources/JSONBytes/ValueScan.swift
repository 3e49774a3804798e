/// Finds the end of one JSON value by counting quotes and brackets, over bytes that come in pieces.
///
/// Eight bytes at a time within strings. It does not judge what it passes over.
struct ValueScan {
    enum Outcome { case more, end, tooDeep }

    private enum Mode { case fresh, scalar, string, container }

    private var mode = Mode.fresh
    private var inString = false
    private var depth = 0
    private let depthMax: Int

    init(depthMax: Int) { self.depthMax = depthMax }

    /// Moves `index` on: to just behind the value on `.end`, as far as the bytes allow on `.more`.
    mutating func advance(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, isLast: Bool) -> Outcome {
        if mode == .fresh {
            guard index < bytes.count else { return .more }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                mode = .string
                inString = true
                index += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["): mode = .container
            default: mode = .scalar
            }
        }
        return mode == .scalar ? scalar(bytes, &index, isLast: isLast) : nested(bytes, &index)
    }

    private func scalar(_ bytes: UnsafeRawBufferPointer, _ index: inout Int, isLast: Bool) -> Outcome {
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09:
                return .end
            default: index += 1
            }
        }
        return isLast ? .end : .more
    }

    private mutating func nested(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> Outcome {
        let base = bytes.baseAddress!
        let count = bytes.count
        var position = index
        defer { index = position }
        while position < count {
            if inString {
                Self.skipPlain(base, &position, count)
                guard position < count else { return .more }
                if base.load(fromByteOffset: position, as: UInt8.self) == UInt8(ascii: "\\") {
                    // The escaped byte may come with the next piece.
                    guard position + 1 < count else { return .more }
                    position += 2
                    continue
                }
                position += 1
                inString = false
                if mode == .string { return .end }
            }
            while position < count, !inString {
                switch base.load(fromByteOffset: position, as: UInt8.self) {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    if depth > depthMax { return .tooDeep }
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth == 0 {
                        position += 1
                        return .end
                    }
                default: break
                }
                position += 1
            }
        }
        return .more
    }

    /// To the next quote or backslash.
    private static func skipPlain(_ base: UnsafeRawPointer, _ position: inout Int, _ count: Int) {
        while position + 8 <= count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let hits = zeroBytes(word ^ 0x2222_2222_2222_2222) | zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
            if hits != 0 {
                position += hits.trailingZeroBitCount >> 3
                return
            }
            position += 8
        }
        while position < count {
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            position += 1
        }
    }

    /// The high bit of the lowest zero byte is set; higher bits may be wrong, which does not matter here.
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}
