import JSONBytes
import Reconciliation
import SCIM
import Storage

extension ResourceType {
    var kind: Kind { self == .user ? .user : .group }
}

extension EndpointCall {
    func read(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let (store, scope) = (endpoint.store, scope)
        let found = try await endpoint.readers.run { () -> (StoredResource, Related)? in
            guard let stored = try store.resource(scope, kind: type.kind, id: id) else { return nil }
            return (stored, try Related.read(store, scope, type, id: id, selection))
        }
        guard let (stored, related) = found else { throw SCIMError.unknown(type) }
        switch preconditions.judge(stored.record.version) {
        case .holds: break
        case .failed: throw Preconditions.refusal(stored)
        case .unchanged: return EndpointResponse(status: 304, headers: ["etag": ResourceForm.etag(stored)])
        }
        return show(stored, type, related, status: 200, selection)
    }

    func list(_ type: ResourceType) async throws -> EndpointResponse {
        let query = try QueryRequest(in: scope.schemas) { name throws(SCIMError) in try request.parameter(name) }
        return try await answer(query, about: [type])
    }

    /// The page that a query asks for, over one or several kinds of resource.
    func answer(_ query: QueryRequest, about types: [ResourceType]) async throws -> EndpointResponse {
        let resources = ResourceQuery(self, types: types)
        let response = try await endpoint.readers.run { try resources.page(query) }
        return EndpointResponse(status: 200, response.body)
    }
}
