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
    let onAnswered: (@Sendable (RequestEntry) -> Void)?
    let readers: BlockingReads
    let inFlight: RequestsInFlight
    /// `nil`: no admin interface, whatever tokens there are.
    let administration: AdminAPI?
    let forwarding: Forwarding
    let tokenUses: TokenUses

    /// Records that are judged one by one for one query, where SQL cannot judge or sort them. A larger directory answers 400
    /// `tooMany`: the client has to narrow the filter or to page by cursor, and is not told half of the truth.
    package static let scanMax = 10_000
    /// Seconds after which a client shall come again when the storage is full or busy.
    package static let retryAfterSeconds = 30
    /// Seconds after which a client shall come again that has too many requests at work: they last milliseconds.
    package static let retryAfterFloodSeconds = 1

    /// - Parameters:
    ///   - publicURL: where clients reach the server, without a slash at the end; asked when it listens.
    ///   - now: the clock.
    ///   - newID: makes the `id` of a new resource, and of a request that has none: a lower-case UUID.
    ///   - onAccepted: called after each write that is in the queue, so that a worker looks there.
    ///   - onAnswered: called with each answer, for a request log.
    ///   - administration: what answers below `/admin`.
    ///   - forwarding: whether a proxy's word about the address counts more than `publicURL`.
    package init(
        store: Store, commits: GroupCommit, publicURL: @escaping @Sendable () -> String,
        now: @escaping @Sendable () -> Instant,
        newID: @escaping @Sendable () -> String, onAccepted: @escaping @Sendable () -> Void = {},
        onAnswered: (@Sendable (RequestEntry) -> Void)? = nil,
        administration: AdminAPI? = nil, forwarding: Forwarding = .ignored
    ) {
        self.store = store
        self.commits = commits
        self.publicURL = publicURL
        self.now = now
        self.newID = newID
        self.onAccepted = onAccepted
        self.onAnswered = onAnswered
        self.administration = administration
        self.forwarding = forwarding
        readers = BlockingReads()
        inFlight = RequestsInFlight()
        tokenUses = TokenUses(store: store)
    }

    /// Answers a request. Whatever happens becomes a SCIM answer; nothing of the inside is in it.
    ///
    /// HEAD is answered as GET without the body (RFC 9110 9.3.2). The header Accept does not count: RFC 7644 3.8 has JSON
    /// as the only form, RFC 9110 12.5.1 allows to disregard the header, and a person whose removal is refused for a header
    /// would stay active.
    package func handle(_ request: EndpointRequest) async -> EndpointResponse {
        let start = now()
        let requestID = RequestID.wellFormed(request.headers["x-request-id"]) ?? newID()
        let route = Route(path: request.path)
        var plain = request
        if request.method == "HEAD" { plain.method = "GET" }
        var scope: PushScope?
        var answer: EndpointResponse
        do { answer = try await respond(to: plain, route, &scope) } catch { answer = Self.refused(Self.refusal(error)) }
        answer.headers["x-request-id"] = requestID
        if request.method == "HEAD", !answer.body.isEmpty {
            answer.headers["content-length"] = String(answer.body.count)
            answer.body = []
        }
        onAnswered?(
            RequestEntry(
                at: start, method: RequestEntry.name(ofMethod: request.method), route: route.template,
                status: answer.status, milliseconds: max(0, now().milliseconds - start.milliseconds),
                organization: scope?.organizationName, connection: scope?.connectionName, requestID: requestID))
        return answer
    }

    private static func refused(_ error: SCIMError) -> EndpointResponse {
        var headers: [String: String] = [:]
        if error.status == 401 { headers["www-authenticate"] = "Bearer realm=\"SCIM\"" }
        if error.status == 429 { headers["retry-after"] = String(retryAfterFloodSeconds) }
        if error.status == 503 { headers["retry-after"] = String(retryAfterSeconds) }
        return EndpointResponse(error, headers: headers)
    }

    /// - Parameter scope: gets whose token it is, once that is known.
    private func respond(
        to request: EndpointRequest, _ route: Route, _ scope: inout PushScope?
    ) async throws -> EndpointResponse {
        switch route {
        case .health: return health(request)
        case .administration(let path):
            let answer = await administration?.handle(
                request, path: path, publicURL: try publicURL(of: request), onUse: tokenUses.note)
            guard let answer else { throw unknownPath(request) }
            return answer
        case .unknown: throw unknownPath(request)
        case .configuration(let id, let base, let target):
            let (found, token) = try await authenticate(request, configurationID: id)
            scope = found
            var request = request
            request.query = try Client.named(found.client).repairs.query(request.query)
            let call = EndpointCall(
                endpoint: self, request: request, scope: found, baseURL: try publicURL(of: request) + base)
            let bodyBytes = min(target.bodyBytesMax, request.contentLength ?? (request.isChunked ? .max : 0))
            guard inFlight.enter(token, bodyBytes: bodyBytes) else {
                throw SCIMError(status: 429, "Too many requests with this token are at work; send it again later.")
            }
            defer { inFlight.leave(token, bodyBytes: bodyBytes) }
            return try await call.answer(target)
        }
    }

    private func health(_ request: EndpointRequest) -> EndpointResponse {
        guard request.method == "GET" else {
            return EndpointResponse(Self.notAllowed, headers: ["allow": "GET, HEAD"])
        }
        return EndpointResponse(
            status: 200, headers: ["content-type": "application/json"], body: Array(#"{"status":"ok"}"#.utf8))
    }

    /// Where the client reaches the server, without a slash at the end.
    private func publicURL(of request: EndpointRequest) throws(SCIMError) -> String {
        switch forwarding {
        case .ignored: publicURL()
        case .trusted: try ForwardedHeaders.publicURL(request.headers) ?? publicURL()
        }
    }

    /// Nobody learns from a path without a token whether it exists.
    private func unknownPath(_ request: EndpointRequest) -> SCIMError {
        request.headers["authorization"] == nil
            ? Self.unauthorized : SCIMError(status: 404, "There is nothing at this path.")
    }

    static let notAllowed = SCIMError(status: 405, "This resource does not support the method.")
    /// Only who has a valid token learns it.
    static let gated = SCIMError(
        status: 403,
        "SCIM provisioning is not in the plan of this organization; nothing was changed. The application's vendor can switch it on."
    )
    static let unauthorized = SCIMError(status: 401, "A valid bearer token is required.")

    /// Finds the scope that the request's token opens, before anything of the body is read; and the token's digest.
    private func authenticate(
        _ request: EndpointRequest, configurationID: String
    ) async throws -> (PushScope, token: String) {
        guard let token = Self.bearerToken(request.headers["authorization"]) else { throw Self.unauthorized }
        let hash = BearerToken.hash(token)
        let instant = now()
        let scope = try await readers.run {
            let scope = try store.pushScope(configurationID: configurationID, tokenHash: hash, at: instant)
            if let scope, try store.isGated(scope) { throw Self.gated }
            return scope
        }
        guard let scope else { throw Self.unauthorized }
        tokenUses.note(hash: hash, at: instant)
        return (scope, hash)
    }

    /// An error in the words of the RFC; nothing of the inside is in it.
    static func refusal(_ error: any Error) -> SCIMError {
        switch error {
        case let error as SCIMError: error
        case let error as StorageError: translated(error)
        case PushConflict.uniqueness(let attribute):
            SCIMError(status: 409, .uniqueness, "Another resource has this \(attribute).")
        case let error as BodyTooLong:
            SCIMError(status: 413, "The body is longer than \(error.limit) bytes.")
        case is BodyTooSlow: SCIMError(status: 408, "The body took too long to arrive; send it again.")
        default: SCIMError(status: 500, "The server could not answer; the request changed nothing.")
        }
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
