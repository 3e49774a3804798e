extension QueryRequest {
    /// Takes `meta.resourceType eq "User"` out of the filter, where nothing fulfils the query without it, and returns the kinds
    /// of resource that are left: a query at the server's root then looks at one kind as a query at its endpoint does
    /// (RFC 7644 3.4.2.1).
    ///
    /// A kind that does not exist stays in the filter, which nothing fulfils.
    package mutating func narrow() -> [ResourceType] {
        guard let filter, let (type, rest) = filter.withoutType else { return ResourceType.allCases }
        self.filter = rest
        return [type]
    }
}

extension Filter {
    /// The kind that the filter asks for and what else it asks; `nil` where it does not ask for one kind.
    fileprivate var withoutType: (ResourceType, Filter?)? {
        switch self {
        case .compare(let path, .eq, .string(let name))
        where path.urn == nil && path.attribute == "meta" && path.subAttribute == "resourceType":
            return ResourceType(rawValue: name).map { ($0, nil) }
        case .and(let left, let right):
            if let (type, rest) = left.withoutType { return (type, rest.map { .and($0, right) } ?? right) }
            if let (type, rest) = right.withoutType { return (type, rest.map { .and(left, $0) } ?? left) }
            return nil
        default: return nil
        }
    }
}
