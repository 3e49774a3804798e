import JSONBytes
import Reconciliation

/// A plan or run as JSON lines for scripts: one object a line, each with a `type`. The keys are a public interface.
package struct JSONReport: Report {
    package init() {}

    package mutating func text(for event: PlanEvent) -> String {
        switch event {
        case .header(let header): Self.line(Self.object(header))
        case .row(let row): row.changes.map { Self.line(Self.object($0, of: row)) }.joined()
        case .quarantined(let item): Self.line(Self.object(item))
        case .notice(let notice): Self.line(Self.object(notice))
        case .gate(let reading): Self.line(Self.object(reading))
        case .summary(let summary): Self.line(Self.object(summary))
        }
    }

    /// One object as a line that is harmless on a terminal. Other commands print their results through it too.
    package static func line(_ object: JSONObject) -> String { SafeText.json(JSONValue.object(object).text) + "\n" }

    private static func object(_ header: PlanHeader) -> JSONObject {
        var object: JSONObject = [
            "type": "header", "organization": .string(header.organization), "connection": .string(header.connection),
            "job": .string(header.job), "mode": .string(header.mode.rawValue),
            "asOf": .string(Timestamp.text(header.asOf)), "takenAt": text(header.takenAt.map(Timestamp.text)),
            "sourceDigest": text(header.sourceDigest), "rulesHash": .string(header.rulesHash),
            "createsConnection": .bool(header.createsConnection),
            "files": .array(
                header.files.map { file in
                    ["path": .string(file.path), "bytes": .integer(file.bytes), "records": .integer(file.records)]
                }),
        ]
        if let undoes = header.undoes { object["undoes"] = .integer(undoes) }
        return object
    }

    private static func object(_ change: Change, of row: PlanRow) -> JSONObject {
        var object: JSONObject = [
            "type": "change", "class": .string(change.changeClass.rawValue),
            "kind": .string(row.subject.kind.rawValue), "anchor": text(row.subject.anchor?.value),
            "name": .string(row.subject.name), "situation": .string(row.situation.rawValue),
            "reason": .string(row.reason), "attributes": .array(change.attributes.map(attribute)),
        ]
        object["displayName"] = row.subject.displayName.map(JSONValue.string)
        if let member = row.member {
            object["member"] = [
                "kind": .string(member.kind.rawValue), "anchor": text(member.anchor?.value),
                "name": .string(member.name),
            ]
        }
        if change.isDrift { object["drift"] = true }
        object["edit"] = row.edit.map { .string($0.rawValue) }
        object["place"] = row.place.map(place)
        return object
    }

    private static func attribute(_ change: AttributeChange) -> JSONValue {
        var object: JSONObject = [
            "path": .string(change.path), "before": change.before ?? .null, "after": change.after ?? .null,
        ]
        object["beforeLabel"] = change.beforeLabel.map(JSONValue.string)
        object["afterLabel"] = change.afterLabel.map(JSONValue.string)
        return .object(object)
    }

    private static func place(_ place: Place) -> JSONValue {
        [
            "file": .string(place.file),
            "bytes": [.integer(place.bytes.lowerBound), .integer(place.bytes.upperBound)],
        ]
    }

    private static func object(_ item: Quarantined) -> JSONObject {
        [
            "type": "quarantine", "kind": .string(item.kind.rawValue), "anchor": text(item.anchor?.value),
            "name": text(item.name), "situation": .string(item.situation.rawValue),
            "code": .string(item.finding.code), "detail": .string(item.finding.detail),
            "cure": .string(item.finding.cure), "place": item.place.map(place) ?? .null,
        ]
    }

    private static func object(_ notice: Notice) -> JSONObject {
        var object: JSONObject = [
            "type": "notice", "kind": .string(notice.subject.kind.rawValue),
            "anchor": text(notice.subject.anchor?.value), "name": .string(notice.subject.name),
            "situation": .string(notice.situation.rawValue), "text": .string(notice.text),
            "reason": .string(notice.reason),
        ]
        object["due"] = notice.due.map { due in
            var object: JSONObject = [
                "class": .string(due.changeClass.rawValue), "at": .string(Timestamp.text(due.at)),
            ]
            object["sightings"] = due.sightings.map { .integer($0) }
            return .object(object)
        }
        return object
    }

    private static func object(_ reading: GateReading) -> JSONObject {
        [
            "type": "gate", "name": .string(reading.name), "measured": .integer(reading.measured),
            "limit": reading.limit.map { .integer($0) } ?? .null,
            "population": reading.population.map { .integer($0) } ?? .null, "tripped": .bool(reading.tripped),
            "detail": .string(reading.detail),
        ]
    }

    private static func text(_ string: String?) -> JSONValue { string.map(JSONValue.string) ?? .null }
}

extension JSONReport {
    private static func object(_ summary: PlanSummary) -> JSONObject {
        var object: JSONObject = [
            "type": "summary",
            "counts": counts(ChangeClass.allCases.map { ($0.rawValue, summary.counts[$0]) }),
            "situations": counts(Situation.allCases.map { ($0.rawValue, summary.situations[$0]) }),
            "records": counts(Kind.allCases.map { ($0.rawValue, summary.records[$0]) }),
            "completeness": text(summary.completeness?.word), "completenessReason": text(summary.completeness?.reason),
            "coverage": .string(summary.coverage), "quarantined": .integer(summary.quarantined),
            "deferredMembers": .integer(summary.deferredMembers), "stale": .integer(summary.stale),
            "applied": .bool(summary.outcome == .applied), "outcome": .string(word(summary.outcome)),
            "digest": .string(summary.digest), "run": summary.run.map { .integer($0) } ?? .null,
        ]
        if case .unexpected(let expected) = summary.outcome { object["expected"] = .string(expected) }
        let unmapped = summary.unmapped.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        if !unmapped.isEmpty { object["unmapped"] = counts(unmapped.map { ($0.key, $0.value) }) }
        object["approval"] = summary.approval.map {
            ["by": .string($0.by), "at": .string(Timestamp.text($0.at))]
        }
        object["approvedUntil"] = summary.approvedUntil.map { .string(Timestamp.text($0)) }
        object["approvalNote"] = summary.approvalNote.map(JSONValue.string)
        object["held"] = summary.held.map { .integer($0.count) }
        object["heldDigest"] = summary.held.map { .string($0.digest) }
        if let shown = summary.shown {
            object["shown"] = .string(shown)
            object["deviations"] = .array(summary.deviations.map(JSONValue.string))
        }
        return object
    }

    private static func counts(_ counts: [(name: String, count: Int?)]) -> JSONValue {
        .object(
            JSONObject(
                counts.compactMap { name, count in
                    count.map { JSONObject.Member(key: name, value: .integer($0)) }
                }))
    }

    private static func word(_ outcome: PlanSummary.Outcome) -> String {
        switch outcome {
        case .planned: "planned"
        case .applied: "applied"
        case .refused: "refused"
        case .unexpected: "unexpected"
        case .interrupted: "interrupted"
        }
    }
}
