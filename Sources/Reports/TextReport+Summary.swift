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
        if summary.stale > 0 {
            text += "\(Count.of(summary.stale, "row")) had gone stale since planning: left out and queued again.\n"
        }
        text += appliedText(summary) + outcomeText(summary)
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

    /// Who approved it, and whether it is what was shown.
    private func appliedText(_ summary: PlanSummary) -> String {
        var text = ""
        if let approval = summary.approval {
            text += "Approved by \(SafeText.line(approval.by)) at \(Timestamp.text(approval.at)).\n"
        }
        for deviation in summary.deviations {
            text += palette.paint("Otherwise than shown: ", .warn) + SafeText.line(deviation) + "\n"
        }
        if summary.outcome == .applied, !summary.isEmpty, summary.deviations.isEmpty, summary.stale == 0 {
            text += "Applied exactly what was shown.\n"
        }
        return text
    }

    private func outcomeText(_ summary: PlanSummary) -> String {
        let gates = tripped.joined(separator: ", ")
        switch summary.outcome {
        case .applied: return ""
        case .planned where tripped.isEmpty: return "Nothing was written.\n"
        case .planned: return palette.paint("A run would be refused by \(gates).", .alarm) + " Nothing was written.\n"
        case .refused:
            return palette.paint("Refused by \(gates.isEmpty ? "a gate" : gates): nothing was written.", .alarm)
                + " If the export is wrong, mend it and run again. If every change above is meant, approve exactly this"
                + " plan: rollcall runs approve \(summary.run.map(String.init) ?? "last")\n"
        case .unexpected(let expected):
            return palette.paint("Not the expected plan: nothing was written.", .alarm)
                + " Expected \(SafeText.line(expected)); read the diff above, and give --expect the digest below if it is"
                + " what you want.\n"
        case .interrupted:
            return palette.paint("Interrupted.", .alarm) + " What was done stays done; run again to go on.\n"
        }
    }
}
