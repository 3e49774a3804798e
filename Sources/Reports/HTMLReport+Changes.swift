import Reconciliation

/// The changes as they stand in the page without script and on paper: as the script shows them.
extension HTMLReport {
    var changesSection: HTML {
        let total = shown.values.reduce(0) { $0 + $1.total } + groups.total
        let table: HTML = total > 0 ? changesTable : "<p class=\"none\">Nothing changes.</p>"
        let controls: HTML = lines > 0 ? filters : ""
        return section(
            "changes", "Changes", count: total, note: total > 0 ? "The dangerous ones first." : "",
            """
            \(controls)
            <div id="static">
            \(cutLine)\(table)
            </div>
            """)
    }

    private var changesTable: HTML {
        let parts = ChangePart.allCases.compactMap { part($0) }.joined()
        return """
            <div class="scroll"><table class="changes">
            <thead><tr><th scope="col">Who</th><th scope="col">Change</th><th scope="col">From and to</th>\
            <th scope="col">Why</th></tr></thead>
            \(parts)</table></div>
            """
    }

    /// The longest search, in UTF-16 units as a browser counts them: more than any value shown, and a pattern that is still quick
    /// to make, also where it comes from a link.
    private static let searchCharactersMax = 200

    /// Controls that only the script understands; without it they stay hidden.
    private var filters: HTML {
        """
        <form class="filters" id="filters" hidden="hidden" role="search" aria-label="Filter the changes">
        <p class="field wide"><label for="q">Search</label><input id="q" type="search" autocomplete="off" \
        maxlength="\(Self.searchCharactersMax)" placeholder="name, id, attribute, value"/></p>
        <p class="field"><label for="f-class">Class</label><select id="f-class"><option value="">all</option></select></p>
        <p class="field"><label for="f-kind">Kind</label><select id="f-kind"><option value="">all</option>\
        <option value="u">people</option><option value="g">groups</option><option value="m">memberships</option>\
        <option value="q">quarantined</option><option value="n">notes</option></select></p>
        <p class="field"><label for="f-sit">Situation</label><select id="f-sit"><option value="">all</option></select></p>
        <p class="field"><label for="f-mark">Because of</label><select id="f-mark"><option value="">anything</option>\
        <option value="drift">drift</option><option value="enters">a rule edit: enters</option>\
        <option value="leaves">a rule edit: leaves</option><option value="changes">a rule edit: changes</option></select></p>
        <p class="field"><button type="reset" id="clear">Clear</button></p>
        </form>
        <div id="live" hidden="hidden"></div>
        """
    }

    private var cutLine: HTML {
        let kept =
            shown.values.reduce(0) { $0 + $1.items.count } + groups.blocks.reduce(0) { $0 + $1.members.items.count }
        let total = shown.values.reduce(0) { $0 + $1.total } + groups.total
        guard kept < total else { return "" }
        return """
            <p class="cut">\(Count.text(kept)) of \(Count.text(total)) shown. All of them are in this page's data, which \
            its script shows, and in the CSV and JSON reports.</p>
            """
    }

    private func part(_ part: ChangePart) -> HTML? {
        if part == .memberships { return groups.total == 0 ? nil : membershipsPart }
        guard let rows = shown[part] else { return nil }
        return tableBody(part.title, count: rows.total, rows: rows.items.map { changeRow($0) }, more: rows.more)
    }

    private func tableBody(_ title: String, count: Int, rows: [HTML], more: Int) -> HTML {
        let last: HTML =
            more > 0 ? "<tr><td colspan=\"4\" class=\"more\">and \(Count.text(more)) more</td></tr>\n" : ""
        return """
            <tbody>
            <tr class="part"><th colspan="4" scope="rowgroup">\(title) <span class="n">\(Count.text(count))</span></th></tr>
            \(rows.joined())\(last)</tbody>

            """
    }

    private func changeRow(_ row: PlanRow) -> HTML {
        let isNew = row.changes.contains { $0.changeClass == .create }
        return """
            <tr>\(Self.who(row.subject))<td class="what">\(Self.pills(row))</td>\
            <td class="diff">\(isNew ? Self.newAttributes(row.changes) : Self.attributes(row.changes))</td>\
            <td class="why">\(Self.why(row.situation, row.reason))</td></tr>

            """
    }

    static func who(_ subject: Subject) -> HTML {
        let display = subject.displayName.flatMap { $0 == subject.name ? nil : $0 }
        let login: HTML = display == nil ? "" : "<bdi class=\"login\">\(SafeText.line(subject.name))</bdi>"
        let anchor: HTML = subject.anchor.map { "<bdi class=\"anchor\">\(SafeText.line($0.value))</bdi>" } ?? ""
        return """
            <th scope="row" class="who"><bdi class="name">\(SafeText.line(display ?? subject.name))</bdi>\(login)\(anchor)</th>
            """
    }

