import JSONBytes
import Reconciliation

/// One person or group of an export, as it stands there: its hash at once, its meaning when ``map()`` is called.
///
/// Valid until the next call of ``SnapshotReader/next()``.
package struct SnapshotElement {
    package let kind: Kind
    /// Over the element's bytes and, for a group whose members are in a file of their own, that file's bytes.
    package let hash: ElementHash
    package let place: Place
    let content: Content
    unowned let reader: SnapshotReader

    enum Content {
        /// A JSON record, parsed already where its kind or its members file had to be found.
        case json(UnsafeRawBufferPointer, JSONObject?)
        case directoryEntry
        /// A record of a defined preset, parsed already where its kind or its members had to be found.
        case record(DefinedSource.Found)
    }

    /// Parses and maps the element.
    ///
    /// - Throws: ``SnapshotError`` when the element is not valid: the whole file is refused. A record that is valid and
    ///   cannot be mapped comes back as ``SnapshotRow/rejected(_:)``, because an unread person must never look like an
    ///   absent one.
    package func map() throws(SnapshotError) -> SnapshotRow { try reader.map(self) }
}

/// What a snapshot was, known after its last element.
package struct SnapshotVerdict: Sendable, Equatable {
    /// How whole each kind is; a kind without files is absent.
    package var completeness: [Kind: Completeness]
    /// Elements per kind; a kind without files is absent.
    package var counts: [Kind: Int]
    /// SHA-256 over all files in the order of reading, in hexadecimal.
    package var digest: String
    /// Attributes with a value that nothing carries, by kind and name, with the number of mapped elements that have one.
    package var unmapped: [String: Int] = [:]
    /// How many records have each attribute that a defined preset maps, by kind and attribute: over those that were mapped.
    package var columns: [Kind: [String: ColumnCensus]] = [:]
    /// The files in the order of reading; the members files of all groups are one entry, under their template's name.
    package var files: [PlanHeader.SourceFile]
}
