import JSONBytes
import Reconciliation
import SCIM
import Storage

@testable import PushEndpoint

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SampleGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func one<T>(of values: [T]) -> T { values[Int.random(in: 0..<values.count, using: &self)] }
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}

/// Records with every oddity that a push or a snapshot can bring.
struct SampleRecords {
    var generator: SampleGenerator

    static let texts = [
        "a", "A", "ann", "ANN", "\u{DF}", "ss", "\u{1E9E}", "\u{130}stanbul", "i\u{307}stanbul", "\u{E9}", "e\u{301}",
        "\u{FB01}n", "fin", "x\u{0}y", "\u{0}", "quote\"s", "back\\slash", "50%_", "O'Malley; --", "true", "1", "007",
        "2026-01-02T03:04:05Z", "2026-11-24", "a b", "\u{1F468}\u{200D}\u{1F469}", "zz", "\u{3C3}\u{3C2}", "]", "[type",
        "line\nbreak", "\u{FF41}nn",
    ]
    static let addresses = [
        "a@x.example", "A@X.example", "b@x.example", "\u{DF}@x.example", "ss@X.example", "c@y.example",
    ]
    static let types = ["work", "home", "Work", "wo\"rk\\", "other"]
    static let numbers = ["1", "1.0", "1e2", "-3", "12345678901234567890123", "9007199254740993", "0.5"]

    private mutating func scalar() -> JSONValue {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: .number(generator.one(of: Self.numbers))
        case 1: .bool(generator.chance(50))
        case 2: .null
        case 3: .string("")
        default: .string(generator.one(of: Self.texts))
        }
    }

    private mutating func element(_ values: [String]) -> JSONValue {
        var object = JSONObject()
        if generator.chance(85) { object["value"] = .string(generator.one(of: values)) }
        if generator.chance(10) { object["value"] = scalar() }
        if generator.chance(40) { object["display"] = scalar() }
        if generator.chance(30) { object["primary"] = .bool(false) }
        return .object(object)
    }

    /// Fills a multi-valued attribute in its slots; at most one value is primary.
    private mutating func fill(_ attribute: String, _ values: [String], in attributes: inout Attributes) {
        var hasPrimary = false
        for type in [nil] + Self.types.map(Optional.some) where generator.chance(25) {
            var elements = (0..<Int.random(in: 1...2, using: &generator)).map { _ in element(values) }
            if !hasPrimary, generator.chance(40), var object = elements[0].object {
                object["primary"] = true
                elements[0] = .object(object)
                hasPrimary = true
            }
            if generator.chance(15) { elements.append(scalar()) }
            let path = type.map { Attributes.slotPath(attribute, type: $0) } ?? attribute
            attributes[path] = elements.count == 1 ? elements[0] : .array(elements)
        }
    }

    mutating func user(_ number: Int) -> DirectoryRecord {
        let name =
            generator.one(of: ["a", "B", "\u{DF}", "\u{130}", "\u{E9}", "e\u{301}", "\u{FB01}"]) + String(number)
        var attributes = Attributes()
        attributes["userName"] = .string(name)
        for path in [
            "title", "nickName", "displayName", "userType", "name.givenName", "name.familyName",
            Schemas.enterpriseURN + ":department", Schemas.enterpriseURN + ":employeeNumber",
        ] where generator.chance(55) {
            attributes[path] = scalar()
        }
        if generator.chance(15) { attributes[Schemas.enterpriseURN + ":manager.displayName"] = scalar() }
        if generator.chance(15) { attributes["urn:vendor:x:flag"] = .bool(generator.chance(50)) }
        fill("emails", Self.addresses, in: &attributes)
        fill("phoneNumbers", Self.texts, in: &attributes)
        if generator.chance(20) { fill("addresses", Self.texts, in: &attributes) }
        var references: [RecordReference] = []
        if generator.chance(30) {
            let target = generator.one(of: ["u1", "u2", "nobody"])
            references = [
                RecordReference(
                    path: DirectoryRecord.managerPath,
                    target: generator.chance(50) ? .record(id: target) : .source(key: target))
            ]
        }
        return DirectoryRecord(
            id: "u\(number)", kind: .user,
            anchor: generator.chance(50) ? Anchor((number % 2 == 0 ? "Ab" : "ab") + String(number / 2)) : nil,
            reference: nil,
            name: name, active: generator.one(of: [true, false, nil]), attributes: attributes, references: references,
            origin: .push)
    }

    mutating func group(_ number: Int) -> DirectoryRecord {
        let name = generator.one(of: ["ann", "ANN", "\u{DF}", "ss", "Sales", "zz", "quote\"s"])
        var attributes = Attributes()
        attributes["displayName"] = .string(name)
        return DirectoryRecord(
            id: "g\(number)", kind: .group, anchor: generator.chance(50) ? Anchor("Ab\(number)") : nil, reference: nil,
            name: name, active: nil, attributes: attributes, origin: .push)
    }
}

