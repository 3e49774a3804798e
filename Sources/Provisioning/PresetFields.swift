import JSONBytes
import Reconciliation
import Snapshots

/// The `fields` of a preset.
struct PresetFields {
    var paths: PresetPaths

    /// The keys of a field that is more than a path.
    private static let valueKeys = [
        "from", "first-of", "constant", "template", "expression", "split", "steps", "date", "bit", "values",
    ]
    private static let referenceKeys = ["ref", "cap", "more"]

    func fields(_ node: JobNode, _ kind: Kind) throws(JobFileError) -> RecordFields {
        guard case .map(let entries) = node.content else {
            throw node.wrongType("fields.\(kind.rawValue)s", "a table of attributes and the fields they come from")
        }
        var fields = RecordFields()
        for entry in entries {
            switch (entry.key, kind) {
            case ("anchor", _): fields.anchor = try value(entry.value, "anchor")
            case ("key", _): fields.key = try value(entry.value, "key")
            case ("names", _): fields.names = try names(entry.value)
            case ("active", .user): fields.active = try value(entry.value, "active")
            case ("manager", .user): fields.manager = try reference(entry.value, "manager")
            case ("groups", .user): fields.groups = try references(entry.value, "groups")
            case ("members", .group): fields.members = try references(entry.value, "members")
            default: fields.attributes.append(try attribute(entry, kind))
            }
        }
        return fields
    }

    func memberships(_ node: JobNode) throws(JobFileError) -> RecordFields {
        let table = try Table(node, called: "fields.memberships", keys: ["groups", "members"])
        var fields = RecordFields()
        fields.groups = try references(try table.required("groups"), "groups")
        fields.members = try references(try table.required("members"), "members")
        return fields
    }

    private func names(_ node: JobNode) throws(JobFileError) -> [String: FieldValue] {
        guard case .map(let entries) = node.content else {
            throw node.wrongType("names", "a table of names and fields")
        }
        var names: [String: FieldValue] = [:]
        for entry in entries { names[entry.key] = try value(entry.value, entry.key) }
        return names
    }

    // MARK: Attributes

    private func attribute(_ entry: JobNode.Entry, _ kind: Kind) throws(JobFileError) -> AttributeRule {
        let target = try target(entry, kind)
        switch target.place {
        case .anchor:
            throw JobFileError(
                .key, entry.place, "the immutable id is called anchor here", cure: "say anchor in place of externalId")
        case .active, .manager:
            throw JobFileError(
                .key, entry.place, "\(Shown.text(entry.key)) is said by the keys active and manager",
                cure: "say manager: {from: …, ref: …}")
        case .name, .slot, .part, .values: break
        }
        return AttributeRule(
            target: target, value: try value(entry.value, entry.key),
            isPrimary: entry.key == target.slot && entry.key.hasPrefix("emails[type eq \"work\"]"))
    }

    /// `emails[type eq "work"]` stands for its value.
    private func target(_ entry: JobNode.Entry, _ kind: Kind) throws(JobFileError) -> MappingTarget {
        if entry.key.hasSuffix("]"), let target = try? MappingTarget(parsing: entry.key + ".value", kind: kind) {
            return target
        }
        do { return try MappingTarget(parsing: entry.key, kind: kind) } catch {
            throw JobFileError(.key, entry.place, error.detail, cure: error.cure)
        }
    }

    // MARK: References

    private func references(_ node: JobNode, _ key: String) throws(JobFileError) -> [ReferenceRule] {
        var references: [ReferenceRule] = []
        for node in node.elements { references.append(try reference(node, key)) }
        return references
    }

    func reference(_ node: JobNode, _ key: String) throws(JobFileError) -> ReferenceRule {
        guard case .map = node.content else { return ReferenceRule(value: try value(node, key)) }
        let table = try Table(node, called: key, keys: Self.valueKeys + Self.referenceKeys)
        var rule = ReferenceRule(value: try value(table, node, key))
        if let node = table["ref"] { (rule.kind, rule.name) = try name(node) }
        if let node = table["cap"] { rule.cap = try node.count("cap") }
        if let node = table["more"] { rule.more = try paths.field(node, "more") }
        return rule
    }

    /// `userName`, `groups.key`.
    private func name(_ node: JobNode) throws(JobFileError) -> (Kind?, String) {
        let text = try node.text("ref")
        for kind in Kind.allCases where text.hasPrefix(kind.rawValue + "s.") {
            return (kind, String(text.dropFirst(kind.rawValue.count + 2)))
        }
        switch text {
        case "userName": return (.user, text)
        case "displayName": return (.group, text)
        default: return (nil, text)
        }
    }

