import JSONBytes
import Provisioning
import Reconciliation
import Reports

/// An explanation for people, and for scripts.
extension Explanation {
    /// Line by line, from the place in the file to the decision; not yet made safe for a terminal.
    var lines: [String] { longLines.map(ValueText.shortened) }

    private var longLines: [String] {
        var lines = [heading]
        if let run { lines.append("  run        \(run), by its own plan") }
        let nowhere = run == nil ? "nowhere: the source does not name it" : "nowhere: the run's source did not name it"
        lines.append("  stands     " + (place ?? nowhere))
        lines += raw.enumerated().map { index, field in
            (index == 0 ? "  export     " : "             ")
                + "\(field.name): \(field.value.scalarText ?? field.value.text)"
        }
        if let record { lines += Self.recordLines(record) }
        lines += mapping.enumerated().map { index, trace in
            (index == 0 ? "  mapping    " : "             ") + "\(trace.line): \(trace.text)"
        }
        lines += scopeLines
        if let situation { lines.append("  situation  " + situation.rawValue) }
        if let account {
            let evidence = evidence.map { ", linked by " + $0 } ?? ""
            lines.append("  account    \(account.id), \(Self.state(account))\(evidence)")
        }
        for candidate in candidates {
            let owner = candidate.owner.map { ", owned through \($0.connection)" } ?? ", owned by nobody"
            let evidence = candidate.evidence.isEmpty ? candidate.rule : candidate.evidence
            lines.append("  candidate  \(candidate.account.name) by \(evidence): \(candidate.account.id)\(owner)")
        }
        if let quarantine {
            lines.append("  quarantine \(quarantine.finding.code): \(quarantine.finding.detail)")
            lines.append("             cure: \(quarantine.finding.cure)")
        }
        if let attempts {
            let next =
                attempts.next.map { ", tried again at \(Timestamp.text($0))" } ?? ", tried again when something changes"
            lines.append(
                "             since \(Timestamp.text(attempts.firstSeen)), attempts: \(attempts.count)" + next)
        }
        for row in rows {
            let classes = row.changes.map(\.changeClass.rawValue).joined(separator: ", ")
            guard !classes.isEmpty else { continue }
            let member = row.member.map { " of \($0.displayName ?? $0.name) in \(row.subject.name)" } ?? ""
            lines.append("  decision   \(classes)\(member)")
            lines += row.changes.flatMap(\.attributes).map { change in
                let before = change.beforeLabel ?? change.before?.text ?? "(none)"
                return
                    "             \(change.path): \(before) -> \(change.afterLabel ?? change.after?.text ?? "(none)")"
            }
        }
        lines += held.map { change in
            "  held       \(change.changeClass.rawValue) waits for approval since \(Timestamp.text(change.heldAt))"
        }
        if let heldDigest {
            lines.append("             with all that the connection holds: rollcall queue approve \(heldDigest)")
        }
        lines += notices.map { (run == nil ? "  waits      " : "  note       ") + $0 }
        lines.append("  because    " + reason)
        lines += gateLines
        return lines
    }

    /// The gates that counted the subject's changes, and those that stop everybody.
    private var gateLines: [String] {
        gates.filter { $0.tripped || counts(in: $0) == true }.map { gate in
            "  gate       \(gate.name): \(gate.detail)" + (gate.tripped ? "; refused, so nothing happens" : "")
                + (counts(in: gate) == false ? " (not by this record)" : "")
        }
    }

    private var nearestLines: [String] {
        guard let nearest else { return [] }
        let others = nearestOthers.map {
            $0 == 0 ? "; nobody else would come in" : "; others who would come in, too: \($0)"
        }
        return ["  nearest    group \(nearest.group): \(nearest.text)" + (others ?? "")]
    }

    private var heading: String {
        guard let kind = record?.kind ?? account?.kind ?? quarantine?.kind ?? subject?.kind else { return "nobody" }
        let name = record?.name ?? account?.name ?? quarantine?.name ?? subject?.name ?? "(no name)"
        let anchor = (record?.anchor ?? quarantine?.anchor ?? subject?.anchor).map { "  [\($0.value)]" } ?? ""
        return "\(kind.rawValue) \(name)\(anchor)"
    }

