import JSONBytes
import Reconciliation
import Snapshots

/// Reads the description of an export, as a preset's file or a job's `source` has it.
///
/// ``PresetDefinition/text`` is the tree as JSON, which is YAML: what was read once can be read again.
enum PresetReader {
    /// The keys of a description, which a job may have under `source` beside its own.
    static let keys = ["format", "encoding", "records", "complete", "refuse", "fields"]
    /// A key of presets alone: texts that stand near the beginning of their exports, and of no others.
    static let hintKey = "looksLike"

    static func definition(_ node: JobNode, name: String) throws(JobFileError) -> PresetDefinition {
        let table = try Table(node, called: "a preset", keys: keys + [hintKey])
        let format = try table.required("format").choice(PresetDefinition.Format.self, "format")
        var definition = PresetDefinition(name: name, text: node.json.text, format: format)
        if let node = table["encoding"] { definition.encoding = try node.choice(TextEncoding.self, "encoding") }
        let paths = PresetPaths(format: format)
        try records(try table.required("records"), paths, &definition)
        if let node = table["complete"] { definition.complete = try PresetMarks.complete(node, paths) }
        if let node = table["refuse"] { definition.refusals = try PresetMarks.refusals(node, paths) }
        try fields(try table.required("fields"), paths, &definition)
        try check(definition, node)
        return definition
    }

    /// Reads what ``PresetDefinition/text`` kept.
    static func definition(text: String, name: String) throws(JobFileError) -> PresetDefinition {
        try definition(try YAMLText.parse(text, place: JobPlace(file: nil)), name: name)
    }

    // MARK: Records

    private static func records(
        _ node: JobNode, _ paths: PresetPaths, _ definition: inout PresetDefinition
    ) throws(JobFileError) {
        let table = try Table(node, called: "records", keys: ["users", "groups", "memberships", "members"])
        for (key, role) in [("users", RecordRole.user), ("groups", .group), ("memberships", .membership)] {
            for node in table[key]?.elements ?? [] {
                definition.records.append(try record(node, key, role, paths))
            }
        }
        guard let node = table["members"] else { return }
        let rule = try record(node, "members", .membership, paths)
        definition.memberFile = MemberFileRule(records: rule.path, when: rule.when)
    }

    private static func record(
        _ node: JobNode, _ key: String, _ role: RecordRole, _ paths: PresetPaths
    ) throws(JobFileError) -> RecordRule {
        guard case .map = node.content else { return RecordRule(role: role, path: try paths.records(node, key)) }
        let table = try Table(node, called: key, keys: ["path", "when", "nested"])
        var rule = RecordRule(role: role, path: try paths.records(try table.required("path"), "path"))
        if let node = table["when"] { rule.when = try paths.condition(node, "when") }
        if let node = table["nested"] {
            guard case .json(let path) = try paths.records(node, "nested") else {
                throw JobFileError(
                    .value, node.place, "nested is for JSON",
                    cure: "in XML, a path such as //group finds them at any depth")
            }
            rule.nested = path
        }
        return rule
    }

    // MARK: Fields

    private static func fields(
        _ node: JobNode, _ paths: PresetPaths, _ definition: inout PresetDefinition
    ) throws(JobFileError) {
        let table = try Table(node, called: "fields", keys: ["users", "groups", "memberships", "members"])
        let reader = PresetFields(paths: paths)
        if let node = table["users"] { definition.fields[.user] = try reader.fields(node, .user) }
        if let node = table["groups"] { definition.fields[.group] = try reader.fields(node, .group) }
        if let node = table["memberships"] { definition.fields[.membership] = try reader.memberships(node) }
        guard let node = table["members"] else { return }
        guard definition.memberFile != nil else {
            throw JobFileError(
                .missing, node.place, "fields.members describes files with one group's members each",
                cure: "say where members are in such a file, as records: {members: \"$[*]\"}")
        }
        definition.memberFile?.reference = try reader.reference(node, "members")
    }

