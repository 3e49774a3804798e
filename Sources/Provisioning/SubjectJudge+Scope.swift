import Reconciliation
import Storage

extension SubjectJudge {
    /// What the connection's filter says about a subject.
    func scopeVerdict(_ question: Question) throws -> ScopeVerdict {
        rules.scope(question.record.kind).verdict(on: question.record, in: try context(question))
    }

    /// What verdicts depend on beside the record.
    func context(_ question: Question) throws -> ScopeContext {
        ScopeContext(asOf: planner.asOf)
    }
}
