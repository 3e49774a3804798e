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
}

/// A change of a resource that is there, checked as far as that goes without it.
struct ResourceChange: Sendable {
    enum Step: Sendable {
        case replace(JSONObject, members: MemberChange?)
        /// With the form in which members are shown to the filters of the patch.
        case patch(Patch, ResourceForm)
    }

    let target: ResourceTarget
    let step: Step
}

extension PushTransaction {
    /// - Throws: ``PushConflict`` where another resource has the name or the external id.
    func create(_ new: NewResource) throws -> StoredResource {
        try carryOut(new.members, on: try create(new.record))
    }

    /// Replaces or patches the resource.
    ///
    /// - Throws: ``SCIMError`` 404, 412, and what ``Patch/apply(to:type:)`` refuses; ``PushConflict``.
    func carryOut(_ change: ResourceChange) throws -> StoredResource {
        let stored = try present(change.target)
        switch change.step {
        case .replace(var resource, let members):
            // A body without `active` says nothing about it: leaving it out must not bring a disabled person back.
            if resource["active"] == nil, let active = stored.record.active { resource["active"] = .bool(active) }
            let next = try store(stored.record.replacing(resource: resource), over: stored)
            return try carryOut(members, on: next)
        case .patch(let patch, let form):
            let result = try patch.apply(to: stored.record.resource, type: change.target.type)
            let next = try store(stored.record.replacing(resource: result.resource), over: stored)
            let operations = try MemberOperation.resolved(result.members) {
                try members(groupID: stored.record.id).map(form.member)
            }
            return try carryOut(MemberChange(operations), on: next)
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
    func carryOut(_ change: MemberChange?, on stored: StoredResource) throws -> StoredResource {
        let id = stored.record.id
        let changed =
            switch change {
            case nil: false
            case .delta(let add, let remove): try changeMembers(groupID: id, add: add, remove: remove)
            case .replace(let ids): try replaceMembers(groupID: id, with: ids)
            }
        guard changed, let next = try resource(kind: .group, id: id) else { return stored }
        return next
    }
}
