import Crypto
import JSONBytes
import Reconciliation

/// One file of a defined preset, read as a stream of records. A further format is a further one of these: it finds records,
/// gives each bytes that mean the same whenever they are equal, and shows a record as a ``RecordView``.
protocol RecordStream: AnyObject {
    var file: SourceFile { get }
    /// What the documents of the file said; complete after the last record.
    var documents: [RecordDocument] { get }

    /// The next record; `nil` at a proper end. The one before is no longer valid then.
    func next() throws(SnapshotError) -> RawRecord?

    /// The record's values.
    ///
    /// - Throws: ``SnapshotError`` for a record that is damaged: the whole file is refused.
    func view(_ record: RawRecord) throws(SnapshotError) -> RecordView

    /// Records that stand within a record at a path of its own, at any depth.
    func nested(_ record: RawRecord, at path: JSONRecordPath) throws(SnapshotError) -> [RawRecord]
}

/// One record as it stands in a file.
struct RawRecord {
    /// The record paths that lead to it, by their index.
    var paths: [Int]
    /// Of its document, from 0.
    var document: Int
    /// In a bare list, which has no place for marks.
    var isBare: Bool
    var bytes: Range<Int>
    var content: Content

    enum Content {
        /// In the stream's buffer.
        case borrowed(UnsafeRawBufferPointer)
        /// The meaning in one spelling.
        case canonical([UInt8])
    }

    func hash(into hash: inout SHA256) {
        switch content {
        case .borrowed(let bytes): hash.update(bufferPointer: bytes)
        case .canonical(let bytes): bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
    }
}

/// What a document said beside its records.
struct RecordDocument {
    /// `nil` for a bare list.
    var beside: RecordView?
    /// Paths whose place was there, even if empty.
    var opened: Set<Int>
    var offset: Int
}

extension PresetDefinition {
    /// The paths of the records, each once; ``RawRecord/paths`` are their indexes.
    var recordPaths: [RecordPath] {
        records.map(\.path).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    func stream(
        _ file: SourceFile, paths: [RecordPath], digest: SourceDigest?
    ) throws(SnapshotError) -> any RecordStream {
        file.encoding = encoding
        switch format {
        case .json:
            let own = paths.compactMap { if case .json(let path) = $0 { path } else { nil } }
            return try JSONRecordStream(file, paths: own, kept: markNames, digest: digest)
        case .xml:
            let own = paths.compactMap { if case .xml(let path) = $0 { path } else { nil } }
            return try XMLRecordStream(file, paths: own, kept: markNames, digest: digest)
        }
    }
}
