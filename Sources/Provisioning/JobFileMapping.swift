import Reconciliation
import SCIM
import Snapshots

/// The `mapping` of a job: lines that read fields of the export, and lines that read the record.
enum JobMapping {
    struct Lines {
        /// Worked out when the export is read.
        var fields: [MappingLine] = []
        /// Worked out when a record is judged.
        var record: [MappingLine] = []

        /// Slots that are written when an account is created and never compared afterwards.
        var onCreateOnly: Set<String> {
            Set((fields + record).filter { $0.apply == .onCreate }.map(\.target.slot))
        }
    }

    /// Two tables `users` and `groups`, or one table that is about users.
    static func read(_ node: JobNode) throws(JobFileError) -> Lines {
        guard case .map(let entries) = node.content else { throw node.wrongType("mapping", "a table of attributes") }
        let isSplit = entries.contains { $0.key == "users" || $0.key == "groups" }
        var flat: [JobNode.Entry] = []
        var tables: [Kind: [JobNode.Entry]] = [:]
        for entry in entries {
            guard isSplit, let kind = Kind.allCases.first(where: { $0.rawValue + "s" == entry.key }) else {
                guard !isSplit || entry.place.option != nil else {
                    throw JobFileError(
                        .key, entry.place, "\(Shown.text(entry.key)) stands beside users or groups",
                        cure: "move it under users")
                }
                flat.append(entry)
                continue
            }
            guard case .map(let inner) = entry.value.content else {
                throw entry.value.wrongType(entry.key, "a table of attributes")
            }
            tables[kind] = inner
        }
        var lines = Lines()
        var users = tables[.user] ?? []
        // An option wins over the file.
        for entry in flat { users.removeAll { $0.key == entry.key } }
        try add(users + flat, .user, to: &lines)
        try add(tables[.group] ?? [], .group, to: &lines)
        return lines
    }

    private static func add(
        _ entries: [JobNode.Entry], _ kind: Kind, to lines: inout Lines
    ) throws(JobFileError) {
        var targets: Set<MappingTarget> = []
        for entry in entries {
            let target = try target(entry, kind)
            guard targets.insert(target).inserted else {
                throw JobFileError(
                    .key, entry.place, "\(Shown.text(target.path)) is mapped twice", cure: "keep one of them")
            }
            let line = try line(entry, target, kind)
            if line.source == .itself, line.whenEmpty == .clear, !line.ignoring.isEmpty {
                // What is left out is a matter of the export, values to be ignored one of the record.
                var (clears, ignores) = (line, line)
                clears.ignoring = []
                ignores.whenEmpty = .keep
                lines.fields.append(clears)
                lines.record.append(ignores)
            } else if line.isOfRecord {
                try checkRecordTarget(line, entry)
                lines.record.append(line)
            } else {
                lines.fields.append(line)
            }
        }
    }

    private static func target(_ entry: JobNode.Entry, _ kind: Kind) throws(JobFileError) -> MappingTarget {
        do { return try MappingTarget(parsing: entry.key, kind: kind) } catch {
            throw JobFileError(.key, entry.place, error.detail, cure: error.cure)
        }
    }

    /// Who somebody is comes from the source: matching, names and references are settled by what the directory holds.
    private static func checkRecordTarget(_ line: MappingLine, _ entry: JobNode.Entry) throws(JobFileError) {
        if line.source == .itself, line.whenEmpty == .keep || line.whenEmpty == .ignore, line.target.place != .manager {
            return
        }
        switch line.target.place {
        case .anchor, .manager: break
        case .name where line.kind == .user: break
        default: return
        }
        throw JobFileError(
            .value, entry.place, "\(line.target.path) can only be filled from fields of the export",
            cure: "name a field, or set it at the identity provider")
    }

    private static func line(
        _ entry: JobNode.Entry, _ target: MappingTarget, _ kind: Kind
    ) throws(JobFileError) -> MappingLine {
        let table = try Table(
            entry.value, called: "a mapping",
            keys: [
                "from", "constant", "template", "expression", "apply", "whenEmpty", "default", "ignoreValues",
            ])
        var line = MappingLine(kind: kind, target: target, from: try source(table, entry, target, kind))
        if let node = table["apply"] { line.apply = try node.choice(MappingLine.Apply.self, "apply") }
        line.whenEmpty = try whenEmpty(table, target)
        if let node = table["ignoreValues"] {
            for element in try node.texts("ignoreValues") { line.ignoring.append(try element.text("ignoreValues")) }
        }
        if line.source == .itself, line.whenEmpty == .keep, line.ignoring.isEmpty, line.apply == .always {
            throw JobFileError(
                .value, entry.value.place, "the mapping of \(target.path) says nothing",
                cure: "say from, constant, template or expression, for example {from: jobTitle, apply: onCreate}")
        }
        return line
    }

