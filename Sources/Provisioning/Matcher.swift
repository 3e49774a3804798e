import Reconciliation
import SCIM
import Storage

/// Finds the account of a record that has none, by the connection's matching rules.
///
/// externalId and userName are answered by indexes of the store. For any other rule the accounts that nobody owns are gone
/// through once, when the first record asks: about a microsecond for every account of the organization and 16 bytes for every
/// account without owner, once a run, and once a batch of a drain in which somebody new comes.
final class Matcher {
    private let lookup: Lookup
    private let rules: [MatchingRule]
    private let takesUnverified: Bool
    /// Rows of accounts without owner, by the hash of a rule's key.
    private var index: [Int: [Int64]]?

    init(lookup: Lookup, rules: Rules) {
        self.lookup = lookup
        self.rules = rules.matching
        takesUnverified = rules.policies.allowUnverifiedEmailAccountLinking
    }

    /// What the first rule that finds anything found, each account once.
    func candidates(for record: DirectoryRecord) throws -> [Candidate] {
        let keys = MatchingKeys(record, takesUnverified: takesUnverified)
        for rule in rules where keys.has(rule) {
            let found = try accounts(by: rule, record, keys).compactMap { candidate -> Candidate? in
                guard let evidence = keys.evidence(rule, with: MatchingKeys(candidate.account)) else { return nil }
                var candidate = candidate
                candidate.rule = record.kind == .group && rule.text == "userName" ? "displayName" : rule.text
                candidate.evidence = evidence
                return candidate
            }
            if !found.isEmpty { return found }
        }
        return []
    }

    /// Accounts that may agree with the record by all attributes of a rule.
    ///
    /// Only by its externalId is an account found that somebody owns. A name or an address is nobody's alone: whether the owner
    /// of a live account gives the name up is settled when the whole plan is known.
    private func accounts(
        by rule: MatchingRule, _ record: DirectoryRecord, _ keys: MatchingKeys
    ) throws -> [Candidate] {
        if rule.uses(.externalId), let anchor = record.anchor {
            return try lookup.accounts(kind: record.kind, externalId: anchor.value)
        }
        let found =
            rule.uses(.userName)
            ? try lookup.liveAccounts(kind: record.kind, nameKey: KeyFolding.fold(record.name))
            : try indexed(rule, keys)
        return found.filter { $0.owner == nil && !Self.hasOtherAnchor($0.account, record) }
    }

    /// An account that carries another externalId is another person's, whatever its name.
    private static func hasOtherAnchor(_ account: Account, _ record: DirectoryRecord) -> Bool {
        guard let externalId = account.externalId, let anchor = record.anchor else { return false }
        return Anchor(externalId) != anchor
    }

    private func indexed(_ rule: MatchingRule, _ keys: MatchingKeys) throws -> [Candidate] {
        let index = try index ?? makeIndex()
        self.index = index
        let rows = Set(keys.keys(rule).flatMap { index[Self.hash(rule, $0)] ?? [] })
        return try rows.sorted().compactMap { try lookup.liveAccount(row: $0) }
    }

    private func makeIndex() throws -> [Int: [Int64]] {
        var index: [Int: [Int64]] = [:]
        let rules = rules.filter(\.needsIndex)
        try lookup.forEachUnownedUser { row, account in
            let keys = MatchingKeys(account)
            for rule in rules where keys.has(rule) {
                for key in keys.keys(rule) { index[Self.hash(rule, key), default: []].append(row) }
            }
        }
        return index
    }

    private static func hash(_ rule: MatchingRule, _ key: String) -> Int {
        var hasher = Hasher()
        hasher.combine(rule)
        hasher.combine(key)
        return hasher.finalize()
    }
}
