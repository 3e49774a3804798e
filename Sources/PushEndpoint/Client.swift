import JSONBytes
import SCIM

/// An identity provider as a SCIM client: what it sends otherwise than RFC 7644 has it, and what is decided where its habit
/// and the RFC disagree.
///
/// Which client it is stands in the SCIM configuration (`rollcall scim create --client`); it is never guessed from a request,
/// since a guess that changes with a header would change who is deactivated.
package struct Client: Sendable {
    /// As it is stored and as `--client` takes it.
    package let name: String
    /// One line for people.
    package let title: String
    let repairs: Repairs
    let policies: Policies

    /// What happens to a request before anything else reads it. All of them are pure, and harmless for a request that is as
    /// the RFC has it.
    struct Repairs: Sendable {
        /// The query as it stands in the URL.
        var query: @Sendable (String) -> String = { $0 }
        /// The body of POST and PUT.
        var resource: @Sendable (JSONObject, ResourceType) throws(SCIMError) -> JSONObject
        /// The body of PATCH.
        var patch: @Sendable (JSONObject, ResourceType) throws(SCIMError) -> JSONObject

        init(
            query: @escaping @Sendable (String) -> String = { $0 },
            resource: @escaping @Sendable (JSONObject, ResourceType) throws(SCIMError) -> JSONObject,
            patch: @escaping @Sendable (JSONObject, ResourceType) throws(SCIMError) -> JSONObject
        ) {
            self.query = query
            self.resource = resource
            self.patch = patch
        }

        init(query: @escaping @Sendable (String) -> String = { $0 }, _ body: BodyRepair) {
            self.init(
                query: query, resource: { object, _ in body.resource(object) },
                patch: { object, _ in body.patch(object) })
        }
    }

    /// What is decided where a client's habit and the RFC disagree.
    struct Policies: Sendable, Equatable {
        /// A replace through a value filter that chooses nothing.
        var unmatchedFilter = UnmatchedFilter.creates
        /// A member that no resource answers to.
        var unknownMember = UnknownMember.waits
        /// A PUT without `externalId`.
        var anchorLeftOut = AnchorLeftOut.isCleared
        /// A new name that is the old one behind 32 hexadecimal digits, for somebody who is inactive.
        var nameOfDeleted = NameOfDeleted.isTaken
    }

    enum UnknownMember: Sendable {
        /// The membership is kept by its id and begins when the resource is there; the rest of the request counts.
        case waits
        /// 400 `invalidValue`, and nothing of the request counts.
        case isRefused
    }

    enum AnchorLeftOut: Sendable {
        /// As any attribute that a PUT leaves out (RFC 7644 3.5.1).
        case isCleared
        case isKept
    }

    enum NameOfDeleted: Sendable {
        /// As sent.
        case isTaken
        /// The person keeps the name that they had.
        case isIgnored
    }
}

extension Client {
    /// All clients, the default first.
    package static let all: [Client] = [
        tolerant, entra, okta, oneLogin, ping, sailPoint, jumpCloud, google, rfc,
    ]

    /// - Returns: `nil` for a name that this program does not know.
    package init?(named name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// For an endpoint of which nobody said who calls: every repair that leaves no second meaning. What only one client's
    /// habit decides is left as the RFC has it.
    static let tolerant = Client(
        name: "default", title: "any client: everything is repaired that can have one meaning only",
        repairs: Repairs(
            query: OneLoginQuirks.repairedQuery, EntraQuirks.body.followed(by: OneLoginQuirks.body)),
        policies: Policies())
}
