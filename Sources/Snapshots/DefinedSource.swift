import JSONBytes
import Reconciliation

/// One file of a defined preset with what is known of its records: which rule each belongs to, and those within others.
final class DefinedSource {
    let file: SourceFile
    private let definition: PresetDefinition
    private let kinds: Set<Kind>
    private let stream: any RecordStream
    private let paths: [RecordPath]
    private var waiting: ArraySlice<Found> = []
    private var seen = false
    /// Records of each kind, by document.
    private(set) var counts: [[Kind: Int]] = []
    /// Records of a kind that the file is not read for.
    private(set) var otherKind = 0

    struct Found {
        var rule: RecordRule
        var record: RawRecord
        /// Parsed already where its kind had to be found.
        var view: RecordView?
    }

    /// The record's values, parsed once.
    func view(_ found: Found) throws(SnapshotError) -> RecordView {
        if let view = found.view { return view }
        return try stream.view(found.record)
    }

    init(
        _ definition: PresetDefinition, _ file: SourceFile, kinds: Set<Kind>, digest: SourceDigest?
    ) throws(SnapshotError) {
        self.definition = definition
        self.file = file
        self.kinds = kinds
        paths = definition.recordPaths
        stream = try definition.stream(file, paths: paths, digest: digest)
    }

    /// The next record of a kind that the file is read for, or membership; `nil` at the proper end.
    func next() throws(SnapshotError) -> Found? {
        while true {
            if let found = waiting.popFirst() { return found }
            guard let record = try stream.next() else { return nil }
            try checkFirst(record)
            guard let found = try rule(record) else { continue }
            guard let kind = found.rule.role.kind else { return found }
            guard kinds.contains(kind) else {
                otherKind += 1
                continue
            }
            var all = [found]
            if let nested = found.rule.nested {
                all += try stream.nested(record, at: nested).map { Found(rule: found.rule, record: $0) }
            }
            while counts.count <= record.document { counts.append([:]) }
            counts[record.document][kind, default: 0] += all.count
            waiting = all[...]
        }
    }

    /// A bare object can be an error of the service.
    private func checkFirst(_ record: RawRecord) throws(SnapshotError) {
        if seen { return }
        seen = true
        guard record.isBare else { return }
        let view = try stream.view(record)
        try definition.refuse(view, file, offset: record.bytes.lowerBound, kind: .full)
        let anchors = definition.fields.values.compactMap(\.anchor)
        let hasAnchor = anchors.contains { anchor in (try? anchor.outcome(in: view))?.values.isEmpty == false }
        if !hasAnchor { try definition.refuseError(view, file, offset: record.bytes.lowerBound) }
    }

    private func rule(_ record: RawRecord) throws(SnapshotError) -> Found? {
        var rules = definition.records.filter { rule in record.paths.contains { paths[$0] == rule.path } }
        if record.isBare && rules.count > 1 {
            let own = rules.filter { $0.role.kind.map(kinds.contains) ?? false }
            if !own.isEmpty { rules = own }
        }
        if rules.count == 1, rules[0].when == nil { return Found(rule: rules[0], record: record) }
        if record.isBare, rules.count > 1, rules.allSatisfy({ $0.when == nil }) {
            throw SnapshotError(
                .wrongKind, file: file.path,
                detail:
                    "this is a bare list, which does not tell users from groups; name it under users or under groups only"
            )
        }
        let view = try stream.view(record)
        guard let rule = rules.first(where: { $0.when?.holds(in: view) ?? true }) else { return nil }
        return Found(rule: rule, record: record, view: view)
    }

    // MARK: Marks

    /// What the documents said; complete after the last record.
    ///
    /// - Throws: ``SnapshotError`` for a document that is no snapshot, or has no place for records.
    func marks(kind: SourceSpecification.SnapshotKind) throws(SnapshotError) -> [DocumentMarks] {
        var marks: [DocumentMarks] = []
        for (number, document) in stream.documents.enumerated() {
            if let beside = document.beside {
                try definition.refuse(beside, file, offset: document.offset, kind: kind)
            }
            try checkOpened(document)
            let own = number < counts.count ? counts[number] : [:]
            marks.append(definition.complete.marks(document.beside, counts: own))
        }
        return marks
    }

    private func checkOpened(_ document: RecordDocument) throws(SnapshotError) {
        for kind in Kind.allCases where kinds.contains(kind) {
            let own = definition.records.filter { $0.role == RecordRole(kind) }
            let isOpen = own.contains { rule in
                document.opened.contains { paths[$0] == rule.path }
            }
            if isOpen { continue }
            if let beside = document.beside { try definition.refuseError(beside, file, offset: document.offset) }
            guard let first = own.first else {
                throw SnapshotError(
                    .noRecords, file: file.path,
                    detail:
                        "the preset \(definition.name) knows no \(kind.rawValue)s; take the file out of \(kind.rawValue)s"
                )
            }
            throw SnapshotError(
                .noRecords, file: file, offset: document.offset,
                detail:
                    "there are no \(kind.rawValue)s at \(first.path.text), where the preset \(definition.name) looks for "
                    + "them; check the export, the preset or the path")
        }
    }
}

extension PresetDefinition {
    /// Refuses what its rules say is no snapshot.
    func refuse(
        _ beside: RecordView, _ file: SourceFile, offset: Int, kind: SourceSpecification.SnapshotKind
    ) throws(SnapshotError) {
        for refusal in refusals where refusal.when.holds(in: beside) && !(refusal.isDelta && kind == .delta) {
            throw SnapshotError(
                refusal.isDelta ? .delta : .errorBody, file: file, offset: offset,
                detail: "this is " + refusal.because
                    + (refusal.isDelta
                        ? ", which says nothing about who is not in it; export everybody"
                        : ", not an export; export again"))
        }
        if case .xml(let root) = beside, root.name == "Fault" || root.hasFault {
            throw SnapshotError(
                .errorBody, file: file.path,
                detail: "this is an error of the service (a SOAP fault), not an export; export again")
        }
    }

    /// A document without records that has what errors of services begin with.
    func refuseError(_ beside: RecordView, _ file: SourceFile, offset: Int) throws(SnapshotError) {
        guard case .json(.object(let object)) = beside else { return }
        for key in JSONRecordStream.errorKeys.sorted() {
            guard let value = object[key], RecordCondition.isThere(value) else { continue }
            throw SnapshotError(
                .errorBody, file: file, offset: offset,
                detail:
                    "this is an error of the service (it has \(JSONValue.string(key).text)), not an export; export again"
            )
        }
    }
}

extension XMLElement {
    fileprivate var hasFault: Bool { children.contains { $0.name == "Fault" || $0.hasFault } }
}
