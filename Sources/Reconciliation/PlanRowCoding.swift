import JSONBytes

extension AttributeChange {
    package var json: JSONValue {
        var object: JSONObject = ["path": .string(path), "before": before ?? .null, "after": after ?? .null]
        object.put("beforeLabel", beforeLabel.map(JSONValue.string))
        object.put("afterLabel", afterLabel.map(JSONValue.string))
        object.put("afterIdentity", afterIdentity.map(JSONValue.string))
        object.put("beforeIdentity", beforeIdentity.map(JSONValue.string))
        return .object(object)
    }

    package init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "attributes") }
        self.init(
            path: try object.text("path"), before: object["before"].flatMap { $0.isNull ? nil : $0 },
            after: object["after"].flatMap { $0.isNull ? nil : $0 }, beforeLabel: object.optionalText("beforeLabel"),
            afterLabel: object.optionalText("afterLabel"), afterIdentity: object.optionalText("afterIdentity"),
            beforeIdentity: object.optionalText("beforeIdentity"))
    }
}

extension Change {
    var json: JSONValue {
        var object: JSONObject = ["class": .string(changeClass.rawValue)]
        if !attributes.isEmpty { object["attributes"] = .array(attributes.map(\.json)) }
        if isDrift { object["drift"] = true }
        return .object(object)
    }

    init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "changes") }
        var attributes: [AttributeChange] = []
        for value in object["attributes"]?.array ?? [] { attributes.append(try AttributeChange(json: value)) }
        self.init(
            try object.value("class", as: ChangeClass.self), attributes: attributes,
            isDrift: object["drift"]?.bool ?? false)
    }
}

extension Subject {
    package var json: JSONValue {
        var object: JSONObject = ["kind": .string(kind.rawValue), "name": .string(name)]
        object.put("anchor", anchor.map { .string($0.value) })
        object.put("displayName", displayName.map(JSONValue.string))
        object.put("record", recordID.map(JSONValue.string))
        object.put("account", accountID.map(JSONValue.string))
        return .object(object)
    }

    package init(json value: JSONValue?) throws(CodingFailure) {
        guard let object = value?.object else { throw CodingFailure(key: "subject") }
        self.init(
            kind: try object.value("kind", as: Kind.self), anchor: object.optionalText("anchor").map(Anchor.init),
            name: try object.text("name"), displayName: object.optionalText("displayName"),
            recordID: object.optionalText("record"),
            accountID: object.optionalText("account"))
    }
}

extension RecordWrite {
    var json: JSONValue {
        switch self {
        case .store(let record, let previousVersion, let hash, let dueAt):
            var object: JSONObject = ["store": .object(record.json), "hash": .string(hash)]
            object.put("previousVersion", previousVersion.map { .integer($0) })
            object.put("dueAt", dueAt?.json)
            return .object(object)
        case .decided(let version): return ["decided": .integer(version)]
        }
    }

    init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "record") }
        guard let stored = object["store"]?.object else {
            self = .decided(version: try object.number("decided"))
            return
        }
        self = .store(
            try DirectoryRecord(json: stored), previousVersion: object.optionalNumber("previousVersion"),
            hash: try object.text("hash"), dueAt: object.optionalNumber("dueAt").map(Instant.init(milliseconds:)))
    }
}

extension MemberWrite {
    var json: JSONValue {
        switch self {
        case .listed(let recordID): ["write": "listed", "record": .string(recordID)]
        case .unlisted(let recordID): ["write": "unlisted", "record": .string(recordID)]
        case .deferred(let key): ["write": "deferred", "key": .string(key)]
        case .undeferred(let key): ["write": "undeferred", "key": .string(key)]
        case .resolved(let key, let recordID): ["write": "resolved", "key": .string(key), "record": .string(recordID)]
        }
    }

    init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "memberWrite") }
        switch try object.text("write") {
        case "listed": self = .listed(recordID: try object.text("record"))
        case "unlisted": self = .unlisted(recordID: try object.text("record"))
        case "deferred": self = .deferred(key: try object.text("key"))
        case "undeferred": self = .undeferred(key: try object.text("key"))
        case "resolved": self = .resolved(key: try object.text("key"), recordID: try object.text("record"))
        default: throw CodingFailure(key: "write")
        }
    }
}

extension PlanRow {
    /// The row as one object of a plan file.
    package var json: JSONObject {
        var object: JSONObject = [
            "type": "row", "phase": .integer(phase.rawValue), "subject": subject.json,
            "situation": .string(situation.rawValue), "reason": .string(reason),
        ]
        if !changes.isEmpty { object["changes"] = .array(changes.map(\.json)) }
        object.put("record", record?.json)
        if let link {
            object["link"] = ["account": .string(link.accountID), "evidence": .string(link.evidence)]
        }
        object.put("accountVersion", accountVersion.map { .integer($0) })
        object.put("member", member?.json)
        object.put("memberWrite", memberWrite?.json)
        object.put("place", place?.json)
        object.put("edit", edit.map { .string($0.rawValue) })
        object.put("memberOf", memberships.map { .object($0.json) })
        object.put("waitsFor", waitsFor.isEmpty ? nil : .array(waitsFor.map(\.json)))
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        guard let phase = Phase(rawValue: Int(try object.number("phase"))) else { throw CodingFailure(key: "phase") }
        var changes: [Change] = []
        for value in object["changes"]?.array ?? [] { changes.append(try Change(json: value)) }
        var record: RecordWrite?
        if let value = object["record"] { record = try RecordWrite(json: value) }
        var link: Decision.NewLink?
        if let value = object["link"]?.object {
            link = Decision.NewLink(accountID: try value.text("account"), evidence: try value.text("evidence"))
        }
        var member: Subject?
        if let value = object["member"] { member = try Subject(json: value) }
        var memberWrite: MemberWrite?
        if let value = object["memberWrite"] { memberWrite = try MemberWrite(json: value) }
        var place: Place?
        if let value = object["place"] { place = try Place(json: value) }
        var edit: RulesEdit?
        if let value = object["edit"]?.string {
            edit = RulesEdit(rawValue: value)
            if edit == nil { throw CodingFailure(key: "edit") }
        }
        self.init(
            phase: phase, subject: try Subject(json: object["subject"]),
            situation: try object.value("situation", as: Situation.self), reason: try object.text("reason"),
            changes: changes, record: record, link: link, accountVersion: object.optionalNumber("accountVersion"),
            member: member, memberWrite: memberWrite, place: place, edit: edit)
        memberships = object["memberOf"]?.object.map(Memberships.init(json:))
        for value in object["waitsFor"]?.array ?? [] { waitsFor.append(try RecordReference(json: value)) }
    }
}

extension Memberships {
    /// By group `true`, or why it could not be told.
    var json: JSONObject {
        JSONObject(
            verdicts.sorted { $0.key < $1.key }.map { group, verdict in
                if case .error(let why) = verdict { return JSONObject.Member(key: group, value: .string(why)) }
                return JSONObject.Member(key: group, value: true)
            })
    }

    init(json object: JSONObject) {
        var verdicts: [String: ClauseVerdict] = [:]
        for member in object.members { verdicts[member.key] = member.value.string.map(ClauseVerdict.error) ?? .yes }
        self.init(verdicts)
    }
}
