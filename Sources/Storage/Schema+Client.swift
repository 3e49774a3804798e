extension Schema {
    /// Which identity provider's habits a push endpoint is set up for. The names are the endpoint's business, so that another
    /// client needs no migration; those that were there before keep the tolerant rules that they had.
    static let clientColumns = """
        ALTER TABLE scimConfiguration ADD COLUMN client TEXT NOT NULL DEFAULT 'default' CHECK (client <> '');
        """
}
