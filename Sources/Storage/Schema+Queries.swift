import GRDB

/// What queries of the SCIM endpoint need.
extension Schema {
    static let queryTables = """
        -- Keys of values by which records are looked up: the folded e-mail addresses and display name of a user, as 64-bit hashes.
        -- No foreign key, which would cost a look-up each in an import: rows of records are never deleted, and who finds a key
        -- reads the record.
        CREATE TABLE recordKey (
            organization INTEGER NOT NULL,
            row INTEGER NOT NULL,
            key INTEGER NOT NULL,
            PRIMARY KEY (organization, row, key)
        ) STRICT, WITHOUT ROWID;

        -- Who is a member of what? Without `removed`, SQLite would rather read all memberships of the organization than look
        -- up one row for each entry of the index.
        DROP INDEX directoryMemberMember;
        CREATE INDEX directoryMemberMember ON directoryMember (organization, memberRow, removed);
        """

    /// The records that are there get their keys, and then the index is built at once: about 15 s for a million people.
    static func fillQueryTables(_ db: Database) throws {
        try RecordKeys.fill(db)
        try db.execute(sql: "CREATE INDEX recordKeyKey ON recordKey (organization, key)")
    }
}
