import JSONBytes

/// What one element of an export says about one person or group, after the mapping: the statement that a snapshot makes.
///
/// Attributes are ``Attributes`` by slot; what is not in ``attributes`` and not in ``cleared`` is unsaid.
package struct MappedRecord: Sendable, Equatable {
    package var kind: Kind
    /// The source's immutable id; `nil` when the source has none for this record.
    package var anchor: Anchor?
    /// The key by which other records of the same source name this one (a Graph id, a SCIM `id`, a normalised DN).
    package var reference: String?
    /// `userName` of a user, `displayName` of a group: the name by which people and the account store know the record. Empty in
    /// an entry of a delta that does not say it.
    package var name: String
    /// `nil` when the source does not say: unknown, which is not false.
    package var active: Bool?
    /// Every other attribute that the source says, `userName`/`displayName` included, references excluded.
    package var attributes: Attributes
    /// Slots that the source says are empty.
    package var cleared: [String]
    /// References to other records by their ``reference``: slot path to key, for example the manager.
    package var references: [Reference]
    /// Raw attributes that a scoping filter names as `source.NAME`: nothing else of the raw record is kept.
    package var source: JSONObject
    /// A group's members; `nil` when the source says nothing about them (which is not "no members").
    package var members: [MemberReference]?
    /// What an entry of a delta says about single members; `nil` when it says nothing.
    package var memberChanges: MemberChanges?
    package var place: Place

    package struct Reference: Sendable, Hashable {
        package var path: String
        package var key: String

        package init(path: String, key: String) {
            self.path = path
            self.key = key
        }
    }

    package init(
        kind: Kind, anchor: Anchor?, reference: String?, name: String, active: Bool?, attributes: Attributes,
        cleared: [String] = [], references: [Reference] = [], source: JSONObject = JSONObject(),
        members: [MemberReference]? = nil, place: Place
    ) {
        self.kind = kind
        self.anchor = anchor
        self.reference = reference
        self.name = name
        self.active = active
        self.attributes = attributes
        self.cleared = cleared
        self.references = references
        self.source = source
        self.members = members
        self.place = place
    }
}

/// A member as the source names it.
package struct MemberReference: Sendable, Hashable {
    /// The member's ``MappedRecord/reference``.
    package var key: String

    package init(key: String) { self.key = key }
}

/// Members that come and go, as a delta names them: who is in neither list stays as before.
package struct MemberChanges: Sendable, Equatable {
    package var added: [MemberReference]
    package var removed: [MemberReference]

    package init(added: [MemberReference] = [], removed: [MemberReference] = []) {
        self.added = added
        self.removed = removed
    }
}

/// One row of a snapshot: a record, a record that a delta says is gone, or a row that could not become one and must never look
/// like an absent person.
package enum SnapshotRow: Sendable {
    case record(MappedRecord)
    case removed(Removal)
    case rejected(Rejection)
}

/// Somebody of whom a delta says explicitly that the source has them no more.
package struct Removal: Sendable, Equatable {
    package var kind: Kind
    package var anchor: Anchor
    /// The source's own word for how, for example `deleted`; empty where it has none.
    package var how: String
    package var place: Place

    package init(kind: Kind, anchor: Anchor, how: String, place: Place) {
        self.kind = kind
        self.anchor = anchor
        self.how = how
        self.place = place
    }
}

/// A row that a mapping could not read. It is quarantined; where its anchor is unknown the coverage of its kind is partial.
package struct Rejection: Sendable, Equatable {
    package var kind: Kind
    package var anchor: Anchor?
    package var name: String?
    /// Stable reason code, for example `noUserName`.
    package var code: String
    /// One sentence: what is wrong and what cures it.
    package var detail: String
    package var place: Place

    package init(kind: Kind, anchor: Anchor?, name: String?, code: String, detail: String, place: Place) {
        self.kind = kind
        self.anchor = anchor
        self.name = name
        self.code = code
        self.detail = detail
        self.place = place
    }
}

/// How whole a source is, and how that is known.
package enum Completeness: Sendable, Equatable {
    /// An in-band marker says that everything is here.
    case proven(String)
    /// The format has no marker and nothing speaks against it.
    case plausible(String)
    /// A marker says that there is more, or a part is missing.
    case partial(String)

    package var word: String {
        switch self {
        case .proven: "proven"
        case .plausible: "plausible"
        case .partial: "partial"
        }
    }

    package var reason: String {
        switch self {
        case .proven(let reason), .plausible(let reason), .partial(let reason): reason
        }
    }

    /// The more doubtful of two verdicts, since a set of files is as whole as its worst.
    package func worse(_ other: Completeness) -> Completeness { rank >= other.rank ? self : other }

    private var rank: Int {
        switch self {
        case .proven: 0
        case .plausible: 1
        case .partial: 2
        }
    }
}
