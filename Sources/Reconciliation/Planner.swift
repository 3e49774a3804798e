import JSONBytes

/// Everything that a decision about one subject may depend on.
package struct Case: Sendable {
    /// The directory record after every statement is laid over it; `nil` when only a link or an account is left.
    package var record: DirectoryRecord?
    package var presence: SituationFacts.Presence
    /// The snapshot spoke, and a push that is newer than the snapshot had spoken before.
    package var superseded: Bool
    /// Where else the same key is claimed; the record is nobody's then.
    package var duplicate: Finding?
    package var scope: ScopeVerdict
    package var linked: Bool
    /// The linked account, if it still exists.
    package var account: Account?
    /// What the first matching rule that found anything found; only for a record without link.
    package var candidates: [Candidate]
    /// The last image of the account that this anchor had before it was deleted.
    package var deletedImage: Account?
    /// References by slot path, as far as they resolve.
    package var resolved: [String: ResolvedReference]
    /// Why the source is silent, or when it was taken: for the reason text.
    package var note: String
    /// The record did not change since the last decision, so a difference is drift.
    package var recordUnchanged: Bool

    package init(
        record: DirectoryRecord?, presence: SituationFacts.Presence = .stated, superseded: Bool = false,
        duplicate: Finding? = nil, scope: ScopeVerdict = .inScope(nil), linked: Bool = false, account: Account? = nil,
        candidates: [Candidate] = [], deletedImage: Account? = nil, resolved: [String: ResolvedReference] = [:],
        note: String = "",
        recordUnchanged: Bool = false
    ) {
        self.record = record
        self.presence = presence
        self.superseded = superseded
        self.duplicate = duplicate
        self.scope = scope
        self.linked = linked
        self.account = account
        self.candidates = candidates
        self.deletedImage = deletedImage
        self.resolved = resolved
        self.note = note
        self.recordUnchanged = recordUnchanged
    }
}

/// Decides about one subject at a time, purely: the same for a drained push, a snapshot, an import, a dry run and `explain`.
///
/// What concerns several subjects at once, names, is settled by ``NameLedger`` afterwards.
package struct Planner: Sendable {
    package var connection: String
    package var policies: Policies
    package var onCreateOnly: Set<String>
    package var asOf: Instant

    package init(connection: String, policies: Policies, onCreateOnly: Set<String> = [], asOf: Instant) {
        self.connection = connection
        self.policies = policies
        self.onCreateOnly = onCreateOnly
        self.asOf = asOf
    }

    package func facts(_ subject: Case) -> SituationFacts {
        SituationFacts(
            linked: subject.linked,
            hasRecord: subject.record != nil,
            account: Self.state(subject.account),
            superseded: subject.superseded,
            duplicate: subject.duplicate != nil,
            undecided: subject.presence == .stated && subject.scope.isUndecided,
            protected: subject.account?.protected ?? false,
            presence: subject.presence,
            recordActive: subject.record?.active ?? true,
            inScope: subject.scope.isInScope,
            match: match(subject))
    }

    private static func state(_ account: Account?) -> SituationFacts.AccountState {
        guard let account else { return .gone }
        if account.active { return .active }
        return account.disabledBy == .rollcall ? .disabledByUs : .disabledByAdministrator
    }

    private func match(_ subject: Case) -> SituationFacts.Match {
        // Who had an account before gets it back, whoever else could be matched.
        if subject.deletedImage != nil { return .rehire }
        let candidates = subject.candidates
        if candidates.count > 1 { return .ambiguous }
        guard let candidate = candidates.first else { return .none }
        if candidate.owner != nil || candidate.account.protected { return .taken }
        return .found
    }

    /// The decision about one subject. Pure and total.
    package func decide(_ subject: Case) -> Decision {
        decide(Situation(facts(subject)), subject)
    }

    private func decide(_ situation: Situation, _ subject: Case) -> Decision {
        switch situation {
        case .linkOnly:
            return Decision(situation, .report("the link had neither record nor account"), reason: "link dropped")
        case .superseded:
            return Decision(
                situation, .report("a push is newer than the snapshot and stays"),
                reason: "pushed after \(subject.note)")
        case .duplicateSource:
            let finding = subject.duplicate!
            return Decision(situation, .quarantine(finding), reason: finding.detail)
        case .undecided: return undecided(subject)
        case .protected: return protected(subject)
        case .missing: return missing(subject)
        case .tombstone: return leave(situation, subject, reason: "deleted at the source")
        case .disabledSource: return disabledSource(subject)
        case .outOfScope: return outOfScope(subject)
        case .unseen: return Decision(situation, .nothing, reason: "absent, and \(subject.note)")
        case .sourceMissing: return sourceMissing(subject)
        case .held:
            return Decision(
                situation, .report("an administrator disabled the account"),
                reason: "active at the source, disabled by an administrator")
        case .returning: return returning(subject)
        case .confirmed: return confirmed(subject)
        case .ignored: return Decision(situation, .nothing, reason: ignoredReason(subject))
        case .rehire: return rehire(subject)
        case .ambiguous: return ambiguous(subject)
        case .taken: return taken(subject)
        case .found: return found(subject)
        case .absent: return create(subject)
        case .unassigned:
            return Decision(situation, .report("no record owns this account"), reason: "not from the source")
        }
    }
}

