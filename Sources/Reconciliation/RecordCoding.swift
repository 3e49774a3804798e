import JSONBytes

// The forms in which records, accounts and rows are kept in plan files, in the journal and in staging. They are written by
// this program only, so a value that does not fit is a damaged file: `CodingFailure` names the key.

package struct CodingFailure: Error, Sendable, CustomStringConvertible {
    package var key: String

    package init(key: String) { self.key = key }

    package var description: String { "the entry '\(key)' is missing or has the wrong type" }
}

extension JSONObject {
    func text(_ key: String) throws(CodingFailure) -> String {
        guard let value = self[key]?.string else { throw CodingFailure(key: key) }
        return value
    }

    func optionalText(_ key: String) -> String? { self[key]?.string }

    func number(_ key: String) throws(CodingFailure) -> Int64 {
        guard let value = self[key]?.integer else { throw CodingFailure(key: key) }
        return Int64(value)
    }

    func optionalNumber(_ key: String) -> Int64? { self[key]?.integer.map(Int64.init) }

    func value<T: RawRepresentable>(_ key: String, as type: T.Type) throws(CodingFailure) -> T
    where T.RawValue == String {
        guard let value = T(rawValue: try text(key)) else { throw CodingFailure(key: key) }
        return value
    }

    /// Appends a member unless its value is absent.
    mutating func put(_ key: String, _ value: JSONValue?) { if let value { self[key] = value } }
}

extension Instant {
    package var json: JSONValue { .integer(milliseconds) }
}

extension Attributes {
    package var json: JSONValue {
        .object(JSONObject(slots.map { JSONObject.Member(key: $0.path, value: $0.value) }))
    }

    package init(json object: JSONObject) {
        self.init(object.members.map { Slot(path: $0.key, value: $0.value) })
    }
}

extension RecordReference {
    package var json: JSONValue {
        switch target {
        case .record(let id): ["path": .string(path), "record": .string(id)]
        case .source(let key): ["path": .string(path), "source": .string(key)]
        }
    }

    package init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "references") }
        let path = try object.text("path")
        if let id = object.optionalText("record") {
            self.init(path: path, target: .record(id: id))
        } else {
            self.init(path: path, target: .source(key: try object.text("source")))
        }
    }
}

extension DirectoryRecord {
    package var json: JSONObject {
        var object: JSONObject = ["id": .string(id), "kind": .string(kind.rawValue), "name": .string(name)]
        object.put("anchor", anchor.map { .string($0.value) })
        object.put("reference", reference.map(JSONValue.string))
        object.put("active", active.map(JSONValue.bool))
        object["attributes"] = attributes.json
        if !cleared.isEmpty { object["cleared"] = .array(cleared.map(JSONValue.string)) }
        if !references.isEmpty { object["references"] = .array(references.map(\.json)) }
        if !source.isEmpty { object["source"] = .object(source) }
        object["version"] = .integer(version)
        object["decidedVersion"] = .integer(decidedVersion)
        object["origin"] = .string(origin.rawValue)
        object.put("pushedAt", pushedAt?.json)
        object.put("missingSince", missingSince?.json)
        object.put("deletedAt", deletedAt?.json)
        if absence != Absence() { object["absence"] = absence.json }
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        var references: [RecordReference] = []
        for value in object["references"]?.array ?? [] { references.append(try RecordReference(json: value)) }
        self.init(
            id: try object.text("id"), kind: try object.value("kind", as: Kind.self),
            anchor: object.optionalText("anchor").map(Anchor.init), reference: object.optionalText("reference"),
            name: try object.text("name"), active: object["active"]?.bool,
            attributes: Attributes(json: object["attributes"]?.object ?? JSONObject()),
            cleared: (object["cleared"]?.array ?? []).compactMap(\.string), references: references,
            source: object["source"]?.object ?? JSONObject(), version: try object.number("version"),
            decidedVersion: try object.number("decidedVersion"), origin: try object.value("origin", as: Origin.self),
            pushedAt: object.optionalNumber("pushedAt").map(Instant.init(milliseconds:)),
            missingSince: object.optionalNumber("missingSince").map(Instant.init(milliseconds:)),
            deletedAt: object.optionalNumber("deletedAt").map(Instant.init(milliseconds:)))
        if let value = object["absence"] { absence = try Absence(json: value) }
    }

