import JSONBytes

/// The answer to a query (RFC 7644 3.4.2, RFC 9865 2).
package struct ListResponse: Sendable {
    /// All that fulfil the query, on this page or not; `nil` where counting them would mean to look at everybody, which only
    /// a page by cursor may leave out.
    package var totalResults: Int?
    /// The 1-based index of the page's first resource; `nil` for a page by cursor.
    package var startIndex: Int?
    /// Where the next page begins; `nil` for a page by index, and on the last page by cursor.
    package var nextCursor: String?
    package var resources: [JSONValue]

    package init(totalResults: Int, startIndex: Int = 1, resources: [JSONValue]) {
        self.totalResults = totalResults
        self.startIndex = startIndex
        self.resources = resources
    }

    /// A page by cursor.
    package init(totalResults: Int?, nextCursor: String?, resources: [JSONValue]) {
        self.totalResults = totalResults
        self.nextCursor = nextCursor
        self.resources = resources
    }

    package var body: JSONObject {
        var object: JSONObject = ["schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]]
        if let totalResults { object["totalResults"] = .integer(totalResults) }
        object["itemsPerPage"] = .integer(resources.count)
        if let startIndex { object["startIndex"] = .integer(startIndex) }
        if let nextCursor { object["nextCursor"] = .string(nextCursor) }
        object["Resources"] = .array(resources)
        return object
    }
}

/// Which page of a query is wanted (RFC 7644 3.4.2.4).
package struct Paging: Sendable, Equatable {
    /// From 1; what is below counts as 1.
    package var startIndex: Int
    /// Resources on the page; 0 asks for the total alone, a negative count is 0.
    package var count: Int

    /// Resources on a page, when the client does not say.
    package static let countDefault = 100
    /// Resources on a page at most: a larger count gets this many, and the client pages on.
    package static let countMax = 200
    /// Seconds for which a cursor is good: long enough for an import that stalls over night, short enough that a forgotten one
    /// does not show a total of last year.
    package static let cursorSeconds = 86_400

    /// - Throws: ``SCIMError`` 400 `invalidValue` for what is no number.
    package init(startIndex: String?, count: String?) throws(SCIMError) {
        self.startIndex = max(1, try Self.number(startIndex, "startIndex") ?? 1)
        self.count = min(Self.countMax, max(0, try Self.number(count, "count") ?? Self.countDefault))
    }

    private static func number(_ text: String?, _ name: String) throws(SCIMError) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), abs(number) <= 1_000_000_000 else {
            throw .bad(.invalidValue, "'\(name)' must be a whole number.")
        }
        return number
    }
}
