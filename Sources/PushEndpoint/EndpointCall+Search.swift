import SCIM

extension EndpointCall {
    /// Answers a query in a body (RFC 7644 3.4.3): below one kind of resource as GET there, at the root over all kinds.
    func search(_ type: ResourceType?) async throws -> EndpointResponse {
        let query = try QueryRequest(searchRequest: try await bodyObject(), in: scope.schemas)
        return try await answer(query, below: type)
    }

    /// Answers GET at the root: all kinds of resource, narrowed by the filter (RFC 7644 3.4.2.1).
    func listEverything() async throws -> EndpointResponse {
        let query = try QueryRequest(in: scope.schemas) { name throws(SCIMError) in try request.parameter(name) }
        return try await answer(query, below: nil)
    }

    private func answer(_ query: QueryRequest, below type: ResourceType?) async throws -> EndpointResponse {
        var query = query
        let types = type.map { [$0] } ?? query.narrow()
        return try await answer(query, about: types)
    }
}
