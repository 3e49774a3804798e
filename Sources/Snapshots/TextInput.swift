import JSONBytes

/// A file's text as UTF-8, whatever its encoding. A byte order mark outranks what was declared.
final class TextInput {
    let file: SourceFile
    private let digest: SourceDigest?
    private var transcoder: Transcoder?
    private var pending: [UInt8] = []
    private var pendingFrom = 0
    private var isFirst = true

    /// Opens the file.
    ///
    /// - Parameter digest: takes in the bytes as they are in the file.
    init(_ file: SourceFile, digest: SourceDigest?) throws(SnapshotError) {
        self.file = file
        self.digest = digest
        try file.open()
    }

    /// The first bytes are given to `sniff` as UTF-8, so that it can refuse another format.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, sniff: (UnsafeRawBufferPointer) throws(SnapshotError) -> Void
    ) throws(SnapshotError) -> Int {
        let wasFirst = isFirst
        let count = try readText(into: buffer)
        if wasFirst { try sniff(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        return count
    }

    private func readText(into buffer: UnsafeMutableRawBufferPointer) throws(SnapshotError) -> Int {
        if pendingFrom == pending.count {
            if isFirst || transcoder == nil {
                let count = try readRaw(into: buffer)
                guard isFirst else { return count }
                isFirst = false
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
                let sniffed = TextEncoding.sniffed(bytes)
                let encoding = sniffed?.encoding ?? file.encoding ?? .utf8
                if encoding == .utf8 { return count }
                transcoder = Transcoder(encoding)
                try transcode(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(sniffed?.markBytes ?? 0)))
                if pending.isEmpty { return 0 }
            }
            if pendingFrom == pending.count, try !refill() { return 0 }
        }
        let count = min(buffer.count, pending.count - pendingFrom)
        pending.withUnsafeBytes {
            buffer.baseAddress!.copyMemory(from: $0.baseAddress! + pendingFrom, byteCount: count)
        }
        pendingFrom += count
        return count
    }

    private func readRaw(into buffer: UnsafeMutableRawBufferPointer) throws(SnapshotError) -> Int {
        let count = try file.read(into: buffer)
        digest?.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count
    }

    /// `false` at the end of the file.
    private func refill() throws(SnapshotError) -> Bool {
        let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { raw.deallocate() }
        while pendingFrom == pending.count {
            let count = try readRaw(into: raw)
            if count == 0 {
                guard transcoder?.isBetweenCharacters ?? true else { throw badBytes }
                return false
            }
            try transcode(UnsafeRawBufferPointer(rebasing: raw[..<count]))
        }
        return true
    }

    private func transcode(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        pending.removeAll(keepingCapacity: true)
        pendingFrom = 0
        guard transcoder?.take(bytes, into: &pending) ?? false else { throw badBytes }
    }

    private var badBytes: SnapshotError {
        SnapshotError(
            .encoding, file: file.path,
            detail:
                "near byte \(file.bytesRead) there are bytes that mean nothing in the file's encoding; write the export as UTF-8"
        )
    }
}
