/// A connection's policies: what may follow from a situation.
package struct Policies: Sendable, Equatable {
    package enum OutOfScope: String, Sendable, CaseIterable { case deactivate, keep }
    package enum NestedGroups: String, Sendable, CaseIterable { case keep, flatten }

    package var outOfScope: OutOfScope = .deactivate
    /// How long a record may be absent from complete snapshots before its account is deactivated; zero is at once.
    package var deactivateAfter: Duration = .zero
    package var nestedGroups: NestedGroups = .keep
    package var allowUnverifiedEmailAccountLinking = false

    package init() {}

    /// One spelling for the hash of the rules.
    package var canonicalText: String {
        "outOfScope=\(outOfScope.rawValue);deactivateAfter=\(deactivateAfter.milliseconds)ms;"
            + "nestedGroups=\(nestedGroups.rawValue);unverifiedEmail=\(allowUnverifiedEmailAccountLinking)"
    }
}

/// How an unlinked record finds an account: rules in order, the first that finds anything decides.
package struct MatchingRule: Sendable, Hashable {
    package enum Attribute: String, Sendable, CaseIterable { case externalId, userName }

    package var attribute: Attribute

    package init(_ attribute: Attribute) { self.attribute = attribute }

    package static let defaults = [MatchingRule(.externalId), MatchingRule(.userName)]
}

/// What a plan is allowed to contain.
package enum PlanMode: String, Sendable, CaseIterable {
    /// Everything.
    case reconcile
    /// Creates and updates; nothing is taken from anybody.
    case `import`
    /// As ``reconcile``, and never applied.
    case plan
}
