import Crypto
import JSONBytes

/// The identity of a plan: SHA-256 over the sorted SHA-256s of its changes, so that the order of the input, generated ids,
/// times and the wording of reasons do not count, and everything that happens to people does.
package struct PlanDigest: Sendable {
    private let organization: String
    private let connection: String
    private var rows: [SHA256Digest] = []

    package init(organization: String, connection: String) {
        self.organization = organization
        self.connection = connection
    }

    /// Adds a row's changes. 32 bytes a change are kept.
    package mutating func add(_ row: PlanRow) {
        for change in row.changes { rows.append(Self.hash(of: change, row, organization, connection)) }
    }

    /// One change's part of a plan's digest, as lower-case hexadecimal.
    package static func digest(
        of change: Change, _ row: PlanRow, organization: String, connection: String
    ) -> String { hex(hash(of: change, row, organization, connection)) }

    private static func hash(
        of change: Change, _ row: PlanRow, _ organization: String, _ connection: String
    ) -> SHA256Digest {
        let attributes = change.attributes.map { attribute -> JSONValue in
            [
                .string(attribute.path),
                attribute.beforeIdentity.map(JSONValue.string) ?? attribute.before?.canonical ?? .null,
                attribute.afterIdentity.map(JSONValue.string) ?? attribute.after?.canonical ?? .null,
            ]
        }
        let value: JSONValue = [
            .string(organization), .string(connection), .string(row.subject.kind.rawValue),
            .string(Self.identity(row.subject)), .string(change.changeClass.rawValue), .array(attributes),
            row.member.map { .string(Self.identity($0)) } ?? .null,
        ]
        return SHA256.hash(data: Array(value.text.utf8))
    }

    /// Whom a row is about, in terms that do not change from one planning to the next: a new record has no id yet.
    private static func identity(_ subject: Subject) -> String {
        if let anchor = subject.anchor { return "anchor:" + anchor.value }
        return "name:" + subject.name
    }

    /// Lower-case hexadecimal, 64 digits. O(n log n).
    package func finalize() -> String {
        var hasher = SHA256()
        for digest in rows.sorted(by: { $0.lexicographicallyPrecedes($1) }) { hasher.update(data: Array(digest)) }
        return Self.hex(hasher.finalize())
    }

    package static func hex(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// SHA-256 of a text, as lower-case hexadecimal: for rules and tokens.
    package static func sha256(_ text: String) -> String { hex(SHA256.hash(data: Array(text.utf8))) }
}
