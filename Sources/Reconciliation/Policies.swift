/// A connection's policies: what may follow from a situation.
package struct Policies: Sendable, Equatable {
    package enum OutOfScope: String, Sendable, CaseIterable { case deactivate, keep }
    package enum NestedGroups: String, Sendable, CaseIterable { case keep, flatten }

    /// What happens to somebody whose account the application removed.
    package enum AccountMissing: String, Sendable, CaseIterable { case quarantine, recreate }

    package var outOfScope: OutOfScope = .deactivate
    /// How long a record may be absent from complete snapshots before its account is deactivated; at first at once.
    package var deactivateAfter: Grace = .none
    /// How long after its deactivation the account of somebody who is gone is deleted; `nil` is never. Above zero: an
    /// account is first deactivated, and deleted by a later run.
    package var deleteAfter: Duration?
    package var accountMissing: AccountMissing = .quarantine
    package var nestedGroups: NestedGroups = .keep
    package var allowUnverifiedEmailAccountLinking = false

    package init() {}

    /// One spelling for the hash of the rules.
    package var canonicalText: String {
        // What came later is left out at its default, so that the rules of those who do not use it keep their hash.
        var text = "outOfScope=\(outOfScope.rawValue);deactivateAfter=\(deactivateAfter.text);"
        text += "nestedGroups=\(nestedGroups.rawValue);unverifiedEmail=\(allowUnverifiedEmailAccountLinking)"
        if let deleteAfter { text += ";deleteAfter=\(deleteAfter.milliseconds)ms" }
        if accountMissing != .quarantine { text += ";accountMissing=\(accountMissing.rawValue)" }
        return text
    }
}

/// How long somebody may be absent from complete snapshots before being deactivated.
package enum Grace: Sendable, Hashable {
    /// So long after the first snapshot that did not show them; zero is at once.
    case after(Duration)
    /// By the time that so many complete snapshots have not shown them, each newer than the one before. At least 1.
    case sightings(Int)
    /// Absence alone deactivates nobody.
    case never

    /// At once.
    package static let none = Grace.after(.zero)

    /// One spelling, which ``init(text:)`` reads again: `604800000ms`, `3 sightings`, `never`.
    package var text: String {
        switch self {
        case .after(let duration): "\(duration.milliseconds)ms"
        case .sightings(let count): "\(count) sightings"
        case .never: "never"
        }
    }

    package init?(text: String) {
        if text == "never" {
            self = .never
        } else if text.hasSuffix("ms"), let number = Int64(text.dropLast(2)) {
            self = .after(.milliseconds(number))
        } else if text.hasSuffix(" sightings"), let count = Int(text.dropLast(10)) {
            self = .sightings(count)
        } else {
            return nil
        }
    }
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
