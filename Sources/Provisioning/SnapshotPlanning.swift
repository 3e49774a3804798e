import JSONBytes
import Reconciliation
import SCIM
import Snapshots
import Storage

/// Makes the plan of one snapshot: reads the source once as a stream, judges each record, settles what concerns several of
/// them (duplicates, names, references, members, silence), and leaves the rows in the workspace.
///
/// Kept in memory: some tens of bytes per record of the source, and what is being contested.
final class SnapshotPlanning {
    let job: Job
    let reader: SnapshotReader
    let lookup: Lookup
    let workspace: PlanWorkspace
    var judge: SubjectJudge
    let environment: RunEnvironment
    let takenAt: Instant
    /// A push received later than this is newer than the snapshot: its clocks may differ by five minutes.
    let newerThan: Instant
    /// Takes nothing from anybody: an import, or (known only at its end) a partial source.
    private(set) var isRestrained: Bool

    var skippable: [ElementHash: Skippable] = [:]
    var seen: RowSet
    var anchors: [Int: Int] = [:]
    var names: [Int: Int] = [:]
    /// By ordinal: one for each record that was judged.
    var situations: ContiguousArray<Situation> = []
    private(set) var places: ContiguousArray<Place?> = []
    private(set) var skipped: [Situation: Int] = [:]
    private(set) var skippedByKind: [Kind: Int] = [:]
    var setAsides: [SetAside] = []
    /// Who is set aside as claimed twice, by ``identity(_:anchor:name:)``.
    var twins: Set<String> = []
    /// Ordinals of rows that were taken back: what was noted for them before does not count.
    var retracted: Set<Int> = []
    var notices: [Notice] = []
    private var unreadable: Set<Kind> = []
    let usesShortcuts: Bool
    /// Groups that somebody asks for beside the job's rules, for a filter that is only tried.
    var alsoUsedGroups: [String] = []
    /// Memberships as they are in the directory, before the snapshot; `nil` where nobody asks for groups.
    var groupsBefore: GroupClosure?
    /// Ordinals of elements that could not be mapped.
    var rejected: Set<Int> = []
    /// Record ids of groups that are disabled in this plan.
    private(set) var leavingGroups: Set<String> = []
    /// Record ids of groups that are enabled again in this plan.
    private(set) var returningGroups: Set<String> = []
    /// Names that several elements claim, by folded key.
    var contestedNames: Set<String> = []
    var settlement = NameSettlement()
    var pending: [Int: PendingRecord] = [:]
    var stagedGroups: [StagedGroup] = []
    var canaries: Canaries
    /// What an edit of the rules does (gate 3); `nil` where they are as last accepted.
    var editedRules: EditedRules?
    /// The rules' hash of the last accepted run.
    let acceptedRulesHash: String?
    /// Linked people who came with another key than the one by which they were matched (gate 5).
    var keyChurn = 0
    private(set) var verdict: SnapshotVerdict?
    private(set) var coverage: [Kind: Coverage] = [:]
    /// Memberships that wait for their member's account.
    var deferredMembers = 0
    var groupLosses: [String: GroupLoss] = [:]
    private var memberOrdinal = 1 << 40
    /// Memberships that a delta changes, which the lists of the directory may suggest again.
    var deltaMembers: Set<[String]> = []
    /// Groups that the source is silent about or removes, by record id: whether they are gone once the plan is carried out.
    var goneGroups: [String: Bool] = [:]
    /// Ordinals of groups whose lists the source gives, by record id; known when memberships are planned.
    var flatOrdinals: [String: Int] = [:]
    /// For `explain`: told about every judgement of the subjects it wants.
    var watch: ((Question, Judgement) throws -> Void)?

    struct PendingRecord {
        var hash: String
        var references: [Judgement.PendingReference]
    }

    init(
        job: Job, reader: SnapshotReader, session: PlanningSession, environment: RunEnvironment, asOf: Instant,
        usesShortcuts: Bool
    ) throws {
        self.job = job
        self.reader = reader
        self.environment = environment
        lookup = session.lookup
        workspace = session.workspace
        judge = try SubjectJudge(lookup: session.lookup, connection: job.connection, rules: job.rules, asOf: asOf)
        takenAt = reader.takenAt
        newerThan = reader.takenAt - .seconds(300)
        isRestrained = job.mode == .import
        seen = RowSet(highest: try session.lookup.highestRow())
        canaries = Canaries(job.gates.canaries)
        editedRules = try EditedRules(state: session.state, job: job, lookup: session.lookup, asOf: asOf)
        acceptedRulesHash = session.state?.rules == nil ? nil : session.state?.rulesHash
        // An entry of a delta says what changed, so that the same entry again may well say something new.
        self.usesShortcuts = usesShortcuts && job.source.kind == .full
        if flattens { try workspace.prepareLists() }
    }

