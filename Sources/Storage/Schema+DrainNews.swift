extension Schema {
    /// What the receivers of a job's notifications were told of the drain.
    static let drainNewsTables = """
        -- What is open is told once, and a row goes when it is open no more. Names, as in jobSchedule.
        CREATE TABLE toldOpen (
            organization TEXT NOT NULL,
            connection TEXT NOT NULL,
            job TEXT NOT NULL,
            topic TEXT NOT NULL CHECK (topic IN ('held', 'quarantine')),
            -- Of held changes the digest of the set; of a quarantined record its kind, what names it, and the reason code.
            subject TEXT NOT NULL,
            PRIMARY KEY (organization, connection, job, topic, subject)
        ) STRICT, WITHOUT ROWID;
        """
}
