/// What a verdict may depend on beside the record itself.
package struct ScopeContext: Sendable, Equatable {
    /// The run's one clock.
    package var asOf: Instant
    /// The record's groups, as far as the rules ask for them.
    package var memberships: Memberships

    package init(asOf: Instant, memberships: Memberships = .none) {
        self.asOf = asOf
        self.memberships = memberships
    }
}

/// In which of the groups that rules name a record is, directly or through other groups.
package struct Memberships: Sendable, Equatable {
    /// By the name or id that the rules use: in it, or (where several groups have the name and the record is in some of
    /// them only) an error. What is not here is a group that the record is not in.
    let verdicts: [String: ClauseVerdict]

    /// Of a record that is in none of them.
    package static let none = Memberships([:])

    package init(_ verdicts: [String: ClauseVerdict]) { self.verdicts = verdicts.filter { $0.value != .no } }

    /// Whether the record is in a group; for MEMBER_OF and for expressions of a mapping.
    ///
    /// - Parameter group: as the rules write it.
    package func verdict(in group: String) -> ClauseVerdict { verdicts[group] ?? .no }

    package var isEmpty: Bool { verdicts.isEmpty }

    /// One spelling of what a verdict can depend on.
    package var canonicalText: String {
        verdicts.sorted { $0.key < $1.key }.map { $0.key + ($0.value == .yes ? "\u{1}" : "\u{2}") }.joined()
    }
}