    // MARK: Reading

    /// Reads the source to its end and plans everything.
    func plan() throws {
        try readGroups()
        try loadSkippable()
        var count = 0
        while let element = try reader.next() {
            try take(element)
            count += 1
            if count % 1000 == 0 { try environment.advance(Progress(phase: "reading", done: count, total: nil)) }
        }
        try environment.advance(Progress(phase: "planning", done: count, total: count))
        try conclude(try reader.finish())
        try planSilence()
        try planDepartures()
        try planRegrouped()
        try settleNames()
        try resolveReferences()
        try planMembers()
    }

    private func take(_ element: SnapshotElement) throws {
        if let hit = skippable[element.hash] {
            if seen.insert(hit.row) {
                skipped[hit.situation, default: 0] += 1
                skippedByKind[hit.kind, default: 0] += 1
            } else if let stored = try lookup.subject(row: hit.row) {
                try duplicate(unchanged: stored.record, place: element.place)
            }
            return
        }
        switch try element.map() {
        case .record(let statement):
            if job.source.kind == .full {
                try take(statement, hash: element.hash.hex)
            } else if let whole = try completed(statement) {
                try take(whole, hash: "")
            }
        case .removed(let removal): try take(removal)
        case .rejected(let rejection): try reject(rejection)
        }
    }

    /// A row that could not be mapped: its person is set aside, never taken for absent.
    func reject(_ rejection: Rejection) throws {
        let ordinal = nextOrdinal(.undecided, place: rejection.place)
        rejected.insert(ordinal)
        if let anchor = rejection.anchor {
            if let stored = try lookup.subject(kind: rejection.kind, anchor: anchor) { _ = seen.insert(stored.row) }
            for first in claim(rejection.kind, anchor: anchor, name: nil, ordinal: ordinal) {
                try setAsideTwin(
                    first, kind: rejection.kind, anchor: anchor, name: rejection.name, place: rejection.place)
            }
        } else {
            unreadable.insert(rejection.kind)
        }
        note(
            Quarantined(
                kind: rejection.kind, anchor: rejection.anchor, name: rejection.name, situation: .undecided,
                finding: Finding(
                    code: rejection.code, detail: rejection.detail, cure: "correct the record at its source"),
                place: rejection.place))
    }

    func nextOrdinal(_ situation: Situation, place: Place?) -> Int {
        situations.append(situation)
        places.append(place)
        return situations.count - 1
    }

    private func take(_ statement: MappedRecord, hash: String) throws {
        let ordinal = nextOrdinal(.ignored, place: statement.place)
        let stored = try find(statement)
        let firsts = claim(statement.kind, anchor: statement.anchor, name: statement.name, ordinal: ordinal)
        let isFirst = stored.map { seen.insert($0.row) } ?? true
        guard firsts.isEmpty && isFirst else {
            return try duplicate(statement, ordinal: ordinal, firsts: firsts, stored: stored)
        }
        var record =
            stored.map { $0.record.overlaid(by: statement, onCreateOnly: job.rules.keptSlots) }
            ?? DirectoryRecord(id: environment.makeID(), statement: statement)
        record.decidedVersion = record.version
        var question = Question(
            record: record, stored: stored, note: "the snapshot taken at \(takenAt.text)",
            hash: mixed(hash, with: judge.groups.memberships(row: stored?.row, key: record.reference)),
            place: statement.place)
        if let stored, let pushedAt = stored.record.pushedAt, pushedAt > newerThan {
            question.superseded = true
            question.record = stored.record
        }
        let judgement = try judge.judge(question)
        try keep(judgement, question, ordinal: ordinal)
        if stored == nil || stored?.record.reference != record.reference, let reference = record.reference {
            try workspace.addNewRecord(
                reference: reference, subject: subject(of: record, accountID: stored?.account?.id))
        }
        if !question.superseded { try claimRecordName(record, stored: stored, ordinal: ordinal) }
        if record.kind == .group { try stage(statement, recordID: question.record.id, ordinal: ordinal) }
        canaries.meet(judgement.record, verdict: judgement.verdict)
    }

    func subject(of record: DirectoryRecord, accountID: String?) -> Subject {
        Subject(
            kind: record.kind, anchor: record.anchor, name: record.name,
            displayName: record.kind == .user ? record.attributes["displayName"]?.string : nil, recordID: record.id,
            accountID: accountID)
    }

