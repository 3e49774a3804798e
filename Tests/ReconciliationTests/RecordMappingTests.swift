import JSONBytes
import Testing

@testable import Reconciliation

private let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
private let work = #"emails[type eq "work"]"#

private func record(
    _ slots: [String: JSONValue], cleared: [String] = [], active: Bool? = true, kind: Kind = .user
) -> DirectoryRecord {
    var attributes = Attributes(slots.map { Attributes.Slot(path: $0.key, value: $0.value) })
    attributes[kind == .user ? "userName" : "displayName"] = "x"
    return DirectoryRecord(
        id: "1", kind: kind, anchor: Anchor("a"), reference: nil, name: "x", active: active, attributes: attributes,
        cleared: cleared, origin: .push)
}

private func line(
    _ target: String, _ source: MappingLine.Source, kind: Kind = .user, apply: MappingLine.Apply = .always,
    whenEmpty: MappingLine.WhenEmpty = .keep, ignoring: [String] = []
) throws -> MappingLine {
    MappingLine(
        kind: kind, target: try MappingTarget(parsing: target, kind: kind), from: source, apply: apply,
        whenEmpty: whenEmpty, ignoring: ignoring)
}

private func expression(_ text: String) throws -> MappingLine.Source {
    .expression(try MappingExpression(parsing: text))
}

@Suite("Mappings of the record")
struct RecordMappingTests {
    private func effect(_ record: DirectoryRecord, _ lines: MappingLine...) -> RecordMapping.Effect {
        RecordMapping(lines).effect(on: record)
    }

