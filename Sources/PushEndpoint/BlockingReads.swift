import Dispatch

/// Runs reads of the database on threads of their own, so that they never block those that serve connections.
struct BlockingReads: Sendable {
    private let queue = DispatchQueue(label: "rollcall.reads", attributes: .concurrent)

    /// Runs the body and returns what it returned or threw.
    func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
