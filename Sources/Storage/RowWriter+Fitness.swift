import GRDB
import Reconciliation

/// Whether a row of a plan still is what the plan says.
package enum Fitness: Sendable, Equatable {
    /// Record and account are as they were when the plan was made.
    case fresh
    /// The account is as the row would make it: the plan was applied before, at least up to here.
    case already
    /// Somebody changed the record or the account; the text says which and who.
    case stale(String)
}

extension RowWriter {
    /// Asks whether a row still fits. Reads only.
    package func fitness(of row: PlanRow) throws -> Fitness {
        if row.member != nil || row.memberWrite != nil { return try memberFitness(row) }
        let target = try target(of: row)
        guard let stale = target.stale else { return .fresh }
        return try isAlready(row, target) ? .already : .stale(stale)
    }

    /// Whether somebody could have changed which account the row is about: the record's own account, and the record of this
    /// anchor. A plan file says both; they are asked again before a kept plan is trusted.
    package func identityStale(_ row: PlanRow) throws -> String? {
        for subject in [row.subject, row.member].compactMap({ $0 }) {
            guard let recordID = subject.recordID, let found = try identity(of: recordID) else { continue }
            if let anchor = found.anchor, let planned = subject.anchor?.value, anchor != planned {
                return "the directory record has another anchor"
            }
            // A row that makes the link, and a membership of somebody who gets their account in this plan, come first.
            let isLinking = row.link != nil && row.member == nil
            if let account = found.account, let planned = subject.accountID, account != planned, !isLinking {
                return "the record has another account"
            }
        }
        return nil
    }

    private func identity(of recordID: String) throws -> (anchor: String?, account: String?)? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT d.anchor, a.id FROM directoryRecord d
                LEFT JOIN link l ON l.organization = d.organization AND l.recordRow = d.row
                LEFT JOIN account a ON a.organization = l.organization AND a.row = l.accountRow
                WHERE d.organization = ? AND d.id = ?
                """)
        return try Row.fetchOne(statement, arguments: [organization, recordID]).map { ($0[0], $0[1]) }
    }

    /// Whether a row that does not fit any more has nothing left to do.
    func isAlready(_ row: PlanRow, _ target: Target) throws -> Bool {
        // Without changes it only keeps the directory's books: a newer word about the record has taken its place.
        if row.changes.isEmpty { return target.recordRow != nil }
        if row.changes.contains(where: { $0.changeClass == .delete }) { return target.account == nil }
        guard let account = target.account, account.account.isAs(row.changes) else { return false }
        guard row.link != nil else { return true }
        guard let recordRow = target.recordRow else { return false }
        return try isLinked(recordRow, to: account.row)
    }

    private func isLinked(_ recordRow: Int64, to accountRow: Int64) throws -> Bool {
        let statement = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM link WHERE organization = ? AND recordRow = ? AND accountRow = ?)")
        return try Bool.fetchOne(statement, arguments: [organization, recordRow, accountRow]) ?? false
    }

    /// A membership fits as long as both of its ends are there.
    private func memberFitness(_ row: PlanRow) throws -> Fitness {
        guard let groupID = row.subject.recordID, try version(of: groupID) != nil else {
            return .stale("the group's record is gone")
        }
        guard let change = row.changes.first else { return .fresh }
        guard let group = try row.subject.accountID.flatMap(accountRow),
            let member = try row.member?.accountID.flatMap(accountRow)
        else { return .stale("one of the two accounts is not there") }
        let isMember =
            try Bool.fetchOne(
                db.cachedStatement(
                    sql:
                        "SELECT EXISTS (SELECT 1 FROM membership WHERE organization = ? AND groupRow = ? AND memberRow = ?)"
                ), arguments: [organization, group, member]) ?? false
        return isMember == (change.changeClass == .memberAdd) && row.memberWrite == nil ? .already : .fresh
    }
}

extension Account {
    /// Whether the account is what these changes would make of it.
    fileprivate func isAs(_ changes: [Change]) -> Bool {
        changes.allSatisfy { change in
            let isState =
                switch change.changeClass {
                case .create, .restore, .reactivate: active
                case .deactivate, .groupDisable: disabledBy == .rollcall
                default: true
                }
            return isState
                && change.attributes.allSatisfy { attribute in
                    switch attribute.path {
                    case "active": .bool(active) == attribute.after
                    case "externalId": externalId == attribute.after?.string
                    default: attributes[attribute.path] == attribute.after
                    }
                }
        }
    }
}

extension Store {
    /// Asks about rows of a plan in one consistent state.
    package func checking<T>(_ state: ConnectionState, now: Instant, _ body: (RowWriter) throws -> T) throws -> T {
        try read { db in
            try body(
                RowWriter(
                    db: db, organization: state.organization, connection: state.connection, run: 0, now: now))
        }
    }
}
