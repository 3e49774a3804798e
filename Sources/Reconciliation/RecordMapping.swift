import JSONBytes
import SCIM

/// The lines of a mapping that read the record: what the planner is shown in place of what the directory holds.
///
/// Pure, and the same for a push, a snapshot, a dry run and `explain`. Lines read the record as it came, never each other's
/// results, so their order does not matter and a second application finds the same.
package struct RecordMapping: Sendable {
    private let lines: [Line]

    private struct Line: Sendable {
        var line: MappingLine
        var attributes: [String: FilterAttribute]
    }

    package init(_ lines: [MappingLine]) {
        self.lines = lines.map { line in
            var attributes: [String: FilterAttribute] = [:]
            for name in line.names { attributes[name] = Self.attribute(name, line.kind) }
            return Line(line: line, attributes: attributes)
        }
    }

    package var isEmpty: Bool { lines.isEmpty }

    /// The attribute that `record.NAME` means; `nil` for a name that no record has, or that cannot be read here.
    package static func attribute(_ name: String, _ kind: Kind) -> FilterAttribute? {
        guard name.hasPrefix(MappingLine.recordPrefix) else { return nil }
        guard
            let found = Schemas.resolve(
                String(name.dropFirst(MappingLine.recordPrefix.count)), group: kind == .group)
        else { return nil }
        switch found.path {
        case "externalId": return .externalId
        case "active": return .active
        case DirectoryRecord.managerPath: return nil
        default:
            let root = found.path.prefix { $0 != "." && $0 != "[" }.lowercased()
            guard !Attributes.reserved.contains(root), found.definition.type != .complex else { return nil }
            return .slot(path: found.path, isMultiValued: found.isMultiValued)
        }
    }

    /// What one record becomes.
    package struct Effect: Sendable {
        package var record: DirectoryRecord
        /// Why the record is undecided; the first line that could not be worked out.
        package var problem: String?
        /// Each line with what it made, in the order of the job.
        package var traces: [MappingTrace] = []

        package init(record: DirectoryRecord) { self.record = record }
    }

    /// - Parameter memberOf: whether the record is in a group, by name, anchor or id; `nil` where that is not known.
    package func effect(on record: DirectoryRecord, memberOf: ((String) -> ClauseVerdict)? = nil) -> Effect {
        var effect = Effect(record: record)
        let own = lines.filter { $0.line.kind == record.kind }
        if own.isEmpty { return effect }
        var slots = record.attributes.slots
        var cleared = Set(record.cleared)
        for item in own {
            let context = ExpressionContext(
                attribute: { name in item.attributes[name].map { Self.value($0, in: record) } ?? .empty },
                memberOf: memberOf)
            let result = item.line.result(
                context, own: Self.own(item.line.target, in: record), isCleared: Self.isCleared(item, record))
            effect.traces.append(MappingTrace(line: item.line.text, result: result))
            if case .undecided(let why) = result, effect.problem == nil { effect.problem = why }
            Self.place(result, item.line.target, &effect.record, &slots, &cleared)
        }
        effect.record.attributes = Attributes(slots)
        let filled = Set(slots.map(\.path))
        effect.record.cleared = cleared.subtracting(filled).sorted()
        return effect
    }

    private static func value(_ attribute: FilterAttribute, in record: DirectoryRecord) -> ExpressionValue {
        if case .active = attribute { return record.active.map(ExpressionValue.bool) ?? .empty }
        let values = attribute.values(in: record).map { ExpressionValue($0) }
        return values.count == 1 ? values[0] : .of(values)
    }

    private static func own(_ target: MappingTarget, in record: DirectoryRecord) -> JSONValue? {
        switch target.place {
        case .active: record.active.map(JSONValue.bool)
        case .anchor: record.anchor.map { .string($0.value) }
        default: target.value(in: record.attributes.slots)
        }
    }

    /// Whether all attributes that a line reads are empty, and one of them because the source cleared it.
    private static func isCleared(_ item: Line, _ record: DirectoryRecord) -> Bool {
        if record.cleared.isEmpty || item.attributes.values.contains(where: { !value($0, in: record).isEmpty }) {
            return false
        }
        return item.attributes.values.contains { attribute in
            guard case .slot(let path, _) = attribute else { return false }
            return record.cleared.contains { cleared in
                cleared == path || path.hasPrefix(cleared + ".")
                    || Attributes.typedSlot(cleared).map { path.hasPrefix($0.attribute + ".") } ?? false
            }
        }
    }

    private static func place(
        _ result: MappingResult, _ target: MappingTarget, _ record: inout DirectoryRecord,
        _ slots: inout [Attributes.Slot], _ cleared: inout Set<String>
    ) {
        let value: JSONValue?
        switch result {
        case .undecided, .unchanged: return
        case .value(let formed): value = formed
        case .unsaid, .cleared: value = nil
        }
        switch target.place {
        case .active: record.active = value?.bool
        case .anchor, .manager: return
        case .name:
            guard let name = value?.string else { return }
            record.name = name
            target.fill(value, in: &slots)
        case .slot, .part, .values:
            target.fill(value, in: &slots)
            cleared.remove(target.slot)
            if result != .unsaid { cleared.formUnion(target.cleared(result)) }
        }
    }
}

/// What one line made of one record, for `check` and `explain`.
package struct MappingTrace: Sendable, Hashable {
    package var line: String
    package var result: MappingResult

    package init(line: String, result: MappingResult) {
        self.line = line
        self.result = result
    }

    /// What a line that reads the export left in a record.
    package init(_ line: MappingLine, in record: DirectoryRecord) {
        let value: JSONValue?
        switch line.target.place {
        case .name: value = .string(record.name)
        case .active: value = record.active.map(JSONValue.bool)
        case .anchor: value = record.anchor.map { .string($0.value) }
        case .manager: value = record.references.first { $0.path == line.target.path }.map { .string($0.target.text) }
        default: value = line.target.value(in: record.attributes.slots)
        }
        let isCleared = record.cleared.contains(line.target.slot)
        self.init(line: line.text, result: value.map(MappingResult.value) ?? (isCleared ? .cleared : .unsaid))
    }

    /// The result for a reader.
    package var text: String {
        switch result {
        case .value(let value): value.scalarText ?? value.text
        case .unchanged: "as it is"
        case .unsaid: "nothing said"
        case .cleared: "cleared"
        case .undecided: "undecided"
        }
    }
}
