import JSONBytes
import Reconciliation
import SCIM
import Storage

/// Makes the inverse plan of a run from the journal: what the run made, changed, linked and took away, back to what it found.
///
/// What somebody changed since is left as it is, and named. Kept in memory: what is contested, and a few words per account.
final class UndoPlanning {
    private let run: RunRecord
    let lookup: Lookup
    let workspace: PlanWorkspace
    let limits: GateLimits
    private(set) var notices: [Notice] = []
    private var ordinal = 0
    private var ledger = NameLedger()
    private var claims: [Int: NameClaim] = [:]
    /// By account: the ordinal of the row that gives its name up.
    private var releasing: [String: Int] = [:]
    /// Memberships that are planned, so that none is removed twice.
    private var pairs: Set<[String]> = []
    private(set) var protected: [String] = []
    private(set) var groupLosses: [String: GroupLoss] = [:]
    /// Accounts that the run deleted.
    private var gone: Set<String> = []
    /// Accounts that come back with the plan, by id, with the ordinal of their row.
    private var restored: [String: (subject: Subject, ordinal: Int)] = [:]
    /// Memberships of which the group or the member may come back: account ids, and the group's name.
    private var returning: [(group: String, member: String, name: String)] = []
    /// By ordinal of a membership's row: its two accounts.
    private var membershipOrdinals: [Int: [String]] = [:]

    private struct NameClaim {
        var key: String
        var holder: Account
    }

    init(run: RunRecord, session: PlanningSession, limits: GateLimits) {
        self.run = run
        self.limits = limits
        lookup = session.lookup
        workspace = session.workspace
    }

    func plan() throws {
        try lookup.forEachEffect(of: run.run) { if $0.existence == .deleted { gone.insert($0.accountID) } }
        try lookup.forEachEffect(of: run.run) { effect in
            switch effect.existence {
            case .passing: break
            case .created: try planRemoval(effect)
            case .deleted: try planReturn(effect)
            case .stays: try planReversal(effect)
            }
            try planMembers(effect)
        }
        try settleNames()
        for (group, member, name) in returning { try planReturning(group: group, member: member, name: name) }
    }

    private var reason: String { "undoes run \(run.run)" }

    private func nextOrdinal() -> Int {
        ordinal += 1
        return ordinal
    }

    private func leave(_ effect: NetEffect, _ text: String) {
        notices.append(
            Notice(
                subject: Self.subject(effect, recordID: effect.recordID), situation: effect.situation, text: text,
                reason: "not undone"))
    }

    private static func subject(_ effect: NetEffect, recordID: String?, account: Account? = nil) -> Subject {
        Subject(
            kind: effect.kind, anchor: effect.anchor, name: account?.name ?? effect.name,
            displayName: effect.kind == .user ? effect.displayName : nil, recordID: recordID,
            accountID: effect.accountID)
    }

    // MARK: Accounts

    /// An account that the run made is deleted, if it still is what the run made.
    private func planRemoval(_ effect: NetEffect) throws {
        guard let owned = try lookup.owned(accountID: effect.accountID) else { return }
        let account = owned.account
        let isSame =
            effect.version.map { $0 == account.version }
            ?? (effect.hash == PlanDigest.sha256(account.attributes.json.text))
        guard isSame else {
            let author = try lookup.author(ofAccount: account.id, version: account.version)
            return leave(effect, "the account that the run made was \(author) since; it stays")
        }
        if account.protected { protected.append(account.name) }
        let slots = account.attributes.slots.map { AttributeChange(path: $0.path, before: $0.value, after: nil) }
        let row = PlanRow(
            phase: effect.kind == .user ? .deleteUsers : .deleteGroups,
            subject: Self.subject(effect, recordID: owned.recordID ?? effect.recordID, account: account),
            situation: effect.situation, reason: "\(reason), which made the account",
            changes: [Change(.delete, attributes: slots)], accountVersion: account.version)
        try planLeavingMemberships(of: owned.row)
        let number = nextOrdinal()
        if account.kind == .user, account.isLive { releasing[account.id] = number }
        try workspace.put(row, ordinal: number)
    }

    /// Whoever is deleted leaves the groups first, also those that others put them into.
    private func planLeavingMemberships(of accountRow: Int64) throws {
        for pair in try lookup.memberships(of: accountRow) {
            guard let group = try lookup.owned(accountID: pair.group),
                let member = try lookup.owned(accountID: pair.member)
            else { continue }
            try emit(
                Change(.memberRemove), group: group.account, groupRecord: group.recordID, member: member.account,
                memberRecord: member.recordID, because: "whose account goes")
        }
    }