    /// The record that a statement is about: by its anchor, else by name among those of this connection without anchor.
    private func find(_ statement: MappedRecord) throws -> StoredSubject? {
        if let anchor = statement.anchor, let stored = try lookup.subject(kind: statement.kind, anchor: anchor) {
            return stored
        }
        return try lookup.subject(kind: statement.kind, anchorlessNameKey: KeyFolding.fold(statement.name))
    }

    /// Keeps a judgement: its row, and what has to be settled later.
    func keep(_ judgement: Judgement, _ question: Question, ordinal: Int) throws {
        situations[ordinal] = judgement.decision.situation
        try watch?(question, judgement)
        if let entry = judgement.quarantined { note(entry, for: ordinal) }
        // What follows from a deactivation that a restrained run leaves out does not follow.
        let isLeftOut = isRestrained && judgement.notice?.due != nil && !judgement.decision.changes.isEmpty
        if let notice = judgement.notice, !isLeftOut { notices.append(notice) }
        guard var row = judgement.row else { return }
        row.edit = try editedRules?.effect(on: question, judgement)
        if isRestrained { restrain(&row) }
        try workspace.put(row, ordinal: ordinal)
        if let accountID = row.link?.accountID, let recordID = row.subject.recordID {
            try workspace.addPlannedAccount(recordID: recordID, accountID: accountID)
        }
        if row.subject.kind == .group, let recordID = row.subject.recordID {
            let classes = row.changes.map(\.changeClass)
            if classes.contains(.groupDisable) { leavingGroups.insert(recordID) }
            let comes: Set<ChangeClass> = [.create, .reactivate, .restore]
            if !comes.isDisjoint(with: classes) { returningGroups.insert(recordID) }
        }
        if !judgement.pending.isEmpty {
            pending[ordinal] = PendingRecord(hash: question.hash, references: judgement.pending)
        }
        settlement.take(judgement, row: row, ordinal: ordinal)
    }

    /// Takes destructive changes out of a row, and says so.
    private func restrain(_ row: inout PlanRow) {
        guard let notice = Restraint.apply(to: &row, because: job.mode == .import ? .import : .partialSource) else {
            return
        }
        notices.append(notice)
    }

    // MARK: The end of the source

    /// Judges how whole the source was, and so what its silence means.
    private func conclude(_ verdict: SnapshotVerdict) throws {
        self.verdict = verdict
        for kind in Kind.allCases {
            guard let completeness = verdict.completeness[kind] else { continue }
            let coverage = try Coverage.judge(
                kind: kind, completeness: completeness, count: verdict.counts[kind] ?? 0, job: job,
                accepted: accepted[kind], unreadable: unreadable.contains(kind))
            self.coverage[kind] = coverage
            if case .partialSource = coverage { isRestrained = true }
        }
        guard isRestrained, job.mode != .import else { return }
        for ordinal in situations.indices {
            guard var row = try workspace.row(ordinal: ordinal) else { continue }
            restrain(&row)
            try workspace.put(row, ordinal: ordinal)
        }
    }

    /// Counts of the last accepted snapshot; set by the run before it plans.
    var accepted: [Kind: Int] = [:]

    /// Judges somebody whom the source does not name and whose groups it changes, as a drain would.
    func judgeRegrouped(_ stored: StoredSubject) throws {
        guard seen.insert(stored.row) else { return }
        var question = Question(record: stored.record, stored: stored, note: "the groups in the snapshot")
        question.record.decidedVersion = stored.record.version
        let judgement = try judge.judge(question)
        try keep(judgement, question, ordinal: nextOrdinal(judgement.decision.situation, place: nil))
    }

    /// Gate 2's reading.
    var canaryReading: GateReading? {
        // A delta is silent about who did not change.
        Gates.canaries(job.gates.canaries, missing: job.source.kind == .full ? canaries.missing : canaries.contradicted)
    }

    /// Notes that the source names a stored record.
    ///
    /// - Returns: `false` when it did already.
    func see(_ row: Int64) -> Bool { seen.insert(row) }

    /// Whether a stored record was named by the source.
    func wasSeen(_ row: Int64) -> Bool { seen.contains(row) }

    func setAside(_ entry: Quarantined, ordinal: Int) {
        situations[ordinal] = entry.situation
        note(entry, for: ordinal)
    }

    func add(_ notice: Notice) { notices.append(notice) }

    func addQuarantined(_ entry: Quarantined) { note(entry) }

    func place(_ ordinal: Int) -> Place? { places[ordinal] }

    /// Rows of memberships are numbered apart: they are nobody's situation.
    func nextMemberOrdinal() -> Int {
        memberOrdinal += 1
        return memberOrdinal
    }
}
