import JSONBytes
import Reconciliation
import SCIM
import Storage

extension EndpointCall {
    func create(_ type: ResourceType) async throws -> EndpointResponse {
        let selection = try selection(type)
        let body = EntraQuirks.repairedResource(try await bodyObject())
        let said = try ResourceRules.parse(body, type: type)
        let record = DirectoryRecord(id: endpoint.newID(), kind: type.kind, resource: said.resource)
        let form = ResourceForm(baseURL: baseURL, type: type)
        return try await write(type, status: 201, selection) { transaction in
            let stored = try transaction.create(record)
            return try transaction.carryOut(said.members, on: stored, form)
        }
    }

    func replace(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let body = EntraQuirks.repairedResource(try await bodyObject())
        let said = try ResourceRules.parse(body, type: type)
        let (preconditions, form) = (preconditions, ResourceForm(baseURL: baseURL, type: type))
        return try await write(type, status: 200, selection) { transaction in
            let stored = try transaction.present(type, id: id, preconditions)
            var resource = said.resource
            // A body without `active` says nothing about it: leaving it out must not bring a disabled person back.
            if resource["active"] == nil, let active = stored.record.active { resource["active"] = .bool(active) }
            let next = try transaction.store(stored.record.replacing(resource: resource), over: stored)
            return try transaction.carryOut(said.members, on: next, form)
        }
    }

    func patch(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let patch = try Patch(parsing: EntraQuirks.repairedPatch(try await bodyObject()))
        let (preconditions, form) = (preconditions, ResourceForm(baseURL: baseURL, type: type))
        return try await write(type, status: 200, selection) { transaction in
            let stored = try transaction.present(type, id: id, preconditions)
            let result = try patch.apply(to: stored.record.resource, type: type)
            let next = try transaction.store(stored.record.replacing(resource: result.resource), over: stored)
            return try transaction.carryOut(result.members, on: next, form)
        }
    }

    func delete(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let preconditions = preconditions
        try await endpoint.commits.submit(scope, now: endpoint.now()) { transaction in
            try transaction.delete(try transaction.present(type, id: id, preconditions))
        }
        endpoint.onAccepted()
        return EndpointResponse(status: 204)
    }

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
    fileprivate func present(
        _ type: ResourceType, id: String, _ preconditions: Preconditions
    ) throws -> StoredResource {
        guard let stored = try resource(kind: type.kind, id: id) else { throw SCIMError.unknown(type) }
        guard preconditions.judge(stored.record.version) == .holds else { throw Preconditions.refusal(stored) }
        return stored
    }

    /// Carries out what the request says about members; the group as it is then.
    fileprivate func carryOut(
        _ said: [MemberOperation], on stored: StoredResource, _ form: ResourceForm
    ) throws -> StoredResource {
        let id = stored.record.id
        let operations = try MemberOperation.resolved(said) { try members(groupID: id).map(form.member) }
        let changed =
            switch MemberChange(operations) {
            case nil: false
            case .delta(let add, let remove): try changeMembers(groupID: id, add: add, remove: remove)
            case .replace(let ids): try replaceMembers(groupID: id, with: ids)
            }
        guard changed, let next = try resource(kind: .group, id: id) else { return stored }
        return next
    }
}
