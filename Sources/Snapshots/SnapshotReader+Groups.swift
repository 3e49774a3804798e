extension SnapshotReader {
    /// A reader of its own over the files that may have groups; `nil` where there are none. What changes in a file meanwhile
    /// is found by the ``finish()`` of either reader.
    ///
    /// People in a file of both kinds come out too, for the caller to pass over.
    ///
    /// - Throws: ``SnapshotError`` as ``init(_:hashSeed:)``.
    package func groupsAlone() throws(SnapshotError) -> SnapshotReader? {
        let shared = inputs.filter { $0.kinds.contains(.group) }
        guard !shared.isEmpty else { return nil }
        var groups = specification
        groups.users = shared.filter { $0.kinds.contains(.user) }.map(\.file.path)
        groups.groups = shared.map(\.file.path)
        return try SnapshotReader(groups, hashSeed: [], links: links)
    }
}
