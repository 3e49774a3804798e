import JSONBytes
import Reconciliation

/// What one record of an export says before it is mapped: only the fields that a mapping or a filter names, since whatever
/// else an export has is nobody's business.
package enum RawFields {
    /// Reads the fields of the record at a place.
    ///
    /// - Returns: the fields that the record has, by name.
    /// - Throws: ``SnapshotError`` when the file cannot be read any more.
    package static func read(
        at place: Place, of source: SourceSpecification
    ) throws(SnapshotError) -> [(name: String, value: JSONValue)] {
        switch source.preset {
        case .dsml: return try entry(at: place, named: names(source))
        case .entraGraph: return pick(names(source), from: try object(at: place))
        case .defined(let definition): return try fields(at: place, definition, source)
        case .scim:
            return try object(at: place).members
                .filter { !["password", "schemas", "meta", "members"].contains($0.key.lowercased()) }
                .map { ($0.key, $0.value) }
        }
    }

    /// Whether a file still is, byte for byte, what a run read. Reads all of it.
    package static func isUnchanged(_ read: PlanHeader.SourceFile) -> Bool {
        guard let digest = read.sha256, let file = try? SourceFile(path: read.path), file.status.size == read.bytes
        else { return false }
        file.startHashing()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        do {
            try file.open()
            while try file.read(into: buffer) > 0 {}
        } catch { return false }
        return file.sha256 == digest
    }

    private static func names(_ source: SourceSpecification) -> [String] {
        var names = source.preset == .dsml ? dsml : entraGraph
        for line in source.overrides { names += line.fields }
        var seen: Set<String> = []
        return (names + source.sourceAttributes).filter { seen.insert($0.lowercased()).inserted }
    }

    private static let entraGraph = [
        "id", "userPrincipalName", "accountEnabled", "displayName", "givenName", "surname", "jobTitle", "mail",
        "businessPhones", "mobilePhone", "preferredLanguage", "employeeId", "department", "companyName",
        "employeeOrgData", "manager", "city", "country", "state", "streetAddress", "postalCode", "@removed",
    ]
    private static let dsml = [
        "dn", "entryUUID", "nsUniqueId", "ipaUniqueID", "objectGUID", "userPrincipalName", "sAMAccountName", "uid",
        "displayName", "cn", "sn", "givenName", "title", "mail", "telephoneNumber", "mobile", "employeeNumber",
        "employeeID", "department", "departmentNumber", "ou", "company", "o", "preferredLanguage", "manager", "l", "c",
        "st", "street", "streetAddress", "postalCode", "nsAccountLock", "userAccountControl", "pwdAccountLockedTime",
        "loginDisabled",
    ]

    private static func pick(_ names: [String], from object: JSONObject) -> [(name: String, value: JSONValue)] {
        names.compactMap { name in object.value(atPath: name).map { (name, $0) } }
    }

    /// Reads the file again up to the record.
    private static func fields(
        at place: Place, _ definition: PresetDefinition, _ source: SourceSpecification
    ) throws(SnapshotError) -> [(name: String, value: JSONValue)] {
        let records = try DefinedSource(
            definition, try SourceFile(path: place.file), kinds: Set(Kind.allCases), digest: nil)
        while let found = try records.next() {
            guard found.record.bytes == place.bytes else { continue }
            let view = try records.view(found)
            let paths = definition.fields[found.rule.role]?.paths.map(\.text) ?? []
            var seen: Set<String> = []
            return (paths + source.overrides.flatMap(\.fields) + source.sourceAttributes)
                .filter { seen.insert($0).inserted }
                .compactMap { name in view.value(named: name).map { (name, $0) } }
        }
        return []
    }

    private static func object(at place: Place) throws(SnapshotError) -> JSONObject {
        let file = try SourceFile(path: place.file)
        let input = try TextInput(file, digest: nil)
        defer { file.close() }
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var position = 0
        while position < place.bytes.upperBound {
            let count = try input.read(into: buffer) { _ in }
            if count == 0 { break }
            let from = max(place.bytes.lowerBound - position, 0)
            let to = min(place.bytes.upperBound - position, count)
            if from < to { bytes.append(contentsOf: buffer[from..<to]) }
            position += count
        }
        do { return try JSONValue(parsing: bytes).object ?? JSONObject() } catch {
            throw SnapshotError(.syntax, file: place.file, detail: "the record is not what it was: \(error)")
        }
    }

    private static func entry(
        at place: Place, named names: [String]
    ) throws(SnapshotError) -> [(name: String, value: JSONValue)] {
        let export = try DSMLExport(try SourceFile(path: place.file), digest: SourceDigest())
        while let found = try export.next() {
            guard found.lowerBound == place.bytes.lowerBound else { continue }
            return names.compactMap { name in export.entry.value(named: name).map { (name, $0) } }
        }
        return []
    }
}