    private static func recordLines(_ record: DirectoryRecord) -> [String] {
        var lines = ["  record     active \(record.active.map(String.init) ?? "not said"), version \(record.version)"]
        lines += record.attributes.slots.map { "             \($0.path): \($0.value.scalarText ?? $0.value.text)" }
        lines += record.references.map { "             \($0.path): \($0.target.text)" }
        lines += record.cleared.map { "             \($0): cleared" }
        lines += record.source.members.map { "             source.\($0.key): \($0.value.scalarText ?? $0.value.text)" }
        return lines
    }

    private var scopeLines: [String] {
        var lines: [String] = []
        switch verdict {
        case .inScope: lines.append("  scope      in scope")
        case .outOfScope: lines.append("  scope      out of scope")
        case .undecided(let why): lines.append("  scope      undecided: " + why)
        case nil: break
        }
        lines += clauses.map { trace in
            let values = trace.values.isEmpty ? "no value" : trace.values.joined(separator: ", ")
            return "             group \(trace.group): \(trace.clause) is \(trace.verdict.word) (\(values))"
        }
        return lines + nearestLines
    }

    private static func state(_ account: Account) -> String {
        let state =
            switch account.disabledBy {
            case .rollcall: "disabled by us"
            case .administrator: "disabled by an administrator"
            case nil: account.active ? "active" : "disabled"
            }
        return state + (account.protected ? ", protected" : "")
    }

    var json: JSONObject {
        var object: JSONObject = ["type": "explanation", "place": Self.text(place)]
        object["record"] = record.map { record in
            [
                "kind": .string(record.kind.rawValue), "anchor": Self.text(record.anchor?.value),
                "name": .string(record.name), "active": record.active.map(JSONValue.bool) ?? .null,
                "version": .integer(record.version), "attributes": .object(record.attributes.resource),
                "cleared": .array(record.cleared.map(JSONValue.string)), "source": .object(record.source),
            ]
        }
        object["mapping"] = .array(
            mapping.map { ["line": .string($0.line), "result": .string($0.text)] })
        object["scope"] = verdict.map { .string($0.word) }
        object["clauses"] = .array(
            clauses.map { trace in
                [
                    "group": .integer(trace.group), "clause": .string(trace.clause),
                    "values": .array(trace.values.map(JSONValue.string)), "verdict": .string(trace.verdict.word),
                ]
            })
        object["situation"] = Self.text(situation?.rawValue)
        object["account"] = Self.text(account?.id)
        object["candidates"] = .array(candidates.map { .string($0.account.id) })
        object["classes"] = .array(rows.flatMap(\.changes).map { .string($0.changeClass.rawValue) })
        object["quarantine"] = Self.text(quarantine?.finding.code)
        object["attempts"] = attempts.map { attempts in
            [
                "firstSeen": .string(Timestamp.text(attempts.firstSeen)), "count": .integer(attempts.count),
                "next": attempts.next.map { .string(Timestamp.text($0)) } ?? .null,
            ]
        }
        object["held"] = .array(
            held.map { ["class": .string($0.changeClass.rawValue), "since": .string(Timestamp.text($0.heldAt))] })
        object["heldDigest"] = heldDigest.map(JSONValue.string)
        object["run"] = run.map { .integer($0) } ?? .null
        object["raw"] = .object(JSONObject(raw.map { JSONObject.Member(key: $0.name, value: $0.value) }))
        object["changes"] = .array(rows.flatMap { row in row.changes.map { Self.change($0, row) } })
        object["notices"] = .array(notices.map(JSONValue.string))
        object["gates"] = .array(
            gates.map { gate in
                [
                    "name": .string(gate.name), "measured": .integer(gate.measured), "tripped": .bool(gate.tripped),
                    "detail": .string(gate.detail), "counted": counts(in: gate).map(JSONValue.bool) ?? .null,
                ]
            })
        object["nearest"] =
            nearest.map { nearest in
                [
                    "group": .integer(nearest.group), "clause": .string(nearest.clause),
                    "instead": Self.text(nearest.instead),
                    "alsoFailing": .array(nearest.alsoFailing.map(JSONValue.string)),
                    "others": nearestOthers.map { .integer($0) } ?? .null, "text": .string(nearest.text),
                ]
            } ?? .null
        object["reason"] = .string(reason)
        return object
    }

