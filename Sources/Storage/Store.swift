import Foundation
import GRDB

/// The database: directory, change queue, account store, runs and journal.
///
/// One object per process and file. Writes are serial in the process and, by an advisory lock, between processes; reads run
/// on connections of their own. WAL with `synchronous=FULL`, automatic checkpoints off (see ``WriterLock``).
package final class Store: Sendable {
    package enum Mode: Sendable {
        /// Creates the file where it does not exist.
        case readWrite
        /// Never writes a byte; a missing file reads as an empty store.
        case readOnly
    }

    package let path: String
    package let mode: Mode
    private let writer: DatabaseQueue
    private let readers: [DatabaseQueue]
    private let nextReader: NextReader
    private let lock: WriterLock?
    let schemaCache = SchemaCache()
    /// Whether the store lives in memory only (a missing file opened read-only, or a test).
    package let isInMemory: Bool

    /// Opens a database file.
    ///
    /// - Parameter readers: connections for reading beside the writer; a server wants several, a command none.
    /// - Throws: ``StorageError`` `.notADatabase`, `.newerSchema`, `.notPermitted`, `.failed`.
    package init(path: String, mode: Mode, readers count: Int = 0) throws {
        self.path = path
        self.mode = mode
        nextReader = NextReader()
        let exists = FileManager.default.fileExists(atPath: path)
        if mode == .readOnly && (!exists || Self.isEmpty(path)) {
            isInMemory = true
            lock = nil
            writer = try Self.memory()
            readers = []
            return
        }
        try Self.refuseStrangers(path, exists: exists)
        do {
            if mode == .readOnly {
                lock = nil
                readers = []
                let queue = try DatabaseQueue(path: path, configuration: Self.configuration(readOnly: true))
                isInMemory = try Self.checkSchema(queue, path: path) < Schema.version
                writer = isInMemory ? try Self.upgradedCopy(of: queue) : queue
            } else {
                isInMemory = false
                let lock = try WriterLock(path: path + "-lock")
                self.lock = lock
                if !exists { try Self.createPrivately(path) }
                writer = try lock.hold {
                    let queue = try DatabaseQueue(path: path, configuration: Self.configuration(readOnly: false))
                    try Self.prepare(queue, path: path)
                    return queue
                }
                readers = try (0..<count).map { _ in
                    try DatabaseQueue(path: path, configuration: Self.configuration(readOnly: true))
                }
            }
        } catch let error as DatabaseError {
            throw StorageError(error, path: path)
        }
    }

    /// An empty store in memory: for tests, and for a dry run before the first run.
    package init(inMemory name: String) throws {
        path = name
        mode = .readWrite
        isInMemory = true
        lock = nil
        nextReader = NextReader()
        writer = try Self.memory()
        readers = []
    }

    private static func memory() throws -> DatabaseQueue {
        let queue = try DatabaseQueue(configuration: configuration(readOnly: false, inMemory: true))
        try Schema.migrator.migrate(queue)
        return queue
    }

    /// An older database as it will be after the upgrade, which only a command that writes may make: a copy in memory.
    private static func upgradedCopy(of queue: DatabaseQueue) throws -> DatabaseQueue {
        let copy = try DatabaseQueue(configuration: configuration(readOnly: false, inMemory: true))
        try queue.backup(to: copy)
        try queue.close()
        try Schema.migrator.migrate(copy)
        return copy
    }

    private static func configuration(readOnly: Bool, inMemory: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = readOnly
        configuration.busyMode = .timeout(30)
        configuration.foreignKeysEnabled = true
        configuration.prepareDatabase { db in
            FilterFunctions.register(in: db)
            try db.execute(sql: "PRAGMA cache_size = -16384")
            guard !inMemory else { return }
            try db.execute(sql: "PRAGMA temp_store = FILE")
            if !readOnly {
                try db.execute(sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(sql: "PRAGMA wal_autocheckpoint = 0")
            }
        }
        return configuration
    }

    /// Whether a file was created and never written: what a process leaves that was killed at its very first step.
    private static func isEmpty(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFREG && info.st_size == 0
    }

    /// A new database belongs to its owner alone (mode 0600); SQLite gives the log beside it the same rights.
    private static func createPrivately(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StorageError(
                code: .notPermitted,
                detail:
                    "\(path): the database cannot be created (\(String(cString: strerror(errno)))); check the path and the "
                    + "folder's rights")
        }
        Foundation.close(descriptor)
    }

    /// A file that is not ours is refused before SQLite may touch it, so that it stays as it is to the byte.
    private static func refuseStrangers(_ path: String, exists: Bool) throws(StorageError) {
        guard exists else { return }
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        if isFolder.boolValue {
            throw StorageError(code: .notADatabase, detail: "\(path): this is a folder; name a database file with --db")
        }
        let unreadable = StorageError(
            code: .notPermitted, detail: "\(path): the database cannot be read; check its rights and the disk")
        guard let handle = FileHandle(forReadingAtPath: path) else { throw unreadable }
        let head: Data
        do {
            head = try handle.read(upToCount: 100) ?? Data()
            try handle.close()
        } catch {
            // A file that cannot be read is not an empty one.
            throw unreadable
        }
        // An empty file is a database that was never written.
        if head.isEmpty { return }
        let magic = Data("SQLite format 3\0".utf8)
        guard head.count == 100, head.prefix(16) == magic else {
            throw StorageError(
                code: .notADatabase,
                detail:
                    "\(path): this is not a Rollcall database; name another file with --db, or restore it from a backup"
            )
        }
    }

    private static func prepare(_ queue: DatabaseQueue, path: String) throws {
        _ = try checkSchema(queue, path: path)
        try Schema.migrator.migrate(queue)
    }

    /// - Returns: the schema's version; 0 for a database without tables.
    private static func checkSchema(_ queue: DatabaseQueue, path: String) throws -> Int {
        try queue.read { db in
            let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
            if tables > 0 && id != Schema.applicationID {
                throw StorageError(
                    code: .notADatabase,
                    detail: "\(path): this database belongs to another program; name another file with --db")
            }
            let known = Schema.version
            let found = tables == 0 ? 0 : try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            if found > known {
                throw StorageError(
                    code: .newerSchema,
                    detail:
                        "\(path): the database has schema version \(found), this program knows \(known); use a newer rollcall"
                )
            }
            return found
        }
    }

    /// Reads in one consistent state.
    package func read<T>(_ body: (Database) throws -> T) throws -> T {
        let queue = readers.isEmpty ? writer : readers[nextReader.next(of: readers.count)]
        do { return try queue.read(body) } catch let error as DatabaseError { throw StorageError(error, path: path) }
    }

    /// Runs one write transaction under the writer lock. When the body throws, nothing of it stays.
    package func write<T>(_ body: (Database) throws -> T) throws -> T {
        precondition(mode == .readWrite, "a read-only store was asked to write")
        do {
            return try writer.writeWithoutTransaction { db in
                try holdingLock {
                    var result: T?
                    try db.inTransaction(.immediate) {
                        result = try body(db)
                        return .commit
                    }
                    try checkpointIfLarge(db)
                    return result!
                }
            }
        } catch let error as DatabaseError {
            throw StorageError(error, path: path)
        }
    }

    private func holdingLock<T>(_ body: () throws -> T) throws -> T {
        guard let lock else { return try body() }
        return try lock.hold(body)
    }

    /// Bytes of write-ahead log after which a commit also moves it into the database.
    private static let checkpointBytes = 64 << 20

    private func checkpointIfLarge(_ db: Database) throws {
        guard !isInMemory else { return }
        var info = stat()
        guard stat(path + "-wal", &info) == 0, info.st_size > Self.checkpointBytes else { return }
        _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// Moves the write-ahead log into the database and empties it, as far as readers allow. For the end of a run.
    package func checkpoint() throws {
        guard !isInMemory, mode == .readWrite else { return }
        do {
            try writer.writeWithoutTransaction { db in
                try holdingLock { _ = try Row.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY || error.resultCode == .SQLITE_LOCKED
        {
            // A reader still needs the log; the next commit tries again.
        } catch let error as DatabaseError {
            throw StorageError(error, path: path)
        }
    }

    /// Closes all connections; the last one to close checkpoints, so it does that under the lock.
    package func close() throws {
        for reader in readers { try reader.close() }
        try holdingLock { try writer.close() }
    }

    /// A connection of its own for planning: read-only, one consistent state, temporary tables allowed.
    func planningQueue() throws -> (queue: DatabaseQueue, isShared: Bool) {
        if isInMemory { return (writer, true) }
        do {
            return (try DatabaseQueue(path: path, configuration: Self.configuration(readOnly: true)), false)
        } catch let error as DatabaseError {
            throw StorageError(error, path: path)
        }
    }
}

/// Takes the reading connections in turn.
private final class NextReader: @unchecked Sendable {
    // Proof of safety: `value` is only touched under `lock`.
    private let lock = NSLock()
    private var value = 0

    func next(of count: Int) -> Int {
        lock.lock()
        defer { lock.unlock() }
        value = (value + 1) % count
        return value
    }
}
