import JSONBytes

/// What the application has for one person or group.
package struct Account: Sendable, Equatable {
    /// Stable for the account's life, and again when it is restored.
    package var id: String
    package var kind: Kind
    /// `userName` of a user, `displayName` of a group; also in ``attributes``.
    package var name: String
    package var externalId: String?
    package var active: Bool
    /// Who disabled it; `nil` while it is active.
    package var disabledBy: DisabledBy?
    /// An owner's or break-glass account: never deactivated, deleted or renamed by a run.
    package var protected: Bool
    package var attributes: Attributes
    /// Rises with every write, whoever wrote.
    package var version: Int64

    package enum DisabledBy: String, Sendable { case rollcall, administrator }

    package init(
        id: String, kind: Kind, name: String, externalId: String?, active: Bool = true, disabledBy: DisabledBy? = nil,
        protected: Bool = false, attributes: Attributes, version: Int64 = 1
    ) {
        self.id = id
        self.kind = kind
        self.name = name
        self.externalId = externalId
        self.active = active
        self.disabledBy = disabledBy
        self.protected = protected
        self.attributes = attributes
        self.version = version
    }

    /// Whether the account holds its name: active, or disabled by an administrator. One that we deactivated gave it up.
    package var isLive: Bool { active || disabledBy == .administrator }
}

/// An account that a matching rule found for a record without one.
package struct Candidate: Sendable, Equatable {
    package var account: Account
    /// The record that owns it, if any.
    package var owner: Owner?
    /// The rule that found it, for example `externalId`.
    package var rule: String
    /// The values that both have, for example `userName jane@acme.example`: kept with the link.
    package var evidence = ""

    package struct Owner: Sendable, Equatable {
        package var connection: String
        package var recordID: String

        package init(connection: String, recordID: String) {
            self.connection = connection
            self.recordID = recordID
        }
    }

    package init(account: Account, owner: Owner?, rule: String) {
        self.account = account
        self.owner = owner
        self.rule = rule
    }
}
