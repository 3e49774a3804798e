import Reconciliation
import Storage

/// The rules of the last accepted run, where this run's are others: what the edit does is found by asking both about the
/// same records.
struct EditedRules {
    var judge: SubjectJudge
    /// The mapping is another one: then what the old rules said is asked of the record as the old mapping left it.
    let isMappingEdited: Bool

    /// - Returns: `nil` where the rules are the same, or none were accepted before.
    init?(state: ConnectionState?, job: Job, lookup: Lookup, asOf: Instant) throws {
        guard let state, let rules = state.rules, state.rulesHash != job.rules.hash else { return nil }
        judge = try SubjectJudge(lookup: lookup, connection: job.connection, rules: rules, asOf: asOf)
        isMappingEdited =
            rules.mappingText != job.rules.mappingText || rules.onCreateOnly != job.rules.onCreateOnly
    }

    /// What the edit does to a subject; `nil` where it would be treated the same without.
    ///
    /// With an edited mapping, whoever falls out of scope counts as leaving because of it, also where the source changed at the same
    /// time: the two cannot be told apart, and a person should look.
    func effect(on question: Question, _ judgement: Judgement) throws -> RulesEdit? {
        let now = judgement.decision
        guard !now.changes.isEmpty else { return nil }
        let before = try judge.judge(question).decision
        if Self.takes(now) {
            if !Self.takes(before) { return .leaves }
            guard now.situation == .outOfScope else { return nil }
            return try wasInScope(question) ? .leaves : nil
        }
        if Self.gives(now) && !Self.gives(before) { return .enters }
        return now.changes == before.changes ? nil : .changes
    }

    private func wasInScope(_ question: Question) throws -> Bool {
        guard isMappingEdited, let stored = question.stored?.record else { return false }
        var before = question
        before.record = stored
        return try judge.scopeVerdict(before).isInScope
    }

    private static func takes(_ decision: Decision) -> Bool {
        decision.changes.contains { [.deactivate, .groupDisable, .delete].contains($0.changeClass) }
    }

    private static func gives(_ decision: Decision) -> Bool {
        decision.changes.contains { [.create, .restore, .link, .reactivate].contains($0.changeClass) }
    }
}
