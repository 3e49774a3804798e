import JSONBytes

// The lines of a plan file other than its rows. Written and read by this program only; readable with any JSON tool.

extension PlanHeader {
    package var json: JSONObject {
        var object: JSONObject = [
            "organization": .string(organization), "connection": .string(connection), "job": .string(job),
            "mode": .string(mode.rawValue), "asOf": asOf.json, "rulesHash": .string(rulesHash),
            "createsConnection": .bool(createsConnection), "files": .array(files.map(\.json)),
        ]
        object.put("takenAt", takenAt?.json)
        object.put("sourceDigest", sourceDigest.map(JSONValue.string))
        object.put("undoes", undoes.map { .integer($0) })
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        var files: [SourceFile] = []
        for value in object["files"]?.array ?? [] { files.append(try SourceFile(json: value)) }
        self.init(
            organization: try object.text("organization"), connection: try object.text("connection"),
            job: try object.text("job"), mode: try object.value("mode", as: PlanMode.self),
            asOf: Instant(milliseconds: try object.number("asOf")),
            takenAt: object.optionalNumber("takenAt").map(Instant.init(milliseconds:)),
            sourceDigest: object.optionalText("sourceDigest"), files: files, rulesHash: try object.text("rulesHash"),
            createsConnection: object["createsConnection"]?.bool ?? false)
        undoes = object.optionalNumber("undoes")
    }
}

extension PlanHeader.SourceFile {
    var json: JSONValue {
        var object: JSONObject = ["path": .string(path), "bytes": .integer(bytes), "records": .integer(records)]
        object.put("sha256", sha256.map(JSONValue.string))
        return .object(object)
    }

    init(json value: JSONValue) throws(CodingFailure) {
        guard let object = value.object else { throw CodingFailure(key: "files") }
        self.init(
            path: try object.text("path"), bytes: Int(try object.number("bytes")),
            records: Int(try object.number("records")), sha256: object.optionalText("sha256"))
    }
}

extension Notice {
    package var json: JSONObject {
        var object: JSONObject = [
            "subject": subject.json, "situation": .string(situation.rawValue), "text": .string(text),
            "reason": .string(reason),
        ]
        object.put("due", due?.json)
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        var due: Due?
        if let value = object["due"]?.object { due = try Due(json: value) }
        self.init(
            subject: try Subject(json: object["subject"]),
            situation: try object.value("situation", as: Situation.self), text: try object.text("text"),
            reason: try object.text("reason"), due: due)
    }
}

extension Notice.Due {
    var json: JSONValue {
        var object: JSONObject = ["class": .string(changeClass.rawValue), "at": at.json]
        object.put("sightings", sightings.map { .integer($0) })
        return .object(object)
    }

    init(json object: JSONObject) throws(CodingFailure) {
        self.init(
            try object.value("class", as: ChangeClass.self), at: Instant(milliseconds: try object.number("at")),
            sightings: object.optionalNumber("sightings").map(Int.init))
    }
}

extension Quarantined {
    package var json: JSONObject {
        var object: JSONObject = [
            "kind": .string(kind.rawValue), "situation": .string(situation.rawValue), "code": .string(finding.code),
            "detail": .string(finding.detail), "cure": .string(finding.cure),
        ]
        object.put("anchor", anchor.map { .string($0.value) })
        object.put("name", name.map(JSONValue.string))
        object.put("place", place?.json)
        object.put("record", recordID.map(JSONValue.string))
        object.put("version", version.map { .integer($0) })
        object.put("attributes", attributes.map(JSONValue.object))
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        var place: Place?
        if let value = object["place"] { place = try Place(json: value) }
        self.init(
            kind: try object.value("kind", as: Kind.self), anchor: object.optionalText("anchor").map(Anchor.init),
            name: object.optionalText("name"), situation: try object.value("situation", as: Situation.self),
            finding: Finding(
                code: try object.text("code"), detail: try object.text("detail"), cure: try object.text("cure")),
            place: place, recordID: object.optionalText("record"), version: object.optionalNumber("version"),
            attributes: object["attributes"]?.object)
    }
}

extension GateReading {
    package var json: JSONObject {
        var object: JSONObject = [
            "name": .string(name), "measured": .integer(measured), "tripped": .bool(tripped), "detail": .string(detail),
        ]
        object.put("limit", limit.map { .integer($0) })
        object.put("population", population.map { .integer($0) })
        return object
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        self.init(
            name: try object.text("name"), measured: Int(try object.number("measured")),
            limit: object.optionalNumber("limit").map(Int.init),
            population: object.optionalNumber("population").map(Int.init),
            tripped: object["tripped"]?.bool ?? false, detail: try object.text("detail"))
    }
}

