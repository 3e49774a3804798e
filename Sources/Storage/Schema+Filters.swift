extension Schema {
    /// What filters by date and by group need.
    static let filterTables = """
        -- Whether the accepted rules ask for memberships: then a change of a group's list queues whom it concerns.
        ALTER TABLE connection ADD COLUMN usesGroups INTEGER NOT NULL DEFAULT 0 CHECK (usesGroups IN (0, 1));
        -- The drain asks for those whose verdict may have changed by time alone.
        CREATE INDEX directoryRecordDue ON directoryRecord (organization, connection, dueAt) WHERE dueAt IS NOT NULL;
        """
}
