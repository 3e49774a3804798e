import JSONBytes
import Reconciliation
import SCIM
import Storage

/// The admin interface: configuration and the sign-in question over HTTP, for whoever has one of its own tokens.
///
/// It exists only while there is a valid admin token: without one its paths are like any other that lead nowhere.
package struct AdminAPI: Sendable {
    /// The front of every path.
    package static let base = "/admin/v1"
    /// Bytes of a request's body: no question and no configuration comes near that.
    package static let bodyBytesMax = 64 << 10

    private let store: Store
    private let now: @Sendable () -> Instant
    private let newID: @Sendable () -> String
    private let newToken: @Sendable () -> BearerToken
    private let threads = BlockingReads()

    /// - Parameters:
    ///   - newID: makes the id of a new configuration.
    ///   - newToken: makes a bearer token of a push endpoint from the system's random source.
    package init(
        store: Store, now: @escaping @Sendable () -> Instant, newID: @escaping @Sendable () -> String,
        newToken: @escaping @Sendable () -> BearerToken
    ) {
        self.store = store
        self.now = now
        self.newID = newID
        self.newToken = newToken
    }

    /// Answers a request below `/admin`; `nil` where there is no admin interface.
    ///
    /// - Parameters:
    ///   - path: the segments behind `admin`, decoded.
    ///   - onUse: told the hash of a token that was found good.
    func handle(
        _ request: EndpointRequest, path: [String], publicURL: String,
        onUse: @Sendable (_ hash: String, _ at: Instant) -> Void
    ) async -> EndpointResponse? {
        do {
            let instant = now()
            let hash = Endpoint.bearerToken(request.headers["authorization"]).map(BearerToken.hash)
            switch try await threads.run({ [store] in try store.adminEntrance(tokenHash: hash, at: instant) }) {
            case .closed: return nil
            case .refused:
                throw AdminProblem(
                    .unauthorized, "a valid admin token is required",
                    headers: ["www-authenticate": "Bearer realm=\"admin\""])
            case .open(let token):
                if let hash { onUse(hash, instant) }
                return try await answer(request, path, token, publicURL, instant)
            }
        } catch let problem as AdminProblem {
            return problem.response
        } catch let error as ConfigurationError {
            return AdminProblem(error).response
        } catch let error as StorageError {
            return AdminProblem(error).response
        } catch is BodyTooLong {
            return Self.tooLong.response
        } catch {
            return AdminProblem.failed.response
        }
    }

    private func answer(
        _ request: EndpointRequest, _ path: [String], _ token: AdminToken, _ publicURL: String, _ instant: Instant
    ) async throws -> EndpointResponse {
        let (operation, parameters) = try Self.operation(request.method, path)
        guard token.access >= operation.access else {
            throw AdminProblem(
                .forbidden,
                "the token opens '\(token.access.rawValue)', and this needs '\(operation.access.rawValue)'")
        }
        let call = AdminCall(
            store: store, token: token, parameters: parameters, input: try await input(of: request, operation),
            publicURL: publicURL, now: instant, newID: newID, newToken: newToken)
        let body = try await threads.run { try operation.perform(call) }
        if case .nothing = operation.answer { return EndpointResponse(status: operation.status) }
        return EndpointResponse(
            status: operation.status, headers: ["content-type": "application/json"],
            body: Array(JSONValue.object(body).text.utf8))
    }

    /// The operation that a request asks for, with the values of its path's parameters.
    static func operation(
        _ method: String, _ path: [String]
    ) throws(AdminProblem) -> (AdminOperation, parameters: [String: String]) {
        guard path.first == "v1", !path.contains("") else {
            throw AdminProblem(.noSuchPath, "there is nothing at this path; see \(base)/openapi.json")
        }
        let rest = Array(path.dropFirst())
        let there = AdminOperation.all.compactMap { operation in operation.match(rest).map { (operation, $0) } }
        guard !there.isEmpty else {
            throw AdminProblem(.noSuchPath, "there is nothing at this path; see \(base)/openapi.json")
        }
        guard let found = there.first(where: { $0.0.method == method }) else {
            // HEAD comes as GET (``Endpoint/handle(_:)``).
            let allowed = there.map { $0.0.method == "GET" ? "GET, HEAD" : $0.0.method }.joined(separator: ", ")
            throw AdminProblem(.methodNotAllowed, "this path answers to \(allowed)", headers: ["allow": allowed])
        }
        return found
    }

    /// A path for the request log: with `{organization}` and the like in the place of what they were.
    static func template(_ path: [String]) -> String {
        let found = AdminOperation.all.first { path.first == "v1" && $0.match(Array(path.dropFirst())) != nil }
        return found.map { base + $0.path } ?? "/admin/{unknown}"
    }

    // MARK: - Body

    private static let tooLong = AdminProblem(.contentTooLarge, "the body is longer than \(bodyBytesMax) bytes")

    private func input(of request: EndpointRequest, _ operation: AdminOperation) async throws -> AdminInput {
        guard let shape = operation.body else { return AdminInput() }
        if let length = request.contentLength, length > Self.bodyBytesMax { throw Self.tooLong }
        try Self.checkMediaType(request.headers)
        let bytes = try await request.body(Self.bodyBytesMax)
        do {
            guard let object = try JSONValue(parsing: bytes).object else {
                throw AdminProblem(.invalidJSON, "the body must be a JSON object")
            }
            return try AdminInput(object, as: shape)
        } catch let error as JSONSyntaxError {
            throw AdminProblem(
                .invalidJSON, "the body is not valid JSON: line \(error.line), column \(error.column): \(error.detail)")
        }
    }

    private static func checkMediaType(_ headers: [String: String]) throws(AdminProblem) {
        if let coding = headers["content-encoding"], coding.lowercased() != "identity" {
            throw AdminProblem(.unsupportedMediaType, "the body must not be compressed")
        }
        let type = (headers["content-type"] ?? "").prefix { $0 != ";" }.lowercased()
        guard type.split(separator: " ").joined() == "application/json" else {
            throw AdminProblem(.unsupportedMediaType, "the body must be application/json")
        }
    }
}
