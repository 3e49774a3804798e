import Reconciliation
import SCIM

/// The `matching` of a job: rules in order, each an attribute or several together.
enum JobMatching {
    /// The most attributes that one rule may put together: more make a rule that nobody can foresee.
    static let attributesMax = 8

    static func read(_ node: JobNode) throws(JobFileError) -> [MatchingRule] {
        var rules: [MatchingRule] = []
        for element in try elements(node) {
            let rule = try rule(element)
            guard !rules.contains(where: { Set($0.attributes) == Set(rule.attributes) }) else {
                throw JobFileError(.value, element.place, "the rule stands here twice", cure: "keep one of them")
            }
            rules.append(rule)
        }
        return rules
    }

    private static func elements(_ node: JobNode) throws(JobFileError) -> [JobNode] {
        guard case .list(let nodes) = node.content, !nodes.isEmpty else {
            return try node.texts("matching", separator: ",")
        }
        return nodes
    }

    private static func rule(_ node: JobNode) throws(JobFileError) -> MatchingRule {
        var attributes: [MatchingRule.Attribute] = []
        for (name, place) in try names(node) {
            let attribute = try attribute(name, at: place)
            guard !attributes.contains(attribute) else {
                throw JobFileError(
                    .value, place, "the rule has \(Shown.text(name)) twice", cure: "say each attribute once")
            }
            attributes.append(attribute)
        }
        guard attributes.count <= attributesMax else {
            throw JobFileError(
                .value, node.place, "the rule has \(attributes.count) attributes",
                cure: "put at most \(attributesMax) together")
        }
        return MatchingRule(attributes)
    }

    /// A list of names, or one text in which `+` puts several together, as an option says it.
    private static func names(_ node: JobNode) throws(JobFileError) -> [(name: String, place: JobPlace)] {
        var names: [(String, JobPlace)] = []
        if case .list = node.content {
            for element in try node.texts("a matching rule") {
                names.append((try element.text("a matching rule"), element.place))
            }
        } else {
            for part in try node.text("matching").split(separator: "+", omittingEmptySubsequences: false) {
                names.append((String(part), node.place))
            }
        }
        return names
    }

    private static func attribute(_ name: String, at place: JobPlace) throws(JobFileError) -> MatchingRule.Attribute {
        switch name.lowercased() {
        case "externalid": return .externalId
        case "username": return .userName
        case "emails", "emails.value": return .emails
        default: break
        }
        // `givenName` for `name.givenName`, as people say it.
        let found = Schemas.resolve(name, group: false) ?? Schemas.resolve("name." + name, group: false)
        let root = found?.path.prefix { $0 != "." && $0 != "[" }.lowercased() ?? ""
        guard let found, found.definition.type == .string, !found.isMultiValued, !Attributes.reserved.contains(root)
        else {
            throw JobFileError(
                .value, place, "matching cannot be \(Shown.text(name))",
                cure: "say externalId, userName, emails, or a text attribute with one value such as employeeNumber")
        }
        return .slot(path: found.path, isCaseExact: found.definition.isCaseExact)
    }
}
