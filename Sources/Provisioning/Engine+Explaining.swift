import Foundation
import JSONBytes
import Reconciliation
import SCIM
import Snapshots
import Storage

extension Engine {
    /// Explains somebody whom a connection's directory has, by the rules of its last accepted run: for connections that are
    /// only pushed to, and for whoever has no job file at hand.
    ///
    /// - Throws: ``RunError`` `.configuration` for a connection that there is not, and when nobody is called that.
    package func explain(organization: String, connection: String, who: String) throws -> Explanation {
        let store = try Store(path: database, mode: .readOnly)
        return try store.planning(organization: organization, connection: connection) { session in
            guard let state = session.state else {
                throw RunError(
                    .configuration,
                    "there is no connection \(organization)/\(connection); see 'rollcall organizations list'")
            }
            let found = try session.lookup.subjects(called: who)
            guard let stored = found.first else { throw Self.nobody(who, organization, connection) }
            guard found.count == 1 else { throw Self.several(found, who) }
            return try explain(stored, state: state, lookup: session.lookup)
        }
    }

    private static func nobody(_ who: String, _ organization: String, _ connection: String) -> RunError {
        RunError(
            .configuration,
            "nobody in the directory of \(organization)/\(connection) has the anchor, name or id '\(who)'; check the "
                + "spelling, or list accounts with 'rollcall accounts list'")
    }

    private static func several(_ found: [StoredSubject], _ who: String) -> RunError {
        let ids = found.map { $0.record.anchor?.value ?? $0.record.id }.joined(separator: ", ")
        return RunError(
            .configuration, "'\(who)' means \(found.count) records; name one by its anchor or id: \(ids)")
    }

    private func explain(_ stored: StoredSubject, state: ConnectionState, lookup: Lookup) throws -> Explanation {
        let judge = try SubjectJudge(
            lookup: lookup, connection: state.connectionName, rules: state.rules ?? Rules(), asOf: environment.now())
        let question = Question(standing: stored, hash: stored.hash ?? "")
        let judgement = try judge.judge(question)
        var explanation = Explanation(question, judgement, fields: [])
        explanation.place = "in the directory, \(try lookup.author(ofRecord: stored.record.id))"
        explanation.trace(by: judge.rules, in: try judge.context(question))
        explanation.quarantine = try judgement.quarantined ?? lookup.quarantine(ofRecord: stored.record)
        try explanation.addOpenMatters(recordRow: stored.row, lookup)
        explanation.notices = [judgement.notice].compactMap { $0?.text }
        if try lookup.isQueued(row: stored.row) {
            explanation.notices.append(
                "waits in the queue: the next drain decides, as shown here if nothing else happens")
        }
        return explanation
    }

    /// Explains what a past run did about somebody, from the run's own plan, or from the journal where that is gone.
    ///
    /// - Throws: ``RunError`` `.configuration` for a run that there is not, and where the run had nothing to do about them.
    package func explain(run number: Int64?, who: String) throws -> Explanation {
        let run = try knownRun(number)
        let store = try Store(path: database, mode: .readOnly)
        if let explanation = try explain(run, who: who, store) { return explanation }
        for earlier in try store.runs(before: run) where earlier.state != "refused" {
            guard var explanation = try explain(earlier, who: who, store) else { continue }
            explanation.notices.insert(
                "run \(run.run) changed nothing about them; what it left as it was comes from run \(earlier.run)", at: 0
            )
            return explanation
        }
        throw RunError(
            .configuration,
            "run \(run.run) had nothing to do about '\(who)': unchanged, not in its source, or another spelling; see "
                + "'rollcall runs show \(run.run)'")
    }

    /// `nil` where the run says nothing about them.
    private func explain(_ run: RunRecord, who: String, _ store: Store) throws -> Explanation? {
        let past = PastSubject(who)
        var plan: PlanFileReader?
        if let path = run.spool.map({ database + "-runs/" + $0 }), FileManager.default.fileExists(atPath: path) {
            let file = PlanFileReader(trusting: path)
            try file.forEachEvent(past.see)
            plan = file
        } else {
            try store.journal(of: run.run) { past.see(.row($0)) }
        }
        guard var explanation = past.explanation else { return nil }
        explanation.run = run.run
        guard let plan else { return explanation }
        let source = try plan.source()
        if let place = explanation.sourcePlace {
            if let source, past.isUnchanged(place) {
                explanation.raw = try RawFields.read(at: place, of: source)
            } else {
                explanation.notices.append(
                    past.isDigestKept(place) && source != nil
                        ? "\(place.file) is gone or was changed since: values before the mapping are not known; those after it "
                            + "are above"
                        : "the plan of run \(run.run) does not say what exactly it read: values before the mapping are not "
                            + "known; those after it are above")
            }
        }
        if let rules = try plan.rules() {
            explanation.trace(
                by: rules, lines: source?.overrides ?? [], asOf: past.asOf ?? run.startedAt, past.memberships)
        }
        return explanation
    }
}

extension SourceSpecification {
    /// What a plan file keeps of the source, to show later what a record said before it was mapped.
    var mappingJSON: JSONObject {
        var object: JSONObject = [
            "preset": .string(preset.name), "mapping": .array(overrides.map(\.json)),
            "attributes": .array(sourceAttributes.map(JSONValue.string)),
        ]
        if let definition = preset.definition { object["definition"] = .string(definition.text) }
        return object
    }
}

