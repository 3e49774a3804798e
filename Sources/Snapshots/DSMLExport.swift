import CXMLTape
import Reconciliation

/// One DSML file, read as a stream of entries. Version 2 (search responses, add requests, in SOAP or not) and version
/// 1; elements are known by their local names, since wrong namespaces are in circulation.
final class DSMLExport {
    let file: SourceFile
    /// The entry that ``next()`` found last.
    private(set) var entry = DirectoryEntry()
    private let tape: XMLTape
    private var cursor = 0
    private var state = State()
    private(set) var marks = DSMLMarks()

    /// Longest entry, in bytes of its names and values: 64 MiB, for groups with hundreds of thousands of members.
    static let entryBytesMax = 64 << 20

    private struct State {
        var place = 0..<0
        var inEntry = false
        var inValue = false
        var entryDepth: UInt32 = 0
    }

    init(_ file: SourceFile, digest: SourceDigest) throws(SnapshotError) {
        self.file = file
        tape = try XMLTape(file, digest: digest)
    }

    /// Moves to the next entry, of whatever kind.
    ///
    /// - Returns: where it stands; `nil` at a proper end.
    func next() throws(SnapshotError) -> Range<Int>? {
        while true {
            if let place = try readTape() { return place }
            if tape.isEnded { return nil }
            cursor = 0
            try tape.feed()
            if tape.isEnded { try marks.checkIsExport(file) }
        }
    }

    // MARK: Events

    private func readTape() throws(SnapshotError) -> Range<Int>? {
        guard let (events, count, base) = tape.events else { return nil }
        // The entry is out of the object while it is filled: each access to a property is checked, and there are a
        // hundred of them in an entry.
        var entry = DirectoryEntry()
        swap(&entry, &self.entry)
        defer { swap(&entry, &self.entry) }
        while cursor < count {
            let event = events[cursor]
            cursor += 1
            switch event.kind {
            case XMLTAPE_START.rawValue: try start(event, events, count, base, &entry)
            case XMLTAPE_TEXT.rawValue:
                if state.inValue { entry.appendToValue(Self.bytes(base, event.text, event.text_length)) }
            case XMLTAPE_END.rawValue:
                if try end(event, &entry) { return state.place }
            default: break
            }
        }
        return nil
    }

    private static func bytes(_ base: UnsafePointer<UInt8>, _ offset: UInt32, _ length: UInt32)
        -> UnsafeRawBufferPointer
    {
        UnsafeRawBufferPointer(start: base + Int(offset), count: Int(length))
    }

    private func start(
        _ event: xmltape_event, _ events: UnsafePointer<xmltape_event>, _ count: Int, _ base: UnsafePointer<UInt8>,
        _ entry: inout DirectoryEntry
    ) throws(SnapshotError) {
        let name = DSMLName(Self.bytes(base, event.text, event.text_length))
        if state.inValue { throw damaged("an element within a value", event) }
        if !state.inEntry {
            guard name == .entry else {
                return marks.take(name, depth: event.depth) {
                    attribute("code", events, count, base).map(Self.number) ?? -1
                }
            }
            guard let dn = attribute("dn", events, count, base) else { throw damaged("an entry without a dn", event) }
            state.inEntry = true
            state.entryDepth = event.depth
            state.place = Int(event.byte)..<Int(event.byte)
            return entry.begin(name: dn)
        }
        switch name {
        case .attribute:
            guard let name = attribute("name", events, count, base) else {
                throw damaged("an attribute without a name", event)
            }
            entry.beginAttribute(name: name)
        case .objectClass:
            "objectclass".utf8.withContiguousStorageIfAvailable {
                entry.beginAttribute(name: UnsafeRawBufferPointer($0))
            }
        case .value where !entry.attributes.isEmpty:
            let type = attribute("type", events, count, base) ?? attribute("encoding", events, count, base)
            entry.beginValue(isBase64: type.map { Self.isBase64($0) } ?? false)
            state.inValue = true
        default: break
        }
    }

    private func end(_ event: xmltape_event, _ entry: inout DirectoryEntry) throws(SnapshotError) -> Bool {
        if state.inValue {
            state.inValue = false
            entry.endValue()
            if entry.bytes.count > Self.entryBytesMax {
                throw damaged("an entry longer than \(Self.entryBytesMax) bytes", event, .limit)
            }
            return false
        }
        guard state.inEntry, event.depth == state.entryDepth else { return false }
        state.inEntry = false
        state.place = state.place.lowerBound..<Int(event.byte)
        return true
    }

