import GRDB
import JSONBytes
import Reconciliation
import SCIM
import Testing

@testable import Storage

@Suite("Filters and their indexes")
struct FilterSQLIndexTests {
    private func plan(_ sql: SQL, in store: Store) throws -> [String] {
        try store.read { db in
            let (text, arguments) = try sql.build(db)
            return try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + text, arguments: arguments).map { $0["detail"] }
        }
    }

    @Test(
        "equality of what clients look up is answered by an index, alone and with a condition beside it",
        arguments: [
            (Kind.user, "userName eq \"a\"", "directoryRecordName"),
            (.user, "externalId eq \"a\"", "directoryRecordAnchor"),
            (.group, "externalId eq \"a\"", "directoryRecordAnchor"), (.user, "id eq \"a\"", "organization=? AND id=?"),
            (.user, "emails.value eq \"a\"", "recordKeyKey"), (.user, "emails eq \"a\"", "recordKeyKey"),
            (.user, "emails[type eq \"work\" and value eq \"a\"]", "recordKeyKey"),
            (.user, "displayName eq \"a\"", "recordKeyKey"),
            (.group, "displayName eq \"a\"", "directoryRecordGroupName"),
            (.group, "members.value eq \"a\"", "directoryMemberMember"),
            (.group, "members eq \"a\"", "deferredMemberKey"),
            (.group, "members[value eq \"a\"]", "directoryMemberMember"),
            (.user, "groups.value eq \"a\"", "SEARCH m USING PRIMARY KEY"),
            (.user, "userName eq \"a\" or emails.value eq \"a\"", "recordKeyKey"),
        ])
    func uses(_ kind: Kind, _ text: String, _ index: String) throws {
        let fixture = try Fixture(.memory)
        for filter in [text, "(\(text)) and active eq true", "title pr and (\(text))"] {
            let search = ResourceSearch(
                fixture.scope, kinds: [kind], filter: try Filter(parsing: filter), sort: nil,
                locationPrefix: { _ in "" })
            for statement in [search.page(after: nil, offset: 0, limit: 10), search.counting] {
                let steps = try plan(statement, in: fixture.store)
                #expect(steps.contains { $0.contains(index) }, "\(steps)")
                #expect(steps.contains { $0.hasPrefix("SEARCH r USING INTEGER PRIMARY KEY") }, "\(steps)")
                // `page` and `v` are what the searches before them found.
                let harmless = ["SCAN page", "SCAN v", "SCAN CONSTANT ROW"]
                let scans = steps.filter {
                    $0.hasPrefix("SCAN") && !harmless.contains($0) && !$0.contains("VIRTUAL TABLE")
                }
                #expect(scans.isEmpty, "\(scans)")
            }
        }
    }

    @Test("a walk by name or in the order of creation follows an index and never sorts all")
    func walks() throws {
        let fixture = try Fixture(.memory)
        func steps(_ sort: String?, _ kind: Kind, _ position: ResourceSearch.Position) throws -> [String] {
            let search = ResourceSearch(
                fixture.scope, kinds: [kind], filter: nil,
                sort: try sort.map { .init(path: try AttributePath(parsing: $0), isDescending: false) },
                locationPrefix: { _ in "" })
            return try plan(search.page(after: position, offset: 0, limit: 10), in: fixture.store)
        }
        let byName = try steps("userName", .user, .key([0x61], id: "x"))
        #expect(
            byName.contains { $0.contains("directoryRecordName (organization=? AND connection=? AND nameKey>?)") },
            "\(byName)")
        let groups = try steps("displayName", .group, .key([0x61], id: "x"))
        #expect(
            groups.contains { $0.contains("directoryRecordGroupName (organization=? AND connection=? AND nameKey>?)") },
            "\(groups)")
        let unsorted = try steps(nil, .user, .row(7))
        #expect(unsorted.contains { $0.contains("directoryRecordPresent") && $0.contains("rowid>?") }, "\(unsorted)")
    }

    private func ids(_ filter: String, _ fixture: Fixture) throws -> [String] {
        let search = ResourceSearch(
            fixture.scope, kinds: [.user], filter: try Filter(parsing: filter), sort: nil, locationPrefix: { _ in "" })
        return try fixture.store.find(search, limit: 10, isCounted: true).page.map(\.resource.record.id)
    }

    @Test(
        "a user is found by the addresses of now, in any spelling, and not by those of before", arguments: Home.allCases
    )
    func keys(_ home: Home) throws {
        let fixture = try Fixture(home)
        let work = "emails[type eq \"work\"]"
        let created = try fixture.push {
            try $0.create(user("u1", "ada", ["displayName": "Ada L", work: ["value": "Ada@x.example"]]))
        }
        #expect(try ids(#"emails.value eq "ada@X.example""#, fixture) == ["u1"])
        #expect(try ids(#"displayName eq "ADA l""#, fixture) == ["u1"])
        var next = created.record
        next.version += 1
        next.attributes[work] = ["value": "ada@y.example"]
        next.attributes["emails"] = [["value": "a@z.example"]]
        let changed = next
        _ = try fixture.push(1) { try $0.update(changed) }
        #expect(try ids(#"emails.value eq "ada@x.example""#, fixture) == [])
        #expect(try ids(#"emails.value eq "ada@y.example""#, fixture) == ["u1"])
        #expect(try ids(#"emails[value eq "A@z.example" and type pr]"#, fixture) == [])
        #expect(try ids(#"emails[value eq "A@z.example" and not (type pr)]"#, fixture) == ["u1"])
        #expect(try fixture.store.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM recordKey") } == 3)
    }
}
