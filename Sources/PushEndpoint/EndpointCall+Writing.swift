import JSONBytes
import Reconciliation
import SCIM
import Storage

extension EndpointCall {
    func create(_ type: ResourceType) async throws -> EndpointResponse {
        let selection = try selection(type)
        let new = try creation(type, try await bodyObject())
        return try await write(type, status: 201, selection) { try $0.create(new) }
    }

    func replace(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let change = try replacement(of: target(type, id), try await bodyObject())
        return try await write(type, status: 200, selection) { try $0.carryOut(change) }
    }

    func patch(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let selection = try selection(type)
        let change = try patching(of: target(type, id), try await bodyObject())
        return try await write(type, status: 200, selection) { try $0.carryOut(change) }
    }

    func delete(_ type: ResourceType, id: String) async throws -> EndpointResponse {
        let target = target(type, id)
        try await endpoint.commits.submit(scope, now: endpoint.now()) { try $0.delete(target) }
        endpoint.onAccepted()
        return EndpointResponse(status: 204)
    }

    private func target(_ type: ResourceType, _ id: String) -> ResourceTarget {
        ResourceTarget(type: type, id: id, preconditions: preconditions)
    }

    // MARK: - What the bodies mean, of single requests and of the operations of a bulk

    /// What the body of a POST creates, under a new id where none is given.
    func creation(_ type: ResourceType, _ body: JSONObject, id: String? = nil) throws(SCIMError) -> NewResource {
        let client = try client
        let said = try ResourceRules.parse(
            try repairedResource(body, type), type: type, in: scope.schemas)
        let record = DirectoryRecord(id: id ?? endpoint.newID(), kind: type.kind, resource: said.resource)
        return NewResource(record: record, members: MemberChange(said.members), client: client)
    }

    /// What the body of a PUT makes of a resource.
    func replacement(of target: ResourceTarget, _ body: JSONObject) throws(SCIMError) -> ResourceChange {
        let client = try client
        let body = try repairedResource(body, target.type)
        let said = try ResourceRules.parse(body, type: target.type, in: scope.schemas)
        return ResourceChange(
            target: target,
            step: .replace(
                said.resource, saysAnchor: body.value(caseInsensitive: "externalId") != nil,
                members: MemberChange(said.members)), client: client, schemas: scope.schemas)
    }

    /// What the body of a PATCH makes of a resource.
    func patching(of target: ResourceTarget, _ body: JSONObject) throws(SCIMError) -> ResourceChange {
        let client = try client
        let patch = try Patch(parsing: try repairedPatch(body, target.type), in: scope.schemas)
        return ResourceChange(
            target: target,
            step: .patch(patch, ResourceForm(baseURL: baseURL, type: target.type, schemas: scope.schemas)),
            client: client, schemas: scope.schemas)
    }

    private func repairedResource(_ body: JSONObject, _ type: ResourceType) throws(SCIMError) -> JSONObject {
        let client = try client
        let body = try client.repairs.resource(body, type)
        return client.isStrict ? body : BodyRepair.booleans(of: scope.schemas).resource(body)
    }

    private func repairedPatch(_ body: JSONObject, _ type: ResourceType) throws(SCIMError) -> JSONObject {
        let client = try client
        let body = try client.repairs.patch(body, type)
        return client.isStrict ? body : BodyRepair.booleans(of: scope.schemas).patch(body)
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
