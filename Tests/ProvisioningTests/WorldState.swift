import GRDB
import Reconciliation
import Storage
import Testing

/// The accounts of an organization as people know them: by anchors, never by generated ids.
struct Accounts: Equatable, CustomStringConvertible {
    struct User: Hashable {
        var name: String
        var active = true
        var title: String?
        var department: String?
        /// The manager's externalId.
        var manager: String?
    }

    struct Group: Hashable {
        var active = true
        var members: Set<String> = []
    }

    /// By externalId, else by name.
    var users: [String: User] = [:]
    var groups: [String: Group] = [:]

    /// Without the memberships of disabled groups, which are suspended: who was in them when is history.
    var live: Accounts {
        var live = self
        for (anchor, group) in groups where !group.active { live.groups[anchor]?.members = [] }
        return live
    }

    var description: String {
        let users = users.sorted { $0.key < $1.key }.map { anchor, user in
            "\(anchor)=\(user.name)\(user.active ? "" : " off")\(user.title == "t" ? "" : " \(user.title ?? "-")")"
                + "\(user.manager.map { " under " + $0 } ?? "")"
        }
        let groups = groups.sorted { $0.key < $1.key }.map { anchor, group in
            "\(anchor)\(group.active ? "" : " off"): \(group.members.sorted().joined(separator: "+"))"
        }
        return "[\((users + groups).joined(separator: ", "))]"
    }
}

extension World {
    /// The accounts as they are in the store.
    func accounts(organization name: String = "acme") throws -> Accounts {
        let store = try store()
        guard let organization = try store.organizations().first(where: { $0.name == name }) else { return Accounts() }
        var keys: [String: String] = [:]
        var found = Accounts()
        var all: [StoredAccount] = []
        try store.forEachAccount(of: organization.organization, related: true) { all.append($0) }
        for stored in all { keys[stored.account.id] = stored.account.externalId ?? stored.account.name }
        for stored in all {
            let account = stored.account
            let key = keys[account.id]!
            switch account.kind {
            case .user:
                let manager = account.attributes[Self.manager]?.string
                found.users[key] = .init(
                    name: account.name, active: account.active, title: account.attributes["title"]?.string,
                    department: account.attributes[Self.department]?.string,
                    manager: manager.map { keys[$0] ?? "unknown account" })
            case .group:
                found.groups[key] = .init(
                    active: account.active, members: Set(stored.related.map { keys[$0.id] ?? "unknown account" }))
            }
        }
        return found
    }

    /// What must hold in every store whatever was done to it, asked of the tables themselves.
    ///
    /// - Returns: what does not hold.
    func violations() throws -> [String] {
        let questions = [
            (
                "an account is linked twice",
                "SELECT accountRow FROM link GROUP BY organization, accountRow HAVING count(*) > 1"
            ),
            (
                "a record is linked twice",
                "SELECT recordRow FROM link GROUP BY organization, recordRow HAVING count(*) > 1"
            ),
            (
                "a live name is held twice",
                """
                SELECT nameKey FROM account WHERE kind = 'user' AND (active = 1 OR disabledBy = 'administrator')
                GROUP BY organization, nameKey HAVING count(*) > 1
                """
            ),
            (
                "a membership has no end",
                """
                SELECT m.groupRow FROM membership m
                LEFT JOIN account g ON g.row = m.groupRow AND g.organization = m.organization AND g.kind = 'group'
                LEFT JOIN account u ON u.row = m.memberRow AND u.organization = m.organization
                WHERE g.row IS NULL OR u.row IS NULL
                """
            ),
            (
                "a link has no end, or crosses organizations",
                """
                SELECT l.recordRow FROM link l
                LEFT JOIN directoryRecord d ON d.row = l.recordRow AND d.organization = l.organization
                    AND d.connection = l.connection
                LEFT JOIN account a ON a.row = l.accountRow AND a.organization = l.organization AND a.kind = d.kind
                WHERE d.row IS NULL OR a.row IS NULL
                """
            ),
            ("a name is parked", "SELECT id FROM account WHERE nameKey = char(0) || id"),
            ("a record's name is parked", "SELECT id FROM directoryRecord WHERE nameKey = char(0) || id"),
            ("a decision is ahead of its record", "SELECT id FROM directoryRecord WHERE decidedVersion > version"),
            ("a run is still going on", "SELECT run FROM run WHERE state = 'running'"),
            ("the lease is still held", "SELECT owner FROM lease WHERE owner <> ''"),
        ]
        return try store().read { db in
            var found: [String] = []
            for (what, sql) in questions where try Row.fetchOne(db, sql: sql) != nil { found.append(what) }
            return found
        }
    }

    /// What waits in the queue.
    func queued() throws -> Int {
        try store().read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM queueEntry") ?? 0 }
    }

    /// What waits in the queue of those whom the last source did not set aside: somebody who is set aside and named a
    /// manager before is looked at again when the manager gets an account.
    func queuedWithoutReason() throws -> Int {
        try store().read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM queueEntry e JOIN directoryRecord r ON r.row = e.recordRow
                    WHERE NOT EXISTS (SELECT 1 FROM quarantine q
                        WHERE q.organization = r.organization AND q.connection = r.connection AND q.anchor = r.anchor)
                    """) ?? 0
        }
    }

    /// The tables that a refused plan must not touch.
    static let ruled = [
        "account", "membership", "link", "directoryRecord", "directoryMember", "deferredMember", "deferredReference",
        "queueEntry", "quarantine", "heldChange", "journal", "connection", "organization",
    ]

    /// What ``dump(_:organization:)`` says, as one text a table: much faster for many rows, and worse to read.
    func image(organization: Int64? = nil) throws -> [String] {
        let condition = organization.map { " WHERE organization = \($0)" } ?? ""
        return try store().read { db in
            try Self.ruled.map { table in
                let columns = try db.columns(in: table).map { "quote(\"\($0.name)\")" }
                let line = columns.joined(separator: " || ',' || ")
                let text = try String.fetchOne(
                    db, sql: "SELECT group_concat(\(line), char(10)) FROM \(table)\(condition)")
                return "\(table): \(text ?? "")"
            }
        }
    }

    /// A number that changes with every commit of another connection.
    func writes() throws -> Int {
        try store().read { db in try Int.fetchOne(db, sql: "PRAGMA data_version") ?? 0 }
    }

    /// Every row of the tables that a refused plan must not touch, as text.
    func dump(_ tables: [String] = World.ruled, organization: Int64? = nil) throws -> [String] {
        try store().read { db in
            var lines: [String] = []
            for table in tables {
                let condition = organization.map { " WHERE organization = \($0)" } ?? ""
                for row in try Row.fetchAll(db, sql: "SELECT * FROM \(table)\(condition)") {
                    lines.append("\(table) \(row)")
                }
            }
            return lines
        }
    }
}
