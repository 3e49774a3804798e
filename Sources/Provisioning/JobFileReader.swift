import Reconciliation
import SCIM
import Snapshots

/// Understands the tree of a job: one function per table of the file, one per type of value.
enum JobReader {
    static func job(_ root: JobNode, name: String) throws(JobFileError) -> Job {
        let table = try Table(
            root, called: "a job",
            keys: [
                "organization", "connection", "mode", "source", "scope", "mapping", "matching", "policies", "gates",
                "schedule", "notify", "report",
            ])
        let scope = try table["scope"].map(JobScope.read) ?? JobScope.Filters()
        let mapping = try table["mapping"].map(JobMapping.read) ?? JobMapping.Lines()
        var source = try source(try table.required("source"))
        source.specification.overrides = mapping.fields
        source.specification.sourceAttributes = scope.sourceAttributes
        var rules = Rules()
        rules.userScope = scope.users
        rules.groupScope = scope.groups
        rules.mappingText = mappingText(source.specification.preset, mapping.fields)
        rules.recordMapping = mapping.record
        rules.onCreateOnly = mapping.onCreateOnly
        if let node = table["matching"] { rules.matching = try JobMatching.read(node) }
        if let node = table["policies"] { rules.policies = try policies(node) }
        var job = Job(
            name: name, organization: try identifier(try table.required("organization"), "organization"),
            connection: try table["connection"].map { node throws(JobFileError) in try identifier(node, "connection") }
                ?? "default",
            mode: try table["mode"].map { node throws(JobFileError) in try node.choice(PlanMode.self, "mode") }
                ?? .reconcile,
            source: source.specification, expect: source.expect, acceptsPartial: source.acceptsPartial, rules: rules,
            gates: try table["gates"].map(JobGates.read) ?? GateLimits())
        job.schedule = try table["schedule"].map(JobSchedule.read)
        job.notify = try table["notify"].map(JobNotify.read)
        if let node = table["report"] { job.report = try report(node) }
        return job
    }

    /// The longest name of an organization or connection, in bytes: it stands in keys of every table.
    static let identifierBytesMax = 128

    private static func identifier(_ node: JobNode, _ key: String) throws(JobFileError) -> String {
        let text = try node.text(key)
        let isPlain = text.unicodeScalars.allSatisfy {
            $0.value > 0x20 && !$0.properties.isWhitespace && $0.properties.generalCategory != .control
                && $0.properties.generalCategory != .format
        }
        guard isPlain, text.utf8.count <= identifierBytesMax else {
            throw JobFileError(
                .value, node.place,
                "\(Shown.text(text)) cannot be the name of \(key == "organization" ? "an" : "a") \(key)",
                cure: "use up to \(identifierBytesMax) bytes without spaces and control characters")
        }
        return text
    }

    private static func mappingText(_ preset: Preset, _ lines: [MappingLine]) -> String {
        ([preset.mappingText] + lines.map(\.text).sorted()).joined(separator: "; ")
    }

    private static func policies(_ node: JobNode) throws(JobFileError) -> Policies {
        let table = try Table(
            node, called: "policies",
            keys: ["outOfScope", "missing", "accountMissing", "nestedGroups", "allowUnverifiedEmailAccountLinking"])
        var policies = Policies()
        if let node = table["outOfScope"] {
            policies.outOfScope = try node.choice(Policies.OutOfScope.self, "outOfScope")
        }
        if let node = table["accountMissing"] {
            policies.accountMissing = try node.choice(Policies.AccountMissing.self, "accountMissing")
        }
        if let node = table["nestedGroups"] {
            policies.nestedGroups = try node.choice(Policies.NestedGroups.self, "nestedGroups")
        }
        if let node = table["allowUnverifiedEmailAccountLinking"] {
            policies.allowUnverifiedEmailAccountLinking = try node.flag("allowUnverifiedEmailAccountLinking")
        }
        guard let node = table["missing"] else { return policies }
        let missing = try Table(node, called: "missing", keys: ["deactivateAfter", "deleteAfter"])
        if let node = missing["deactivateAfter"] { policies.deactivateAfter = try node.grace("deactivateAfter") }
        guard let node = missing["deleteAfter"] else { return policies }
        policies.deleteAfter = try node.duration("deleteAfter")
        if policies.deleteAfter == .zero {
            throw JobFileError(
                .value, node.place, "deleteAfter is zero, and an account is first deactivated and deleted later",
                cure: "say a delay such as 30d, or never")
        }
        return policies
    }
}

extension JobReader {
    struct Source {
        var specification: SourceSpecification
        var expect: [Kind: ClosedRange<Int>] = [:]
        var acceptsPartial = false
    }

