import JSONBytes
import Reconciliation
import Storage

/// One thing that the admin interface can do: router and OpenAPI document are made of the same table of these.
struct AdminOperation: Sendable {
    enum Answer: Sendable {
        case nothing
        case shape(AdminShape)
        /// The OpenAPI document.
        case document
    }

    /// Its `operationId`.
    let id: String
    let method: String
    /// Below ``AdminAPI/base``, parameters in braces.
    let path: String
    let summary: String
    /// What a token must open at least.
    let access: AdminAccess
    var body: AdminShape?
    /// The status of success.
    var status = 200
    let answer: Answer
    /// Does it; blocks. Its ``ConfigurationError`` and ``StorageError`` become problems.
    let perform: @Sendable (AdminCall) throws -> JSONObject

    var segments: [Substring] { path.split(separator: "/") }

    /// The values of the path's parameters; `nil` where the path is another one.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (pattern, segment) in zip(segments, path) {
            if pattern.hasPrefix("{") {
                parameters[String(pattern.dropFirst().dropLast())] = segment
            } else if pattern != segment {
                return nil
            }
        }
        return parameters
    }
}

/// One authenticated request to the admin interface, its body read.
struct AdminCall: Sendable {
    let store: Store
    let token: AdminToken
    let parameters: [String: String]
    let input: AdminInput
    let publicURL: String
    let now: Instant
    let newID: @Sendable () -> String
    let newToken: @Sendable () -> BearerToken

    var administrator: Administrator { Administrator(name: "admin token \(token.name)", now: now) }

    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The organization of the path; another one than the token's looks as if it were not there.
    func organization() throws -> Organization {
        let name = parameter("organization")
        let found = try store.organizations().first { $0.isCalled(name) }
        guard let found, token.organization == nil || token.organization?.organization == found.organization else {
            throw AdminProblem(.unknown, "there is no organization '\(name)'")
        }
        return found
    }

    /// How long a new token lives.
    var lifetime: Duration {
        input.number("expiresInDays").map { .seconds($0 * 86_400) } ?? BearerToken.lifetimeDefault
    }

    func show(_ configuration: SCIMConfiguration) -> JSONObject {
        AdminForms.json(configuration, publicURL: publicURL, now: now)
    }

    func show(_ configuration: SCIMConfiguration, with secret: BearerToken) -> JSONObject {
        var object = show(configuration)
        object["token"] = .string(secret.text)
        object["tokenId"] = .string(secret.fingerprint)
        return object
    }
}
