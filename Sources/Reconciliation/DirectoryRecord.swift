import JSONBytes

/// What the source says about one person or group, as the directory holds it: the sum of the statements heard so far.
///
/// `attributes` includes `userName` (user) and `displayName`; references and members stand apart. A slot is a value, in
/// ``cleared``, or unsaid.
package struct DirectoryRecord: Sendable, Equatable {
    /// Our id, the SCIM `id`: a lower-case UUID.
    package var id: String
    package var kind: Kind
    package var anchor: Anchor?
    /// How other records of the same source name this one; `nil` for a record that was only ever pushed.
    package var reference: String?
    package var name: String
    package var active: Bool?
    package var attributes: Attributes
    package var cleared: [String]
    package var references: [RecordReference]
    package var source: JSONObject
    /// Rises by one with every statement that changed the record.
    package var version: Int64
    /// The version that the planner last decided on; 0 when it never has.
    package var decidedVersion: Int64
    package var origin: Origin
    /// When the last push of this record was accepted.
    package var pushedAt: Instant?
    /// Since when complete snapshots have not shown the record.
    package var missingSince: Instant?
    /// The source deleted it (SCIM DELETE, a delta's removal).
    package var deletedAt: Instant?
    /// What is counted while the record is missing or deleted; empty while it is present.
    package var absence = Absence()

    package enum Origin: String, Sendable { case push, snapshot }

    package init(
        id: String, kind: Kind, anchor: Anchor?, reference: String?, name: String, active: Bool?,
        attributes: Attributes, cleared: [String] = [], references: [RecordReference] = [],
        source: JSONObject = JSONObject(), version: Int64 = 1, decidedVersion: Int64 = 0, origin: Origin,
        pushedAt: Instant? = nil, missingSince: Instant? = nil, deletedAt: Instant? = nil
    ) {
        self.id = id
        self.kind = kind
        self.anchor = anchor
        self.reference = reference
        self.name = name
        self.active = active
        self.attributes = attributes
        self.cleared = cleared
        self.references = references
        self.source = source
        self.version = version
        self.decidedVersion = decidedVersion
        self.origin = origin
        self.pushedAt = pushedAt
        self.missingSince = missingSince
        self.deletedAt = deletedAt
    }
}

/// What is counted while a record is gone, for the grace periods.
package struct Absence: Sendable, Hashable {
    /// Complete snapshots that did not show the record, each newer than the one before.
    package var sightings = 0
    /// `takenAt` of the last of them.
    package var lastSighting: Instant?
    /// When the account was deactivated, or found so, because the record is gone: from here the deletion is counted.
    package var leftAt: Instant?

    package init(sightings: Int = 0, lastSighting: Instant? = nil, leftAt: Instant? = nil) {
        self.sightings = sightings
        self.lastSighting = lastSighting
        self.leftAt = leftAt
    }
}

extension DirectoryRecord {
    /// Takes note of a complete snapshot that does not show the record.
    ///
    /// - Parameters:
    ///   - takenAt: when that snapshot began. One that is not newer than the last is no new sighting.
    ///   - isRepeat: it is the same file as last time, which says nothing new however often it is read.
    ///   - counting: whether the grace period counts sightings; else only the first is noted, so that a long absence is not
    ///     written down every night.
    package mutating func miss(takenAt: Instant, isRepeat: Bool, counting: Bool) {
        if missingSince == nil {
            missingSince = takenAt
            absence = Absence(sightings: 1, lastSighting: takenAt)
            version += 1
        } else if counting, !isRepeat, absence.lastSighting.map({ $0 < takenAt }) ?? true {
            absence.sightings += 1
            absence.lastSighting = takenAt
            version += 1
        }
    }
}

/// A reference of a record to another, such as the manager's.
package struct RecordReference: Sendable, Hashable {
    /// The slot that the reference fills, for example `urn:…:User:manager.value`.
    package var path: String
    package var target: ReferenceTarget

    package init(path: String, target: ReferenceTarget) {
        self.path = path
        self.target = target
    }
}

/// Whom a reference or a membership names. The two name spaces never cross: what a push says is one of our ids, what a
/// snapshot says is the source's own key.
package enum ReferenceTarget: Sendable, Hashable {
    case record(id: String)
    case source(key: String)

    package var text: String {
        switch self {
        case .record(let id): id
        case .source(let key): key
        }
    }
}

extension DirectoryRecord {
    /// Lays a snapshot's statement over this record: values replace, ``MappedRecord/cleared`` clears, what is unsaid stays.
    ///
    /// The version rises only if something changed. A record that was missing or deleted is present again.
    package func overlaid(by statement: MappedRecord, onCreateOnly: Set<String> = []) -> DirectoryRecord {
        var next = self
        next.anchor = statement.anchor ?? anchor
        next.reference = statement.reference ?? reference
        if !statement.name.isEmpty { next.name = statement.name }
        next.active = statement.active ?? active
        for slot in statement.attributes.slots where !(onCreateOnly.contains(slot.path) && attributes[slot.path] != nil)
        {
            next.attributes[slot.path] = slot.value
        }
        let said = Set(statement.attributes.slots.map(\.path))
        // References are no slots, so an entry that names no slot here is kept as it is.
        let emptied = statement.cleared.flatMap { entry in
            entry.hasSuffix("[*]") ? attributes.slots(clearedBy: entry) : [entry]
        }.filter { !said.contains($0) }
        for path in emptied { next.attributes[path] = nil }
        let referenced = Set(statement.references.map(\.path))
        next.cleared = Array(
            Set(cleared).union(emptied).subtracting(said).subtracting(referenced)
        ).sorted()
        next.references =
            statement.references.map { RecordReference(path: $0.path, target: .source(key: $0.key)) }
            + references.filter { !referenced.contains($0.path) && !emptied.contains($0.path) }
        next.references.sort { $0.path < $1.path }
        next.source = statement.source
        next.missingSince = nil
        next.deletedAt = nil
        next.absence = Absence()
        if next != self {
            next.version = version + 1
            next.origin = .snapshot
        }
        return next
    }

    /// The first statement about somebody: a new record.
    package init(id: String, statement: MappedRecord) {
        self.init(
            id: id, kind: statement.kind, anchor: statement.anchor, reference: statement.reference,
            name: statement.name,
            active: statement.active, attributes: statement.attributes,
            cleared: statement.cleared.filter { !$0.hasSuffix("[*]") }.sorted(),
            references: statement.references.map { RecordReference(path: $0.path, target: .source(key: $0.key)) }
                .sorted { $0.path < $1.path },
            source: statement.source, version: 1, decidedVersion: 0, origin: .snapshot)
    }
}
