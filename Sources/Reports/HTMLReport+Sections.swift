import Reconciliation

/// The sections around the changes.
extension HTMLReport {
    // MARK: Gates

    var gatesSection: HTML {
        guard !passed.isEmpty else { return "" }
        let more: HTML = passed.more > 0 ? "<p class=\"more\">and \(Count.text(passed.more)) more that passed</p>" : ""
        let verdict =
            tripped.isEmpty
            ? passed.total == 1 ? "The only one passed." : "All \(Count.text(passed.total)) passed."
            : "\(Count.of(tripped.total, "gate")) tripped, above; \(Count.text(passed.total)) passed."
        let note = verdict + " The bar is how much of the limit was used."
        let all = passed.items.sorted { Closeness($0).permille > Closeness($1).permille }
        return section(
            "gates", "Gates", note: note, "<ul class=\"gates\">\(all.map { Self.gate($0) }.joined())</ul>\(more)")
    }

    static func gate(_ reading: GateReading) -> HTML {
        let closeness = Closeness(reading)
        let tone = reading.tripped ? "bad" : closeness.permille >= 800 ? "warn" : "good"
        return """
            <li class="gate \(reading.tripped ? "tripped" : "passed")"><p class="verdict">\
            <span class="pill \(tone)">\(reading.tripped ? "tripped" : "passed")</span> \
            <code>\(SafeText.line(reading.name))</code></p>\
            <p class="detail">\(SafeText.line(reading.detail))</p>\
            <p class="close">\(bar(permille: closeness.width, tone: tone, mark: closeness.mark)) \
            <span>\(closeness.text)</span></p></li>

            """
    }

    // MARK: People in danger

    var dueSection: HTML {
        guard !due.isEmpty else { return "" }
        let rows = due.items.map { notice -> HTML in
            guard let due = notice.due else { return "" }
            return """
                <tr><td class="when">\(Self.when(due))</td>\(Self.who(notice.subject))\
                <td class="what">\(Self.pill(due.changeClass.sign, due.changeClass.word, due.changeClass.tone))</td>\
                <td class="why">\(SafeText.line(notice.text)) \(Self.why(notice.situation, notice.reason))</td></tr>

                """
        }
        return section(
            "due", "About to lose access", count: due.total,
            note: "Unless something changes before. The soonest first.",
            """
            \(Self.cut(due.items.count, of: due.total))<div class="scroll tall" role="region" tabindex="0" aria-label="About to lose access"><table class="changes due"><thead><tr>\
            <th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Why</th></tr></thead>
            <tbody>
            \(rows.joined())</tbody></table></div>
            """)
    }

    private static func when(_ due: Notice.Due) -> HTML {
        guard let sightings = DueText.sightings(due) else { return time(due.at) }
        return "from \(time(due.at)), \(sightings)"
    }

    var editSection: HTML {
        let total = edited.values.reduce(0) { $0 + $1.total }
        guard total > 0 else { return "" }
        let order: [(RulesEdit, String, String)] = [
            (.leaves, "Leave because of the edit", "bad"), (.enters, "Enter because of the edit", "good"),
            (.changes, "Change because of the edit", "edit"),
        ]
        let columns = order.compactMap { edit, title, tone -> HTML? in
            guard let rows = edited[edit] else { return nil }
            let names = rows.items.map { row -> HTML in
                let who = row.member ?? row.subject
                let at: HTML = row.member == nil ? "" : " in <bdi>\(SafeText.line(row.subject.name))</bdi>"
                return """
                    <li><bdi>\(SafeText.line(who.displayName ?? who.name))</bdi>\(at) <span class="muted">\
                    \(row.situation.rawValue)</span></li>
                    """
            }
            let more: HTML = rows.more > 0 ? "<li class=\"more\">and \(Count.text(rows.more)) more</li>" : ""
            return """
                <div class="edit \(tone)"><h3>\(title) <span class="n">\(Count.text(rows.total))</span></h3>\
                <ul class="names tall" tabindex="0">\(names.joined())\(more)</ul></div>
                """
        }
        return section(
            "edited", "Because the rules were edited", count: total,
            note: "The source did not change for these; the filter, the mapping or the policies did.",
            "<div class=\"two\">\(columns.joined())</div>")
    }