extension Planner {
    private func undecided(_ subject: Case) -> Decision {
        let detail: String
        if case .undecided(let reason) = subject.scope {
            detail = reason
        } else {
            detail = "the record cannot be judged"
        }
        let finding = Finding(
            code: "UNDECIDED", detail: detail,
            cure: "correct the attribute at the source, or the clause or mapping in the job")
        return Decision(.undecided, .quarantine(finding), reason: detail)
    }

    private func ignoredReason(_ subject: Case) -> String {
        if subject.presence != .stated { return "gone from the source, and without account" }
        return "out of scope\(subject.scope.suffix)"
    }

    /// The disabling class of the subject's kind.
    func disableClass(_ kind: Kind) -> ChangeClass { kind == .user ? .deactivate : .groupDisable }

    func disable(
        _ situation: Situation, _ subject: Case, reason: String, link: Decision.NewLink? = nil,
        of target: Account? = nil
    ) -> Decision {
        guard let account = target ?? subject.account else {
            return Decision(situation, .nothing, reason: reason, link: link)
        }
        guard account.active else {
            return Decision(situation, .nothing, reason: reason + ", already disabled", link: link)
        }
        let change = Change(
            disableClass(account.kind), attributes: [AttributeChange(path: "active", before: true, after: false)])
        return Decision(situation, .change([change]), reason: reason, link: link)
    }

    private func disabledSource(_ subject: Case) -> Decision {
        if subject.linked { return disable(.disabledSource, subject, reason: "the source says inactive") }
        guard subject.candidates.count == 1, let candidate = subject.candidates.first, candidate.owner == nil,
            !candidate.account.protected
        else {
            return Decision(.disabledSource, .nothing, reason: "inactive at the source and without account")
        }
        return disable(
            .disabledSource, subject, reason: "the source says inactive; matched by \(candidate.rule)",
            link: .init(
                accountID: candidate.account.id,
                evidence: candidate.evidence.isEmpty ? candidate.rule : candidate.evidence), of: candidate.account)
    }

    private func outOfScope(_ subject: Case) -> Decision {
        let reason = "out of scope\(subject.scope.suffix)"
        switch policies.outOfScope {
        case .deactivate: return disable(.outOfScope, subject, reason: reason)
        case .keep: return Decision(.outOfScope, .nothing, reason: reason + ", kept by policy")
        }
    }

    private func diff(_ subject: Case, _ account: Account) -> AttributeDiff {
        AttributeDiff(record: subject.record!, account: account, resolved: subject.resolved, onCreateOnly: onCreateOnly)
    }

    private func changes(_ diff: AttributeDiff, isDrift: Bool = false) -> [Change] {
        var changes: [Change] = []
        if !diff.renames.isEmpty { changes.append(Change(.rename, attributes: diff.renames, isDrift: isDrift)) }
        if !diff.updates.isEmpty { changes.append(Change(.update, attributes: diff.updates, isDrift: isDrift)) }
        if !diff.clears.isEmpty { changes.append(Change(.attributeClear, attributes: diff.clears, isDrift: isDrift)) }
        return changes
    }

    private func confirmed(_ subject: Case) -> Decision {
        let found = changes(diff(subject, subject.account!), isDrift: subject.recordUnchanged)
        if found.isEmpty { return Decision(.confirmed, .nothing, reason: "nothing differs") }
        let reason = subject.recordUnchanged ? "the account was changed here (drift)" : "the source changed"
        return Decision(.confirmed, .change(found), reason: reason)
    }

    private func returning(_ subject: Case) -> Decision {
        let activation = Change(.reactivate, attributes: [AttributeChange(path: "active", before: false, after: true)])
        return Decision(
            .returning, .change([activation] + changes(diff(subject, subject.account!))),
            reason: "active and in scope again")
    }

    /// A protected account keeps its name, its state and what it has; other attributes follow the source.
    private func protected(_ subject: Case) -> Decision {
        let account = subject.account!
        let wouldLeave =
            subject.presence == .deleted || subject.presence == .silentCovered
            || (subject.presence == .stated && (!(subject.record?.active ?? true) || !subject.scope.isInScope))
        if wouldLeave {
            return Decision(
                .protected, .report("protected: would have been deactivated"), reason: "the account is protected")
        }
        guard subject.presence == .stated, account.active, subject.record != nil else {
            return Decision(.protected, .nothing, reason: "the account is protected")
        }
        let found = diff(subject, account)
        if found.updates.isEmpty {
            let kept = found.renames.isEmpty && found.clears.isEmpty
            return Decision(
                .protected, kept ? .nothing : .report("protected: rename or clearing left out"),
                reason: "the account is protected")
        }
        return Decision(
            .protected, .change([Change(.update, attributes: found.updates)]),
            reason: "the account is protected; its name and state stay")
    }

