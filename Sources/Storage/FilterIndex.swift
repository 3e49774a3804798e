import GRDB
import Reconciliation
import SCIM

/// Finds in a filter what an index answers: equality of id, externalId, userName, displayName, e-mail address, member and group,
/// alone or joined by `and`, and joined by `or` when every operand is of that kind.
///
/// The answer is a select of row numbers among which everything is that fulfils the filter; the conditions still judge each
/// of them.
struct FilterIndex {
    let kind: Kind
    let scope: PushScope

    /// - Returns: `nil` where no index helps.
    func rows(_ filter: Filter) -> SQL? { rows(filter, within: nil) }

    private func rows(_ filter: Filter, within outer: AttributePath?) -> SQL? {
        switch filter {
        case .compare(let path, .eq, .string(let text)): return rows(path, text, within: outer)
        case .values(let path, let inner): return outer == nil ? rows(inner, within: path) : nil
        case .and: return filter.operands(of: .and).lazy.compactMap { rows($0, within: outer) }.first
        case .or:
            var parts: [SQL] = []
            for operand in filter.operands(of: .or) {
                guard let part = rows(operand, within: outer) else { return nil }
                parts.append(part)
            }
            return parts.joined(separator: " UNION ")
        case .compare, .present, .not: return nil
        }
    }

    private func rows(_ path: AttributePath, _ text: String, within outer: AttributePath?) -> SQL? {
        var path = path
        if let outer {
            guard path.urn == nil, path.subAttribute == nil else { return nil }
            path = AttributePath(urn: outer.urn, attribute: outer.attribute, subAttribute: path.attribute)
        }
        guard path.urn == nil, path.subAttribute == nil || path.subAttribute == "value" else { return nil }
        switch (path.attribute, kind) {
        case ("id", _):
            return "SELECT row FROM directoryRecord WHERE organization = \(scope.organization) AND id = \(text)"
        case ("externalId", _): return records("directoryRecordAnchor", "anchor = \(text)")
        case ("userName", .user):
            return records("directoryRecordName", "nameKey = \(KeyFolding.fold(text)) AND present = 1")
        case ("displayName", .group): return records("directoryRecordGroupName", "nameKey = \(KeyFolding.fold(text))")
        case ("displayName", .user): return keyed(.displayName, text)
        case ("emails", .user): return keyed(.email, text)
        case ("members", .group): return groups(of: text)
        case ("groups", .user): return members(of: text)
        default: return nil
        }
    }

    /// Names the index: of two that begin alike, SQLite, which has no statistics here, may take the one that reads the whole
    /// connection. The kind stands in the text of the statement, so that the partial indexes serve.
    private func records(_ index: String, _ condition: SQL) -> SQL {
        """
        SELECT row FROM directoryRecord INDEXED BY \(sql: index)
        WHERE organization = \(scope.organization) AND connection = \(scope.connection)
            AND kind = '\(sql: kind.rawValue)' AND \(condition)
        """
    }

    private func keyed(_ attribute: RecordKeys.Attribute, _ text: String) -> SQL {
        let key = RecordKeys.key(attribute, text)
        return "SELECT row FROM recordKey WHERE organization = \(scope.organization) AND key = \(key)"
    }

    private func groups(of member: String) -> SQL {
        """
        SELECT m.groupRow FROM directoryRecord x
        CROSS JOIN directoryMember m ON m.organization = x.organization AND m.memberRow = x.row
        WHERE x.organization = \(scope.organization) AND x.id = \(member)
        UNION SELECT groupRow FROM deferredMember
        WHERE organization = \(scope.organization) AND space = 'record' AND memberKey = \(member)
        """
    }

    private func members(of group: String) -> SQL {
        """
        SELECT m.memberRow FROM directoryRecord x
        CROSS JOIN directoryMember m ON m.organization = x.organization AND m.groupRow = x.row
        WHERE x.organization = \(scope.organization) AND x.id = \(group)
        """
    }
}
