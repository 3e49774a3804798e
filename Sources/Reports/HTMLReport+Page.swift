import Reconciliation

/// The page that a reader sees: the sentence that says what happens, what is dangerous, what was measured, the changes,
/// where everything came from, and a place to sign.
extension HTMLReport {
    func bodyText(_ summary: PlanSummary) -> HTML {
        let sections: [HTML] = [
            alarm(summary), tiles(summary), dueSection, editSection, quarantineSection(summary), gatesSection,
            charts(summary), changesSection, notesSection, sourceSection(summary), signOff(summary),
        ]
        return """
            <body>
            <a class="skip" href="#changes">To the changes</a>
            \(masthead(summary))
            <main>
            \(sections.joined())</main>
            <footer><p>Made by Rollcall from \(from(summary)). Times are UTC.</p></footer>
            <script>\(HTML(ofProgram: PageScript.text))</script>
            </body>
            </html>

            """
    }

    private func from(_ summary: PlanSummary) -> String {
        summary.run.map { "run \($0)" } ?? "a dry run"
    }

    func section(_ id: String, _ title: String, count: Int? = nil, note: String = "", _ content: HTML) -> HTML {
        let number: HTML = count.map { " <span class=\"n\">\(Count.text($0))</span>" } ?? ""
        let sub: HTML = note.isEmpty ? "" : "<p class=\"note\">\(note)</p>\n"
        return """
            <section id="\(id)" aria-labelledby="h-\(id)">
            <h2 id="h-\(id)">\(title)\(number)</h2>
            \(sub)\(content)
            </section>

            """
    }

    // MARK: The head of the page

    private func masthead(_ summary: PlanSummary) -> HTML {
        let state = PageState(summary, isTripped: isRefused(summary))
        let headline = Headline(tally, state.tense)
        let first = headline.people.isEmpty ? headline.text : headline.people
        let others: HTML =
            headline.people.isEmpty || headline.others.isEmpty ? "" : "<p class=\"others\">\(headline.others)</p>\n"
        return """
            <header class="mast \(state.tone)">
            <div class="inner">
            <p class="whose"><bdi>\(organization)</bdi> / <bdi>\(connection)</bdi> <span class="sep">·</span> job \
            <bdi>\(job)</bdi> <span class="badge \(state.tone)">\(state.badge)</span></p>
            <h1>\(first) <span class="state">\(state.sentence(summary))</span></h1>
            \(others)\(facts(summary))
            </div>
            </header>
            """
    }

    /// Gates refuse it, and nobody approved it.
    func isRefused(_ summary: PlanSummary) -> Bool { !tripped.isEmpty && summary.approval == nil }

    private var organization: String { SafeText.line(header?.organization ?? "") }
    private var connection: String { SafeText.line(header?.connection ?? "") }
    private var job: String { SafeText.line(header?.job ?? "") }

    private func facts(_ summary: PlanSummary) -> HTML {
        var facts: [(String, HTML)] = []
        if let run = summary.run { facts.append(("Run", "\(String(run))")) }
        if let header {
            if let takenAt = header.takenAt { facts.append(("Snapshot taken", Self.time(takenAt))) }
            facts.append((summary.outcome == .planned ? "Planned" : "As of", Self.time(header.asOf)))
        }
        if let completeness = summary.completeness { facts.append(("Completeness", "\(completeness.word)")) }
        facts.append(("Digest", "<code>\(String(summary.digest.prefix(12)))</code>"))
        let items = facts.map { fact -> HTML in "<div><dt>\(fact.0)</dt><dd>\(fact.1)</dd></div>" }.joined()
        return "<dl class=\"facts\">\(items)</dl>"
    }

    static func time(_ instant: Instant) -> HTML {
        let text = Timestamp.text(instant)
        let shown = String(text.prefix(16)).replacing("T", with: " ")
        return "<time datetime=\"\(text)\">\(shown)</time>"
    }

    // MARK: What somebody must see first

