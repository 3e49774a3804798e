import JSONBytes

/// What kind of change; the unit in which gates count.
package enum ChangeClass: String, Sendable, Hashable, CaseIterable {
    case create, link, reactivate, rename, update, attributeClear, memberAdd, memberRemove, deactivate, groupDisable,
        delete
    case restore
    /// A record that the undone run had linked to an account does not own it any more.
    case unlink

    /// The classes that take something away: held on the drain when the limits trip, never done by an import.
    package var isDestructive: Bool {
        switch self {
        case .deactivate, .groupDisable, .delete, .memberRemove, .attributeClear: true
        default: false
        }
    }
}

/// One attribute from old to new; `nil` is "no value".
package struct AttributeChange: Sendable, Hashable {
    package var path: String
    package var before: JSONValue?
    package var after: JSONValue?
    /// For a reference, whose value is an account's id: the names of those accounts, for a reader.
    package var beforeLabel: String?
    package var afterLabel: String?
    /// For a reference: whom it names in terms that survive another planning (the anchor), for the digest. Generated ids
    /// do not.
    package var afterIdentity: String?
    package var beforeIdentity: String?

    package init(
        path: String, before: JSONValue?, after: JSONValue?, beforeLabel: String? = nil, afterLabel: String? = nil,
        afterIdentity: String? = nil, beforeIdentity: String? = nil
    ) {
        self.path = path
        self.before = before
        self.after = after
        self.beforeLabel = beforeLabel
        self.afterLabel = afterLabel
        self.afterIdentity = afterIdentity
        self.beforeIdentity = beforeIdentity
    }

    /// Says whom a reference named until now.
    package mutating func was(_ reference: ResolvedReference?) {
        beforeLabel = reference?.label
        beforeIdentity = reference?.identity
    }
}

/// One class of change to one account.
package struct Change: Sendable, Equatable {
    package var changeClass: ChangeClass
    package var attributes: [AttributeChange]
    /// The account differed without the source having caused it.
    package var isDrift: Bool

    package init(_ changeClass: ChangeClass, attributes: [AttributeChange] = [], isDrift: Bool = false) {
        self.changeClass = changeClass
        self.attributes = attributes
        self.isDrift = isDrift
    }
}

/// What the planner decided about one subject.
package enum Outcome: Sendable, Equatable {
    case nothing
    /// The account changes.
    case change([Change])
    /// Nothing changes and a person should look.
    case quarantine(Finding)
    /// Nothing changes; worth a line in the report.
    case report(String)
}

/// A refusal or oddity in the data, as a value.
package struct Finding: Sendable, Hashable {
    /// Stable reason code, for example `AMBIGUOUS` or `nameTaken`.
    package var code: String
    /// What is wrong, in one sentence.
    package var detail: String
    /// What would cure it, in one sentence.
    package var cure: String

    package init(code: String, detail: String, cure: String) {
        self.code = code
        self.detail = detail
        self.cure = cure
    }
}

package struct Decision: Sendable, Equatable {
    package var situation: Situation
    package var outcome: Outcome
    /// Why, in one sentence.
    package var reason: String
    /// For a record that is to be linked: the account and the evidence. `nil` when the link exists or none is made.
    package var link: NewLink?
    /// What will happen, and when, unless the subject returns.
    package var due: Notice.Due?
    /// The record is gone for good and its account leaves: since when, for ``Absence/leftAt``.
    package var leftAt: Instant?

    package struct NewLink: Sendable, Equatable {
        package var accountID: String
        package var evidence: String

        package init(accountID: String, evidence: String) {
            self.accountID = accountID
            self.evidence = evidence
        }
    }

    package init(_ situation: Situation, _ outcome: Outcome, reason: String, link: NewLink? = nil) {
        self.situation = situation
        self.outcome = outcome
        self.reason = reason
        self.link = link
    }

    package var changes: [Change] { if case .change(let changes) = outcome { changes } else { [] } }
}
