import JSONBytes
import Reconciliation
import SCIM

/// What the request log tells of a request: enough to find it again in the client's own log, and nothing personal.
///
/// The route stands for the path, because a path has ids in it and a query has names; tokens and bodies are never here.
package struct RequestEntry: Sendable, Equatable {
    package var at: Instant
    /// `OTHER` for a word that is no method of HTTP.
    package var method: String
    /// The path with `{configuration}` and `{id}` in the place of what they were, without the query.
    package var route: String
    package var status: Int
    /// From the request's head to its answer.
    package var milliseconds: Int64
    /// Whose token it was; `nil` without a good one.
    package var organization: String?
    package var connection: String?
    /// As in the header X-Request-Id of the answer.
    package var requestID: String

    /// One line of the log, without its end.
    package var json: JSONObject {
        var object: JSONObject = [
            "type": "request", "at": .string(DateTime.text(milliseconds: at.milliseconds)), "method": .string(method),
            "route": .string(route),
            "status": .integer(status), "milliseconds": .integer(milliseconds), "requestId": .string(requestID),
        ]
        object["organization"] = organization.map(JSONValue.string)
        object["connection"] = connection.map(JSONValue.string)
        return object
    }

    /// A method as the log names it: one of few words, whatever a client sends.
    static func name(ofMethod method: String) -> String {
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"].contains(method)
            ? method : "OTHER"
    }
}

/// The name by which a client and this server speak about one request.
enum RequestID {
    /// Characters of a client's own name for its request.
    static let charactersMax = 128

    /// The client's own name if it is plain: letters, digits and `-_.:/+=@~`. Another one could forge a line of a log.
    static func wellFormed(_ header: String?) -> String? {
        guard let header, (1...charactersMax).contains(header.utf8.count),
            header.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-_.:/+=@~".utf8.contains(byte)
            })
        else { return nil }
        return header
    }
}
