import Foundation
import Reconciliation
import SCIM

/// A tenant.
package struct Organization: Sendable, Equatable {
    package var organization: Int64
    package var name: String
    package var createdAt: Instant
    package var settings = OrganizationSettings()

    /// Whether a name means this organization.
    package func isCalled(_ name: String) -> Bool { ConfigurationRows.same(self.name, name) }
}

/// What an organization wants, and what its plan has.
package struct OrganizationSettings: Sendable, Equatable {
    /// Whether only a directory creates accounts: nobody gets one by signing in.
    package var restrictAccountCreationToSCIM = false
    package var scimProvisioning = SCIMProvisioning.on

    package init() {}
}

/// Whether an organization may have push endpoints.
package enum SCIMProvisioning: String, Sendable, CaseIterable {
    /// Not in its plan: no endpoint is created or enabled, and every push is refused.
    case off
    /// In trial: an endpoint is created only by who says that this is known.
    case beta
    case on
}

/// Whose word a change of the configuration is, kept with the change.
package struct Administrator: Sendable {
    /// For example `command line (root)`.
    package var name: String
    package var now: Instant

    package init(name: String, now: Instant) {
        self.name = name
        self.now = now
    }
}

/// The login provider of an organization, which its push endpoints are linked to.
package struct SSOConfiguration: Sendable, Equatable {
    package var id: String
    package var name: String
    package var active: Bool
    package var createdAt: Instant
}

/// One directory that an organization is told about.
package struct Connection: Sendable, Equatable {
    package var connection: Int64
    package var name: String
    /// The linked SSO configuration's name, if any.
    package var ssoName: String?
}

/// A connection's push endpoint.
package struct SCIMConfiguration: Sendable, Equatable {
    package var id: String
    package var name: String
    package var connectionName: String
    package var ssoName: String?
    package var enabled: Bool
    /// The name of the client whose habits the endpoint allows for; ``clientDefault`` unless somebody named one.
    package var client: String
    /// What it speaks beyond RFC 7643.
    package var schemas = SchemaSet.core
    package var createdAt: Instant
    /// From the oldest to the newest, the revoked and expired ones included.
    package var tokens: [Token]

    /// The client of an endpoint for which nobody named one.
    package static let clientDefault = "default"

    /// What is kept of a bearer token, without its hash.
    package struct Token: Sendable, Equatable {
        /// The first ``BearerToken/fingerprintDigits`` digits of its SHA-256: names it for good.
        package var id: String
        /// A rotated token passes its name on.
        package var name: String
        package var createdAt: Instant
        package var expiresAt: Instant
        package var revokedAt: Instant?
        /// To ``TokenUse/resolution``; `nil` until the first use.
        package var lastUsedAt: Instant?

        package func isValid(at now: Instant) -> Bool { now < expiresAt && revokedAt.map { now < $0 } ?? true }
    }
}

/// A secret that opens one push endpoint or the admin interface: shown once, stored as its SHA-256.
package struct BearerToken: Sendable {
    /// Enough to tell tokens apart, and of no use for guessing one of 256 random bits.
    package static let fingerprintDigits = 12
    /// 256 bits: guessing is hopeless, so that no rate limit has to protect it.
    package static let randomBytes = 32
    /// So that scanners of repositories and logs recognise a leaked token.
    package static let prefix = "rc_"
    /// The same for tokens of the admin interface.
    package static let adminPrefix = "rca_"
    /// The shortest and the longest life.
    package static let lifetime: ClosedRange<Duration> = .seconds(86_400)...(.seconds(2 * 366 * 86_400))
    /// Long enough not to surprise, short enough to be rotated.
    package static let lifetimeDefault: Duration = .seconds(365 * 86_400)

    /// What the identity provider sends behind `Bearer `.
    package let text: String

    /// Makes a token of ``randomBytes`` random bytes.
    package init(random bytes: [UInt8], prefix: String = BearerToken.prefix) {
        precondition(bytes.count == Self.randomBytes, "a token has \(Self.randomBytes) random bytes")
        let encoded = Data(bytes).base64EncodedString()
        text = prefix + encoded.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// What is stored.
    package var hash: String { Self.hash(text) }

    /// Names the token, see ``SCIMConfiguration/Token``.
    package var fingerprint: String { String(hash.prefix(Self.fingerprintDigits)) }

    /// The stored form of a token that somebody sent.
    package static func hash(_ text: String) -> String { PlanDigest.sha256(text) }
}

/// What was asked of the configuration or of an account cannot be; `detail` says why and what cures it.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// A name is empty, too long or has control characters.
        case invalidName
        /// Somebody else has the name.
        case taken
        /// Nothing has this name or id.
        case unknown
        /// Several have this name; the id tells them apart.
        case ambiguous
        /// The SSO configuration is not active.
        case inactive
        /// The connection has a push endpoint already, or belongs to another SSO configuration.
        case occupied
        /// A token's life is shorter than a day or longer than two years.
        case lifetime
        /// The organization's plan has no SCIM provisioning, or has it in a trial that nobody accepted.
        case gated
        /// There are as many valid tokens as there may be.
        case tooMany
    }

    package var code: Code
    package var detail: String
    package var description: String { detail }

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}
