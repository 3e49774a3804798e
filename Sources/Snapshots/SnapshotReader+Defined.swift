import Crypto
import JSONBytes
import Reconciliation

/// Presets that are data.
extension SnapshotReader {
    func nextRecord(_ source: DefinedSource, _ definition: PresetDefinition) throws(SnapshotError) -> SnapshotElement? {
        while var found = try source.next() {
            guard let kind = found.rule.role.kind else { continue }
            let place = Place(file: source.file.path, bytes: found.record.bytes)
            count(kind)
            var hash = elementHash()
            found.record.hash(into: &hash)
            if kind == .group, specification.members != nil || dependsOnOthers(definition) {
                let view = try source.view(found)
                found.view = view
                try addOthers(of: view, to: &hash, source.file, definition)
            }
            return SnapshotElement(
                kind: kind, hash: ElementHash(hash.finalize()), place: place, content: .record(found),
                reader: self)
        }
        return nil
    }

    /// A group's members are told by other records, or named by what other records say.
    private func dependsOnOthers(_ definition: PresetDefinition) -> Bool {
        definition.hasMembershipsApart
            || definition.fields[.group]?.members.contains { $0.name != ReferenceRule.key } == true
    }

    /// What makes a group another although its own record is the same.
    private func addOthers(
        of group: RecordView, to hash: inout SHA256, _ groups: SourceFile, _ definition: PresetDefinition
    ) throws(SnapshotError) {
        // A group that cannot be read is set aside where it is mapped.
        let fields = definition.fields[.group]
        let key = try? (fields?.key ?? fields?.anchor)?.outcome(in: group).text()
        if specification.members != nil {
            let name = try? fields?.attributes.first { $0.target.path == "displayName" }?.value.outcome(in: group)
                .text()
            return try addMembersFile(of: key ?? "", called: name ?? key ?? "", to: &hash, groups)
        }
        var members: [String] = []
        if definition.hasMembershipsApart, let key {
            members = try links.members(of: definition.reference(key: key, kind: .group)) ?? []
        } else if let rules = fields?.members {
            for rule in rules {
                guard let keys = try? rule.value.outcome(in: group).texts() else { continue }
                for key in keys { members.append(try links.reference(key, rule)) }
            }
        }
        for member in members { hash.update(data: Array((member + "\u{0}").utf8)) }
    }

    func draft(
        _ found: DefinedSource.Found, _ element: SnapshotElement, _ source: DefinedSource,
        _ definition: PresetDefinition
    ) throws(SnapshotError) -> RecordDraft {
        let view = try source.view(found)
        var draft = try mapFields(view, kind: element.kind, place: element.place)
        draft.isDelta = specification.kind == .delta
        if element.kind == .group, specification.members != nil, let file = membersFiles.last {
            draft.members = try members(file, definition)
        }
        applyOverrides(to: &draft) { view.value(named: $0) }
        countUnmapped(view, kind: element.kind)
        return draft
    }

    /// The members of one file; `nil` when it may have been cut.
    private func members(_ file: SourceFile, _ definition: PresetDefinition) throws(SnapshotError) -> [MemberReference]?
    {
        guard let rule = definition.memberFile else { return nil }
        let stream = try definition.stream(file, paths: [rule.records], digest: nil)
        var members: [MemberReference] = []
        var counts: [Int] = []
        while let record = try stream.next() {
            while counts.count <= record.document { counts.append(0) }
            counts[record.document] += 1
            let view = try stream.view(record)
            guard rule.when?.holds(in: view) ?? true else { continue }
            for key in try keys(of: view, rule, file, record) {
                guard let reference = rule.reference else {
                    members.append(MemberReference(key: key))
                    continue
                }
                members.append(MemberReference(key: try links.reference(key, reference)))
            }
        }
        return try isWhole(stream, counts, definition, rule) ? members : nil
    }

    private func keys(
        of member: RecordView, _ rule: MemberFileRule, _ file: SourceFile, _ record: RawRecord
    ) throws(SnapshotError) -> [String] {
        do throws(FieldFailure) {
            if let reference = rule.reference { return try reference.value.outcome(in: member).texts() }
            switch member {
            case .json(let value): return try FieldOutcome(values: [value]).texts()
            case .xml(let element): return [element.text]
            }
        } catch {
            throw SnapshotError(
                .members, file: file, offset: record.bytes.lowerBound,
                detail: "a member cannot be read: \(error.detail); correct the export")
        }
    }

    /// A file of members without marks is taken for whole, unless it has exactly as many as a page.
    private func isWhole(
        _ stream: any RecordStream, _ counts: [Int], _ definition: PresetDefinition, _ rule: MemberFileRule
    ) throws(SnapshotError) -> Bool {
        var files: [JSONFileMarks] = []
        for (number, document) in stream.documents.enumerated() {
            if let beside = document.beside {
                try definition.refuse(beside, stream.file, offset: document.offset, kind: specification.kind)
                if document.opened.isEmpty {
                    try definition.refuseError(beside, stream.file, offset: document.offset)
                    throw SnapshotError(
                        .noRecords, file: stream.file.path,
                        detail: "there are no members at \(rule.records.text); check the export or the preset")
                }
            }
            let count = number < counts.count ? counts[number] : 0
            let marks = definition.complete.marks(document.beside, counts: [.user: count])
            files.append(marks.marks(of: .user))
        }
        if let cap = rule.reference?.cap, counts.reduce(0, +) >= cap { return false }
        switch JSONCompleteness.judge(files, pageSizes: definition.complete.pageSizes) {
        case .proven: return true
        case .partial: return false
        case .plausible:
            return !files.contains { JSONCompleteness.isPageSize($0.elements, definition.complete.pageSizes) }
        }
    }
}
