import JSONBytes
import Reconciliation

/// A JSON file of a defined preset.
final class JSONRecordStream: RecordStream {
    let file: SourceFile
    private(set) var documents: [RecordDocument] = []
    private let input: TextInput
    private let splitter: JSONRecordSplitter

    /// Keys that errors of services begin with: kept, so that an error page can be told from an export.
    static let errorKeys: Set<String> = [
        "error", "errors", "errorCode", "odata.error", "fault", "Fault", "message", "detail",
    ]

    init(
        _ file: SourceFile, paths: [JSONRecordPath], kept: Set<String>, digest: SourceDigest?
    ) throws(SnapshotError) {
        self.file = file
        input = try TextInput(file, digest: digest)
        splitter = JSONRecordSplitter(paths: paths, kept: kept.union(Self.errorKeys))
    }

    func next() throws(SnapshotError) -> RawRecord? {
        while true {
            let step: JSONRecordSplitter.Step
            do { step = try splitter.next() } catch {
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
                return RawRecord(
                    paths: element.paths, document: documents.count, isBare: splitter.isBare,
                    bytes: element.offset..<element.offset + element.bytes.count, content: .borrowed(element.bytes))
            case .document(let document):
                documents.append(
                    RecordDocument(
                        beside: document.isBare ? nil : .json(.object(document.rest)), opened: document.opened,
                        offset: document.offset))
            case .end:
                file.close()
                return nil
            }
        }
    }

    func view(_ record: RawRecord) throws(SnapshotError) -> RecordView {
        guard case .borrowed(let bytes) = record.content else { preconditionFailure("records of JSON are borrowed") }
        do { return .json(try JSONValue(parsing: bytes)) } catch {
            throw SnapshotError(
                error.code, file: file, offset: record.bytes.lowerBound + error.offset, detail: error.detail)
        }
    }

    func nested(_ record: RawRecord, at path: JSONRecordPath) throws(SnapshotError) -> [RawRecord] {
        guard case .borrowed(let bytes) = record.content else { return [] }
        var found: [RawRecord] = []
        for range in try ranges(at: path, in: bytes, offset: record.bytes.lowerBound) {
            var inner = record
            inner.bytes = record.bytes.lowerBound + range.lowerBound..<record.bytes.lowerBound + range.upperBound
            inner.content = .borrowed(UnsafeRawBufferPointer(rebasing: bytes[range]))
            found.append(inner)
            found += try nested(inner, at: path)
        }
        return found
    }

    private func ranges(
        at path: JSONRecordPath, in bytes: UnsafeRawBufferPointer, offset: Int
    ) throws(SnapshotError) -> [Range<Int>] {
        let inner = JSONRecordSplitter(paths: [path], kept: [], isWithin: true)
        var position = 0
        var ranges: [Range<Int>] = []
        while true {
            do throws(JSONSplitter.Fault) {
                switch try inner.next() {
                case .needsBytes:
                    inner.fill { buffer in
                        let count = min(buffer.count, bytes.count - position)
                        if count > 0 {
                            buffer.baseAddress!.copyMemory(from: bytes.baseAddress! + position, byteCount: count)
                        }
                        position += count
                        return count
                    }
                case .element(let element): ranges.append(element.offset..<element.offset + element.bytes.count)
                case .document: break
                case .end: return ranges
                }
            } catch {
                throw SnapshotError(error.code, file: file, offset: offset + error.offset, detail: error.detail)
            }
        }
    }
}