    private func ambiguous(_ subject: Case) -> Decision {
        let names = subject.candidates.map { "\($0.account.name) (\($0.account.id))" }.joined(separator: ", ")
        let finding = Finding(
            code: "AMBIGUOUS", detail: "several accounts match by \(subject.candidates[0].rule): \(names)",
            cure: "make the key unique in the account store, or set externalId on the right account")
        return Decision(.ambiguous, .quarantine(finding), reason: finding.detail)
    }

    private func taken(_ subject: Case) -> Decision {
        let candidate = subject.candidates[0]
        let owner: String
        if let found = candidate.owner {
            owner =
                found.connection == connection ? "another record of this connection" : "connection \(found.connection)"
        } else {
            owner = "nobody, but it is protected"
        }
        let finding = Finding(
            code: "TAKEN",
            detail: "the account \(candidate.account.name) (\(candidate.account.id)) that matches by "
                + "\(candidate.rule) belongs to \(owner)",
            cure: "rename one of the two at the source, or deactivate the account that holds the name")
        return Decision(.taken, .quarantine(finding), reason: finding.detail)
    }

    private func found(_ subject: Case) -> Decision {
        let candidate = subject.candidates[0]
        let account = candidate.account
        var planned = [Change(.link)]
        if !account.active {
            if account.disabledBy == .administrator {
                return Decision(
                    .found, .change(planned), reason: "matched by \(candidate.rule); disabled by an administrator",
                    link: .init(
                        accountID: account.id,
                        evidence: candidate.evidence.isEmpty ? candidate.rule : candidate.evidence))
            }
            planned.append(
                Change(.reactivate, attributes: [AttributeChange(path: "active", before: false, after: true)]))
        }
        planned += changes(diff(subject, account))
        return Decision(
            .found, .change(planned), reason: "matched by \(candidate.rule)",
            link: .init(
                accountID: account.id, evidence: candidate.evidence.isEmpty ? candidate.rule : candidate.evidence))
    }

    private func create(
        _ subject: Case, _ situation: Situation = .absent, reason: String = "in scope and without account"
    ) -> Decision {
        let record = subject.record!
        return Decision(
            situation,
            .change([Change(.create, attributes: Self.initialAttributes(record, resolved: subject.resolved))]),
            reason: reason, link: .init(accountID: record.id, evidence: "created"))
    }

    /// The application removed the account: a person looks, or the connection wants it made again.
    private func missing(_ subject: Case) -> Decision {
        if policies.accountMissing == .recreate {
            guard subject.record?.active ?? true else {
                return Decision(.missing, .nothing, reason: "the account is gone, and the source says inactive")
            }
            return create(subject, .missing, reason: "the application removed the account; made again by policy")
        }
        let finding = Finding(
            code: "MISSING", detail: "the linked account no longer exists",
            cure: "restore the account, or say accountMissing: recreate under policies so that a new one is made")
        return Decision(.missing, .quarantine(finding), reason: finding.detail)
    }

    private func rehire(_ subject: Case) -> Decision {
        let image = subject.deletedImage!
        return Decision(
            .rehire, .change([Change(.restore, attributes: restoredAttributes(subject, image))]),
            reason: "the anchor's deleted account is in the journal",
            link: .init(accountID: image.id, evidence: "restored"))
    }

    /// What the account had when it was deleted, under what the record says now. What is written on creation only is kept as
    /// it was: the account is not a new one.
    private func restoredAttributes(_ subject: Case, _ image: Account) -> [AttributeChange] {
        let record = subject.record!
        var attributes = image.attributes
        for path in record.cleared { attributes[path] = nil }
        for slot in record.attributes.slots where !(onCreateOnly.contains(slot.path) && attributes[slot.path] != nil) {
            attributes[slot.path] = slot.value
        }
        for path in subject.resolved.keys { attributes[path] = nil }
        var changes = attributes.slots.map { AttributeChange(path: $0.path, before: nil, after: $0.value) }
        for (path, target) in subject.resolved.sorted(by: { $0.key < $1.key }) {
            changes.append(target.change(path: path, before: nil))
        }
        guard let anchor = record.anchor else { return changes }
        return [AttributeChange(path: "externalId", before: nil, after: .string(anchor.value))] + changes
    }

    /// What a new account is given: every slot that the record says, and the references that resolve.
    package static func initialAttributes(_ record: DirectoryRecord, resolved: [String: ResolvedReference])
        -> [AttributeChange]
    {
        var changes = record.attributes.slots.map { AttributeChange(path: $0.path, before: nil, after: $0.value) }
        for (path, target) in resolved.sorted(by: { $0.key < $1.key }) {
            changes.append(target.change(path: path, before: nil))
        }
        if let anchor = record.anchor {
            changes.insert(AttributeChange(path: "externalId", before: nil, after: .string(anchor.value)), at: 0)
        }
        return changes
    }
}
