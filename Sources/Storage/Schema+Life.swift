/// Migration 2: what is counted while a record is gone, and the way back to accounts that were deleted.
extension Schema {
    static let lifeTables = """
        -- Complete snapshots that did not show the record, `takenAt` of the last of them, and when its account left.
        ALTER TABLE directoryRecord ADD COLUMN sightings INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE directoryRecord ADD COLUMN lastSighting INTEGER;
        ALTER TABLE directoryRecord ADD COLUMN leftAt INTEGER;
        -- Records that are gone and whose time comes by itself.
        CREATE INDEX directoryRecordGone ON directoryRecord (organization, connection, kind) WHERE present = 0;

        -- Last images of deleted accounts, by whom they belonged to and by what they were called.
        CREATE INDEX journalDeletedAnchor ON journal (organization, connection, kind, anchor) WHERE class = 'delete';
        CREATE INDEX journalDeletedAccount ON journal (organization, account) WHERE class = 'delete';

        -- Row numbers of accounts are used again. A link to an account that somebody deleted by SQL must not find the next one:
        -- it gets a number that no account has.
        CREATE TRIGGER accountDelete AFTER DELETE ON account BEGIN
            UPDATE link SET accountRow = -recordRow WHERE organization = OLD.organization AND accountRow = OLD.row;
            DELETE FROM touchedGroup WHERE organization = OLD.organization AND groupRow = OLD.row;
        END;
        """
}