    private static func source(
        _ table: Table, _ entry: JobNode.Entry, _ target: MappingTarget, _ kind: Kind
    ) throws(JobFileError) -> MappingLine.Source {
        let keys = ["from", "constant", "template", "expression"].filter { table[$0] != nil }
        guard keys.count <= 1 else {
            throw JobFileError(
                .value, entry.value.place, "a mapping has one of from, constant, template and expression",
                cure: "for example {from: jobTitle, apply: onCreate}")
        }
        if let node = table["from"] {
            let name = try node.text("from")
            try check([(name, 1)], node, kind, isWhole: true)
            return .attribute(name)
        }
        if let node = table["constant"] {
            let text = try node.text("constant")
            try checkValue(text, node, target)
            return .constant(text)
        }
        if let node = table["template"] { return .expression(try expression(node, .template, kind)) }
        if let node = table["expression"] { return .expression(try expression(node, .expression, kind)) }
        return .itself
    }

    private static func whenEmpty(_ table: Table, _ target: MappingTarget) throws(JobFileError) -> MappingLine.WhenEmpty
    {
        let word = try table["whenEmpty"].map { node throws(JobFileError) in try node.choice(Empty.self, "whenEmpty") }
        guard let node = table["default"] else {
            switch word {
            case .keep, nil: return .keep
            case .clear: return .clear
            case .ignore: return .ignore
            }
        }
        guard word == nil else {
            throw JobFileError(
                .key, table.place(of: "default"), "whenEmpty and default are two answers to one question",
                cure: "keep one of them")
        }
        let text = try node.text("default")
        try checkValue(text, node, target)
        return .value(text)
    }

    private enum Empty: String, CaseIterable { case keep, clear, ignore }

    private static func checkValue(_ text: String, _ node: JobNode, _ target: MappingTarget) throws(JobFileError) {
        do { _ = try target.form(.text(text)) } catch {
            throw JobFileError(
                .value, node.place, "\(target.path) cannot be \(Shown.text(text))", cure: "say true or false")
        }
    }
}

// MARK: - Expressions

extension JobMapping {
    /// Reads an expression without asking what it names; a fault is placed within the text.
    static func parsed(
        _ node: JobNode, _ form: MappingExpression.Form
    ) throws(JobFileError) -> MappingExpression {
        let text = try node.text(form.rawValue)
        do { return try MappingExpression(parsing: text, form: form) } catch {
            throw JobFileError(
                .value, node.place(ofCharacter: error.column),
                "\(form.rawValue), column \(error.column): \(error.detail)", cure: error.cure)
        }
    }

    /// Reads an expression where it stands in a job.
    static func expression(
        _ node: JobNode, _ form: MappingExpression.Form, _ kind: Kind
    ) throws(JobFileError) -> MappingExpression {
        let expression = try parsed(node, form)
        try check(expression.attributes.map { ($0.name, $0.column) }, node, kind, isWhole: false)
        if let group = expression.groups.first,
            expression.attributes.contains(where: { MappingLine.field($0.name) != nil })
        {
            throw JobFileError(
                .value, node.place, "MemberOf(\(Shown.text(group))) stands beside fields of the export",
                cure: "memberships are known when the record is judged: name record.ATTRIBUTE")
        }
        return expression
    }

    /// Names exist, and a line reads the export or the record, never both.
    private static func check(
        _ names: [(name: String, column: Int)], _ node: JobNode, _ kind: Kind, isWhole: Bool
    ) throws(JobFileError) {
        for (name, column) in names {
            let place = isWhole ? node.place : node.place(ofCharacter: column)
            guard name.hasPrefix(MappingLine.recordPrefix) else {
                if MappingLine.field(name)?.isEmpty ?? true {
                    throw JobFileError(.value, place, "source. names no field", cure: "for example source.jobTitle")
                }
                continue
            }
            guard RecordMapping.attribute(name, kind) != nil else {
                throw JobFileError(
                    .value, place, "no mapping can read \(Shown.text(name))",
                    cure: "name one value of a SCIM attribute of \(kind.rawValue)s, such as record.displayName")
            }
        }
        let (record, fields) = (
            names.first { MappingLine.field($0.name) == nil }, names.first { MappingLine.field($0.name) != nil }
        )
        if let record, let fields {
            throw JobFileError(
                .value, node.place, "the line mixes \(record.name) and the field \(fields.name) of the export",
                cure: "read only fields (jobTitle), or only attributes of the record (record.title)")
        }
    }
}
