import SCIM

/// Where a path leads.
enum Route: Equatable {
    case health
    /// Below `/admin`: the segments behind it.
    case administration([String])
    /// Below a SCIM configuration; `base` is the path up to and without `/Users`.
    case configuration(id: String, base: String, Target)
    case unknown

    enum Target: Equatable {
        case collection(ResourceType)
        case resource(ResourceType, id: String)
        case bulk
        /// A query in a body, over one kind of resource or over all.
        case search(ResourceType?)
        /// The server's root: every resource there is.
        case root
        /// The person behind the request (RFC 7644 3.11). A bearer token belongs to a connection, which is no person, so this
        /// is nobody's alias: 501, as the RFC has it for that case.
        case me
        case serviceProviderConfig
        case resourceTypes
        case resourceType(id: String)
        case schemas
        case schema(id: String)
        case unknown

        /// Bytes of a request's body.
        var bodyBytesMax: Int { self == .bulk ? BulkRequest.bodyBytesMax : Discovery.bodyBytesMax }

        /// The target's path for the request log, with `{id}` in the place of an id.
        var template: String {
            switch self {
            case .collection(let type): "/" + type.endpoint
            case .resource(let type, _): "/" + type.endpoint + "/{id}"
            case .bulk: "/Bulk"
            case .search(let type): (type.map { "/" + $0.endpoint } ?? "") + "/.search"
            case .root: ""
            case .me: "/Me"
            case .serviceProviderConfig: "/ServiceProviderConfig"
            case .resourceTypes: "/ResourceTypes"
            case .resourceType: "/ResourceTypes/{id}"
            case .schemas: "/Schemas"
            case .schema: "/Schemas/{id}"
            case .unknown: "/{unknown}"
            }
        }

        /// The methods that the target answers to, as the header Allow lists them.
        var allowed: String {
            switch self {
            case .collection: "GET, HEAD, POST"
            case .resource: "GET, HEAD, PUT, PATCH, DELETE"
            case .bulk, .search: "POST"
            default: "GET, HEAD"
            }
        }
    }

    /// The path for the request log, without ids.
    var template: String {
        switch self {
        case .health: "/health"
        case .administration(let path): AdminAPI.template(path)
        case .configuration(_, _, let target): "/scim/{configuration}" + target.template
        case .unknown: "/{unknown}"
        }
    }

    /// `/scim/{configuration}/Users` and `/scim/{configuration}/v2/Users` are the same; one slash at the end is tolerated.
    /// Empty segments, and dots as a segment, lead nowhere: nothing is normalised behind the back of the authentication.
    init(path: String) {
        var segments: [String] = []
        for raw in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let segment = PercentCoding.decoded(raw, plusIsSpace: false) else {
                self = .unknown
                return
            }
            segments.append(segment)
        }
        if segments.count > 1, segments.last == "" { segments.removeLast() }
        if segments == ["health"] {
            self = .health
            return
        }
        if segments.first == "admin" {
            self = .administration(Array(segments.dropFirst()))
            return
        }
        guard segments.count >= 2, segments[0] == "scim", Self.isPlain(segments[1]) else {
            self = .unknown
            return
        }
        var rest = segments[2...]
        var base = "/scim/" + segments[1]
        if rest.first == "v2" {
            rest = rest.dropFirst()
            base += "/v2"
        }
        self = .configuration(id: segments[1], base: base, Self.target(Array(rest)))
    }

    private static func target(_ segments: [String]) -> Target {
        if segments.isEmpty { return .root }
        guard let first = segments.first, segments.count <= 2, segments.allSatisfy({ !$0.isEmpty }) else {
            return .unknown
        }
        let id = segments.count == 2 ? segments[1] : nil
        switch (first, id) {
        case ("Users", nil): return .collection(.user)
        case ("Groups", nil): return .collection(.group)
        case (".search", nil): return .search(nil)
        case ("Users", ".search"): return .search(.user)
        case ("Groups", ".search"): return .search(.group)
        case ("Users", let id?): return .resource(.user, id: id)
        case ("Groups", let id?): return .resource(.group, id: id)
        case ("Bulk", nil): return .bulk
        case ("Me", nil): return .me
        case ("ServiceProviderConfig", nil): return .serviceProviderConfig
        case ("ResourceTypes", nil): return .resourceTypes
        case ("ResourceTypes", let id?): return .resourceType(id: id)
        case ("Schemas", nil): return .schemas
        case ("Schemas", let id?): return .schema(id: id)
        default: return .unknown
        }
    }

    /// Identifiers of configurations are made of these; anything else never reaches a header or the store.
    private static func isPlain(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 128
            && id.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
            }
    }
}
