import Foundation
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
        guard case .clauses(let groups) = self else { return [] }
        return groups.joined().compactMap { clause in
            if case .source(let name) = clause.attribute { name } else { nil }
        }
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

/// Kleene's three values.
package enum ClauseVerdict: Sendable, Equatable {
    case yes, no
    case error(String)

    static func of(_ bool: Bool) -> ClauseVerdict { bool ? .yes : .no }
}

/// One condition of a scoping filter.
package struct ScopingClause: Sendable, Equatable {
    package var attribute: FilterAttribute
    package var `operator`: ScopingOperator
    /// One value, or the list of `IN`.
    package var values: [String]
    /// How the clause reads a multi-valued attribute; required for one.
    package var match: Match?
    /// Lets `NOT EQUALS` and `NOT IN` hold for an empty attribute.
    package var emptyNotEquals: Bool

    package enum Match: String, Sendable, CaseIterable { case any, all }

    package init(
        attribute: FilterAttribute, operator: ScopingOperator, values: [String], match: Match? = nil,
        emptyNotEquals: Bool = false
    ) {
        self.attribute = attribute
        self.operator = `operator`
        self.values = values
        self.match = match
        self.emptyNotEquals = emptyNotEquals
    }

    /// ``canonicalText`` with the attribute's short name, for a reader.
    package var readableText: String { text(of: attribute.readableText) }

    package var canonicalText: String { text(of: attribute.text) }

    private func text(of name: String) -> String {
        var text = "\(name) \(`operator`.rawValue)"
        if `operator`.operands != .none {
            let quoted = values.map { JSONValue.string($0).text }
            text += `operator`.operands == .list ? " [" + quoted.joined(separator: ", ") + "]" : " " + quoted.joined()
        }
        if let match { text += " (match \(match.rawValue))" }
        if emptyNotEquals { text += " (emptyNotEquals)" }
        return text
    }
}

/// The operators of a clause; names compare without regard to case, spaces and underscores.
package enum ScopingOperator: String, Sendable, CaseIterable {
    case equals = "EQUALS"
    case notEquals = "NOT EQUALS"
    case isNull = "IS NULL"
    case isNotNull = "IS NOT NULL"
    case isTrue = "IS TRUE"
    case isFalse = "IS FALSE"
    case isIn = "IN"
    case notIn = "NOT IN"
    case includes = "INCLUDES"
    case startsWith = "STARTS_WITH"
    case endsWith = "ENDS_WITH"
    case greaterThan = "GREATER_THAN"
    case greaterThanOrEquals = "GREATER_THAN_OR_EQUALS"

    package enum Operands: Sendable { case none, one, list }

    package init?(name: String) {
        let key = Self.folded(name)
        guard let found = Self.allCases.first(where: { Self.folded($0.rawValue) == key }) else { return nil }
        self = found
    }

    private static func folded(_ name: String) -> String {
        String(name.uppercased().filter { $0 != " " && $0 != "_" })
    }

    package var operands: Operands {
        switch self {
        case .isNull, .isNotNull, .isTrue, .isFalse: .none
        case .isIn, .notIn: .list
        default: .one
        }
    }
}