    /// An account that the run deleted comes back under its id.
    private func planReturn(_ effect: NetEffect) throws {
        guard let image = effect.image else {
            return leave(effect, "the journal has no image of the deleted account")
        }
        if try lookup.owned(accountID: effect.accountID) != nil { return }
        var attributes = image.attributes.slots.map { AttributeChange(path: $0.path, before: nil, after: $0.value) }
        if let externalId = image.externalId {
            attributes.insert(AttributeChange(path: "externalId", before: nil, after: .string(externalId)), at: 0)
        }
        if !image.active { attributes.append(AttributeChange(path: "active", before: true, after: false)) }
        var row = PlanRow(
            phase: effect.kind == .user ? .createUsers : .groups,
            subject: Self.subject(effect, recordID: effect.recordID, account: image), situation: effect.situation,
            reason: "\(reason), which deleted the account", changes: [Change(.restore, attributes: attributes)])
        if let recordID = effect.recordID, let stored = try lookup.subject(recordID: recordID) {
            guard stored.link == nil else { return leave(effect, "the record has another account now") }
            row.link = .init(accountID: effect.accountID, evidence: "restored")
        }
        let number = nextOrdinal()
        restored[effect.accountID] = (row.subject, number)
        if image.active { try claim(image.name, for: image, ordinal: number, releases: nil) }
        try workspace.put(row, ordinal: number)
        returning += effect.lostGroups.map { ($0, effect.accountID, effect.name) }
        returning += effect.lostMembers.map { (effect.accountID, $0, effect.name) }
    }

    /// An account that was there before and still is gets its old values back, each unless somebody changed it since.
    private func planReversal(_ effect: NetEffect) throws {
        guard !effect.attributes.isEmpty || effect.link != nil else { return }
        guard let owned = try lookup.owned(accountID: effect.accountID) else {
            let author = try lookup.author(ofAccount: effect.accountID, version: nil)
            return leave(effect, "the account was \(author)")
        }
        let account = owned.account
        let reversal = Reversal(effect, of: account)
        if !reversal.changedSince.isEmpty {
            let author = try lookup.author(ofAccount: account.id, version: account.version)
            leave(effect, "\(reversal.changedSince.joined(separator: ", ")) stays: the account was \(author) since")
        }
        var row = PlanRow(
            phase: .updateUsers,
            subject: Self.subject(effect, recordID: owned.recordID ?? effect.recordID, account: account),
            situation: effect.situation, reason: reason,
            changes: try existing(reversal.attributes).changes(of: effect.kind),
            accountVersion: account.version)
        try planLink(effect, owned.evidence, &row)
        guard !row.changes.isEmpty else { return }
        row.phase = SubjectJudge.phase(row.changes.filter { $0.changeClass != .unlink }, effect.kind)
        if row.phase == .bookkeeping { row.phase = effect.kind == .user ? .updateUsers : .groups }
        let takes = row.changes.contains { $0.changeClass.isDestructive || $0.changeClass == .rename }
        if account.protected, takes { protected.append(account.name) }
        let number = nextOrdinal()
        try claimName(of: row, account, ordinal: number)
        try workspace.put(row, ordinal: number)
    }

    /// References to accounts that are gone, and do not come back with the plan, are not set again.
    private func existing(_ attributes: [AttributeChange]) throws -> [AttributeChange] {
        try attributes.filter { change in
            guard change.path == DirectoryRecord.managerPath, let target = change.after?.string else { return true }
            return try gone.contains(target) || lookup.owned(accountID: target) != nil
        }
    }

    private func planLink(_ effect: NetEffect, _ evidence: String?, _ row: inout PlanRow) throws {
        guard let link = effect.link else { return }
        if link.isMade {
            if evidence != nil { row.changes.append(Change(.unlink)) }
        } else if evidence == nil, let recordID = row.subject.recordID,
            let stored = try lookup.subject(recordID: recordID), stored.link == nil
        {
            row.changes.insert(Change(.link), at: 0)
            row.link = .init(accountID: effect.accountID, evidence: link.evidence)
        }
    }

    // MARK: Names

    private func claimName(of row: PlanRow, _ account: Account, ordinal: Int) throws {
        guard account.kind == .user else { return }
        let classes = row.changes.map(\.changeClass)
        if classes.contains(.deactivate) {
            releasing[account.id] = ordinal
            return
        }
        let renamed = row.changes.flatMap(\.attributes).first { $0.path == "userName" }?.after?.string
        guard renamed != nil || classes.contains(.reactivate) else { return }
        let isRenamed = renamed.map { KeyFolding.fold($0) != KeyFolding.fold(account.name) } ?? false
        let releases = account.isLive && isRenamed ? account.id : nil
        if releases != nil { releasing[account.id] = ordinal }
        try claim(renamed ?? account.name, for: account, ordinal: ordinal, releases: releases)
    }

    private func claim(_ name: String, for account: Account, ordinal: Int, releases: String?) throws {
        let key = KeyFolding.fold(name)
        guard let holder = try lookup.nameHolder(key), holder.id != account.id else { return }
        claims[ordinal] = NameClaim(key: key, holder: holder)
        ledger.claim(.init(row: ordinal, key: key, holder: holder.id, releases: releases))
    }