extension PlanFileReader {
    /// How the plan's files were mapped; `nil` for a plan that does not say.
    fileprivate func source() throws -> SourceSpecification? {
        var found: SourceSpecification?
        try forEach { type, object in
            guard type == "source", let name = object["preset"]?.string else { return }
            let text = object["definition"]?.string
            let described = try text.map { Preset.defined(try PresetReader.definition(text: $0, name: name)) }
            guard let preset = try described ?? PresetLibrary.preset(name) else { return }
            found = SourceSpecification(
                preset: preset, overrides: try (object["mapping"]?.array ?? []).map { try MappingLine(json: $0) },
                sourceAttributes: (object["attributes"]?.array ?? []).compactMap(\.string))
        }
        return found
    }
}

extension Explanation {
    /// Traces a past record as the rules of then mapped it.
    ///
    /// - Parameter memberships: `nil` where they were not kept; whatever asks for groups is then unknown, not false.
    fileprivate mutating func trace(
        by rules: Rules, lines: [MappingLine], asOf: Instant, _ memberships: Memberships?
    ) {
        guard var mapped = record else { return }
        let used = rules.usedGroups
        let unknown = Memberships(
            Dictionary(uniqueKeysWithValues: used.map { ($0, .error("who was in which group then is not known")) }))
        let context = ScopeContext(asOf: asOf, memberships: memberships ?? unknown)
        if memberships == nil, !used.isEmpty {
            notices.append("who was in which group then is not known: the run's plan is older than that")
        }
        if mapped.deletedAt == nil, mapped.missingSince == nil {
            let effect = RecordMapping(rules.recordMapping).effect(
                on: mapped, memberOf: context.memberships.verdict(in:))
            if sourcePlace != nil {
                mapping = lines.filter { $0.kind == mapped.kind }.map { MappingTrace($0, in: mapped) }
            }
            mapping += effect.traces
            if let problem = effect.problem { verdict = .undecided(problem) }
            mapped = effect.record
        }
        record = mapped
        trace(by: rules, in: context)
    }

    /// Every clause's verdict, and what would have to be different for the subject to be in scope.
    mutating func trace(by rules: Rules, in context: ScopeContext) {
        guard let record else { return }
        let scope = rules.scope(record.kind)
        clauses = scope.trace(on: record, in: context)
        if verdict == nil, rows.isEmpty == false || situation != nil {
            verdict = scope.verdict(on: record, in: context)
        }
        nearest = scope.nearest(to: record, verdicts: clauses)
    }
}

/// Collects what a plan said about one subject.
private final class PastSubject {
    private let who: String
    private let key: String
    private var rows: [PlanRow] = []
    private var quarantined: Quarantined?
    private var notices: [Notice] = []
    private var gates: [GateReading] = []
    private var files: [PlanHeader.SourceFile] = []
    private(set) var asOf: Instant?

    init(_ who: String) {
        self.who = who
        key = KeyFolding.fold(who)
    }

    func see(_ event: PlanEvent) {
        switch event {
        case .header(let header):
            files = header.files
            asOf = header.asOf
        case .row(let row) where isMeant(row.subject) || (row.member.map(isMeant) ?? false): rows.append(row)
        case .quarantined(let entry):
            if entry.anchor?.value == who || entry.recordID == who || entry.name.map(KeyFolding.fold) == key {
                quarantined = entry
            }
        case .notice(let notice) where isMeant(notice.subject): notices.append(notice)
        case .gate(let reading): gates.append(reading)
        default: break
        }
    }

    private func isMeant(_ subject: Subject) -> Bool {
        subject.anchor?.value == who || subject.recordID == who || subject.accountID == who
            || KeyFolding.fold(subject.name) == key || subject.displayName.map(KeyFolding.fold) == key
    }

    private var own: PlanRow? { rows.first { $0.member == nil } }

    /// What the run knew of their groups; `nil` where that was not kept.
    var memberships: Memberships? { own?.memberships }

    func isDigestKept(_ place: Place) -> Bool { files.contains { $0.path == place.file && $0.sha256 != nil } }

    /// Whether the file still is what the run read.
    func isUnchanged(_ place: Place) -> Bool {
        files.first { $0.path == place.file }.map(RawFields.isUnchanged) ?? false
    }

    var explanation: Explanation? {
        guard own != nil || !rows.isEmpty || quarantined != nil || !notices.isEmpty else { return nil }
        var explanation = Explanation(
            situation: own?.situation ?? quarantined?.situation ?? notices.first?.situation,
            rows: rows.filter { !$0.changes.isEmpty }, quarantine: quarantined,
            reason: own?.reason ?? quarantined?.finding.detail ?? notices.first?.reason ?? rows.first?.reason ?? "")
        if case .store(let record, _, _, _) = own?.record { explanation.record = record }
        explanation.subject = own?.subject ?? notices.first?.subject ?? rows.first?.member
        explanation.notices = notices.map(\.text)
        explanation.gates = gates
        explanation.sourcePlace = own?.place ?? quarantined?.place
        explanation.place = explanation.sourcePlace.map(text)
        return explanation
    }

    /// Line and column, where the file still is what the run read; else the byte at which it stood then.
    private func text(_ place: Place) -> String {
        let file = files.first { $0.path == place.file }
        var info = stat()
        if let file, stat(place.file, &info) == 0, Int(info.st_size) == file.bytes,
            file.sha256 == nil || RawFields.isUnchanged(file),
            let (line, column) = try? SourceText.lineAndColumn(offset: place.bytes.lowerBound, file: place.file)
        {
            return "\(place.file):\(line):\(column)"
        }
        return "byte \(place.bytes.lowerBound) of \(place.file), as it was then"
    }
}