extension PlanSummary {
    package var json: JSONObject {
        var object: JSONObject = [
            "counts": Self.counts(counts.map { ($0.key.rawValue, $0.value) }),
            "situations": Self.counts(situations.map { ($0.key.rawValue, $0.value) }),
            "records": Self.counts(records.map { ($0.key.rawValue, $0.value) }),
            "quarantined": .integer(quarantined), "deferredMembers": .integer(deferredMembers),
            "coverage": .string(coverage), "digest": .string(digest), "outcome": .string(outcome.word),
            "stale": .integer(stale),
        ]
        object.put("completeness", completeness.map { .string($0.word) })
        object.put("completenessReason", completeness.map { .string($0.reason) })
        object.put("run", run.map { .integer($0) })
        if case .unexpected(let expected) = outcome { object["expected"] = .string(expected) }
        if !unmapped.isEmpty { object["unmapped"] = Self.counts(unmapped.map { ($0.key, $0.value) }) }
        object.put("approval", approval.map { ["by": .string($0.by), "at": $0.at.json] })
        object.put("approvedUntil", approvedUntil?.json)
        object.put("approvalNote", approvalNote.map(JSONValue.string))
        object.put("held", held.map { ["count": .integer($0.count), "digest": .string($0.digest)] })
        object.put("shown", shown.map(JSONValue.string))
        if !deviations.isEmpty { object["deviations"] = .array(deviations.map(JSONValue.string)) }
        return object
    }

    private static func counts(_ pairs: [(String, Int)]) -> JSONValue {
        .object(JSONObject(pairs.sorted { $0.0 < $1.0 }.map { .init(key: $0.0, value: .integer($0.1)) }))
    }

    package init(json object: JSONObject) throws(CodingFailure) {
        self.init()
        for member in object["counts"]?.object?.members ?? [] {
            guard let key = ChangeClass(rawValue: member.key) else { throw CodingFailure(key: "counts") }
            counts[key] = member.value.integer
        }
        for member in object["situations"]?.object?.members ?? [] {
            guard let key = Situation(rawValue: member.key) else { throw CodingFailure(key: "situations") }
            situations[key] = member.value.integer
        }
        for member in object["records"]?.object?.members ?? [] {
            guard let key = Kind(rawValue: member.key) else { throw CodingFailure(key: "records") }
            records[key] = member.value.integer
        }
        quarantined = Int(try object.number("quarantined"))
        deferredMembers = Int(try object.number("deferredMembers"))
        coverage = try object.text("coverage")
        digest = try object.text("digest")
        stale = Int(try object.number("stale"))
        run = object.optionalNumber("run")
        outcome = try Outcome(word: try object.text("outcome"), expected: object.optionalText("expected"))
        completeness = try Completeness(
            word: object.optionalText("completeness"), reason: object.optionalText("completenessReason") ?? "")
        for member in object["unmapped"]?.object?.members ?? [] { unmapped[member.key] = member.value.integer }
        if let value = object["approval"]?.object {
            approval = Approval(by: try value.text("by"), at: Instant(milliseconds: try value.number("at")))
        }
        if object["approvedUntil"] != nil {
            approvedUntil = Instant(milliseconds: try object.number("approvedUntil"))
        }
        approvalNote = object.optionalText("approvalNote")
        if let value = object["held"]?.object {
            held = Held(count: Int(try value.number("count")), digest: try value.text("digest"))
        }
        shown = object.optionalText("shown")
        deviations = (object["deviations"]?.array ?? []).compactMap(\.string)
    }
}

extension PlanSummary.Outcome {
    /// The word of the machine interface.
    package var word: String {
        switch self {
        case .planned: "planned"
        case .applied: "applied"
        case .refused: "refused"
        case .unexpected: "unexpected"
        case .interrupted: "interrupted"
        }
    }

    init(word: String, expected: String?) throws(CodingFailure) {
        switch word {
        case "planned": self = .planned
        case "applied": self = .applied
        case "refused": self = .refused
        case "unexpected": self = .unexpected(expected ?? "")
        case "interrupted": self = .interrupted
        default: throw CodingFailure(key: "outcome")
        }
    }
}

extension Completeness {
    init?(word: String?, reason: String) throws(CodingFailure) {
        switch word {
        case nil: return nil
        case "proven": self = .proven(reason)
        case "plausible": self = .plausible(reason)
        case "partial": self = .partial(reason)
        default: throw CodingFailure(key: "completeness")
        }
    }
}
