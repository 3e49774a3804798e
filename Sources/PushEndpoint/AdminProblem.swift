import JSONBytes
import Storage

/// A refusal of the admin interface, as `application/problem+json` (RFC 9457).
///
/// The type is `about:blank`, so the title is that of the status; programs go by `code`, which stays.
struct AdminProblem: Error, Equatable {
    enum Code: String, CaseIterable, Sendable {
        case unauthorized, forbidden, noSuchPath, methodNotAllowed, contentTooLarge, unsupportedMediaType
        case invalidJSON, unknownMember, missingMember, invalidMember, unknownReference
        case unknown, ambiguous, taken, occupied, inactive, gated, tooMany, invalidName, lifetime
        case unavailable, failed
    }

    let code: Code
    let detail: String
    var headers: [String: String] = [:]

    init(_ code: Code, _ detail: String, headers: [String: String] = [:]) {
        self.code = code
        self.detail = detail
        self.headers = headers
    }

    init(_ error: ConfigurationError) {
        let code: Code =
            switch error.code {
            case .invalidName: .invalidName
            case .taken: .taken
            case .unknown: .unknown
            case .ambiguous: .ambiguous
            case .inactive: .inactive
            case .occupied: .occupied
            case .lifetime: .lifetime
            case .gated: .gated
            case .tooMany: .tooMany
            }
        self.init(code, error.detail)
    }

    init(_ error: StorageError) {
        switch error.code {
        case .full, .busy:
            self.init(
                .unavailable, "the storage is full or busy; nothing was changed, try again later",
                headers: ["retry-after": String(Endpoint.retryAfterSeconds)])
        case .notADatabase, .newerSchema, .notPermitted, .constraint, .failed: self = .failed
        }
    }

    static let failed = AdminProblem(.failed, "the server could not answer; the request changed nothing")

    var response: EndpointResponse {
        let body: JSONObject = [
            "type": "about:blank", "title": .string(code.title), "status": .integer(code.status),
            "code": .string(code.rawValue), "detail": .string(detail),
        ]
        var response = EndpointResponse(
            status: code.status, headers: headers, body: Array(JSONValue.object(body).text.utf8))
        response.headers["content-type"] = "application/problem+json"
        return response
    }
}

extension AdminProblem.Code {
    var status: Int {
        switch self {
        case .invalidJSON, .unknownMember, .missingMember, .invalidMember, .unknownReference, .invalidName, .lifetime:
            400
        case .unauthorized: 401
        case .forbidden, .gated: 403
        case .noSuchPath, .unknown: 404
        case .methodNotAllowed: 405
        case .ambiguous, .taken, .occupied, .inactive, .tooMany: 409
        case .contentTooLarge: 413
        case .unsupportedMediaType: 415
        case .failed: 500
        case .unavailable: 503
        }
    }

    /// The status's phrase (RFC 9110 15).
    fileprivate var title: String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 503: "Service Unavailable"
        default: "Internal Server Error"
        }
    }
}
