import JSONBytes
import Reconciliation
import SCIM

/// Records of a defined preset as drafts of ours, and the census of their columns.
struct FieldMapping {
    let definition: PresetDefinition
    private(set) var columns: [Kind: [String: ColumnCensus]] = [:]
    /// Records that say nothing of their state because their file lists only active people.
    private(set) var takenForActive = 0

    init(_ definition: PresetDefinition) { self.definition = definition }

    /// - Parameter links: resolves what others are called by, and knows members that are told elsewhere; `nil` where the
    ///   definition needs neither.
    mutating func draft(
        _ view: RecordView, kind: Kind, place: Place, links: RecordLinks
    ) throws(SnapshotError) -> RecordDraft {
        var draft = RecordDraft(kind: kind, place: place)
        guard let fields = definition.fields[RecordRole(kind)] else { return draft }
        if fields.anchor != nil { draft.anchorNeeded = "the record has no id where the preset looks for it; export it" }
        do {
            draft.anchor = try value(fields.anchor, "anchor", view, kind).map(Anchor.init)
            draft.reference = try definition.reference(of: view, role: RecordRole(kind))
            for rule in fields.attributes { try fill(&draft, rule, view) }
            if kind == .user {
                draft.active = try active(fields.active, view)
                if let manager = fields.manager {
                    let outcome = try take(manager.value, "manager", view, kind)
                    if let key = try outcome.text() { draft.add(manager: try links.reference(key, manager)) }
                }
            } else {
                draft.members = try members(fields, view, draft.reference, links)
            }
        } catch let failure as FieldFailure {
            draft.reject("mapping", failure.detail)
        } catch let error as SnapshotError {
            throw error
        } catch {
            preconditionFailure("no other error is thrown here: \(error)")
        }
        return draft
    }

    /// Works a field out and counts it. The failure names the target.
    private mutating func take(
        _ value: FieldValue, _ target: String, _ view: RecordView, _ kind: Kind
    ) throws(FieldFailure) -> FieldOutcome {
        do {
            let outcome = try value.outcome(in: view)
            columns[kind, default: [:]][target, default: ColumnCensus()].count(outcome)
            return outcome
        } catch {
            throw FieldFailure("\(target): \(error.detail)")
        }
    }

    private mutating func value(
        _ value: FieldValue?, _ target: String, _ view: RecordView, _ kind: Kind
    ) throws(FieldFailure) -> String? {
        guard let value else { return nil }
        let outcome = try take(value, target, view, kind)
        do { return try outcome.text() } catch { throw FieldFailure("\(target): \(error.detail)") }
    }

    private mutating func active(_ value: FieldValue?, _ view: RecordView) throws(FieldFailure) -> Bool? {
        guard let value else { return nil }
        let outcome = try take(value, "active", view, .user)
        guard let found = outcome.values.first else { return activeWhereSilent(view) }
        guard outcome.values.count == 1, let active = LooseBoolean.read(found) else {
            throw FieldFailure("active: the value is neither true nor false; say what it stands for with values")
        }
        return active
    }

    /// Absent and null are unknown, unless files of this kind have only active people.
    private mutating func activeWhereSilent(_ view: RecordView) -> Bool? {
        switch definition.complete.activeOnly {
        case .always?: break
        case .unless(let path)? where !view.values(path).contains(where: RecordCondition.isThere): break
        default: return nil
        }
        takenForActive += 1
        return true
    }

    private mutating func fill(
        _ draft: inout RecordDraft, _ rule: AttributeRule, _ view: RecordView
    ) throws(FieldFailure) {
        let outcome = try take(rule.value, rule.target.path, view, draft.kind)
        if outcome.values.isEmpty { return }
        let texts = outcome.values.map { value in value.scalarText.map(JSONValue.string) ?? value }
        let formed: JSONValue?
        do { formed = try rule.target.form(ExpressionValue(.array(texts))) } catch {
            throw FieldFailure("\(rule.target.path): \(error.detail)")
        }
        guard let formed else { return }
        if case .name = rule.target.place { draft.name = formed.string }
        rule.target.fill(formed, in: &draft.slots)
        if rule.isPrimary { Self.markPrimary(rule.target.slot, in: &draft.slots) }
    }

    /// The first of the person's own addresses.
    private static func markPrimary(_ path: String, in slots: inout [Attributes.Slot]) {
        guard let index = slots.firstIndex(where: { $0.path == path }) else { return }
        var values = slots[index].value.array ?? [slots[index].value]
        guard var first = values[0].object else { return }
        first["primary"] = true
        values[0] = JSONValue.object(first).canonical
        slots[index].value = values.count == 1 ? values[0] : .array(values)
    }

    // MARK: Members

    private mutating func members(
        _ fields: RecordFields, _ view: RecordView, _ reference: String?, _ links: RecordLinks
    ) throws -> [MemberReference]? {
        if definition.hasMembershipsApart, let reference {
            return try links.members(of: reference)?.map(MemberReference.init(key:))
        }
        if fields.members.isEmpty { return nil }
        var members: [MemberReference] = []
        for rule in fields.members {
            let outcome = try take(rule.value, "members", view, .group)
            if let cap = rule.cap, outcome.values.count >= cap { return nil }
            if let more = rule.more, view.values(more).contains(where: RecordCondition.isThere) { return nil }
            for key in try outcome.texts() { members.append(MemberReference(key: try links.reference(key, rule))) }
        }
        let says = fields.members.contains { rule in rule.value.paths.contains { isSaid($0, view) } }
        return says ? members : nil
    }

    /// Without the list's own key nothing is said about members; with it, an empty list says that there are none. In XML,
    /// where an empty list is no element at all, a group that has members elsewhere in the file has none here.
    private func isSaid(_ path: FieldPath, _ view: RecordView) -> Bool {
        guard case .json(let path) = path, case .json(var value) = view else { return true }
        for name in path.head {
            // A list in the way has elements, whatever they say.
            guard let object = value.object else { return value.array != nil }
            guard let next = object[name] else { return false }
            value = next
        }
        return true
    }
}

extension PresetDefinition {
    /// By what others name the record.
    func reference(of view: RecordView, role: RecordRole) throws(FieldFailure) -> String? {
        guard let fields = fields[role], let value = fields.key ?? fields.anchor,
            let key = try value.outcome(in: view).text()
        else { return nil }
        return reference(key: key, kind: role.kind)
    }

    func reference(key: String, kind: Kind?) -> String {
        kind == .group && separatesKinds ? "group:" + key : key
    }
}

/// How many records have a column, over the records that were mapped.
package struct ColumnCensus: Sendable, Hashable {
    package var filled = 0
    /// There, but null or empty.
    package var null = 0
    package var absent = 0

    package init(filled: Int = 0, null: Int = 0, absent: Int = 0) {
        self.filled = filled
        self.null = null
        self.absent = absent
    }

    mutating func count(_ outcome: FieldOutcome) {
        if !outcome.values.isEmpty {
            filled += 1
        } else if outcome.isPresent {
            null += 1
        } else {
            absent += 1
        }
    }
}
