import SCIM
import Storage

/// What If-Match and If-None-Match demand of the version that is there (RFC 7644 3.14, RFC 9110 13.1).
struct Preconditions: Sendable {
    private let match: EntityTags?
    private let noneMatch: EntityTags?

    enum Verdict { case holds, failed, unchanged }

    init(_ headers: [String: String]) {
        match = headers["if-match"].map(EntityTags.init)
        noneMatch = headers["if-none-match"].map(EntityTags.init)
    }

    /// The `version` of an operation of a bulk request: as If-Match (RFC 7644 3.7).
    init(version: String?) {
        match = version.map(EntityTags.init)
        noneMatch = nil
    }

    /// `unchanged`: the client has this version already. A GET answers 304 then; for a write it is a failure.
    func judge(_ version: Int64) -> Verdict {
        if let match, !match.matches(version) { return .failed }
        if let noneMatch, noneMatch.matches(version) { return .unchanged }
        return .holds
    }

    static func refusal(_ stored: StoredResource) -> SCIMError {
        SCIMError(
            status: 412,
            "The resource is not in the version that the request wants; its version is \(ResourceForm.etag(stored)).")
    }
}

/// A list of entity tags as If-Match and If-None-Match have it. Compared weakly, as an endpoint must that issues weak tags
/// and takes them in If-Match (RFC 7644 3.14): the version is what counts.
private struct EntityTags {
    private let tags: [Substring]

    init(_ header: String) { tags = header.split(separator: ",").map { $0.drop { $0 == " " } } }

    func matches(_ version: Int64) -> Bool {
        tags.contains { tag in
            let trimmed = tag.prefix { $0 != " " }
            return trimmed == "*" || trimmed == "W/\"\(version)\"" || trimmed == "\"\(version)\""
        }
    }
}

extension EndpointCall {
    var preconditions: Preconditions { Preconditions(request.headers) }
}
