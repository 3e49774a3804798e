import JSONBytes

/// References inside a bulk request to what it creates (RFC 7644 3.7.2): `bulkId:` and the bulkId of a POST.
///
/// Every text of an operation's `data` that begins so is a reference, wherever it stands, and so are the id of its path and the
/// quoted values in the path of a PATCH operation (`members[value eq "bulkId:x"]`). None of them is ever stored as it
/// stands: a reference that leads nowhere refuses its operation.
package struct BulkReferences: Sendable {
    static let prefix = "bulkId:"

    /// The ids of what was created so far, by bulkId.
    package private(set) var ids: [String: String] = [:]
    /// The bulkIds of the request's creations, carried out or not.
    private let created: Set<String>

    package init(_ operations: [BulkOperation]) {
        created = Set(operations.compactMap { $0.method == .post ? $0.bulkID : nil })
    }

    package mutating func note(_ id: String, for bulkID: String) { ids[bulkID] = id }

    /// The operation with ids in the place of references.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidValue` for a bulkId that no creation of the request has, 409 for one whose
    ///   creation failed.
    package func resolved(_ action: BulkOperation.Action) throws(SCIMError) -> BulkOperation.Action {
        switch action {
        case .create(let type, let data): .create(type, try resolved(data))
        case .replace(let subject, let data): .replace(try resolved(subject), try resolved(data))
        case .patch(let subject, let data): .patch(try resolved(subject), try resolved(data))
        case .delete(let subject): .delete(try resolved(subject))
        }
    }

    /// The subject with its id, as far as that is known.
    package func resolved(_ subject: BulkOperation.Subject) throws(SCIMError) -> BulkOperation.Subject {
        var subject = subject
        subject.id = try resolved(text: subject.id)
        return subject
    }

    private func resolved(_ data: JSONObject) throws(SCIMError) -> JSONObject {
        var members: [JSONObject.Member] = []
        members.reserveCapacity(data.count)
        for member in data.members {
            members.append(JSONObject.Member(key: member.key, value: try resolved(member.value, key: member.key)))
        }
        return JSONObject(members)
    }

    private func resolved(_ value: JSONValue, key: String) throws(SCIMError) -> JSONValue {
        switch value {
        case .string(let text):
            return .string(ASCII.equal(key, "path") ? try resolved(path: text) : try resolved(text: text))
        case .array(let values):
            var result: [JSONValue] = []
            result.reserveCapacity(values.count)
            for one in values { result.append(try resolved(one, key: "")) }
            return .array(result)
        case .object(let object): return .object(try resolved(object))
        case .null, .bool, .number: return value
        }
    }

    private func resolved(text: String) throws(SCIMError) -> String {
        guard let bulkID = Self.bulkID(text) else { return text }
        if let id = ids[bulkID] { return id }
        let isCreated = created.contains(bulkID)
        throw isCreated
            ? SCIMError(status: 409, "The operation that creates 'bulkId:\(bulkID)' was not carried out.")
            : .bad(.invalidValue, "No operation of the request creates 'bulkId:\(bulkID)'.")
    }

    private func resolved(path: String) throws(SCIMError) -> String {
        var parts = path.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
        for index in parts.indices.dropFirst() where !index.isMultiple(of: 2) {
            parts[index] = try resolved(text: parts[index])
        }
        return parts.joined(separator: "\"")
    }

    private static func bulkID(_ text: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    // MARK: - Who refers to whom

    /// The bulkIds that an operation refers to. Linear in its data.
    static func names(in action: BulkOperation.Action) -> Set<String> {
        var names: Set<String> = []
        func visit(_ value: JSONValue, key: String) {
            switch value {
            case .string(let text):
                let texts = ASCII.equal(key, "path") ? text.split(separator: "\"").map(String.init) : [text]
                names.formUnion(texts.compactMap(bulkID))
            case .array(let values): for one in values { visit(one, key: "") }
            case .object(let object): for member in object.members { visit(member.value, key: member.key) }
            case .null, .bool, .number: break
            }
        }
        switch action {
        case .create(_, let data): visit(.object(data), key: "")
        case .replace(let subject, let data), .patch(let subject, let data):
            visit(.string(subject.id), key: "")
            visit(.object(data), key: "")
        case .delete(let subject): visit(.string(subject.id), key: "")
        }
        return names
    }
}