    private static func source(_ node: JobNode) throws(JobFileError) -> Source {
        let table = try Table(
            node, called: "source",
            keys: ["preset", "users", "groups", "members", "kind", "takenAt", "exportDuration", "expect", "accept"]
                + PresetReader.keys)
        var source = Source(specification: SourceSpecification(preset: try preset(table, node)))
        source.specification.hints = try PresetLibrary.hints()
        if let node = table["users"] { source.specification.users = try paths(node, "users") }
        if let node = table["groups"] { source.specification.groups = try paths(node, "groups") }
        guard !source.specification.users.isEmpty || !source.specification.groups.isEmpty else {
            throw JobFileError(.missing, node.place, "the source names no files", cure: "say users and groups")
        }
        if let node = table["members"] { source.specification.members = try members(node, source.specification.preset) }
        if let node = table["kind"] {
            source.specification.kind = try node.choice(SourceSpecification.SnapshotKind.self, "kind")
        }
        if let node = table["takenAt"] { source.specification.takenAt = try instant(node) }
        if let node = table["exportDuration"] {
            guard let duration = try node.duration("exportDuration") else {
                throw JobFileError(
                    .value, node.place, "exportDuration cannot be never", cure: "say a duration such as 1h")
            }
            source.specification.exportDuration = duration
        }
        if let node = table["expect"] { source.expect = try expect(node) }
        if let node = table["accept"] { source.acceptsPartial = try node.choice(Accept.self, "accept") == .partial }
        return source
    }

    /// A preset by name, a description, or a preset with what the job says otherwise.
    private static func preset(_ table: Table, _ node: JobNode) throws(JobFileError) -> Preset {
        let own = own(node)
        guard let named = table["preset"] else {
            guard !own.isEmpty else { return try preset(named: try table.required("preset")) }
            return .defined(try PresetReader.definition(JobNode(.map(own), node.place), name: "own paths"))
        }
        let name = try named.text("preset")
        guard let first = own.first else { return try preset(named: named) }
        guard let tree = try PresetLibrary.tree(name) else {
            _ = try preset(named: named)
            throw JobFileError(
                .key, first.place, "the preset \(name) is read by code, so that it has no \(first.key) to change",
                cure: "fill attributes from other fields under mapping")
        }
        return .defined(
            try PresetReader.definition(tree.overlaid(by: JobNode(.map(own), node.place)), name: name))
    }

    private static func own(_ node: JobNode) -> [JobNode.Entry] {
        guard case .map(let entries) = node.content else { return [] }
        return entries.filter { PresetReader.keys.contains($0.key) }
    }

    private static func preset(named node: JobNode) throws(JobFileError) -> Preset {
        let name = try node.text("preset")
        if let preset = try PresetLibrary.preset(name) { return preset }
        throw JobFileError(
            .value, node.place, "preset cannot be \(Shown.text(name))",
            cure:
                "say one of \(PresetLibrary.names.joined(separator: ", ")), or describe the export by format, records and fields"
        )
    }

    private enum Accept: String, CaseIterable { case whole, partial }

    private static func paths(_ node: JobNode, _ key: String) throws(JobFileError) -> [String] {
        var paths: [String] = []
        for element in try node.texts(key) { paths.append(try element.text(key)) }
        return paths
    }

    private static func members(_ node: JobNode, _ preset: Preset) throws(JobFileError) -> String {
        let text = try node.text("members")
        guard preset == .entraGraph || preset.definition?.memberFile != nil else {
            throw JobFileError(
                .value, node.place, "the preset \(preset.name) finds members in the groups file",
                cure: "leave members out")
        }
        guard text.contains("{group}") else {
            throw JobFileError(
                .value, node.place, "members must contain {group}, which stands for a group's id",
                cure: "for example members/{group}.json")
        }
        return text
    }

    private static func instant(_ node: JobNode) throws(JobFileError) -> Instant {
        let text = try node.text("takenAt")
        guard let milliseconds = DateTime.milliseconds(text) else {
            throw JobFileError(
                .value, node.place, "takenAt is \(Shown.text(text)), which is no RFC 3339 time",
                cure: "for example \"2026-01-14T01:00:00Z\"")
        }
        return Instant(milliseconds: milliseconds)
    }

    private static func expect(_ node: JobNode) throws(JobFileError) -> [Kind: ClosedRange<Int>] {
        let table = try Table(node, called: "expect", keys: ["users", "groups"])
        var expect: [Kind: ClosedRange<Int>] = [:]
        if let node = table["users"] { expect[.user] = try node.range("users") }
        if let node = table["groups"] { expect[.group] = try node.range("groups") }
        return expect
    }
}
