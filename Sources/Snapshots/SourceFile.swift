import Crypto
import Reconciliation

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One file of a source: a plain file that must stay as it is from the first look to the last.
final class SourceFile {
    let path: String
    private(set) var status: Status
    /// Of a text without a byte order mark, where the job says it; `nil`: UTF-8.
    var encoding: TextEncoding?
    private var descriptor: Int32 = -1
    private(set) var bytesRead = 0
    private var hash: SHA256?

    /// What tells a file from its replacement.
    struct Status: Hashable {
        var device: UInt64
        var inode: UInt64
        var size: Int
        var modifiedSeconds: Int
        var modifiedNanoseconds: Int

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int(status.st_size)
            #if canImport(Darwin)
                modifiedSeconds = status.st_mtimespec.tv_sec
                modifiedNanoseconds = status.st_mtimespec.tv_nsec
            #else
                modifiedSeconds = status.st_mtim.tv_sec
                modifiedNanoseconds = status.st_mtim.tv_nsec
            #endif
        }

        /// Two names of one file.
        func isSameFile(_ other: Status) -> Bool { device == other.device && inode == other.inode }

        var modified: Instant {
            Instant(milliseconds: Int64(modifiedSeconds) * 1000 + Int64(modifiedNanoseconds / 1_000_000))
        }
    }

    /// Looks at the file without opening it.
    ///
    /// - Throws: ``SnapshotError`` `.missing`, `.unreadable`, `.notAFile`.
    init(path: String) throws(SnapshotError) {
        self.path = path
        status = try Self.look(path)
    }

    deinit { close() }

    private static func look(_ path: String) throws(SnapshotError) -> Status {
        if path.utf8.contains(0) { throw SnapshotError(.missing, file: path, detail: "a path cannot contain a NUL") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path, errno) }
        try checkIsFile(path, status)
        return Status(status)
    }

    private static func checkIsFile(_ path: String, _ status: stat) throws(SnapshotError) {
        let what: String
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: what = "a folder"
        case S_IFIFO: what = "a pipe"
        case S_IFSOCK: what = "a socket"
        default: what = "a device"
        }
        throw SnapshotError(.notAFile, file: path, detail: "this is \(what), not a file; name the exported file itself")
    }

    private static func failure(_ path: String, _ number: Int32) -> SnapshotError {
        switch number {
        case ENOENT, ENOTDIR:
            SnapshotError(.missing, file: path, detail: "no such file; check the path and that the export has run")
        case EACCES, EPERM:
            SnapshotError(.unreadable, file: path, detail: "no permission to read it; let this user read the file")
        case ELOOP: SnapshotError(.unreadable, file: path, detail: "links that lead in a circle; name the file itself")
        default: SnapshotError(.unreadable, file: path, detail: "cannot be read: " + String(cString: strerror(number)))
        }
    }

    /// Opens the file for reading from its start.
    ///
    /// - Throws: ``SnapshotError`` `.changed` when it is no longer the file that was looked at.
    func open() throws(SnapshotError) {
        close()
        // Without waiting: between the look and now a pipe may have taken the name.
        #if canImport(Darwin)
            let opened = Darwin.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        #else
            let opened = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        #endif
        guard opened >= 0 else { throw Self.failure(path, errno) }
        descriptor = opened
        bytesRead = 0
        if hash != nil { hash = SHA256() }
        var now = stat()
        guard fstat(opened, &now) == 0 else { throw Self.failure(path, errno) }
        try Self.checkIsFile(path, now)
        if Status(now) != status { throw changed }
    }

    /// Reads the next bytes; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(SnapshotError) -> Int {
        while true {
            #if canImport(Darwin)
                let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #else
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 {
                bytesRead += count
                hash?.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                return count
            }
            if errno != EINTR { throw Self.failure(path, errno) }
        }
    }

    /// Keeps the SHA-256 of what is read from now on.
    func startHashing() { hash = SHA256() }

    /// Of the whole file, in hexadecimal; `nil` before it was read to its end.
    var sha256: String? {
        guard bytesRead == status.size else { return nil }
        return hash.map { PlanDigest.hex($0.finalize()) }
    }

    func close() {
        guard descriptor >= 0 else { return }
        #if canImport(Darwin)
            _ = Darwin.close(descriptor)
        #else
            _ = Glibc.close(descriptor)
        #endif
        descriptor = -1
    }

    /// Checks at the end that the name still stands for the file that was read, and that it did not grow or shrink.
    func checkUnchanged() throws(SnapshotError) {
        guard let now = try? Self.look(path), now == status else { throw changed }
    }

    private var changed: SnapshotError {
        SnapshotError(
            .changed, file: path,
            detail:
                "the file was written or replaced while it was read; let the export finish, or write it under another "
                + "name and rename it")
    }
}
