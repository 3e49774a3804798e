import JSONBytes

/// A bulk request (RFC 7644 3.7), taken apart and checked as far as that goes without the directory.
///
/// What is wrong with the request as a whole refuses it and nothing is done. What is wrong with one operation is a refusal of
/// that operation alone, kept in its ``BulkOperation/action``.
package struct BulkRequest: Sendable {
    package var operations: [BulkOperation]
    /// How many operations may fail until the rest is left undone; `nil`: however many do, everything is tried.
    package var failOnErrors: Int?

    /// Operations in one request. It bounds how long a client waits for its answer: each operation may be as dear as a
    /// request of its own, and 1000 of the usual size are some seconds.
    package static let operationsMax = 1000
    /// Bytes of a request's body: 1000 operations with whole people, 2 KiB each, and room for a few large groups.
    package static let bodyBytesMax = 8 << 20

    /// Reads the body of POST `/Bulk`. `failOnErrors` of 0 counts as 1: no error is accepted, and the first one ends the
    /// request.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidSyntax` for a body that is no list of objects, `invalidValue` for `failOnErrors`;
    ///   413 beyond ``operationsMax``.
    package init(parsing body: JSONObject) throws(SCIMError) {
        guard let list = body.attribute("Operations")?.array, !list.isEmpty else {
            throw .bad(.invalidSyntax, "A bulk request needs 'Operations', a list with at least one operation.")
        }
        if list.count > Self.operationsMax {
            throw SCIMError(
                status: 413, "The request has \(list.count) operations; maxOperations is \(Self.operationsMax).")
        }
        failOnErrors = try Self.failOnErrors(body.attribute("failOnErrors"))
        operations = []
        for (index, entry) in list.enumerated() {
            guard let object = entry.object else {
                throw .bad(.invalidSyntax, "Operation \(index + 1) is not an object.")
            }
            operations.append(BulkOperation(parsing: object))
        }
        refuseRepeatedIDs()
    }

    private static func failOnErrors(_ value: JSONValue?) throws(SCIMError) -> Int? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.integer, number >= 0 else {
            throw .bad(.invalidValue, "'failOnErrors' must be a whole number, 0 or more.")
        }
        return max(1, number)
    }

    /// A bulkId that two creations have names neither: taking the first could put the wrong person into a group.
    private mutating func refuseRepeatedIDs() {
        let ids = operations.compactMap { $0.method == .post ? $0.bulkID : nil }
        let repeated = Dictionary(grouping: ids) { $0 }.filter { $0.value.count > 1 }
        if repeated.isEmpty { return }
        for index in operations.indices where operations[index].method == .post {
            guard let id = operations[index].bulkID, repeated[id] != nil else { continue }
            operations[index].action = .failure(
                .bad(.invalidValue, "The bulkId '\(id)' stands in more than one creation."))
        }
    }
}

