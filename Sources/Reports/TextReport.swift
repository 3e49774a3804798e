import JSONBytes
import Reconciliation

/// A plan or run as a page for a person: who changes, from what to what, and why; what the gates measured; what it sums up to.
package struct TextReport: Report {
    package enum Style: Sendable {
        /// Nothing but the characters: for pipes and files.
        case plain
        /// ANSI colours: for terminals.
        case colour
    }

    let palette: Palette
    /// The group under whose heading memberships stand, and whether they come or go.
    private var openGroup: Subject?
    private var lastReason: String?
    private var sawBody = false
    private var sawGate = false
    var tripped: [String] = []
    /// Who is about to lose access, the soonest first; told together before the gates.
    var due = Bounded<Notice>(TextReport.dueMax)
    private var toldDue = false

    package init(style: Style) { palette = Palette(isOn: style == .colour) }

    package mutating func text(for event: PlanEvent) -> String {
        switch event {
        case .header(let header): return headerText(header)
        case .row(let row): return row.changes.isEmpty ? "" : rowText(row)
        case .quarantined(let quarantined): return block(quarantineText(quarantined))
        case .notice(let notice):
            guard notice.due == nil else {
                due.add(notice, keepingFirstBy: Notice.isSooner)
                return ""
            }
            return block(noticeText(notice))
        case .gate(let reading): return dueText() + gateText(reading)
        case .summary(let summary): return dueText() + summaryText(summary)
        }
    }

    /// Whatever is no membership ends the group's heading.
    private mutating func block(_ text: String) -> String {
        openGroup = nil
        lastReason = nil
        sawBody = true
        return text
    }

    private func headerText(_ header: PlanHeader) -> String {
        let whose = SafeText.line(header.organization) + " / " + SafeText.line(header.connection)
        var text = palette.paint(whose, .bold) + "  job \(SafeText.line(header.job)), \(header.mode.rawValue)\n"
        if let undoes = header.undoes { text += "  " + PlanWords.undoes(undoes) + "\n" }
        if let takenAt = header.takenAt { text += "  snapshot taken at \(Timestamp.text(takenAt))\n" }
        text += "  as of " + Timestamp.text(header.asOf) + "\n"
        for file in header.files {
            text +=
                "  read \(SafeText.line(file.path)): \(Count.of(file.records, "record")), \(Count.bytes(file.bytes))\n"
        }
        if let digest = header.sourceDigest { text += "  source digest \(SafeText.line(digest))\n" }
        if header.createsConnection {
            text += "  The organization or the connection is new: an accepted run creates it.\n"
        }
        return text + "\n"
    }

    private mutating func rowText(_ row: PlanRow) -> String {
        sawBody = true
        if let member = row.member { return membershipText(row, member: member) }
        openGroup = nil
        let reason = reasonText(row.situation, row.reason)
        let isCreate = row.changes.count == 1 && row.changes[0].changeClass == .create
        let text = headText(row) + (isCreate ? createText(row.changes[0]) : attributesText(row.changes))
        let isRepeated = isCreate && lastReason == reason
        lastReason = isCreate ? reason : nil
        return text + (isRepeated ? "" : "        " + palette.paint(reason, .dim) + "\n")
    }

    /// Sign, class, kind, names and anchor. A row of several classes names each with its sign.
    private func headText(_ row: PlanRow) -> String {
        var classes: [String] = []
        for change in row.changes.map(\.changeClass) {
            let text = palette.paint(change.sign + " " + change.word, change.ink)
            if !classes.contains(text) { classes.append(text) }
        }
        return "  " + classes.joined(separator: ", ") + " " + row.subject.kind.rawValue + "  " + who(row.subject)
            + editText(row) + "\n"
    }

    /// The rules were edited, and that is why.
    private func editText(_ row: PlanRow) -> String {
        guard let edit = row.edit else { return "" }
        return "  " + palette.paint("(\(edit.rawValue) because the rules were edited)", .warn)
    }

    /// Display name, user name, anchor.
    func who(_ subject: Subject) -> String {
        let known = subject.displayName.map(SafeText.line)
        let name = SafeText.line(subject.name)
        var text = palette.paint(known ?? name, .bold)
        if let known, known != name { text += "  " + name }
        if let anchor = subject.anchor { text += "  [" + SafeText.line(anchor.value) + "]" }
        return text
    }

    private func reasonText(_ situation: Situation, _ reason: String) -> String {
        reason.isEmpty ? situation.rawValue : situation.rawValue + ": " + SafeText.line(ValueText.shortened(reason))
    }

    /// Old to new, aligned.
    private func attributesText(_ changes: [Change]) -> String {
        let lines = changes.flatMap { change in
            change.attributes.map {
                (ValueText.path($0.path), ValueText.before($0), ValueText.after($0), change.isDrift)
            }
        }
        let pathWidth = lines.map(\.0.count).max() ?? 0
        let beforeWidth = min(40, lines.map(\.1.count).max() ?? 0)
        var text = ""
        for (path, before, after, isDrift) in lines {
            text += "        " + pad(path, pathWidth) + "  " + pad(before, beforeWidth) + " -> " + after
            text += (isDrift ? "  " + palette.paint("(drift)", .warn) : "") + "\n"
        }
        for change in changes where change.isDrift && change.attributes.isEmpty {
            text += "        " + change.changeClass.word + " " + palette.paint("(drift)", .warn) + "\n"
        }
        return text
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension TextReport {
    /// What a reader looks for first in somebody new; the rest is counted.
    private static let keyAttributes = ["title", "department", "emails[work]", "manager", "description"]

    private func createText(_ change: Change) -> String {
        let attributes = change.attributes.map { (path: ValueText.path($0.path), change: $0) }
        let shown = Self.keyAttributes.compactMap { key in attributes.first { $0.path == key } }
        let named = attributes.count { ["userName", "displayName"].contains($0.path) }
        let others = attributes.count - shown.count - named
        var parts = shown.map { attribute in
            attribute.path + " " + ValueText.new(attribute.change)
        }
        if others > 0 { parts.append(parts.isEmpty ? Count.of(others, "attribute") : "\(others) more") }
        return parts.isEmpty ? "" : "        " + parts.joined(separator: ", ") + "\n"
    }

    /// Memberships stand under their group while they follow each other.
    private mutating func membershipText(_ row: PlanRow, member: Subject) -> String {
        var text = ""
        if openGroup != row.subject {
            text += "  members of group  " + who(row.subject) + "\n"
            openGroup = row.subject
            lastReason = nil
        }
        for change in row.changes {
            let sign = palette.paint("\(change.changeClass.sign) \(change.changeClass.word)", change.changeClass.ink)
            text += "    " + sign + " " + (member.kind == .group ? "group " : "") + who(member)
            text += (change.isDrift ? "  " + palette.paint("(drift)", .warn) : "") + editText(row) + "\n"
        }
        let reason = reasonText(row.situation, row.reason)
        if reason != lastReason { text += "        " + palette.paint(reason, .dim) + "\n" }
        lastReason = reason
        return text
    }

    private func quarantineText(_ item: Quarantined) -> String {
        let name = item.name ?? item.anchor?.value ?? "(no name)"
        let subject = Subject(kind: item.kind, anchor: item.anchor, name: name, recordID: nil, accountID: nil)
        var text = "  " + palette.paint("! quarantine", .warn) + " " + item.kind.rawValue + "  " + who(subject) + "\n"
        let code = item.finding.code == item.situation.rawValue ? "" : " " + SafeText.line(item.finding.code)
        text += "        \(item.situation.rawValue)\(code): "
        text += SafeText.line(item.finding.detail) + "\n"
        if !item.finding.cure.isEmpty { text += "        cure: " + SafeText.line(item.finding.cure) + "\n" }
        if let place = item.place { text += "        " + placeText(place) + "\n" }
        return text
    }

    private func placeText(_ place: Place) -> String {
        if place.file.isEmpty { return "pushed" }
        return "in \(SafeText.line(place.file)), bytes \(place.bytes.lowerBound) to \(place.bytes.upperBound)"
    }

    private func noticeText(_ notice: Notice) -> String {
        var text = "  " + palette.paint("i note", .rename) + " " + notice.subject.kind.rawValue + "  "
        text += who(notice.subject) + "\n        " + SafeText.line(notice.text) + "\n"
        return text + "        " + palette.paint(reasonText(notice.situation, notice.reason), .dim) + "\n"
    }
}

extension TextReport {
    /// How many of those who are about to lose access are named.
    static let dueMax = 1000

    /// `About to lose access`, once, with dates.
    private mutating func dueText() -> String {
        if toldDue || due.isEmpty { return "" }
        toldDue = true
        due.settle(by: Notice.isSooner)
        var text = (sawBody ? "\n" : "") + palette.paint("About to lose access", .bold) + "\n"
        sawBody = true
        for notice in due.items {
            guard let due = notice.due else { continue }
            let when = DueText.sightings(due) ?? Timestamp.text(due.at)
            text += "  " + palette.paint(when + "  " + due.changeClass.word, .remove) + " "
            text +=
                notice.subject.kind.rawValue + "  " + who(notice.subject) + "\n        " + SafeText.line(notice.text)
            text += "\n        " + palette.paint(reasonText(notice.situation, notice.reason), .dim) + "\n"
        }
        if due.more > 0 { text += "  and \(Count.text(due.more)) more later; --format json names them all\n" }
        return text
    }

    private mutating func gateText(_ reading: GateReading) -> String {
        let heading = sawGate ? "" : (sawBody ? "\n" : "") + palette.paint("Gates", .bold) + "\n"
        sawGate = true
        if reading.tripped { tripped.append(SafeText.line(reading.name)) }
        let verdict = reading.tripped ? palette.paint("TRIPPED", .alarm) : palette.paint("passed ", .add)
        return heading + "  " + verdict + "  " + pad(SafeText.line(reading.name), 22) + "  "
            + SafeText.line(reading.detail) + closeness(reading) + "\n"
    }

    /// `(8 % of the limit)`; nothing where there is no limit to come close to.
    private func closeness(_ reading: GateReading) -> String {
        guard let limit = reading.limit, limit > 0 else { return "" }
        let percent = reading.measured.multipliedReportingOverflow(by: 100).partialValue / limit
        return " (\(Count.text(percent)) % of the limit)"
    }
}
