import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Storage

@Suite("Pushes in the directory")
struct PushDirectoryTests {
    @Test("a created record is found by id, name in any letter case and external id", arguments: Home.allCases)
    func finds(_ home: Home) throws {
        let fixture = try Fixture(home)
        let created = try fixture.push { try $0.create(user("u1", "Ada@acme.example", anchor: "A1")) }
        #expect(created.record.version == 1)
        for filter in [#"id eq "u1""#, #"userName eq "ADA@ACME.example""#, #"externalId eq "A1""#, nil] {
            let page = try fixture.store.list(fixture.scope, .user, filter)
            #expect(page.total == 1 && page.resources == [created], "\(filter ?? "all")")
        }
        #expect(try fixture.store.resource(fixture.scope, kind: .user, id: "u1") == created)
        #expect(try fixture.store.resource(fixture.scope, kind: .group, id: "u1") == nil)
        #expect(try fixture.queue() == ["u1:1"])
    }

    @Test("an external id is compared byte by byte and never taken for an id", arguments: Home.allCases)
    func exactAnchors(_ home: Home) throws {
        let fixture = try Fixture(home)
        _ = try fixture.push { try $0.create(user("u1", "ada", anchor: "u2")) }
        for filter in [#"externalId eq "U2""#, #"externalId eq "u1""#, #"id eq "u2""#] {
            #expect(try fixture.store.list(fixture.scope, .user, filter).total == 0, "\(filter)")
        }
    }

