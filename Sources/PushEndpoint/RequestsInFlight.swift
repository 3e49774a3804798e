import Synchronization

/// How much of one token's work is going on, so that one client cannot take all threads and all memory.
final class RequestsInFlight: Sendable {
    /// Requests of one token at a time: as many as one transaction writes; more would wait for the next one anyway.
    static let requestsMax = 256
    /// Bytes of the bodies of one token's requests at a time: four of the longest bulks.
    static let bodyBytesMax = 32 << 20

    private struct Load {
        var requests = 0
        var bodyBytes = 0
    }

    private let loads = Mutex<[String: Load]>([:])

    /// Takes a place for a request; `false` where the token has no more. Whoever got one calls
    /// ``leave(_:bodyBytes:)`` with the same values.
    func enter(_ token: String, bodyBytes: Int) -> Bool {
        loads.withLock { loads in
            var load = loads[token] ?? Load()
            load.requests += 1
            load.bodyBytes += bodyBytes
            guard load.requests <= Self.requestsMax, load.bodyBytes <= Self.bodyBytesMax else { return false }
            loads[token] = load
            return true
        }
    }

    func leave(_ token: String, bodyBytes: Int) {
        loads.withLock { loads in
            guard var load = loads[token] else { return }
            load.requests -= 1
            load.bodyBytes -= bodyBytes
            loads[token] = load.requests > 0 ? load : nil
        }
    }
}