/// Filters as a client might think them up, and as it would not.
struct SampleFilters {
    var generator: SampleGenerator
    let type: ResourceType

    private static let userPaths = [
        "userName", "title", "nickName", "displayName", "userType", "name.givenName", "name.familyName", "name",
        "active",
        "externalId", "id", "emails", "emails.value", "emails.type", "emails.primary", "emails.display", "phoneNumbers",
        "phoneNumbers.value", "addresses", "addresses.type", "photos", "groups", "groups.value", "groups.display",
        "groups.type", "groups.$ref", "meta.created", "meta.lastModified", "meta.version", "meta.resourceType",
        "meta.location", "meta", "schemas", "department", Schemas.enterpriseURN + ":employeeNumber",
        Schemas.enterpriseURN, "manager", "manager.value", "manager.displayName", "urn:vendor:x:flag", "title.value",
        "userName.none", Schemas.userURN + ":userName", "members.value", "roles.value",
    ]
    private static let groupPaths = [
        "displayName", "members", "members.value", "members.type", "members.display", "members.$ref", "id",
        "externalId",
        "meta.created", "meta.lastModified", "meta.resourceType", "meta.version", "schemas", "userName", "emails.value",
        "groups", "active",
    ]
    private static let inner = ["value", "type", "primary", "display"]

    mutating func filter(_ depth: Int = 3) -> Filter? { try? Filter(parsing: text(depth)) }

    private mutating func text(_ depth: Int) -> String {
        switch depth > 0 ? Int.random(in: 0..<10, using: &generator) : 9 {
        case 0, 1: text(depth - 1) + " and " + text(depth - 1)
        case 2: "(" + text(depth - 1) + ") and (" + text(depth - 1) + ")"
        case 3, 4: text(depth - 1) + " or " + text(depth - 1)
        case 5: "not (" + text(depth - 1) + ")"
        case 6: values(depth - 1)
        default: leaf(generator.one(of: type == .user ? Self.userPaths : Self.groupPaths))
        }
    }

    private mutating func values(_ depth: Int) -> String {
        let plurals =
            type == .user ? ["emails", "phoneNumbers", "groups", "addresses", "name"] : ["members", "emails"]
        var text = leaf(generator.one(of: Self.inner))
        if depth > 0 {
            text += generator.chance(60) ? " and " : " or "
            text += generator.chance(20) ? "not (" + leaf(generator.one(of: Self.inner)) + ")" : leaf("value")
        }
        return generator.one(of: plurals) + "[" + text + "]"
    }

    private mutating func leaf(_ path: String) -> String {
        if generator.chance(15) { return path + " pr" }
        let isDate = path == "meta.created" || path == "meta.lastModified"
        let comparison = generator.one(of: Filter.Comparison.allCases).rawValue
        return path + " " + comparison + " " + literal(isDate ? QueryWorld.dates : literals(path))
    }

    private func literals(_ path: String) -> [String] {
        switch path {
        case "id": ["u1", "U1", "g2", "u"]
        case "externalId": ["Ab1", "ab1", "Ab", "b"]
        case "userName": ["a1", "A", "\u{DF}2", "ss2", "e\u{301}", "fi", "9"]
        case "schemas": [Schemas.userURN, Schemas.enterpriseURN, "urn:", Schemas.groupURN.uppercased()]
        case "meta.version": ["W/\"1\"", "W/", "2"]
        case "meta.location": [QueryWorld.base + "/Users/u1", "/Groups/", "u3"]
        case "meta.resourceType": ["User", "Group", "user"]
        case "members.value", "groups.value", "members", "groups", "manager", "manager.value":
            ["u1", "u2", "g1", "g3", "nobody", "u"]
        case "members.type": ["User", "group", "Us"]
        case "emails", "emails.value", "value": SampleRecords.addresses + ["x.example", "u1", "g1", "a"]
        case "emails.type", "type", "addresses.type": SampleRecords.types + ["work", "direct", "User"]
        default: SampleRecords.texts
        }
    }

    private mutating func literal(_ texts: [String]) -> String {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: generator.one(of: SampleRecords.numbers)
        case 1: "true"
        case 2: "false"
        case 3: "null"
        case 4: "\"\""
        default: JSONValue.string(generator.one(of: texts)).text
        }
    }
}