    /// The gates that refuse, who approved, and what was done otherwise than shown.
    private func alarm(_ summary: PlanSummary) -> HTML {
        var boxes: [HTML] = []
        if !tripped.isEmpty { boxes.append(trippedBox(summary)) }
        if let held = summary.held { boxes.append(Self.heldBox(held)) }
        if let undoes = header?.undoes {
            boxes.append("<div class=\"box info\"><p>\(PlanWords.undoes(undoes))</p></div>")
        }
        if header?.createsConnection == true {
            boxes.append(
                "<div class=\"box info\"><p>The organization or the connection is new: an accepted run creates it.</p></div>"
            )
        }
        if summary.outcome == .applied || summary.outcome == .interrupted { boxes.append(appliedBox(summary)) }
        if case .unexpected(let expected) = summary.outcome {
            boxes.append(
                """
                <div class="box bad" role="alert"><h2>Not the expected plan: nothing was written.</h2>
                <p>Expected <code>\(expected)</code>, and this is <code>\(summary.digest)</code>.</p></div>
                """)
        }
        return boxes.map { $0 + "\n" }.joined()
    }

    private static func heldBox(_ held: PlanSummary.Held) -> HTML {
        """
        <div class="box bad" role="alert"><h2>\(PlanWords.held(held))</h2>
        <p>Read them with <code>rollcall queue list</code>. If all of them are meant:</p>
        <pre><code>\(PlanWords.approve(held))</code></pre></div>
        """
    }

    private func trippedBox(_ summary: PlanSummary) -> HTML {
        let more: HTML = tripped.more > 0 ? "<p>and \(Count.text(tripped.more)) more</p>" : ""
        let count = Count.of(tripped.total, "gate")
        let title =
            switch summary.outcome {
            case .refused: "Refused by \(count). Nothing was written."
            case .applied, .interrupted: "\(count) tripped, and the plan was approved."
            case .planned where summary.approval != nil: "\(count) tripped, and the plan is approved."
            case .planned, .unexpected: "A run would be refused by \(count)."
            }
        let word: HTML =
            if let note = summary.approvalNote {
                "<p>\(PlanWords.notApproved(note))</p>"
            } else if let approval = summary.approval, let end = summary.approvedUntil {
                "<p>\(PlanWords.approved(approval, until: end))</p>"
            } else {
                ""
            }
        return """
            <div class="box bad" role="alert">
            <h2>\(title)</h2>
            <ul class="gates">\(tripped.items.map { Self.gate($0) }.joined())</ul>\(more)\(word)
            <p><a href="#sign">What to do next</a></p>
            </div>
            """
    }

    private func appliedBox(_ summary: PlanSummary) -> HTML {
        var text: HTML = ""
        if let approval = summary.approval {
            text += "<p>Approved by <bdi>\(SafeText.line(approval.by))</bdi> at \(Self.time(approval.at)).</p>"
        }
        if summary.outcome == .applied, summary.deviations.isEmpty, summary.stale == 0 {
            let title = summary.shown == nil ? "Applied: every row of this plan." : "Applied exactly what was shown."
            return "<div class=\"box good\">\(text)<p><strong>\(title)</strong></p></div>"
        }
        let stale: HTML =
            summary.stale == 0
            ? "" : "<p>\(Count.of(summary.stale, "row")) had gone stale since planning: left out and queued again.</p>"
        let applied = summary.counts.values.reduce(0, +)
        let interrupted: HTML =
            summary.outcome == .interrupted
            ? "<p>\(Count.of(applied, "change")) were applied before the interruption; they stay.</p>" : ""
        let items = summary.deviations.map { text -> HTML in "<li>\(SafeText.line(text))</li>" }.joined()
        let list: HTML = items.isEmpty ? "" : "<p>Otherwise than shown:</p><ul>\(items)</ul>"
        let title = summary.shown == nil ? "Not every row of this plan was applied" : "Not exactly what was shown"
        return "<div class=\"box warn\"><h2>\(title)</h2>\(text)\(interrupted)\(stale)\(list)</div>"
    }

    // MARK: The numbers

    private func tiles(_ summary: PlanSummary) -> HTML {
        let loses = tally.people[.loses] ?? 0
        let joins = (tally.people[.joins] ?? 0) + (tally.people[.returns] ?? 0)
        let changes = (tally.people[.changes] ?? 0) + (tally.people[.links] ?? 0)
        var tiles: [(Int, String, String, String)] = [
            (loses, loses == 1 ? "person loses access" : "people lose access", "bad", "changes"),
            (changes, changes == 1 ? "person changes" : "people change", "edit", "changes"),
            (joins, joins == 1 ? "person joins or returns" : "people join or return", "good", "changes"),
            (tally.membershipsRemoved, "memberships end", "bad", "changes"),
            (tally.membershipsAdded, "memberships begin", "good", "changes"),
        ]
        if !due.isEmpty { tiles.append((due.total, "about to lose access", "warn", "due")) }
        if summary.quarantined > 0 { tiles.append((summary.quarantined, "quarantined", "warn", "quarantine")) }
        if tally.drift > 0 { tiles.append((tally.drift, "changes of drift", "name", "changes")) }
        let items = tiles.map { tile -> HTML in
            """
            <li class="tile \(tile.0 == 0 ? "zero" : tile.2)"><a href="#\(tile.3)"><strong>\(Count.text(tile.0))</strong> \
            <span>\(tile.1)</span></a></li>

            """
        }
        return "<ul class=\"tiles\" aria-label=\"In numbers\">\n\(items.joined())</ul>\n"
    }

