import Crypto
import JSONBytes
import Reconciliation

/// SHA-256 over all files of a snapshot, in the order in which they are read.
final class SourceDigest {
    private var hash = SHA256()

    func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        let bytes = hash.finalize().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// One JSON file, read as a stream of records.
final class JSONExport {
    let file: SourceFile
    private let splitter: JSONSplitter
    private let input: TextInput
    private(set) var elements = 0

    /// - Parameter digest: also takes in the file's bytes.
    init(_ file: SourceFile, recordKey: String, allowsLines: Bool, digest: SourceDigest?) throws(SnapshotError) {
        self.file = file
        splitter = JSONSplitter(recordKey: recordKey, allowsLines: allowsLines)
        input = try TextInput(file, digest: digest)
    }

    /// What stands beside the records; complete after the last.
    var members: JSONObject { splitter.members }
    var hasRecords: Bool { splitter.hasRecords }
    var shape: JSONSplitter.Shape { splitter.shape ?? .object }

    /// The next record's bytes and where they are, `nil` at a proper end.
    func next() throws(SnapshotError) -> JSONSplitter.Element? {
        while true {
            let step: JSONSplitter.Step
            do {
                step = try splitter.next()
            } catch {
                throw SnapshotError(error.code, file: file, offset: error.offset, detail: error.detail)
            }
            switch step {
            case .needsBytes:
                try splitter.fill { buffer throws(SnapshotError) in
                    try input.read(into: buffer) { bytes throws(SnapshotError) in
                        try FileSniffing.checkJSON(bytes, file)
                    }
                }
            case .element(let element):
                elements += 1
                return element
            case .end:
                file.close()
                return nil
            }
        }
    }

    /// Parses one record; `nil` when it is valid and no object.
    func object(_ element: UnsafeRawBufferPointer, offset: Int) throws(SnapshotError) -> JSONObject? {
        do {
            return try JSONValue(parsing: element).object
        } catch {
            throw SnapshotError(error.code, file: file, offset: offset + error.offset, detail: error.detail)
        }
    }
}

/// Tells from a file's first bytes when it is something else than it should be, so that the error can name the cure.
enum FileSniffing {
    static func checkJSON(_ bytes: UnsafeRawBufferPointer, _ file: SourceFile) throws(SnapshotError) {
        try checkText(bytes, file)
        if firstVisible(bytes) == UInt8(ascii: "<") {
            throw SnapshotError(
                .noRecords, file: file.path, line: 1, column: 1,
                detail:
                    "this is XML or HTML where JSON is expected, perhaps an error page; check the export or the preset")
        }
    }

    static func checkXML(_ bytes: UnsafeRawBufferPointer, _ file: SourceFile) throws(SnapshotError) {
        try checkText(bytes, file)
        let first = firstVisible(bytes)
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            throw SnapshotError(
                .noRecords, file: file.path, line: 1, column: 1,
                detail: "this is JSON where XML is expected; check the export or the preset")
        }
    }

    private static func checkText(_ bytes: UnsafeRawBufferPointer, _ file: SourceFile) throws(SnapshotError) {
        if bytes.isEmpty {
            throw SnapshotError(
                .empty, file: file.path, detail: "the file is empty; check that the export has finished")
        }
        if bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
            || bytes.starts(with: [0x50, 0x4B, 3, 4])
        {
            throw SnapshotError(.encoding, file: file.path, detail: "the file is compressed; unpack it first")
        }
    }

    private static func firstVisible(_ bytes: UnsafeRawBufferPointer) -> UInt8? {
        bytes.first { ![0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    }
}
