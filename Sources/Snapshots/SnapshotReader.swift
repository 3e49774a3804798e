import Crypto
import JSONBytes
import Reconciliation

/// Reads the files of a source once, as a stream: users files first, then groups files.
///
/// Memory is one chunk and the longest element. It is used from one thread at a time.
package final class SnapshotReader {
    /// ``SourceSpecification/takenAt``, else the oldest modification time of the files less
    /// ``SourceSpecification/exportDuration``.
    package let takenAt: Instant

    let specification: SourceSpecification
    private let seeded: SHA256
    let inputs: [Input]
    let digest = SourceDigest()
    private let overrides: MappingOverrides
    private(set) var unmapped: UnmappedCensus
    private var entraGraph = EntraGraphMapping()
    private var dsml = DSMLMapping()
    private(set) var fieldMapping: FieldMapping?
    /// Of a defined preset.
    let links: RecordLinks

    private var nextInput = 0
    private var current: Export?
    var isEnded = false
    var tallies: [Tally] = []
    var membersFiles: [SourceFile] = []
    var census = Census()

    /// A file and the kinds that it is read for.
    struct Input {
        let file: SourceFile
        var kinds: Set<Kind>
    }

    private enum Export {
        case json(JSONExport)
        case dsml(DSMLExport)
        case defined(DefinedSource)
    }

    /// What a file that was read to its end said.
    struct Tally {
        var file: SourceFile
        var kinds: Set<Kind>
        var counts: [Kind: Int] = [:]
        var otherKind = 0
        var marks: Marks?

        enum Marks {
            case json(JSONFileMarks)
            case dsml(Completeness)
            case defined([DocumentMarks])
        }
    }

    /// Counts mapped users, to find a column that is missing everywhere.
    struct Census {
        var users = 0
        var withActive = 0
    }

    /// Finds the files and looks at each.
    ///
    /// - Parameter hashSeed: goes into every ``SnapshotElement/hash``: a secret and the rules' hash.
    /// - Throws: ``SnapshotError`` `.missing`, `.unreadable`, `.notAFile`.
    package convenience init(_ specification: SourceSpecification, hashSeed: [UInt8]) throws(SnapshotError) {
        try self.init(specification, hashSeed: hashSeed, links: nil)
    }

    /// - Parameter links: of another reader of the same source, so that its pass over the files is not made again.
    init(_ specification: SourceSpecification, hashSeed: [UInt8], links: RecordLinks?) throws(SnapshotError) {
        self.specification = specification
        var seeded = SHA256()
        seeded.update(data: hashSeed)
        self.seeded = seeded
        overrides = MappingOverrides(specification.overrides, sourceAttributes: specification.sourceAttributes)
        unmapped = UnmappedCensus(
            preset: specification.preset.censusNames, carriesUnknown: specification.preset == .scim,
            lines: specification.overrides, sourceAttributes: specification.sourceAttributes)
        let inputs = try Self.inputs(specification)
        self.inputs = inputs
        let definition = specification.preset.definition
        fieldMapping = definition.map(FieldMapping.init)
        self.links =
            links ?? RecordLinks(definition ?? PresetDefinition(name: "", text: "", format: .json), inputs: inputs)
        if let given = specification.takenAt {
            takenAt = given
        } else {
            takenAt = try Self.oldest(inputs, specification) - specification.exportDuration
        }
    }

    private static func inputs(_ specification: SourceSpecification) throws(SnapshotError) -> [Input] {
        let users = try SourcePaths.resolve(specification.users)
        let groups = try SourcePaths.resolve(specification.groups)
        var inputs: [Input] = []
        for path in users + groups {
            let file = try SourceFile(path: path)
            var kinds: Set<Kind> = []
            if users.contains(path) { kinds.insert(.user) }
            if groups.contains(path) { kinds.insert(.group) }
            if let index = inputs.firstIndex(where: { $0.file.status.isSameFile(file.status) }) {
                inputs[index].kinds.formUnion(kinds)
            } else {
                inputs.append(Input(file: file, kinds: kinds))
            }
        }
        if inputs.isEmpty {
            throw SnapshotError(.missing, file: "source", detail: "no file is named; name one under users or groups")
        }
        return inputs
    }

    private static func oldest(_ inputs: [Input], _ specification: SourceSpecification) throws(SnapshotError) -> Instant
    {
        var oldest = inputs.map(\.file.status.modified).min() ?? Instant(milliseconds: 0)
        guard let template = specification.members else { return oldest }
        for path in SourcePaths.matches(template.replacing("{group}", with: "*")) {
            oldest = min(oldest, try SourceFile(path: path).status.modified)
        }
        return oldest
    }
}

