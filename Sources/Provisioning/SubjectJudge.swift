import JSONBytes
import Reconciliation
import SCIM
import Storage

/// One subject as it is put before the planner.
struct Question {
    /// The record with every statement laid over it.
    var record: DirectoryRecord
    /// What the directory has, before; `nil` for a new record.
    var stored: StoredSubject?
    var presence: SituationFacts.Presence = .stated
    var superseded = false
    /// For reasons: where the silence or the newer push comes from.
    var note = ""
    /// The raw element's hash; empty for a push.
    var hash = ""
    var place: Place?
}

extension Question {
    /// A stored record as it stands, with no newer statement laid over it: what a drain decides, and what `explain` tells.
    init(standing stored: StoredSubject, hash: String) {
        self.init(record: stored.record, stored: stored, hash: hash)
        record.decidedVersion = stored.record.version
        if stored.record.deletedAt != nil {
            presence = .deleted
        } else if let since = stored.record.missingSince {
            presence = .silentCovered
            note = "not in the snapshots since \(since.text)"
        }
    }
}

/// What the planner made of a subject, and what still has to be settled with others.
struct Judgement {
    /// The record as the mapping shows it to the planner; the directory keeps ``Question/record``.
    var record: DirectoryRecord
    /// What the lines of the mapping that read the record made of it.
    var traces: [MappingTrace]
    var decision: Decision
    var verdict: ScopeVerdict
    var candidates: [Candidate]
    /// `nil` when nothing has to be written, not even in the directory.
    var row: PlanRow?
    var quarantined: Quarantined?
    var notice: Notice?
    /// The name that the subject's account wants and a live account of somebody else has.
    var contested: ContestedName?
    /// The account gives its name up, because it leaves or takes another one.
    var releases: Release?
    /// References that do not resolve to an account of the store yet.
    var pending: [PendingReference]

    struct ContestedName {
        var key: String
        var holder: Account
    }

    struct Release {
        var accountID: String
        var byLeaving: Bool
    }

    struct PendingReference {
        var reference: RecordReference
        var before: JSONValue?
    }
}

/// Puts subjects before the pure planner: looks up what a decision may depend on, and turns the decision into a row.
///
/// The same for a drained push, a snapshot, a dry run and `explain`.
struct SubjectJudge {
    let lookup: Lookup
    let rules: Rules
    let planner: Planner
    /// Whether the connection ever deleted an account: in most stores nobody needs to ask for last images.
    private let hasDeletedAccounts: Bool
    private let matcher: Matcher
    let holds: UndoHolds
    /// Where memberships are looked up, for rules that ask for them.
    var groups: GroupSource
    let mapping: RecordMapping

    init(lookup: Lookup, connection: String, rules: Rules, asOf: Instant) throws {
        self.lookup = lookup
        self.rules = rules
        hasDeletedAccounts = try lookup.hasDeletedAccounts()
        matcher = Matcher(lookup: lookup, rules: rules)
        holds = UndoHolds(lookup)
        groups = rules.usedGroups.isEmpty ? .none : .directory(DirectoryMemberships(lookup, used: rules.usedGroups))
        mapping = RecordMapping(rules.recordMapping)
        planner = Planner(
            connection: connection, policies: rules.policies, onCreateOnly: rules.onCreateOnly, asOf: asOf)
    }

    func judge(_ question: Question) throws -> Judgement {
        let stated = question.presence == .stated
        let context = try context(question)
        let mapped = effect(question, context)
        let record = mapped.record
        let verdict = stated ? scopeVerdict(mapped, context) : .inScope(nil)
        let linked = question.stored?.link != nil
        let account = question.stored?.account
        let seeks = !linked && stated && verdict.isInScope
        let image = seeks ? try deletedAccount(of: record) : nil
        let candidates = seeks && image == nil ? try matcher.candidates(for: record) : []
        let references = try resolve(record.references, account: account)
        var subject = Case(
            record: record, presence: question.presence, superseded: question.superseded, scope: verdict,
            linked: linked,
            account: account, candidates: candidates, deletedImage: image, resolved: references.resolved,
            note: question.note)
        if let stored = question.stored, let link = stored.link, let account {
            subject.recordUnchanged = question.record == stored.record && link.accountVersion != account.version
        }
        var judgement = Judgement(
            record: record, traces: mapped.traces, decision: planner.decide(subject), verdict: verdict,
            candidates: candidates, pending: [])
        let isHeld = try holds.hold(&judgement.decision, for: question)
        if !isHeld, Self.takesAttributes(judgement.decision, subject) { judgement.pending = references.pending }
        try label(&judgement.decision)
        try finish(&judgement, question)
        if case .none = groups {} else { judgement.row?.memberships = context.memberships }
        return judgement
    }

