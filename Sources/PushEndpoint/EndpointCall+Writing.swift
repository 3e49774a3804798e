import JSONBytes
import Reconciliation
import SCIM
import Storage

extension EndpointCall {
    func create(_ type: ResourceType) async throws -> EndpointResponse {
        let selection = try selection(type)
        let client = try self.client
        let body = try client.repairs.resource(try await bodyObject(), type)
        let said = try ResourceRules.parse(body, type: type)
        let record = DirectoryRecord(id: endpoint.newID(), kind: type.kind, resource: said.resource)
        let change = MemberChange(said.members)
        return try await write(type, status: 201, selection) { transaction in
            let stored = try transaction.create(record)
            return try transaction.carryOut(change, on: stored, client.policies.unknownMember)
        }
    }

    func replace(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let client = try self.client
        let body = try client.repairs.resource(try await bodyObject(), type)
        let said = try ResourceRules.parse(body, type: type)
        let saysAnchor = body.value(caseInsensitive: "externalId") != nil
        let change = MemberChange(said.members)
        let condition = condition
        return try await write(type, status: 200, selection) { transaction in
            let stored = try transaction.present(type, id: id, condition)
            var resource = said.resource
            // A body without `active` says nothing about it: leaving it out must not bring a disabled person back.
            if resource["active"] == nil, let active = stored.record.active { resource["active"] = .bool(active) }
            if !saysAnchor && client.policies.anchorLeftOut == .isKept {
                resource["externalId"] = stored.record.anchor.map { .string($0.value) }
            }
            let named = client.settlingName(resource, of: stored.record)
            let next = try transaction.store(stored.record.replacing(resource: named), over: stored)
            return try transaction.carryOut(change, on: next, client.policies.unknownMember)
        }
    }

    func patch(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let client = try self.client
        let patch = try Patch(parsing: try client.repairs.patch(try await bodyObject(), type))
        let condition = condition
        return try await write(type, status: 200, selection) { transaction in
            let stored = try transaction.present(type, id: id, condition)
            let result = try patch.apply(
                to: stored.record.resource, type: type, unmatched: client.policies.unmatchedFilter)
            let named = client.settlingName(result.resource, of: stored.record)
            let next = try transaction.store(stored.record.replacing(resource: named), over: stored)
            return try transaction.carryOut(MemberChange(result.members), on: next, client.policies.unknownMember)
        }
    }

    func delete(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let condition = condition
        try await endpoint.commits.submit(scope, now: endpoint.now()) { transaction in
            try transaction.delete(try transaction.present(type, id: id, condition))
        }
        endpoint.onAccepted()
        return EndpointResponse(status: 204)
    }

    private var condition: EntityTags? { request.headers["if-match"].map(EntityTags.init) }

    /// Runs a change in the next flushed transaction, wakes the worker and shows the result.
    private func write(
        _ type: ResourceType, status: Int, _ selection: AttributeSelection,
        _ body: @escaping @Sendable (PushTransaction) throws -> StoredResource
    ) async throws -> EndpointResponse {
        let stored = try await endpoint.commits.submit(scope, now: endpoint.now(), body)
        endpoint.onAccepted()
        let (store, scope) = (endpoint.store, scope)
        let related = try await endpoint.readers.run {
            try Related.read(store, scope, type, id: stored.record.id, selection)
        }
        return show(stored, type, related, status: status, selection)
    }
}

extension PushTransaction {
    /// The resource that a request is about, when it is as the client believes.
    fileprivate func present(_ type: ResourceType, id: String, _ condition: EntityTags?) throws -> StoredResource {
        guard let stored = try resource(kind: type.kind, id: id) else { throw SCIMError.unknown(type) }
        if let condition, !condition.matches(stored.record.version) {
            throw SCIMError(status: 412, "The resource changed meanwhile; its version is \(ResourceForm.etag(stored)).")
        }
        return stored
    }

    /// Carries out what the request says about members; the group as it is then.
    fileprivate func carryOut(
        _ change: MemberChange?, on stored: StoredResource, _ unknownMember: Client.UnknownMember
    ) throws -> StoredResource {
        let id = stored.record.id
        if unknownMember == .isRefused, let change { try refuseUnknown(change.added) }
        let changed =
            switch change {
            case nil: false
            case .delta(let add, let remove): try changeMembers(groupID: id, add: add, remove: remove)
            case .replace(let ids): try replaceMembers(groupID: id, with: ids)
            }
        guard changed, let next = try resource(kind: .group, id: id) else { return stored }
        return next
    }

    private func refuseUnknown(_ ids: [String]) throws {
        for id in ids where try resource(kind: .user, id: id) == nil && resource(kind: .group, id: id) == nil {
            throw SCIMError.bad(.invalidValue, "There is no resource with the id '\(id)' to be a member.")
        }
    }
}
