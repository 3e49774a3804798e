import JSONBytes

/// One line of the journal: what was done to one account.
package struct JournalEntry: Sendable {
    package var run: Int64
    package var at: Instant
    package var kind: Kind
    package var accountID: String
    package var anchor: Anchor?
    package var name: String
    package var displayName: String?
    package var situation: Situation
    package var reason: String
    package var change: Change
    /// The directory record; `nil` in entries of older versions.
    package var recordID: String?
    /// For memberships: the other end's account.
    package var memberID: String?
    /// For links: by what the account was found.
    package var evidence: String?
    /// For a deletion: the account's last image, and the ids of the groups that a user left with it, of the members that a
    /// group lost with it.
    package var image: Account?
    package var groups: [String] = []
    package var members: [String] = []
    /// For a creation: the SHA-256 of the attributes.
    package var hash: String?
    /// The account's version after the change; `nil` for memberships and links, and in entries of older versions.
    package var version: Int64?

    package init(
        run: Int64, at: Instant, kind: Kind, accountID: String, anchor: Anchor?, name: String,
        displayName: String? = nil,
        situation: Situation, reason: String, change: Change
    ) {
        self.run = run
        self.at = at
        self.kind = kind
        self.accountID = accountID
        self.anchor = anchor
        self.name = name
        self.displayName = displayName
        self.situation = situation
        self.reason = reason
        self.change = change
    }
}

/// What several lines of the journal about one account come to: from before the first to after the last.
package struct NetEffect: Sendable {
    package enum Existence: Sendable, Equatable {
        case stays
        case created
        /// With the last image, where the journal has it.
        case deleted
        /// Created and deleted: nothing is left of it.
        case passing
    }

    package let kind: Kind
    package let accountID: String
    package private(set) var anchor: Anchor?
    package private(set) var name: String
    package private(set) var displayName: String?
    package private(set) var recordID: String?
    package private(set) var situation: Situation
    package private(set) var reason: String
    /// The run of the last entry.
    package private(set) var run: Int64
    /// The account's version after the last change that rose it.
    package private(set) var version: Int64?
    package private(set) var hash: String?
    package private(set) var image: Account?
    /// Ids of the groups and of the members that went with a deleted account.
    package private(set) var lostGroups: [String] = []
    package private(set) var lostMembers: [String] = []
    /// By what the account was linked, or had been; `nil` where the link did not change.
    package private(set) var link: Link?
    /// Memberships of a group by the member's account id: `true` for added.
    package private(set) var members: [String: Bool] = [:]
    private var existedBefore: Bool
    private var existsAfter: Bool
    private var byPath: [String: AttributeChange] = [:]

    package struct Link: Sendable, Equatable {
        package var isMade: Bool
        package var evidence: String
    }

    package init(_ entry: JournalEntry) {
        kind = entry.kind
        accountID = entry.accountID
        name = entry.name
        situation = entry.situation
        reason = entry.reason
        run = entry.run
        existedBefore = ![.create, .restore].contains(entry.change.changeClass)
        existsAfter = true
        take(entry)
    }

    package var existence: Existence {
        switch (existedBefore, existsAfter) {
        case (true, true): .stays
        case (true, false): .deleted
        case (false, true): .created
        case (false, false): .passing
        }
    }

    /// The attributes that are not what they were, by path.
    package var attributes: [AttributeChange] {
        byPath.values.filter { $0.before != $0.after }.sorted { $0.path < $1.path }
    }

    package var isEmpty: Bool {
        existence == .passing || (existence == .stays && attributes.isEmpty && link == nil && members.isEmpty)
    }

    /// Adds the next entry about the same account.
    package mutating func take(_ entry: JournalEntry) {
        precondition(entry.accountID == accountID, "an entry about another account")
        run = entry.run
        anchor = entry.anchor ?? anchor
        if !entry.name.isEmpty { name = entry.name }
        displayName = entry.displayName ?? displayName
        recordID = entry.recordID ?? recordID
        version = entry.version ?? version
        switch entry.change.changeClass {
        case .memberAdd, .memberRemove: return take(member: entry)
        case .link: link = take(link: Link(isMade: true, evidence: entry.evidence ?? ""))
        case .unlink: link = take(link: Link(isMade: false, evidence: entry.evidence ?? ""))
        case .create, .restore:
            existsAfter = true
            hash = entry.hash
        case .delete:
            existsAfter = false
            (image, lostGroups, lostMembers) = (entry.image, entry.groups, entry.members)
        default: break
        }
        situation = entry.situation
        reason = entry.reason
        for attribute in entry.change.attributes { take(attribute) }
    }

    private func take(link next: Link) -> Link? {
        guard let link, link.isMade != next.isMade else { return next }
        return nil
    }

    private mutating func take(member entry: JournalEntry) {
        guard let member = entry.memberID else { return }
        let isAdded = entry.change.changeClass == .memberAdd
        // Added and removed again is nothing.
        if let before = members[member], before != isAdded { members[member] = nil } else { members[member] = isAdded }
    }

    private mutating func take(_ attribute: AttributeChange) {
        guard var known = byPath[attribute.path] else {
            byPath[attribute.path] = attribute
            return
        }
        known.after = attribute.after
        known.afterLabel = attribute.afterLabel
        known.afterIdentity = attribute.afterIdentity
        byPath[attribute.path] = known
    }
}

extension AttributeChange {
    /// From new to old.
    package var reversed: AttributeChange {
        AttributeChange(
            path: path, before: after, after: before, beforeLabel: afterLabel, afterLabel: beforeLabel,
            afterIdentity: beforeIdentity, beforeIdentity: afterIdentity)
    }
}

extension [AttributeChange] {
    /// Attributes by the class that each is a change of.
    package func changes(of kind: Kind) -> [Change] {
        var byClass: [ChangeClass: [AttributeChange]] = [:]
        for attribute in self { byClass[attribute.changeClass(of: kind), default: []].append(attribute) }
        return ChangeClass.allCases.compactMap { changeClass in
            byClass[changeClass].map { Change(changeClass, attributes: $0) }
        }
    }
}

extension AttributeChange {
    fileprivate func changeClass(of kind: Kind) -> ChangeClass {
        if path == "active" {
            if after == true { return .reactivate }
            return kind == .user ? .deactivate : .groupDisable
        }
        if after == nil { return .attributeClear }
        return AttributeDiff.isName(path, of: kind) ? .rename : .update
    }
}

/// What of an effect can be taken back from an account as it is now.
package struct Reversal: Sendable, Equatable {
    /// From what the run left to what it found.
    package var attributes: [AttributeChange] = []
    /// Paths that somebody changed since, which stay.
    package var changedSince: [String] = []

    package init(_ effect: NetEffect, of account: Account) {
        for change in effect.attributes {
            let present = account.value(at: change.path)
            if present == change.after, !(change.path == "active" && account.disabledBy == .administrator) {
                attributes.append(change.reversed)
            } else if present != change.before {
                changedSince.append(change.path)
            }
        }
    }
}

extension Account {
    /// What the account has at a path of a change: a slot's, `active` or `externalId`.
    package func value(at path: String) -> JSONValue? {
        switch path {
        case "active": .bool(active)
        case "externalId": externalId.map(JSONValue.string)
        default: attributes[path]
        }
    }
}
