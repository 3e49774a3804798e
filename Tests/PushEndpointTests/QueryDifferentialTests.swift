import JSONBytes
import Reconciliation
import SCIM
import Storage
import Testing

@testable import PushEndpoint

/// The sample records in a store, and what the endpoint shows of each.
struct QueryWorld {
    static let base = "https://id.example/scim/c-1"
    static let dates = [
        "2026-11-18T11:06:41Z", "2026-11-18T12:06:41+01:00", "2026-11-18T11:06:41.500Z", "2026-11-18", "2026",
        "2026-11-18T11:06:41.000Z", "2026-02-30T00:00:00Z", "z",
    ]

    let world: World
    let scope: PushScope
    private(set) var shown: [(record: DirectoryRecord, document: JSONObject)] = []

    init(seed: UInt64, users: Int = 60, groups: Int = 12) async throws {
        let world = try World()
        let scope = try #require(
            try world.store.pushScope(
                configurationID: World.configuration, tokenHash: world.token.hash,
                at: Instant(milliseconds: 1_795_000_001_000)))
        self.world = world
        self.scope = scope
        var samples = SampleRecords(generator: SampleGenerator(state: seed))
        let records = (1...users).map { samples.user($0) } + (1...groups).map { samples.group($0) }
        for (index, record) in records.enumerated() {
            // Two of three at the same instants, so that dates are equal to some.
            let now = Instant(milliseconds: 1_795_000_001_000 + Int64(index % 3) * 500)
            let members = (0..<4).map { _ in samples.generator.one(of: ["u1", "u2", "u3", "g1", "nobody", "u9"]) }
            let isDeleted = samples.generator.chance(10)
            try await world.endpoint.commits.submit(scope, now: now) { transaction in
                let stored = try transaction.create(record)
                if record.kind == .group {
                    _ = try transaction.changeMembers(groupID: record.id, add: members, remove: [])
                } else if isDeleted {
                    try transaction.delete(stored)
                }
            }
        }
        for kind in [Kind.user, .group] {
            let all = ResourceSearch(scope, kinds: [kind], filter: nil, sort: nil, locationPrefix: Self.prefix)
            for found in try world.store.find(all, limit: 1000, isCounted: false).page {
                shown.append((found.resource.record, try document(found.resource)))
            }
        }
    }

    static func prefix(_ kind: Kind) -> String { base + (kind == .user ? "/Users/" : "/Groups/") }

    private func document(_ stored: StoredResource) throws -> JSONObject {
        let type = ResourceType(stored.record.kind)
        let related = try Related.read(world.store, scope, type, id: stored.record.id, .all(type))
        return ResourceForm(baseURL: Self.base, type: type).document(stored, related)
    }

    func search(_ filter: Filter?, _ kinds: [Kind], sort: ResourceSearch.Sort? = nil) -> ResourceSearch {
        ResourceSearch(scope, kinds: kinds, filter: filter, sort: sort, locationPrefix: Self.prefix)
    }

    /// What SQL finds, its rest judged, against what judging alone finds.
    func answers(_ filter: Filter, _ kinds: [Kind]) throws -> (found: [String], judged: [String]) {
        let search = search(filter, kinds)
        let documents = Dictionary(uniqueKeysWithValues: shown.map { ($0.record.id, $0.document) })
        let result = try world.store.find(search, limit: 1000, isCounted: true)
        #expect(result.total == result.page.count, "\(filter)")
        let found = result.page.map(\.resource.record).filter { record in
            search.rests[record.kind].map { $0.matches(documents[record.id] ?? JSONObject()) } ?? true
        }
        let judged = shown.filter { kinds.contains($0.record.kind) && filter.matches($0.document) }
        return (found.map(\.id).sorted(), judged.map(\.record.id).sorted())
    }

    /// The ids in the order of the sort keys.
    func order(by path: AttributePath, of kinds: [Kind]) -> [String] {
        var keyed: [(key: SortKey, id: String)] = []
        for item in shown where kinds.contains(item.record.kind) {
            keyed.append((path.sortKey(of: item.document), item.record.id))
        }
        keyed.sort { left, right in left.key == right.key ? left.id < right.id : left.key < right.key }
        return keyed.map(\.id)
    }

    /// The smallest part of a filter whose two answers still differ.
    func shrunk(_ filter: Filter, _ kinds: [Kind]) throws -> Filter {
        let parts: [Filter] =
            switch filter {
            case .and(let left, let right), .or(let left, let right): [left, right]
            case .not(let inner): [inner]
            default: []
            }
        for part in parts {
            let answers = try answers(part, kinds)
            if answers.found != answers.judged { return try shrunk(part, kinds) }
        }
        return filter
    }
}

