/// What a connection makes of its source: one filter and one mapping per connection, and the policies. A run whose rules
/// differ from the last accepted ones says so.
package struct Rules: Sendable, Equatable {
    package var userScope: ScopingFilter = .everyone
    package var groupScope: ScopingFilter = .everyone
    /// The mapping in one spelling: the preset's name and version, and the overrides of the job.
    package var mappingText: String = ""
    /// Slots that are written when an account is created and never compared afterwards.
    package var onCreateOnly: Set<String> = []
    package var matching: [MatchingRule] = MatchingRule.defaults
    package var policies = Policies()

    package init() {}

    package func scope(_ kind: Kind) -> ScopingFilter { kind == .user ? userScope : groupScope }

    /// The groups that filters name, by name or id, each once: where there are any, verdicts depend on memberships.
    package var usedGroups: [String] { Set(userScope.usedGroups + groupScope.usedGroups).sorted() }

    /// One spelling of everything, for the hash that every run stores.
    package var canonicalText: String {
        """
        users: \(userScope.canonicalText)
        groups: \(groupScope.canonicalText)
        mapping: \(mappingText)
        onCreate: \(onCreateOnly.sorted().joined(separator: " "))
        matching: \(matching.map(\.text).joined(separator: ", "))
        policies: \(policies.canonicalText)
        """
    }

    package var hash: String { PlanDigest.sha256(canonicalText) }
}
