/// Cuts an export into its records without reading what is in them, as its bytes arrive.
///
/// The records are the elements of a top-level array, of the array under one top-level key, or the values of JSON
/// lines. Everything around them is checked strictly; of a record only the end is found, by counting quotes and
/// brackets, so whoever uses a record parses it with ``JSONValue/init(parsing:depthMax:)``. It does no input itself: on
/// ``Step/needsBytes`` the owner calls ``fill(_:)``. Memory is one chunk and the longest record.
package final class JSONSplitter {
    package enum Step {
        /// Call ``fill(_:)``, then ``next()`` again.
        case needsBytes
        case element(Element)
        /// The text ended properly.
        case end
    }

    /// One record's bytes: valid until the next call of ``next()`` or ``fill(_:)``.
    package struct Element {
        /// Bytes from the start of the file.
        package let offset: Int
        package let bytes: UnsafeRawBufferPointer
    }

    /// A fault outside of the records, or a record that cannot be cut out. The owner knows the file and finds the line.
    package struct Fault: Error {
        package let code: JSONSyntaxError.Code
        /// Bytes from the start of the file.
        package let offset: Int
        package let detail: String
    }

    package enum Shape: Sendable { case array, object, lines }

    /// Longest record, in bytes: 16 MiB.
    package static let elementBytesMax = 16 << 20
    /// Longest value or key beside the records, in bytes: 1 MiB.
    package static let memberBytesMax = 1 << 20
    /// Most members beside the records.
    package static let membersMax = 1000
    /// Bytes asked for at a time, at least half of this: 256 KiB.
    package static let chunkBytes = 256 << 10

    /// What the text turned out to be; `nil` before its first bytes.
    package private(set) var shape: Shape?
    /// The top-level members other than the records, so far.
    package private(set) var members = JSONObject()
    /// The array of records was there (always so in an array or in lines).
    package private(set) var hasRecords = false

    private enum Phase {
        case start, line, trailing
        case firstElement, element, nextElement
        case firstKey, key, colon, value, nextKey
    }
    private enum Purpose { case element, key, member }

    private let recordKey: String
    private let allowsLines: Bool
    /// From its pin on stands what is being scanned.
    private let window = ByteWindow()
    private var phase = Phase.start
    /// What is being scanned; `nil` between values.
    private var purpose: Purpose?
    private var scan = ValueScan(depthMax: JSONValue.depthMax)
    private var key = ""
    private var keyOffset = 0

    /// - Parameters:
    ///   - recordKey: the top-level key of the array, for texts that are an object.
    ///   - allowsLines: several objects after one another are records too.
    package init(recordKey: String, allowsLines: Bool = false) {
        self.recordKey = recordKey
        self.allowsLines = allowsLines
    }

    /// Takes bytes from `read`, which returns how many it wrote, 0 at the end of the file.
    package func fill<Failure: Error>(
        _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        try window.fill(keepsPin: purpose != nil, read)
    }

    /// The next record, in the order of the file.
    ///
    /// - Throws: ``Fault``; after it the splitter cannot go on.
    package func next() throws(Fault) -> Step {
        while true {
            if purpose != nil {
                guard try scanOn() else { return .needsBytes }
                if let element = try finishValue() { return .element(element) }
            }
            window.skipWhiteSpace(alsoRecordMark: false)
            guard window.index < window.end else {
                if !window.sawEnd { return .needsBytes }
                try checkEnd()
                return .end
            }
            if phase == .start && window.end - window.index < Self.chunkBytes / 2 && !window.sawEnd {
                return .needsBytes
            }
            try step(window.bytes[window.index])
        }
    }

    private func checkEnd() throws(Fault) {
        switch phase {
        case .trailing, .line: return
        case .start: throw fault(.empty, "the file is empty")
        default: throw fault(.unexpectedEnd, "the file ends in the middle: it was cut short")
        }
    }
}

// MARK: - Structure

extension JSONSplitter {
    private func step(_ byte: UInt8) throws(Fault) {
        switch phase {
        case .start: try begin(byte)
        case .line:
            guard byte == UInt8(ascii: "{") else { throw unexpected(byte, "a record") }
            startScan(.element)
        case .firstElement where byte == UInt8(ascii: "]"), .nextElement where byte == UInt8(ascii: "]"):
            window.index += 1
            phase = shape == .array ? .trailing : .nextKey
        case .firstElement, .element: try startValue(.element, byte)
        case .nextElement: try take(byte, UInt8(ascii: ","), "a comma or the end of the records", then: .element)
        case .firstKey where byte == UInt8(ascii: "}"), .nextKey where byte == UInt8(ascii: "}"):
            window.index += 1
            phase = .trailing
        case .firstKey, .key:
            guard byte == UInt8(ascii: "\"") else { throw unexpected(byte, "a key in quotes") }
            startScan(.key)
        case .colon: try take(byte, UInt8(ascii: ":"), "a colon after the key", then: .value)
        case .value:
            guard key == recordKey, byte == UInt8(ascii: "[") else { return try startValue(.member, byte) }
            hasRecords = true
            window.index += 1
            phase = .firstElement
        case .nextKey: try take(byte, UInt8(ascii: ","), "a comma or the end of the object", then: .key)
        case .trailing: throw unexpected(byte, "nothing more", .trailingBytes)
        }
    }

