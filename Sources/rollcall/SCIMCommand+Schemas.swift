import ArgumentParser
import Foundation
import JSONBytes
import Reports
import SCIM
import Storage

extension SCIMCommand {
    struct Schemas: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Declare extension schemas of a push endpoint, in a file.",
            discussion: """
                The file has Schema resources as RFC 7643 section 7 and other servers write them, and which resource they \
                extend: {"extends": "User", "required": false, "schemas": [{"id": "urn:...", "attributes": [...]}]}, or a list \
                of such objects. What is set replaces what was there, from the next request on.

                No record is changed: values of attributes that are no longer declared stay in the directory and in the \
                accounts; the endpoint does not show them and cannot write them.
                """, subcommands: [Set.self, Show.self, Clear.self])

        struct Set: ParsableCommand {
            static let configuration = CommandConfiguration(abstract: "Take the extension schemas from a file.")

            @OptionGroup var target: SCIMTargetOptions
            @Argument(help: "The file, JSON.")
            var file: String

            func run() throws {
                try CommandFailure.translating {
                    let schemas = try ExtensionSchemaFile.read(named: file)
                    try target.change(to: schemas) { name in
                        "the push endpoint \(name) has \(schemas.extensions.map(\.urn).joined(separator: ", "))"
                    }
                }
            }
        }

        struct Show: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Print the extension schemas as JSON, which set takes.")

            @OptionGroup var target: SCIMTargetOptions

            func run() throws {
                try target.perform(mode: .readOnly) { store, owner, _ in
                    let found = try store.scimConfiguration(target.name, of: owner.organization)
                    var out = StandardOutput(target.output.format)
                    try out.line(found.schemas.text)
                    try out.flush()
                }
            }
        }

        struct Clear: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Take all extension schemas from a push endpoint; values stay where they are.")

            @OptionGroup var target: SCIMTargetOptions

            func run() throws {
                try target.change(to: .core) { "the push endpoint \($0) has no extension schemas" }
            }
        }
    }
}

extension SCIMTargetOptions {
    fileprivate func change(to schemas: SchemaSet, saying sentence: (_ name: String) -> String) throws {
        try perform { store, owner, printer in
            let changed = try store.setExtensionSchemas(
                schemas, of: name, of: owner.organization, by: Machine.administrator)
            let kept =
                changed.recordsKeeping == 0
                ? ""
                : "; \(changed.recordsKeeping) present records keep values of attributes that it no longer shows or writes"
            try printer.done(sentence(changed.configuration.name) + kept, changed.configuration)
        }
    }
}

extension ExtensionSchemaFile {
    /// Reads a file, of which no more is held than one may be long.
    ///
    /// - Throws: ``CommandFailure`` with file, line and column.
    fileprivate static func read(named path: String) throws -> SchemaSet {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(
                .configuration, "\(SafeText.line(path)) cannot be read; name a file of extension schemas")
        }
        defer { try? handle.close() }
        do { return try read([UInt8](try handle.read(upToCount: bytesMax + 1) ?? Data())) } catch let error
            as ExtensionSchemaError
        {
            throw CommandFailure(.configuration, "\(SafeText.line(path)): \(SafeText.line(error.description))")
        } catch {
            throw CommandFailure(
                .configuration, "\(SafeText.line(path)) cannot be read: \(SafeText.line(error.localizedDescription))")
        }
    }
}
