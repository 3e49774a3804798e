/// Settles who gets a name in a plan: names are the one thing that concerns several subjects at once.
///
/// A name is free when no live account holds it, or when its holder gives it up in this plan: leaves, or is renamed by a
/// change that is itself allowed. So swaps and rings succeed, and one refused rename refuses those that waited for it.
/// Only contested claims are kept; a name without a live holder needs no ledger.
package struct NameLedger: Sendable {
    package struct Claim: Sendable, Hashable {
        /// The caller's number for the row that wants the name.
        package var row: Int
        /// The folded name.
        package var key: String
        /// The live account that holds the name before the plan.
        package var holder: String
        /// The account that gives up its own name if this row succeeds: the row's account, for a rename.
        package var releases: String?

        package init(row: Int, key: String, holder: String, releases: String?) {
            self.row = row
            self.key = key
            self.holder = holder
            self.releases = releases
        }
    }

    private var claims: [Claim] = []
    private var released: Set<String> = []

    package init() {}

    /// An account gives its name up whatever happens: it leaves, or takes a name that is free.
    package mutating func release(account: String) { released.insert(account) }

    package mutating func claim(_ claim: Claim) { claims.append(claim) }

    package struct Resolution: Sendable, Equatable {
        package var accepted: Set<Int>
        package var refused: Set<Int>
        /// Accounts whose name somebody in this plan takes over: they must give it up first.
        package var freedFirst: Set<String>
    }

    /// The largest set of claims that can all be fulfilled together. Quadratic only in the length of a chain of refusals.
    package func resolve() -> Resolution {
        var accepted = claims
        while true {
            let releasing = released.union(accepted.compactMap(\.releases))
            let kept = accepted.filter { releasing.contains($0.holder) }
            if kept.count == accepted.count { break }
            accepted = kept
        }
        let rows = Set(accepted.map(\.row))
        return Resolution(
            accepted: rows, refused: Set(claims.map(\.row)).subtracting(rows), freedFirst: Set(accepted.map(\.holder)))
    }
}