    /// Whether the account follows the record's attributes, so that references which resolve later are to be filled in:
    /// somebody who leaves, waits or is set aside keeps what the account has.
    private static func takesAttributes(_ decision: Decision, _ subject: Case) -> Bool {
        switch decision.situation {
        case .confirmed, .returning, .absent, .rehire: true
        case .missing: decision.link != nil
        case .found: subject.candidates.first?.account.disabledBy != .administrator
        case .protected:
            subject.presence == .stated && subject.scope.isInScope && (subject.record?.active ?? true)
                && (subject.account?.active ?? false)
        default: false
        }
    }

    // MARK: Looking up

    private func deletedAccount(of record: DirectoryRecord) throws -> Account? {
        guard hasDeletedAccounts, let anchor = record.anchor else { return nil }
        return try lookup.deletedAccount(kind: record.kind, anchor: anchor)
    }

    private func resolve(
        _ references: [RecordReference], account: Account?
    ) throws -> (resolved: [String: ResolvedReference], pending: [Judgement.PendingReference]) {
        var resolved: [String: ResolvedReference] = [:]
        var pending: [Judgement.PendingReference] = []
        for reference in references {
            if let hit = try hit(reference.target), let accountID = hit.accountID {
                resolved[reference.path] = Self.resolved(hit.subject, accountID: accountID)
            } else {
                pending.append(
                    Judgement.PendingReference(reference: reference, before: account?.attributes[reference.path]))
            }
        }
        return (resolved, pending)
    }

    func hit(_ target: ReferenceTarget) throws -> ReferenceHit? {
        switch target {
        case .record(let id): try lookup.hit(recordID: id)
        case .source(let key): try lookup.hit(reference: key)
        }
    }

    static func resolved(_ subject: Subject, accountID: String) -> ResolvedReference {
        ResolvedReference(
            accountID: accountID, label: subject.displayName ?? subject.name,
            identity: subject.anchor.map { "anchor:" + $0.value } ?? "name:" + subject.name)
    }

    /// Puts the names of accounts beside their ids, for readers.
    private func label(_ decision: inout Decision) throws {
        guard case .change(var changes) = decision.outcome else { return }
        for index in changes.indices {
            for attribute in changes[index].attributes.indices {
                let change = changes[index].attributes[attribute]
                let isReference = change.afterIdentity != nil || change.path == DirectoryRecord.managerPath
                guard isReference, let before = change.before?.string else { continue }
                changes[index].attributes[attribute].was(try lookup.reference(accountID: before))
            }
        }
        decision.outcome = .change(changes)
    }

    // MARK: Making the row

    private func finish(_ judgement: inout Judgement, _ question: Question) throws {
        let decision = judgement.decision
        var question = question
        if let leftAt = decision.leftAt { question.record.absence.leftAt = leftAt }
        let record = judgement.record
        var subject = Subject(
            kind: record.kind, anchor: record.anchor, name: record.name,
            displayName: record.kind == .user ? record.attributes["displayName"]?.string : nil, recordID: record.id,
            accountID: question.stored?.account?.id)
        var accountVersion = question.stored?.account?.version
        if let link = decision.link {
            subject.accountID = link.accountID
            accountVersion = judgement.candidates.first { $0.account.id == link.accountID }?.account.version
        }
        switch decision.outcome {
        case .quarantine(let finding):
            judgement.quarantined = Quarantined(
                kind: record.kind, anchor: record.anchor, name: record.name, situation: decision.situation,
                finding: finding, place: question.place, recordID: record.id, version: record.version,
                attributes: record.attributes.json.object)
        case .report(let text):
            judgement.notice = Notice(
                subject: subject, situation: decision.situation, text: text, reason: decision.reason, due: decision.due)
        case .nothing, .change:
            judgement.notice = decision.due.map {
                Notice(
                    subject: subject, situation: decision.situation, text: $0.sentence, reason: decision.reason, due: $0
                )
            }
        }
        if question.superseded { return }
        let write = recordWrite(judgement, question)
        try contest(&judgement, question, accountID: subject.accountID)
        guard write != nil || !decision.changes.isEmpty || decision.link != nil || !judgement.pending.isEmpty else {
            return
        }
        judgement.row = PlanRow(
            phase: Self.phase(decision.changes, record.kind), subject: subject, situation: decision.situation,
            reason: decision.reason, changes: decision.changes, record: write, link: decision.link,
            accountVersion: accountVersion, place: question.place)
    }

