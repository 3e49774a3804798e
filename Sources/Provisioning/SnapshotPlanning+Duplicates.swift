import Reconciliation
import SCIM
import Storage

// Elements that claim the same anchor or name: who claims what, and who is set aside for it.

extension SnapshotPlanning {
    struct SetAside {
        /// The element that it was noted for; `-1` where a retraction of that element must not take it back.
        var ordinal: Int
        var entry: Quarantined
    }

    /// Claims an anchor and a person's name for an element.
    ///
    /// - Returns: the ordinals of the earlier elements that claim one of them too.
    func claim(_ kind: Kind, anchor: Anchor?, name: String?, ordinal: Int) -> Set<Int> {
        var firsts: Set<Int> = []
        if let anchor {
            let key = Self.key(kind, anchor.value)
            if let first = anchors[key] { firsts.insert(first) } else { anchors[key] = ordinal }
        }
        if kind == .user, let name {
            let key = Self.key(.user, KeyFolding.fold(name))
            if let first = names[key] { firsts.insert(first) } else { names[key] = ordinal }
        }
        return firsts
    }

    /// The element that claims an anchor.
    func ordinal(claiming anchor: Anchor, of kind: Kind) -> Int? { anchors[Self.key(kind, anchor.value)] }

    func setOrdinal(_ ordinal: Int, _ situation: Situation) { situations[ordinal] = situation }

    private static func key(_ kind: Kind, _ text: String) -> Int {
        var hasher = Hasher()
        hasher.combine(kind)
        for byte in text.utf8 { hasher.combine(byte) }
        return hasher.finalize()
    }

    /// Several elements claim one key: it is nobody's, and the earlier ones lose their rows again.
    ///
    /// - Parameter firsts: the earlier ones; none where the earlier one was skipped, being unchanged.
    func duplicate(_ statement: MappedRecord, ordinal: Int, firsts: Set<Int>, stored: StoredSubject?) throws {
        situations[ordinal] = .duplicateSource
        if statement.kind == .user { contestedNames.insert(KeyFolding.fold(statement.name)) }
        for first in firsts {
            try setAsideTwin(
                first, kind: statement.kind, anchor: statement.anchor, name: statement.name, place: statement.place)
        }
        if firsts.isEmpty, let stored { setAsideTwice(stored.record, place: nil, other: statement.place) }
        var entry = Self.twice(
            kind: statement.kind, anchor: statement.anchor, name: statement.name, place: statement.place,
            other: firsts.min().flatMap { places[$0] })
        entry.attributes = statement.attributes.json.object
        note(entry)
    }

    /// An element that is unchanged claims a record that an earlier one claimed.
    func duplicate(unchanged record: DirectoryRecord, place: Place) throws {
        let ordinal = nextOrdinal(.duplicateSource, place: place)
        let firsts = claim(record.kind, anchor: record.anchor, name: record.name, ordinal: ordinal)
        for first in firsts {
            try setAsideTwin(first, kind: record.kind, anchor: record.anchor, name: record.name, place: place)
        }
        if firsts.isEmpty { setAsideTwice(record, place: nil, other: place) }
        setAsideTwice(record, place: place, other: firsts.min().flatMap { places[$0] })
    }

    /// Takes its row from an earlier element whose anchor or name a later one claims too.
    func setAsideTwin(_ first: Int, kind: Kind, anchor: Anchor?, name: String?, place: Place) throws {
        guard situations[first] != .duplicateSource, !rejected.contains(first) else { return }
        // Without a row the element was the same as its record.
        var subject = try workspace.row(ordinal: first)?.subject
        if subject == nil, let anchor, anchors[Self.key(kind, anchor.value)] == first,
            let stored = try lookup.subject(kind: kind, anchor: anchor)
        {
            subject = self.subject(of: stored.record, accountID: nil)
        }
        if subject == nil, let name, let holder = try lookup.holder(ofNameKey: KeyFolding.fold(name)),
            let stored = try lookup.subject(row: holder.row)
        {
            subject = self.subject(of: stored.record, accountID: nil)
        }
        try retract(first)
        situations[first] = .duplicateSource
        if kind == .user, let name = subject?.name { contestedNames.insert(KeyFolding.fold(name)) }
        note(
            Self.twice(
                kind: kind, anchor: subject?.anchor ?? anchor, name: subject?.name ?? name ?? "", place: places[first],
                other: place))
    }

    /// A row's subject will not get what it was planned.
    func retract(_ ordinal: Int) throws {
        if let row = try workspace.row(ordinal: ordinal) {
            if let recordID = row.subject.recordID { try workspace.removePlannedAccount(recordID: recordID) }
            if case .store(let record, _, _, _) = row.record, let reference = record.reference {
                try workspace.removeNewRecord(reference: reference)
            }
        }
        try workspace.removeRow(ordinal: ordinal)
        pending[ordinal] = nil
        settlement.forget(ordinal)
        retracted.insert(ordinal)
    }

    /// Everybody who is set aside, in the order in which that was found.
    var quarantined: [Quarantined] { setAsides.filter { !retracted.contains($0.ordinal) }.map(\.entry) }

    /// Notes somebody who is set aside, for an element where it concerns one.
    func note(_ entry: Quarantined, for ordinal: Int = -1) {
        setAsides.append(SetAside(ordinal: retracted.contains(ordinal) ? -1 : ordinal, entry: entry))
        guard entry.situation == .duplicateSource else { return }
        twins.insert(Self.identity(entry.kind, anchor: entry.anchor, name: entry.name ?? ""))
    }

    private static func identity(_ kind: Kind, anchor: Anchor?, name: String) -> String {
        kind.rawValue + (anchor.map { "\u{1}" + $0.value } ?? "\u{2}" + name)
    }

    /// Sets aside the unchanged records whose names others claim who are set aside themselves.
    func setAsideSkippedTwins() throws {
        for key in contestedNames.sorted() {
            guard let holder = try lookup.holder(ofNameKey: key), seen.contains(holder.row),
                let stored = try lookup.subject(row: holder.row)?.record, !isSetAside(stored)
            else { continue }
            setAsideTwice(stored, place: nil, other: nil)
        }
    }

    /// Whether a record was found to be claimed twice.
    func isSetAside(_ record: DirectoryRecord) -> Bool {
        twins.contains(Self.identity(record.kind, anchor: record.anchor, name: record.name))
    }

    private func setAsideTwice(_ record: DirectoryRecord, place: Place?, other: Place?) {
        note(
            Self.twice(kind: record.kind, anchor: record.anchor, name: record.name, place: place, other: other))
    }

    static func twice(kind: Kind, anchor: Anchor?, name: String, place: Place?, other: Place?) -> Quarantined {
        let where_ = other.map { "also at byte \($0.bytes.lowerBound) of \($0.file)" } ?? "also earlier in the source"
        return Quarantined(
            kind: kind, anchor: anchor, name: name, situation: .duplicateSource,
            finding: Finding(
                code: "DUPLICATE_SOURCE", detail: "the source has the same anchor or user name twice; \(where_)",
                cure: "remove one of the two at the source"),
            place: place)
    }
}
