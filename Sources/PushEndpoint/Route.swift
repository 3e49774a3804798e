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
        case serviceProviderConfig
        case resourceTypes
        case resourceType(id: String)
        case schemas
        case schema(id: String)
        case unknown

        /// The methods that the target answers to, as the header Allow lists them.
        var allowed: String {
            switch self {
            case .collection: "GET, POST"
            case .resource: "GET, PUT, PATCH, DELETE"
            default: "GET"
            }
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
        guard let first = segments.first, segments.count <= 2, segments.allSatisfy({ !$0.isEmpty }) else {
            return .unknown
        }
        let id = segments.count == 2 ? segments[1] : nil
        switch (first, id) {
        case ("Users", nil): return .collection(.user)
        case ("Groups", nil): return .collection(.group)
        case ("Users", let id?): return .resource(.user, id: id)
        case ("Groups", let id?): return .resource(.group, id: id)
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
