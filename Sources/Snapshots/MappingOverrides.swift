import JSONBytes
import Reconciliation
import SCIM

/// A job's own lines of mapping that read fields of the export, laid over what the preset mapped.
struct MappingOverrides {
    private let lines: [MappingLine]
    private let sourceAttributes: [String]

    init(_ lines: [MappingLine], sourceAttributes: [String]) {
        self.lines = lines
        self.sourceAttributes = sourceAttributes
    }

    /// Entra's name for "may not sign in, is deleted or out of scope"; an export says the first of these.
    private static let softDeleted = "issoftdeleted"

    /// Fills the targets and keeps the raw attributes that scoping filters name. `raw` finds a raw attribute by its
    /// name. Lines read the export and what the preset made of it, never each other's results.
    func apply(to draft: inout RecordDraft, raw: (String) -> JSONValue?) {
        for name in sourceAttributes {
            if let value = raw(name), !value.isNull { draft.source[name] = value }
        }
        guard !lines.isEmpty else { return }
        let preset = draft
        for line in lines where line.kind == draft.kind {
            let result = withoutActuallyEscaping(raw) { raw in
                line.result(
                    ExpressionContext(attribute: { Self.value($0, preset, raw) }), own: Self.own(line.target, preset))
            }
            Self.place(result, line.target, &draft)
        }
    }

    private static func value(_ name: String, _ preset: RecordDraft, _ raw: (String) -> JSONValue?) -> ExpressionValue {
        let field = MappingLine.field(name) ?? name
        if let value = raw(field) { return ExpressionValue(value) }
        guard field.lowercased() == softDeleted else { return .empty }
        return preset.active.map { .bool(!$0) } ?? .empty
    }

    private static func own(_ target: MappingTarget, _ draft: RecordDraft) -> JSONValue? {
        switch target.place {
        case .name: draft.name.map(JSONValue.string)
        case .active: draft.active.map(JSONValue.bool)
        case .anchor: draft.anchor.map { .string($0.value) }
        case .manager: draft.references.first { $0.path == Slots.manager }.map { .string($0.key) }
        default: target.value(in: draft.slots)
        }
    }

    private static func place(_ result: MappingResult, _ target: MappingTarget, _ draft: inout RecordDraft) {
        let value: JSONValue?
        switch result {
        case .unchanged: return
        case .undecided(let why): return draft.reject("mapping", why)
        case .value(let formed): value = formed
        case .unsaid, .cleared: value = nil
        }
        switch target.place {
        case .name:
            draft.name = value?.string
            target.fill(value, in: &draft.slots)
        case .active: draft.active = value?.bool
        case .anchor: draft.anchor = value?.string.map(Anchor.init)
        case .manager:
            draft.references.removeAll { $0.path == Slots.manager }
            draft.add(manager: value?.string)
            if case .cleared = result { draft.cleared.append(Slots.manager) }
        case .slot, .part, .values:
            target.fill(value, in: &draft.slots)
            draft.cleared += target.cleared(result)
        }
    }
}

extension JSONObject {
    /// The value of a dotted path; a key that itself contains the dots wins. Letter case does not count.
    func value(atPath path: String) -> JSONValue? {
        if let exact = value(caseInsensitive: path) { return exact }
        guard let dot = path.firstIndex(of: ".") else { return nil }
        return value(caseInsensitive: String(path[..<dot]))?.object?
            .value(atPath: String(path[path.index(after: dot)...]))
    }
}
