import Reconciliation
import SCIM

/// The `scope` of a job: who is meant, in Entra's form or as a SCIM filter.
enum JobScope {
    struct Filters {
        var users: ScopingFilter = .everyone
        var groups: ScopingFilter = .everyone

        /// Raw attributes that the filters name, each once.
        var sourceAttributes: [String] { Array(Set(users.sourceAttributes + groups.sourceAttributes)).sorted() }
    }

    static func read(_ node: JobNode) throws(JobFileError) -> Filters {
        let table = try Table(node, called: "scope", keys: ["users", "groups"])
        var filters = Filters()
        if let node = table["users"] { filters.users = try filter(node, .user) }
        if let node = table["groups"] { filters.groups = try filter(node, .group) }
        return filters
    }

    private static func filter(_ node: JobNode, _ kind: Kind) throws(JobFileError) -> ScopingFilter {
        switch node.content {
        case .text: return .expression(try expression(node, kind))
        case .map: throw node.wrongType("a filter", "a list of groups of clauses, or a SCIM filter expression")
        case .list(let groups):
            guard !groups.isEmpty else {
                throw JobFileError(
                    .value, node.place, "the filter has no groups of clauses",
                    cure: "leave the key out to mean everyone")
            }
            var clauses: [[ScopingClause]] = []
            for group in groups { clauses.append(try Self.group(group, kind)) }
            return .clauses(clauses)
        }
    }

    private static func group(_ node: JobNode, _ kind: Kind) throws(JobFileError) -> [ScopingClause] {
        guard case .list(let nodes) = node.content else {
            throw node.wrongType(
                "a group of clauses", "a list of clauses: write \"- - {attribute: …}\", with two dashes")
        }
        guard !nodes.isEmpty else {
            throw JobFileError(
                .value, node.place, "the group of clauses is empty", cure: "add a clause or take the group out")
        }
        var clauses: [ScopingClause] = []
        for node in nodes { clauses.append(try clause(node, kind)) }
        return clauses
    }
}

extension JobScope {
    private static let sourcePrefix = "source."
    /// What a filter cannot ask for: it belongs to the server, or stands apart from the record.
    private static let unfiltered = Attributes.reserved.subtracting(["externalid", "active"])

    static func attribute(_ node: JobNode, _ kind: Kind) throws(JobFileError) -> FilterAttribute {
        let name = try node.text("attribute")
        if name.hasPrefix(sourcePrefix) {
            let raw = String(name.dropFirst(sourcePrefix.count))
            guard !raw.isEmpty else {
                throw JobFileError(
                    .value, node.place, "source. names no attribute", cure: "for example source.userType")
            }
            return .source(raw)
        }
        let found = try resolved(name, kind, at: node.place)
        switch found.path {
        case "externalId": return .externalId
        case "active": return .active
        default: return .slot(path: found.path, isMultiValued: found.isMultiValued)
        }
    }

    private static func resolved(_ name: String, _ kind: Kind, at place: JobPlace) throws(JobFileError)
        -> ResolvedAttribute
    {
        guard let found = Schemas.resolve(name, group: kind == .group) else {
            throw JobFileError(
                .value, place, "no \(kind.rawValue) has an attribute \(Shown.text(name))",
                cure: "name a SCIM attribute, or source.NAME for one of the raw export")
        }
        let root = found.path.prefix { $0 != "." && $0 != "[" }.lowercased()
        guard !unfiltered.contains(root) else {
            throw JobFileError(.value, place, "\(root) cannot be used here", cure: "name another attribute")
        }
        guard found.definition.type != .complex else {
            let parts = found.definition.subAttributes.map { found.path + "." + $0.name }
            throw JobFileError(
                .value, place, "\(found.path) has parts", cure: "name one of them: " + parts.joined(separator: ", "))
        }
        return found
    }

    private static func expression(_ node: JobNode, _ kind: Kind) throws(JobFileError) -> Filter {
        let text = try node.text("a filter")
        let filter: Filter
        do {
            filter = try Filter(parsing: text)
        } catch {
            throw JobFileError(
                .value, node.place, "this is not a SCIM filter: " + error.detail,
                cure: "for example department eq \"Sales\" and active eq true")
        }
        for name in filter.attributeNames { _ = try resolved(name, kind, at: node.place) }
        return filter
    }
}