    private func charts(_ summary: PlanSummary) -> HTML {
        let classes = ChangeClass.allCases.sorted { $0.isDestructive && !$1.isDestructive }
            .map { (word: $0.rawValue, meaning: "", count: summary.counts[$0] ?? 0, tone: $0.tone, key: $0.rawValue) }
        let situations = Situation.allCases
            .map {
                (
                    word: $0.rawValue, meaning: $0.meaning, count: summary.situations[$0] ?? 0, tone: "plain",
                    key: $0.rawValue
                )
            }
        let charts = [
            chart("Changes by class", classes, filter: "class"),
            chart("People and groups by situation", situations, filter: "situation"),
        ].compactMap { $0 }
        guard !charts.isEmpty else { return "" }
        return section("numbers", "In numbers", "<div class=\"two\">\n\(charts.joined("\n"))\n</div>")
    }

    /// Nothing where there is nothing to count.
    private func chart(
        _ title: String, _ bars: [(word: String, meaning: String, count: Int, tone: String, key: String)],
        filter: String
    ) -> HTML? {
        let bars = bars.filter { $0.count > 0 }
        guard let most = bars.map(\.count).max() else { return nil }
        let rows = bars.map { bar -> HTML in
            let meaning: HTML = bar.meaning.isEmpty ? "" : " <span class=\"meaning\">\(bar.meaning)</span>"
            return """
                <tr><th scope="row"><a href="#changes" data-\(filter)="\(bar.key)">\(bar.word)</a>\(meaning)</th>\
                <td class="num">\(Count.text(bar.count))</td>\
                <td class="barcell">\(Self.bar(permille: bar.count * 1000 / most, tone: bar.tone))</td></tr>

                """
        }
        return "<table class=\"chart\"><caption>\(title)</caption><tbody>\n\(rows.joined())</tbody></table>"
    }

    /// A bar of so many thousandths of the width; a sliver where there is anything at all. Decoration: the number stands beside it.
    static func bar(permille: Int, tone: String, mark: Int? = nil) -> HTML {
        let width = permille > 0 ? min(1000, max(8, permille)) : 0
        let limit: HTML =
            mark.map { "<rect class=\"limit\" x=\"\(min(990, max(0, $0 - 5)))\" width=\"10\" height=\"10\"/>" } ?? ""
        return """
            <svg class="bar \(tone)" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">\
            <rect class="track" width="1000" height="10"/><rect class="fill" width="\(width)" height="10"/>\(limit)</svg>
            """
    }
}

/// What a page says first about how the plan ended.
struct PageState {
    let badge: String
    let tone: String
    let tense: Headline.Tense
    private let isTripped: Bool

    init(_ summary: PlanSummary, isTripped: Bool) {
        self.isTripped = isTripped
        switch summary.outcome {
        case .planned: (badge, tone, tense) = ("Dry run", isTripped ? "bad" : "calm", isTripped ? .would : .will)
        case .applied: (badge, tone, tense) = ("Applied", summary.stale > 0 ? "warn" : "good", .did)
        case .refused: (badge, tone, tense) = ("Refused", "bad", .would)
        case .unexpected: (badge, tone, tense) = ("Not the expected plan", "bad", .would)
        case .interrupted: (badge, tone, tense) = ("Interrupted", "warn", .would)
        }
    }

    func sentence(_ summary: PlanSummary) -> String {
        switch summary.outcome {
        case .planned where isTripped: "Nothing is applied, and a run would be refused."
        case .planned: summary.isEmpty ? "" : "Nothing is applied yet."
        case .applied: ""
        case .refused: "Refused: nothing was written."
        case .unexpected: "Another plan was expected: nothing was written."
        case .interrupted: "Interrupted before the end."
        }
    }
}
