import GRDB
import JSONBytes
import SCIM
import Synchronization

/// A change of an endpoint's extension schemas.
package struct ExtensionSchemaChange: Sendable, Equatable {
    package var configuration: SCIMConfiguration
    /// Present records of the connection that keep a value of an attribute which the endpoint had before and has not now.
    package var recordsKeeping: Int
}

extension Store {
    /// Declares the extension schemas of a push endpoint, from the next request on; they replace those that it had.
    ///
    /// No record is touched: what an endpoint no longer declares stays there, is not shown and cannot be written by it.
    /// - Parameter schemas: ``SchemaSet/core`` for none.
    /// - Throws: ``ConfigurationError`` `.unknown`; ``StorageError``.
    package func setExtensionSchemas(
        _ schemas: SchemaSet, of who: String, of organization: Int64, by administrator: Administrator? = nil
    ) throws -> ExtensionSchemaChange {
        try write { db in
            let before = try Self.scimConfiguration(who, db, organization)
            let isNone = schemas.extensions.isEmpty
            try db.execute(
                sql: "UPDATE scimConfiguration SET extensionSchemas = ? WHERE organization = ? AND id = ?",
                arguments: [isNone ? nil : schemas.text, organization, before.id])
            if schemas != before.schemas {
                let urns = schemas.extensions.map(\.urn).joined(separator: ", ")
                try db.note(
                    isNone ? .clearExtensionSchemas : .setExtensionSchemas, before.name + (isNone ? "" : ": " + urns),
                    of: organization, by: administrator)
            }
            let gone = before.schemas.paths.subtracting(schemas.paths).sorted()
            return ExtensionSchemaChange(
                configuration: try Self.scimConfiguration(before.id, db, organization),
                recordsKeeping: try Self.recordsHolding(gone, db, organization, configuration: before.id))
        }
    }

    private static func recordsHolding(
        _ paths: [String], _ db: Database, _ organization: Int64, configuration: String
    ) throws -> Int {
        if paths.isEmpty { return 0 }
        return try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM scimConfiguration c
                JOIN directoryRecord r ON r.organization = c.organization AND r.connection = c.connection AND r.present = 1
                WHERE c.organization = ? AND c.id = ? AND EXISTS (
                    SELECT 1 FROM json_each(r.document) s, json_each(?) p
                    WHERE s.key = p.value OR substr(s.key, 1, length(p.value) + 1) IN (p.value || '.', p.value || '['))
                """,
            arguments: [organization, configuration, JSONValue.array(paths.map(JSONValue.string)).text]) ?? 0
    }
}

extension SchemaSet {
    /// The paths of the declared attributes.
    fileprivate var paths: Set<String> {
        Set(extensions.flatMap { schema in schema.attributes.map { schema.urn + ":" + $0.name } })
    }

    /// - Parameter text: as the column has it, `nil` for none.
    /// - Throws: ``StorageError`` for a text that this program did not write.
    init(stored text: String?) throws {
        guard let text else {
            self = .core
            return
        }
        do { self = try ExtensionSchemaFile.read(Array(text.utf8)) } catch {
            throw StorageError.damagedRow("push endpoint's extension schemas")
        }
    }
}

/// The extension schemas of endpoints, read once and not at every request. One entry for each endpoint that has any.
final class SchemaCache: Sendable {
    private let sets = Mutex<[String: (text: String, set: SchemaSet)]>([:])

    /// The set of an endpoint; its text decides, so that a change by another process counts at once.
    func set(_ text: String?, of configuration: String) throws -> SchemaSet {
        guard let text else { return .core }
        if let known = sets.withLock({ $0[configuration] }), known.text == text { return known.set }
        let set = try SchemaSet(stored: text)
        sets.withLock { $0[configuration] = (text, set) }
        return set
    }
}