    private static func change(_ change: Change, _ row: PlanRow) -> JSONValue {
        var object: JSONObject = [
            "class": .string(change.changeClass.rawValue),
            "attributes": .array(
                change.attributes.map { attribute in
                    [
                        "path": .string(attribute.path), "before": attribute.before ?? .null,
                        "after": attribute.after ?? .null,
                    ]
                }),
        ]
        if let member = row.member { object["member"] = .string(member.name) }
        if row.member != nil { object["group"] = .string(row.subject.name) }
        return .object(object)
    }

    private static func text(_ string: String?) -> JSONValue { string.map(JSONValue.string) ?? .null }
}

extension ClauseVerdict {
    fileprivate var word: String {
        switch self {
        case .yes: "true"
        case .no: "false"
        case .error(let why): "an error: " + why
        }
    }
}

extension ScopeVerdict {
    fileprivate var word: String {
        switch self {
        case .inScope: "in"
        case .outOfScope: "out"
        case .undecided: "undecided"
        }
    }
}

/// A job as `check` shows it.
extension Job {
    var lines: [String] {
        [
            "job \(name): \(organization) / \(connection), \(mode.rawValue)",
            "  preset     \(source.preset.name), \(source.kind.rawValue)",
            "  users      " + (source.users.isEmpty ? "-" : source.users.joined(separator: ", ")),
            "  groups     " + (source.groups.isEmpty ? "-" : source.groups.joined(separator: ", ")),
            "  members    " + (source.members ?? "-"),
            "  scope      users: " + ValueText.shortened(rules.userScope.canonicalText),
            "             groups: " + rules.groupScope.canonicalText,
        ]
            + mappingLines + [
                "  matching   " + rules.matching.map(\.text).joined(separator: ", "),
                "  policies   " + rules.policies.plainText,
                "  canaries   " + (gates.canaries.isEmpty ? "-" : gates.canaries.joined(separator: ", ")),
                "  rules      " + rules.hash,
            ]
    }

    private var mappingLines: [String] {
        (source.overrides + rules.recordMapping).enumerated().map { index, line in
            (index == 0 ? "  mapping    " : "             ") + ValueText.shortened(line.text)
        }
    }

    var json: JSONObject {
        [
            "type": "job", "job": .string(name), "organization": .string(organization),
            "connection": .string(connection), "mode": .string(mode.rawValue),
            "preset": .string(source.preset.name), "users": .array(source.users.map(JSONValue.string)),
            "groups": .array(source.groups.map(JSONValue.string)), "rules": .string(rules.canonicalText),
            "rulesHash": .string(rules.hash),
        ]
    }
}

extension Policies {
    /// The policies in the words of a job file, durations in the largest unit that says them exactly.
    fileprivate var plainText: String {
        var words = [
            "outOfScope \(outOfScope.rawValue)", "missing.deactivateAfter \(deactivateAfter.plainText)",
            "missing.deleteAfter \(deleteAfter.map { Grace.after($0).plainText } ?? "never")",
            "accountMissing \(accountMissing.rawValue)", "nestedGroups \(nestedGroups.rawValue)",
        ]
        if allowUnverifiedEmailAccountLinking { words.append("allowUnverifiedEmailAccountLinking") }
        return words.joined(separator: ", ")
    }
}

extension Grace {
    fileprivate var plainText: String {
        guard case .after(let duration) = self else { return text }
        let seconds = duration.milliseconds / 1000
        if seconds == 0 { return "0d (at once)" }
        let units: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "m")]
        let (unit, name) = units.first { seconds % $0.0 == 0 } ?? (1, "s")
        return "\(seconds / unit)\(name)"
    }
}
