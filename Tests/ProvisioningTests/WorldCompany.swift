import Reconciliation

@testable import Provisioning

// A company whose pushes are long decided, and people of it who come and go.

extension World {
    /// A company of so many, pushed and drained two days ago under the default limits.
    static func company(_ count: Int, groups: [Day.Group] = []) async throws -> (world: World, client: Client) {
        let world = try World()
        let client = try Client(world, rules: World.rules, gates: GateLimits())
        try await client.enter(0..<count)
        for group in groups { try await client.put(group) }
        try client.drain()
        world.clock.advance(2 * 86_400)
        return (world, client)
    }
}

extension Client {
    /// People with these numbers come, or come back.
    func enter(_ people: Range<Int>) async throws {
        for index in people { try await put(Day.Person("p\(index)", "user\(index)")) }
    }

    func leave(_ people: Range<Int>) async throws {
        for index in people { try await put(Day.Person("p\(index)", "user\(index)", active: false)) }
    }
}
