import JSONBytes
import Reconciliation

/// The rows as data in the page's head, a line each: what the page's script shows, searches and filters.
///
/// A line is an array. The first four are words of ours, so that the script can filter by them without parsing the line:
/// kind (`u`, `g`, `m`, `q`, `n`), classes, situation, marks. Then name, display name, anchor, reason; then what differs
/// by kind: attributes (`[path, before, after, isDrift]`, null is no value), a member (`[name, display name, anchor]`),
/// a finding (`[code, detail, cure, place]`), or a note (`[text, due]`).
extension HTMLReport {
    func headText(_ header: PlanHeader) -> String {
        let style = HTML(ofProgram: PageStyle.text)
        let policy =
            "default-src 'none'; style-src \(ContentHash.source(style)); "
            + "script-src \(ContentHash.source(HTML(ofProgram: PageScript.text))); base-uri 'none'; form-action 'none'"
        let date = String(Timestamp.text(header.asOf).prefix(10))
        let head: HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta http-equiv="Content-Security-Policy" content="\(policy)"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="referrer" content="no-referrer"/>
            <meta name="robots" content="noindex"/>
            <title>\(date) \(header.organization) / \(header.connection): \(header.job)</title>
            <style>\(style)</style>
            <script type="application/json" id="words">\(Self.words)</script>
            <script type="application/json" id="rows">[

            """
        return head.markup
    }

    static let dataEnd = "\n]</script>\n</head>\n"

    /// What the script calls things: signs, words and colours of classes, meanings of situations.
    private static var words: HTML {
        var classes = JSONObject()
        for item in ChangeClass.allCases {
            classes[item.rawValue] = [.string(item.sign), .string(item.word), .string(item.tone)]
        }
        classes["quarantine"] = ["!", "quarantine", "warn"]
        classes["note"] = ["i", "note", "name"]
        return HTML.script(["classes": .object(classes)])
    }

    static func data(_ row: PlanRow) -> JSONValue {
        var marks = row.edit.map { [$0.rawValue] } ?? []
        if row.changes.contains(where: \.isDrift) { marks.append("drift") }
        let classes = row.changes.map(\.changeClass.rawValue)
        let unique = classes.enumerated().filter { !classes[..<$0.offset].contains($0.element) }.map(\.element)
        let kind = row.member != nil ? "m" : row.subject.kind == .user ? "u" : "g"
        return line(
            kind, unique.joined(separator: " "), row.situation, marks, who(row.subject), row.reason,
            row.member.map { .array(who($0)) } ?? .array(row.changes.flatMap(attributes)))
    }

    static func data(_ item: Quarantined) -> JSONValue {
        let name = item.name ?? item.anchor?.value ?? "(no name)"
        let who: [JSONValue] = [
            .string(SafeText.line(name)), .null, item.anchor.map { .string(SafeText.line($0.value)) } ?? .null,
        ]
        let finding = item.finding
        return line(
            "q", "quarantine", item.situation, [item.kind.rawValue], who, "",
            [
                .string(finding.code), .string(finding.detail), .string(finding.cure),
                .string(item.place.map(PlaceText.text) ?? ""),
            ])
    }

    static func data(_ notice: Notice) -> JSONValue {
        line(
            "n", "note", notice.situation, [notice.subject.kind.rawValue], who(notice.subject), notice.reason,
            [.string(notice.text), notice.due.map { .string(DueText.text($0)) } ?? .null])
    }

    private static func line(
        _ kind: String, _ classes: String, _ situation: Situation, _ marks: [String], _ who: [JSONValue],
        _ reason: String,
        _ rest: JSONValue
    ) -> JSONValue {
        .array(
            [
                .string(kind), .string(classes), .string(situation.rawValue), .string(marks.joined(separator: " ")),
            ] + who + [.string(SafeText.line(ValueText.shortened(reason))), rest])
    }

    /// Name, display name where it says more, anchor.
    private static func who(_ subject: Subject) -> [JSONValue] {
        let display = subject.displayName.flatMap { $0 == subject.name ? nil : $0 }
        return [
            .string(SafeText.line(subject.name)), display.map { .string(SafeText.line($0)) } ?? .null,
            subject.anchor.map { .string(SafeText.line($0.value)) } ?? .null,
        ]
    }

    private static func attributes(_ change: Change) -> [JSONValue] {
        change.attributes.map { attribute in
            let pair = ShownPair(attribute, isNew: change.changeClass == .create)
            var values: [JSONValue] = [
                .string(pair.path), pair.before.map(JSONValue.string) ?? .null,
                pair.after.map(JSONValue.string) ?? .null,
            ]
            if change.isDrift { values.append(true) }
            return .array(values)
        }
    }
}

extension HTML {
    /// JSON inside of a `<script>` element.
    static func script(_ object: JSONObject) -> HTML {
        HTML(stringLiteral: ScriptJSON.text(JSONValue.object(object).text))
    }
}

/// An attribute as the page shows it: text without quotes where that is clear, `nil` where there is no value.
struct ShownPair {
    var path: String
    var before: String?
    var after: String?

    init(_ change: AttributeChange, isNew: Bool) {
        path = ValueText.path(change.path)
        if let value = change.before, !value.isNull { before = Self.plain(ValueText.before(change)) }
        if let value = change.after, !value.isNull {
            after = Self.plain(isNew ? ValueText.new(change) : ValueText.after(change))
        }
    }

    private static func plain(_ text: String) -> String {
        guard text.utf8.count > 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        let inner = text.dropFirst().dropLast()
        let isClear = !inner.utf8.contains { $0 == 0x22 || $0 == 0x5C } && inner.first != " " && inner.last != " "
        return isClear ? String(inner) : text
    }
}

/// Where a record stands, in a reader's words.
enum PlaceText {
    static func text(_ place: Place) -> String {
        if place.file.isEmpty { return "pushed" }
        return "in \(SafeText.line(place.file)), bytes \(place.bytes.lowerBound) to \(place.bytes.upperBound)"
    }
}

/// What will happen to somebody, and when.
enum DueText {
    static func text(_ due: Notice.Due) -> String {
        let when = (due.sightings == nil ? " on " : " on or after ") + Timestamp.text(due.at)
        return due.changeClass.rawValue + when + (sightings(due).map { ", " + $0 } ?? "")
    }

    /// `after 2 more complete snapshots`; `nil` where only time counts.
    static func sightings(_ due: Notice.Due) -> String? {
        due.sightings.map { "after \(Count.of($0, "more complete snapshot"))" }
    }
}

/// What a reader is told about a whole plan, in every form of report.
enum PlanWords {
    static func undoes(_ run: Int64) -> String { "This run undoes run \(run)." }

    static func held(_ held: PlanSummary.Held) -> String {
        "\(Count.of(held.count, "change")) held for approval."
    }

    static func approve(_ held: PlanSummary.Held) -> String { "rollcall queue approve " + SafeText.line(held.digest) }

    /// Who approved what the gates refuse, and until when.
    static func approved(_ approval: PlanSummary.Approval, until end: Instant) -> String {
        "Approved by \(SafeText.line(approval.by)) until \(Timestamp.text(end)): a run would be applied."
    }

    static func notApproved(_ note: String) -> String { "Not approved: " + SafeText.line(note) + "." }
}

extension ChangeClass {
    /// The name of the class's colour in the page's style sheet.
    var tone: String {
        switch ink {
        case .add: "good"
        case .rename: "name"
        case .remove: "bad"
        default: "edit"
        }
    }
}
