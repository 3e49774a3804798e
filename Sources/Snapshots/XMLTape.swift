import CXMLTape

/// An XML file as a sequence of tapes of events. Nothing external is ever loaded, and no entity is resolved.
final class XMLTape {
    let file: SourceFile
    /// The document ended properly.
    private(set) var isEnded = false
    private let digest: SourceDigest?
    private let tape: OpaquePointer
    private let buffer: UnsafeMutableRawBufferPointer
    private var input: TextInput?
    private var isFirst = true

    /// Levels of elements, attributes of one element, bytes of one text: 64, 256, 16 MiB.
    static let limits = xmltape_limits(depth: 64, attributes: 256, text: 16 << 20)
    static let chunkBytes = 64 << 10

    /// Opens the file.
    init(_ file: SourceFile, digest: SourceDigest?) throws(SnapshotError) {
        self.file = file
        self.digest = digest
        guard let tape = xmltape_create(Self.limits) else {
            throw SnapshotError(.limit, file: file.path, detail: "no memory is left to read it")
        }
        self.tape = tape
        buffer = .allocate(byteCount: Self.chunkBytes, alignment: 16)
        if try Self.isWestern(file) { input = try TextInput(file, digest: digest) } else { try file.open() }
    }

    deinit {
        xmltape_destroy(tape)
        buffer.deallocate()
    }

    /// The events of the last piece; `nil` when there are none.
    var events: (events: UnsafePointer<xmltape_event>, count: Int, bytes: UnsafePointer<UInt8>)? {
        var count = 0
        guard let events = xmltape_events(tape, &count), count > 0, let bytes = xmltape_bytes(tape) else { return nil }
        return (events, count, bytes)
    }

    /// Reads the next piece of the file.
    func feed() throws(SnapshotError) {
        let count: Int
        if let input {
            count = try input.read(into: buffer) { _ in }
        } else {
            count = try file.read(into: buffer)
            digest?.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        if isFirst { try FileSniffing.checkXML(UnsafeRawBufferPointer(rebasing: buffer[..<count]), file) }
        isFirst = false
        let code = xmltape_feed(tape, buffer.baseAddress, Int32(count), count == 0 ? 1 : 0)
        if code != Int32(XMLTAPE_OK.rawValue) { throw fault(UInt32(code)) }
        if count == 0 {
            isEnded = true
            file.close()
        }
    }

    private func fault(_ code: UInt32) -> SnapshotError {
        let (mapped, cure): (SnapshotError.Code, String) =
            switch code {
            case XMLTAPE_CUT.rawValue: (.truncated, "; the file is cut short; check that the export has finished")
            case XMLTAPE_ENTITY.rawValue: (.entity, "; export without entities")
            case XMLTAPE_ENCODING.rawValue: (.encoding, TextEncoding.cure)
            case XMLTAPE_SYNTAX.rawValue: (.syntax, "; export again, the file is damaged")
            case XMLTAPE_MEMORY.rawValue: (.limit, "; give the process more memory")
            default: (.limit, "; this is not an export of people and groups")
            }
        return SnapshotError(
            mapped, file: file.path, line: Int(xmltape_error_line(tape)), column: Int(xmltape_error_column(tape)),
            detail: String(cString: xmltape_error_message(tape)) + cure)
    }

    /// Whether the job names an 8-bit encoding that the parser would not know of: the file has neither a byte order mark nor a
    /// declaration of such an encoding, which the parser obeys by itself.
    private static func isWestern(_ file: SourceFile) throws(SnapshotError) -> Bool {
        guard file.encoding == .windows1252 || file.encoding == .latin1 else { return false }
        let probe = try SourceFile(path: file.path)
        try probe.open()
        defer { probe.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
        defer { buffer.deallocate() }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<(try probe.read(into: buffer))])
        if TextEncoding.sniffed(bytes) != nil { return false }
        let head = String(decoding: bytes, as: UTF8.self).lowercased()
        let declaration = head.hasPrefix("<?xml") ? head.prefix { $0 != ">" } : ""
        return !declaration.contains("encoding") || declaration.contains("utf-8")
    }
}
