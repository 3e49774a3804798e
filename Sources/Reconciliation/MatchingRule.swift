import JSONBytes
import SCIM

/// How an unlinked record finds an account: rules in order, the first that finds anything decides.
///
/// A rule is one attribute or several together, which must all agree. A record without a value for one of them is not asked by
/// that rule.
package struct MatchingRule: Sendable, Hashable {
    /// An attribute by which records and accounts are compared.
    package enum Attribute: Sendable, Hashable {
        /// The source's immutable id, byte by byte.
        case externalId
        /// `userName` of a user, `displayName` of a group, folded.
        case userName
        /// Any of the e-mail addresses, folded; of the record only those that count as the person's own (``Policies``).
        case emails
        /// Another attribute of users with one value, by its slot.
        case slot(path: String, isCaseExact: Bool)
    }

    /// At least one, each once.
    package var attributes: [Attribute]

    package init(_ attributes: Attribute...) { self.attributes = attributes }
    package init(_ attributes: [Attribute]) { self.attributes = attributes }

    package static let defaults = [MatchingRule(.externalId), MatchingRule(.userName)]

    /// The rule as a job says it: `userName`, or `name.givenName+name.familyName`.
    package var text: String { attributes.map(\.text).joined(separator: "+") }

    package func uses(_ attribute: Attribute) -> Bool { attributes.contains(attribute) }

    /// Whether no index of the store answers the rule: then accounts without owner are gone through once a plan.
    package var needsIndex: Bool { !uses(.externalId) && !uses(.userName) }
}

extension MatchingRule.Attribute {
    package var text: String {
        switch self {
        case .externalId: "externalId"
        case .userName: "userName"
        case .emails: "emails"
        case .slot(let path, _): path
        }
    }

    package var json: JSONValue {
        switch self {
        case .slot(let path, let isCaseExact): ["slot": .string(path), "caseExact": .bool(isCaseExact)]
        default: .string(text)
        }
    }

    package init(json value: JSONValue) throws(CodingFailure) {
        if let object = value.object {
            self = .slot(path: try object.text("slot"), isCaseExact: object["caseExact"]?.bool ?? false)
            return
        }
        switch value.string {
        case "externalId": self = .externalId
        case "userName": self = .userName
        case "emails": self = .emails
        default: throw CodingFailure(key: "matching")
        }
    }
}

extension MatchingRule {
    package var json: JSONValue {
        attributes.count == 1 ? attributes[0].json : .array(attributes.map(\.json))
    }

    package init(json value: JSONValue) throws(CodingFailure) {
        attributes = []
        for value in value.array ?? [value] { attributes.append(try Attribute(json: value)) }
    }
}

/// What a record or an account has to be compared by.
package struct MatchingKeys: Sendable {
    private let kind: Kind
    private let name: String
    private let externalId: String?
    private let attributes: Attributes
    /// Whether addresses count that nobody verified.
    private let takesUnverified: Bool

    /// - Parameter takesUnverified: whether an address counts that the source does not mark as `verified`. No standard has
    ///   such a mark (RFC 7643 4.1.2): an export of the `scim` preset may say `"verified": true` beside the value.
    package init(_ record: DirectoryRecord, takesUnverified: Bool) {
        kind = record.kind
        name = record.name
        externalId = record.anchor?.value
        attributes = record.attributes
        self.takesUnverified = takesUnverified
    }

    package init(_ account: Account) {
        kind = account.kind
        name = account.name
        externalId = account.externalId
        attributes = account.attributes
        takesUnverified = true
    }

    /// The folded values of one attribute; none where it is empty.
    package func values(_ attribute: MatchingRule.Attribute) -> Set<String> {
        switch attribute {
        case .externalId: Set(externalId.map { [$0] } ?? [])
        case .userName: [KeyFolding.fold(name)]
        case .emails: kind == .user ? Set(addresses.map(KeyFolding.fold)) : []
        case .slot(let path, let isCaseExact):
            if kind == .user, let text = attributes[path]?.scalarText, !text.isEmpty {
                [isCaseExact ? text : KeyFolding.fold(text)]
            } else {
                []
            }
        }
    }

    private var addresses: [String] {
        attributes.slots.filter { $0.path == "emails" || $0.path.hasPrefix("emails[") }
            .flatMap { $0.value.array ?? [$0.value] }
            .compactMap { value in
                let isVerified = takesUnverified || value.object?["verified"]?.bool == true
                return isVerified ? value.object?["value"]?.string ?? value.string : nil
            }
    }

    /// Whether the rule can be asked: there is a value for each of its attributes.
    package func has(_ rule: MatchingRule) -> Bool { rule.attributes.allSatisfy { !values($0).isEmpty } }

    /// What both have in common by every attribute of a rule, as the evidence of a link: `userName jane@acme.example`. `nil`
    /// where they disagree.
    package func evidence(_ rule: MatchingRule, with other: MatchingKeys) -> String? {
        var parts: [String] = []
        for attribute in rule.attributes {
            guard let shared = values(attribute).intersection(other.values(attribute)).sorted().first else {
                return nil
            }
            parts.append(attribute.text + " " + shared)
        }
        return parts.joined(separator: ", ")
    }

    /// One text for each combination of values that the rule compares.
    package func keys(_ rule: MatchingRule) -> Set<String> {
        rule.attributes.reduce(into: [""]) { keys, attribute in
            keys = Set(values(attribute).flatMap { value in keys.map { $0 + "\u{1F}" + value } })
        }
    }
}