    // MARK: Values

    func value(_ node: JobNode, _ key: String) throws(JobFileError) -> FieldValue {
        switch node.content {
        case .text: return FieldValue(try paths.field(node, key))
        case .list(let nodes):
            var all: [FieldPath] = []
            for node in nodes { all.append(try paths.field(node, key)) }
            return FieldValue(.paths(all))
        case .map: return try value(try Table(node, called: key, keys: Self.valueKeys), node, key)
        }
    }

    private func value(_ table: Table, _ node: JobNode, _ key: String) throws(JobFileError) -> FieldValue {
        var value = FieldValue(try source(table, node, key))
        if let node = table["split"] { value.steps.append(.split(try node.text("split"))) }
        for node in table["steps"]?.elements ?? [] { value.steps.append(try step(node)) }
        if let node = table["date"] { value.steps.append(.date(try node.text("date"))) }
        if let node = table["bit"] { value.steps.append(.bit(Int64(try node.count("bit")))) }
        if let node = table["values"] { value.steps.append(.values(try values(node))) }
        return value
    }

    private func source(_ table: Table, _ node: JobNode, _ key: String) throws(JobFileError) -> FieldValue.Source {
        let said = ["from", "first-of", "constant", "template", "expression"].filter { table[$0] != nil }
        guard said.count == 1 else {
            throw JobFileError(
                .value, node.place, "\(key) needs one of from, first-of, constant, template and expression",
                cure: "for example {from: status, values: {ACTIVE: true, else: false}}")
        }
        if let node = table["from"] {
            var all: [FieldPath] = []
            for node in node.elements { all.append(try paths.field(node, "from")) }
            return .paths(all)
        }
        if let node = table["first-of"] {
            var choices: [FieldValue] = []
            for node in node.elements { choices.append(try value(node, "first-of")) }
            return .firstOf(choices)
        }
        if let node = table["constant"] { return .constant(try node.text("constant")) }
        if let node = table["template"] { return try expression(node, .template) }
        return try expression(try table.required("expression"), .expression)
    }

    private func expression(
        _ node: JobNode, _ form: MappingExpression.Form
    ) throws(JobFileError) -> FieldValue.Source {
        let expression = try JobMapping.parsed(node, form)
        guard expression.groups.isEmpty else {
            throw JobFileError(
                .value, node.place, "memberships are known when a record is judged, not when it is read",
                cure: "use MemberOf under mapping")
        }
        var names: [String: FieldPath] = [:]
        for use in expression.attributes {
            do throws(PathFault) { names[use.name] = try paths.field(use.name) } catch {
                throw JobFileError(
                    .value, node.place(ofCharacter: use.column), "\(Shown.text(use.name)) is no path: \(error.detail)",
                    cure: error.cure)
            }
        }
        return .expression(expression, names)
    }

    // MARK: Steps

    private func step(_ node: JobNode) throws(JobFileError) -> FieldStep {
        guard case .map(let entries) = node.content else {
            let name = try node.text("steps")
            if let step = FieldStep.plain[name] { return step }
            throw unknownStep(name, node.place)
        }
        guard entries.count == 1, let entry = entries.first else {
            throw node.wrongType("a step", "one name, or one name with its argument, such as {split: \"|\"}")
        }
        switch entry.key {
        case "split": return .split(try entry.value.text("split"))
        case "prefix": return .prefix(try entry.value.text("prefix"))
        case "date": return .date(try entry.value.text("date"))
        case "bit": return .bit(Int64(try entry.value.count("bit")))
        case "values": return .values(try values(entry.value))
        default: throw unknownStep(entry.key, entry.place)
        }
    }

    private func unknownStep(_ name: String, _ place: JobPlace) -> JobFileError {
        JobFileError(
            .value, place, "there is no step \(Shown.text(name))",
            cure: "known: "
                + (FieldStep.plain.keys.sorted() + ["split", "prefix", "date", "bit", "values"])
                .joined(separator: ", "))
    }

    private func values(_ node: JobNode) throws(JobFileError) -> ValueTable {
        guard case .map(let entries) = node.content else {
            throw node.wrongType("values", "a table such as {ACTIVE: true, else: unknown}")
        }
        var table = ValueTable([:])
        for entry in entries {
            let result: ValueTable.Result
            switch try entry.value.text(entry.key) {
            case "unknown": result = .unknown
            case "same": result = .same
            case let text: result = .text(text)
            }
            if entry.key == "else" { table.otherwise = result } else { table.results[entry.key] = result }
        }
        return table
    }
}
