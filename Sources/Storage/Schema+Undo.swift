/// What undoing runs and naming who changed something need.
extension Schema {
    static let undoTables = """
        -- The run that this one undoes.
        ALTER TABLE run ADD COLUMN undoes INTEGER;

        -- Who changed this account last? Memberships do not change the account, and are most of a journal.
        CREATE INDEX journalAccount ON journal (organization, account) WHERE class NOT IN ('memberAdd', 'memberRemove');

        -- What administrators did by command, which the journal of runs does not have. Append-only, too.
        CREATE TABLE accountCommand (
            organization INTEGER NOT NULL REFERENCES organization (organization),
            account TEXT NOT NULL,
            -- The account's version after the command.
            version INTEGER NOT NULL,
            command TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (organization, account, version)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER accountCommandNoUpdate BEFORE UPDATE ON accountCommand
            BEGIN SELECT RAISE(ABORT, 'what administrators did is append-only'); END;
        CREATE TRIGGER accountCommandNoDelete BEFORE DELETE ON accountCommand
            BEGIN SELECT RAISE(ABORT, 'what administrators did is append-only'); END;

        -- What was undone is not done again until the source says something else, or somebody releases it.
        CREATE TABLE undoHold (
            organization INTEGER NOT NULL,
            connection INTEGER NOT NULL,
            recordRow INTEGER NOT NULL,
            -- The other end of a membership; 0 for the record's own account.
            memberRow INTEGER NOT NULL DEFAULT 0,
            -- The run that undid it, and the run that was undone.
            run INTEGER NOT NULL,
            undoes INTEGER NOT NULL,
            heldAt INTEGER NOT NULL,
            -- The record's version; for a membership 1 if the source listed it, else 0. When the source says something else, the
            -- triggers below end the hold.
            version INTEGER NOT NULL,
            PRIMARY KEY (organization, recordRow, memberRow),
            FOREIGN KEY (organization, connection) REFERENCES connection (organization, connection)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX undoHoldConnection ON undoHold (organization, connection);
        CREATE TRIGGER undoHoldRecord AFTER UPDATE OF version ON directoryRecord WHEN NEW.version <> OLD.version BEGIN
            DELETE FROM undoHold
            WHERE organization = NEW.organization AND recordRow = NEW.row AND memberRow = 0;
        END;
        CREATE TRIGGER undoHoldListed AFTER INSERT ON directoryMember BEGIN
            DELETE FROM undoHold
            WHERE organization = NEW.organization AND recordRow = NEW.groupRow AND memberRow = NEW.memberRow;
        END;
        CREATE TRIGGER undoHoldRelisted AFTER UPDATE ON directoryMember WHEN NEW.removed <> OLD.removed BEGIN
            DELETE FROM undoHold
            WHERE organization = NEW.organization AND recordRow = NEW.groupRow AND memberRow = NEW.memberRow;
        END;
        CREATE TRIGGER undoHoldUnlisted AFTER DELETE ON directoryMember BEGIN
            DELETE FROM undoHold
            WHERE organization = OLD.organization AND recordRow = OLD.groupRow AND memberRow = OLD.memberRow;
        END;
        """
}
