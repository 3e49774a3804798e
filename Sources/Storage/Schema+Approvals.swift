/// Who approved what, what the drain holds, when a failed record is tried again, and jobs that fail as a whole.
extension Schema {
    static let approvalTables = """
        -- Somebody's word that one plan, or one set of held changes, may be carried out: good once, until it expires.
        CREATE TABLE approval (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            digest TEXT NOT NULL,
            approvedAt INTEGER NOT NULL,
            subject TEXT NOT NULL CHECK (subject IN ('plan', 'held')),
            approvedBy TEXT NOT NULL,
            expiresAt INTEGER NOT NULL,
            -- The run that the gates refused; NULL for held changes.
            refusedRun INTEGER,
            usedAt INTEGER,
            usedRun INTEGER,
            PRIMARY KEY (organization, connection, digest, approvedAt),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection),
            CHECK ((usedAt IS NULL) = (usedRun IS NULL))
        ) STRICT, WITHOUT ROWID;

        -- The limits of the last accepted run: the drain is judged by them, too.
        ALTER TABLE connection ADD COLUMN gates TEXT;

        -- A job most of whose records failed; it goes with the next run of the job that is applied.
        CREATE TABLE jobQuarantine (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            job TEXT NOT NULL,
            run INTEGER NOT NULL,
            detail TEXT NOT NULL,
            firstSeen INTEGER NOT NULL,
            lastSeen INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            PRIMARY KEY (organization, connection, job),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;
        """

    static let queueTables = """
        -- No version ever wrote to the table of migration 1, which had room for one change of a record only.
        DROP TABLE heldChange;
        -- A destructive change of the drain that waits for approval; the next decision about its record replaces it.
        CREATE TABLE heldChange (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            recordRow INTEGER NOT NULL,
            class TEXT NOT NULL,
            -- For a membership the member's record; else 0.
            memberRow INTEGER NOT NULL DEFAULT 0,
            version INTEGER NOT NULL,
            reason TEXT NOT NULL,
            -- The change's part of a plan's digest.
            digest TEXT NOT NULL,
            heldAt INTEGER NOT NULL,
            PRIMARY KEY (organization, recordRow, class, memberRow),
            FOREIGN KEY (organization, recordRow) REFERENCES directoryRecord (organization, row)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX heldChangeConnection ON heldChange (organization, connection);

        ALTER TABLE quarantine ADD COLUMN recordRow INTEGER;
        -- When a failure that may pass is tried again; NULL for one that only a change cures.
        ALTER TABLE quarantine ADD COLUMN nextAttempt INTEGER;
        -- What the record says, as mapped; never what no mapping carries.
        ALTER TABLE quarantine ADD COLUMN attributes TEXT;
        ALTER TABLE quarantine ADD COLUMN sourceDigest TEXT;
        CREATE INDEX quarantineRetry ON quarantine (organization, recordRow) WHERE nextAttempt IS NOT NULL;

        -- What people did to the queue. Append-only, as the journal is.
        CREATE TABLE queueDecision (
            organization INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            -- waiting, held or quarantined, and what was done to it
            state TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('retry', 'discard')),
            reason TEXT NOT NULL,
            decidedBy TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (organization, sequence),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER queueDecisionNoUpdate BEFORE UPDATE ON queueDecision
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER queueDecisionNoDelete BEFORE DELETE ON queueDecision
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        """
}
