/// An application's question at its door: may this person sign in, and through which SSO configuration?
///
/// The account decides, not what the directory says meanwhile: a deactivation that waits or is held has not happened yet,
/// because it may be the very mistake that a gate stopped. It is told as a notice.
package struct SignInQuestion: Sendable, Equatable {
    /// Whether only a directory creates accounts in the organization.
    package var restrictsCreation: Bool
    /// Whom the name means; `nil` where nobody has an account of that name.
    package var account: SignInAccount?
    package var asked: AskedSSO
    /// All active SSO configurations of the organization.
    package var active: [SSOReference]

    package init(restrictsCreation: Bool, account: SignInAccount?, asked: AskedSSO, active: [SSOReference]) {
        self.restrictsCreation = restrictsCreation
        self.account = account
        self.asked = asked
        self.active = active
    }
}

/// An SSO configuration, as far as a sign-in is concerned.
package struct SSOReference: Sendable, Equatable {
    package var id: String
    package var name: String
    package var isActive: Bool

    package init(id: String, name: String, isActive: Bool) {
        self.id = id
        self.name = name
        self.isActive = isActive
    }
}

/// Through which SSO configuration the person comes.
package enum AskedSSO: Sendable, Equatable {
    /// The application wants to know.
    case unsaid
    /// The organization has none of the name.
    case unknown
    case configuration(SSOReference)
}

/// The account of who wants to sign in.
package struct SignInAccount: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case active, deactivatedByDirectory, deactivatedByAdministrator
    }

    /// Why an active account may be deactivated soon.
    package enum Departure: String, Sendable, CaseIterable {
        /// A push says so, and no worker has drained it yet.
        case deactivationWaiting
        /// The drain held it for approval.
        case deactivationHeld
        /// Complete snapshots do not show the person, and the grace period runs.
        case missingFromDirectory

        /// For a person who reads the answer.
        package var sentence: String {
            switch self {
            case .deactivationWaiting: "a pushed deactivation waits for the worker"
            case .deactivationHeld: "a deactivation is held for approval"
            case .missingFromDirectory: "the directory does not show the person any more; the grace period runs"
            }
        }
    }

    package var id: String
    package var userName: String
    package var state: State
    package var departure: Departure?
    /// That of the connection that owns the account; `nil` where nobody owns it, or the connection has none.
    package var sso: SSOReference?

    package init(
        id: String, userName: String, state: State, departure: Departure? = nil, sso: SSOReference? = nil
    ) {
        self.id = id
        self.userName = userName
        self.state = state
        self.departure = departure
        self.sso = sso
    }
}

/// Why somebody may or may not sign in: the codes are public and stay.
package enum SignInReason: String, Sendable, CaseIterable {
    /// There is an active account.
    case accountActive
    /// There is no account, and the organization lets a sign-in create one.
    case creationAllowed
    /// There is no account, and only the directory creates accounts.
    case creationRestricted
    case deactivatedByDirectory
    case deactivatedByAdministrator
    /// The organization has no SSO configuration of that name.
    case ssoUnknown
    /// The SSO configuration of the question, or the account's own, is not active.
    case ssoInactive
    /// The account's connection has another SSO configuration.
    case ssoMismatch
    /// The organization has no active SSO configuration.
    case ssoMissing

    package var isAllowed: Bool { self == .accountActive || self == .creationAllowed }

    /// For a person who reads the answer.
    package var sentence: String {
        switch self {
        case .accountActive: "the account is active"
        case .creationAllowed: "there is no account yet, and a sign-in may create one"
        case .creationRestricted: "there is no account, and only the directory creates accounts in this organization"
        case .deactivatedByDirectory: "the directory deactivated the account"
        case .deactivatedByAdministrator: "an administrator disabled the account"
        case .ssoUnknown: "the organization has no such SSO configuration"
        case .ssoInactive: "the SSO configuration is not active"
        case .ssoMismatch: "the account belongs to another SSO configuration"
        case .ssoMissing: "the organization has no active SSO configuration"
        }
    }
}

/// The answer to a ``SignInQuestion``.
package struct SignInVerdict: Sendable, Equatable {
    package var reason: SignInReason
    /// Allowed: through this one; `nil` where any active one will do. Denied: the one that the reason is about, or the
    /// account's own.
    package var sso: SSOReference?
    /// Told with an account that may sign in, though not for long.
    package var notice: SignInAccount.Departure?

    package var isAllowed: Bool { reason.isAllowed }
}

extension SignInQuestion {
    /// Answers. The account's state comes before the SSO configurations: whoever is deactivated is told so.
    package var verdict: SignInVerdict {
        switch account?.state {
        case .deactivatedByDirectory: return SignInVerdict(reason: .deactivatedByDirectory, sso: account?.sso)
        case .deactivatedByAdministrator: return SignInVerdict(reason: .deactivatedByAdministrator, sso: account?.sso)
        case .active, nil: break
        }
        if let refusal = refusal { return refusal }
        guard let account else {
            return SignInVerdict(reason: restrictsCreation ? .creationRestricted : .creationAllowed, sso: through)
        }
        return SignInVerdict(reason: .accountActive, sso: account.sso ?? through, notice: account.departure)
    }

    /// What stands against the way in.
    private var refusal: SignInVerdict? {
        let own = account?.sso
        switch asked {
        case .unknown: return SignInVerdict(reason: .ssoUnknown, sso: own)
        case .configuration(let asked) where !asked.isActive: return SignInVerdict(reason: .ssoInactive, sso: asked)
        case .configuration(let asked):
            if let own, own.id != asked.id { return SignInVerdict(reason: .ssoMismatch, sso: own) }
        case .unsaid:
            if let own, !own.isActive { return SignInVerdict(reason: .ssoInactive, sso: own) }
            if own == nil, active.isEmpty, !(account == nil && restrictsCreation) {
                return SignInVerdict(reason: .ssoMissing)
            }
        }
        return nil
    }

    /// The way in of whom no connection owns.
    private var through: SSOReference? {
        if case .configuration(let asked) = asked { return asked }
        return active.count == 1 ? active[0] : nil
    }
}