    @Test("spellings of one name are one name", arguments: ["ADA", "a\u{200B}da", "ａｄａ", "Ada"])
    func oneName(_ spelling: String) throws {
        let fixture = try Fixture(.memory)
        _ = try fixture.push { try $0.create(user("u1", "ada")) }
        #expect(throws: PushConflict.uniqueness(attribute: "userName")) {
            try fixture.push { try $0.create(user("u2", spelling)) }
        }
        let page = try fixture.store.list(fixture.scope, .user, "userName eq \"\(spelling)\"")
        #expect(page.resources.map(\.record.id) == ["u1"])
    }

    @Test("a taken external id or name refuses a create and an update, and changes nothing", arguments: Home.allCases)
    func conflicts(_ home: Home) throws {
        let fixture = try Fixture(home)
        _ = try fixture.push { try $0.create(user("u1", "ada", anchor: "A1")) }
        let grace = try fixture.push { try $0.create(user("u2", "grace", anchor: "A2")) }
        #expect(throws: PushConflict.uniqueness(attribute: "externalId")) {
            try fixture.push { try $0.create(user("u3", "other", anchor: "A1")) }
        }
        for (name, anchor, attribute) in [("ADA", "A2", "userName"), ("grace", "A1", "externalId")] {
            var next = grace.record
            next.name = name
            next.anchor = Anchor(anchor)
            next.version += 1
            let changed = next
            #expect(throws: PushConflict.uniqueness(attribute: attribute)) {
                try fixture.push { try $0.update(changed) }
            }
        }
        #expect(try fixture.store.resource(fixture.scope, kind: .user, id: "u2") == grace)
        #expect(try fixture.queue() == ["u1:1", "u2:1"])
    }

    @Test("groups may share a name, and a look-up finds all of them", arguments: Home.allCases)
    func groupNames(_ home: Home) throws {
        let fixture = try Fixture(home)
        try fixture.push {
            _ = try $0.create(group("g1", "Sales"))
            _ = try $0.create(group("g2", "sales"))
            _ = try $0.create(user("u1", "ada", ["displayName": "Sales"]))
        }
        let groups = try fixture.store.list(fixture.scope, .group, #"displayName eq "SALES""#)
        #expect(groups.resources.map(\.record.id) == ["g1", "g2"])
        let users = try fixture.store.list(fixture.scope, .user, #"displayName eq "SALES""#)
        #expect(users.resources.map(\.record.id) == ["u1"])
    }

    @Test("pages follow one another in the order of creation and name the total", arguments: Home.allCases)
    func pages(_ home: Home) throws {
        let fixture = try Fixture(home)
        try fixture.push { for number in 1...7 { _ = try $0.create(user("u\(number)", "user\(number)")) } }
        func page(_ start: Int, _ count: Int) throws -> [String] {
            let page = try fixture.store.list(fixture.scope, .user, startIndex: start, count: count)
            #expect(page.total == 7)
            return page.resources.map(\.record.id)
        }
        #expect(try page(1, 3) == ["u1", "u2", "u3"])
        #expect(try page(4, 3) == ["u4", "u5", "u6"])
        #expect(try page(7, 3) == ["u7"])
        #expect(try page(8, 3) == [])
        #expect(try page(1, 0) == [])
    }

    @Test("what an update leaves out is cleared, and what is said again is not", arguments: Home.allCases)
    func clears(_ home: Home) throws {
        let fixture = try Fixture(home)
        let created = try fixture.push { try $0.create(user("u1", "ada", ["title": "Boss", "nickName": "A"])) }
        var next = created.record
        next.attributes["title"] = nil
        next.version = 2
        let cleared = try fixture.push { [next] in try $0.update(next) }
        #expect(cleared.record.cleared == ["title"])
        next = cleared.record
        next.attributes["title"] = "Chief"
        next.version = 3
        let said = try fixture.push { [next] in try $0.update(next) }
        #expect(said.record.cleared == [])
        #expect(try fixture.store.resource(fixture.scope, kind: .user, id: "u1")?.record == said.record)
        #expect(try fixture.queue() == ["u1:1", "u1:2", "u1:3"])
    }

    @Test("an update that was made from an older version is refused", arguments: Home.allCases)
    func staleUpdate(_ home: Home) throws {
        let fixture = try Fixture(home)
        let created = try fixture.push { try $0.create(user("u1", "ada")) }
        #expect(throws: StorageError.self) { try fixture.push { try $0.update(created.record) } }
    }

    @Test(
        "a deleted record is gone, gives its name up, and returns under its id with its anchor",
        arguments: Home.allCases)
    func revives(_ home: Home) throws {
        let fixture = try Fixture(home)
        let created = try fixture.push { try $0.create(user("u1", "ada", anchor: "A1", ["title": "Boss"])) }
        try fixture.push(10) { try $0.delete(created) }
        #expect(try fixture.store.resource(fixture.scope, kind: .user, id: "u1") == nil)
        #expect(throws: StorageError.self) { try fixture.push { try $0.delete(created) } }
        _ = try fixture.push(20) { try $0.create(user("u2", "ada")) }
        let revived = try fixture.push(30) { try $0.create(user("u3", "ada2", anchor: "A1")) }
        #expect(revived.record.id == "u1")
        #expect(revived.record.version == 3)
        #expect(revived.record.deletedAt == nil)
        #expect(revived.record.cleared == ["title"])
        #expect(revived.createdAt == fixture.at(0))
        #expect(try fixture.queue() == ["u1:1", "u1:2", "u2:1", "u1:3"])
    }

    @Test("every push stamps the record and makes the next snapshot look at it again", arguments: Home.allCases)
    func stamps(_ home: Home) throws {
        let fixture = try Fixture(home)
        let created = try fixture.push { try $0.create(user("u1", "ada")) }
        try fixture.store.write {
            try $0.execute(sql: "UPDATE directoryRecord SET hash = 'x', origin = 'snapshot', pushedAt = NULL")
        }
        var next = created.record
        next.version = 2
        let updated = try fixture.push(60) { [next] in try $0.update(next) }
        #expect(updated.record.origin == .push)
        #expect(updated.record.pushedAt == fixture.at(60))
        #expect(updated.changedAt == fixture.at(60))
        #expect(try fixture.store.read { try String.fetchOne($0, sql: "SELECT hash FROM directoryRecord") } == nil)
    }

    @Test("no organization or connection sees or takes another's records", arguments: Home.allCases)
    func isolation(_ home: Home) throws {
        let fixture = try Fixture(home)
        let other = try Fixture.endpoint("globex", in: fixture.store, Fixture.token(2), fixture.start)
        let mine = try fixture.push { try $0.create(user("u1", "ada", anchor: "A1")) }
        _ = try fixture.push(other) { try $0.create(user("u9", "ada", anchor: "A1")) }
        _ = try fixture.push(other) { try $0.create(group("g9", "Sales")) }
        for filter in [nil, #"userName eq "ada""#, #"externalId eq "A1""#] {
            #expect(try fixture.store.list(other, .user, filter).resources.map(\.record.id) == ["u9"])
        }
        #expect(try fixture.store.resource(other, kind: .user, id: "u1") == nil)
        #expect(throws: StorageError.self) { try fixture.push(other) { try $0.delete(mine) } }
        _ = try fixture.push(other) { try $0.changeMembers(groupID: "g9", add: ["u1"], remove: []) }
        #expect(
            try fixture.store.members(other, groupID: "g9")
                == [StoredMember(id: "u1", kind: nil, displayName: nil)])
        #expect(try fixture.store.groups(fixture.scope, memberID: "u1").isEmpty)
    }

    @Test(
        "list and look-up of people go by an index",
        arguments: [
            "organization = 1 AND connection = 1 AND nameKey = 'a' AND kind = 'user' AND present = 1",
            "organization = 1 AND connection = 1 AND kind = 'user' AND anchor = 'a'",
            "organization = 1 AND connection = 1 AND nameKey = 'a' AND kind = 'group' AND present = 1",
            "organization = 1 AND id = 'a' AND connection = 1",
            "organization = 1 AND connection = 1 AND kind = 'user' AND present = 1 ORDER BY row LIMIT 9 OFFSET 9",
            "organization = 1 AND connection = 1 AND kind = 'user' AND nameKey = 'a' AND anchor IS NULL",
        ])
    func indexes(_ condition: String) throws {
        let fixture = try Fixture(.memory)
        let plan = try fixture.store.read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN SELECT * FROM directoryRecord WHERE " + condition)
                .map { $0["detail"] as String }
        }
        #expect(
            plan.allSatisfy { $0.hasPrefix("SEARCH") && $0.contains("connection=?") || $0.contains("AND id=?") },
            "\(plan)")
        #expect(plan.count == 1, "no sorting")
    }
}
