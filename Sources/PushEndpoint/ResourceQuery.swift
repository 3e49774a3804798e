import JSONBytes
import Reconciliation
import SCIM
import Storage

/// A query over one or several kinds of resource.
struct ResourceQuery: Sendable {
    let store: Store
    let scope: PushScope
    let types: [ResourceType]
    let baseURL: String
    let now: Instant

    init(_ call: EndpointCall, types: [ResourceType]) {
        precondition(!types.isEmpty, "a query asks for some kind of resource")
        store = call.endpoint.store
        scope = call.scope
        self.types = types
        baseURL = call.baseURL
        now = call.endpoint.now()
    }

    /// One page of what fulfils the request; kind by kind, each in the order of creation.
    ///
    /// Equality of userName, externalId, displayName and id is looked up; the rest of a filter, and every other filter, is
    /// judged record by record.
    /// - Throws: ``SCIMError`` 400 `tooMany` where that would be more than ``Endpoint/scanMax`` records.
    func page(_ request: QueryRequest) throws -> ListResponse {
        let paging = request.paging
        if types.count == 1, case (let lookup, nil) = try split(request.filter, types[0]) {
            let page = try store.resources(
                scope, kind: types[0].kind, lookup: lookup, startIndex: paging.startIndex, count: paging.count)
            return try response(page.total, page.resources, request)
        }
        let matching = try types.flatMap { try scan($0, request.filter) }
        let page = Array(matching.dropFirst(paging.startIndex - 1).prefix(paging.count))
        return try response(matching.count, page, request)
    }

    private func response(_ total: Int, _ page: [StoredResource], _ request: QueryRequest) throws -> ListResponse {
        let shown = try page.map { stored in
            let type = ResourceType(stored.record.kind)
            let selection = request.selection(type)
            let related = try Related.read(store, scope, type, id: stored.record.id, selection)
            return JSONValue.object(selection.applied(to: form(type).document(stored, related)))
        }
        return ListResponse(totalResults: total, startIndex: request.paging.startIndex, resources: shown)
    }

    private func form(_ type: ResourceType) -> ResourceForm { ResourceForm(baseURL: baseURL, type: type) }

    private func scan(_ type: ResourceType, _ filter: Filter?) throws -> [StoredResource] {
        let (lookup, rest) = try split(filter, type)
        let page = try store.resources(scope, kind: type.kind, lookup: lookup, startIndex: 1, count: Endpoint.scanMax)
        if page.total > Endpoint.scanMax {
            throw SCIMError.bad(
                .tooMany,
                "The filter would look at more than \(Endpoint.scanMax) resources; add an 'eq' on userName or externalId."
            )
        }
        guard let rest else { return page.resources }
        let usesGroups = rest.attributeNames.contains { $0 == "groups" || $0.hasPrefix("groups.") }
        let usesMembers = rest.attributeNames.contains { $0 == "members" || $0.hasPrefix("members.") }
        return try page.resources.filter { stored in
            var related = Related()
            if usesGroups || usesMembers {
                related = try Related.read(store, scope, type, id: stored.record.id, .all(type))
            }
            return rest.matches(form(type).document(stored, related))
        }
    }

    /// What an index answers of a filter, and what is left to judge. A comparison with `eq` may stand alone or be joined by
    /// `and`.
    private func split(_ filter: Filter?, _ type: ResourceType) throws(SCIMError) -> (ResourceLookup, Filter?) {
        guard let filter else { return (.all, nil) }
        for name in filter.attributeNames where ASCIIName.isSecret(name) {
            throw SCIMError(status: 403, .sensitive, "Nothing can be asked about this attribute.")
        }
        try refuseUnknown(filter)
        if let lookup = Self.lookup(filter, type) { return (lookup, nil) }
        if case .and(let left, let right) = filter {
            if let lookup = Self.lookup(left, type) { return (lookup, right) }
            if let lookup = Self.lookup(right, type) { return (lookup, left) }
        }
        return (.all, filter)
    }

    /// An attribute that no schema has is a mistake in the filter, and an empty list would hide it. An extension that this
    /// endpoint does not know has no values here, and says so by an empty list.
    private func refuseUnknown(_ filter: Filter) throws(SCIMError) {
        let unknown = filter.attributeNames.first { name in
            !name.hasPrefix("urn:") && !types.contains { Schemas.resolve(name, group: $0 == .group) != nil }
        }
        guard let unknown else { return }
        let kinds = types.map(\.rawValue).joined(separator: " or ")
        throw .bad(.invalidFilter, "There is no attribute '\(unknown)' in a \(kinds).")
    }

    private static func lookup(_ filter: Filter, _ type: ResourceType) -> ResourceLookup? {
        guard case .compare(let path, .eq, .string(let text)) = filter, path.urn == nil, path.subAttribute == nil else {
            return nil
        }
        switch path.attribute {
        case "id": return .id(text)
        case "userName" where type == .user: return .userName(text)
        case "externalId": return .externalId(text)
        case "displayName": return .displayName(text)
        default: return nil
        }
    }
}

enum ASCIIName {
    static func isSecret(_ name: String) -> Bool { name.lowercased() == "password" }
}
