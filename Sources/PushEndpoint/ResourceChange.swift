import JSONBytes
import Reconciliation
import SCIM
import Storage

/// The resource that a request is about, and what the client believes of it.
struct ResourceTarget: Sendable {
    let type: ResourceType
    let id: String
    let preconditions: Preconditions
}

/// A resource to be created, checked as far as that goes without the directory.
struct NewResource: Sendable {
    let record: DirectoryRecord
    let members: MemberChange?
    /// Whose policies decide.
    let client: Client
}

/// A change of a resource that is there, checked as far as that goes without it.
struct ResourceChange: Sendable {
    enum Step: Sendable {
        /// `saysAnchor`: whether the body has an `externalId`.
        case replace(JSONObject, saysAnchor: Bool, members: MemberChange?)
        /// With the form in which members are shown to the filters of the patch.
        case patch(Patch, ResourceForm)
    }

    let target: ResourceTarget
    let step: Step
    /// Whose policies decide.
    let client: Client
    let schemas: SchemaSet
}

extension PushTransaction {
    /// - Throws: ``PushConflict`` where another resource has the name or the external id.
    func create(_ new: NewResource) throws -> StoredResource {
        try carryOut(new.members, on: try create(new.record), new.client.policies.unknownMember)
    }

    /// Replaces or patches the resource.
    ///
    /// - Throws: ``SCIMError`` 404, 412, and what ``Patch/apply(to:type:)`` refuses; ``PushConflict``.
    func carryOut(_ change: ResourceChange) throws -> StoredResource {
        let stored = try present(change.target)
        let (resource, members) = try result(of: change, on: stored)
        let named = change.client.settlingName(resource, of: stored.record)
        let next = try store(stored.record.replacing(resource: named, in: change.schemas), over: stored)
        return try carryOut(members, on: next, change.client.policies.unknownMember)
    }

    private func result(
        of change: ResourceChange, on stored: StoredResource
    ) throws -> (resource: JSONObject, members: MemberChange?) {
        switch change.step {
        case .replace(var resource, let saysAnchor, let members):
            // A body without `active` says nothing about it: leaving it out must not bring a disabled person back.
            if resource["active"] == nil, let active = stored.record.active { resource["active"] = .bool(active) }
            if !saysAnchor && change.client.policies.anchorLeftOut == .isKept {
                resource["externalId"] = stored.record.anchor.map { .string($0.value) }
            }
            resource = try change.schemas.replacement(resource, of: stored.record.resource, type: change.target.type)
            return (resource, members)
        case .patch(let patch, let form):
            let result = try patch.apply(
                to: stored.record.resource, type: change.target.type, unmatched: change.client.policies.unmatchedFilter,
                in: change.schemas)
            let operations = try MemberOperation.resolved(result.members) {
                try members(groupID: stored.record.id).map(form.member)
            }
            return (result.resource, MemberChange(operations))
        }
    }

    /// - Throws: ``SCIMError`` 404, 412.
    func delete(_ target: ResourceTarget) throws { try delete(try present(target)) }

    /// The resource that a request is about, when it is as the client believes.
    private func present(_ target: ResourceTarget) throws -> StoredResource {
        guard let stored = try resource(kind: target.type.kind, id: target.id) else {
            throw SCIMError.unknown(target.type)
        }
        guard target.preconditions.judge(stored.record.version) == .holds else { throw Preconditions.refusal(stored) }
        return stored
    }

    /// Carries out what a request says about members; the group as it is then.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidValue` for a member that is not there, where the client wants that.
    func carryOut(
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