    /// What every description needs, and what belongs together.
    private static func check(_ definition: PresetDefinition, _ node: JobNode) throws(JobFileError) {
        func missing(_ detail: String, _ cure: String) -> JobFileError {
            JobFileError(.missing, node.place, detail, cure: cure)
        }
        for (role, key, name) in [(RecordRole.user, "users", "userName"), (.group, "groups", "displayName")] {
            let hasRecords = definition.records.contains { $0.role == role }
            guard let fields = definition.fields[role] else {
                if !hasRecords { continue }
                throw missing(
                    "records has \(key), and fields has none", "say fields: {\(key): {anchor: …, \(name): …}}")
            }
            guard hasRecords else {
                throw missing("fields has \(key), and records has none", "say records: {\(key): …}")
            }
            guard fields.attributes.contains(where: { $0.target.path == name }) else {
                throw missing("fields.\(key) has no \(name)", "say from which field it comes")
            }
        }
        guard definition.records.contains(where: { $0.role != .membership }) else {
            throw missing("records names neither users nor groups", "for example records: {users: \"$.users[*]\"}")
        }
        let known = definition.fields.values.reduce(into: Set(["userName", "displayName"])) {
            $0.formUnion($1.names.keys)
        }
        if let unknown = definition.aliases.subtracting(known).sorted().first {
            throw missing(
                "ref: \(unknown) names what no record is called by",
                "say key, userName, displayName, or add it under names of the records meant, for example names: {\(unknown): …}"
            )
        }
    }
}

extension PresetDefinition {
    fileprivate var aliases: Set<String> {
        var references = memberFile?.reference.map { [$0] } ?? []
        for fields in fields.values {
            references += (fields.manager.map { [$0] } ?? []) + fields.members + fields.groups
        }
        return Set(references.map(\.name)).subtracting([ReferenceRule.key])
    }
}

extension JobNode {
    /// A list's elements, or the one value.
    var elements: [JobNode] { if case .list(let nodes) = content { nodes } else { [self] } }

    /// The tree as JSON, in which every scalar is text.
    var json: JSONValue {
        switch content {
        case .text(let text, _): isNull ? .null : .string(text)
        case .list(let nodes): .array(nodes.map(\.json))
        case .map(let entries):
            .object(JSONObject(entries.map { JSONObject.Member(key: $0.key, value: $0.value.json) }))
        }
    }

    /// The tree of a preset with what a job says otherwise. Tables are laid over each other down to the fields of a kind; a key
    /// without a value takes the preset's away.
    func overlaid(by other: JobNode, levels: [String: Int] = ["records": 1, "complete": 1, "fields": 2]) -> JobNode {
        guard case .map(var entries) = content, case .map(let own) = other.content else { return other }
        for entry in own {
            let index = entries.firstIndex { $0.key == entry.key }
            if entry.value.isNull {
                if let index { entries.remove(at: index) }
            } else if let index {
                let depth = levels[entry.key] ?? levels["*"] ?? 0
                entries[index].value =
                    depth > 0 ? entries[index].value.overlaid(by: entry.value, levels: ["*": depth - 1]) : entry.value
            } else {
                entries.append(entry)
            }
        }
        return JobNode(.map(entries), place)
    }
}

/// Paths and conditions in the language of one format.
struct PresetPaths {
    var format: PresetDefinition.Format

    func records(_ node: JobNode, _ key: String) throws(JobFileError) -> RecordPath {
        let text = try node.text(key)
        do throws(PathFault) {
            return switch format {
            case .json: .json(try JSONRecordPath(parsing: text))
            case .xml: .xml(try XMLRecordPath(parsing: text))
            }
        } catch { throw Self.fault(error, node, key) }
    }

    func field(_ node: JobNode, _ key: String) throws(JobFileError) -> FieldPath {
        let text = try node.text(key)
        do throws(PathFault) { return try field(text) } catch { throw Self.fault(error, node, key) }
    }

    func field(_ text: String) throws(PathFault) -> FieldPath {
        switch format {
        case .json: .json(try JSONPath(parsing: text))
        case .xml: .xml(try XMLPath(parsing: text))
        }
    }

    static func fault(_ fault: PathFault, _ node: JobNode, _ key: String) -> JobFileError {
        JobFileError(
            .value, node.place(ofCharacter: fault.column), "\(key), column \(fault.column): \(fault.detail)",
            cure: fault.cure)
    }

    /// `{path: status, has: [active, leave]}`.
    func condition(_ node: JobNode, _ key: String) throws(JobFileError) -> RecordCondition {
        guard case .map = node.content else { return RecordCondition(path: try field(node, key)) }
        return try condition(try Table(node, called: key, keys: ["path", "has", "lacks"]))
    }

    func condition(_ table: Table) throws(JobFileError) -> RecordCondition {
        RecordCondition(
            path: try field(try table.required("path"), "path"), has: try texts(table["has"], "has"),
            lacks: try texts(table["lacks"], "lacks"))
    }

    private func texts(_ node: JobNode?, _ key: String) throws(JobFileError) -> [String] {
        var texts: [String] = []
        for element in try node?.texts(key) ?? [] { texts.append(try element.text(key)) }
        return texts
    }
}
