import JSONBytes
import Reconciliation

/// A job's own lines of mapping, laid over what the preset mapped. They are about users.
struct MappingOverrides {
    private enum Target {
        case userName, active, anchor, reference(String), slot(String), part(slot: String, name: String)
    }

    private let lines: [(target: Target, from: MappingOverride.Source)]
    private let sourceAttributes: [String]

    init(_ overrides: [MappingOverride], sourceAttributes: [String]) {
        lines = overrides.map { (Self.target($0.target), $0.from) }
        self.sourceAttributes = sourceAttributes
    }

    /// Short names of the enterprise extension stand for their whole paths.
    private static func target(_ name: String) -> Target {
        switch name {
        case "userName": return .userName
        case "active": return .active
        case "externalId": return .anchor
        case "manager", "manager.value", Slots.enterprise + ":manager", Slots.manager: return .reference(Slots.manager)
        case "employeeNumber", "costCenter", "organization", "division", "department":
            return .slot(Slots.enterprise + ":" + name)
        default: break
        }
        if let bracket = name.firstRange(of: "\"]."), name.hasPrefix("urn:") == false {
            let slot = name[..<bracket.upperBound].dropLast()
            return .part(slot: String(slot), name: String(name[bracket.upperBound...]))
        }
        return .slot(name)
    }

    /// Fills the targets and keeps the raw attributes that scoping filters name. `raw` finds a raw attribute by its
    /// name.
    func apply(to draft: inout RecordDraft, raw: (String) -> JSONValue?) {
        for name in sourceAttributes {
            if let value = raw(name), !value.isNull { draft.source[name] = value }
        }
        guard draft.kind == .user else { return }
        for line in lines {
            fill(line.target, with: value(line.from, raw), in: &draft)
        }
    }

    /// Null and empty say nothing.
    private func value(_ source: MappingOverride.Source, _ raw: (String) -> JSONValue?) -> JSONValue? {
        switch source {
        case .constant(let text): return text.isEmpty ? Optional.none : .string(text)
        case .attribute(let name):
            guard let value = raw(name), !value.isNull, value != .string("") else { return nil }
            return value
        }
    }

    private func fill(_ target: Target, with value: JSONValue?, in draft: inout RecordDraft) {
        switch target {
        case .userName:
            draft.name = value?.scalarText
            draft.slots.removeAll { $0.path == "userName" }
            draft.add("userName", draft.name)
        case .active:
            draft.active = value.flatMap(LooseBoolean.read)
            if value != nil && draft.active == nil {
                draft.reject(
                    "badActive", "what active is mapped from is neither true nor false; map it from another attribute")
            }
        case .anchor: draft.anchor = value?.scalarText.map(Anchor.init)
        case .reference(let path):
            draft.references.removeAll { $0.path == path }
            if let key = value?.scalarText { draft.references.append(MappedRecord.Reference(path: path, key: key)) }
        case .slot(let path):
            draft.slots.removeAll { $0.path == path }
            guard let value else { return }
            let isTyped = Attributes.typedSlot(path) != nil
            let slot = isTyped ? value.scalarText.map(Slots.value) ?? value : value
            draft.slots.append(Attributes.Slot(path: path, value: slot))
        case .part(let slot, let name):
            var object = draft.slots.first { $0.path == slot }?.value.object ?? JSONObject()
            draft.slots.removeAll { $0.path == slot }
            object[name] = value
            if !object.isEmpty { draft.slots.append(Attributes.Slot(path: slot, value: .object(object))) }
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