    /// The attribute of the element that just started.
    private func attribute(
        _ name: StaticString, _ events: UnsafePointer<xmltape_event>, _ count: Int, _ base: UnsafePointer<UInt8>
    ) -> UnsafeRawBufferPointer? {
        var index = cursor
        while index < count, events[index].kind == XMLTAPE_ATTRIBUTE.rawValue {
            let event = events[index]
            if DSMLName.matches(Self.bytes(base, event.text, event.text_length), name) {
                return Self.bytes(base, event.value, event.value_length)
            }
            index += 1
        }
        return nil
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int {
        Int(String(decoding: text, as: UTF8.self)) ?? -1
    }

    private static func isBase64(_ type: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: type, as: UTF8.self).lowercased()
        return text.hasSuffix("base64binary") || text == "base64"
    }

    private func damaged(_ what: String, _ event: xmltape_event, _ code: SnapshotError.Code = .syntax) -> SnapshotError
    {
        SnapshotError(
            code, file: file, offset: Int(event.byte), detail: "\(what); check the export, it is not proper DSML")
    }
}

/// The elements of DSML that count here.
enum DSMLName {
    case entry, attribute, objectClass, value
    case batchResponse, searchResponse, searchDone, resultCode, reference, errorResponse, batchRequest, directoryEntries
    case dsml, envelope, fault, other

    init(_ name: UnsafeRawBufferPointer) {
        self = Self.names.first { Self.matches(name, $0.0) }?.1 ?? .other
    }

    private static let names: [(StaticString, DSMLName)] = [
        ("value", .value), ("attr", .attribute), ("searchResultEntry", .entry), ("oc-value", .value), ("entry", .entry),
        ("objectclass", .objectClass), ("addRequest", .entry), ("batchResponse", .batchResponse),
        ("searchResponse", .searchResponse), ("searchResultDone", .searchDone), ("resultCode", .resultCode),
        ("searchResultReference", .reference), ("errorResponse", .errorResponse), ("batchRequest", .batchRequest),
        ("directory-entries", .directoryEntries), ("dsml", .dsml), ("Envelope", .envelope), ("Fault", .fault),
    ]

    /// Equal but for the case of ASCII letters.
    static func matches(_ bytes: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        guard bytes.count == name.utf8CodeUnitCount else { return false }
        let wanted = name.utf8Start
        for index in 0..<bytes.count where bytes[index] != wanted[index] {
            let lowered = bytes[index] | 0x20
            guard lowered == wanted[index] | 0x20, lowered >= 0x61, lowered <= 0x7A else { return false }
        }
        return true
    }
}

/// What a DSML file says about being whole.
struct DSMLMarks {
    private var responses = 0
    private var resultCodes: [Int] = []
    private var references = 0
    private var errors = 0
    private var isRequest = false
    private var isVersion1 = false
    private var isFault = false
    private var inDone = false

    mutating func take(_ name: DSMLName, depth: UInt32, resultCode: () -> Int) {
        switch name {
        case .searchResponse: responses += 1
        case .searchDone: inDone = true
        case .resultCode where inDone:
            resultCodes.append(resultCode())
            inDone = false
        case .reference: references += 1
        case .errorResponse: errors += 1
        case .batchRequest: isRequest = true
        case .directoryEntries: isVersion1 = true
        case .fault: isFault = true
        default: break
        }
    }

    func checkIsExport(_ file: SourceFile) throws(SnapshotError) {
        if isFault {
            throw SnapshotError(
                .errorBody, file: file.path,
                detail: "this is an error of the service (a SOAP fault), not an export; export again")
        }
        guard responses > 0 || isRequest || isVersion1 || errors > 0 else {
            throw SnapshotError(
                .noRecords, file: file.path,
                detail: "there is no DSML search response in it; check the export or the preset")
        }
    }

    var completeness: Completeness {
        if errors > 0 { return .partial("the export holds an errorResponse") }
        if let code = resultCodes.first(where: { $0 != 0 }) {
            return .partial("the search ended with result code \(code)" + Self.meaning(code))
        }
        if references > 0 { return .partial("the export refers to other servers, whose entries are not in it") }
        if responses == 0 { return .plausible("this form of DSML has no end mark") }
        if resultCodes.count < responses { return .partial("a search has no searchResultDone") }
        return .proven("searchResultDone with code 0")
    }

    private static func meaning(_ code: Int) -> String {
        switch code {
        case 3: " (time limit exceeded)"
        case 4: " (size limit exceeded)"
        case 11: " (administrative limit exceeded)"
        case 50: " (insufficient access rights)"
        default: ""
        }
    }
}
