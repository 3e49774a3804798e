import Foundation
import Reconciliation
import SCIM
import Snapshots
import Storage

// Looking without touching: why somebody is treated as they are, what a job would make of its first records, and what past
// runs did. The database is opened read-only.

extension Engine {
    /// Drains the queue once, over all connections.
    ///
    /// - Returns: `nil` when nothing waited.
    package func drain(report: (PlanEvent) throws -> Void) throws -> RunResult? {
        let store = try Store(path: database, mode: .readWrite)
        let result = try Drainer(store: store, environment: environment).drain(report: report)
        try store.checkpoint()
        return result
    }

    /// Explains one person or group: by anchor, user name, displayName or id.
    ///
    /// The whole plan is made, since a name, a duplicate or a gate may depend on others; nothing is kept.
    ///
    /// - Throws: ``RunError`` `.configuration` when nobody is called that, and what `run` throws for the source.
    package func explain(_ job: Job, who: String) throws -> Explanation {
        let seeker = Seeker(who)
        let found = try planned(job) { planning in
            planning.watch = { question, judgement in seeker.look(question, judgement) }
        } inspect: { planning in
            try seeker.collect(planning)
        }
        if var found {
            if let place = found.sourcePlace { found.raw = try RawFields.read(at: place, of: job.source) }
            if let nearest = found.nearest { found.nearestOthers = try entering(job, nearest, besides: found.record) }
            return found
        }
        throw RunError(
            .configuration,
            "nobody in the source or the directory of \(job.organization)/\(job.connection) has the anchor, user name, name or id "
                + "'\(who)'; check the spelling, or list them with 'rollcall accounts list'")
    }

    /// How many others an edit of the filter would bring into scope.
    private func entering(_ job: Job, _ nearest: NearestScope, besides record: DirectoryRecord?) throws -> Int {
        var count = 0
        _ = try planned(job) { planning in
            planning.watch = { question, judgement in
                guard question.record.kind == record?.kind, question.record.id != record?.id,
                    question.record.anchor != record?.anchor || record?.anchor == nil,
                    question.presence == .stated, !judgement.verdict.isInScope
                else { return }
                let context = try planning.judge.context(question)
                if nearest.filter.verdict(on: judgement.record, in: context).isInScope { count += 1 }
            }
        } inspect: { _ in
        }
        return count
    }

    /// The first records of the source as they are mapped and judged, and what of the source nothing carries.
    package func preview(_ job: Job, first: Int) throws -> Preview {
        var explanations: [Explanation] = []
        let unmapped = try planned(job) { planning in
            planning.watch = { question, judgement in
                guard explanations.count < first, question.place != nil else { return }
                explanations.append(Explanation(question, judgement, fields: job.source.overrides))
            }
        } inspect: { planning in
            planning.verdict?.unmapped ?? [:]
        }
        for index in explanations.indices { try explanations[index].locate() }
        return Preview(explanations: explanations, unmapped: unmapped)
    }

    func planned<T>(
        _ job: Job, prepare: (SnapshotPlanning) -> Void, inspect: (SnapshotPlanning) throws -> T
    ) throws -> T {
        let reader = try SnapshotReader(job.source, hashSeed: Self.hashSeed(job))
        let store = try Store(path: database, mode: .readOnly)
        return try store.planning(organization: job.organization, connection: job.connection) { session in
            // Without shortcuts, since a skipped element is never judged.
            let planning = try SnapshotPlanning(
                job: job, reader: reader, session: session, environment: environment, asOf: environment.now(),
                usesShortcuts: false)
            planning.accepted = session.state?.acceptedCounts ?? [:]
            prepare(planning)
            try planning.plan()
            return try inspect(planning)
        }
    }

    /// Past runs, newest first; none where there is no database.
    package func runs(limit: Int) throws -> [RunRecord] {
        try Store(path: database, mode: .readOnly).runs(limit: limit)
    }

    /// Tells a past run again.
    ///
    /// - Parameter run: its number; `nil` for the newest.
    /// - Throws: ``RunError`` `.configuration` for a run that there is not.
    package func replay(run: Int64?, report: (PlanEvent) throws -> Void) throws -> RunResult {
        let store = try Store(path: database, mode: .readOnly)
        let found = try run.map { try store.run($0) } ?? store.runs(limit: 1).first
        guard let found else {
            throw RunError(
                .configuration, run.map { "there is no run \($0); see 'rollcall runs list'" } ?? "there are no runs yet"
            )
        }
        // A drain has no plan file, and that of an old run may have been removed: the journal tells what they did.
        guard let path = found.spool.map({ database + "-runs/" + $0 }), FileManager.default.fileExists(atPath: path)
        else { return try replayJournal(found, store: store, report: report) }
        let plan = PlanFileReader(trusting: path)
        var header: PlanHeader?
        var tripped: [GateReading] = []
        try plan.forEachEvent { event in
            switch event {
            case .header(let value): header = value
            case .gate(let reading) where reading.tripped: tripped.append(reading)
            default: break
            }
            if case .summary = event { return }
            try report(event)
        }
        guard let header else { throw PlanFileReader.damaged(plan.path, "it has no header") }
        let summary = try store.summary(of: found.run) ?? PlanSummary()
        try report(.summary(summary))
        return RunResult(header: header, summary: summary, tripped: tripped)
    }
}