@Suite("Queries by SQL and by judgement")
struct QueryDifferentialTests {
    @Test(
        "SQL and judging record by record give the same answer to every filter",
        arguments: [
            (UInt64(1), [Kind.user], 1000), (2, [.group], 500), (3, [.user, .group], 500), (4, [.user], 1000),
        ])
    func agree(_ seed: UInt64, _ kinds: [Kind], _ count: Int) async throws {
        let world = try await QueryWorld(seed: seed)
        var filters = SampleFilters(
            generator: SampleGenerator(state: seed &* 1_000_003), type: kinds == [.group] ? .group : .user)
        var tried = 0
        var translated = 0
        var telling = 0
        while tried < count {
            guard let filter = filters.filter() else { continue }
            tried += 1
            let answers = try world.answers(filter, kinds)
            if world.search(filter, kinds).rests.isEmpty { translated += 1 }
            if !answers.judged.isEmpty { telling += 1 }
            guard answers.found != answers.judged else { continue }
            let small = try world.shrunk(filter, kinds)
            let least = try world.answers(small, kinds)
            Issue.record("seed \(seed): \(small) finds \(least.found), judged are \(least.judged)")
            return
        }
        // The comparison says something only where SQL answers most of them, and not with nothing.
        #expect(
            translated > count * 2 / 3 && telling > count / 3, "\(translated) translated, \(telling) with an answer")
    }

    @Test("SQL sorts as the sort keys do, in both directions", arguments: [UInt64(5), 6])
    func sorts(_ seed: UInt64) async throws {
        let world = try await QueryWorld(seed: seed)
        for name in [
            "userName", "title", "name.familyName", "emails", "emails.value", "emails.type", "phoneNumbers.display",
            "active", "meta.created", "meta.lastModified", "externalId", "id", "department", "manager", "displayName",
            "groups.display", "members.value", "photos", "name",
        ] {
            let path = try AttributePath(parsing: name)
            for kinds in [[Kind.user], [.group], [.user, .group]] {
                #expect(ResourceSearch.canSort(by: path, kinds: kinds), "\(name)")
                let expected = world.order(by: path, of: kinds)
                for isDescending in [false, true] {
                    let search = world.search(nil, kinds, sort: .init(path: path, isDescending: isDescending))
                    let found = try world.world.store.find(search, limit: 1000, isCounted: false).page
                    #expect(
                        found.map(\.resource.record.id) == (isDescending ? expected.reversed() : expected),
                        "seed \(seed): \(name) of \(kinds), descending: \(isDescending)")
                }
            }
        }
    }

    @Test("a filter nested as deep as the parser allows is answered")
    func deep() async throws {
        let world = try await QueryWorld(seed: 7, users: 10, groups: 1)
        let groups = String(repeating: "(", count: 31) + "id pr" + String(repeating: ")", count: 31)
        let mixed =
            (0..<10).map { _ in "not (id pr and (title pr or (" }.joined() + "title pr"
            + String(repeating: ")", count: 30)
        for text in [groups, mixed] {
            let answers = try world.answers(try Filter(parsing: text), [.user])
            #expect(answers.found == answers.judged)
        }
        #expect(!world.search(try Filter(parsing: mixed), [.user]).rests.isEmpty)
        let long = (0..<340).map { _ in #"id eq "" or"# }.joined(separator: " ") + #" id eq "u1""#
        let answers = try world.answers(try Filter(parsing: long), [.user])
        #expect(answers.found == answers.judged)
    }
}
