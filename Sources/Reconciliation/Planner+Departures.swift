import JSONBytes

// Who is gone from the source: deactivated after a grace period, and, where a connection wants it, deleted a while later.

/// How far somebody who is missing is from being deactivated.
package enum Countdown: Sendable, Equatable {
    /// The grace period is over.
    case over
    /// It ends then.
    case until(Instant)
    /// It ends when so many more complete snapshots do not show the record.
    case sightings(Int)
    /// Absence deactivates nobody.
    case never
}

extension Planner {
    /// Where the grace period of a missing record stands.
    package func countdown(_ record: DirectoryRecord?) -> Countdown {
        switch policies.deactivateAfter {
        case .never: return .never
        case .after(let grace):
            let due = (record?.missingSince ?? asOf) + grace
            return due <= asOf ? .over : .until(due)
        case .sightings(let count):
            let left = count - max(1, record?.absence.sightings ?? 1)
            return left <= 0 ? .over : .sightings(left)
        }
    }

    /// What will happen to the account of somebody who is gone; `nil` where nothing will.
    ///
    /// Nothing is pending for who left already and keeps the account, or whom an administrator disabled: what an
    /// administrator locked stays until an administrator unlocks it.
    package func due(_ record: DirectoryRecord?, account: Account) -> Notice.Due? {
        let leaving = disableClass(account.kind)
        let countdown = record?.deletedAt != nil ? .over : countdown(record)
        guard account.active else {
            return countdown == .over ? deletion(of: account, leftAt: record?.absence.leftAt ?? asOf) : nil
        }
        switch countdown {
        case .over: return Notice.Due(leaving, at: asOf)
        case .until(let instant): return Notice.Due(leaving, at: instant)
        case .sightings(let left): return Notice.Due(leaving, at: asOf, sightings: left)
        case .never: return nil
        }
    }

    private func deletion(of account: Account, leftAt: Instant) -> Notice.Due? {
        guard let delay = policies.deleteAfter, !account.protected, account.disabledBy != .administrator else {
            return nil
        }
        return Notice.Due(.delete, at: leftAt + delay)
    }

    func sourceMissing(_ subject: Case) -> Decision {
        switch countdown(subject.record) {
        case .over: return leave(.sourceMissing, subject, reason: subject.note)
        case .never: return Decision(.sourceMissing, .nothing, reason: "\(subject.note), kept by policy")
        case .until, .sightings: break
        }
        var decision = Decision(.sourceMissing, .nothing, reason: "\(subject.note), within the grace period")
        if let account = subject.account, let due = due(subject.record, account: account) {
            decision.outcome = .report(due.sentence)
            decision.due = due
        }
        return decision
    }

    /// Takes the account from somebody who is gone: deactivates it, and deletes it once the delay since then is over.
    func leave(_ situation: Situation, _ subject: Case, reason: String) -> Decision {
        var decision = disable(situation, subject, reason: reason)
        guard let account = subject.account else { return decision }
        let leftAt = account.active ? asOf : subject.record?.absence.leftAt ?? asOf
        decision.leftAt = leftAt
        guard let due = deletion(of: account.active ? account.deactivated : account, leftAt: leftAt) else {
            return decision
        }
        if !account.active && due.at <= asOf {
            decision.outcome = .change([Change(.delete, attributes: Self.lastImage(of: account))])
            decision.reason = "\(reason); deactivated for that since \(leftAt.text)"
            return decision
        }
        decision.due = due
        if case .nothing = decision.outcome { decision.outcome = .report(due.sentence) }
        return decision
    }

    /// Everything that goes with an account, for the reader of the plan.
    private static func lastImage(of account: Account) -> [AttributeChange] {
        var changes = account.attributes.slots.map { AttributeChange(path: $0.path, before: $0.value, after: nil) }
        if let externalId = account.externalId {
            changes.insert(AttributeChange(path: "externalId", before: .string(externalId), after: nil), at: 0)
        }
        return changes
    }
}

extension Account {
    fileprivate var deactivated: Account {
        var account = self
        account.active = false
        account.disabledBy = .rollcall
        return account
    }
}

extension Notice.Due {
    /// What will happen, as a sentence without its end: `will be deactivated at 2026-01-15T01:00:00Z unless they return`.
    package var sentence: String {
        let what =
            switch changeClass {
            case .delete: "deleted"
            case .groupDisable: "disabled"
            default: "deactivated"
            }
        if let sightings {
            return "will be \(what) if missing from \(sightings) more whole snapshot\(sightings == 1 ? "" : "s")"
        }
        return "will be \(what) from \(at.text) on unless it returns"
    }
}
