import JSONBytes

/// The answer to a query (RFC 7644 3.4.2).
package struct ListResponse: Sendable {
    /// All that fulfil the query, on this page or not.
    package var totalResults: Int
    /// The 1-based index of the page's first resource.
    package var startIndex: Int
    package var resources: [JSONValue]

    package init(totalResults: Int, startIndex: Int = 1, resources: [JSONValue]) {
        self.totalResults = totalResults
        self.startIndex = startIndex
        self.resources = resources
    }

    package var body: JSONObject {
        [
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": .integer(totalResults),
            "itemsPerPage": .integer(resources.count), "startIndex": .integer(startIndex),
            "Resources": .array(resources),
        ]
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
