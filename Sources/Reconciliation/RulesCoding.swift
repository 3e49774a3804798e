import JSONBytes
import SCIM

// A connection's rules as they are kept in the database, so that the drain judges a push by the same filter, mapping policies
// and matching as the last accepted snapshot.

extension Rules {
    package var json: JSONObject {
        var object: JSONObject = [
            "users": userScope.json, "groups": groupScope.json, "mapping": .string(mappingText),
            "onCreate": .array(onCreateOnly.sorted().map(JSONValue.string)),
            "matching": .array(matching.map(\.json)),
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
            matching.append(try MatchingRule(json: value))
        }
        policies = try Policies(json: object["policies"]?.object ?? JSONObject())
    }
}

extension Policies {
    var json: JSONObject {
        [
            "outOfScope": .string(outOfScope.rawValue), "deactivateAfter": .string(deactivateAfter.text),
            "deleteAfter": deleteAfter.map { .integer($0.milliseconds) } ?? "never",
            "accountMissing": .string(accountMissing.rawValue), "nestedGroups": .string(nestedGroups.rawValue),
            "allowUnverifiedEmailAccountLinking": .bool(allowUnverifiedEmailAccountLinking),
        ]
    }

    init(json object: JSONObject) throws(CodingFailure) {
        self.init()
        outOfScope = try object.value("outOfScope", as: OutOfScope.self)
        // Rules that an earlier version accepted have milliseconds, and no word about deletion.
        if let milliseconds = object.optionalNumber("deactivateAfter") {
            deactivateAfter = .after(.milliseconds(milliseconds))
        } else if let grace = Grace(text: try object.text("deactivateAfter")) {
            deactivateAfter = grace
        } else {
            throw CodingFailure(key: "deactivateAfter")
        }
        deleteAfter = object.optionalNumber("deleteAfter").map(Duration.milliseconds)
        if object["accountMissing"] != nil {
            accountMissing = try object.value("accountMissing", as: AccountMissing.self)
        }
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
        if case .list(let list) = operand, let file = list.file { object["file"] = .string(file) }
        if case .pattern(let pattern) = operand, pattern.find { object["find"] = true }
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
            try FilterAttribute(json: object["attribute"]), `operator`, try Self.operand(`operator`, object),
            match: match, emptyNotEquals: object["emptyNotEquals"]?.bool ?? false)
    }

    private static func operand(
        _ operator: ScopingOperator, _ object: JSONObject
    ) throws(CodingFailure) -> ScopingOperand {
        let values = (object["values"]?.array ?? []).compactMap(\.string)
        if let file = object.optionalText("file") { return .list(ScopingList(values, file: file)) }
        do { return try ScopingOperand(`operator`, values, find: object["find"]?.bool ?? false) } catch {
            throw CodingFailure(key: "values")
        }
    }
}

extension FilterAttribute {
    var json: JSONValue {
        switch self {
        case .externalId: ["externalId": true]
        case .active: ["active": true]
        case .groups: ["groups": true]
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
        } else if object["groups"] != nil {
            self = .groups
        } else if let name = object.optionalText("source") {
            self = .source(name)
        } else {
            self = .slot(path: try object.text("slot"), isMultiValued: object["multiValued"]?.bool ?? false)
        }
    }
}
