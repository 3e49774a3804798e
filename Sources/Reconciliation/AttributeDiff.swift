import JSONBytes

/// The difference between what the source says and what the account has, by class of change.
package struct AttributeDiff: Sendable, Equatable {
    /// `userName`, a group's `displayName`, and e-mail addresses: what people and systems know the account by.
    package var renames: [AttributeChange] = []
    package var updates: [AttributeChange] = []
    package var clears: [AttributeChange] = []

    package var isEmpty: Bool { renames.isEmpty && updates.isEmpty && clears.isEmpty }

    /// Compares slot by slot. Unsaid slots keep the account's value; slots in `onCreateOnly` are never compared.
    ///
    /// - Parameter resolved: references by slot path; a reference that is not here is deferred and counts as unsaid.
    package init(
        record: DirectoryRecord, account: Account, resolved: [String: ResolvedReference], onCreateOnly: Set<String>
    ) {
        if let anchor = record.anchor, account.externalId.map(Anchor.init) != anchor {
            updates.append(
                AttributeChange(
                    path: "externalId", before: account.externalId.map(JSONValue.string), after: .string(anchor.value)))
        }
        for slot in record.attributes.slots where !Self.isOnce(slot.path, onCreateOnly) {
            add(path: slot.path, before: account.attributes[slot.path], after: slot.value, kind: record.kind)
        }
        for (path, target) in resolved.sorted(by: { $0.key < $1.key }) where !onCreateOnly.contains(path) {
            let before = account.attributes[path]
            if before != .string(target.accountID) { updates.append(target.change(path: path, before: before)) }
        }
        for path in record.cleared.flatMap(account.attributes.slots(clearedBy:)) where record.attributes[path] == nil {
            guard let before = account.attributes[path], !Self.isOnce(path, onCreateOnly) else { continue }
            clears.append(AttributeChange(path: path, before: before, after: nil))
        }
    }

    /// Whether a slot is written once only; `roles` means the roles of every type.
    private static func isOnce(_ path: String, _ onCreateOnly: Set<String>) -> Bool {
        if onCreateOnly.isEmpty { return false }
        return onCreateOnly.contains(path)
            || Attributes.typedSlot(path).map { onCreateOnly.contains($0.attribute) } ?? false
    }

    private mutating func add(path: String, before: JSONValue?, after: JSONValue, kind: Kind) {
        guard before != after else { return }
        let change = AttributeChange(path: path, before: before, after: after)
        if Self.isName(path, of: kind) { renames.append(change) } else { updates.append(change) }
    }

    /// Whether a slot is part of the name in the sense of the rename class.
    package static func isName(_ path: String, of kind: Kind) -> Bool {
        switch kind {
        case .user: path == "userName" || path.hasPrefix("emails")
        case .group: path == "displayName"
        }
    }
}

/// Whom a reference names, as far as the account store is concerned.
package struct ResolvedReference: Sendable, Equatable {
    package var accountID: String
    /// The name by which a reader knows the account.
    package var label: String
    /// The anchor, else the name: what a new account's generated id does not carry from one planning to the next.
    package var identity: String

    package init(accountID: String, label: String, identity: String) {
        self.accountID = accountID
        self.label = label
        self.identity = identity
    }

    package func change(path: String, before: JSONValue?) -> AttributeChange {
        AttributeChange(
            path: path, before: before, after: .string(accountID), afterLabel: label, afterIdentity: identity)
    }
}
