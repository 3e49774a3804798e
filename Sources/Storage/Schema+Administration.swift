extension Schema {
    /// Several named tokens of a push endpoint, and when each was last used.
    static let tokenTables = """
        ALTER TABLE bearerToken ADD COLUMN name TEXT NOT NULL DEFAULT 'token';
        -- Written now and then, never at every request.
        ALTER TABLE bearerToken ADD COLUMN lastUsedAt INTEGER;
        """

    /// What an organization may have and wants, who may administer, and what was administered.
    static let administrationTables = """
        ALTER TABLE organization ADD COLUMN restrictAccountCreationToSCIM INTEGER NOT NULL DEFAULT 0
            CHECK (restrictAccountCreationToSCIM IN (0, 1));
        ALTER TABLE organization ADD COLUMN scimProvisioning TEXT NOT NULL DEFAULT 'on'
            CHECK (scimProvisioning IN ('off', 'beta', 'on'));

        -- Above the organizations: a token opens all of them, or the one that it names.
        CREATE TABLE adminToken (
            hash TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            access TEXT NOT NULL CHECK (access IN ('signIn', 'read', 'full')),
            organization INTEGER REFERENCES organization (organization),
            createdAt INTEGER NOT NULL,
            expiresAt INTEGER NOT NULL,
            revokedAt INTEGER,
            lastUsedAt INTEGER
        ) STRICT, WITHOUT ROWID;

        -- Who changed which configuration. Organization 0: what belongs to none. Append-only, as the journal is.
        CREATE TABLE administrativeAct (
            organization INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            at INTEGER NOT NULL,
            administrator TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            PRIMARY KEY (organization, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TRIGGER administrativeActNoUpdate BEFORE UPDATE ON administrativeAct
            BEGIN SELECT RAISE(ABORT, 'what administrators did is append-only'); END;
        CREATE TRIGGER administrativeActNoDelete BEFORE DELETE ON administrativeAct
            BEGIN SELECT RAISE(ABORT, 'what administrators did is append-only'); END;

        -- Who signs in is found by name also when their account was deactivated and gave the name up.
        CREATE INDEX accountGoneName ON account (organization, nameKey)
            WHERE kind = 'user' AND active = 0 AND disabledBy = 'rollcall';
        """
}
