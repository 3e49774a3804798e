import Reconciliation
import Storage

/// What became of the accounts of a connection between two runs.
package struct RunDifference: Sendable {
    package var organization: String
    package var connection: String
    package var from: Int64
    /// `nil`: until now.
    package var until: Int64?
    package var counts: [ChangeClass: Int] = [:]
}

extension Engine {
    /// Compares the accounts as a run left them with what a later run left, or with now: the net effect by account, told as
    /// rows in the order of a plan.
    ///
    /// - Parameter until: the later run; `nil` for now. What was changed without a run, by administrators or by SQL, is then told
    ///   as notices, since no journal has it.
    /// - Throws: ``RunError`` `.configuration` for runs that there are not, of two connections, or not over yet.
    package func diff(
        from first: Int64, until second: Int64?, report: (PlanEvent) throws -> Void
    ) throws -> RunDifference {
        var (from, until) = (try knownRun(first), try second.map { try knownRun($0) })
        if let later = until, (later.end, later.run) < (from.end, from.run) { (from, until) = (later, from) }
        if let until, (until.organization, until.connection) != (from.organization, from.connection) {
            throw RunError(
                .configuration,
                "run \(from.run) is of \(from.organization)/\(from.connection), run \(until.run) of "
                    + "\(until.organization)/\(until.connection); only runs of one connection can be compared")
        }
        for run in [from, until].compactMap({ $0 }) where run.state == "running" {
            throw RunError(.configuration, "run \(run.run) is still going on; wait for its end")
        }
        var difference = RunDifference(
            organization: from.organization, connection: from.connection, from: from.run, until: until?.run)
        let store = try Store(path: database, mode: .readOnly)
        try store.planning(organization: from.organization, connection: from.connection) { session in
            var ordinal = 0
            try session.lookup.forEachEffect(
                after: (from.run, from.end), until: until.map { ($0.run, $0.end) }
            ) { effect in
                for row in try rows(effect, session.lookup, isNow: until == nil) {
                    ordinal += 1
                    try session.workspace.put(row, ordinal: ordinal)
                }
            }
            try session.workspace.forEachRow { row in
                for change in row.changes { difference.counts[change.changeClass, default: 0] += 1 }
                try report(.row(row))
            }
            if until == nil { try tellDrift(session.lookup, report) }
        }
        return difference
    }

    private func rows(_ effect: NetEffect, _ lookup: Lookup, isNow: Bool) throws -> [PlanRow] {
        let subject = Subject(
            kind: effect.kind, anchor: effect.anchor, name: effect.name,
            displayName: effect.kind == .user ? effect.displayName : nil, recordID: effect.recordID,
            accountID: effect.accountID)
        var rows: [PlanRow] = []
        var changes = try Self.changes(effect, lookup, isNow: isNow)
        if let link = effect.link, effect.existence == .stays {
            changes.insert(Change(link.isMade ? .link : .unlink), at: 0)
        }
        if !changes.isEmpty {
            var phase = SubjectJudge.phase(changes, effect.kind)
            if phase == .bookkeeping { phase = effect.kind == .user ? .updateUsers : .groups }
            rows.append(
                PlanRow(
                    phase: phase, subject: subject, situation: effect.situation,
                    reason: "\(effect.reason) (last by run \(effect.run))", changes: changes))
        }
        for (id, isAdded) in effect.members.sorted(by: { $0.key < $1.key }) {
            let member = try lookup.owned(accountID: id)?.account
            rows.append(
                PlanRow(
                    phase: isAdded ? .addMembers : .removeMembers, subject: subject, situation: .confirmed, reason: "",
                    changes: [Change(isAdded ? .memberAdd : .memberRemove)],
                    member: Subject(
                        kind: member?.kind ?? .user, anchor: member?.externalId.map(Anchor.init),
                        name: member?.name ?? id, displayName: member?.attributes["displayName"]?.string,
                        recordID: nil, accountID: id)))
        }
        return rows
    }

    private static func changes(_ effect: NetEffect, _ lookup: Lookup, isNow: Bool) throws -> [Change] {
        let account = isNow ? try lookup.owned(accountID: effect.accountID)?.account : nil
        switch effect.existence {
        case .passing: return []
        case .deleted: return [Change(.delete, attributes: effect.attributes)]
        case .created:
            // The journal has only the hash of what was created; what the account has now is the answer for now.
            let present = account?.attributes.slots.map { AttributeChange(path: $0.path, before: nil, after: $0.value) }
            return [Change(.create, attributes: present ?? effect.attributes)]
        case .stays:
            let attributes = effect.attributes.map { change in
                guard let account else { return change }
                var now = change
                now.after = account.value(at: change.path)
                if now.after != change.after { (now.afterLabel, now.afterIdentity) = (nil, nil) }
                return now
            }
            return attributes.filter { $0.before != $0.after }.changes(of: effect.kind)
        }
    }

    /// Accounts that somebody changed since the connection last looked at them.
    private func tellDrift(_ lookup: Lookup, _ report: (PlanEvent) throws -> Void) throws {
        for account in try lookup.driftedAccounts() {
            let author = try lookup.author(ofAccount: account.id, version: account.version)
            try report(
                .notice(
                    Notice(
                        subject: Subject(
                            kind: account.kind, anchor: account.externalId.map(Anchor.init), name: account.name,
                            displayName: nil, recordID: nil, accountID: account.id),
                        situation: .confirmed, text: "the account was \(author)", reason: "not by a run")))
        }
    }
}

extension RunRecord {
    /// When it ended; for one that was killed, when that was noticed.
    fileprivate var end: Instant { endedAt ?? startedAt }
}
