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

    /// Records that are read at once while they are judged one by one.
    static let batchRecords = 500

    /// One page of what fulfils the request, in the order of creation or sorted as it says.
    ///
    /// What SQL can judge and sort is not limited. The rest of a filter is judged record by record, and so is an order that SQL
    /// does not have: for at most ``Endpoint/scanMax`` records, of which a page by cursor is a part and a page by index all.
    /// - Throws: ``SCIMError`` 400 `tooMany` beyond that; 400 `invalidFilter` and `invalidPath` for attributes that no schema has,
    ///   403 `sensitive` for a password; 400 `invalidCursor` and `expiredCursor`.
    func page(_ request: QueryRequest) throws -> ListResponse {
        try refuseStrangers(request)
        let sort = request.sortBy.map {
            ResourceSearch.Sort(path: $0, isDescending: request.sortOrder == .descending)
        }
        let kinds = types.map(\.kind)
        let unsortable = sort.flatMap {
            ResourceSearch.canSort(by: $0.path, kinds: kinds, in: scope.schemas) ? nil : $0
        }
        let search = ResourceSearch(
            scope, kinds: kinds, filter: request.filter, sort: unsortable == nil ? sort : nil,
            locationPrefix: { form(ResourceType($0)).location("") })
        let cursor = try request.cursor.flatMap { text in
            text.isEmpty ? nil : try PageCursor(text, of: fingerprint(request), now: now)
        }
        if let unsortable { return try sorted(search, by: unsortable, request, cursor) }
        switch (request.cursor != nil, search.rests.isEmpty) {
        case (false, true): return try indexed(search, request)
        case (false, false): return try indexed(try judged(search), request)
        case (true, true): return try continued(search, request, cursor)
        case (true, false): return try walked(search, request, cursor)
        }
    }

    // MARK: - By index

    private func indexed(_ search: ResourceSearch, _ request: QueryRequest) throws -> ListResponse {
        let paging = request.paging
        let found = try store.find(search, offset: paging.startIndex - 1, limit: paging.count, isCounted: true)
        return ListResponse(
            totalResults: found.total ?? 0, startIndex: paging.startIndex,
            resources: try shown(found.page.map(\.resource), request))
    }

    private func indexed(_ all: [StoredResource], _ request: QueryRequest) throws -> ListResponse {
        let paging = request.paging
        let page = Array(all.dropFirst(paging.startIndex - 1).prefix(paging.count))
        return ListResponse(
            totalResults: all.count, startIndex: paging.startIndex, resources: try shown(page, request))
    }

    // MARK: - By cursor

    /// The next page of what SQL answers: linear in the page where an index has the order. One record more than the page tells
    /// whether another page follows.
    private func continued(
        _ search: ResourceSearch, _ request: QueryRequest, _ cursor: PageCursor?
    ) throws -> ListResponse {
        let count = request.paging.count
        let found = try store.find(
            search, after: cursor?.position, limit: count + 1, isCounted: cursor == nil)
        let total = cursor == nil ? found.total : cursor?.total
        let page = Array(found.page.prefix(count))
        let next = found.page.count > count ? page.last?.position : nil
        return try response(page.map(\.resource), total: total, next: next, request)
    }

    /// The next page where records are judged one by one. It may be short, or empty, although others follow: then so many were
    /// looked at as one request may. All are not counted.
    private func walked(
        _ search: ResourceSearch, _ request: QueryRequest, _ cursor: PageCursor?
    ) throws -> ListResponse {
        var page: [StoredResource] = []
        var position = cursor?.position
        var looked = 0
        while looked < Endpoint.scanMax {
            let batch = try store.find(search, after: position, limit: Self.batchRecords, isCounted: false).page
            for found in batch {
                position = found.position
                if try fulfils(found.resource, search) { page.append(found.resource) }
                if page.count == request.paging.count {
                    return try response(page, total: nil, next: position, request)
                }
            }
            looked += batch.count
            if batch.count < Self.batchRecords { return try response(page, total: nil, next: nil, request) }
        }
        return try response(page, total: nil, next: position, request)
    }

    private func response(
        _ page: [StoredResource], total: Int?, next: ResourceSearch.Position?, _ request: QueryRequest
    ) throws -> ListResponse {
        let cursor = next.map { PageCursor(position: $0, total: total, issuedAt: now) }
        return ListResponse(
            totalResults: total, nextCursor: cursor?.text(of: fingerprint(request)),
            resources: try shown(page, request))
    }

    /// What tells this query from others: its cursor is none of theirs. The count and the attributes may change from page to page.
    private func fingerprint(_ request: QueryRequest) -> String {
        let parts: [String] =
            [scope.configurationID] + types.map(\.rawValue) + [
                request.filter?.description ?? "", request.sortBy?.description ?? "", request.sortOrder.rawValue,
            ]
        return JSONValue.array(parts.map(JSONValue.string)).text
    }

    // MARK: - Record by record

    /// All that fulfil the query.
    private func judged(_ search: ResourceSearch) throws -> [StoredResource] {
        var result: [StoredResource] = []
        var position: ResourceSearch.Position?
        var looked = 0
        while true {
            let batch = try store.find(search, after: position, limit: Self.batchRecords, isCounted: false).page
            looked += batch.count
            if looked > Endpoint.scanMax { throw Self.tooMany }
            for found in batch where try fulfils(found.resource, search) { result.append(found.resource) }
            guard batch.count == Self.batchRecords else { return result }
            position = batch.last?.position
        }
    }

    private static let tooMany = SCIMError.bad(
        .tooMany,
        "The query would look at more than \(Endpoint.scanMax) resources one by one; add a condition on userName, externalId, "
            + "emails or another attribute of the core schema by 'and', or page with an empty 'cursor'.")

    private func fulfils(_ stored: StoredResource, _ search: ResourceSearch) throws -> Bool {
        guard let rest = search.rests[stored.record.kind] else { return true }
        return rest.matches(try document(stored, showing: rest.attributeNames))
    }

    /// The resource with what these attributes need of the records around it.
    private func document(_ stored: StoredResource, showing names: [String]) throws -> JSONObject {
        let type = ResourceType(stored.record.kind)
        let needsRelated = names.contains { name in
            ["groups", "members"].contains { name == $0 || name.hasPrefix($0 + ".") }
        }
        let related =
            needsRelated ? try Related.read(store, scope, type, id: stored.record.id, .all(type)) : Related()
        return form(type).document(stored, related)
    }

    /// A page in an order that SQL does not have: everybody is read.
    private func sorted(
        _ search: ResourceSearch, by sort: ResourceSearch.Sort, _ request: QueryRequest, _ cursor: PageCursor?
    ) throws -> ListResponse {
        typealias Keyed = (resource: StoredResource, key: SortKey)
        func precedes(_ left: (SortKey, String), _ right: (SortKey, String)) -> Bool {
            left.0 == right.0 ? left.1.utf8.lexicographicallyPrecedes(right.1.utf8) : left.0 < right.0
        }
        func isBefore(_ left: (SortKey, String), _ right: (SortKey, String)) -> Bool {
            sort.isDescending ? precedes(right, left) : precedes(left, right)
        }
        var all: [Keyed] = try judged(search).map { stored in
            (stored, sort.path.sortKey(of: try document(stored, showing: [sort.path.description])))
        }
        all.sort { isBefore(($0.key, $0.resource.record.id), ($1.key, $1.resource.record.id)) }
        guard request.cursor != nil else { return try indexed(all.map(\.resource), request) }
        var rest = all[...]
        if case .key(let bytes, let id)? = cursor?.position {
            rest = rest.drop { !isBefore((SortKey(bytes: bytes), id), ($0.key, $0.resource.record.id)) }
        }
        let page = Array(rest.prefix(request.paging.count))
        let next = rest.count > page.count ? page.last.map { position(of: $0) } : nil
        return try response(page.map(\.resource), total: all.count, next: next, request)
    }

    private func position(of item: (resource: StoredResource, key: SortKey)) -> ResourceSearch.Position {
        .key(item.key.bytes, id: item.resource.record.id)
    }

    // MARK: - Form

    private func shown(_ page: [StoredResource], _ request: QueryRequest) throws -> [JSONValue] {
        try page.map { stored in
            let type = ResourceType(stored.record.kind)
            let selection = request.selection(type)
            let related = try Related.read(store, scope, type, id: stored.record.id, selection)
            return JSONValue.object(selection.applied(to: form(type).document(stored, related)))
        }
    }

    private func form(_ type: ResourceType) -> ResourceForm {
        ResourceForm(baseURL: baseURL, type: type, schemas: scope.schemas)
    }

    // MARK: - Names

    /// An attribute that no schema has is a mistake in the query, and an empty list would hide it. An extension that this
    /// endpoint does not know has no values here, and says so by an empty list.
    private func refuseStrangers(_ request: QueryRequest) throws(SCIMError) {
        let names = (request.filter?.attributeNames ?? []) + (request.sortBy.map { [$0.description] } ?? [])
        if names.contains(where: isSecret) {
            throw SCIMError(status: 403, .sensitive, "Nothing can be asked about this attribute.")
        }
        let kinds = types.map(\.rawValue).joined(separator: " or ")
        if let name = request.filter?.attributeNames.first(where: isUnknown) {
            throw .bad(.invalidFilter, "There is no attribute '\(name)' in a \(kinds).")
        }
        if let path = request.sortBy, isUnknown(path.description) {
            throw .bad(.invalidPath, "There is no attribute '\(path.description)' in a \(kinds) to sort by.")
        }
    }

    private func isUnknown(_ name: String) -> Bool {
        !name.hasPrefix("urn:") && !types.contains { Schemas.resolve(name, group: $0 == .group) != nil }
    }

    private func isSecret(_ name: String) -> Bool {
        name.lowercased() == "password" || scope.schemas.isNeverReturned(name)
    }
}

extension ResourceQuery {
    /// - Parameter types: one for a collection, several for a query at the root (RFC 7644 3.4.2.1).
    init(_ call: EndpointCall, types: [ResourceType]) {
        precondition(!types.isEmpty, "a query asks for some kind of resource")
        self.init(
            store: call.endpoint.store, scope: call.scope, types: types, baseURL: call.baseURL, now: call.endpoint.now()
        )
    }
}
