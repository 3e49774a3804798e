import GRDB
import JSONBytes
import Reconciliation

// What a plan does to the lists of groups, kept aside where groups are flattened: the people of a group depend on the lists of
// all groups within it, as they are when the plan is carried out.

extension PlanWorkspace {
    /// Makes room for ``changeList(of:member:isListed:)``.
    package func prepareLists() throws {
        try db.execute(
            sql: """
                DROP TABLE IF EXISTS temp.listChange;
                CREATE TEMP TABLE listChange (grp TEXT NOT NULL, member TEXT NOT NULL, listed INTEGER NOT NULL,
                    subject TEXT NOT NULL, PRIMARY KEY (grp, member)) WITHOUT ROWID;
                CREATE INDEX temp.listChangeMember ON listChange (member);
                """)
    }

    /// Notes that a group's list has a member from this plan on, or no more.
    package func changeList(of group: String, member: Subject, isListed: Bool) throws {
        guard let id = member.recordID else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO temp.listChange (grp, member, listed, subject) VALUES (?, ?, ?, ?)")
        try statement.execute(arguments: [group, id, isListed, member.json.text])
    }

    /// Groups whose lists this plan changes.
    package func changedLists() throws -> [String] {
        try String.fetchAll(db, sql: "SELECT DISTINCT grp FROM temp.listChange ORDER BY grp")
    }

    package func listChanges(of group: String) throws -> [(member: Subject, isListed: Bool)] {
        let statement = try db.cachedStatement(
            sql: "SELECT subject, listed FROM temp.listChange WHERE grp = ? ORDER BY member")
        return try Row.fetchAll(statement, arguments: [group]).map { (try Self.subject($0[0]), $0[1]) }
    }

    /// Groups to whose lists this plan adds a record.
    package func lists(adding member: String) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: "SELECT grp FROM temp.listChange WHERE member = ? AND listed = 1 ORDER BY grp")
        return try String.fetchAll(statement, arguments: [member])
    }

    /// Somebody whom this plan adds to a list, as a record that the directory may not have yet.
    package func listedMember(_ member: String) throws -> Subject? {
        let statement = try db.cachedStatement(sql: "SELECT subject FROM temp.listChange WHERE member = ? LIMIT 1")
        return try String.fetchOne(statement, arguments: [member]).map(Self.subject)
    }

    private static func subject(_ text: String) throws -> Subject {
        try Subject(json: try JSONValue(parsing: Array(text.utf8)))
    }
}
