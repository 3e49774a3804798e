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

    private var skippable: [ElementHash: Skippable] = [:]
    private var seen: RowSet
    private var anchors: [Int: Int] = [:]
    private var names: [Int: Int] = [:]
    /// By ordinal: one for each record that was judged.
    private(set) var situations: ContiguousArray<Situation> = []
    private(set) var places: ContiguousArray<Place?> = []
    private(set) var skipped: [Situation: Int] = [:]
    private(set) var skippedByKind: [Kind: Int] = [:]
    private var setAsides: [SetAside] = []
    /// Who is set aside as claimed twice, by ``identity(_:anchor:name:)``.
    private var twins: Set<String> = []
    /// Ordinals of rows that were taken back: what was noted for them before does not count.
    private(set) var retracted: Set<Int> = []
    var notices: [Notice] = []
    private var unreadable: Set<Kind> = []
    private let usesShortcuts: Bool
    /// Groups that somebody asks for beside the job's rules, for a filter that is only tried.
    var alsoUsedGroups: [String] = []
    /// Memberships as they are in the directory, before the snapshot; `nil` where nobody asks for groups.
    var groupsBefore: GroupClosure?
    /// Ordinals of elements that could not be mapped.
    private var rejected: Set<Int> = []
    /// Record ids of groups that are disabled in this plan.
    private(set) var leavingGroups: Set<String> = []
    /// Record ids of groups that are enabled again in this plan.
    private(set) var returningGroups: Set<String> = []
    /// Names that several elements claim, by folded key.
    private var contestedNames: Set<String> = []
    var settlement = NameSettlement()
    var pending: [Int: PendingRecord] = [:]
    var stagedGroups: [StagedGroup] = []
    var canaries: Canaries
    /// What an edit of the rules does (gate 3); `nil` where they are as last accepted.
    var editedRules: EditedRules?
    /// The rules' hash of the last accepted run.
    let acceptedRulesHash: String?
    /// Linked people who came with another key than the one by which they were matched (gate 5).
    private(set) var keyChurn = 0
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

    private struct Skippable {
        var row: Int64
        var situation: Situation
        var kind: Kind
    }

    private struct SetAside {
        /// The element that it was noted for; `-1` where a retraction of that element must not take it back.
        var ordinal: Int
        var entry: Quarantined
    }

    struct PendingRecord {
        var hash: String
        var references: [Judgement.PendingReference]
    }

    struct StagedGroup {
        var ordinal: Int
        var recordID: String
        /// The members that are listed, or that a delta adds.
        var positions: Range<Int64>
        /// The members that a delta removes; `nil` for a whole list.
        var removed: Range<Int64>?
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

    private func loadSkippable() throws {
        guard usesShortcuts, try !lookup.hasUnfinishedRun() else { return }
        let canaries = Set(try job.gates.canaries.flatMap { try stored($0).map(\.row) })
        try lookup.forEachSkippable(asOf: judge.planner.asOf) { hash, row, reference, kind, situation in
            guard let hash = ElementHash(hex: hash), !canaries.contains(row) else { return }
            let element = hash.mixed(with: judge.groups.memberships(row: row, key: reference))
            skippable[element] = Skippable(row: row, situation: situation, kind: kind)
        }
    }

    private func stored(_ canary: String) throws -> [StoredSubject] {
        let byAnchor = try lookup.subject(kind: .user, anchor: Anchor(canary))
        let byName = try lookup.holder(ofNameKey: KeyFolding.fold(canary)).flatMap { try lookup.subject(row: $0.row) }
        return [byAnchor, byName].compactMap { $0 }
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

    private func subject(of record: DirectoryRecord, accountID: String?) -> Subject {
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

    // MARK: Duplicates

    /// Claims an anchor and a person's name for an element.
    ///
    /// - Returns: the ordinals of the earlier elements that claim one of them too.
    func claim(_ kind: Kind, anchor: Anchor?, name: String?, ordinal: Int) -> Set<Int> {
        var firsts: Set<Int> = []
        if let anchor {
            let key = Self.key(kind, anchor.value)
            if let first = anchors[key] { firsts.insert(first) } else { anchors[key] = ordinal }
        }
        if kind == .user, let name {
            let key = Self.key(.user, KeyFolding.fold(name))
            if let first = names[key] { firsts.insert(first) } else { names[key] = ordinal }
        }
        return firsts
    }

    /// The element that claims an anchor.
    func ordinal(claiming anchor: Anchor, of kind: Kind) -> Int? { anchors[Self.key(kind, anchor.value)] }

    func setOrdinal(_ ordinal: Int, _ situation: Situation) { situations[ordinal] = situation }

    private static func key(_ kind: Kind, _ text: String) -> Int {
        var hasher = Hasher()
        hasher.combine(kind)
        for byte in text.utf8 { hasher.combine(byte) }
        return hasher.finalize()
    }

    /// Several elements claim one key: it is nobody's, and the earlier ones lose their rows again.
    ///
    /// - Parameter firsts: the earlier ones; none where the earlier one was skipped, being unchanged.
    private func duplicate(_ statement: MappedRecord, ordinal: Int, firsts: Set<Int>, stored: StoredSubject?) throws {
        situations[ordinal] = .duplicateSource
        if statement.kind == .user { contestedNames.insert(KeyFolding.fold(statement.name)) }
        for first in firsts {
            try setAsideTwin(
                first, kind: statement.kind, anchor: statement.anchor, name: statement.name, place: statement.place)
        }
        if firsts.isEmpty, let stored { setAsideTwice(stored.record, place: nil, other: statement.place) }
        var entry = Self.twice(
            kind: statement.kind, anchor: statement.anchor, name: statement.name, place: statement.place,
            other: firsts.min().flatMap { places[$0] })
        entry.attributes = statement.attributes.json.object
        note(entry)
    }

    /// An element that is unchanged claims a record that an earlier one claimed.
    private func duplicate(unchanged record: DirectoryRecord, place: Place) throws {
        let ordinal = nextOrdinal(.duplicateSource, place: place)
        let firsts = claim(record.kind, anchor: record.anchor, name: record.name, ordinal: ordinal)
        for first in firsts {
            try setAsideTwin(first, kind: record.kind, anchor: record.anchor, name: record.name, place: place)
        }
        if firsts.isEmpty { setAsideTwice(record, place: nil, other: place) }
        setAsideTwice(record, place: place, other: firsts.min().flatMap { places[$0] })
    }

    /// Takes its row from an earlier element whose anchor or name a later one claims too.
    func setAsideTwin(_ first: Int, kind: Kind, anchor: Anchor?, name: String?, place: Place) throws {
        guard situations[first] != .duplicateSource, !rejected.contains(first) else { return }
        // Without a row the element was the same as its record.
        var subject = try workspace.row(ordinal: first)?.subject
        if subject == nil, let anchor, anchors[Self.key(kind, anchor.value)] == first,
            let stored = try lookup.subject(kind: kind, anchor: anchor)
        {
            subject = self.subject(of: stored.record, accountID: nil)
        }
        if subject == nil, let name, let holder = try lookup.holder(ofNameKey: KeyFolding.fold(name)),
            let stored = try lookup.subject(row: holder.row)
        {
            subject = self.subject(of: stored.record, accountID: nil)
        }
        try retract(first)
        situations[first] = .duplicateSource
        if kind == .user, let name = subject?.name { contestedNames.insert(KeyFolding.fold(name)) }
        note(
            Self.twice(
                kind: kind, anchor: subject?.anchor ?? anchor, name: subject?.name ?? name ?? "", place: places[first],
                other: place))
    }

    /// A row's subject will not get what it was planned.
    func retract(_ ordinal: Int) throws {
        if let row = try workspace.row(ordinal: ordinal) {
            if let recordID = row.subject.recordID { try workspace.removePlannedAccount(recordID: recordID) }
            if case .store(let record, _, _, _) = row.record, let reference = record.reference {
                try workspace.removeNewRecord(reference: reference)
            }
        }
        try workspace.removeRow(ordinal: ordinal)
        pending[ordinal] = nil
        settlement.forget(ordinal)
        retracted.insert(ordinal)
    }

    /// Everybody who is set aside, in the order in which that was found.
    var quarantined: [Quarantined] { setAsides.filter { !retracted.contains($0.ordinal) }.map(\.entry) }

    /// Notes somebody who is set aside, for an element where it concerns one.
    func note(_ entry: Quarantined, for ordinal: Int = -1) {
        setAsides.append(SetAside(ordinal: retracted.contains(ordinal) ? -1 : ordinal, entry: entry))
        guard entry.situation == .duplicateSource else { return }
        twins.insert(Self.identity(entry.kind, anchor: entry.anchor, name: entry.name ?? ""))
    }

    private static func identity(_ kind: Kind, anchor: Anchor?, name: String) -> String {
        kind.rawValue + (anchor.map { "\u{1}" + $0.value } ?? "\u{2}" + name)
    }

    /// Sets aside the unchanged records whose names others claim who are set aside themselves.
    func setAsideSkippedTwins() throws {
        for key in contestedNames.sorted() {
            guard let holder = try lookup.holder(ofNameKey: key), seen.contains(holder.row),
                let stored = try lookup.subject(row: holder.row)?.record, !isSetAside(stored)
            else { continue }
            setAsideTwice(stored, place: nil, other: nil)
        }
    }

    /// Whether a record was found to be claimed twice.
    func isSetAside(_ record: DirectoryRecord) -> Bool {
        twins.contains(Self.identity(record.kind, anchor: record.anchor, name: record.name))
    }

    private func setAsideTwice(_ record: DirectoryRecord, place: Place?, other: Place?) {
        note(
            Self.twice(kind: record.kind, anchor: record.anchor, name: record.name, place: place, other: other))
    }

    static func twice(kind: Kind, anchor: Anchor?, name: String, place: Place?, other: Place?) -> Quarantined {
        let where_ = other.map { "also at byte \($0.bytes.lowerBound) of \($0.file)" } ?? "also earlier in the source"
        return Quarantined(
            kind: kind, anchor: anchor, name: name, situation: .duplicateSource,
            finding: Finding(
                code: "DUPLICATE_SOURCE", detail: "the source has the same anchor or user name twice; \(where_)",
                cure: "remove one of the two at the source"),
            place: place)
    }

    // MARK: Names in the directory

    private func claimRecordName(_ record: DirectoryRecord, stored: StoredSubject?, ordinal: Int) throws {
        guard record.kind == .user else { return }
        let key = KeyFolding.fold(record.name)
        let oldKey = stored.flatMap {
            $0.record.deletedAt == nil && $0.record.missingSince == nil
                ? KeyFolding.fold($0.record.name) : nil
        }
        guard oldKey != key else { return }
        if oldKey != nil { settlement.releaseRecord(record.id, ordinal: ordinal) }
        if oldKey != nil, stored?.link != nil, isMatched(by: .userName) { keyChurn += 1 }
        guard let holder = try lookup.holder(ofNameKey: key), holder.row != stored?.row else { return }
        if stored == nil, isMatched(by: .externalId), try lookup.hit(row: holder.row)?.accountID != nil {
            keyChurn += 1
        }
        settlement.claimRecord(
            .init(
                ordinal: ordinal, key: key, holder: holder.recordID, holderRow: holder.row,
                releases: oldKey == nil ? nil : record.id))
    }

    private func isMatched(by attribute: MatchingRule.Attribute) -> Bool {
        job.rules.matching.contains { $0.uses(attribute) }
    }

    // MARK: Members

    private func stage(_ statement: MappedRecord, recordID: String, ordinal: Int) throws {
        if let changes = statement.memberChanges {
            try stage(changes, recordID: recordID, ordinal: ordinal)
        } else if let members = statement.members {
            stagedGroups.append(
                StagedGroup(ordinal: ordinal, recordID: recordID, positions: try stage(members), removed: nil))
        }
    }

    /// Stages what a delta says about single members.
    func stage(_ changes: MemberChanges, recordID: String, ordinal: Int) throws {
        stagedGroups.append(
            StagedGroup(
                ordinal: ordinal, recordID: recordID, positions: try stage(changes.added),
                removed: try stage(changes.removed)))
    }

    private func stage(_ members: [MemberReference]) throws -> Range<Int64> {
        var first: Int64?
        var last: Int64 = 0
        for member in members {
            last = try workspace.stageMember(key: member.key)
            first = first ?? last
        }
        return first.map { $0..<(last + 1) } ?? 0..<0
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
