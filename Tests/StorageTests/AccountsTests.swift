import GRDB
import JSONBytes
import Reconciliation
import Testing

@testable import Storage

@Suite("Accounts by hand")
struct AccountsTests {
    private func world(_ home: Home) throws -> (fixture: Fixture, organization: Int64) {
        let fixture = try Fixture(home)
        let organization = fixture.scope.organization
        try fixture.store.write { db in
            let ada = try account("a1", "ada@x", "A1").insert(into: db, organization: organization, now: fixture.start)
            _ = try account("a2", "grace@x", "A2").insert(into: db, organization: organization, now: fixture.start)
            let sales = try account("g1", "Sales", nil, .group)
                .insert(into: db, organization: organization, now: fixture.start)
            try db.execute(sql: "INSERT INTO membership VALUES (?, ?, ?)", arguments: [organization, sales, ada])
        }
        return (fixture, organization)
    }

    private func account(_ id: String, _ name: String, _ externalId: String?, _ kind: Kind = .user) -> Account {
        var attributes = Attributes()
        attributes[kind == .user ? "userName" : "displayName"] = .string(name)
        return Account(id: id, kind: kind, name: name, externalId: externalId, attributes: attributes)
    }

    private func code(_ body: () throws -> Void) -> ConfigurationError.Code? {
        do { try body() } catch { return (error as? ConfigurationError)?.code }
        return nil
    }

    @Test("an account comes back as it was written", arguments: Home.allCases)
    func roundTrip(_ home: Home) throws {
        let (fixture, organization) = try world(home)
        var written = account("a9", "Zoë@x", "Ä")
        written.active = false
        written.disabledBy = .rollcall
        written.protected = true
        written.attributes["emails[type eq \"work\"]"] = ["value": "z@x", "primary": true]
        try fixture.store.write { [written] in
            _ = try written.insert(into: $0, organization: organization, now: fixture.start)
        }
        #expect(try fixture.store.accounts("a9", of: organization).map(\.account) == [written])
    }

    @Test("a person is found by id, by name in any letter case, by exact external id", arguments: Home.allCases)
    func finds(_ home: Home) throws {
        let (fixture, organization) = try world(home)
        for (who, ids) in [
            ("a1", ["a1"]), ("ADA@X", ["a1"]), ("A1", ["a1"]), ("sales", ["g1"]), ("nobody", []), ("A1 ", []),
        ] {
            #expect(try fixture.store.accounts(who, of: organization).map(\.account.id) == ids, "\(who)")
        }
        #expect(try fixture.store.accounts("sales", of: organization, kind: .user).isEmpty)
    }

    @Test("an export gives every account once, with its groups or members", arguments: Home.allCases)
    func exports(_ home: Home) throws {
        let (fixture, organization) = try world(home)
        var lines: [String] = []
        try fixture.store.forEachAccount(of: organization, related: true) {
            lines.append($0.account.id + ":" + $0.related.map(\.id).joined(separator: ","))
        }
        #expect(lines == ["a1:g1", "a2:", "g1:a1"])
        var users = 0
        try fixture.store.forEachAccount(of: organization, kind: .user) { _ in users += 1 }
        #expect(users == 2)
    }

    @Test("every change by hand raises the version, and saying it again does not", arguments: AccountChange.allCases)
    func versions(_ change: AccountChange) throws {
        let (fixture, organization) = try world(.memory)
        let opposite: [AccountChange: AccountChange] = [
            .disable: .enable, .enable: .disable, .protect: .unprotect, .unprotect: .protect,
        ]
        _ = try fixture.store.change("a1", of: organization, by: opposite[change]!, now: fixture.at(1))
        let before = try fixture.store.accounts("a1", of: organization)[0]
        let (after, changed) = try fixture.store.change("a1", of: organization, by: change, now: fixture.at(2))
        #expect(changed)
        #expect(after.account.version == before.account.version + 1)
        #expect(after.changedAt == fixture.at(2))
        let (again, changedAgain) = try fixture.store.change("a1", of: organization, by: change, now: fixture.at(3))
        #expect(!changedAgain)
        #expect(again == after)
    }

    @Test("who is disabled by hand is disabled by an administrator, also after a run did it", arguments: Home.allCases)
    func disabledBy(_ home: Home) throws {
        let (fixture, organization) = try world(home)
        try fixture.store.write {
            try $0.execute(sql: "UPDATE account SET active = 0, disabledBy = 'rollcall' WHERE id = 'a1'")
        }
        let (after, changed) = try fixture.store.change("a1", of: organization, by: .disable, now: fixture.start)
        #expect(changed)
        #expect(after.account.disabledBy == .administrator)
        #expect(!after.account.active)
    }

    @Test("an account does not take a name back that belongs to somebody else now", arguments: Home.allCases)
    func takenName(_ home: Home) throws {
        let (fixture, organization) = try world(home)
        try fixture.store.write { db in
            try db.execute(sql: "UPDATE account SET active = 0, disabledBy = 'rollcall' WHERE id = 'a1'")
            _ = try account("a3", "ADA@x", "A3").insert(into: db, organization: organization, now: fixture.start)
        }
        for change in [AccountChange.enable, .disable] {
            #expect(
                code { _ = try fixture.store.change("a1", of: organization, by: change, now: fixture.start) } == .taken)
        }
        #expect(
            code { _ = try fixture.store.change("ada@x", of: organization, by: .protect, now: fixture.start) }
                == .ambiguous)
    }

    @Test("nobody is found or changed in another organization", arguments: Home.allCases)
    func isolation(_ home: Home) throws {
        let (fixture, _) = try world(home)
        let other = try fixture.store.createOrganization(named: "globex", now: fixture.start).organization
        #expect(try fixture.store.accounts("a1", of: other).isEmpty)
        #expect(code { _ = try fixture.store.change("a1", of: other, by: .disable, now: fixture.start) } == .unknown)
    }

    @Test("a name that the application wrote by SQL wins over the document", arguments: Home.allCases)
    func driftedName(_ home: Home) throws {
        let (fixture, organization) = try world(home)
        try fixture.store.write { try $0.execute(sql: "UPDATE account SET name = 'ada2@x' WHERE id = 'a1'") }
        let found = try fixture.store.accounts("ada2@x", of: organization)
        #expect(found.map(\.account.attributes["userName"]) == ["ada2@x"])
        #expect(found.map(\.account.version) == [2])
    }

    @Test("a document that is no object is an error that names the account")
    func damagedDocument() throws {
        let (fixture, organization) = try world(.memory)
        try fixture.store.write { try $0.execute(sql: "UPDATE account SET document = '[]' WHERE id = 'a1'") }
        let error = #expect(throws: StorageError.self) { try fixture.store.accounts("a1", of: organization) }
        #expect(error?.detail.contains("account a1") == true)
    }
}