    func quarantineSection(_ summary: PlanSummary) -> HTML {
        guard !quarantined.isEmpty else { return "" }
        let rows = quarantined.items.map { item -> HTML in
            let subject = Subject(
                kind: item.kind, anchor: item.anchor, name: item.name ?? item.anchor?.value ?? "(no name)",
                recordID: nil, accountID: nil)
            let place: HTML = item.place.map { "<span class=\"muted place\">\(PlaceText.text($0))</span>" } ?? ""
            return """
                <tr>\(Self.who(subject))<td class="what">\(Self.pill("!", item.finding.code, "warn"))</td>\
                <td class="why">\(SafeText.line(item.finding.detail))\(place)</td>\
                <td class="cure">\(SafeText.line(item.finding.cure))</td></tr>

                """
        }
        return section(
            "quarantine", "Quarantined", count: quarantined.total,
            note: "Nothing changes for these records until they are cured.",
            """
            \(Self.cut(quarantined.items.count, of: quarantined.total))<div class="scroll tall" role="region" tabindex="0" aria-label="Quarantined"><table class="changes aside"><thead><tr>\
            <th scope="col">Who</th><th scope="col">Finding</th><th scope="col">What is wrong</th>\
            <th scope="col">Cure</th></tr></thead>
            <tbody>
            \(rows.joined())</tbody></table></div>
            """)
    }

    var notesSection: HTML {
        guard !notes.isEmpty else { return "" }
        let rows = notes.items.map { notice -> HTML in
            """
            <tr>\(Self.who(notice.subject))<td class="diff">\(SafeText.line(notice.text))</td>\
            <td class="why">\(Self.why(notice.situation, notice.reason))</td></tr>

            """
        }
        return section(
            "notes", "Worth knowing", count: notes.total, note: "Nothing changes for these.",
            """
            \(Self.cut(notes.items.count, of: notes.total))<div class="scroll tall" role="region" tabindex="0" aria-label="Worth knowing"><table class="changes notes"><thead><tr>\
            <th scope="col">Who</th><th scope="col">Note</th><th scope="col">Why</th></tr></thead>
            <tbody>
            \(rows.joined())</tbody></table></div>
            """)
    }

    static func cut(_ shown: Int, of total: Int) -> HTML {
        shown == total
            ? ""
            : """
            <p class="cut">\(Count.text(shown)) of \(Count.text(total)) shown. All of them are below, under Changes, if \
            scripts may run, and in the CSV and JSON reports.</p>

            """
    }

    // MARK: Where it came from

    func sourceSection(_ summary: PlanSummary) -> HTML {
        section(
            "source", "The source, and what was not looked at",
            "<div class=\"two\">\n<div>\(Self.list(looked(summary)))</div>\n<div>\(files)\(unmapped(summary))</div>\n</div>"
        )
    }

    private func looked(_ summary: PlanSummary) -> [(String, HTML)] {
        var facts: [(String, HTML)] = []
        let records = Kind.allCases.compactMap { kind in summary.records[kind].map { Count.of($0, kind.rawValue) } }
        if !records.isEmpty { facts.append(("Records read", "\(records.joined(separator: ", "))")) }
        if let completeness = summary.completeness {
            facts.append(
                ("Completeness", "<strong>\(completeness.word)</strong>: \(SafeText.line(completeness.reason))"))
        }
        facts.append(
            ("What silence means", summary.coverage.isEmpty ? "nothing" : "\(SafeText.line(summary.coverage))"))
        if summary.deferredMembers > 0 {
            facts.append(
                ("Deferred", "\(Count.of(summary.deferredMembers, "membership")), until the member has an account"))
        }
        if summary.quarantined > 0 {
            facts.append(
                ("Set aside", "\(Count.of(summary.quarantined, "record")), see <a href=\"#quarantine\">above</a>"))
        }
        if let takenAt = header?.takenAt { facts.append(("Taken at", Self.time(takenAt))) }
        if let header {
            facts.append(("As of", Self.time(header.asOf)))
            facts.append(("Mode", "\(header.mode.rawValue)"))
        }
        if let digest = header?.sourceDigest {
            facts.append(("Source digest", "<code>\(SafeText.line(digest))</code>"))
        }
        if let rules = header?.rulesHash, !rules.isEmpty {
            facts.append(("Rules hash", "<code>\(SafeText.line(rules))</code>"))
        }
        facts.append(("Plan digest", "<code>\(SafeText.line(summary.digest))</code>"))
        return facts
    }

