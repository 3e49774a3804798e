import JSONBytes

/// What the directory says on one day.
struct Day: Hashable, CustomStringConvertible {
    /// Somebody whom the source names.
    struct Person: Hashable {
        var anchor: String
        var name: String
        var active = true
        var inScope = true
        var title = "t"
        /// The manager's anchor; the source is silent where there is none.
        var manager: String?

        init(
            _ anchor: String, _ name: String, active: Bool = true, inScope: Bool = true, title: String = "t",
            manager: String? = nil
        ) {
            self.anchor = anchor
            self.name = name
            self.active = active
            self.inScope = inScope
            self.title = title
            self.manager = manager
        }
    }

    struct Group: Hashable {
        var anchor: String
        var members: [String]?

        init(_ anchor: String, _ members: [String]?) {
            self.anchor = anchor
            self.members = members
        }
    }

    var people: [Person] = []
    /// `nil`: there is no file of groups.
    var groups: [Group]?

    init(_ people: [Person], groups: [Group]? = nil) {
        self.people = people
        self.groups = groups
    }

    var description: String {
        let people = people.map { person in
            "\(person.anchor)=\(person.name)\(person.active ? "" : " inactive")\(person.inScope ? "" : " out")"
                + "\(person.title == "t" ? "" : " \(person.title)")\(person.manager.map { " under " + $0 } ?? "")"
        }
        let groups = (groups ?? []).map { "\($0.anchor): \($0.members?.joined(separator: "+") ?? "?")" }
        return "[\((people + groups).joined(separator: ", "))]"
    }
}

extension Day.Person {
    /// As a SCIM resource with the anchor as its id.
    var resource: JSONObject {
        var enterprise: JSONObject = ["department": inScope ? "Sales" : "Legal"]
        if let manager { enterprise["manager"] = ["value": .string(manager)] }
        return [
            "id": .string(anchor), "userName": .string(name), "active": .bool(active), "title": .string(title),
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": .object(enterprise),
        ]
    }
}

extension Day.Group {
    var resource: JSONObject {
        var object: JSONObject = ["id": .string(anchor), "displayName": .string("Group " + anchor)]
        if let members { object["members"] = .array(members.map { ["value": .string($0)] }) }
        return object
    }
}

extension Day {
    /// A ListResponse that proves that it is whole.
    var usersText: String { Self.list(people.map(\.resource)) }
    var groupsText: String? { groups.map { Self.list($0.map(\.resource)) } }

    static func list(_ resources: [JSONObject], total: Int? = nil) -> String {
        let list: JSONObject = [
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": .integer(total ?? resources.count),
            "Resources": .array(resources.map { .object($0) }),
        ]
        return JSONValue.object(list).text
    }
}
