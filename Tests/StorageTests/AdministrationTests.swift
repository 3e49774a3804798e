import GRDB
import Reconciliation
import Testing

@testable import Storage

@Suite("Tokens, settings and who changed them")
struct AdministrationTests {
    private func code(_ body: () throws -> Void) -> ConfigurationError.Code? {
        do { try body() } catch { return (error as? ConfigurationError)?.code }
        return nil
    }

    private func opens(_ fixture: Fixture, _ token: BearerToken, _ seconds: Int = 0) throws -> Bool {
        try fixture.store.pushScope(configurationID: "scim-acme", tokenHash: token.hash, at: fixture.at(seconds)) != nil
    }

    @Test("an endpoint has several named tokens, and one is revoked without the others", arguments: Home.allCases)
    func several(_ home: Home) throws {
        let fixture = try Fixture(home)
        let organization = fixture.scope.organization
        let (second, third) = (Fixture.token(2), Fixture.token(3))
        for (token, name) in [(second, "staging"), (third, "probe")] {
            _ = try fixture.store.addToken(token, named: name, to: "Entra", of: organization, now: fixture.start)
        }
        #expect(
            code {
                _ = try fixture.store.addToken(
                    Fixture.token(4), named: "STAGING", to: "Entra", of: organization, now: fixture.start)
            } == .taken)
        let kept = try fixture.store.revokeToken("staging", of: "Entra", of: organization, now: fixture.at(1))
        #expect(Set(kept.tokens.filter { $0.isValid(at: fixture.at(1)) }.map(\.name)) == ["token", "probe"])
        #expect(try opens(fixture, fixture.token, 1) && opens(fixture, third, 1) && !opens(fixture, second, 1))
        // By its id a token is found for good; by its name only while it is valid.
        let again = try fixture.store.revokeToken(second.fingerprint, of: "Entra", of: organization, now: fixture.at(9))
        #expect(again.tokens.first { $0.id == second.fingerprint }?.revokedAt == fixture.at(1))
        #expect(
            code { _ = try fixture.store.revokeToken("staging", of: "Entra", of: organization, now: fixture.at(9)) }
                == .unknown)
    }

    @Test("one token is rotated, at once or with an overlap, and passes its name on", arguments: [0, 3600])
    func rotateOne(_ overlap: Int) throws {
        let fixture = try Fixture(.memory)
        let organization = fixture.scope.organization
        let (old, new) = (Fixture.token(2), Fixture.token(3))
        _ = try fixture.store.addToken(old, named: "staging", to: "Entra", of: organization, now: fixture.start)
        let changed = try fixture.store.rotateToken(
            "Entra", of: organization, to: new, replacing: "staging", overlap: .seconds(overlap), now: fixture.at(1))
        #expect(changed.tokens.first { $0.id == new.fingerprint }?.name == "staging")
        #expect(try opens(fixture, fixture.token, 9999) && opens(fixture, new, 9999))
        if overlap > 0 { #expect(try opens(fixture, old, overlap)) }
        #expect(try !opens(fixture, old, overlap + 1))
        // While both are valid the name is ambiguous, and the ids are not.
        let both = code {
            _ = try fixture.store.revokeToken("staging", of: "Entra", of: organization, now: fixture.at(2))
        }
        #expect(both == (overlap > 0 ? .ambiguous : nil))
    }

    @Test("ten valid tokens are the limit, and one that ended makes room")
    func limit() throws {
        let fixture = try Fixture(.memory)
        let organization = fixture.scope.organization
        func add(_ seed: UInt8) -> ConfigurationError.Code? {
            code {
                _ = try fixture.store.addToken(
                    Fixture.token(seed), named: "t\(seed)", to: "Entra", of: organization, now: fixture.start)
            }
        }
        for seed in 2...UInt8(TokenRows.validMax) { #expect(add(seed) == nil) }
        #expect(add(99) == .tooMany)
        _ = try fixture.store.revokeToken("t2", of: "Entra", of: organization, now: fixture.start)
        #expect(add(99) == nil)
    }

    @Test("the last use is kept at the first use and then once a quarter of an hour", arguments: Home.allCases)
    func lastUse(_ home: Home) throws {
        let fixture = try Fixture(home)
        func lastUse() throws -> Instant? {
            try fixture.store.scimConfiguration("Entra", of: fixture.scope.organization).tokens[0].lastUsedAt
        }
        #expect(try lastUse() == nil)
        for (seconds, expected) in [(0, 0), (1, 0), (899, 0), (900, 900), (901, 900), (2000, 2000), (10, 2000)] {
            try fixture.store.recordTokenUse(hash: fixture.token.hash, at: fixture.at(seconds))
            #expect(try lastUse() == fixture.at(expected))
        }
        try fixture.store.recordTokenUse(hash: "unknown", at: fixture.start)
    }

    @Test(
        "who has no SCIM provisioning gets no endpoint, and who has it in beta says so first", arguments: Home.allCases)
    func gating(_ home: Home) throws {
        let fixture = try Fixture(home)
        let organization = fixture.scope.organization
        func create(_ name: String, acceptsBeta: Bool = false) -> ConfigurationError.Code? {
            let request = SCIMConfigurationRequest(
                id: name, name: name, sso: "okta", connection: name, token: Fixture.token(5), acceptsBeta: acceptsBeta)
            return code {
                _ = try fixture.store.createSCIMConfiguration(request, of: organization, now: fixture.start)
            }
        }
        #expect(try !fixture.store.isGated(fixture.scope))
        _ = try fixture.store.setSettings(of: organization, scimProvisioning: .beta)
        #expect(create("one") == .gated && create("one", acceptsBeta: true) == nil)
        #expect(try !fixture.store.isGated(fixture.scope))
        _ = try fixture.store.setSettings(of: organization, scimProvisioning: .off)
        #expect(create("two", acceptsBeta: true) == .gated)
        #expect(try fixture.store.isGated(fixture.scope))
        _ = try fixture.store.setSCIMConfiguration("Entra", of: organization, enabled: false)
        #expect(
            code { _ = try fixture.store.setSCIMConfiguration("Entra", of: organization, enabled: true) } == .gated)
        // Half of a change is no change.
        #expect(
            code {
                _ = try fixture.store.changeSCIMConfiguration("Entra", of: organization, name: "New", enabled: true)
            } == .gated)
        #expect(try fixture.store.scimConfiguration("Entra", of: organization).name == "Entra")
        let other = try Fixture.endpoint("globex", in: fixture.store, Fixture.token(8), fixture.start)
        #expect(try !fixture.store.isGated(other))
    }

    @Test("a setting changes alone, and is kept with who changed it", arguments: Home.allCases)
    func settings(_ home: Home) throws {
        let fixture = try Fixture(home)
        let organization = fixture.scope.organization
        let ann = Administrator(name: "ann", now: fixture.at(5))
        #expect(try fixture.store.organization(named: "acme").settings == OrganizationSettings())
        let restricted = try fixture.store.setSettings(
            of: organization, restrictAccountCreationToSCIM: true, by: ann)
        #expect(restricted.settings.restrictAccountCreationToSCIM && restricted.settings.scimProvisioning == .on)
        // The same again changes nothing, and nothing is kept.
        _ = try fixture.store.setSettings(of: organization, restrictAccountCreationToSCIM: true, by: ann)
        let acts = try fixture.store.administrativeActs(limit: 10)
        #expect(acts.map(\.action) == [.changeOrganization] && acts[0].administrator == "ann")
        #expect(acts[0].organization == "acme" && acts[0].at == fixture.at(5))
        #expect(throws: StorageError.self) {
            try fixture.store.write { try $0.execute(sql: "DELETE FROM administrativeAct") }
        }
        #expect(throws: StorageError.self) {
            try fixture.store.write { try $0.execute(sql: "UPDATE administrativeAct SET administrator = 'x'") }
        }
    }

    @Test("every change of the configuration is kept in its transaction, the newest first")
    func acts() throws {
        let fixture = try Fixture(.memory)
        let (store, organization) = (fixture.store, fixture.scope.organization)
        func by(_ second: Int) -> Administrator { Administrator(name: "ann", now: fixture.at(second)) }
        _ = try store.createSSOConfiguration(named: "b", id: "b", of: organization, now: fixture.start, by: by(1))
        _ = try store.setSSOConfiguration("b", of: organization, active: false, by: by(2))
        _ = try store.addToken(
            Fixture.token(2), named: "second", to: "Entra", of: organization, now: fixture.start, by: by(3))
        _ = try store.rotateToken(
            "Entra", of: organization, to: Fixture.token(3), replacing: "second", now: fixture.start, by: by(4))
        _ = try store.revokeToken("second", of: "Entra", of: organization, now: fixture.start, by: by(5))
        _ = try store.renameSCIMConfiguration("Entra", of: organization, to: "E", by: by(6))
        _ = try store.setSCIMConfiguration("E", of: organization, enabled: false, by: by(7))
        // What fails leaves no trace.
        _ = code { _ = try store.renameSCIMConfiguration("nobody", of: organization, to: "x", by: by(8)) }
        _ = try store.deleteSCIMConfiguration("E", of: organization, by: by(9))
        _ = try store.createOrganization(named: "globex", now: fixture.start, by: by(10))
        let actions = try store.administrativeActs(limit: 100).map(\.action)
        #expect(
            actions == [
                .createOrganization, .deleteSCIMConfiguration, .disableSCIMConfiguration, .renameSCIMConfiguration,
                .revokeToken, .rotateToken, .addToken, .deactivateSSOConfiguration, .createSSOConfiguration,
            ])
        #expect(try store.administrativeActs(of: organization, limit: 2).count == 2)
    }

    @Test("only the right, valid admin token opens, and without any the interface is closed", arguments: Home.allCases)
    func adminTokens(_ home: Home) throws {
        let fixture = try Fixture(home)
        let store = fixture.store
        let token = BearerToken(random: [UInt8](repeating: 7, count: 32), prefix: BearerToken.adminPrefix)
        #expect(token.text.hasPrefix("rca_"))
        func entrance(_ hash: String?, _ days: Int = 0) throws -> Store.AdminEntrance {
            try store.adminEntrance(tokenHash: hash, at: fixture.at(days * 86_400))
        }
        #expect(try entrance(token.hash) == .closed && entrance(fixture.token.hash) == .closed)
        let created = try store.createAdminToken(
            token, named: "ci", access: .read, organization: fixture.scope.organization, lifetime: .seconds(86_400),
            now: fixture.start)
        #expect(created.organization?.name == "acme")
        #expect(
            code {
                _ = try store.createAdminToken(Fixture.token(9), named: "CI", access: .full, now: fixture.start)
            } == .taken)
        #expect(try entrance(token.hash) == .open(created))
        for wrong in [nil, "", token.text, fixture.token.hash, token.hash.uppercased(), token.hash + token.hash] {
            #expect(try entrance(wrong) == .refused)
        }
        #expect(try entrance(token.hash, 1) == .closed)
        try store.recordTokenUse(hash: token.hash, at: fixture.at(3))
        #expect(try store.adminTokens().map(\.lastUsedAt) == [fixture.at(3)])
        _ = try store.revokeAdminToken("ci", now: fixture.at(4))
        #expect(try entrance(token.hash) == .open(try #require(try store.adminTokens().first)))
        #expect(try store.adminEntrance(tokenHash: token.hash, at: fixture.at(4)) == .closed)
        #expect(code { _ = try store.revokeAdminToken("ci", now: fixture.at(5)) } == .unknown)
    }

    @Test("tokens of an older database are called token and were never used")
    func migrated() throws {
        let queue = try DatabaseQueue()
        try Schema.migrator.migrate(queue, upTo: "7")
        try queue.write { db in
            try db.execute(
                sql: """
                    INSERT INTO organization VALUES (1, 'acme', 'acme', 0);
                    INSERT INTO connection (organization, connection, name, createdAt) VALUES (1, 1, 'default', 0);
                    INSERT INTO scimConfiguration VALUES (1, 's', 1, 'push', 1, 0);
                    INSERT INTO bearerToken VALUES (1, 's', 'abcdefabcdef0123', 0, 9, NULL);
                    """)
        }
        try Schema.migrator.migrate(queue)
        let tokens = try queue.read { try TokenRows(db: $0, organization: 1, configuration: "s").all() }
        #expect(tokens.map(\.name) == ["token"] && tokens[0].id == "abcdefabcdef" && tokens[0].lastUsedAt == nil)
        let owner = try queue.read { try ConfigurationRows(db: $0).organization(1) }
        #expect(owner.settings == OrganizationSettings())
    }
}