    private func begin(_ byte: UInt8) throws(Fault) {
        if window.takeMark() { return }
        switch byte {
        case UInt8(ascii: "["):
            shape = .array
            hasRecords = true
            window.index += 1
            phase = .firstElement
        case UInt8(ascii: "{") where allowsLines && anotherObjectFollows():
            shape = .lines
            hasRecords = true
            phase = .line
        case UInt8(ascii: "{"):
            shape = .object
            window.index += 1
            phase = .firstKey
        default: throw unexpected(byte, "a JSON object or array")
        }
    }

    /// The first object ends within the first chunk and another one follows: the text is JSON lines.
    private func anotherObjectFollows() -> Bool {
        var first = ValueScan(depthMax: JSONValue.depthMax)
        var position = window.index
        guard case .end = first.advance(window.filled, &position, isLast: window.sawEnd) else { return false }
        let end = window.end
        while position < end, [0x20, 0x0A, 0x0D, 0x09].contains(window.bytes[position]) { position += 1 }
        return position < end && window.bytes[position] == UInt8(ascii: "{")
    }

    private func take(_ byte: UInt8, _ wanted: UInt8, _ words: String, then next: Phase) throws(Fault) {
        guard byte == wanted else { throw unexpected(byte, words) }
        window.index += 1
        phase = next
    }

    private func startValue(_ purpose: Purpose, _ byte: UInt8) throws(Fault) {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ":"):
            throw unexpected(byte, "a value")
        case 0..<0x20, 0x7F...: throw unexpected(byte, "a value")
        default: startScan(purpose)
        }
    }

    private func startScan(_ purpose: Purpose) {
        self.purpose = purpose
        window.pin = window.index
        scan = ValueScan(depthMax: JSONValue.depthMax)
    }
}

// MARK: - Values

extension JSONSplitter {
    /// `false`: more bytes are needed.
    private func scanOn() throws(Fault) -> Bool {
        switch scan.advance(window.filled, &window.index, isLast: window.sawEnd) {
        case .end:
            try checkLength()
            return true
        case .tooDeep: throw fault(.tooDeep, "more than \(JSONValue.depthMax) levels of arrays and objects")
        case .more:
            try checkLength()
            if !window.sawEnd { return false }
            throw fault(.unexpectedEnd, "the file ends in the middle of a value: it was cut short", at: window.end)
        }
    }

    private func checkLength() throws(Fault) {
        let limit = purpose == .element ? Self.elementBytesMax : Self.memberBytesMax
        guard window.index - window.pin > limit else { return }
        throw fault(.tooLong, "a value longer than \(limit) bytes", at: window.pin)
    }

    private func finishValue() throws(Fault) -> Element? {
        let bytes = window.pinned
        let purpose = purpose
        self.purpose = nil
        switch purpose {
        case .element:
            phase = phase == .line ? .line : .nextElement
            return Element(offset: window.pinOffset, bytes: bytes)
        case .key: try finishKey(bytes)
        case .member:
            members[key] = try parse(bytes)
            phase = .nextKey
        case nil: break
        }
        return nil
    }

    private func finishKey(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
        key = try parse(bytes).string ?? ""
        if members[key] != nil || (key == recordKey && hasRecords) {
            throw fault(
                .duplicateKey, "the key \(JSONValue.string(key).text) occurs twice in one object", at: window.pin)
        }
        if members.count == Self.membersMax {
            throw fault(.tooLong, "more than \(Self.membersMax) keys beside the records", at: window.pin)
        }
        phase = .colon
    }

    private func parse(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw fault(error.code, error.detail, at: window.pin + error.offset)
        }
    }

    private func unexpected(
        _ byte: UInt8, _ wanted: String, _ code: JSONSyntaxError.Code = .unexpectedByte
    ) -> Fault {
        fault(byte < 0x20 ? .controlCharacter : code, "\(JSONByte.name(byte)) where \(wanted) is expected")
    }

    private func fault(_ code: JSONSyntaxError.Code, _ detail: String, at position: Int? = nil) -> Fault {
        Fault(code: code, offset: window.base + (position ?? window.index), detail: detail)
    }
}