    @Test("a line fills its target from the record, and the record itself stays")
    func fills() throws {
        let before = record(["title": "Boss", department: "Sales", work: ["primary": true, "value": "a@x"]])
        func after(_ target: String, _ source: MappingLine.Source) throws -> DirectoryRecord {
            effect(before, try line(target, source)).record
        }
        #expect(try after("nickName", .attribute("record.title")).attributes["nickName"] == "Boss")
        #expect(try after("nickName", .constant("n")).attributes["nickName"] == "n")
        #expect(try after("nickName", expression("ToUpper([record.department])")).attributes["nickName"] == "SALES")
        #expect(try after("nickName", .attribute("record.externalId")).attributes["nickName"] == "a")
        let mail = try expression(#"ToUpper([record.emails[type eq "work"].value])"#)
        #expect(
            try after(#"emails[type eq "work"].value"#, mail).attributes[work] == ["primary": true, "value": "A@X"])
        #expect(try after("active", expression(#"IIF([record.title] = "Boss", "False", "True")"#)).active == false)
        #expect(
            try after("roles", expression(#"Split("a,b", ",")"#)).attributes["roles"] == [
                ["value": "a"], ["value": "b"],
            ])
        #expect(try after("roles", .constant("a")).attributes["roles"] == ["value": "a"])
        #expect(
            try after(#"roles[primary eq "True"].value"#, .constant("Admin")).attributes["roles"]
                == ["primary": true, "value": "Admin"])
        #expect(before.attributes["nickName"] == nil)
    }

    @Test("an empty result keeps, clears, stands for something else or makes the record undecided")
    func whenEmpty() throws {
        let before = record(["title": "Boss"])
        func after(_ whenEmpty: MappingLine.WhenEmpty, cleared: [String] = []) throws -> RecordMapping.Effect {
            effect(
                record(["title": "Boss"], cleared: cleared),
                try line("title", .attribute("record.nickName"), whenEmpty: whenEmpty))
        }
        #expect(try after(.keep).record.attributes["title"] == nil && after(.keep).record.cleared == [])
        #expect(try after(.clear).record.cleared == ["title"])
        #expect(try after(.value("d")).record.attributes["title"] == "d")
        #expect(try after(.ignore).problem?.contains("there is no value") == true)
        // What the source cleared is cleared where it is mapped to.
        #expect(try after(.keep, cleared: ["nickName"]).record.cleared == ["nickName", "title"])
        #expect(try after(.value("d"), cleared: ["nickName", "title"]).record.cleared == ["nickName"])
        // A line without a source is about empty values alone.
        let own = effect(before, try line("title", .itself, whenEmpty: .value("d"))).record
        #expect(own == before)
        #expect(
            effect(record([:]), try line("title", .itself, whenEmpty: .value("d"))).record.attributes["title"] == "d")
        #expect(effect(record([:]), try line("title", .itself, whenEmpty: .ignore)).problem != nil)
    }

    @Test("an error, a value to be ignored and a wrong type make the record undecided and change nothing")
    func undecided() throws {
        let before = record(["title": "Boss", "roles": [["value": "a"], ["value": "b"]]])
        for (target, source, ignoring, wanted) in [
            (
                "nickName", try expression("Mid([record.title], 0, 1)"), [],
                "nickName <- Mid([record.title], 0, 1): Mid: start is 0"
            ),
            (
                "nickName", .attribute("record.title"), ["Boss"],
                #"nickName <- record.title (ignoring "Boss"): the value "Boss" is to be ignored"#
            ),
            ("title", .itself, ["x", "Boss"], #"title (ignoring "x", "Boss"): the value "Boss" is to be ignored"#),
            ("roles", .itself, ["b"], #"roles (ignoring "b"): the value "b" is to be ignored"#),
            ("active", .attribute("record.title"), [], "active <- record.title: the value is neither true nor false"),
            (
                "nickName", .attribute("record.roles"), [],
                "nickName <- record.roles: there are 2 values where one is meant"
            ),
        ] as [(String, MappingLine.Source, [String], String)] {
            let found = effect(before, try line(target, source, ignoring: ignoring))
            #expect(found.problem?.hasPrefix(wanted) == true, "\(found.problem ?? "decided")")
            #expect(found.record == before)
        }
        #expect(effect(before, try line("title", .itself, ignoring: ["boss"])).problem == nil)
    }

    @Test("lines read the record as it came: their order does not matter, and a second time changes nothing")
    func order() throws {
        let lines = [
            try line("title", .attribute("record.nickName")), try line("nickName", .attribute("record.title")),
            try line("displayName", expression(#"Join(" ", [record.title], [record.nickName])"#)),
        ]
        let before = record(["title": "T", "nickName": "N"])
        let one = RecordMapping(lines).effect(on: before).record
        #expect(one.attributes["title"] == "N" && one.attributes["nickName"] == "T")
        #expect(one.attributes["displayName"] == "T N")
        #expect(RecordMapping(lines.reversed()).effect(on: before).record == one)
        let upper = RecordMapping([try line("title", expression("ToUpper([record.title])"))])
        let twice = upper.effect(on: upper.effect(on: before).record).record
        #expect(twice == upper.effect(on: before).record)
    }

    @Test("lines of users do not touch groups, nor the other way round")
    func kinds() throws {
        let group = record([:], active: nil, kind: .group)
        let renamed = effect(
            group, try line("nickName", .constant("n")),
            try line(
                "displayName", .expression(MappingExpression(parsing: "app-{record.displayName}", form: .template)),
                kind: .group))
        #expect(renamed.record.name == "app-x" && renamed.record.attributes["displayName"] == "app-x")
        #expect(renamed.record.attributes["nickName"] == nil)
    }

    @Test("a whole attribute that is filled takes the account's other values of it away")
    func whole() throws {
        let typed = #"roles[type eq "WindowsAzureActiveDirectoryRole"]"#
        var account = Account(
            id: "1", kind: .user, name: "x", externalId: "a",
            attributes: Attributes([
                .init(path: "roles", value: ["value": "old"]), .init(path: typed, value: ["value": "admin"]),
                .init(path: "userName", value: "x"),
            ]))
        func changes(_ line: MappingLine) -> (updates: [String], clears: [String]) {
            let mapped = RecordMapping([line]).effect(on: record([:])).record
            let diff = AttributeDiff(record: mapped, account: account, resolved: [:], onCreateOnly: [])
            return (diff.updates.map(\.path), diff.clears.map(\.path))
        }
        #expect(changes(try line("roles", .constant("new"))) == (["roles"], [typed]))
        #expect(changes(try line("roles", .attribute("record.nickName"), whenEmpty: .clear)) == ([], ["roles", typed]))
        #expect(changes(try line("roles", .attribute("record.nickName"))) == ([], []))
        account.attributes[typed] = nil
        account.attributes["roles"] = ["value": "new"]
        #expect(changes(try line("roles", .constant("new"))) == ([], []))
    }

    @Test("membership in a group is asked for by its name")
    func groups() throws {
        let mapping = RecordMapping([
            try line("roles", expression(#"Switch(MemberOf("admins"), , "True", "Admin")"#), whenEmpty: .clear)
        ])
        #expect(
            mapping.effect(on: record([:]), memberOf: { $0 == "admins" ? .yes : .no }).record.attributes["roles"] == [
                "value": "Admin"
            ])
        #expect(mapping.effect(on: record([:]), memberOf: { _ in .no }).record.attributes["roles"] == nil)
        #expect(
            mapping.effect(on: record([:]), memberOf: { _ in .error("two groups") }).problem?.hasSuffix("two groups")
                == true)
        #expect(try MappingExpression(parsing: #"IIF(MemberOf("a"), Not(MemberOf("b")), "c")"#).groups == ["a", "b"])
        #expect(mapping.effect(on: record([:])).problem?.contains("memberships are not known here") == true)
    }

    @Test("targets are attributes of the schemas in one spelling, and others are refused")
    func targets() throws {
        for (name, path, slot) in [
            ("Department", department, department), ("NAME.givenname", "name.givenName", "name.givenName"),
            (#"emails[type eq "work"]"#, #"emails[type eq "work"].value"#, work),
            (
                #"addresses[type eq "work"].locality"#, #"addresses[type eq "work"].locality"#,
                #"addresses[type eq "work"]"#
            ),
            ("roles", "roles", "roles"), ("entitlements.value", "entitlements", "entitlements"),
            (
                "manager", department.replacing("department", with: "manager.value"),
                department.replacing("department", with: "manager.value")
            ),
        ] {
            let target = try MappingTarget(parsing: name, kind: .user)
            #expect(target.path == path && target.slot == slot, "\(name)")
        }
        for (name, kind) in [
            ("shoeSize", Kind.user), ("name", .user), ("meta.created", .user), ("id", .user), ("groups", .user),
            ("password", .user), ("roles.display", .user), (#"emails[value eq "x"].value"#, .user),
            ("addresses", .user),
            ("members", .group), ("title", .group), (#"addresses[type eq "work"]"#, .user),
            ("manager.displayName", .user),
        ] {
            #expect(throws: MappingTarget.Problem.self, "\(name)") { try MappingTarget(parsing: name, kind: kind) }
        }
    }

    @Test("rules with lines of every kind survive being kept, and each part changes their hash")
    func coding() throws {
        var rules = Rules()
        let plain = rules.hash
        rules.recordMapping = [
            try line("title", .constant("c"), apply: .onCreate),
            try line("nickName", .attribute("record.title"), whenEmpty: .clear),
            try line("displayName", expression("ToLower([record.title])"), whenEmpty: .ignore, ignoring: ["a", "b"]),
            try line("locale", .itself, whenEmpty: .value("en")), try line("roles", .constant("r")),
            try line(
                #"emails[type eq "work"].value"#,
                .expression(MappingExpression(parsing: "{record.userName}@x", form: .template))),
            try line("displayName", .constant("g"), kind: .group),
        ]
        rules.onCreateOnly = ["title"]
        #expect(try Rules(json: rules.json) == rules)
        #expect(rules.hash != plain && rules.keptSlots.isEmpty)
        for index in rules.recordMapping.indices {
            var other = rules
            other.recordMapping[index].ignoring.append("z")
            #expect(other.hash != rules.hash)
            other.recordMapping.remove(at: index)
            #expect(other.hash != rules.hash)
        }
        var broken = rules.json
        broken["recordMapping"] = [["kind": "user", "target": "shoeSize"]]
        #expect(throws: CodingFailure.self) { try Rules(json: broken) }
        broken["recordMapping"] = [["kind": "user", "target": "title", "expression": "Foo("]]
        #expect(throws: CodingFailure.self) { try Rules(json: broken) }
    }
}
