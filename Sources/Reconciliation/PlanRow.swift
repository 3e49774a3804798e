import JSONBytes

/// When a row is applied: renames and leavers that free a name first, then people before groups, groups before members,
/// and taking away last.
package enum Phase: Int, Sendable, Hashable, CaseIterable, Comparable {
    case free, createUsers, reactivateUsers, updateUsers, groups, addMembers, removeMembers
    case deactivateUsers, disableGroups, bookkeeping
    /// Lists of members without an account: after the records that they name.
    case memberLists
    case deleteGroups, deleteUsers

    package static func < (left: Phase, right: Phase) -> Bool { left.rawValue < right.rawValue }
}

/// Whom a row is about.
package struct Subject: Sendable, Equatable {
    package var kind: Kind
    package var anchor: Anchor?
    /// `userName` of a user, `displayName` of a group.
    package var name: String
    /// A person's `displayName`, where the source says one: what a reader knows them by.
    package var displayName: String?
    package var recordID: String?
    package var accountID: String?

    package init(
        kind: Kind, anchor: Anchor?, name: String, displayName: String? = nil, recordID: String?, accountID: String?
    ) {
        self.kind = kind
        self.anchor = anchor
        self.name = name
        self.displayName = displayName
        self.recordID = recordID
        self.accountID = accountID
    }
}

/// What happens to the directory record when a row is applied.
package enum RecordWrite: Sendable, Equatable {
    /// The whole new state. `previousVersion` is the version that was planned on, `nil` for a record that must not exist.
    case store(DirectoryRecord, previousVersion: Int64?, hash: String, dueAt: Instant?)
    /// Nothing in the record changes; this version is decided.
    case decided(version: Int64)
}

/// What happens to a group's member list in the directory when a row is applied.
package enum MemberWrite: Sendable, Equatable {
    /// The source lists this record as a member.
    case listed(recordID: String)
    /// The source no longer lists this record.
    case unlisted(recordID: String)
    /// The source lists a key that no record answers to: the membership is deferred until one does.
    case deferred(key: String)
    /// The source no longer lists such a key.
    case undeferred(key: String)
    /// A record answers to a deferred key now.
    case resolved(key: String, recordID: String)
}

/// One line of a plan: everything that is needed to show it, to check that it is still true, and to apply it.
package struct PlanRow: Sendable, Equatable {
    package var phase: Phase
    package var subject: Subject
    package var situation: Situation
    package var reason: String
    package var changes: [Change]
    package var record: RecordWrite?
    package var link: Decision.NewLink?
    /// The account's version that was planned on; `nil` where the account must not exist yet.
    package var accountVersion: Int64?
    /// For memberships: the member's side; the row's subject is the group.
    package var member: Subject?
    package var memberWrite: MemberWrite?
    package var place: Place?
    /// The row is there because the rules were edited since the last accepted run (gate 3), not because the source changed.
    package var edit: RulesEdit?
    /// In which of the groups that the rules name the subject was; `nil` where they name none, or that was not kept.
    package var memberships: Memberships?
    /// References to those who have no account once the plan is carried out: when they get one, the record is looked at
    /// again.
    package var waitsFor: [RecordReference] = []

    package init(
        phase: Phase, subject: Subject, situation: Situation, reason: String, changes: [Change],
        record: RecordWrite? = nil, link: Decision.NewLink? = nil, accountVersion: Int64? = nil, member: Subject? = nil,
        memberWrite: MemberWrite? = nil, place: Place? = nil, edit: RulesEdit? = nil
    ) {
        self.phase = phase
        self.subject = subject
        self.situation = situation
        self.reason = reason
        self.changes = changes
        self.record = record
        self.link = link
        self.accountVersion = accountVersion
        self.member = member
        self.memberWrite = memberWrite
        self.place = place
        self.edit = edit
    }
}

/// What an edit of the filter, the mapping or the policies does to somebody whom the source did not change.
package enum RulesEdit: String, Sendable, CaseIterable { case enters, leaves, changes }

/// A record set aside with its reason.
package struct Quarantined: Sendable, Equatable {
    package var kind: Kind
    package var anchor: Anchor?
    package var name: String?
    package var situation: Situation
    package var finding: Finding
    package var place: Place?
    package var recordID: String?
    package var version: Int64?
    /// What the record says, as mapped; `nil` where it could not be mapped.
    package var attributes: JSONObject?

    package init(
        kind: Kind, anchor: Anchor?, name: String?, situation: Situation, finding: Finding, place: Place?,
        recordID: String? = nil, version: Int64? = nil, attributes: JSONObject? = nil
    ) {
        self.kind = kind
        self.anchor = anchor
        self.name = name
        self.situation = situation
        self.finding = finding
        self.place = place
        self.recordID = recordID
        self.version = version
        self.attributes = attributes
    }
}
