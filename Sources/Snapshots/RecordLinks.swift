import JSONBytes
import Reconciliation
import SCIM

/// What the records of a source are called by others, and who is in which group where that is told apart from the groups.
///
/// Read from the files in a pass of its own, at the first question that needs it: a preset whose references are keys never
/// asks. Memory is a text for every name that others go by, and for every membership.
final class RecordLinks {
    private let definition: PresetDefinition
    private let inputs: [SnapshotReader.Input]
    private var index: Index?

    private struct Index {
        /// By kind, name and key; `nil` where several records have it.
        var references: [Alias: String?] = [:]
        var members: [String: [String]] = [:]
        /// Groups and members by the keys that the files have for them, until all records are known.
        var pairs: [(groups: [Named], members: [Named])] = []
    }

    private struct Alias: Hashable {
        var kind: Kind
        var name: String
        var key: String
    }

    private struct Named {
        var rule: ReferenceRule?
        var key: String
    }

    init(_ definition: PresetDefinition, inputs: [SnapshotReader.Input]) {
        self.definition = definition
        self.inputs = inputs
    }

    /// The ``MappedRecord/reference`` of whom a record names. For a name that nobody goes by, or several, a text that no
    /// record answers to: whom it means stays open.
    func reference(_ key: String, _ rule: ReferenceRule) throws(SnapshotError) -> String {
        if rule.name == ReferenceRule.key { return definition.reference(key: key, kind: rule.kind) }
        return Self.resolve(Named(rule: rule, key: key), try built())
    }

    /// References of a group's members, in the order of the files. `nil` where no file tells of any membership at all: the
    /// part that has them was not exported, and a group must not look empty for that.
    func members(of group: String) throws(SnapshotError) -> [String]? {
        let members = try built().members
        return members.isEmpty ? nil : members[group] ?? []
    }

    private static func resolve(_ named: Named, _ index: Index) -> String {
        guard let rule = named.rule, rule.name != ReferenceRule.key else { return named.key }
        let key = Self.folded(named.key, rule.name)
        for kind in Kind.allCases where rule.kind == nil || rule.kind == kind {
            if let found = index.references[Alias(kind: kind, name: rule.name, key: key)] {
                if let reference = found { return reference }
                break
            }
        }
        return rule.name + ":" + key
    }

    /// Names fold as accounts' names do; everything else is exact.
    private static func folded(_ key: String, _ name: String) -> String {
        name == "userName" || name == "displayName" ? KeyFolding.fold(key) : key
    }
}

// MARK: - The pass

extension RecordLinks {
    private func built() throws(SnapshotError) -> Index {
        if let index { return index }
        var index = Index()
        for input in inputs {
            let source = try DefinedSource(
                definition, try SourceFile(path: input.file.path), kinds: input.kinds, digest: nil)
            while let found = try source.next() {
                try take(found, try source.view(found), from: source.file, into: &index)
            }
        }
        for pair in index.pairs {
            let members = pair.members.map { Self.resolve($0, index) }
            for group in Set(pair.groups.map { Self.resolve($0, index) }) {
                index.members[group, default: []] += members
            }
        }
        index.pairs = []
        for (group, members) in index.members {
            var seen: Set<String> = []
            index.members[group] = members.filter { seen.insert($0).inserted }
        }
        self.index = index
        return index
    }

    private func take(
        _ found: DefinedSource.Found, _ view: RecordView, from file: SourceFile, into index: inout Index
    ) throws(SnapshotError) {
        guard let fields = definition.fields[found.rule.role] else { return }
        do throws(FieldFailure) {
            guard let kind = found.rule.role.kind else {
                index.pairs.append((try keys(fields.groups, view), try keys(fields.members, view)))
                return
            }
            guard let reference = try definition.reference(of: view, role: found.rule.role) else { return }
            for name in definition.aliases {
                guard let value = alias(name, fields), let key = try value.outcome(in: view).text() else { continue }
                let alias = Alias(kind: kind, name: name, key: Self.folded(key, name))
                let known = index.references[alias]
                index.references[alias] = known == nil || known == .some(reference) ? .some(reference) : .some(nil)
            }
            let groups = try keys(fields.groups, view)
            if !groups.isEmpty { index.pairs.append((groups, [Named(rule: nil, key: reference)])) }
        } catch {
            // A person or group that cannot be read is set aside where it is mapped; a membership is nowhere else.
            guard found.rule.role == .membership else { return }
            throw SnapshotError(
                .syntax, file: file, offset: found.record.bytes.lowerBound,
                detail: "a membership cannot be read: \(error.detail); correct the export")
        }
    }

    private func alias(_ name: String, _ fields: RecordFields) -> FieldValue? {
        fields.names[name] ?? fields.attributes.first { $0.target.path == name }?.value
    }

    private func keys(_ rules: [ReferenceRule], _ view: RecordView) throws(FieldFailure) -> [Named] {
        var keys: [Named] = []
        for rule in rules {
            for key in try rule.value.outcome(in: view).texts() {
                let isKey = rule.name == ReferenceRule.key
                keys.append(Named(rule: rule, key: isKey ? definition.reference(key: key, kind: rule.kind) : key))
            }
        }
        return keys
    }
}
