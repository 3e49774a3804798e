extension Schema {
    /// When jobs ran, and who is still to be told what.
    ///
    /// Keys begin with the organization's name as it is looked up, not with its number: a job's organization may not exist before
    /// its first accepted run, and a schedule does before that.
    static let scheduleTables = """
        CREATE TABLE jobSchedule (
            organization TEXT NOT NULL,
            connection TEXT NOT NULL,
            job TEXT NOT NULL,
            -- The expression and its zone. Another one than the job's means that the job was edited.
            schedule TEXT NOT NULL,
            -- Runs that were due until then are done.
            handledUntil INTEGER NOT NULL,
            -- Who runs it now, and since when.
            claimOwner TEXT,
            claimedAt INTEGER,
            lastStartedAt INTEGER,
            lastEndedAt INTEGER,
            -- The exit status of the last run.
            lastStatus INTEGER,
            lastRun INTEGER,
            PRIMARY KEY (organization, connection, job),
            CHECK ((claimOwner IS NULL) = (claimedAt IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE notification (
            organization TEXT NOT NULL,
            id TEXT NOT NULL,
            connection TEXT NOT NULL,
            job TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            channel TEXT NOT NULL CHECK (channel IN ('command', 'webhook')),
            -- Where to: the command's words, or the webhook's address and the file of its secret. Never a secret.
            target TEXT NOT NULL,
            body TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
            attempts INTEGER NOT NULL,
            nextAttempt INTEGER NOT NULL,
            endedAt INTEGER,
            lastError TEXT,
            PRIMARY KEY (organization, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX notificationWaiting ON notification (nextAttempt) WHERE state = 'waiting';
        PRAGMA user_version = 5;
        """
}
