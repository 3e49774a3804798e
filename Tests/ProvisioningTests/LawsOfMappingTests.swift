import Foundation
import JSONBytes
import Reconciliation
import Testing

@testable import Provisioning
@testable import Storage

/// Mappings over the generated worlds: lines that read the record, constants, defaults and lines that apply once.
@Suite("Laws of mappings")
struct LawsOfMappingTests {
    private static func line(
        _ target: String, _ source: MappingLine.Source, apply: MappingLine.Apply = .always,
        whenEmpty: MappingLine.WhenEmpty = .keep, ignoring: [String] = []
    ) throws -> MappingLine {
        MappingLine(
            target: try MappingTarget(parsing: target, kind: .user), from: source, apply: apply, whenEmpty: whenEmpty,
            ignoring: ignoring)
    }

    private static func rules(_ lines: [MappingLine]) -> Rules {
        var rules = World.rules
        rules.recordMapping = lines
        rules.onCreateOnly = Set(lines.filter { $0.apply == .onCreate }.map(\.target.slot))
        return rules
    }

    private static func lines() throws -> [MappingLine] {
        [
            try line("nickName", .expression(MappingExpression(parsing: "ToUpper([record.title])"))),
            try line(
                "displayName",
                .expression(MappingExpression(parsing: "{record.userName} ({record.department})", form: .template))),
            try line("userType", .constant("Employee")),
            try line("locale", .itself, whenEmpty: .value("en")),
            try line("profileUrl", .attribute("record.userName"), apply: .onCreate),
            try line(
                "entitlements",
                .expression(MappingExpression(parsing: #"Switch([record.title], , "u", "extra")"#)), whenEmpty: .clear),
        ]
    }

    /// Every live account's attributes by anchor, but for references, whose ids are each world's own.
    private func attributes(_ world: World) throws -> [String: Attributes] {
        let store = try world.store()
        var found: [String: Attributes] = [:]
        guard let organization = try store.organizations().first else { return found }
        try store.forEachAccount(of: organization.organization, related: false) { stored in
            guard stored.account.kind == .user, stored.account.active else { return }
            var attributes = stored.account.attributes
            attributes[World.manager] = nil
            found[stored.account.externalId ?? ""] = attributes
        }
        return found
    }

    @Test("pushes, and a snapshot taken after the last of them, end in the same mapped accounts", arguments: 0..<16)
    func agree(seed: Int) async throws {
        var generator = SeededGenerator(state: UInt64(9100 + seed))
        let rules = Self.rules(try Self.lines())
        let (pushed, snapshot) = (try World(), try World())
        let client = try Client(pushed, rules: rules)
        var story: [String] = []
        for _ in 0..<3 {
            let day = Day.sayable(Days.random(people: 4, using: &generator))
            guard !day.people.isEmpty else { continue }
            story.append("\(day)")
            try await client.reach(day, using: &generator)
            try client.drain()
            try snapshot.run(day) { $0.rules = rules }
            var (left, right) = (try attributes(pushed), try attributes(snapshot))
            // What is written once says how somebody was called when the account was made, which the two may see differently.
            for key in left.keys { left[key]?["profileUrl"] = nil }
            for key in right.keys { right[key]?["profileUrl"] = nil }
            #expect(left == right, "seed \(seed): \(story)")
            // Planning again finds nothing to do, with and without skipping.
            var job = try snapshot.job(day)
            job.rules = rules
            for shortcuts in [true, false] {
                let again = try snapshot.plan(job, shortcuts: shortcuts)
                #expect(again.summary.isEmpty, "seed \(seed): \(story) \(again.events.rows)")
            }
        }
        await client.close()
    }

    @Test("the directory and the endpoint keep what the source said, the account has what the mapping made of it")
    func directory() async throws {
        let world = try World()
        let client = try Client(world, rules: Self.rules(try Self.lines()))
        try await client.put(Day.Person("p1", "x", title: "u"))
        try client.drain()
        let record = try #require(try client.find(.user, "p1")).record
        #expect(record.attributes["nickName"] == nil && record.attributes["title"] == "u")
        let account = try #require(try attributes(world)["p1"])
        #expect(account["nickName"] == "U" && account["displayName"] == "x (Sales)" && account["locale"] == "en")
        #expect(account["userType"] == "Employee" && account["entitlements"] == ["value": "extra"])
        // The entitlement goes with the title that gave it.
        try await client.put(Day.Person("p1", "x", title: "t"))
        let told = try #require(try client.drain())
        #expect(told.rows.flatMap(\.changes).contains { $0.changeClass == .attributeClear })
        #expect(try attributes(world)["p1"]?["entitlements"] == nil)
        await client.close()
    }

    @Test("what applies once is written when the account is made and never again, by a push or a snapshot")
    func onCreate() async throws {
        let world = try World()
        let rules = Self.rules([try Self.line("nickName", .attribute("record.title"), apply: .onCreate)])
        let client = try Client(world, rules: rules)
        try await client.put(Day.Person("p1", "x", title: "first"))
        try client.drain()
        try await client.put(Day.Person("p1", "x", title: "second"))
        try client.drain()
        #expect(try attributes(world)["p1"]?["nickName"] == "first" && attributes(world)["p1"]?["title"] == "second")
        let day = Day([Day.Person("p1", "x", title: "third"), Day.Person("p2", "y", title: "own")])
        try world.run(day) { $0.rules = rules }
        #expect(try attributes(world)["p1"]?["nickName"] == "first" && attributes(world)["p1"]?["title"] == "third")
        #expect(try attributes(world)["p2"]?["nickName"] == "own")
        #expect(try world.run(day) { $0.rules = rules }.summary.isEmpty)
        await client.close()
    }

    @Test("a function that fails sets its own record aside; nothing changes for it, and the others go on")
    func undecided() async throws {
        let world = try World()
        let rules = Self.rules([
            try Self.line(
                "nickName",
                .expression(
                    MappingExpression(parsing: #"Mid([record.userName], IIF([record.title] = "bad", 0, 1), 9)"#)))
        ])
        try world.run(Day([Day.Person("p1", "x"), Day.Person("p2", "y")])) { $0.rules = rules }
        let before = try world.accounts()
        // Even somebody who has become inactive or has left the scope: an error deactivates nobody.
        for person in [
            Day.Person("p1", "x", title: "bad"), Day.Person("p1", "x", active: false, title: "bad"),
            Day.Person("p1", "x", inScope: false, title: "bad"),
        ] {
            let told = try world.run(Day([person, Day.Person("p2", "z")])) { $0.rules = rules }
            #expect(told.summary.situations[.undecided] == 1 && told.quarantined.count == 1)
            #expect(told.quarantined[0].finding.detail.hasPrefix("nickName <- Mid("))
            #expect(try world.accounts().users["p1"] == before.users["p1"])
            #expect(try world.accounts().users["p2"]?.name == "z")
        }
        let client = try Client(world)
        try await client.put(Day.Person("p1", "x", active: false, title: "bad"))
        let drained = try #require(try client.drain())
        #expect(drained.summary.situations == [.undecided: 1])
        #expect(try world.accounts().users["p1"]?.active == true)
        // Cured at the source, the record is decided again.
        try await client.put(Day.Person("p1", "x", active: false))
        try client.drain()
        #expect(try world.accounts().users["p1"]?.active == false)
        await client.close()
    }

    @Test("a mapping that says who is active disables and enables, and a filter sees the mapped record")
    func active() throws {
        let world = try World()
        var rules = Self.rules([
            try Self.line(
                "active", .expression(MappingExpression(parsing: #"IIF([record.title] = "left", "False", "True")"#))),
            try Self.line(
                "department",
                .expression(MappingExpression(parsing: #"Switch([record.title], "Sales", "cook", "Kitchen")"#))),
        ])
        rules.policies.outOfScope = .deactivate
        func state(_ title: String) throws -> Bool? {
            try world.run(Day([Day.Person("p1", "x", title: title), Day.Person("p2", "y")])) { $0.rules = rules }
            return try world.accounts().users["p1"]?.active
        }
        #expect(try state("t") == true)
        #expect(try state("left") == false)
        #expect(try state("t") == true)
        #expect(try state("cook") == false)
        #expect(try state("t") == true)
    }

    @Test("groups are mapped, too")
    func groups() throws {
        let world = try World()
        var rules = World.rules
        rules.recordMapping = [
            MappingLine(
                kind: .group, target: try MappingTarget(parsing: "displayName", kind: .group),
                from: .expression(try MappingExpression(parsing: "app-{record.displayName}", form: .template)))
        ]
        let day = Day([Day.Person("p1", "x")], groups: [Day.Group("g1", ["p1"])])
        try world.run(day) { $0.rules = rules }
        let store = try world.store()
        var names: [String] = []
        try store.forEachAccount(of: store.organizations()[0].organization, related: false) { stored in
            if stored.account.kind == .group { names.append(stored.account.name) }
        }
        #expect(names == ["app-Group g1"])
        #expect(try world.run(day) { $0.rules = rules }.summary.isEmpty)
    }

    @Test("what nothing carries is counted in the summary")
    func unmapped() throws {
        let world = try World()
        let users = world.folder + "/users.json"
        let text =
            #"{"totalResults":1,"Resources":[{"id":"1","userName":"a","active":true,"password":"secret","groups":[{"value":"g"}]}]}"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: users))
        var job = try world.job(Day([]))
        job.source.users = [users]
        let told = try world.run(job, RunOptions(purpose: .dryRun))
        #expect(told.summary.unmapped == ["users.groups": 1, "users.password": 1])
        #expect(!told.events.contains { "\($0)".contains("secret") })
    }
}
