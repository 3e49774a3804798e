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
        lines.append("  stands     " + (place ?? "nowhere: the source does not name it"))
        if let record { lines += Self.recordLines(record) }
        lines += mapping.enumerated().map { index, trace in
            (index == 0 ? "  mapping    " : "             ") + "\(trace.line): \(trace.text)"
        }
        lines += scopeLines
        if let situation { lines.append("  situation  " + situation.rawValue) }
        if let account {
            lines.append("  account    \(account.id), \(Self.state(account))")
        }
        for candidate in candidates {
            let owner = candidate.owner.map { ", owned through \($0.connection)" } ?? ", owned by nobody"
            lines.append("  candidate  \(candidate.account.name) by \(candidate.rule): \(candidate.account.id)\(owner)")
        }
        if let quarantine {
            lines.append("  quarantine \(quarantine.finding.code): \(quarantine.finding.detail)")
            lines.append("             cure: \(quarantine.finding.cure)")
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
        lines.append("  because    " + reason)
        return lines
    }

    private var heading: String {
        guard let kind = record?.kind ?? account?.kind ?? quarantine?.kind else { return "nobody" }
        let name = record?.name ?? account?.name ?? quarantine?.name ?? "(no name)"
        let anchor = (record?.anchor ?? quarantine?.anchor).map { "  [\($0.value)]" } ?? ""
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
        return lines
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
        object["reason"] = .string(reason)
        return object
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
            "  preset     \(source.preset.rawValue), \(source.kind.rawValue)",
            "  users      " + (source.users.isEmpty ? "-" : source.users.joined(separator: ", ")),
            "  groups     " + (source.groups.isEmpty ? "-" : source.groups.joined(separator: ", ")),
            "  members    " + (source.members ?? "-"),
            "  scope      users: " + ValueText.shortened(rules.userScope.canonicalText),
            "             groups: " + rules.groupScope.canonicalText,
        ]
            + mappingLines + [
                "  matching   " + rules.matching.map(\.attribute.rawValue).joined(separator: ", "),
                "  policies   " + rules.policies.canonicalText,
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
            "preset": .string(source.preset.rawValue), "users": .array(source.users.map(JSONValue.string)),
            "groups": .array(source.groups.map(JSONValue.string)), "rules": .string(rules.canonicalText),
            "rulesHash": .string(rules.hash),
        ]
    }
}
