import JSONBytes
import Reconciliation
import Reports
import Storage

// What is open about somebody, as text and as JSON.

extension QueueItem {
    static let heading = ["STATE", "SINCE", "CONNECTION", "KIND", "NAME", "WHAT"]

    /// The name, else the anchor, else the place.
    var title: String { name ?? anchor ?? place.map { "\($0.file)@\($0.bytes.lowerBound)" } ?? "(no name)" }

    var cells: [String] {
        [
            state.rawValue, Timestamp.text(since), organization + "/" + connection, kind.rawValue, title, what,
        ]
    }

    private var what: String {
        switch state {
        case .waiting: nextAttempt.map { "tried again at " + Timestamp.text($0) } ?? "to be decided"
        case .held: (changeClass?.rawValue ?? "") + (member.map { " of " + $0 } ?? "") + ": " + (reason ?? "")
        case .quarantined: finding.map { $0.code + ": " + $0.detail } ?? ""
        }
    }

    var lines: [String] {
        var lines = ["\(title)  \(state.rawValue)  \(kind.rawValue) of \(organization)/\(connection)"]
        func add(_ label: String, _ text: String?) { if let text { lines.append("  \(label): \(text)") } }
        add("what", what)
        add("cure", finding?.cure)
        add("anchor", anchor)
        add("record", recordID.map { $0 + (version.map { ", version \($0)" } ?? "") })
        add("since", Timestamp.text(since))
        add("last seen", lastSeen.map(Timestamp.text))
        add("attempts", attempts.map { String($0) })
        add("next attempt", nextAttempt.map(Timestamp.text) ?? unattempted)
        add("place", place.map { "\($0.file), bytes \($0.bytes.lowerBound) to \($0.bytes.upperBound)" })
        add("source digest", sourceDigest)
        for member in attributes?.members ?? [] { lines.append("    \(member.key)  \(member.value.text)") }
        return lines
    }

    private var unattempted: String? {
        state == .quarantined ? "when the record, the account or the rules change" : nil
    }

    var json: JSONObject {
        var object: JSONObject = [
            "type": "queue", "state": .string(state.rawValue), "organization": .string(organization),
            "connection": .string(connection), "kind": .string(kind.rawValue),
            "name": name.map(JSONValue.string) ?? .null, "anchor": anchor.map(JSONValue.string) ?? .null,
            "record": recordID.map(JSONValue.string) ?? .null, "since": .string(Timestamp.text(since)),
        ]
        object["lastSeen"] = lastSeen.map { .string(Timestamp.text($0)) }
        object["version"] = version.map { .integer($0) }
        object["class"] = changeClass.map { .string($0.rawValue) }
        object["member"] = member.map(JSONValue.string)
        object["reason"] = reason.map(JSONValue.string)
        object["code"] = finding.map { .string($0.code) }
        object["detail"] = finding.map { .string($0.detail) }
        object["cure"] = finding.map { .string($0.cure) }
        object["attempts"] = attempts.map { .integer($0) }
        if state != .held { object["nextAttempt"] = nextAttempt.map { .string(Timestamp.text($0)) } ?? .null }
        object["place"] = place.map {
            [
                "file": .string($0.file), "bytes": [.integer($0.bytes.lowerBound), .integer($0.bytes.upperBound)],
            ]
        }
        object["sourceDigest"] = sourceDigest.map(JSONValue.string)
        object["attributes"] = attributes.map(JSONValue.object)
        return object
    }

    func json(action: String) -> JSONObject {
        var object = json
        object["action"] = .string(action)
        return object
    }
}

extension QuarantinedJob {
    var line: String {
        "the job '\(job)' of \(organization)/\(connection) is quarantined since \(Timestamp.text(firstSeen)): \(detail); mend the "
            + "export, or read run \(run) and approve it"
    }

    var json: JSONObject {
        [
            "type": "quarantinedJob", "organization": .string(organization), "connection": .string(connection),
            "job": .string(job), "run": .integer(run), "detail": .string(detail),
            "firstSeen": .string(Timestamp.text(firstSeen)), "lastSeen": .string(Timestamp.text(lastSeen)),
            "attempts": .integer(attempts),
        ]
    }
}
