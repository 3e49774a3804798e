import GRDB
import JSONBytes
import Reconciliation
import SCIM

/// Carries out rows of a plan inside one write transaction: record, account, link, memberships, queue and journal together.
///
/// Every row is checked against the versions that it was planned on; a row that no longer fits is left alone and says so.
package struct RowWriter {
    /// What became of a row.
    package enum Result: Sendable, Equatable {
        case done
        /// The account is as the row would make it: the plan was applied before.
        case already
        /// The record or the account changed since the plan was made; nothing of the row was written.
        case stale(String)
    }

    let db: Database
    let organization: Int64
    let connection: Int64
    package let run: Int64
    let now: Instant
    /// Set while the rows of an undo are carried out.
    package var undoing: Undoing?
    private var sequence: Int64
    /// Groups of the account store that this transaction was the first to touch.
    var touched: [Int64: Bool] = [:]
    let hasQuarantine: Bool
    let hasDeferredReferences: Bool
    let usesGroups: Bool

    init(db: Database, organization: Int64, connection: Int64, run: Int64, now: Instant) throws {
        self.db = db
        self.organization = organization
        self.connection = connection
        self.run = run
        self.now = now
        usesGroups = try Self.usesGroups(db, organization: organization, connection: connection)
        sequence =
            try Int64.fetchOne(
                db, sql: "SELECT max(sequence) FROM journal WHERE organization = ? AND run = ?",
                arguments: [organization, run]) ?? 0
        hasQuarantine =
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM quarantine WHERE organization = ? AND connection = ?)",
                arguments: [organization, connection]) ?? false
        hasDeferredReferences =
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM deferredReference WHERE organization = ?)",
                arguments: [organization]) ?? false
    }

    /// Applies one row.
    package mutating func apply(_ row: PlanRow) throws -> Result {
        if row.member != nil || row.memberWrite != nil { return try applyMember(row) }
        let target = try target(of: row)
        if let stale = target.stale {
            guard try isAlready(row, target) else { return .stale(stale) }
            if !target.isRecordStale { _ = try writeRecord(row, existing: target.recordRow) }
            return .already
        }
        if let undone = try applyUndo(row, target) {
            if undone == .done, let undoing { try hold(row, undoing) }
            return undone
        }
        let recordRow = try writeRecord(row, existing: target.recordRow)
        let account = try writeAccount(row, existing: target.account)
        if let recordRow {
            try writeLink(row, recordRow: recordRow, account: account)
            if row.subject.kind == .user { try deferReferences(row.waitsFor.map(\.target), of: recordRow) }
        }
        if row.subject.kind == .group, row.record != nil, let account { try forget(account.row) }
        if hasQuarantine, !row.situation.isQuarantined { try clearQuarantine(row) }
        if let undoing { try hold(row, undoing) }
        if let recordRow, row.changes.contains(where: { $0.changeClass.isDestructive }) { try release(recordRow) }
        return .done
    }

    // MARK: Versions

    struct Target {
        var recordRow: Int64?
        var account: (row: Int64, account: Account)?
        var stale: String?
        var isRecordStale = false
    }

    /// What the row is about, as it is now, and whether that is what was planned on.
    func target(of row: PlanRow) throws -> Target {
        var target = Target()
        let author = ChangeAuthor(db: db, organization: organization)
        if let recordID = row.subject.recordID {
            let found = try version(of: recordID)
            target.recordRow = found?.row
            switch row.record {
            case .store(_, let previous, _, _): target.isRecordStale = previous != found?.version
            case .decided(let version): target.isRecordStale = found?.version != version
            case nil: break
            }
            if target.isRecordStale { target.stale = "the directory record was \(try author.ofRecord(recordID))" }
        }
        guard let accountID = row.link?.accountID ?? row.subject.accountID else { return target }
        target.account = try storedAccount(accountID)
        let version = target.account?.account.version
        if version != row.accountVersion {
            target.stale = "the account was \(try author.ofAccount(accountID, version: version))"
        }
        return target
    }

    func version(of recordID: String) throws -> (row: Int64, version: Int64)? {
        let statement = try db.cachedStatement(
            sql: "SELECT row, version FROM directoryRecord WHERE organization = ? AND id = ?")
        return try Row.fetchOne(statement, arguments: [organization, recordID]).map { ($0[0], $0[1]) }
    }

    private func storedAccount(_ id: String) throws -> (row: Int64, account: Account)? {
        let statement = try db.cachedStatement(
            sql: "SELECT \(Account.columns) FROM account WHERE organization = ? AND id = ?")
        return try Row.fetchOne(statement, arguments: [organization, id]).map { ($0[0], try Account(row: $0)) }
    }

    // MARK: Record, account, link

    private func writeRecord(_ row: PlanRow, existing: Int64?) throws -> Int64? {
        switch row.record {
        case nil: return existing
        case .decided(let version):
            guard let existing else { return nil }
            if usesGroups { try queueMembers(of: existing) }
            try execute(
                "UPDATE directoryRecord SET decidedVersion = ?, situation = ? WHERE row = ?",
                [version, row.lasting.rawValue, existing])
            try closeQueue(existing, version)
            return existing
        case .store(var record, _, let hash, let dueAt):
            record.decidedVersion = record.version
            let bookkeeping = RecordBookkeeping(
                hash: hash.isEmpty ? nil : hash, dueAt: dueAt, place: row.place?.json.text)
            let recordRow: Int64
            if let existing {
                if usesGroups { try queueMembers(of: existing) }
                try record.update(row: existing, in: db, now: now, bookkeeping: bookkeeping)
                try closeQueue(existing, record.version)
                recordRow = existing
            } else {
                recordRow = try record.insert(
                    into: db, organization: organization, connection: connection, now: now, bookkeeping: bookkeeping)
            }
            try execute(
                "UPDATE directoryRecord SET situation = ? WHERE row = ?", [row.lasting.rawValue, recordRow])
            return recordRow
        }
    }

    mutating func writeAccount(
        _ row: PlanRow, existing: (row: Int64, account: Account)?
    ) throws -> (row: Int64, version: Int64)? {
        let writing = row.changes.filter { $0.changeClass != .link }
        guard let existing else { return try makeAccount(row) }
        if let change = writing.first(where: { $0.changeClass == .delete }) {
            try delete(existing, change, row)
            return nil
        }
        guard !writing.isEmpty else {
            try journalLink(row, account: existing.account.id)
            return (existing.row, existing.account.version)
        }
        var account = existing.account
        for change in writing { account.take(change.attributes) }
        account.version += 1
        try account.update(row: existing.row, in: db, now: now)
        try journalLink(row, account: account.id)
        for change in writing {
            try journal(
                change.changeClass, row, account: account.id,
                change: [
                    "attributes": .array(change.attributes.map(\.json)), "version": .integer(account.version),
                ])
        }
        return (existing.row, account.version)
    }

    /// A new account, or one that was deleted and comes back under its id.
    private mutating func makeAccount(_ row: PlanRow) throws -> (row: Int64, version: Int64)? {
        let make = row.changes.first { $0.changeClass == .create || $0.changeClass == .restore }
        // What an undo restores need not have a record any more to be linked to.
        guard let make, let id = row.link?.accountID ?? (make.changeClass == .restore ? row.subject.accountID : nil)
        else { return nil }
        var account = Account(
            id: id, kind: row.subject.kind, name: row.subject.name, externalId: nil,
            attributes: Attributes())
        if make.changeClass == .restore { account.version = try versionAfterDeletion(account.id) }
        account.take(make.attributes)
        let accountRow = try account.insert(into: db, organization: organization, now: now)
        try journal(
            make.changeClass, row, account: account.id,
            change: [
                "hash": .string(PlanDigest.sha256(account.attributes.json.text)), "version": .integer(account.version),
            ])
        return (accountRow, account.version)
    }

    private mutating func journalLink(_ row: PlanRow, account: String) throws {
        guard let link = row.link, row.changes.contains(where: { $0.changeClass == .link }) else { return }
        try journal(.link, row, account: account, change: ["evidence": .string(link.evidence)])
    }

    func writeLink(_ row: PlanRow, recordRow: Int64, account: (row: Int64, version: Int64)?) throws {
        if row.situation == .linkOnly {
            try execute("DELETE FROM link WHERE organization = ? AND recordRow = ?", [organization, recordRow])
            return
        }
        guard let account else { return }
        if let link = row.link {
            if row.situation == .missing { try dropEmptyLink(of: recordRow) }
            try execute(
                """
                INSERT INTO link (organization, recordRow, accountRow, connection, evidence, accountVersion, createdAt)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
                [organization, recordRow, account.row, connection, link.evidence, account.version, now.milliseconds])
            if hasDeferredReferences { try wakeReferrers(of: recordRow) }
        } else {
            try execute(
                "UPDATE link SET accountVersion = ? WHERE organization = ? AND recordRow = ?",
                [account.version, organization, recordRow])
        }
    }

    // MARK: Journal and helpers

    mutating func journal(
        _ changeClass: ChangeClass, _ row: PlanRow, account: String, change: JSONObject
    ) throws {
        sequence += 1
        var change = change
        change["situation"] = .string(row.situation.rawValue)
        change["reason"] = .string(row.reason)
        change["name"] = .string(row.subject.name)
        if let displayName = row.subject.displayName { change["displayName"] = .string(displayName) }
        if let recordID = row.subject.recordID { change["record"] = .string(recordID) }
        try execute(
            """
            INSERT INTO journal (organization, run, sequence, connection, kind, account, anchor, class, change, at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                organization, run, sequence, connection, row.subject.kind.rawValue, account, row.subject.anchor?.value,
                changeClass.rawValue, JSONValue.object(change).text, now.milliseconds,
            ])
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension PlanRow {
    /// The situation that is remembered for a record whose row was carried out.
    fileprivate var lasting: Situation { changes.isEmpty ? situation : situation.afterwards }
}

extension Account {
    /// Takes over attributes; `active`, `externalId` and the name are not slots alone.
    mutating func take(_ changes: [AttributeChange]) {
        for change in changes {
            switch change.path {
            case "active":
                active = change.after == .bool(true)
                disabledBy = active ? nil : .rollcall
            case "externalId": externalId = change.after?.string
            default:
                attributes[change.path] = change.after
                if change.path == kind.nameSlot, let text = change.after?.string { name = text }
            }
        }
    }
}
