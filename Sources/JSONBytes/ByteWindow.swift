/// The part of a file that is in memory while it streams by: what was read and not passed yet, and behind ``pin`` a value
/// that has to be whole.
final class ByteWindow {
    private(set) var bytes: UnsafeMutableRawBufferPointer
    /// Where the window begins in the file.
    private(set) var base = 0
    var index = 0
    var pin = 0
    private(set) var end = 0
    private(set) var sawEnd = false

    init() { bytes = .allocate(byteCount: JSONSplitter.chunkBytes, alignment: 16) }

    deinit { bytes.deallocate() }

    var filled: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<end]) }
    /// From the pin to the index.
    var pinned: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[pin..<index]) }
    var offset: Int { base + index }
    var pinOffset: Int { base + pin }

    func fill<Failure: Error>(
        keepsPin: Bool, _ read: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        makeRoom(from: keepsPin ? pin : index)
        let count = try read(UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
        end += count
        if count == 0 { sawEnd = true }
    }

    private func makeRoom(from kept: Int) {
        if kept > 0 {
            bytes.baseAddress!.copyMemory(from: bytes.baseAddress! + kept, byteCount: end - kept)
            base += kept
            index -= kept
            pin -= kept
            end -= kept
        }
        guard end > bytes.count / 2 else { return }
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count * 2, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        bytes.deallocate()
        bytes = larger
    }

    /// - Parameter alsoRecordMark: also the mark before each text of a JSON sequence (RFC 7464).
    func skipWhiteSpace(alsoRecordMark: Bool) {
        while index < end {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            case 0x1E where alsoRecordMark: index += 1
            default: return
            }
        }
    }

    /// Moves past a byte order mark at the start of the file.
    func takeMark() -> Bool {
        guard index == 0, base == 0, filled.starts(with: [0xEF, 0xBB, 0xBF]) else { return false }
        index = 3
        return true
    }

    struct FirstValue {
        /// `nil` where there is no value yet.
        var byte: UInt8?
        /// Its keys, where it is an object that ends within the window.
        var keys: [String]?
        /// Another value comes behind it.
        var isFollowed = false

        /// An object that is too long to be looked into is taken for a page.
        func has(_ names: Set<String>) -> Bool { keys.map { $0.contains(where: names.contains) } ?? true }
    }

    /// Looks at the value that begins at a position, without moving.
    func firstValue(from start: Int) -> FirstValue {
        var position = start
        func skip() {
            while position < end, [0x20, 0x0A, 0x0D, 0x09, 0x1E].contains(bytes[position]) { position += 1 }
        }
        skip()
        guard position < end else { return FirstValue() }
        var found = FirstValue(byte: bytes[position])
        let from = position
        var scan = ValueScan(depthMax: JSONValue.depthMax)
        guard case .end = scan.advance(filled, &position, isLast: sawEnd) else { return found }
        let text = UnsafeRawBufferPointer(rebasing: bytes[from..<position])
        // A value that cannot be parsed is reported where it is read.
        found.keys = (try? JSONValue(parsing: text))?.object.map { $0.members.map(\.key) }
        skip()
        found.isFollowed = position < end && bytes[position] == UInt8(ascii: "{")
        return found
    }
}