    static func phase(_ changes: [Change], _ kind: Kind) -> Phase {
        let classes = Set(changes.map(\.changeClass))
        if classes.isEmpty { return .bookkeeping }
        if classes.contains(.delete) { return kind == .group ? .deleteGroups : .deleteUsers }
        if kind == .group { return classes.contains(.groupDisable) ? .disableGroups : .groups }
        if classes.contains(.create) || classes.contains(.restore) { return .createUsers }
        if classes.contains(.deactivate) { return .deactivateUsers }
        return classes.contains(.reactivate) ? .reactivateUsers : .updateUsers
    }

    /// What the directory has to remember; `nil` when it knows all of it.
    private func recordWrite(_ judgement: Judgement, _ question: Question) -> RecordWrite? {
        let record = question.record
        let hash = Self.isSkippable(judgement, question) ? question.hash : ""
        let dueAt = dueAt(judgement, question)
        if let stored = question.stored, stored.record.version == record.version,
            stored.record.decidedVersion == record.version, stored.record.absence == record.absence,
            (stored.hash ?? "") == hash, stored.situation == Self.lasting(judgement.decision), stored.dueAt == dueAt
        {
            return nil
        }
        return .store(record, previousVersion: question.stored?.record.version, hash: hash, dueAt: dueAt)
    }

    private static func lasting(_ decision: Decision) -> Situation {
        decision.changes.isEmpty ? decision.situation : decision.situation.afterwards
    }

    /// Whether the next snapshot may skip the element while it is the same to the byte.
    private static func isSkippable(_ judgement: Judgement, _ question: Question) -> Bool {
        guard question.presence == .stated, judgement.quarantined == nil, judgement.notice == nil else { return false }
        // An account that was found disabled by an administrator is HELD from the next time on, which is reported each time.
        if judgement.decision.situation == .found, judgement.candidates.first?.account.active == false { return false }
        return judgement.pending.isEmpty
    }

    /// The next instant at which time alone changes what is decided: a date that the filter asks for, or the deletion of
    /// somebody who was deleted explicitly. Who is merely missing waits for the next whole snapshot that does not show them,
    /// whatever the time.
    private func dueAt(_ judgement: Judgement, _ question: Question) -> Instant? {
        if question.presence == .stated {
            return rules.scope(question.record.kind).dueAt(for: judgement.record, asOf: planner.asOf)
        }
        guard judgement.decision.situation == .tombstone, let due = judgement.decision.due, due.at > planner.asOf
        else { return nil }
        return due.at
    }

    /// Notes which name the account wants that is not free, and which it gives up.
    private func contest(_ judgement: inout Judgement, _ question: Question, accountID: String?) throws {
        guard question.record.kind == .user else { return }
        let changes = judgement.decision.changes
        let account = question.stored?.account ?? judgement.candidates.first?.account
        let key = KeyFolding.fold(judgement.record.name)
        let oldKey = account.flatMap { $0.isLive ? KeyFolding.fold($0.name) : nil }
        if changes.contains(where: { $0.changeClass == .deactivate }) {
            if let account { judgement.releases = .init(accountID: account.id, byLeaving: true) }
            return
        }
        let wants = changes.contains { change in
            switch change.changeClass {
            case .create, .restore, .reactivate: true
            case .rename: change.attributes.contains { $0.path == "userName" }
            default: false
            }
        }
        guard wants, oldKey != key else { return }
        if let account, oldKey != nil { judgement.releases = .init(accountID: account.id, byLeaving: false) }
        let holder = try lookup.liveAccounts(kind: .user, nameKey: key).first { $0.account.id != account?.id }
        if let holder { judgement.contested = .init(key: key, holder: holder.account) }
    }
}
