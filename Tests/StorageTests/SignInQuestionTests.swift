import GRDB
import Reconciliation
import Testing

@testable import Storage

@Suite("What a sign-in is decided by")
struct SignInQuestionTests {
    private func insert(
        _ fixture: Fixture, _ id: String, _ name: String, active: Bool = true, disabledBy: String? = nil,
        changedAt: Int64 = 0
    ) throws {
        try fixture.store.write { db in
            try db.execute(
                sql: """
                    INSERT INTO account (organization, id, kind, name, externalId, active, disabledBy, changedAt)
                    VALUES (?, ?, 'user', ?, ?, ?, ?, ?)
                    """,
                arguments: [fixture.scope.organization, id, name, "x-" + id, active, disabledBy, changedAt])
        }
    }

    private func account(_ fixture: Fixture, _ who: SignInIdentity) throws -> SignInAccount? {
        try fixture.store.signInQuestion(about: who, through: nil, in: fixture.scope.organization).account
    }

    @Test("a name means who has it, in every spelling, before those who gave it up", arguments: Home.allCases)
    func names(_ home: Home) throws {
        let fixture = try Fixture(home)
        try insert(fixture, "a-1", "Ann@acme.example", active: false, disabledBy: "rollcall", changedAt: 1)
        try insert(fixture, "a-2", "ann@acme.example", active: false, disabledBy: "rollcall", changedAt: 2)
        let name = SignInIdentity.userName("ANN@acme.example")
        #expect(try account(fixture, name)?.id == "a-2")
        #expect(try account(fixture, name)?.state == .deactivatedByDirectory)
        try insert(fixture, "a-3", "ann@acme.example", active: false, disabledBy: "administrator")
        #expect(try account(fixture, name)?.state == .deactivatedByAdministrator)
        #expect(try account(fixture, .id("a-1"))?.state == .deactivatedByDirectory)
        #expect(try account(fixture, .externalId("x-a-3"))?.id == "a-3")
        #expect(try account(fixture, .userName("bob")) == nil)
        let other = try Fixture.endpoint("globex", in: fixture.store, Fixture.token(2), fixture.start)
        let theirs = try fixture.store.signInQuestion(about: name, through: nil, in: other.organization)
        #expect(theirs.account == nil)
    }

    @Test("by its name nobody is searched for by going through all accounts")
    func indexed() throws {
        let fixture = try Fixture(.memory)
        let details = try fixture.store.read { db in
            try ["(active = 1 OR disabledBy = 'administrator')", "active = 0 AND disabledBy = 'rollcall'"].map {
                let sql =
                    "EXPLAIN QUERY PLAN SELECT id FROM account WHERE organization = 1 AND kind = 'user' AND nameKey = 'x' AND "
                return try Row.fetchAll(db, sql: sql + $0).map { $0["detail"] as String }.joined()
            }
        }
        #expect(details[0].contains("accountLiveName") && details[1].contains("accountGoneName"), "\(details)")
    }

    @Test("the SSO configuration is that of the connection that owns the account", arguments: Home.allCases)
    func configurations(_ home: Home) throws {
        let fixture = try Fixture(home)
        let (store, organization) = (fixture.store, fixture.scope.organization)
        try insert(fixture, "a-1", "ann")
        #expect(try account(fixture, .userName("ann"))?.sso == nil)
        let record = try fixture.push { try $0.create(user("r-1", "ann")) }
        #expect(record.record.id == "r-1")
        try link(fixture)
        #expect(try account(fixture, .userName("ann"))?.sso?.name == "okta")
        _ = try store.createSSOConfiguration(named: "b", id: "b-id", of: organization, now: fixture.start)
        func asked(_ sso: String?) throws -> AskedSSO {
            try store.signInQuestion(about: .userName("ann"), through: sso, in: organization).asked
        }
        let expected = AskedSSO.configuration(SSOReference(id: "b-id", name: "b", isActive: true))
        #expect(try asked("B") == expected && asked("b-id") == expected)
        #expect(try asked("nobody") == .unknown && asked(nil) == .unsaid)
        _ = try store.setSSOConfiguration("b", of: organization, active: false)
        let question = try store.signInQuestion(about: .userName("ann"), through: "b", in: organization)
        #expect(question.active.map(\.name) == ["okta"] && question.verdict.reason == .ssoInactive)
    }

    private func link(_ fixture: Fixture) throws {
        try fixture.store.write { db in
            try db.execute(
                sql: """
                    INSERT INTO link
                    SELECT d.organization, d.row, a.row, d.connection, 'userName', a.version, 0
                    FROM directoryRecord d JOIN account a ON a.organization = d.organization WHERE d.id = 'r-1';
                    UPDATE directoryRecord SET decidedVersion = version;
                    """)
        }
    }

    @Test("an account whose record is gone is told as leaving, most urgent reason first", arguments: Home.allCases)
    func departures(_ home: Home) throws {
        let fixture = try Fixture(home)
        try insert(fixture, "a-1", "ann")
        _ = try fixture.push { try $0.create(user("r-1", "ann")) }
        try link(fixture)
        func departure() throws -> SignInAccount.Departure? { try account(fixture, .userName("ann"))?.departure }
        func execute(_ sql: String) throws { try fixture.store.write { try $0.execute(sql: sql) } }
        #expect(try departure() == nil)
        try execute("UPDATE directoryRecord SET missingSince = 1")
        #expect(try departure() == .missingFromDirectory)
        try execute("UPDATE directoryRecord SET missingSince = NULL, active = 0, version = version + 1")
        #expect(try departure() == .deactivationWaiting)
        try execute("UPDATE directoryRecord SET decidedVersion = version")
        #expect(try departure() == nil)
        try execute(
            """
            INSERT INTO heldChange (organization, connection, recordRow, class, version, reason, digest, heldAt)
            SELECT organization, connection, row, 'deactivate', version, 'limit', 'd', 0 FROM directoryRecord
            """)
        #expect(try departure() == .deactivationHeld)
        try execute("UPDATE account SET active = 0, disabledBy = 'rollcall'")
        #expect(try departure() == nil)
    }
}
