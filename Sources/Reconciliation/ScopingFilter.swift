import JSONBytes
import SCIM

/// Who is meant: groups of clauses, an expression, or everyone. A record is in scope, out of scope or undecided.
package enum ScopingFilter: Sendable, Equatable {
    case everyone
    /// Groups joined by OR, each of clauses joined by AND, with the semantics of Entra's scoping filters. Never empty.
    case clauses([[ScopingClause]])
    /// A SCIM filter (RFC 7644 3.4.2.2) with the RFC's semantics.
    case expression(Filter)

    /// One spelling, for the hash that is stored with every run.
    package var canonicalText: String {
        switch self {
        case .everyone: "everyone"
        case .clauses(let groups):
            groups.map { $0.map(\.canonicalText).joined(separator: " AND ") }.joined(separator: " OR ")
        case .expression(let filter): "scim: " + filter.description
        }
    }

    /// The raw attributes that the filter names as `source.NAME`.
    package var sourceAttributes: [String] {
        allClauses.compactMap { clause in
            if case .source(let name) = clause.attribute { name } else { nil }
        }
    }

    /// The groups that MEMBER_OF names, by name or id, each once.
    package var usedGroups: [String] {
        Set(allClauses.compactMap { if case .group(let group) = $0.operand { group } else { nil } }).sorted()
    }

    /// Every clause in order; none of an expression.
    package var allClauses: [ScopingClause] {
        if case .clauses(let groups) = self { Array(groups.joined()) } else { [] }
    }

    /// The earliest instant after `asOf` at which time alone can change the verdict; `nil` when it never does.
    package func dueAt(for record: DirectoryRecord, asOf: Instant) -> Instant? {
        allClauses.compactMap { $0.dueAt(for: record, asOf: asOf) }.min()
    }
}

/// The verdict of a filter about one record.
package enum ScopeVerdict: Sendable, Equatable {
    /// In scope; the deciding group of clauses, where there is a filter.
    case inScope(String?)
    case outOfScope(String)
    /// A clause could not be evaluated: nothing may change for this person.
    case undecided(String)

    package var isInScope: Bool { if case .inScope = self { true } else { false } }
    package var isUndecided: Bool { if case .undecided = self { true } else { false } }

    /// The deciding clause as an appendix to a reason.
    package var suffix: String {
        switch self {
        case .inScope(let clause): clause.map { ": " + $0 } ?? ""
        case .outOfScope(let clause): ": " + clause
        case .undecided(let reason): ": " + reason
        }
    }
}

/// How one clause fell, for `explain`.
package struct ClauseTrace: Sendable, Equatable {
    package var group: Int
    package var clause: String
    package var values: [String]
    package var verdict: ClauseVerdict
}

extension ScopingFilter {
    /// Judges a record. The verdict does not depend on the order of clauses or groups.
    package func verdict(on record: DirectoryRecord, in context: ScopeContext) -> ScopeVerdict {
        switch self {
        case .everyone: return .inScope(nil)
        case .clauses(let groups): return Self.verdict(groups, on: record, in: context)
        case .expression(let filter):
            let matches = filter.matches(record.filterResource)
            return matches ? .inScope(filter.description) : .outOfScope(filter.description)
        }
    }

    private static func verdict(
        _ groups: [[ScopingClause]], on record: DirectoryRecord, in context: ScopeContext
    ) -> ScopeVerdict {
        var failures: [String] = []
        var errors: [String] = []
        for group in groups {
            var groupFailure: String?
            var groupError: String?
            for clause in group {
                switch clause.verdict(on: record, in: context) {
                case .yes: continue
                case .no: groupFailure = groupFailure ?? clause.failureText(record)
                case .error(let reason): groupError = groupError ?? "\(clause.canonicalText): \(reason)"
                }
            }
            if let groupFailure {
                failures.append(groupFailure)
            } else if let groupError {
                errors.append(groupError)
            } else {
                return .inScope(group.map(\.canonicalText).joined(separator: " AND "))
            }
        }
        if let error = errors.first { return .undecided(error) }
        return .outOfScope(failures.joined(separator: "; "))
    }

    /// Every clause's verdict, for `explain` and `check`.
    package func trace(on record: DirectoryRecord, in context: ScopeContext) -> [ClauseTrace] {
        switch self {
        case .everyone: return []
        case .clauses(let groups):
            return groups.enumerated().flatMap { index, group in
                group.map { clause in
                    ClauseTrace(
                        group: index + 1, clause: clause.canonicalText,
                        values: clause.operator == .memberOf
                            ? [] : clause.attribute.values(in: record).map { $0.scalarText ?? $0.text },
                        verdict: clause.verdict(on: record, in: context))
                }
            }
        case .expression(let filter):
            return [
                ClauseTrace(
                    group: 1, clause: filter.description, values: [],
                    verdict: .of(filter.matches(record.filterResource)))
            ]
        }
    }
}

extension DirectoryRecord {
    /// The record in SCIM's own form, as filter expressions see it.
    package var filterResource: JSONObject {
        var resource = attributes.resource
        resource["active"] = .bool(active ?? true)
        if let anchor { resource["externalId"] = .string(anchor.value) }
        resource["id"] = .string(id)
        return resource
    }
}
