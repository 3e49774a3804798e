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
        let selection = try selection(type)
        let paging = try Paging(startIndex: request.parameter("startIndex"), count: request.parameter("count"))
        let filter = try request.parameter("filter").map { text throws(SCIMError) in try Filter(parsing: text) }
        let form = ResourceForm(baseURL: baseURL, type: type)
        let query = ResourceQuery(store: endpoint.store, scope: scope, type: type, form: form)
        let response = try await endpoint.readers.run { try query.page(filter, paging, selection) }
        return EndpointResponse(status: 200, response.body)
    }
}

/// A query over one kind of resource.
struct ResourceQuery: Sendable {
    let store: Store
    let scope: PushScope
    let type: ResourceType
    let form: ResourceForm

    /// One page of what fulfils the filter.
    ///
    /// Equality of userName, externalId, displayName and id is looked up; the rest of a filter, and every other filter, is
    /// judged record by record.
    /// - Throws: ``SCIMError`` 400 `tooMany` where that would be more than ``Endpoint/scanMax`` records.
    func page(_ filter: Filter?, _ paging: Paging, _ selection: AttributeSelection) throws -> ListResponse {
        let (lookup, rest) = try Self.split(filter, type)
        guard let rest else {
            let page = try store.resources(
                scope, kind: type.kind, lookup: lookup, startIndex: paging.startIndex, count: paging.count)
            return ListResponse(
                totalResults: page.total, startIndex: paging.startIndex, resources: try shown(page.resources, selection)
            )
        }
        let matching = try scan(lookup, rest)
        let page = Array(matching.dropFirst(paging.startIndex - 1).prefix(paging.count))
        return ListResponse(
            totalResults: matching.count, startIndex: paging.startIndex, resources: try shown(page, selection))
    }

    private func scan(_ lookup: ResourceLookup, _ filter: Filter) throws -> [StoredResource] {
        let page = try store.resources(scope, kind: type.kind, lookup: lookup, startIndex: 1, count: Endpoint.scanMax)
        if page.total > Endpoint.scanMax {
            throw SCIMError.bad(
                .tooMany,
                "The filter would look at more than \(Endpoint.scanMax) resources; add an 'eq' on userName or externalId."
            )
        }
        let usesGroups = filter.attributeNames.contains { $0 == "groups" || $0.hasPrefix("groups.") }
        let usesMembers = filter.attributeNames.contains { $0 == "members" || $0.hasPrefix("members.") }
        return try page.resources.filter { stored in
            var related = Related()
            if usesGroups || usesMembers {
                related = try Related.read(store, scope, type, id: stored.record.id, .all(type))
            }
            return filter.matches(form.document(stored, related))
        }
    }

    private func shown(_ resources: [StoredResource], _ selection: AttributeSelection) throws -> [JSONValue] {
        try resources.map { stored in
            let related = try Related.read(store, scope, type, id: stored.record.id, selection)
            return .object(selection.applied(to: form.document(stored, related)))
        }
    }

    /// What an index answers of a filter, and what is left to judge. A comparison with `eq` may stand alone or be joined by
    /// `and`.
    static func split(_ filter: Filter?, _ type: ResourceType) throws(SCIMError) -> (ResourceLookup, Filter?) {
        guard let filter else { return (.all, nil) }
        for name in filter.attributeNames where ASCIIName.isSecret(name) {
            throw SCIMError(status: 403, .sensitive, "Nothing can be asked about this attribute.")
        }
        try refuseUnknown(filter, type)
        if let lookup = lookup(filter, type) { return (lookup, nil) }
        if case .and(let left, let right) = filter {
            if let lookup = lookup(left, type) { return (lookup, right) }
            if let lookup = lookup(right, type) { return (lookup, left) }
        }
        return (.all, filter)
    }

    /// An attribute that no schema has is a mistake in the filter, and an empty list would hide it. An extension that this
    /// endpoint does not know has no values here, and says so by an empty list.
    private static func refuseUnknown(_ filter: Filter, _ type: ResourceType) throws(SCIMError) {
        for name in filter.attributeNames
        where !name.hasPrefix("urn:") && Schemas.resolve(name, group: type == .group) == nil {
            throw .bad(.invalidFilter, "There is no attribute '\(name)' in a \(type.rawValue).")
        }
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