// MARK: - Elements

extension SnapshotReader {
    /// The next person or group; `nil` after the last file's proper end.
    ///
    /// - Throws: ``SnapshotError``; after it nothing of the snapshot may be used.
    package func next() throws(SnapshotError) -> SnapshotElement? {
        do { return try nextOfAnyFile() } catch { throw withGuess(error) }
    }

    /// A file without the records that its preset looks for is often an export of another one.
    private func withGuess(_ error: SnapshotError) -> SnapshotError {
        guard error.code == .noRecords, nextInput > 0, let name = guess(inputs[nextInput - 1].file) else {
            return error
        }
        var explained = error
        explained.detail += "; it looks like an export for the preset " + name
        return explained
    }

    private func guess(_ file: SourceFile) -> String? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FormatHint.bytesMax, alignment: 16)
        defer { buffer.deallocate() }
        // A file that cannot be read a second time is not guessed at: the first error stands.
        guard let again = try? SourceFile(path: file.path), let input = try? TextInput(again, digest: nil),
            let count = try? input.read(into: buffer, sniff: { _ in })
        else { return nil }
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return specification.hints.first { $0.name != specification.preset.name && text.contains($0.text) }?.name
    }

    private func nextOfAnyFile() throws(SnapshotError) -> SnapshotElement? {
        while true {
            if current == nil {
                guard nextInput < inputs.count else {
                    isEnded = true
                    return nil
                }
                try openInput(inputs[nextInput])
                nextInput += 1
            }
            switch current {
            case .json(let export):
                if let element = try nextElement(export) { return element }
                tallies[tallies.count - 1].marks = .json(try marks(export))
            case .dsml(let export):
                if let element = try nextEntry(export) { return element }
                tallies[tallies.count - 1].marks = .dsml(export.marks.completeness)
            case .defined(let source):
                if let definition = specification.preset.definition,
                    let element = try nextRecord(source, definition)
                {
                    return element
                }
                tallies[tallies.count - 1].otherKind = source.otherKind
                tallies[tallies.count - 1].marks = .defined(try source.marks(kind: specification.kind))
            case nil: break
            }
            current = nil
        }
    }

    private func openInput(_ input: Input) throws(SnapshotError) {
        input.file.startHashing()
        tallies.append(Tally(file: input.file, kinds: input.kinds))
        switch specification.preset {
        case .entraGraph:
            current = .json(try JSONExport(input.file, recordKey: "value", allowsLines: false, digest: digest))
        case .scim:
            current = .json(try JSONExport(input.file, recordKey: "Resources", allowsLines: true, digest: digest))
        case .dsml: current = .dsml(try DSMLExport(input.file, digest: digest))
        case .defined(let definition):
            current = .defined(try DefinedSource(definition, input.file, kinds: input.kinds, digest: digest))
        }
    }

    private func marks(_ export: JSONExport) throws(SnapshotError) -> JSONFileMarks {
        switch specification.preset {
        case .scim: try JSONFileMarks(scim: export)
        case .entraGraph, .dsml, .defined: try JSONFileMarks(entraGraph: export, kind: specification.kind)
        }
    }

    private func nextElement(_ export: JSONExport) throws(SnapshotError) -> SnapshotElement? {
        guard let element = try export.next() else { return nil }
        let place = Place(file: export.file.path, bytes: element.offset..<element.offset + element.bytes.count)
        let kinds = tallies[tallies.count - 1].kinds
        var object: JSONObject?
        var kind = kinds.contains(.user) ? Kind.user : .group
        let membersApart = specification.members != nil && kinds.contains(.group)
        if kinds.count > 1 || membersApart {
            object = try export.object(element.bytes, offset: element.offset)
            if let object, kinds.count > 1 { kind = kindOf(object) }
        }
        count(kind)
        var hash = seeded
        hash.update(bufferPointer: element.bytes)
        if membersApart && kind == .group, let object {
            let id = object.value(caseInsensitive: "id")?.scalarText ?? ""
            let name = object.value(caseInsensitive: "displayName")?.string ?? id
            try addMembersFile(of: id, called: name, to: &hash, export.file)
        }
        return SnapshotElement(
            kind: kind, hash: ElementHash(hash.finalize()), place: place, content: .json(element.bytes, object),
            reader: self)
    }

    private func kindOf(_ object: JSONObject) -> Kind {
        switch specification.preset {
        case .scim: SCIMMapping.kind(of: object) ?? (object.value(caseInsensitive: "userName") == nil ? .group : .user)
        case .entraGraph, .dsml, .defined: EntraGraphMapping.kind(of: object)
        }
    }

    func count(_ kind: Kind) { tallies[tallies.count - 1].counts[kind, default: 0] += 1 }

    /// A hash that has taken in the seed.
    func elementHash() -> SHA256 { seeded }

    private func nextEntry(_ export: DSMLExport) throws(SnapshotError) -> SnapshotElement? {
        while let bytes = try export.next() {
            let tally = tallies.count - 1
            guard let kind = export.entry.kind(in: tallies[tally].kinds) else { continue }
            guard tallies[tally].kinds.contains(kind) else {
                tallies[tally].otherKind += 1
                continue
            }
            count(kind)
            var hash = seeded
            export.entry.bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
            return SnapshotElement(
                kind: kind, hash: ElementHash(hash.finalize()), place: Place(file: export.file.path, bytes: bytes),
                content: .directoryEntry, reader: self)
        }
        return nil
    }
}

