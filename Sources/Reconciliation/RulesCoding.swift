import JSONBytes
import SCIM

// A connection's rules as they are kept in the database, so that the drain judges a push by the same filter, mapping policies
// and matching as the last accepted snapshot.

extension Rules {
    package var json: JSONObject {
        var object: JSONObject = [
            "users": userScope.json, "groups": groupScope.json, "mapping": .string(mappingText),
            "onCreate": .array(onCreateOnly.sorted().map(JSONValue.string)),
            "matching": .array(matching.map { .string($0.attribute.rawValue) }),
            "policies": .object(policies.json),
        ]
        if !recordMapping.isEmpty { object["recordMapping"] = .array(recordMapping.map(\.json)) }
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        self.init()
        userScope = try ScopingFilter(json: object["users"])
        groupScope = try ScopingFilter(json: object["groups"])
        mappingText = try object.text("mapping")
        onCreateOnly = Set((object["onCreate"]?.array ?? []).compactMap(\.string))
        for value in object["recordMapping"]?.array ?? [] { recordMapping.append(try MappingLine(json: value)) }
        matching = []
        for value in object["matching"]?.array ?? [] {
            guard let attribute = value.string.flatMap(MatchingRule.Attribute.init) else {
                throw CodingFailure(key: "matching")
            }
            matching.append(MatchingRule(attribute))
        }
        policies = try Policies(json: object["policies"]?.object ?? JSONObject())
    }
}

extension Policies {
    var json: JSONObject {
        [
            "outOfScope": .string(outOfScope.rawValue), "deactivateAfter": .integer(deactivateAfter.milliseconds),
            "nestedGroups": .string(nestedGroups.rawValue),
            "allowUnverifiedEmailAccountLinking": .bool(allowUnverifiedEmailAccountLinking),
        ]
    }

    init(json object: JSONObject) throws(CodingFailure) {
        self.init()
        outOfScope = try object.value("outOfScope", as: OutOfScope.self)
        deactivateAfter = .milliseconds(try object.number("deactivateAfter"))
        nestedGroups = try object.value("nestedGroups", as: NestedGroups.self)
        allowUnverifiedEmailAccountLinking = object["allowUnverifiedEmailAccountLinking"]?.bool ?? false
    }
}

extension ScopingFilter {
    var json: JSONValue {
        switch self {
        case .everyone: "everyone"
        case .clauses(let groups): .array(groups.map { .array($0.map(\.json)) })
        case .expression(let filter): ["scim": .string(filter.description)]
        }
    }

    init(json value: JSONValue?) throws(CodingFailure) {
        if value == "everyone" {
            self = .everyone
        } else if let text = value?.object?["scim"]?.string {
            do { self = .expression(try Filter(parsing: text)) } catch { throw CodingFailure(key: "scim") }
        } else if let groups = value?.array {
            var parsed: [[ScopingClause]] = []
            for group in groups {
                var clauses: [ScopingClause] = []
                for clause in group.array ?? [] { clauses.append(try ScopingClause(json: clause)) }
                parsed.append(clauses)
            }
            self = .clauses(parsed)
        } else {
            throw CodingFailure(key: "scope")
        }
    }
}

extension ScopingClause {
    var json: JSONValue {
        var object: JSONObject = [
            "attribute": attribute.json, "operator": .string(`operator`.rawValue),
            "values": .array(values.map(JSONValue.string)),
        ]
        object.put("match", match.map { .string($0.rawValue) })
        if emptyNotEquals { object["emptyNotEquals"] = true }
        return .object(object)
    }

    init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object, let `operator` = ScopingOperator(rawValue: try object.text("operator")) else {
            throw CodingFailure(key: "operator")
        }
        var match: Match?
        if let text = object.optionalText("match") {
            guard let known = Match(rawValue: text) else { throw CodingFailure(key: "match") }
            match = known
        }
        self.init(
            attribute: try FilterAttribute(json: object["attribute"]), operator: `operator`,
            values: (object["values"]?.array ?? []).compactMap(\.string), match: match,
            emptyNotEquals: object["emptyNotEquals"]?.bool ?? false)
    }
}

extension FilterAttribute {
    var json: JSONValue {
        switch self {
        case .externalId: ["externalId": true]
        case .active: ["active": true]
        case .slot(let path, let isMultiValued): ["slot": .string(path), "multiValued": .bool(isMultiValued)]
        case .source(let name): ["source": .string(name)]
        }
    }

    init(json value: JSONValue?) throws(CodingFailure) {
        guard let object = value?.object else { throw CodingFailure(key: "attribute") }
        if object["externalId"] != nil {
            self = .externalId
        } else if object["active"] != nil {
            self = .active
        } else if let name = object.optionalText("source") {
            self = .source(name)
        } else {
            self = .slot(path: try object.text("slot"), isMultiValued: object["multiValued"]?.bool ?? false)
        }
    }
}
