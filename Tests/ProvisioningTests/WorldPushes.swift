import JSONBytes
import Reconciliation
import SCIM

@testable import Provisioning
@testable import Storage

/// An identity provider that pushes to the world's endpoint, the way the endpoint's requests do.
final class Client: Sendable {
    let world: World
    let store: Store
    let scope: PushScope
    private let commits: GroupCommit

    /// The organization and the connection are made where they do not exist. A connection that no run was accepted for gets open
    /// gates, since whole tiny companies leave in these worlds; `gates` says others.
    init(
        _ world: World, organization: String = "acme", connection: String = "main", rules: Rules? = nil,
        gates: GateLimits? = nil
    ) throws {
        self.world = world
        store = try world.store(.readWrite)
        let now = world.clock.now
        let state = try store.connectionState(organization: organization, connection: connection, now: now)
        if rules != nil || gates != nil || state.gates == nil {
            try store.accept(
                state, takenAt: nil, counts: [:], digest: nil, rules: rules ?? state.rules ?? Rules(),
                gates: gates ?? World.openGates, startedAt: now)
        }
        scope = PushScope(
            organization: state.organization, connection: state.connection, organizationName: organization,
            connectionName: connection, configurationID: "scim", configurationName: "Entra")
        commits = GroupCommit(store: store)
    }

    func close() async { await commits.close() }

    func submit<T: Sendable>(_ body: @escaping @Sendable (PushTransaction) throws -> T) async throws -> T {
        world.clock.advance(1)
        return try await commits.submit(scope, now: world.clock.now, body)
    }

    func find(_ kind: Kind, _ anchor: String) throws -> StoredResource? {
        try list(kind, Filter(parsing: "externalId eq \(JSONValue.string(anchor).text)")).first
    }

    /// Who is there and fulfils the filter.
    private func list(_ kind: Kind, _ filter: Filter? = nil) throws -> [StoredResource] {
        let search = ResourceSearch(scope, kinds: [kind], filter: filter, sort: nil, locationPrefix: { _ in "" })
        return try store.find(search, limit: 1000, isCounted: false).page.map(\.resource)
    }

    /// Creates or replaces a person. A manager whom the endpoint does not know is left out.
    func put(_ person: Day.Person) async throws {
        var resource = person.resource
        resource["id"] = nil
        resource["externalId"] = .string(person.anchor)
        let manager = try person.manager.flatMap { try find(.user, $0)?.record.id }
        var enterprise = resource[Schemas.enterpriseURN]!.object!
        enterprise["manager"] = manager.map { ["value": .string($0)] }
        resource[Schemas.enterpriseURN] = .object(enterprise)
        try await put(.user, person.anchor, resource)
    }

    private func put(_ kind: Kind, _ anchor: String, _ resource: JSONObject) async throws {
        let known = try find(kind, anchor)?.record.id
        let id = world.ids.next()
        try await submit { transaction in
            guard let known, let stored = try transaction.resource(kind: kind, id: known) else {
                _ = try transaction.create(DirectoryRecord(id: id, kind: kind, resource: resource))
                return
            }
            _ = try transaction.store(stored.record.replacing(resource: resource), over: stored)
        }
    }

    /// Creates or replaces a group; members whom the endpoint does not know are left out.
    func put(_ group: Day.Group) async throws {
        try await put(
            .group, group.anchor,
            ["externalId": .string(group.anchor), "displayName": .string("Group " + group.anchor)])
        guard let members = group.members, let id = try find(.group, group.anchor)?.record.id else { return }
        let ids = try members.compactMap { try (find(.user, $0) ?? find(.group, $0))?.record.id }
        try await submit { _ = try $0.replaceMembers(groupID: id, with: ids) }
    }

    func change(group: String, add: [String] = [], remove: [String] = []) async throws {
        let id = try find(.group, group)!.record.id
        let add = try add.map { try find(.user, $0)!.record.id }
        let remove = try remove.map { try find(.user, $0)!.record.id }
        try await submit { _ = try $0.changeMembers(groupID: id, add: add, remove: remove) }
    }

    func delete(_ kind: Kind, _ anchor: String) async throws {
        guard let id = try find(kind, anchor)?.record.id else { return }
        try await submit { transaction in
            guard let stored = try transaction.resource(kind: kind, id: id) else { return }
            try transaction.delete(stored)
        }
    }

    /// Drains what waits.
    @discardableResult
    func drain(stopping: @escaping @Sendable () -> Bool = { false }) throws -> Told? {
        world.clock.advance(1)
        var events: [PlanEvent] = []
        let drainer = Drainer(store: store, environment: world.environment(stopping: stopping))
        guard let result = try drainer.drain(report: { events.append($0) }) else { return nil }
        return Told(result: result, events: events)
    }

    /// Pushes until the directory is as on this day, in an order of chance. A name that somebody still has is tried again
    /// later, and a ring of names is opened with a name for the meantime.
    ///
    /// - Parameter known: how the directory is now; then only what differs is pushed.
    func reach(
        _ day: Day, from known: Day? = nil, using generator: inout SeededGenerator, between: () throws -> Void = {}
    ) async throws {
        let anchors = Set(day.people.map(\.anchor))
        for anchor in try known?.people.map(\.anchor) ?? present(.user) where !anchors.contains(anchor) {
            try await delete(.user, anchor)
            try between()
        }
        let same = Set(known?.people ?? [])
        let different = day.people.filter { !same.contains($0) }
        var waiting = different.shuffled(using: &generator)
        var refusals = 0
        while let person = waiting.popLast() {
            do {
                try await put(person)
                refusals = 0
            } catch is PushConflict {
                waiting.insert(person, at: 0)
                refusals += 1
                guard refusals > waiting.count else { continue }
                var other = person
                other.name = "meantime-" + person.anchor
                try await put(other)
                refusals = 0
            }
            try between()
        }
        // Managers who came after those whom they manage.
        for person in different where person.manager != nil { try await put(person) }
        try await reach(groups: day.groups ?? [], from: known?.groups, using: &generator, between: between)
    }

    /// Anchors of whom the endpoint knows.
    private func present(_ kind: Kind) throws -> [String] {
        try list(kind).compactMap(\.record.anchor?.value)
    }

    private func reach(
        groups: [Day.Group], from known: [Day.Group]?, using generator: inout SeededGenerator,
        between: () throws -> Void
    ) async throws {
        for anchor in try known?.map(\.anchor) ?? present(.group) where !groups.contains(where: { $0.anchor == anchor })
        {
            try await delete(.group, anchor)
        }
        let same = Set(known ?? [])
        for group in groups.filter({ !same.contains($0) }).shuffled(using: &generator) {
            try await put(group)
            try between()
        }
    }
}
