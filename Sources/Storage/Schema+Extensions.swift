extension Schema {
    /// The extension schemas of a push endpoint as one JSON text, which `SCIM.ExtensionSchemaFile` reads; NULL for none.
    static let extensionColumns = """
        ALTER TABLE scimConfiguration ADD COLUMN extensionSchemas TEXT CHECK (extensionSchemas <> '');
        """
}