    static func pill(_ sign: String, _ word: String, _ tone: String) -> HTML {
        "<span class=\"pill \(tone)\"><span aria-hidden=\"true\">\(sign)</span> \(word)</span>"
    }

    private static func pills(_ row: PlanRow) -> HTML {
        var seen: [ChangeClass] = []
        for change in row.changes where !seen.contains(change.changeClass) { seen.append(change.changeClass) }
        var all = seen.map { pill($0.sign, $0.word, $0.tone) }
        if row.subject.kind == .group { all.append("<span class=\"kind\">group</span>") }
        if row.changes.contains(where: \.isDrift) { all.append(mark("drift")) }
        if let edit = row.edit { all.append(mark("rule edit: " + edit.rawValue)) }
        return all.joined(" ")
    }

    static func mark(_ word: String) -> HTML { "<span class=\"mark\">\(word)</span>" }

    static func why(_ situation: Situation, _ reason: String) -> HTML {
        let text: HTML = reason.isEmpty ? "" : " \(SafeText.line(ValueText.shortened(reason)))"
        return "<abbr class=\"sit\" title=\"\(situation.meaning)\">\(situation.rawValue)</abbr>\(text)"
    }

    private static func attributes(_ changes: [Change]) -> HTML {
        let items = changes.flatMap { change in
            change.attributes.map { attribute -> HTML in
                let pair = ShownPair(attribute, isNew: false)
                let drift: HTML = change.isDrift ? " \(mark("drift"))" : ""
                return """
                    <li><span class="path">\(pair.path)</span> <span class="values"><del>\(value(pair.before))</del> \
                    <span class="to">→</span> <ins>\(value(pair.after))</ins>\(drift)</span></li>
                    """
            }
        }
        return items.isEmpty ? "" : "<ul class=\"attrs\">\(items.joined())</ul>"
    }

    private static func newAttributes(_ changes: [Change]) -> HTML {
        let items = changes.flatMap(\.attributes).map { attribute -> HTML in
            let pair = ShownPair(attribute, isNew: true)
            return "<li><span class=\"path\">\(pair.path)</span> \(value(pair.after))</li>"
        }
        return "<ul class=\"new\">\(items.joined(" "))</ul>"
    }

    private static func value(_ text: String?) -> HTML {
        text.map { "<bdi>\($0)</bdi>" } ?? "<span class=\"empty\">none</span>"
    }
}

extension HTMLReport {
    private var membershipsPart: HTML {
        // Groups that lose somebody first.
        let blocks = groups.blocks.enumerated().sorted { left, right in
            let (first, second) = (left.element.removed > 0, right.element.removed > 0)
            return first == second ? left.offset < right.offset : first
        }
        return tableBody(
            ChangePart.memberships.title, count: groups.total, rows: blocks.map { groupRow($0.element) },
            more: groups.beyond)
    }

    private func groupRow(_ block: GroupBlocks.Block) -> HTML {
        var pills: [HTML] = []
        if block.removed > 0 { pills.append(Self.pill("-", Count.text(block.removed) + " out", "bad")) }
        if block.added > 0 { pills.append(Self.pill("+", Count.text(block.added) + " in", "good")) }
        let order = block.members.items.enumerated().sorted { left, right in
            let (first, second) = (
                left.element.change.changeClass == .memberRemove, right.element.change.changeClass == .memberRemove
            )
            return first == second ? left.offset < right.offset : first
        }
        let members = order.map { Self.member($0.element) }.joined(" ")
        let more: HTML =
            block.members.more > 0 ? " <li class=\"more\">and \(Count.text(block.members.more)) more</li>" : ""
        let why = Set(block.reasons.values).sorted().map { reason -> HTML in "<span>\(SafeText.line(reason))</span>" }
        return """
            <tr>\(Self.who(block.group))<td class="what">\(pills.joined(" "))</td>\
            <td class="diff"><ul class="members">\(members)\(more)</ul></td>\
            <td class="why">\(why.joined("<br/>"))</td></tr>

            """
    }

    private static func member(_ item: (member: Subject, change: Change, edit: RulesEdit?)) -> HTML {
        let (member, change, edit) = item
        let drift: HTML = change.isDrift ? " \(mark("drift"))" : ""
        let edited: HTML = edit.map { " \(mark("rule edit: " + $0.rawValue))" } ?? ""
        let kind: HTML = member.kind == .group ? "group " : ""
        let word = change.changeClass == .memberRemove ? "removed" : "added"
        return """
            <li class="\(change.changeClass.tone)"><span class="sign" aria-label="\(word)" role="img">\
            \(change.changeClass.sign)</span> \(kind)<bdi title="\(SafeText.line(member.name))">\
            \(SafeText.line(member.displayName ?? member.name))</bdi>\(drift)\(edited)</li>
            """
    }
}
