import Reconciliation

extension TextReport {
    func summaryText(_ summary: PlanSummary) -> String {
        var text = "\n" + palette.paint(changesLine(summary), .bold) + "\n"
        if let line = situationsLine(summary) { text += line + "\n" }
        if let line = sourceLine(summary) { text += line + "\n" }
        if summary.quarantined > 0 {
            text +=
                "\(Count.of(summary.quarantined, "record")) quarantined: nothing changes for them until they are cured.\n"
        }
        text += unmappedText(summary)
        if summary.deferredMembers > 0 {
            text += "\(Count.of(summary.deferredMembers, "membership")) deferred until the member has an account.\n"
        }
        if summary.stale > 0, summary.outcome != .refused {
            text += "\(Count.of(summary.stale, "row")) had gone stale since planning: left out and queued again.\n"
        }
        text += outcomeText(summary) + approvalText(summary) + heldText(summary) + shownText(summary)
        if !summary.digest.isEmpty { text += "Digest \(SafeText.line(summary.digest))\n" }
        return text
    }

    private func changesLine(_ summary: PlanSummary) -> String {
        let counts = ChangeClass.allCases.compactMap { item in summary.counts[item].map { (item, $0) } }
            .filter { $0.1 > 0 }
        if counts.isEmpty { return "Nothing to do." + (runText(summary)) }
        guard case .applied = summary.outcome else {
            return "Plan: " + counts.map { $0.0.toDo($0.1) }.joined(separator: ", ") + "."
        }
        return "Applied: " + counts.map { $0.0.done($0.1) }.joined(separator: ", ") + "." + runText(summary)
    }

    private func runText(_ summary: PlanSummary) -> String {
        guard case .applied = summary.outcome, let run = summary.run else { return "" }
        return " (run \(run))"
    }

    private func situationsLine(_ summary: PlanSummary) -> String? {
        let counts = Situation.allCases.compactMap { item in summary.situations[item].map { (item, $0) } }
            .filter { $0.1 > 0 }
        if counts.isEmpty { return nil }
        return "Situations: " + counts.map { "\($0.0.rawValue) \(Count.text($0.1))" }.joined(separator: ", ")
    }

    private func sourceLine(_ summary: PlanSummary) -> String? {
        var parts: [String] = []
        let records = Kind.allCases.compactMap { kind in summary.records[kind].map { Count.of($0, kind.rawValue) } }
        if !records.isEmpty { parts.append(records.joined(separator: ", ")) }
        if let completeness = summary.completeness {
            parts.append("completeness \(completeness.word): \(SafeText.line(completeness.reason))")
        }
        if !summary.coverage.isEmpty { parts.append("coverage \(SafeText.line(summary.coverage))") }
        return parts.isEmpty ? nil : "Source: " + parts.joined(separator: "; ")
    }

    private func refusedText(_ summary: PlanSummary, gates: String) -> String {
        var text = palette.paint("Refused by \(gates.isEmpty ? "a gate" : gates): nothing was written.", .alarm)
        text += " If the export or the job is wrong, mend it and run again."
        if let run = summary.run {
            text += " If every change above is meant: rollcall runs approve \(run)"
        }
        text += "\n"
        if let note = summary.approvalNote { text += PlanWords.notApproved(note) + "\n" }
        return text
    }

    /// Who answers for what the gates refused.
    private func approvalText(_ summary: PlanSummary) -> String {
        guard let approval = summary.approval else { return "" }
        if let end = summary.approvedUntil { return PlanWords.approved(approval, until: end) + "\n" }
        return "Approved by \(SafeText.line(approval.by)) at \(Timestamp.text(approval.at)), although"
            + " \(tripped.isEmpty ? "a gate" : tripped.joined(separator: ", ")) refused it.\n"
    }

    private func heldText(_ summary: PlanSummary) -> String {
        guard let held = summary.held else { return "" }
        return palette.paint(PlanWords.held(held), .alarm)
            + " See: rollcall queue list. If all of them are meant: \(PlanWords.approve(held))\n"
    }

    /// Whether what was applied is what somebody was shown.
    private func shownText(_ summary: PlanSummary) -> String {
        guard summary.shown != nil else { return "" }
        if summary.deviations.isEmpty {
            return summary.outcome == .applied ? "Applied exactly what was shown.\n" : ""
        }
        return "Not as it was shown:\n" + summary.deviations.map { "  " + SafeText.line($0) + "\n" }.joined()
    }

    /// The attributes that most records have and no mapping carries, in one line.
    private func unmappedText(_ summary: PlanSummary) -> String {
        let sorted = summary.unmapped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        if sorted.isEmpty { return "" }
        let named = sorted.prefix(Self.unmappedMax).map { "\(SafeText.line($0.key)) (\(Count.text($0.value)))" }
        let more = sorted.count - named.count
        return "Not mapped: " + named.joined(separator: ", ") + (more > 0 ? ", and \(Count.text(more)) more" : "")
            + "\n"
    }

    private static let unmappedMax = 10

    private func outcomeText(_ summary: PlanSummary) -> String {
        let gates = tripped.joined(separator: ", ")
        switch summary.outcome {
        case .applied: return ""
        case .planned where tripped.isEmpty: return "Nothing was written.\n"
        case .planned where summary.approval != nil: return "Nothing was written. Tripped: \(gates).\n"
        case .planned:
            return palette.paint("A run would be refused by \(gates).", .alarm) + " Nothing was written.\n"
                + (summary.approvalNote.map { PlanWords.notApproved($0) + "\n" } ?? "")
        case .refused where tripped.isEmpty && summary.stale > 0:
            return palette.paint(
                "Refused: \(Count.of(summary.stale, "row")) of the plan \(summary.stale == 1 ? "does" : "do") not hold any more.",
                .alarm)
                + " Nothing was written. Plan again, or apply the rest with --fresh-only.\n"
        case .refused: return refusedText(summary, gates: gates)
        case .unexpected(let expected):
            return palette.paint("Not the expected plan: nothing was written.", .alarm)
                + " Expected \(SafeText.line(expected)); read the diff above, and give --expect the digest below if it is"
                + " what you want.\n"
        case .interrupted:
            return palette.paint("Interrupted.", .alarm) + " What was done stays done; run again to go on.\n"
        }
    }
}
