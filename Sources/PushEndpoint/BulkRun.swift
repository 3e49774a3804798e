import JSONBytes
import Reconciliation
import SCIM
import Storage

/// A bulk request while it is carried out: what was done so far, and what that means for the rest.
///
/// Each operation is all or nothing, and so is a ring of creations that refer to each other. The request as a whole is not.
struct BulkRun: Sendable {
    private let call: EndpointCall
    private let request: BulkRequest
    private var references: BulkReferences
    private var results: [BulkResult?]
    private var failures = 0
    /// Whether something was carried out.
    private(set) var hasChanged = false

    init(_ request: BulkRequest, call: EndpointCall) {
        self.call = call
        self.request = request
        references = BulkReferences(request.operations)
        results = request.operations.map { _ in nil }
    }

    /// Whether as many operations failed as the client allows: then the rest is left undone.
    var hasEnded: Bool { request.failOnErrors.map { failures >= $0 } ?? false }

    var response: BulkResponse { BulkResponse(results: results.compactMap { $0 }) }

    /// Carries out steps until they or the client's patience end.
    ///
    /// - Throws: what ends the whole transaction, such as a full disk.
    mutating func carryOut(_ steps: some Sequence<BulkSchedule.Step>, in transaction: PushTransaction) throws {
        for step in steps {
            if hasEnded { return }
            switch step {
            case .single(let index): try carryOut(index, in: transaction)
            case .ring(let indices): try carryOut(ring: indices, in: transaction)
            }
        }
    }

    /// Notes that steps were not carried out, for a reason that is not theirs.
    mutating func refuse(_ steps: some Sequence<BulkSchedule.Step>, _ error: SCIMError) {
        for index in steps.flatMap(\.indices) { fail(index, error) }
    }

    // MARK: - One operation

    private mutating func carryOut(_ index: Int, in transaction: PushTransaction) throws {
        let outcome = try transaction.attempt { try done(request.operations[index].action.get(), in: transaction) }
        switch outcome {
        case .success(let done): succeed(index, done)
        case .failure(let error): fail(index, Endpoint.refusal(error))
        }
    }

    private func done(_ action: BulkOperation.Action, in transaction: PushTransaction) throws -> Done {
        switch try references.resolved(action) {
        case .create(let type, let data):
            return .created(type, try transaction.create(try call.creation(type, data)))
        case .replace(let subject, let data):
            return .changed(subject.type, try transaction.carryOut(try call.replacement(of: .init(subject), data)))
        case .patch(let subject, let data):
            return .changed(subject.type, try transaction.carryOut(try call.patching(of: .init(subject), data)))
        case .delete(let subject):
            try transaction.delete(ResourceTarget(subject))
            return .deleted(subject.type, id: subject.id)
        }
    }

    // MARK: - Creations that need each other

    private mutating func carryOut(ring: [Int], in transaction: PushTransaction) throws {
        var failed: Int?
        let outcome = try transaction.attempt { try created(ring: ring, in: transaction, at: &failed) }
        switch outcome {
        case .success(let created):
            for (index, done) in zip(ring, created) { succeed(index, done) }
        case .failure(let error):
            let others = SCIMError(status: 409, "The operation needs another one, which failed and needs it too.")
            for index in ring { fail(index, index == failed ? Endpoint.refusal(error) : others) }
        }
    }

    /// Finds out the ids first, then creates the resources, and last what needs all of them: the members.
    ///
    /// - Parameter failed: the operation that is at work, and that failed when this throws.
    private func created(ring: [Int], in transaction: PushTransaction, at failed: inout Int?) throws -> [Done] {
        var known = references
        for index in ring {
            failed = index
            guard case .create(let type, let data) = try request.operations[index].action.get(),
                let bulkID = request.operations[index].bulkID
            else { preconditionFailure("only creations are referred to") }
            known.note(try transaction.idOfCreated(try call.creation(type, data).record), for: bulkID)
        }
        var made: [(type: ResourceType, stored: StoredResource, new: NewResource)] = []
        for index in ring {
            failed = index
            guard case .create(let type, let data) = try known.resolved(try request.operations[index].action.get()),
                let id = request.operations[index].bulkID.flatMap({ known.ids[$0] })
            else { preconditionFailure("a creation stays one") }
            let new = try call.creation(type, data, id: id)
            made.append((type, try transaction.create(new.record), new))
        }
        for (index, one) in zip(ring, made) {
            failed = index
            _ = try transaction.carryOut(one.new.members, on: one.stored, one.new.client.policies.unknownMember)
        }
        return try made.map { one in
            let now = try transaction.resource(kind: one.type.kind, id: one.stored.record.id)
            return .created(one.type, now ?? one.stored)
        }
    }

    // MARK: - Results

    private enum Done {
        case created(ResourceType, StoredResource)
        case changed(ResourceType, StoredResource)
        case deleted(ResourceType, id: String)
    }

    private mutating func succeed(_ index: Int, _ done: Done) {
        let operation = request.operations[index]
        hasChanged = true
        switch done {
        case .created(let type, let stored):
            if let bulkID = operation.bulkID { references.note(stored.record.id, for: bulkID) }
            results[index] = result(of: operation, type, stored, status: 201)
        case .changed(let type, let stored): results[index] = result(of: operation, type, stored, status: 200)
        case .deleted(let type, let id):
            results[index] = BulkResult(of: operation, location: location(type, id), status: 204)
        }
    }

    private func result(
        of operation: BulkOperation, _ type: ResourceType, _ stored: StoredResource, status: Int
    ) -> BulkResult {
        BulkResult(
            of: operation, location: location(type, stored.record.id), version: ResourceForm.etag(stored),
            status: status)
    }

    private mutating func fail(_ index: Int, _ error: SCIMError) {
        failures += 1
        let operation = request.operations[index]
        // Where the path is a reference that leads nowhere, there is no place to name.
        let subject = operation.subject.flatMap { try? references.resolved($0) }
        results[index] = BulkResult(
            of: operation, location: subject.map { location($0.type, $0.id) }, status: error.status, error: error)
    }

    private func location(_ type: ResourceType, _ id: String) -> String {
        ResourceForm(baseURL: call.baseURL, type: type, schemas: call.scope.schemas).location(id)
    }
}

extension ResourceTarget {
    fileprivate init(_ subject: BulkOperation.Subject) {
        self.init(type: subject.type, id: subject.id, preconditions: Preconditions(version: subject.version))
    }
}
