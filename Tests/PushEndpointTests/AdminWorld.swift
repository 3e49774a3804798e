import JSONBytes
import Reconciliation
import Storage
import Synchronization

@testable import PushEndpoint

/// The two organizations of ``World``, with the admin interface in front and a token of each kind.
final class AdminWorld: Sendable {
    let world: World
    let endpoint: Endpoint
    let full: BearerToken

    init(hasToken: Bool = true, forwarding: Forwarding = .ignored) throws {
        let world = try World()
        let count = Mutex<UInt8>(0)
        let clock = world.endpoint.now
        let api = AdminAPI(
            store: world.store, now: clock, newID: world.endpoint.newID,
            newToken: {
                let seed = count.withLock { value in
                    value += 1
                    return value
                }
                return BearerToken(random: [UInt8](repeating: seed, count: BearerToken.randomBytes))
            })
        endpoint = Endpoint(
            store: world.store, commits: world.endpoint.commits, publicURL: { "https://id.example" }, now: clock,
            newID: world.endpoint.newID, administration: api, forwarding: forwarding)
        full = BearerToken(random: [UInt8](repeating: 200, count: 32), prefix: BearerToken.adminPrefix)
        self.world = world
        if hasToken {
            _ = try world.store.createAdminToken(full, named: "ops", access: .full, now: clock())
        }
    }

    func token(_ seed: UInt8, _ access: AdminAccess, organization: String? = nil) throws -> BearerToken {
        let token = BearerToken(random: [UInt8](repeating: seed, count: 32), prefix: BearerToken.adminPrefix)
        let owner = try organization.map { try world.store.organization(named: $0).organization }
        _ = try world.store.createAdminToken(
            token, named: "t\(seed)", access: access, organization: owner, now: world.endpoint.now())
        return token
    }

    func call(
        _ method: String, _ path: String, _ body: String? = nil, as token: BearerToken? = nil,
        headers more: [String: String] = [:]
    ) async -> Answer {
        var headers = [
            "authorization": "Bearer " + (token ?? full).text, "content-type": "application/json",
        ]
        headers.merge(more) { $1 }
        let bytes = Array((body ?? "").utf8)
        return Answer(
            response: await endpoint.handle(
                EndpointRequest(method: method, path: "/admin/v1" + path, headers: headers, body: { bytes })))
    }
}