/// One operation of a bulk request.
package struct BulkOperation: Sendable {
    package enum Method: String, Sendable {
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// The resource that an operation changes.
    package struct Subject: Sendable, Equatable {
        package var type: ResourceType
        /// As it stands in the path: an id, or `bulkId:` and the bulkId of a creation in this request.
        package var id: String
        /// Entity tags, as in If-Match; `nil`: whatever version it has.
        package var version: String?
    }

    package enum Action: Sendable, Equatable {
        case create(ResourceType, JSONObject)
        case replace(Subject, JSONObject)
        case patch(Subject, JSONObject)
        case delete(Subject)
    }

    /// As the client wrote it, for the answer.
    package var methodText: String?
    package var method: Method?
    package var bulkID: String?
    /// What to do, or why it cannot be.
    package var action: Result<Action, SCIMError>

    /// Characters of a bulkId: it goes back to the client and names resources in error texts.
    package static let bulkIDMax = 200

    init(parsing object: JSONObject) {
        methodText = object.attribute("method")?.string
        method = methodText.flatMap { Method(rawValue: $0.uppercased()) }
        bulkID = object.attribute("bulkId")?.string
        do throws(SCIMError) {
            action = .success(try Self.action(object, method))
        } catch {
            action = .failure(error)
        }
    }

    private static func action(_ object: JSONObject, _ method: Method?) throws(SCIMError) -> Action {
        guard let method else {
            throw .bad(.invalidSyntax, "'method' must be POST, PUT, PATCH or DELETE.")
        }
        let path = try BulkPath(parsing: object.attribute("path"))
        try checkBulkID(object.attribute("bulkId"), isRequired: method == .post)
        switch (method, path) {
        case (.post, .collection(let type)): return .create(type, try data(object, method))
        case (.put, .resource(let type, let id)):
            return .replace(try subject(object, type, id), try data(object, method))
        case (.patch, .resource(let type, let id)):
            return .patch(try subject(object, type, id), try data(object, method))
        case (.delete, .resource(let type, let id)): return .delete(try subject(object, type, id))
        case (.post, .resource): throw .bad(.invalidPath, "The 'path' of POST must be /Users or /Groups.")
        case (_, .collection):
            throw .bad(.invalidPath, "The 'path' of \(method.rawValue) must name one resource, such as /Users/ID.")
        }
    }

    private static func checkBulkID(_ value: JSONValue?, isRequired: Bool) throws(SCIMError) {
        guard let value, !value.isNull else {
            if isRequired { throw .bad(.invalidSyntax, "POST needs a 'bulkId'.") }
            return
        }
        guard let id = value.string, !id.isEmpty, id.count <= bulkIDMax else {
            throw .bad(.invalidSyntax, "'bulkId' must be a text of 1 to \(bulkIDMax) characters.")
        }
    }

    /// A PATCH may have the list of its operations for `data`, as the example of RFC 7644 3.7.3 has it.
    private static func data(_ object: JSONObject, _ method: Method) throws(SCIMError) -> JSONObject {
        switch object.attribute("data") {
        case .object(let data): return data
        case .array(let operations) where method == .patch: return ["Operations": .array(operations)]
        default: throw .bad(.invalidSyntax, "\(method.rawValue) needs 'data', an object.")
        }
    }

    private static func subject(
        _ object: JSONObject, _ type: ResourceType, _ id: String
    ) throws(SCIMError) -> Subject {
        switch object.attribute("version") {
        case nil, .null: Subject(type: type, id: id, version: nil)
        case .string(let version): Subject(type: type, id: id, version: version)
        default: throw .bad(.invalidSyntax, "'version' must be a text, such as W/\"1\".")
        }
    }

    /// JSON values in the operation's data: what it costs, roughly. Linear.
    package var valueCount: Int {
        switch try? action.get() {
        case .create(_, let data), .replace(_, let data), .patch(_, let data): Self.count(.object(data))
        case .delete, nil: 1
        }
    }

    private static func count(_ value: JSONValue) -> Int {
        switch value {
        case .array(let values): values.reduce(1) { $0 + count($1) }
        case .object(let object): object.members.reduce(1) { $0 + count($1.value) }
        case .null, .bool, .number, .string: 1
        }
    }

    /// The resource that the operation names, before it is known whether it is there; `nil` for a creation and where the
    /// operation cannot be read.
    package var subject: Subject? {
        switch try? action.get() {
        case .replace(let subject, _), .patch(let subject, _), .delete(let subject): subject
        case .create, nil: nil
        }
    }
}

/// The path of an operation, relative to the endpoint's root.
private enum BulkPath {
    case collection(ResourceType)
    case resource(ResourceType, id: String)

    /// - Throws: ``SCIMError`` 400 `invalidPath` for everything but users and groups: discovery, queries and further bulks
    ///   cannot stand in a bulk.
    init(parsing value: JSONValue?) throws(SCIMError) {
        guard let text = value?.string else { throw .bad(.invalidPath, "An operation needs a 'path', a text.") }
        let relative = text.hasPrefix("/") ? text.dropFirst() : text[...]
        let parts = relative.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let type = ResourceType.allCases.first { parts.first == $0.endpoint[...] }
        switch (type, parts.count) {
        case (let type?, 1): self = .collection(type)
        case (let type?, 2) where !parts[1].isEmpty && !parts[1].contains(where: { "/?#".contains($0) }):
            self = .resource(type, id: String(parts[1]))
        default: throw .bad(.invalidPath, "The 'path' must be /Users, /Groups, or one of them with an id.")
        }
    }
}