    private func settleNames() throws {
        for (account, ordinal) in releasing where claims[ordinal] == nil { ledger.release(account: account) }
        let settled = ledger.resolve()
        for ordinal in settled.refused {
            guard let row = try workspace.row(ordinal: ordinal), let claim = claims[ordinal] else { continue }
            notices.append(
                Notice(
                    subject: row.subject, situation: row.situation,
                    text:
                        "the name belongs to \(claim.holder.name) (\(claim.holder.id)) now; nothing is undone for this account",
                    reason: "not undone"))
            try workspace.removeRow(ordinal: ordinal)
        }
        let freed = settled.accepted.union(settled.freedFirst.compactMap { releasing[$0] })
        for ordinal in freed {
            guard var row = try workspace.row(ordinal: ordinal) else { continue }
            row.phase = .free
            try workspace.put(row, ordinal: ordinal)
            if row.changes.contains(where: { $0.changeClass == .delete }) { try free(membershipsOf: row.subject) }
        }
    }

    /// Whoever must be gone first leaves the groups before that.
    private func free(membershipsOf subject: Subject) throws {
        for (number, pair) in membershipOrdinals where pair.contains(subject.accountID ?? "") {
            guard var row = try workspace.row(ordinal: number) else { continue }
            row.phase = .free
            try workspace.put(row, ordinal: number)
        }
    }

    // MARK: Memberships

    private func planMembers(_ effect: NetEffect) throws {
        guard effect.kind == .group, effect.existence != .passing else { return }
        let group = try lookup.owned(accountID: effect.accountID)
        for (id, isAdded) in effect.members.sorted(by: { $0.key < $1.key }) {
            guard let member = try lookup.owned(accountID: id) else {
                if !isAdded { returning.append((effect.accountID, id, effect.name)) }
                continue
            }
            let isMember =
                try group.map { try lookup.isMember(groupAccountRow: $0.row, memberAccountRow: member.row) } ?? false
            if isMember == isAdded, let group {
                try emit(
                    Change(isAdded ? .memberRemove : .memberAdd), group: group.account,
                    groupRecord: group.recordID ?? effect.recordID, member: member.account,
                    memberRecord: member.recordID, because: nil)
            } else if group == nil {
                if !isAdded { returning.append((effect.accountID, id, effect.name)) }
            } else if let group {
                leave(
                    effect,
                    "the membership of \(member.account.name) in \(group.account.name) was \(isAdded ? "removed" : "added") since"
                )
            }
        }
    }

    /// A membership of which the group or the member comes back with the plan.
    private func planReturning(group: String, member: String, name: String) throws {
        guard let group = try present(group), let member = try present(member) else { return }
        guard pairs.insert([group.accountID ?? "", member.accountID ?? ""]).inserted else { return }
        try workspace.put(
            PlanRow(
                phase: .addMembers, subject: group, situation: .confirmed, reason: reason,
                changes: [Change(.memberAdd)], member: member), ordinal: nextOrdinal())
    }

    /// An account that is there or comes back with the plan.
    private func present(_ id: String) throws -> Subject? {
        if let owned = try lookup.owned(accountID: id) { return Self.subject(owned.account, recordID: owned.recordID) }
        guard let found = restored[id], try workspace.row(ordinal: found.ordinal) != nil else { return nil }
        return found.subject
    }

    private func emit(
        _ change: Change, group: Account, groupRecord: String?, member: Account, memberRecord: String?, because: String?
    ) throws {
        guard pairs.insert([group.id, member.id]).inserted else { return }
        let number = nextOrdinal()
        membershipOrdinals[number] = [group.id, member.id]
        if change.changeClass == .memberRemove { try noteLoss(of: group) }
        try workspace.put(
            PlanRow(
                phase: change.changeClass == .memberAdd ? .addMembers : .removeMembers,
                subject: Self.subject(group, recordID: groupRecord), situation: .confirmed,
                reason: reason + (because.map { ", " + $0 } ?? ""), changes: [change],
                member: Self.subject(member, recordID: memberRecord)),
            ordinal: number)
    }

    private static func subject(_ account: Account, recordID: String?) -> Subject {
        Subject(
            kind: account.kind, anchor: account.externalId.map(Anchor.init), name: account.name,
            displayName: account.kind == .user ? account.attributes["displayName"]?.string : nil, recordID: recordID,
            accountID: account.id)
    }

    private func noteLoss(of group: Account) throws {
        if groupLosses[group.id] == nil {
            let row = try lookup.owned(accountID: group.id)?.row
            let size = try row.map { try lookup.memberships(groupAccountRow: $0).count } ?? 0
            groupLosses[group.id] = GroupLoss(name: group.name, size: size)
        }
        groupLosses[group.id]?.removed += 1
    }
}
