import GRDB

/// The tables. Every key and foreign key begins with the organization, so that no join can cross tenants by accident.
enum Schema {
    /// "RLCL": marks the file as ours.
    static let applicationID = 0x524C_434C

    /// Each is applied once, in order, and its number is then the file's `user_version`.
    private static let migrations: [[String]] = [
        [configurationTables, directoryTables, accountTables, runTables],
        [lifeTables],
        [approvalTables, queueTables],
        [undoTables],
        [scheduleTables],
        [filterTables],
        [drainNewsTables],
        [queryTables],
        [clientColumns],
        [tokenTables],
        [administrationTables],
        [extensionColumns],
    ]

    /// What a migration does beyond its tables, by its number.
    private static let fillings: [Int: @Sendable (Database) throws -> Void] = [8: fillQueryTables]

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        for (index, tables) in migrations.enumerated() {
            migrator.registerMigration("\(index + 1)") { db in
                for sql in tables { try db.execute(sql: sql) }
                try fillings[index + 1]?(db)
                try db.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(index + 1)")
            }
        }
        return migrator
    }

    /// The newest version of the tables that this program knows.
    static let version = migrations.count

    private static let configurationTables = """
        CREATE TABLE organization (
            organization INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            nameKey TEXT NOT NULL UNIQUE,
            createdAt INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE ssoConfiguration (
            organization INTEGER NOT NULL REFERENCES organization (organization),
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
            createdAt INTEGER NOT NULL,
            PRIMARY KEY (organization, id),
            UNIQUE (organization, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE connection (
            organization INTEGER NOT NULL REFERENCES organization (organization),
            connection INTEGER NOT NULL,
            name TEXT NOT NULL,
            ssoConfiguration TEXT,
            -- The rules of the last accepted run, as text and as their hash; the drain uses them too.
            rules TEXT,
            rulesHash TEXT,
            -- The last accepted snapshot.
            acceptedTakenAt INTEGER,
            acceptedUsers INTEGER,
            acceptedGroups INTEGER,
            acceptedDigest TEXT,
            createdAt INTEGER NOT NULL,
            PRIMARY KEY (organization, connection),
            UNIQUE (organization, name),
            FOREIGN KEY (organization, ssoConfiguration) REFERENCES ssoConfiguration (organization, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE scimConfiguration (
            organization INTEGER NOT NULL,
            id TEXT NOT NULL UNIQUE,
            connection INTEGER NOT NULL,
            name TEXT NOT NULL,
            enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
            createdAt INTEGER NOT NULL,
            PRIMARY KEY (organization, id),
            UNIQUE (organization, connection),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;

        -- Only the SHA-256 of a token is kept; the token itself was shown once.
        CREATE TABLE bearerToken (
            organization INTEGER NOT NULL,
            scimConfiguration TEXT NOT NULL,
            hash TEXT NOT NULL,
            createdAt INTEGER NOT NULL,
            expiresAt INTEGER NOT NULL,
            revokedAt INTEGER,
            PRIMARY KEY (organization, scimConfiguration, hash),
            FOREIGN KEY (organization, scimConfiguration) REFERENCES scimConfiguration (organization, id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let directoryTables = """
        CREATE TABLE directoryRecord (
            row INTEGER PRIMARY KEY,
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            id TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
            anchor TEXT,
            reference TEXT,
            name TEXT NOT NULL,
            -- The folded name; parked as NUL and id while names are being swapped.
            nameKey TEXT NOT NULL,
            -- 0 when the record was deleted or is missing from complete snapshots: it gave its name up.
            present INTEGER NOT NULL CHECK (present IN (0, 1)),
            active INTEGER CHECK (active IN (0, 1)),
            document TEXT NOT NULL,
            cleared TEXT,
            refs TEXT,
            source TEXT,
            version INTEGER NOT NULL,
            decidedVersion INTEGER NOT NULL,
            origin TEXT NOT NULL CHECK (origin IN ('push', 'snapshot')),
            hash TEXT,
            pushedAt INTEGER,
            -- When a push last gave a group's whole list: until then, whoever is not in it was not a member.
            membersReplacedAt INTEGER,
            missingSince INTEGER,
            deletedAt INTEGER,
            dueAt INTEGER,
            -- What the last decision found, for records that a later snapshot skips.
            situation TEXT,
            place TEXT,
            createdAt INTEGER NOT NULL,
            changedAt INTEGER NOT NULL,
            UNIQUE (organization, id),
            -- Parent key of the narrow tables below, which name rows by their number.
            UNIQUE (organization, row),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT;
        CREATE UNIQUE INDEX directoryRecordAnchor ON directoryRecord (organization, connection, kind, anchor)
            WHERE anchor IS NOT NULL;
        CREATE UNIQUE INDEX directoryRecordName ON directoryRecord (organization, connection, nameKey)
            WHERE kind = 'user' AND present = 1;
        CREATE INDEX directoryRecordGroupName ON directoryRecord (organization, connection, nameKey) WHERE kind = 'group';
        CREATE INDEX directoryRecordReference ON directoryRecord (organization, connection, reference)
            WHERE reference IS NOT NULL;
        -- Pages and counts of present records in row order.
        CREATE INDEX directoryRecordPresent ON directoryRecord (organization, connection, kind) WHERE present = 1;
        -- A snapshot finds a record without an anchor by its name.
        CREATE INDEX directoryRecordAnchorless ON directoryRecord (organization, connection, kind, nameKey)
            WHERE anchor IS NULL;

        -- One row a member, never inside the group's document. A member that a push removed stays as `removed`, so that an
        -- older snapshot does not bring it back; `version` is the group's version at which the row last changed.
        CREATE TABLE directoryMember (
            organization INTEGER NOT NULL,
            groupRow INTEGER NOT NULL,
            memberRow INTEGER NOT NULL,
            removed INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)),
            version INTEGER NOT NULL,
            pushedAt INTEGER,
            PRIMARY KEY (organization, groupRow, memberRow),
            FOREIGN KEY (organization, groupRow) REFERENCES directoryRecord (organization, row),
            FOREIGN KEY (organization, memberRow) REFERENCES directoryRecord (organization, row)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX directoryMemberMember ON directoryMember (organization, memberRow);
        -- A member that no record answers to yet. A push names one of our ids (space 'record'), a snapshot the source's own
        -- key (space 'source'); the two never cross.
        CREATE TABLE deferredMember (
            organization INTEGER NOT NULL,
            groupRow INTEGER NOT NULL,
            space TEXT NOT NULL CHECK (space IN ('record', 'source')),
            memberKey TEXT NOT NULL,
            pushedAt INTEGER,
            PRIMARY KEY (organization, groupRow, space, memberKey),
            FOREIGN KEY (organization, groupRow) REFERENCES directoryRecord (organization, row)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deferredMemberKey ON deferredMember (organization, space, memberKey);

        -- A pushed record whose reference (the manager) names somebody without account yet; it is queued again when the account
        -- comes. A record that a snapshot brought is looked at again by the next snapshot anyway.
        CREATE TABLE deferredReference (
            organization INTEGER NOT NULL,
            space TEXT NOT NULL CHECK (space IN ('record', 'source')),
            targetKey TEXT NOT NULL,
            recordRow INTEGER NOT NULL,
            PRIMARY KEY (organization, space, targetKey, recordRow),
            FOREIGN KEY (organization, recordRow) REFERENCES directoryRecord (organization, row)
        ) STRICT, WITHOUT ROWID;

        -- "Record R reached version V." Rows leave when the version is decided.
        CREATE TABLE queueEntry (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT,
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            recordRow INTEGER NOT NULL,
            version INTEGER NOT NULL,
            enqueuedAt INTEGER NOT NULL,
            UNIQUE (organization, recordRow, version),
            FOREIGN KEY (organization, recordRow) REFERENCES directoryRecord (organization, row)
        ) STRICT;
        CREATE INDEX queueEntryConnection ON queueEntry (organization, connection, sequence);

        CREATE TABLE quarantine (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            kind TEXT NOT NULL,
            -- The anchor, else the name, else the place: what names the record in its source.
            subject TEXT NOT NULL,
            recordID TEXT,
            name TEXT,
            anchor TEXT,
            situation TEXT NOT NULL,
            code TEXT NOT NULL,
            detail TEXT NOT NULL,
            cure TEXT NOT NULL,
            version INTEGER,
            place TEXT,
            firstSeen INTEGER NOT NULL,
            lastSeen INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            PRIMARY KEY (organization, connection, kind, subject),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;

        -- A destructive change of the drain that waits for approval; a later push of the record supersedes it.
        CREATE TABLE heldChange (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            recordRow INTEGER NOT NULL,
            version INTEGER NOT NULL,
            class TEXT NOT NULL,
            reason TEXT NOT NULL,
            heldAt INTEGER NOT NULL,
            PRIMARY KEY (organization, recordRow),
            FOREIGN KEY (organization, recordRow) REFERENCES directoryRecord (organization, row)
        ) STRICT, WITHOUT ROWID;
        """

    private static let accountTables = """
        CREATE TABLE account (
            row INTEGER PRIMARY KEY,
            organization INTEGER NOT NULL REFERENCES organization (organization),
            id TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('user', 'group')),
            name TEXT NOT NULL,
            nameKey TEXT NOT NULL DEFAULT '',
            externalId TEXT,
            active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
            disabledBy TEXT CHECK (disabledBy IN ('rollcall', 'administrator')),
            protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
            document TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(document)),
            version INTEGER NOT NULL DEFAULT 1,
            createdAt INTEGER NOT NULL DEFAULT 0,
            changedAt INTEGER NOT NULL DEFAULT 0,
            UNIQUE (organization, id),
            UNIQUE (organization, row),
            CHECK ((active = 1) = (disabledBy IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX accountLiveName ON account (organization, nameKey)
            WHERE kind = 'user' AND (active = 1 OR disabledBy = 'administrator');
        CREATE INDEX accountGroupName ON account (organization, nameKey) WHERE kind = 'group';
        CREATE INDEX accountExternalId ON account (organization, kind, externalId) WHERE externalId IS NOT NULL;

        -- The application may write by SQL: the version rises, so that a plan made before is stale, and a name gets its key.
        CREATE TRIGGER accountVersion AFTER UPDATE ON account WHEN NEW.version = OLD.version BEGIN
            UPDATE account SET version = OLD.version + 1,
                nameKey = CASE WHEN NEW.name IS NOT OLD.name AND NEW.nameKey = OLD.nameKey
                    THEN lower(NEW.name) ELSE NEW.nameKey END
            WHERE row = NEW.row;
        END;
        CREATE TRIGGER accountNameKey AFTER INSERT ON account WHEN NEW.nameKey = '' BEGIN
            UPDATE account SET nameKey = lower(NEW.name), version = NEW.version + 1 WHERE row = NEW.row;
        END;

        CREATE TABLE membership (
            organization INTEGER NOT NULL,
            groupRow INTEGER NOT NULL,
            memberRow INTEGER NOT NULL,
            PRIMARY KEY (organization, groupRow, memberRow),
            FOREIGN KEY (organization, groupRow) REFERENCES account (organization, row) ON DELETE CASCADE,
            FOREIGN KEY (organization, memberRow) REFERENCES account (organization, row) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX membershipMember ON membership (organization, memberRow);
        -- Groups whose memberships somebody changed since a run or drain last looked: drift that no version shows.
        CREATE TABLE touchedGroup (
            organization INTEGER NOT NULL,
            groupRow INTEGER NOT NULL,
            PRIMARY KEY (organization, groupRow)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER membershipInsert AFTER INSERT ON membership BEGIN
            INSERT OR IGNORE INTO touchedGroup VALUES (NEW.organization, NEW.groupRow);
        END;
        CREATE TRIGGER membershipDelete AFTER DELETE ON membership BEGIN
            INSERT OR IGNORE INTO touchedGroup VALUES (OLD.organization, OLD.groupRow);
        END;

        -- Which record owns which account: one to one, by the two keys. No foreign keys, because a link may outlive either.
        CREATE TABLE link (
            organization INTEGER NOT NULL,
            recordRow INTEGER NOT NULL,
            accountRow INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            evidence TEXT NOT NULL,
            -- The account's version after the last decision: another version is drift.
            accountVersion INTEGER NOT NULL,
            createdAt INTEGER NOT NULL,
            PRIMARY KEY (organization, recordRow),
            UNIQUE (organization, accountRow),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;
        """

    private static let runTables = """
        CREATE TABLE run (
            run INTEGER PRIMARY KEY AUTOINCREMENT,
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            job TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('run', 'apply', 'drain')),
            mode TEXT NOT NULL,
            asOf INTEGER NOT NULL,
            startedAt INTEGER NOT NULL,
            endedAt INTEGER,
            -- running, applied, refused, failed, interrupted
            state TEXT NOT NULL,
            digest TEXT,
            rulesHash TEXT,
            summary TEXT,
            spool TEXT,
            UNIQUE (organization, run),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT;

        -- What was done to accounts. Append-only: a trigger refuses the rest.
        CREATE TABLE journal (
            organization INTEGER NOT NULL,
            run INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            kind TEXT NOT NULL,
            account TEXT NOT NULL,
            anchor TEXT,
            class TEXT NOT NULL,
            change TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (organization, run, sequence),
            FOREIGN KEY (organization, run) REFERENCES run (organization, run)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX journalClass ON journal (organization, connection, class, at);
        CREATE TRIGGER journalNoUpdate BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER journalNoDelete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

        -- One run at a time per connection. The token rises with every owner; every batch checks it.
        CREATE TABLE lease (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            owner TEXT NOT NULL,
            token INTEGER NOT NULL,
            expiresAt INTEGER NOT NULL,
            PRIMARY KEY (organization, connection),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;
        """
}