extension Engine {
    private func replayJournal(
        _ run: RunRecord, store: Store, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let header = PlanHeader(
            organization: run.organization, connection: run.connection, job: run.job, mode: .reconcile,
            asOf: run.startedAt)
        try report(.header(header))
        try store.journal(of: run.run) { try report(.row($0)) }
        let summary = try store.summary(of: run.run) ?? PlanSummary(run: run.run)
        try report(.summary(summary))
        return RunResult(header: header, summary: summary)
    }
}

/// Looks for one subject while a plan is made.
private final class Seeker {
    private let who: String
    private let key: String
    private var found: (question: Question, judgement: Judgement)?

    init(_ who: String) {
        self.who = who
        key = KeyFolding.fold(who)
    }

    func look(_ question: Question, _ judgement: Judgement) {
        let record = question.record
        let exact = record.id == who || record.anchor?.value == who || KeyFolding.fold(record.name) == key
        let loose =
            record.attributes["displayName"]?.string.map(KeyFolding.fold) == key
            || record.attributes[#"emails[type eq "work"]"#]?.object?["value"]?.string.map(KeyFolding.fold) == key
        if exact || (loose && found == nil) { found = (question, judgement) }
    }

    /// What became of the subject when everything was settled; `nil` when nobody is called that.
    func collect(_ planning: SnapshotPlanning) throws -> Explanation? {
        let aside = planning.quarantined.first { entry in
            entry.anchor?.value == who || entry.recordID == who || entry.name.map(KeyFolding.fold) == key
                || (found != nil && entry.recordID == found?.question.record.id)
        }
        guard let found else {
            return aside.map { Explanation(quarantine: $0, reason: $0.finding.detail) }
        }
        var explanation = Explanation(found.question, found.judgement, fields: planning.job.source.overrides)
        explanation.trace(by: planning.job.rules, in: try planning.judge.context(found.question))
        explanation.quarantine = aside
        try explanation.addOpenMatters(recordRow: found.question.stored?.row, planning.lookup)
        explanation.evidence = try found.question.stored.flatMap { try planning.lookup.evidence(recordRow: $0.row) }
        if let aside { explanation.situation = aside.situation }
        let id = found.question.record.id
        // As they were settled, in place of what was decided at first sight.
        explanation.rows = []
        try planning.workspace.forEachRow { row in
            if row.subject.recordID == id || row.member?.recordID == id, !row.changes.isEmpty {
                explanation.rows.append(row)
            }
        }
        explanation.notices = planning.notices.filter { $0.subject.recordID == id }.map(\.text)
        explanation.gates = try planning.tell(header: header(of: planning), emit: { _ in }).readings
        try explanation.locate()
        return explanation
    }

    private func header(of planning: SnapshotPlanning) -> PlanHeader {
        PlanHeader(
            organization: planning.job.organization, connection: planning.job.connection, job: planning.job.name,
            mode: planning.job.mode, asOf: planning.judge.planner.asOf)
    }
}

/// What `check` shows of a job's source.
package struct Preview: Sendable {
    package var explanations: [Explanation]
    /// Attributes of the source that nothing carries, by kind and name, with the number of records that have a value.
    package var unmapped: [String: Int]
}

extension Explanation {
    /// - Parameter fields: the lines of the mapping that read fields of the export; what they made is in the record.
    init(_ question: Question, _ judgement: Judgement, fields: [MappingLine]) {
        self.init(
            place: question.place.map { "\($0.file)@\($0.bytes.lowerBound)" }, record: judgement.record,
            verdict: judgement.verdict, situation: judgement.decision.situation, account: question.stored?.account,
            candidates: judgement.candidates, rows: judgement.row.map { $0.changes.isEmpty ? [] : [$0] } ?? [],
            quarantine: judgement.quarantined, reason: judgement.decision.reason)
        mapping =
            fields.filter { $0.kind == question.record.kind && question.place != nil }
            .map { MappingTrace($0, in: question.record) } + judgement.traces
        sourcePlace = question.place
        if question.place == nil, let pushedAt = question.record.pushedAt { place = "pushed at \(pushedAt.text)" }
    }

    /// Turns the byte offset into line and column.
    fileprivate mutating func locate() throws {
        guard let sourcePlace else { return }
        let (line, column) = try SourceText.lineAndColumn(offset: sourcePlace.bytes.lowerBound, file: sourcePlace.file)
        place = "\(sourcePlace.file):\(line):\(column)"
    }
}
