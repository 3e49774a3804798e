import Foundation
import GRDB
import Reconciliation

/// Writes the pushes of many requests with one flushed transaction.
///
/// A thread of its own takes everything that waits, runs each body in its own savepoint, commits once, and only then lets
/// the callers go on: who gets an answer has a durable write. A body that throws takes back only its own changes.
package final class GroupCommit: Sendable {
    /// How many bodies may wait. When that many do, the next one is refused with ``StorageError`` `.busy`: the disk is
    /// behind, and the client is better told to come again than kept waiting.
    package static let waitingMax = 4096
    /// How many bodies one transaction takes: it bounds how long a push waits for those before it, and how long the
    /// writer lock is kept from other processes.
    package static let batchMax = 256

    private let store: Store
    private let queue: CommitQueue

    /// Starts the thread. `waitingMax` is for tests.
    package init(store: Store, waitingMax: Int = GroupCommit.waitingMax) {
        self.store = store
        let queue = CommitQueue(capacity: waitingMax)
        self.queue = queue
        let thread = Thread { Self.work(queue, store) }
        thread.name = "rollcall.commit"
        thread.start()
    }

    deinit { queue.close() }

    /// Runs the body in the next transaction and returns its value once that is on the disk. The body runs even when the
    /// calling task was cancelled meanwhile.
    ///
    /// - Throws: what the body threw (then nothing of it stays); ``StorageError`` `.busy` when ``waitingMax`` bodies wait
    ///   or after ``close()``, and whatever made the transaction fail, for all of its bodies.
    package func submit<T: Sendable>(
        _ scope: PushScope, now: Instant, _ body: @escaping @Sendable (PushTransaction) throws -> T
    ) async throws -> T {
        let path = store.path
        return try await withCheckedThrowingContinuation { continuation in
            let waiting = WaitingPush(
                run: { db in
                    let result = try Self.inSavepoint(db, path: path) {
                        try body(PushTransaction(rows: PushRows(db: db, scope: scope), now: now))
                    }
                    return { continuation.resume(with: result) }
                },
                fail: { continuation.resume(throwing: $0) })
            if let refusal = queue.append(waiting) { continuation.resume(throwing: refusal) }
        }
    }

    /// Runs the body so that its failure takes back only what it did. Throws only when the whole transaction is lost, as
    /// on a full disk.
    private static func inSavepoint<T>(
        _ db: Database, path: String, _ body: () throws -> T
    ) throws -> Result<T, any Error> {
        do {
            var value: T?
            try db.inSavepoint {
                value = try body()
                return .commit
            }
            return .success(value!)
        } catch {
            let translated = (error as? DatabaseError).map { StorageError($0, path: path) } ?? error
            guard db.isInsideTransaction else { throw translated }
            return .failure(translated)
        }
    }

    /// Commits what waits and ends the thread. Later submissions are refused.
    package func close() async {
        await withCheckedContinuation { queue.close(then: $0) }
    }

    private static func work(_ queue: CommitQueue, _ store: Store) {
        while let batch = queue.next(max: batchMax) {
            do {
                let completions = try store.write { db in try batch.map { try $0.run(db) } }
                for complete in completions { complete() }
            } catch {
                for waiting in batch { waiting.fail(error) }
            }
        }
    }
}

/// One submitted body. Exactly one of the closure that `run` returns and `fail` is called, once.
private struct WaitingPush: Sendable {
    /// Runs the body; the closure that comes back delivers its result, after the commit.
    var run: @Sendable (Database) throws -> @Sendable () -> Void
    /// Delivers why the transaction was lost.
    var fail: @Sendable (any Error) -> Void
}

/// What waits for the commit thread.
///
/// Proof for `@unchecked Sendable`: every stored `var` is read and written only between `lock()` and `unlock()` of the
/// condition; the elements are Sendable; continuations are resumed outside, by the one who took them out.
private final class CommitQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private var waiting: [WaitingPush] = []
    private var isClosed = false
    private var hasEnded = false
    private var whenEnded: [CheckedContinuation<Void, Never>] = []

    init(capacity: Int) { self.capacity = capacity }

    /// Appends, or says why not.
    func append(_ push: WaitingPush) -> StorageError? {
        condition.lock()
        defer { condition.unlock() }
        if isClosed { return StorageError(code: .busy, detail: "the server is stopping; send the request again") }
        if waiting.count >= capacity {
            return StorageError(code: .busy, detail: "\(capacity) changes wait for the disk; send the request again")
        }
        waiting.append(push)
        condition.signal()
        return nil
    }

    /// Waits for pushes and takes them, first come first; `nil` once the queue is closed and empty.
    func next(max: Int) -> [WaitingPush]? {
        condition.lock()
        while waiting.isEmpty && !isClosed { condition.wait() }
        if waiting.isEmpty {
            hasEnded = true
            let continuations = whenEnded
            whenEnded = []
            condition.unlock()
            for continuation in continuations { continuation.resume() }
            return nil
        }
        let batch = Array(waiting.prefix(max))
        waiting.removeFirst(batch.count)
        condition.unlock()
        return batch
    }

    func close(then continuation: CheckedContinuation<Void, Never>? = nil) {
        condition.lock()
        isClosed = true
        let ended = hasEnded
        if let continuation, !ended { whenEnded.append(continuation) }
        condition.signal()
        condition.unlock()
        if ended { continuation?.resume() }
    }
}
