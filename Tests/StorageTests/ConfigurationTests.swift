import GRDB
import Reconciliation
import Testing

@testable import Storage

@Suite("Organizations and push endpoints")
struct ConfigurationTests {
    private func code(_ body: () throws -> Void) -> ConfigurationError.Code? {
        do { try body() } catch { return (error as? ConfigurationError)?.code }
        return nil
    }

    private func request(
        _ name: String, connection: String? = nil, sso: String = "okta", lifetime: Duration = .seconds(86_400)
    ) -> SCIMConfigurationRequest {
        SCIMConfigurationRequest(
            id: "id-" + name, name: name, sso: sso, connection: connection, token: Fixture.token(7), lifetime: lifetime)
    }

    @Test("an organization's name is taken in every spelling", arguments: Home.allCases)
    func organizationNames(_ home: Home) throws {
        let fixture = try Fixture(home)
        for spelling in ["acme", "ACME", "ａｃｍｅ", "ac\u{200B}me"] {
            #expect(code { _ = try fixture.store.createOrganization(named: spelling, now: fixture.start) } == .taken)
            #expect(try fixture.store.organization(named: spelling).organization == fixture.scope.organization)
        }
    }

    @Test(
        "a name that nobody could read is refused",
        arguments: ["", "  ", "\u{200B}", "a\u{7}b", "a\nb", String(repeating: "x", count: 201)])
    func unreadableNames(_ name: String) throws {
        let fixture = try Fixture(.memory)
        let organization = fixture.scope.organization
        #expect(code { _ = try fixture.store.createOrganization(named: name, now: fixture.start) } == .invalidName)
        #expect(
            code {
                _ = try fixture.store.createSSOConfiguration(named: name, id: "x", of: organization, now: fixture.start)
            } == .invalidName)
        #expect(
            code {
                _ = try fixture.store.createSCIMConfiguration(
                    request(name, connection: "c"), of: organization, now: fixture.start)
            } == .invalidName)
    }

    @Test("a name of 200 characters is accepted")
    func longestName() throws {
        let name = String(repeating: "x", count: 200)
        #expect(try Fixture(.memory).store.createOrganization(named: name, now: Instant(milliseconds: 0)).name == name)
    }

    @Test("an organization may be left out only where there is exactly one", arguments: Home.allCases)
    func onlyOrganization(_ home: Home) throws {
        #expect(code { _ = try Store(inMemory: "empty").organization(named: nil) } == .unknown)
        let fixture = try Fixture(home)
        #expect(try fixture.store.organization(named: nil).name == "acme")
        _ = try fixture.store.createOrganization(named: "globex", now: fixture.start)
        #expect(code { _ = try fixture.store.organization(named: nil) } == .ambiguous)
        #expect(code { _ = try fixture.store.organization(named: "initech") } == .unknown)
        #expect(try fixture.store.organizations().map(\.name) == ["acme", "globex"])
    }

    @Test("a push endpoint wants an active SSO configuration and a connection of its own", arguments: Home.allCases)
    func endpointRules(_ home: Home) throws {
        let fixture = try Fixture(home)
        let organization = fixture.scope.organization
        func create(_ request: SCIMConfigurationRequest) -> ConfigurationError.Code? {
            code { _ = try fixture.store.createSCIMConfiguration(request, of: organization, now: fixture.start) }
        }
        #expect(create(request("second")) == .occupied)
        #expect(create(request("ENTRA", connection: "other")) == .taken)
        #expect(create(request("second", connection: "other", sso: "nobody")) == .unknown)
        _ = try fixture.store.createSSOConfiguration(named: "backup", id: "b", of: organization, now: fixture.start)
        #expect(create(request("second", connection: "DEFAULT", sso: "backup")) == .occupied)
        _ = try fixture.store.setSSOConfiguration("OKTA", of: organization, active: false)
        #expect(create(request("second", connection: "other")) == .inactive)
        #expect(try fixture.store.connections(of: organization).map(\.name) == ["default"])
        _ = try fixture.store.setSSOConfiguration("okta", of: organization, active: true)
        #expect(create(request("second", connection: "other")) == nil)
        #expect(try fixture.store.connections(of: organization).map(\.ssoName) == ["okta", "okta"])
    }

    @Test(
        "a token lives from one day to two years",
        arguments: [
            (86_399, false), (86_400, true), (2 * 366 * 86_400, true), (2 * 366 * 86_400 + 1, false),
        ])
    func lifetimes(_ seconds: Int, _ accepted: Bool) throws {
        let fixture = try Fixture(.memory)
        let found = code {
            _ = try fixture.store.createSCIMConfiguration(
                request("second", connection: "other", lifetime: .seconds(seconds)), of: fixture.scope.organization,
                now: fixture.start)
        }
        #expect(found == (accepted ? nil : .lifetime))
    }

    @Test("only the right, valid token of an enabled endpoint opens its scope", arguments: Home.allCases)
    func tokens(_ home: Home) throws {
        let fixture = try Fixture(home)
        let store = fixture.store
        let organization = fixture.scope.organization
        func opens(_ hash: String, _ days: Int = 0, _ id: String = "scim-acme") throws -> Bool {
            try store.pushScope(configurationID: id, tokenHash: hash, at: fixture.at(days * 86_400)) != nil
        }
        let hash = fixture.token.hash
        #expect(try opens(hash))
        #expect(try opens(hash, 364))
        #expect(try !opens(hash, 365))
        for wrong in ["", String(hash.dropLast()), hash + hash, hash.uppercased(), fixture.token.text] {
            #expect(try !opens(wrong), "\(wrong)")
        }
        #expect(try !opens(hash, 0, "scim-other"))
        _ = try store.setSCIMConfiguration("Entra", of: organization, enabled: false)
        #expect(try !opens(hash))
        _ = try store.setSCIMConfiguration("scim-acme", of: organization, enabled: true)
        #expect(try opens(hash))
        _ = try store.deleteSCIMConfiguration("entra", of: organization)
        #expect(try !opens(hash))
        #expect(code { _ = try store.scimConfiguration("entra", of: organization) } == .unknown)
    }

    @Test("one endpoint's token opens no other endpoint", arguments: Home.allCases)
    func tokenOfOther(_ home: Home) throws {
        let fixture = try Fixture(home)
        _ = try Fixture.endpoint("globex", in: fixture.store, Fixture.token(2), fixture.start)
        #expect(
            try fixture.store.pushScope(
                configurationID: "scim-globex", tokenHash: fixture.token.hash, at: fixture.start) == nil)
    }

    @Test("a rotated token ends at once, or after the overlap", arguments: [0, 3600])
    func rotation(_ overlap: Int) throws {
        let fixture = try Fixture(.memory)
        let next = Fixture.token(9)
        let changed = try fixture.store.rotateToken(
            "Entra", of: fixture.scope.organization, to: next, overlap: .seconds(overlap), now: fixture.start)
        #expect(changed.tokens.count == 2)
        func opens(_ token: BearerToken, _ seconds: Int) throws -> Bool {
            try fixture.store.pushScope(
                configurationID: "scim-acme", tokenHash: token.hash, at: fixture.at(seconds)) != nil
        }
        #expect(try opens(next, 0))
        if overlap > 0 { #expect(try opens(fixture.token, overlap - 1)) }
        #expect(try !opens(fixture.token, overlap))
    }

    @Test("a token is 256 bits as URL-safe text, and the database has only its hash")
    func tokenText() throws {
        let fixture = try Fixture(.memory)
        let token = BearerToken(random: (0..<32).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 251) })
        #expect(token.text.hasPrefix("rc_"))
        #expect(token.text.utf8.count == 3 + 43)
        #expect(token.text.utf8.allSatisfy { $0 != 0x2B && $0 != 0x2F && $0 != 0x3D })
        let stored = try fixture.store.read { try String.fetchAll($0, sql: "SELECT hash FROM bearerToken") }
        #expect(stored == [BearerToken.hash(fixture.token.text)])
        #expect(stored[0].utf8.count == 64)
    }

    @Test("a renamed endpoint keeps its id, and takes nobody's name", arguments: Home.allCases)
    func renames(_ home: Home) throws {
        let fixture = try Fixture(home)
        let organization = fixture.scope.organization
        _ = try fixture.store.createSCIMConfiguration(
            request("second", connection: "other"), of: organization, now: fixture.start)
        #expect(
            code { _ = try fixture.store.renameSCIMConfiguration("second", of: organization, to: "ENTRA") } == .taken)
        let renamed = try fixture.store.renameSCIMConfiguration("second", of: organization, to: "Second")
        #expect(renamed.id == "id-second")
        #expect(renamed.name == "Second")
    }

    @Test("an endpoint's client is what it was created with until it is set, and its token's scope knows it")
    func client() throws {
        let fixture = try Fixture(.memory)
        let (store, organization) = (fixture.store, fixture.scope.organization)
        #expect(fixture.scope.client == SCIMConfiguration.clientDefault)
        #expect(try store.setSCIMConfiguration("entra", of: organization, client: "okta").client == "okta")
        let scope = try store.pushScope(
            configurationID: "scim-acme", tokenHash: fixture.token.hash, at: fixture.start)
        #expect(scope?.client == "okta")
        #expect(code { _ = try store.setSCIMConfiguration("nobody", of: organization, client: "okta") } == .unknown)
        var request = request("named", connection: "other")
        request.client = "google"
        #expect(try store.createSCIMConfiguration(request, of: organization, now: fixture.start).client == "google")
    }

    @Test("no organization reaches another's configuration", arguments: Home.allCases)
    func isolation(_ home: Home) throws {
        let fixture = try Fixture(home)
        let other = try Fixture.endpoint("globex", in: fixture.store, Fixture.token(2), fixture.start).organization
        #expect(code { _ = try fixture.store.scimConfiguration("scim-acme", of: other) } == .unknown)
        #expect(code { _ = try fixture.store.deleteSCIMConfiguration("scim-acme", of: other) } == .unknown)
        #expect(code { _ = try fixture.store.setSSOConfiguration("sso-acme", of: other, active: false) } == .unknown)
    }
}
