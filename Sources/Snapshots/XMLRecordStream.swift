import CXMLTape
import JSONBytes

/// An XML file of a defined preset.
final class XMLRecordStream: RecordStream {
    let file: SourceFile
    private(set) var documents: [RecordDocument] = []
    private let tape: XMLTape
    private let paths: [XMLRecordPath]
    private let kept: Set<String>
    private var cursor = 0
    /// From the root to the element that is open, outside of records.
    private var names: [String] = []
    private var beside: [XMLElement?] = []
    private var root: XMLElement?
    private var opened: Set<Int> = []
    private var record: OpenRecord?
    private var keptElements = 0
    private var keptBytes = 0

    private struct OpenRecord {
        var paths: [Int]
        var depth: UInt32
        var start: Int
        var text = XMLRecordText()
    }

    /// Most elements beside the records that marks ask for, and most bytes of their text: 10,000, 1 MiB.
    static let keptElementsMax = 10_000
    static let keptBytesMax = 1 << 20

    init(
        _ file: SourceFile, paths: [XMLRecordPath], kept: Set<String>, digest: SourceDigest?
    ) throws(SnapshotError) {
        self.file = file
        self.paths = paths
        // A SOAP fault is an error whatever the preset.
        self.kept = kept.union(["Fault", "faultstring"])
        tape = try XMLTape(file, digest: digest)
    }

    func next() throws(SnapshotError) -> RawRecord? {
        while true {
            if let record = try readTape() { return record }
            if tape.isEnded {
                if documents.isEmpty { documents.append(document) }
                return nil
            }
            cursor = 0
            try tape.feed()
        }
    }

    private var document: RecordDocument {
        RecordDocument(beside: .xml(root ?? XMLElement(name: "")), opened: opened, offset: 0)
    }

    func view(_ record: RawRecord) throws(SnapshotError) -> RecordView {
        guard case .canonical(let bytes) = record.content else { preconditionFailure("records of XML are canonical") }
        return .xml(XMLRecordText.element(bytes))
    }

    func nested(_ record: RawRecord, at path: JSONRecordPath) throws(SnapshotError) -> [RawRecord] { [] }

    // MARK: Events

    private func readTape() throws(SnapshotError) -> RawRecord? {
        guard let (events, count, base) = tape.events else { return nil }
        while cursor < count {
            let event = events[cursor]
            cursor += 1
            func bytes(_ offset: UInt32, _ length: UInt32) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(start: base + Int(offset), count: Int(length))
            }
            switch event.kind {
            case XMLTAPE_START.rawValue: try start(event, bytes(event.text, event.text_length))
            case XMLTAPE_ATTRIBUTE.rawValue:
                try attribute(bytes(event.text, event.text_length), bytes(event.value, event.value_length))
            case XMLTAPE_TEXT.rawValue: try text(bytes(event.text, event.text_length))
            case XMLTAPE_END.rawValue: if let record = end(event) { return record }
            default: break
            }
        }
        return nil
    }

    private func start(_ event: xmltape_event, _ name: UnsafeRawBufferPointer) throws(SnapshotError) {
        if record != nil {
            record?.text.start(name)
            return try checkLength(event)
        }
        let name = String(decoding: name, as: UTF8.self)
        names.append(name)
        let hits = paths.indices.filter { paths[$0].matches(names) }
        guard hits.isEmpty else {
            opened.formUnion(hits)
            record = OpenRecord(paths: hits, depth: event.depth, start: Int(event.byte))
            name.utf8.withContiguousStorageIfAvailable { record?.text.start(UnsafeRawBufferPointer($0)) }
            return
        }
        for index in paths.indices where paths[index].isParent(names) { opened.insert(index) }
        let keeps = names.count == 1 || kept.contains(name)
        if keeps { try countKept(elements: 1, event) }
        beside.append(keeps ? XMLElement(name: name) : nil)
    }

    private func attribute(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
    ) throws(SnapshotError) {
        if record != nil {
            record?.text.attribute(name, value)
        } else if beside.last != nil {
            beside[beside.count - 1]?.attributes.append(
                XMLElement.Attribute(
                    name: String(decoding: name, as: UTF8.self), value: String(decoding: value, as: UTF8.self)))
        }
    }

    private func text(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        if record != nil {
            record?.text.text(bytes)
        } else if names.count > 1, beside.last != nil {
            keptBytes += bytes.count
            if keptBytes > Self.keptBytesMax { throw tooMuch }
            beside[beside.count - 1]?.content.append(.text(String(decoding: bytes, as: UTF8.self)))
        }
    }

    private func end(_ event: xmltape_event) -> RawRecord? {
        if record != nil {
            record?.text.end()
            guard let done = record, done.depth == event.depth else { return nil }
            record = nil
            names.removeLast()
            return RawRecord(
                paths: done.paths, document: 0, isBare: false, bytes: done.start..<Int(event.byte),
                content: .canonical(done.text.bytes))
        }
        names.removeLast()
        guard let closed = beside.removeLast() else { return nil }
        if let parent = beside.lastIndex(where: { $0 != nil }) {
            beside[parent]?.content.append(.element(closed))
        } else {
            root = closed
        }
        return nil
    }

    private func checkLength(_ event: xmltape_event) throws(SnapshotError) {
        guard let record, record.text.bytes.count > DSMLExport.entryBytesMax else { return }
        throw SnapshotError(
            .limit, file: file, offset: Int(event.byte),
            detail: "a record longer than \(DSMLExport.entryBytesMax) bytes; this is not an export of people and groups"
        )
    }

    private func countKept(elements: Int, _ event: xmltape_event) throws(SnapshotError) {
        keptElements += elements
        if keptElements > Self.keptElementsMax { throw tooMuch }
    }

    private var tooMuch: SnapshotError {
        SnapshotError(
            .limit, file: file.path,
            detail: "more stands beside the records than marks can be in; narrow the paths under complete and refuse")
    }
}

