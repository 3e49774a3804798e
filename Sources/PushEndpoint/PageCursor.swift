import Foundation
import JSONBytes
import Reconciliation
import SCIM
import Storage

/// Where the next page of a query begins, as the client carries it (RFC 9865 2): the position of the last record before it,
/// the total of the first page and the time.
///
/// A cursor belongs to its query: a digest over both shows one that was cut, mixed up or used with another filter or order. It is not
/// signed, because a forged one opens nothing: it names a place in what the bearer's own token shows.
struct PageCursor: Equatable {
    var position: ResourceSearch.Position
    /// All that fulfilled the query at the first page; `nil` where it was not counted.
    var total: Int?
    var issuedAt: Instant

    /// Hexadecimal digits of the digest.
    private static let digestLength = 32

    init(position: ResourceSearch.Position, total: Int?, issuedAt: Instant) {
        self.position = position
        self.total = total
        self.issuedAt = issuedAt
    }

    /// The cursor in the characters that a URL takes as they are.
    func text(of query: String) -> String {
        var object: JSONObject = ["at": .integer(issuedAt.milliseconds)]
        if let total { object["total"] = .integer(total) }
        switch position {
        case .row(let row): object["row"] = .integer(row)
        case .key(let bytes, let id):
            object["key"] = .string(Data(bytes).base64EncodedString())
            object["id"] = .string(id)
        }
        let payload = JSONValue.object(object).text
        return Self.digest(query, payload) + Self.encoded(payload)
    }

    /// - Parameters:
    ///   - text: not empty; the empty cursor asks for the first page.
    ///   - query: what tells the query from others.
    /// - Throws: ``SCIMError`` 400 `invalidCursor`, or `expiredCursor` after ``Paging/cursorSeconds``.
    init(_ text: String, of query: String, now: Instant) throws(SCIMError) {
        let digest = text.prefix(Self.digestLength)
        guard let payload = Self.decoded(text.dropFirst(Self.digestLength)), digest == Self.digest(query, payload),
            let object = (try? JSONValue(parsing: payload))?.object, let issued = object["at"]?.integer,
            let position = Self.position(object)
        else {
            throw .bad(
                .invalidCursor,
                "The cursor is none of this query: send an empty one for the first page, and then each 'nextCursor' with the "
                    + "same filter and order.")
        }
        self.init(
            position: position, total: object["total"]?.integer, issuedAt: Instant(milliseconds: Int64(issued)))
        if issuedAt + .seconds(Paging.cursorSeconds) < now {
            throw .bad(
                .expiredCursor, "The cursor is older than \(Paging.cursorSeconds) s; begin again with an empty one.")
        }
    }

    private static func position(_ object: JSONObject) -> ResourceSearch.Position? {
        if let row = object["row"]?.integer { return .row(Int64(row)) }
        guard let id = object["id"]?.string, let key = object["key"]?.string.flatMap({ Data(base64Encoded: $0) }) else {
            return nil
        }
        return .key([UInt8](key), id: id)
    }

    private static func digest(_ query: String, _ payload: String) -> String {
        String(PlanDigest.sha256(query + "\n" + payload).prefix(digestLength))
    }

    private static func encoded(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
            "=", with: "")
    }

    private static func decoded(_ text: Substring) -> String? {
        let plain = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain + padding).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