    /// The text whose hash says whether the record's content is the same: everything that a decision may depend on, and no
    /// versions or times of bookkeeping.
    package var contentText: String {
        var object = json
        for key in ["version", "decidedVersion", "origin", "pushedAt"] { object[key] = nil }
        return JSONValue.object(object).canonical.text
    }
}

extension Account {
    /// The whole account, as the journal keeps it.
    package var image: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "kind": .string(kind.rawValue), "name": .string(name), "active": .bool(active),
            "attributes": attributes.json, "version": .integer(version),
        ]
        object.put("externalId", externalId.map(JSONValue.string))
        object.put("disabledBy", disabledBy.map { .string($0.rawValue) })
        if protected { object["protected"] = true }
        return .object(object)
    }

    package init(image object: JSONObject) throws(CodingFailure) {
        self.init(
            id: try object.text("id"), kind: try object.value("kind", as: Kind.self), name: try object.text("name"),
            externalId: object.optionalText("externalId"), active: object["active"]?.bool ?? true,
            disabledBy: object.optionalText("disabledBy").flatMap(DisabledBy.init),
            protected: object["protected"]?.bool ?? false,
            attributes: Attributes(json: object["attributes"]?.object ?? JSONObject()),
            version: try object.number("version"))
    }
}

extension Absence {
    var json: JSONValue {
        var object: JSONObject = ["sightings": .integer(sightings)]
        object.put("lastSighting", lastSighting?.json)
        object.put("leftAt", leftAt?.json)
        return .object(object)
    }

    init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "absence") }
        self.init(
            sightings: Int(try object.number("sightings")),
            lastSighting: object.optionalNumber("lastSighting").map(Instant.init(milliseconds:)),
            leftAt: object.optionalNumber("leftAt").map(Instant.init(milliseconds:)))
    }
}

extension MappedRecord {
    package var json: JSONObject {
        var object: JSONObject = ["kind": .string(kind.rawValue), "name": .string(name)]
        object.put("anchor", anchor.map { .string($0.value) })
        object.put("reference", reference.map(JSONValue.string))
        object.put("active", active.map(JSONValue.bool))
        object["attributes"] = attributes.json
        if !cleared.isEmpty { object["cleared"] = .array(cleared.map(JSONValue.string)) }
        if !references.isEmpty {
            object["references"] = .array(references.map { [.string($0.path), .string($0.key)] })
        }
        if !source.isEmpty { object["source"] = .object(source) }
        object["saysMembers"] = .bool(members != nil)
        object["place"] = place.json
        return object
    }

    /// Without members: they are staged as rows of their own.
    package init(json object: JSONObject) throws(CodingFailure) {
        var references: [Reference] = []
        for value in object["references"]?.array ?? [] {
            guard let pair = value.array, pair.count == 2, let path = pair[0].string, let key = pair[1].string else {
                throw CodingFailure(key: "references")
            }
            references.append(Reference(path: path, key: key))
        }
        self.init(
            kind: try object.value("kind", as: Kind.self), anchor: object.optionalText("anchor").map(Anchor.init),
            reference: object.optionalText("reference"), name: try object.text("name"), active: object["active"]?.bool,
            attributes: Attributes(json: object["attributes"]?.object ?? JSONObject()),
            cleared: (object["cleared"]?.array ?? []).compactMap(\.string), references: references,
            source: object["source"]?.object ?? JSONObject(),
            members: object["saysMembers"]?.bool == true ? [] : nil,
            place: try Place(json: object["place"]))
    }
}

extension Place {
    package var json: JSONValue {
        ["file": .string(file), "begin": .integer(bytes.lowerBound), "end": .integer(bytes.upperBound)]
    }

    package init(json value: JSONValue?) throws(CodingFailure) {
        guard let object = value?.object else { throw CodingFailure(key: "place") }
        let begin = Int(try object.number("begin"))
        let end = Int(try object.number("end"))
        guard begin <= end else { throw CodingFailure(key: "end") }
        self.init(file: try object.text("file"), bytes: begin..<end)
    }
}