/// A record's meaning in one spelling: elements, attributes and texts by local names, without the layout of the file, so that
/// its hash changes only when the record does. The marks between are bytes that XML cannot contain.
struct XMLRecordText {
    private(set) var bytes: [UInt8] = []
    /// Where the text that is open began.
    private var openText: Int?

    private enum Mark {
        static let start: UInt8 = 1
        static let attribute: UInt8 = 2
        static let value: UInt8 = 3
        static let text: UInt8 = 4
        static let end: UInt8 = 5
    }

    mutating func start(_ name: UnsafeRawBufferPointer) {
        closeText()
        bytes.append(Mark.start)
        bytes.append(contentsOf: name)
    }

    mutating func attribute(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        bytes.append(Mark.attribute)
        bytes.append(contentsOf: name)
        bytes.append(Mark.value)
        bytes.append(contentsOf: value)
    }

    mutating func text(_ text: UnsafeRawBufferPointer) {
        if openText == nil {
            openText = bytes.count
            bytes.append(Mark.text)
        }
        bytes.append(contentsOf: text)
    }

    mutating func end() {
        closeText()
        bytes.append(Mark.end)
    }

    /// White space between elements is layout.
    private mutating func closeText() {
        guard let start = openText else { return }
        openText = nil
        let isLayout = bytes[(start + 1)...].allSatisfy { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
        if isLayout { bytes.removeSubrange(start...) }
    }

    /// The tree that the bytes stand for.
    static func element(_ bytes: [UInt8]) -> XMLElement {
        var stack: [XMLElement] = []
        var attribute = ""
        var index = 0
        while index < bytes.count {
            let mark = bytes[index]
            let end = bytes[(index + 1)...].firstIndex { $0 <= Mark.end } ?? bytes.count
            let text = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
            index = end
            switch mark {
            case Mark.start: stack.append(XMLElement(name: text))
            case Mark.attribute: attribute = text
            case Mark.value:
                stack[stack.count - 1].attributes.append(XMLElement.Attribute(name: attribute, value: text))
            case Mark.text: stack[stack.count - 1].content.append(.text(text))
            default:
                let closed = stack.removeLast()
                if stack.isEmpty { return closed }
                stack[stack.count - 1].content.append(.element(closed))
            }
        }
        preconditionFailure("a record that was not closed")
    }
}