    static func list(_ facts: [(String, HTML)]) -> HTML {
        "<dl class=\"list\">\(facts.map { fact -> HTML in "<dt>\(fact.0)</dt><dd>\(fact.1)</dd>" }.joined())</dl>"
    }

    private var files: HTML {
        guard let files = header?.files, !files.isEmpty else {
            return "<p class=\"muted\">No files: pushed changes.</p>"
        }
        let rows = files.map { file -> HTML in
            """
            <tr><th scope="row"><bdi>\(SafeText.line(file.path))</bdi></th><td class="num">\(Count.text(file.records))</td>\
            <td class="num">\(Count.bytes(file.bytes))</td></tr>

            """
        }
        return """
            <table class="files"><caption>Files</caption><thead><tr><th scope="col">File</th><th scope="col" class="num">\
            Records</th><th scope="col" class="num">Size</th></tr></thead><tbody>
            \(rows.joined())</tbody></table>
            """
    }

    private func unmapped(_ summary: PlanSummary) -> HTML {
        guard !summary.unmapped.isEmpty else { return "" }
        let sorted = summary.unmapped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let rows = sorted.prefix(Self.shownMax).map { name, count -> HTML in
            "<tr><th scope=\"row\"><bdi>\(SafeText.line(name))</bdi></th><td class=\"num\">\(Count.text(count))</td></tr>\n"
        }
        return """
            <table class="files"><caption>Attributes that no mapping carries <span class="n">\(Count.text(sorted.count))\
            </span></caption><thead><tr><th scope="col">Attribute</th><th scope="col" class="num">Records with a value\
            </th></tr></thead><tbody>
            \(rows.joined())</tbody></table>
            """
    }

    // MARK: Signing

    func signOff(_ summary: PlanSummary) -> HTML {
        let step = NextStep.after(
            summary, mode: header?.mode ?? .reconcile, isTripped: isRefused(summary), context: context)
        let command: HTML = step?.command.map { "<pre><code id=\"command\">\($0)</code></pre>" } ?? ""
        let what: HTML = step.map { "<p>\($0.text)</p>" } ?? "<p>Nothing is left to do.</p>"
        let decisions = step == nil ? ["Seen", "Objected"] : ["Approved", "Not approved"]
        let choices = decisions.enumerated().map { index, word -> HTML in
            "<label><input type=\"radio\" name=\"decision\" id=\"d\(index)\" value=\"\(word)\"/> \(word)</label>"
        }
        return section(
            "sign", "Sign-off",
            """
            <div class="sign">
            \(what)\(command)
            <dl class="list"><dt>Plan digest</dt><dd><code>\(SafeText.line(summary.digest))</code></dd></dl>
            <form class="lines">
            <p><label for="s-name">Name</label><input id="s-name" type="text" autocomplete="off"/></p>
            <p><label for="s-date">Date</label><input id="s-date" type="text" autocomplete="off"/></p>
            <fieldset><legend>Decision</legend>\(choices.joined(" "))</fieldset>
            <p class="remarks"><label for="s-note">Remarks</label><input id="s-note" type="text" autocomplete="off"/></p>
            </form>
            <p class="muted">Fill it in here and print the page, or print it and sign. What you type stays in this window.</p>
            </div>
            """)
    }
}

/// How much of its limit a gate measured, for a bar and in words.
struct Closeness {
    /// Thousandths of the limit; 0 where there is none.
    let permille: Int
    let text: String
    /// The bar's width, and where on it the limit stands if that is not its end.
    let width: Int
    let mark: Int?

    init(_ reading: GateReading) {
        guard let limit = reading.limit else {
            (permille, text, width, mark) = (0, "\(Count.text(reading.measured)), unlimited", 0, nil)
            return
        }
        let numbers = "\(Count.text(reading.measured)) of \(Count.text(limit)) allowed"
        guard limit > 0 else {
            permille = reading.tripped ? .max : 0
            (text, width, mark) = (numbers, reading.measured > 0 ? 1000 : 0, reading.measured > 0 ? 0 : nil)
            return
        }
        let (product, overflow) = reading.measured.multipliedReportingOverflow(by: 1000)
        permille = overflow ? .max : product / limit
        text = numbers + ", \(Count.text(permille / 10)) %"
        (width, mark) = permille > 1000 ? (1000, limit * 1000 / max(1, reading.measured)) : (permille, nil)
    }
}
