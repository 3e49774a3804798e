import JSONBytes

/// What a query asks for (RFC 7644 3.4.2 and 3.4.3, RFC 9865 2), whether it came in a URL or in the body of a SearchRequest.
package struct QueryRequest: Sendable, Equatable {
    package enum SortOrder: String, Sendable { case ascending, descending }

    package var filter: Filter?
    /// What the results are sorted by; `nil` leaves them in the order in which they were created.
    package var sortBy: AttributePath?
    package var sortOrder = SortOrder.ascending
    /// Which page, by index.
    package var paging: Paging
    /// The cursor: empty for the first page, `nil` where the client pages by index.
    package var cursor: String?
    /// Comma-separated names, as a URL has them.
    package var attributes: String?
    package var excludedAttributes: String?

    /// The schema of a query in a body.
    package static let searchRequestURN = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

    private let schemas: SchemaSet

    /// A query in a URL.
    ///
    /// - Parameter parameter: the value of the parameter of this name, `nil` where the URL has none.
    /// - Throws: ``SCIMError`` 400 `invalidFilter`, `invalidPath` (sortBy), `invalidCount` (with a cursor), `invalidValue`
    ///   for what is no number or no order, and for a query that pages in both ways.
    package init(
        in schemas: SchemaSet = .core, _ parameter: (String) throws(SCIMError) -> String?
    ) throws(SCIMError) {
        self.schemas = schemas
        cursor = try parameter("cursor")
        let startIndex = try parameter("startIndex")
        paging = try Self.paging(startIndex: startIndex, count: try parameter("count"), cursor: cursor)
        if let text = try parameter("filter") { filter = try Filter(parsing: text, in: schemas) }
        // An empty sortBy has been seen from generated clients; it sorts by nothing.
        if let text = try parameter("sortBy"), !text.isEmpty { sortBy = try Self.sortPath(text, schemas) }
        if let text = try parameter("sortOrder"), !text.isEmpty { sortOrder = try Self.sortOrder(text) }
        attributes = try parameter("attributes")
        excludedAttributes = try parameter("excludedAttributes")
    }

    /// A query in the body of POST `/.search` (RFC 7644 3.4.3). Names count in any letter case, null means absent.
    ///
    /// - Throws: as the other initialiser, and ``SCIMError`` 400 `invalidSyntax` for a body that is no SearchRequest,
    ///   `invalidValue` for a member of another type.
    package init(searchRequest body: JSONObject, in schemas: SchemaSet = .core) throws(SCIMError) {
        let named = body.attribute("schemas")?.array ?? []
        guard named.contains(where: { $0.string.map { ASCII.equal($0, Self.searchRequestURN) } ?? false }) else {
            throw .bad(.invalidSyntax, "'schemas' must name \(Self.searchRequestURN).")
        }
        try self.init(in: schemas) { name throws(SCIMError) in try Self.text(of: name, in: body) }
    }

    /// A member of a SearchRequest as a URL would spell it.
    private static func text(of name: String, in body: JSONObject) throws(SCIMError) -> String? {
        switch (name, body.attribute(name)) {
        case (_, nil), (_, .null): return nil
        case ("startIndex", .number(let number)), ("count", .number(let number)): return number
        case ("filter", .string(let text)), ("sortBy", .string(let text)), ("sortOrder", .string(let text)),
            ("cursor", .string(let text)):
            return text
        case ("attributes", .array(let names)), ("excludedAttributes", .array(let names)):
            let texts = names.compactMap(\.string)
            if texts.count == names.count { return texts.joined(separator: ",") }
        default: break
        }
        let phrase = name.lowercased().hasSuffix("attributes") ? "a list of texts" : "a text, or a number for a count"
        throw .bad(.invalidValue, "'\(name)' has the wrong type: it must be \(phrase).")
    }

    private static func paging(
        startIndex: String?, count: String?, cursor: String?
    ) throws(SCIMError) -> Paging {
        if cursor != nil, startIndex != nil {
            throw .bad(.invalidValue, "Give 'startIndex' or 'cursor', not both.")
        }
        let isWhole = count.map { Int($0).map { $0 >= 1 } ?? false } ?? true
        if cursor != nil, !isWhole {
            throw .bad(.invalidCount, "'count' must be between 1 and \(Paging.countMax).")
        }
        return try Paging(startIndex: startIndex, count: count)
    }

    private static func sortPath(_ text: String, _ schemas: SchemaSet) throws(SCIMError) -> AttributePath {
        let path = try AttributePath(parsing: text, in: schemas)
        if path.filter != nil || path.attribute == nil {
            throw .bad(.invalidPath, "'sortBy' must be the name of an attribute, such as name.familyName.")
        }
        return path
    }

    private static func sortOrder(_ text: String) throws(SCIMError) -> SortOrder {
        guard let order = SortOrder(rawValue: text.lowercased()) else {
            throw .bad(.invalidValue, "'sortOrder' must be 'ascending' or 'descending'.")
        }
        return order
    }

    /// Which attributes of a resource the answer shows.
    package func selection(_ type: ResourceType) -> AttributeSelection {
        AttributeSelection(attributes: attributes, excluded: excludedAttributes, type: type, in: schemas)
    }
}
