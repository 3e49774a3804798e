import JSONBytes
import SCIM
import Storage

extension EndpointCall {
    /// Operations that share a transaction. It bounds how long the pushes of others wait behind a bulk, and how much of it a
    /// full disk takes back.
    static let bulkOperationsPerTransaction = 100
    /// JSON values of the operations that share a transaction: about the members of one large group, or of what a single
    /// request may carry.
    static let bulkValuesPerTransaction = 40_000

    /// Carries out a bulk request (RFC 7644 3.7). Every operation that the answer calls done is on the disk.
    ///
    /// - Throws: ``SCIMError`` for a request that cannot be read, and 503 where nothing could be written; ``BodyTooLong``.
    func bulk() async throws -> EndpointResponse {
        let bytes: [UInt8]
        do { bytes = try await bodyBytes(upTo: BulkRequest.bodyBytesMax) } catch let error as BodyTooLong {
            throw SCIMError(status: 413, "The request is longer than maxPayloadSize (\(error.limit) bytes).")
        }
        let (run, portions) = try await endpoint.readers.run {
            let request = try BulkRequest(parsing: Self.object(bytes))
            return (BulkRun(request, call: self), Self.portions(of: request))
        }
        let finished = try await carryOut(portions, of: run)
        return EndpointResponse(status: 200, finished.response.body)
    }

    private func carryOut(_ portions: [[BulkSchedule.Step]], of run: BulkRun) async throws -> BulkRun {
        var run = run
        for (index, portion) in portions.enumerated() where !run.hasEnded {
            let before = run
            do {
                run = try await endpoint.commits.submit(scope, now: endpoint.now()) { transaction in
                    var next = before
                    try next.carryOut(portion, in: transaction)
                    return next
                }
            } catch let error as StorageError {
                if index == 0 { throw error }
                // What was done before stays done, and the answer must say so.
                run.refuse(portions[index...].joined(), Endpoint.refusal(error))
                return run
            }
            if run.hasChanged { endpoint.onAccepted() }
        }
        return run
    }

    /// The steps of a request, cut into those that share a transaction.
    private static func portions(of request: BulkRequest) -> [[BulkSchedule.Step]] {
        var portions: [[BulkSchedule.Step]] = []
        var (operations, values) = (0, 0)
        for step in BulkSchedule(request.operations).steps {
            let size = step.indices.reduce(0) { $0 + (request.operations[$1].valueCount) }
            if portions.isEmpty || operations + step.indices.count > bulkOperationsPerTransaction
                || values + size > bulkValuesPerTransaction
            {
                portions.append([])
                (operations, values) = (0, 0)
            }
            portions[portions.count - 1].append(step)
            operations += step.indices.count
            values += size
        }
        return portions
    }
}
