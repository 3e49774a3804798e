/// What a connection makes of its source: one filter and one mapping per connection, and the policies. A run whose rules
/// differ from the last accepted ones says so.
package struct Rules: Sendable, Equatable {
    package var userScope: ScopingFilter = .everyone
    package var groupScope: ScopingFilter = .everyone
    /// The mapping in one spelling: the preset's name and version, and the overrides of the job.
    package var mappingText: String = ""
    /// The lines of the mapping that read the record, see ``RecordMapping``.
    package var recordMapping: [MappingLine] = []
    /// Slots that are written when an account is created and never compared afterwards.
    package var onCreateOnly: Set<String> = []
    package var matching: [MatchingRule] = MatchingRule.defaults
    package var policies = Policies()

    package init() {}

    package func scope(_ kind: Kind) -> ScopingFilter { kind == .user ? userScope : groupScope }

    /// The groups that filters and lines of the mapping name, by name or id, each once: where there are any, verdicts depend
    /// on memberships.
    package var usedGroups: [String] {
        Set(userScope.usedGroups + groupScope.usedGroups + recordMapping.flatMap(\.groups)).sorted()
    }

    /// Slots whose first value the directory keeps: those that are filled once from a field of the export.
    package var keptSlots: Set<String> {
        onCreateOnly.subtracting(recordMapping.filter { $0.apply == .onCreate }.map(\.target.slot))
    }

    /// One spelling of everything, for the hash that every run stores.
    package var canonicalText: String {
        // Without such lines the text is what it was before there were any.
        let lines =
            recordMapping.isEmpty
            ? "" : "\nrecord mapping: " + recordMapping.map(\.text).sorted().joined(separator: "; ")
        return """
            users: \(userScope.canonicalText)
            groups: \(groupScope.canonicalText)
            mapping: \(mappingText)\(lines)
            onCreate: \(onCreateOnly.sorted().joined(separator: " "))
            matching: \(matching.map(\.text).joined(separator: ", "))
            policies: \(policies.canonicalText)
            """
    }

    package var hash: String { PlanDigest.sha256(canonicalText) }
}
