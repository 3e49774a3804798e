import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// What a push asks for cannot be, because another record has it.
package enum PushConflict: Error, Sendable, Equatable {
    /// `attribute` is `userName` or `externalId`. The one who has it is a present record; for an `externalId` it may also
    /// be a deleted one, whose identity nobody else may take by a change.
    case uniqueness(attribute: String)
}

/// Changes of the directory by one push: valid inside the body that was submitted, and all of it or nothing stays.
///
/// Every change of a record raises its version and puts "record R reached version V" into the queue. What a push says is
/// stamped: an older snapshot does not revert it, and the next snapshot looks at the record again.
package struct PushTransaction {
    let rows: PushRows
    let now: Instant

    private var db: Database { rows.db }
    private var scope: PushScope { rows.scope }

    /// A present record of the connection, with this transaction's own changes.
    package func resource(kind: Kind, id: String) throws -> StoredResource? {
        try rows.present(kind: kind, id: id)?.stored
    }

    /// A group's members, with this transaction's own changes. Empty for an unknown group.
    package func members(groupID: String) throws -> [StoredMember] {
        guard let group = try rows.present(kind: .group, id: groupID) else { return [] }
        return try rows.members(ofGroup: group.row)
    }

    /// Adds a record, or revives the deleted or missing one with the same anchor under its own id: then what it said
    /// before and this one does not say is cleared, and memberships that were not said since are gone.
    ///
    /// - Throws: ``PushConflict`` where a present record has the user name or the anchor.
    package func create(_ record: DirectoryRecord) throws -> StoredResource {
        try refuseTakenName(record, exceptRow: nil)
        if let anchor = record.anchor, let found = try rows.anchored(kind: record.kind, anchor: anchor) {
            guard !found.isPresent else { throw PushConflict.uniqueness(attribute: "externalId") }
            return try revive(found, as: record)
        }
        var next = stamped(record)
        next.version = 1
        next.decidedVersion = 0
        let row = try next.insert(into: db, organization: scope.organization, connection: scope.connection, now: now)
        try enqueue(row: row, version: next.version)
        return StoredResource(record: next, createdAt: now, changedAt: now)
    }

    /// The id that ``create(_:)`` gives this record: that of the one it revives, else its own.
    package func idOfCreated(_ record: DirectoryRecord) throws -> String {
        guard let anchor = record.anchor, let found = try rows.anchored(kind: record.kind, anchor: anchor) else {
            return record.id
        }
        return found.record.id
    }

    /// Runs a part of this push so that its failure takes back only what that part did.
    ///
    /// - Returns: what the part returned or threw; a row that a constraint refused is a ``StorageError`` `.constraint`.
    /// - Throws: whatever else the database says, such as a full disk: then nothing of the push can stay.
    package func attempt<T>(_ part: () throws -> T) throws -> Result<T, any Error> {
        do {
            var value: T?
            try db.inSavepoint {
                value = try part()
                return .commit
            }
            return .success(value!)
        } catch let error as DatabaseError {
            guard error.resultCode == .SQLITE_CONSTRAINT, db.isInsideTransaction else { throw error }
            return .failure(StorageError(code: .constraint, detail: error.message ?? "a constraint refused a row"))
        } catch {
            return .failure(error)
        }
    }

    private func revive(_ found: FoundRecord, as record: DirectoryRecord) throws -> StoredResource {
        try endOldMemberships(of: found)
        // A group that stood in its own list has another version now.
        let found = try record.anchor.flatMap { try rows.anchored(kind: record.kind, anchor: $0) } ?? found
        var next = merged(record, over: found.record)
        next.id = found.record.id
        next.version = found.record.version + 1
        return try write(next, over: found)
    }

    /// Writes a record whose `version` the caller raised. Slots and references that the stored record has and this one has
    /// not are cleared; what is said again leaves `cleared`.
    ///
    /// - Throws: ``PushConflict`` where another record has the user name or the anchor; ``StorageError`` `.constraint`
    ///   where the record is not present or its version did not rise (the caller read it before it changed).
    package func update(_ record: DirectoryRecord) throws -> StoredResource {
        guard let found = try rows.present(kind: record.kind, id: record.id), found.record.version < record.version
        else {
            throw StorageError(code: .constraint, detail: "record \(record.id) changed meanwhile; read it again")
        }
        try refuseTakenName(record, exceptRow: found.row)
        if let anchor = record.anchor, let other = try rows.anchored(kind: record.kind, anchor: anchor),
            other.row != found.row
        {
            throw PushConflict.uniqueness(attribute: "externalId")
        }
        return try write(merged(record, over: found.record), over: found)
    }

    /// Writes a record that changed, as ``update(_:)`` does. One that did not change keeps its version and the time of its
    /// last change, and is noted as said again.
    package func store(_ record: DirectoryRecord, over stored: StoredResource) throws -> StoredResource {
        guard record.version == stored.record.version else { return try update(record) }
        try confirm(stored)
        return stored
    }

    /// Notes that a push said what the record already says: an older snapshot, which may say otherwise, does not revert it.
    private func confirm(_ stored: StoredResource) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE directoryRecord SET pushedAt = ? WHERE organization = ? AND id = ? AND connection = ?")
        try statement.execute(
            arguments: [now.milliseconds, scope.organization, stored.record.id, scope.connection])
    }

    /// Marks the record as deleted by its source. Its row, its anchor and a group's member rows stay; its name is free.
    ///
    /// - Throws: ``StorageError`` `.constraint` where the record is no longer present.
    package func delete(_ stored: StoredResource) throws {
        guard let found = try rows.present(kind: stored.record.kind, id: stored.record.id) else {
            throw StorageError(code: .constraint, detail: "record \(stored.record.id) is already deleted")
        }
        var next = stamped(found.record)
        next.version += 1
        next.deletedAt = now
        _ = try write(next, over: found)
    }

    private func write(_ record: DirectoryRecord, over found: FoundRecord) throws -> StoredResource {
        try record.update(row: found.row, in: db, now: now)
        if record.kind == .group, record.nameKey != found.record.nameKey || record.isPresent != found.isPresent {
            try touchMembers(of: found.row, version: record.version)
        }
        try enqueue(row: found.row, version: record.version)
        return StoredResource(record: record, createdAt: found.stored.createdAt, changedAt: now)
    }

    private func refuseTakenName(_ record: DirectoryRecord, exceptRow row: Int64?) throws {
        guard record.kind == .user, let other = try rows.user(named: record.name), other.row != row else { return }
        throw PushConflict.uniqueness(attribute: "userName")
    }

    /// The record as said by this push.
    private func stamped(_ record: DirectoryRecord) -> DirectoryRecord {
        var next = record
        next.origin = .push
        next.pushedAt = now
        next.missingSince = nil
        next.deletedAt = nil
        next.absence = Absence()
        let said = Set(record.attributes.slots.map(\.path)).union(record.references.map(\.path))
        next.cleared = Set(record.cleared).subtracting(said).sorted()
        return next
    }

    /// The record over what is stored: what went is cleared, what only the stored one knows is kept.
    private func merged(_ record: DirectoryRecord, over old: DirectoryRecord) -> DirectoryRecord {
        var next = record
        next.cleared += old.cleared + old.attributes.slots.map(\.path) + old.references.map(\.path)
        next.anchor = record.anchor
        next.reference = record.reference ?? old.reference
        if next.source.isEmpty { next.source = old.source }
        next.decidedVersion = old.decidedVersion
        return stamped(next)
    }

    private func enqueue(row: Int64, version: Int64) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO queueEntry (organization, connection, recordRow, version, enqueuedAt) VALUES (?, ?, ?, ?, ?)
                """)
        try statement.execute(
            arguments: [scope.organization, scope.connection, row, version, now.milliseconds])
    }
}

extension PushTransaction {
    /// Adds and removes members; an id in both lists is added.
    ///
    /// A member that is removed stays as a removed row, and so does one that never was, so that an older snapshot does not
    /// bring it in. An id that no record of the connection has is deferred.
    ///
    /// - Returns: whether something changed: then the group's version rose by one, and it is queued.
    /// - Throws: ``StorageError`` `.constraint` for a group that is not present.
    package func changeMembers(groupID: String, add: [String], remove: [String]) throws -> Bool {
        let group = try presentGroup(groupID)
        let added = Set(add)
        var changed = false
        for id in Set(remove).subtracting(added) {
            if let row = try memberRow(id) {
                if try setMember(row, of: group, removed: true) { changed = true }
            } else if try dropDeferred(id, of: group) {
                changed = true
            }
        }
        for id in added where try addMember(id, to: group) { changed = true }
        try close(group, changed: changed)
        return changed
    }

    /// Makes these the group's members, as ``changeMembers(groupID:add:remove:)`` would.
    ///
    /// - Returns: whether something changed: then the group's version rose by one, and it is queued.
    /// - Throws: ``StorageError`` `.constraint` for a group that is not present.
    package func replaceMembers(groupID: String, with ids: [String]) throws -> Bool {
        let group = try presentGroup(groupID)
        let wanted = Set(ids)
        var changed = false
        for (row, id) in try currentMembers(of: group) where !wanted.contains(id) {
            if try setMember(row, of: group, removed: true) { changed = true }
        }
        for id in try deferredMembers(of: group) where !wanted.contains(id) {
            if try dropDeferred(id, of: group) { changed = true }
        }
        for id in wanted where try addMember(id, to: group) { changed = true }
        let statement = try db.cachedStatement(sql: "UPDATE directoryRecord SET membersReplacedAt = ? WHERE row = ?")
        try statement.execute(arguments: [now.milliseconds, group.row])
        try close(group, changed: changed)
        return changed
    }

    private func presentGroup(_ id: String) throws -> FoundRecord {
        guard let group = try rows.present(kind: .group, id: id) else {
            throw StorageError(code: .constraint, detail: "group \(id) is not there any more")
        }
        return group
    }

    private func addMember(_ id: String, to group: FoundRecord) throws -> Bool {
        if let row = try memberRow(id) { return try setMember(row, of: group, removed: false) }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO deferredMember (organization, groupRow, space, memberKey, pushedAt)
                VALUES (?, ?, 'record', ?, ?) ON CONFLICT DO NOTHING
                """)
        try statement.execute(arguments: [scope.organization, group.row, id, now.milliseconds])
        return db.changesCount > 0
    }

    private func dropDeferred(_ id: String, of group: FoundRecord) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: """
                DELETE FROM deferredMember
                WHERE organization = ? AND groupRow = ? AND space = 'record' AND memberKey = ?
                """)
        try statement.execute(arguments: [scope.organization, group.row, id])
        return db.changesCount > 0
    }

    /// The row of a member id; `nil` where the connection has no such record. A deleted one is found too: its membership
    /// shows when it returns.
    private func memberRow(_ id: String) throws -> Int64? {
        let statement = try db.cachedStatement(
            sql: "SELECT row FROM directoryRecord WHERE organization = ? AND id = ? AND connection = ?")
        return try Int64.fetchOne(statement, arguments: [scope.organization, id, scope.connection])
    }

    /// Stamps the membership with this push. A row of a membership that never was is kept as removed.
    ///
    /// - Returns: whether the membership changed.
    private func setMember(_ member: Int64, of group: FoundRecord, removed: Bool) throws -> Bool {
        let key: StatementArguments = [scope.organization, group.row, member]
        let reading = try db.cachedStatement(
            sql: "SELECT removed FROM directoryMember WHERE organization = ? AND groupRow = ? AND memberRow = ?")
        let before = try Bool.fetchOne(reading, arguments: key)
        let changed = (before ?? true) != removed
        let writing = try db.cachedStatement(
            sql: """
                INSERT INTO directoryMember (organization, groupRow, memberRow, removed, version, pushedAt)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET removed = excluded.removed, pushedAt = excluded.pushedAt,
                    version = CASE WHEN removed <> excluded.removed THEN excluded.version ELSE version END
                """)
        let version = group.record.version + (changed ? 1 : 0)
        try writing.execute(arguments: key + [removed, version, now.milliseconds])
        return changed
    }

    private func currentMembers(of group: FoundRecord) throws -> [(row: Int64, id: String)] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT r.row, r.id FROM directoryMember m
                JOIN directoryRecord r ON r.organization = m.organization AND r.row = m.memberRow
                WHERE m.organization = ? AND m.groupRow = ? AND m.removed = 0
                """)
        return try Row.fetchAll(statement, arguments: [scope.organization, group.row]).map { ($0[0], $0[1]) }
    }

    private func deferredMembers(of group: FoundRecord) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: "SELECT memberKey FROM deferredMember WHERE organization = ? AND groupRow = ? AND space = 'record'")
        return try String.fetchAll(statement, arguments: [scope.organization, group.row])
    }

    /// The group after a push about its members: stamped in any case, a version further if something changed.
    private func close(_ group: FoundRecord, changed: Bool) throws {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE directoryRecord SET hash = NULL, pushedAt = ?, origin = 'push', version = version + ?,
                    changedAt = CASE ? WHEN 0 THEN changedAt ELSE ? END
                WHERE row = ?
                """)
        let step = changed ? 1 : 0
        try statement.execute(arguments: [now.milliseconds, step, step, now.milliseconds, group.row])
        if changed { try enqueue(row: group.row, version: group.record.version + 1) }
    }

    /// Ends the memberships that a record had before it went, save those that a push said since.
    private func endOldMemberships(of member: FoundRecord) throws {
        let went = member.record.deletedAt ?? member.record.missingSince ?? now
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(DirectoryRecord.columns) FROM directoryMember m INDEXED BY directoryMemberMember
                JOIN directoryRecord ON directoryRecord.row = m.groupRow
                WHERE m.organization = ? AND m.memberRow = ? AND m.removed = 0
                    AND (m.pushedAt IS NULL OR m.pushedAt < ?)
                """)
        let arguments: StatementArguments = [scope.organization, member.row, went.milliseconds]
        for group in try Row.fetchAll(statement, arguments: arguments).map(FoundRecord.init) {
            _ = try setMember(member.row, of: group, removed: true)
            try close(group, changed: true)
        }
    }
}
