import GRDB
import Reconciliation
import Testing

@testable import Storage

@Suite("Pushed memberships")
struct PushMembersTests {
    private func world(_ home: Home) throws -> Fixture {
        let fixture = try Fixture(home)
        try fixture.push {
            for number in 1...4 { _ = try $0.create(user("u\(number)", "user\(number)", anchor: "A\(number)")) }
            _ = try $0.create(group("g1", "Sales"))
        }
        return fixture
    }

    private func members(_ fixture: Fixture) throws -> [String] {
        try fixture.store.members(fixture.scope, groupID: "g1").map(\.id)
    }

    private func version(_ fixture: Fixture) throws -> Int64? {
        try fixture.store.resource(fixture.scope, kind: .group, id: "g1")?.record.version
    }

    @Test("adding and removing raises the group's version once, and saying it again does not", arguments: Home.allCases)
    func once(_ home: Home) throws {
        let fixture = try world(home)
        #expect(try fixture.push { try $0.changeMembers(groupID: "g1", add: ["u1", "u2", "u3"], remove: []) })
        #expect(try version(fixture) == 2)
        #expect(try fixture.push { try $0.changeMembers(groupID: "g1", add: ["u4"], remove: ["u2", "u3"]) })
        #expect(try version(fixture) == 3)
        #expect(try members(fixture) == ["u1", "u4"])
        #expect(try !fixture.push { try $0.changeMembers(groupID: "g1", add: ["u4"], remove: ["u2"]) })
        #expect(try version(fixture) == 3)
        #expect(try fixture.queue().suffix(2) == ["g1:2", "g1:3"])
        #expect(try fixture.store.groups(fixture.scope, memberID: "u4").map(\.displayName) == ["Sales"])
        #expect(try fixture.store.groups(fixture.scope, memberID: "u2").isEmpty)
    }

    @Test("a removed member stays as a removed row, and one that never was becomes one", arguments: Home.allCases)
    func tombstones(_ home: Home) throws {
        let fixture = try world(home)
        _ = try fixture.push { try $0.changeMembers(groupID: "g1", add: ["u1"], remove: []) }
        #expect(try fixture.push(10) { try $0.changeMembers(groupID: "g1", add: [], remove: ["u1"]) })
        #expect(try !fixture.push(20) { try $0.changeMembers(groupID: "g1", add: [], remove: ["u2"]) })
        let rows = try fixture.store.read {
            try Row.fetchAll($0, sql: "SELECT removed, version, pushedAt FROM directoryMember ORDER BY memberRow")
        }
        #expect(rows.map { $0[0] as Bool } == [true, true])
        #expect(rows.map { $0[1] as Int64 } == [3, 3])
        #expect(rows.map { $0[2] as Int64 } == [fixture.at(10).milliseconds, fixture.at(20).milliseconds])
    }

    @Test("replacing keeps, adds and removes exactly", arguments: Home.allCases)
    func replaces(_ home: Home) throws {
        let fixture = try world(home)
        #expect(try fixture.push { try $0.replaceMembers(groupID: "g1", with: ["u1", "u2", "nobody"]) })
        #expect(try members(fixture) == ["u1", "u2", "nobody"])
        #expect(try fixture.push { try $0.replaceMembers(groupID: "g1", with: ["u2", "u3"]) })
        #expect(try members(fixture) == ["u2", "u3"])
        #expect(try !fixture.push { try $0.replaceMembers(groupID: "g1", with: ["u3", "u2"]) })
        #expect(try fixture.push { try $0.replaceMembers(groupID: "g1", with: []) })
        #expect(try members(fixture) == [])
        #expect(try version(fixture) == 4)
    }

    @Test("an unknown member waits, and can be taken back", arguments: Home.allCases)
    func deferred(_ home: Home) throws {
        let fixture = try world(home)
        #expect(try fixture.push { try $0.changeMembers(groupID: "g1", add: ["nobody", "u1"], remove: []) })
        #expect(
            try fixture.store.members(fixture.scope, groupID: "g1") == [
                StoredMember(id: "u1", kind: .user, displayName: "user1"),
                StoredMember(id: "nobody", kind: nil, displayName: nil),
            ])
        #expect(try fixture.push { try $0.changeMembers(groupID: "g1", add: [], remove: ["nobody"]) })
        #expect(try members(fixture) == ["u1"])
    }

    @Test("a revived person has no membership that was not said since", arguments: Home.allCases)
    func revived(_ home: Home) throws {
        let fixture = try world(home)
        _ = try fixture.push { try $0.changeMembers(groupID: "g1", add: ["u1", "u2"], remove: []) }
        try fixture.push(10) {
            for id in ["u1", "u2"] { try $0.delete(try #require(try $0.resource(kind: .user, id: id))) }
        }
        #expect(try members(fixture) == [])
        _ = try fixture.push(20) { try $0.changeMembers(groupID: "g1", add: ["u2"], remove: []) }
        _ = try fixture.push(30) { try $0.create(user("x1", "user1", anchor: "A1")) }
        _ = try fixture.push(30) { try $0.create(user("x2", "user2", anchor: "A2")) }
        #expect(try members(fixture) == ["u2"])
    }

    @Test("a deleted group has no members to show, and a change of it is refused", arguments: Home.allCases)
    func deletedGroup(_ home: Home) throws {
        let fixture = try world(home)
        _ = try fixture.push { try $0.changeMembers(groupID: "g1", add: ["u1"], remove: []) }
        try fixture.push { try $0.delete(try #require(try $0.resource(kind: .group, id: "g1"))) }
        #expect(try members(fixture) == [])
        #expect(try fixture.store.groups(fixture.scope, memberID: "u1").isEmpty)
        #expect(throws: StorageError.self) {
            try fixture.push { try $0.changeMembers(groupID: "g1", add: ["u2"], remove: []) }
        }
    }
}
