import JSONBytes
import Reconciliation

/// A plan or run as a table for spreadsheets: one line a change, and one for each quarantined record and note, for a
/// run that is taken back and for what waits for approval (RFC 4180).
///
/// UTF-8 without a byte order mark, a header line, CRLF. A line is a line: control characters are shown as ``SafeText`` shows
/// them, so no value spreads over two. A cell that a spreadsheet would take for a formula begins with an apostrophe.
package struct CSVReport: Report {
    /// The columns, in their order; new ones are added at the end.
    package static let columns = [
        "line", "class", "kind", "name", "displayName", "anchor", "member", "memberDisplayName", "memberAnchor",
        "situation",
        "reason", "attributes", "drift", "edit", "due", "code", "cure", "file", "firstByte", "endByte",
        "sightings",
    ]

    private var hasHeader = false

    package init() {}

    package mutating func text(for event: PlanEvent) -> String {
        let lines =
            switch event {
            case .row(let row): row.changes.map { Self.line(Self.cells($0, of: row)) }.joined()
            case .quarantined(let item): Self.line(Self.cells(item))
            case .notice(let notice): Self.line(Self.cells(notice))
            case .header(let header):
                header.undoes.map { Self.line(["line": "undo", "reason": PlanWords.undoes($0)]) } ?? ""
            case .summary(let summary): Self.lines(summary)
            case .gate: ""
            }
        if hasHeader { return lines }
        hasHeader = true
        return Self.columns.joined(separator: ",") + "\r\n" + lines
    }

    private static func cells(_ change: Change, of row: PlanRow) -> [String: String] {
        var cells = cells(row.subject, row.situation)
        cells["line"] = "change"
        cells["class"] = change.changeClass.rawValue
        cells["reason"] = row.reason
        if let member = row.member {
            cells["member"] = member.name
            cells["memberDisplayName"] = member.displayName
            cells["memberAnchor"] = member.anchor?.value
        }
        cells["attributes"] = change.attributes.map(attribute).joined(separator: "; ")
        if change.isDrift { cells["drift"] = "true" }
        cells["edit"] = row.edit?.rawValue
        put(row.place, in: &cells)
        return cells
    }

    private static func cells(_ item: Quarantined) -> [String: String] {
        var cells = [
            "line": "quarantine", "kind": item.kind.rawValue, "situation": item.situation.rawValue,
            "reason": item.finding.detail, "code": item.finding.code, "cure": item.finding.cure,
        ]
        cells["name"] = item.name
        cells["anchor"] = item.anchor?.value
        put(item.place, in: &cells)
        return cells
    }

    private static func cells(_ notice: Notice) -> [String: String] {
        var cells = cells(notice.subject, notice.situation)
        cells["line"] = "note"
        cells["class"] = notice.due?.changeClass.rawValue
        cells["due"] = notice.due.map { Timestamp.text($0.at) }
        cells["sightings"] = notice.due?.sightings.map { String($0) }
        cells["reason"] = notice.reason.isEmpty ? notice.text : notice.text + ": " + notice.reason
        return cells
    }

    /// What waits for somebody's word.
    private static func lines(_ summary: PlanSummary) -> String {
        var lines = ""
        if let held = summary.held {
            lines += line(["line": "held", "reason": PlanWords.held(held), "cure": PlanWords.approve(held)])
        }
        if let note = summary.approvalNote {
            lines += line(["line": "approval", "reason": PlanWords.notApproved(note)])
        } else if let approval = summary.approval, let end = summary.approvedUntil {
            lines += line(["line": "approval", "reason": PlanWords.approved(approval, until: end)])
        }
        return lines
    }

    private static func cells(_ subject: Subject, _ situation: Situation) -> [String: String] {
        var cells = ["kind": subject.kind.rawValue, "name": subject.name, "situation": situation.rawValue]
        cells["displayName"] = subject.displayName
        cells["anchor"] = subject.anchor?.value
        return cells
    }

    private static func put(_ place: Place?, in cells: inout [String: String]) {
        guard let place else { return }
        cells["file"] = place.file.isEmpty ? "pushed" : place.file
        cells["firstByte"] = String(place.bytes.lowerBound)
        cells["endByte"] = String(place.bytes.upperBound)
    }

    /// `title: "Clerk" -> "Lead"`; values are JSON, whole, and a reference's name stands beside its id.
    private static func attribute(_ change: AttributeChange) -> String {
        func value(_ value: JSONValue?, _ label: String?) -> String {
            (value?.text ?? "null") + (label.map { " (\($0))" } ?? "")
        }
        return change.path + ": " + value(change.before, change.beforeLabel) + " -> "
            + value(change.after, change.afterLabel)
    }

    private static func line(_ cells: [String: String]) -> String {
        columns.map { cell(cells[$0] ?? "") }.joined(separator: ",") + "\r\n"
    }

    /// A value as a cell. Quoted where that is needed, or might be with another separator; harmless where a spreadsheet would
    /// calculate.
    static func cell(_ value: String) -> String {
        var text = SafeText.message(value)
        if isFormula(value) { text = "'" + text }
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "'"), UInt8(ascii: " "): false
            default: byte > 0x20
            }
        }
        return isPlain ? text : "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    /// `=`, `+`, `-`, `@` at the beginning, also in their full width and after white space; and tabs and line ends, which
    /// some programs skip.
    private static func isFormula(_ value: String) -> Bool {
        let scalars = value.unicodeScalars
        guard let first = scalars.first else { return false }
        if first == "\t" || first == "\r" || first == "\n" { return true }
        guard let said = scalars.first(where: { !$0.properties.isWhitespace && $0 != "\u{FEFF}" }) else { return false }
        switch said {
        case "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": return true
        default: return false
        }
    }
}