/// What a clause looks at.
package enum FilterAttribute: Sendable, Hashable {
    case externalId
    case active
    /// A slot's path, or a path within it: `title`, `name.givenName`, `urn:…:department`, `emails.value`,
    /// `emails[type eq "work"].value`.
    case slot(path: String, isMultiValued: Bool)
    /// An attribute of the raw export that no mapping carries.
    case source(String)

    package var text: String {
        switch self {
        case .externalId: "externalId"
        case .active: "active"
        case .slot(let path, _): path
        case .source(let name): "source." + name
        }
    }

    /// Without an extension's URN, as people write it in a job.
    package var readableText: String { Attributes.splitURN(text).rest }
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
    package func verdict(on record: DirectoryRecord) -> ScopeVerdict {
        switch self {
        case .everyone: return .inScope(nil)
        case .clauses(let groups): return Self.verdict(groups, on: record)
        case .expression(let filter):
            let matches = filter.matches(record.filterResource)
            return matches ? .inScope(filter.description) : .outOfScope(filter.description)
        }
    }

    private static func verdict(_ groups: [[ScopingClause]], on record: DirectoryRecord) -> ScopeVerdict {
        var failures: [String] = []
        var errors: [String] = []
        for group in groups {
            var groupFailure: String?
            var groupError: String?
            for clause in group {
                switch clause.verdict(on: record) {
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
    package func trace(on record: DirectoryRecord) -> [ClauseTrace] {
        switch self {
        case .everyone: return []
        case .clauses(let groups):
            return groups.enumerated().flatMap { index, group in
                group.map { clause in
                    ClauseTrace(
                        group: index + 1, clause: clause.canonicalText,
                        values: clause.attribute.values(in: record).map { $0.scalarText ?? $0.text },
                        verdict: clause.verdict(on: record))
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

extension FilterAttribute {
    /// The attribute's values that are not empty: absent, null, `[]` and `""` give none.
    package func values(in record: DirectoryRecord) -> [JSONValue] {
        switch self {
        case .externalId: return record.anchor.map { [.string($0.value)] } ?? []
        case .active: return [.bool(record.active ?? true)]
        case .source(let name): return Self.flat(record.source[name] ?? .null)
        case .slot(let path, let isMultiValued):
            return isMultiValued ? Self.multi(path, record) : Self.flat(record.attributes[path] ?? .null)
        }
    }

    /// `emails.value` looks into every slot of `emails`, `emails[type eq "work"].value` into that one.
    private static func multi(_ path: String, _ record: DirectoryRecord) -> [JSONValue] {
        let (attribute, sub) = split(path)
        let slots = record.attributes.slots.filter {
            $0.path == attribute || Attributes.typedSlot($0.path)?.attribute == attribute
        }
        return slots.flatMap { slot in
            (slot.value.array ?? [slot.value]).flatMap { flat($0.object.map { $0[sub] ?? .null } ?? $0) }
        }
    }

    private static func split(_ path: String) -> (attribute: String, sub: String) {
        let end = path.lastIndex(of: "]") ?? path.lastIndex(of: ":") ?? path.startIndex
        guard let dot = path[end...].lastIndex(of: ".") else { return (path, "value") }
        return (String(path[..<dot]), String(path[path.index(after: dot)...]))
    }

    private static func flat(_ value: JSONValue) -> [JSONValue] {
        switch value {
        case .null, .string(""): []
        case .array(let values): values.flatMap(flat)
        default: [value]
        }
    }
}

extension ScopingClause {
    package func verdict(on record: DirectoryRecord) -> ClauseVerdict {
        let found = attribute.values(in: record)
        switch `operator` {
        case .isNull: return .of(found.isEmpty)
        case .isNotNull: return .of(!found.isEmpty)
        default: break
        }
        if found.isEmpty { return .of(emptyNotEquals && (`operator` == .notEquals || `operator` == .notIn)) }
        let verdicts = found.map(verdict(onValue:))
        return match == .all
            ? Self.and(verdicts) : found.count > 1 && match == nil ? Self.several(verdicts) : Self.or(verdicts)
    }

    /// A single-valued attribute that turns out to have several values cannot be judged by a clause that names none.
    private static func several(_ verdicts: [ClauseVerdict]) -> ClauseVerdict {
        .error("the attribute has \(verdicts.count) values; say match: any or match: all")
    }

    private static func and(_ verdicts: [ClauseVerdict]) -> ClauseVerdict {
        if verdicts.contains(.no) { return .no }
        return verdicts.first { $0 != .yes } ?? .yes
    }

    private static func or(_ verdicts: [ClauseVerdict]) -> ClauseVerdict {
        if verdicts.contains(.yes) { return .yes }
        return verdicts.first { $0 != .no } ?? .no
    }

    private func verdict(onValue value: JSONValue) -> ClauseVerdict {
        switch `operator` {
        case .isTrue: return .of(Self.boolean(value) == true)
        case .isFalse: return .of(Self.boolean(value) == false)
        case .greaterThan: return compare(value) { $0 > $1 }
        case .greaterThanOrEquals: return compare(value) { $0 >= $1 }
        default: break
        }
        guard let text = Self.text(value) else { return .error("the value is not text") }
        switch `operator` {
        case .equals: return .of(text == values[0])
        case .notEquals: return .of(text != values[0])
        case .isIn: return .of(values.contains(text))
        case .notIn: return .of(!values.contains(text))
        case .includes: return .of(Self.scalars(text).contains(Self.scalars(values[0])))
        case .startsWith: return .of(Self.scalars(text).starts(with: Self.scalars(values[0])))
        case .endsWith: return .of(Self.scalars(text).reversed().starts(with: Self.scalars(values[0]).reversed()))
        default: return .no
        }
    }

    private func compare(_ value: JSONValue, by holds: (Int64, Int64) -> Bool) -> ClauseVerdict {
        guard let text = value.scalarText, let number = Int64(text), let operand = Int64(values[0]) else {
            return .error("the value is not a whole number")
        }
        return .of(holds(number, operand))
    }

    private static func boolean(_ value: JSONValue) -> Bool? {
        if let bool = value.bool { return bool }
        switch value.string?.lowercased() {
        case "true": return true
        case "false": return false
        default: return nil
        }
    }

    private static func text(_ value: JSONValue) -> String? {
        if case .bool(let bool) = value { return bool ? "true" : "false" }
        return value.scalarText
    }

    private static func scalars(_ text: String) -> [Unicode.Scalar] {
        Array(text.precomposedStringWithCanonicalMapping.unicodeScalars)
    }

    fileprivate func failureText(_ record: DirectoryRecord) -> String {
        let found = attribute.values(in: record).map { JSONValue.string(Self.text($0) ?? $0.text).text }
        return "\(readableText) is not so" + (found.isEmpty ? " (no value)" : " (\(found.joined(separator: ", ")))")
    }
}