// MARK: - Mapping

extension SnapshotReader {
    func map(_ element: SnapshotElement) throws(SnapshotError) -> SnapshotRow {
        let draft: RecordDraft
        switch (element.content, current) {
        case (.json(let bytes, let parsed), .json(let export)):
            var object = parsed
            if object == nil { object = try export.object(bytes, offset: element.place.bytes.lowerBound) }
            guard let object else {
                return .rejected(
                    Rejection(
                        kind: element.kind, anchor: nil, name: nil, code: "notAnObject",
                        detail: "the element is not an object; correct the export", place: element.place))
            }
            draft = try self.draft(object, element)
        case (.directoryEntry, .dsml(let export)):
            var mapped = dsml.draft(export.entry, kind: element.kind, place: element.place)
            overrides.apply(to: &mapped) { export.entry.value(named: $0) }
            unmapped.count(export.entry, kind: element.kind)
            draft = mapped
        case (.record(let found), .defined(let source)):
            guard let definition = specification.preset.definition else { preconditionFailure("no definition") }
            draft = try self.draft(found, element, source, definition)
        default: preconditionFailure("an element is valid until the next call of next()")
        }
        if draft.kind == .user {
            census.users += 1
            if draft.active != nil { census.withActive += 1 }
        }
        return draft.finished()
    }

    private func draft(_ object: JSONObject, _ element: SnapshotElement) throws(SnapshotError) -> RecordDraft {
        var draft: RecordDraft
        if specification.preset == .scim {
            draft = SCIMMapping.draft(object, kind: element.kind, place: element.place)
        } else {
            let (mapped, isDelta) = entraGraph.draft(object, kind: element.kind, place: element.place)
            draft = mapped
            if isDelta, specification.kind == .full { try refuseDelta(draft) }
        }
        draft.isDelta = specification.kind == .delta
        if element.kind == .group, specification.members != nil, let file = membersFiles.last {
            draft.members = try members(file)
        }
        overrides.apply(to: &draft) { object.value(atPath: $0) }
        unmapped.count(object, kind: element.kind)
        return draft
    }

    /// Maps a record of a defined preset.
    func mapFields(_ view: RecordView, kind: Kind, place: Place) throws(SnapshotError) -> RecordDraft {
        guard var mapping = fieldMapping else { preconditionFailure("no definition") }
        fieldMapping = nil
        defer { fieldMapping = mapping }
        return try mapping.draft(view, kind: kind, place: place, links: links)
    }

    func applyOverrides(to draft: inout RecordDraft, raw: (String) -> JSONValue?) {
        overrides.apply(to: &draft, raw: raw)
    }

    func countUnmapped(_ view: RecordView, kind: Kind) {
        switch view {
        case .json(let value): if let object = value.object { unmapped.count(object, kind: kind) }
        case .xml(let element):
            unmapped.count(
                JSONObject(element.children.map { JSONObject.Member(key: $0.name, value: .string($0.text)) }),
                kind: kind)
        }
    }

    private func refuseDelta(_ draft: RecordDraft) throws(SnapshotError) {
        throw SnapshotError(
            .delta, file: inputs[nextInput - 1].file, offset: draft.place.bytes.lowerBound,
            detail:
                "this is an entry of a delta, which says nothing about who is not in it; export /users and /groups, "
                + "not /delta, or say 'kind: delta' under source"
        )
    }
}
