import JSONBytes
import Reconciliation
import SCIM
import Storage

/// The SCIM endpoint: requests in, answers out, the directory in between. Knows HTTP's words and no sockets.
///
/// Every write is on the disk, together with its entry in the change queue, before its answer is returned.
package struct Endpoint: Sendable {
    let store: Store
    let commits: GroupCommit
    /// Where clients reach the server, without a slash at the end: the front of every `location`.
    let publicURL: @Sendable () -> String
    let now: @Sendable () -> Instant
    let newID: @Sendable () -> String
    let onAccepted: @Sendable () -> Void
    let readers: BlockingReads

    /// Records that are looked at for one query whose filter no index answers. A larger directory answers 400
    /// `tooMany`: the client has to narrow the filter, and is not told half of the truth.
    package static let scanMax = 10_000
    /// Seconds after which a client shall come again when the storage is full or busy.
    package static let retryAfterSeconds = 30

    /// - Parameters:
    ///   - publicURL: where clients reach the server, without a slash at the end; asked when it listens.
    ///   - now: the clock.
    ///   - newID: makes the `id` of a new resource: a lower-case UUID.
    ///   - onAccepted: called after each write that is in the queue, so that a worker looks there.
    package init(
        store: Store, commits: GroupCommit, publicURL: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> Instant,
        newID: @escaping @Sendable () -> String, onAccepted: @escaping @Sendable () -> Void = {}
    ) {
        self.store = store
        self.commits = commits
        self.publicURL = publicURL
        self.now = now
        self.newID = newID
        self.onAccepted = onAccepted
        readers = BlockingReads()
    }

    /// Answers a request. Whatever happens becomes a SCIM answer; nothing of the inside is in it.
    package func handle(_ request: EndpointRequest) async -> EndpointResponse {
        do { return try await route(request) } catch let error as SCIMError {
            var headers: [String: String] = [:]
            if error.status == 401 { headers["www-authenticate"] = "Bearer realm=\"SCIM\"" }
            if error.status == 503 { headers["retry-after"] = String(Self.retryAfterSeconds) }
            return EndpointResponse(error, headers: headers)
        } catch {
            return EndpointResponse(SCIMError(status: 500, "The server could not answer; the request changed nothing."))
        }
    }

    private func route(_ request: EndpointRequest) async throws -> EndpointResponse {
        do {
            switch Route(path: request.path) {
            case .health: return health(request)
            case .unknown: throw try unknownPath(request)
            case .configuration(let id, let base, let target):
                let scope = try await authenticate(request, configurationID: id)
                var request = request
                request.query = try Client.named(scope.client).repairs.query(request.query)
                let call = EndpointCall(endpoint: self, request: request, scope: scope, baseURL: publicURL() + base)
                return try await call.answer(target)
            }
        } catch let error as StorageError {
            throw Self.translated(error)
        } catch let PushConflict.uniqueness(attribute) {
            throw SCIMError(status: 409, .uniqueness, "Another resource has this \(attribute).")
        } catch is BodyTooLong {
            throw SCIMError(status: 413, "The body is longer than \(Discovery.bodyBytesMax) bytes.")
        }
    }

    private func health(_ request: EndpointRequest) -> EndpointResponse {
        guard request.method == "GET" || request.method == "HEAD" else {
            return EndpointResponse(Self.notAllowed, headers: ["allow": "GET"])
        }
        return EndpointResponse(
            status: 200, headers: ["content-type": "application/json"], body: Array(#"{"status":"ok"}"#.utf8))
    }

    /// Nobody learns from a path without a token whether it exists.
    private func unknownPath(_ request: EndpointRequest) throws -> SCIMError {
        request.headers["authorization"] == nil
            ? Self.unauthorized : SCIMError(status: 404, "There is nothing at this path.")
    }

    static let notAllowed = SCIMError(status: 405, "This resource does not support the method.")
    static let unauthorized = SCIMError(status: 401, "A valid bearer token is required.")

    /// Finds the scope that the request's token opens, before anything of the body is read.
    private func authenticate(_ request: EndpointRequest, configurationID: String) async throws -> PushScope {
        guard let token = Self.bearerToken(request.headers["authorization"]) else { throw Self.unauthorized }
        let hash = BearerToken.hash(token)
        let instant = now()
        let scope = try await readers.run {
            try store.pushScope(configurationID: configurationID, tokenHash: hash, at: instant)
        }
        guard let scope else { throw Self.unauthorized }
        return scope
    }

    /// The token of `Bearer TOKEN`, the scheme in any letter case; one space between them and nothing after it.
    static func bearerToken(_ header: String?) -> String? {
        guard let header, header.utf8.count <= 4096, let space = header.firstIndex(of: " "),
            header[..<space].lowercased() == "bearer"
        else { return nil }
        let token = header[header.index(after: space)...]
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") }) else {
            return nil
        }
        return String(token)
    }

    private static func translated(_ error: StorageError) -> SCIMError {
        switch error.code {
        case .full: SCIMError(status: 503, "The storage is full; nothing was changed. Try again later.")
        case .busy: SCIMError(status: 503, "The server is busy; nothing was changed. Try again later.")
        case .notADatabase, .newerSchema, .notPermitted, .constraint, .failed:
            SCIMError(status: 500, "The server could not answer; the request changed nothing.")
        }
    }
}
