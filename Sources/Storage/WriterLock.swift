import Foundation

/// An advisory lock on a file beside the database, held around every write transaction and every checkpoint.
///
/// SQLite before 3.51.3 can lose a commit when one process resets the write-ahead log while another one writes to it
/// (sqlite.org/wal.html, "WAL-reset bug"); Debian 12 has 3.40.1. With this lock no two processes of ours write or checkpoint
/// at the same time, so the race has no second party. The kernel drops the lock with the process, also after kill -9.
final class WriterLock: Sendable {
    private let descriptor: Int32

    /// Opens, and creates where needed, the lock file (mode 0600).
    init(path: String) throws(StorageError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(
                code: .notPermitted,
                detail:
                    "\(path): the lock file cannot be opened (\(String(cString: strerror(errno)))); check the folder's rights"
            )
        }
    }

    deinit { close(descriptor) }

    /// Waits for the lock, runs the body and lets go. A writer holds it for one batch, well under a second.
    func hold<T>(_ body: () throws -> T) throws -> T {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                throw StorageError(code: .failed, detail: "the writer lock failed: \(String(cString: strerror(errno)))")
            }
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }
}
