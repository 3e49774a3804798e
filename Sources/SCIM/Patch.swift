import JSONBytes

/// A PATCH request (RFC 7644 3.5.2), taken apart and checked as far as that goes without the resource.
package struct Patch: Sendable, Equatable {
    package enum Verb: String, Sendable { case add, replace, remove }

    package struct Operation: Sendable, Equatable {
        package var verb: Verb
        package var path: AttributePath?
        package var value: JSONValue?

        package init(verb: Verb, path: AttributePath?, value: JSONValue?) {
            self.verb = verb
            self.path = path
            self.value = value
        }
    }

    package var operations: [Operation]

    /// Operations in one request. Entra sends some ten, whole groups come as one operation with many values.
    package static let operationsMax = 1000
    /// Members named by one request; a bigger change comes in several.
    package static let membersMax = 20_000

    package init(operations: [Operation]) { self.operations = operations }

    /// Reads a request's body; `op` counts in any letter case.
    ///
    /// - Throws: ``SCIMError`` 400 `invalidSyntax`, `invalidPath`, 413 beyond ``operationsMax``.
    package init(parsing body: JSONObject, in schemas: SchemaSet = .core) throws(SCIMError) {
        guard let list = body.attribute("Operations")?.array, !list.isEmpty else {
            throw .bad(.invalidSyntax, "A PATCH needs 'Operations', a list with at least one operation.")
        }
        if list.count > Self.operationsMax {
            throw SCIMError(status: 413, "The request has more than \(Self.operationsMax) operations; send several.")
        }
        operations = []
        for (index, entry) in list.enumerated() {
            operations.append(try Self.operation(entry, number: index + 1, schemas))
        }
    }

    private static func operation(
        _ entry: JSONValue, number: Int, _ schemas: SchemaSet
    ) throws(SCIMError) -> Operation {
        guard let object = entry.object else {
            throw .bad(.invalidSyntax, "Operation \(number) is not an object.")
        }
        guard let verb = object.attribute("op")?.string.flatMap({ Verb(rawValue: $0.lowercased()) }) else {
            throw .bad(.invalidSyntax, "Operation \(number): 'op' must be add, replace or remove.")
        }
        var path: AttributePath?
        switch object.attribute("path") {
        case nil, .null, .string(""): break
        case .string(let text): path = try AttributePath(parsing: text, in: schemas)
        default: throw .bad(.invalidPath, "Operation \(number): 'path' must be a text.")
        }
        if verb == .remove && path == nil {
            throw .bad(.noTarget, "Operation \(number): remove needs a path.")
        }
        let value = object.attribute("value")
        if verb != .remove {
            guard let value else { throw .bad(.invalidValue, "Operation \(number): \(verb.rawValue) needs a value.") }
            if path == nil && value.object == nil {
                throw .bad(.invalidValue, "Operation \(number): without a path the value must be an object.")
            }
        }
        return Operation(verb: verb, path: path, value: value)
    }
}

/// What a request says about a group's members, which are no part of the resource: it is carried out on their own rows,
/// so that two clients that add members at once do not undo each other.
package enum MemberOperation: Sendable, Equatable {
    case add([String])
    case remove([String])
    case replace([String])
    case removeAll
    /// Those that fulfil the filter when its turn comes, see ``resolved(_:present:)``.
    case removeMatching(Filter)
}

/// What a replace of `emails[type eq "work"].value` does where there is no such value.
package enum UnmatchedFilter: Sendable {
    /// A value that fulfils the filter is made, where the filter says how (`eq`, joined by `and`).
    case creates
    /// RFC 7644 3.5.2.3: 400 `noTarget`.
    case refuses
}

/// A resource as a request leaves it.
package struct PatchResult: Sendable, Equatable {
    package var resource: JSONObject
    /// In the order of the request.
    package var members: [MemberOperation]
}

extension Patch {
    /// Applies every operation, or none.
    ///
    /// The result is checked and spelled as by ``ResourceRules/checked(_:type:)``.
    /// - Parameters:
    ///   - resource: the resource without `members`.
    ///   - unmatched: what a replace does whose value filter chooses nothing.
    /// - Throws: ``SCIMError`` 400 `invalidPath`, `noTarget`, `mutability`, `invalidValue`; 413 beyond ``membersMax``.
    package func apply(
        to resource: JSONObject, type: ResourceType, unmatched: UnmatchedFilter = .creates,
        in schemas: SchemaSet = .core
    ) throws(SCIMError) -> PatchResult {
        let before = schemas.writable(resource, type: type)
        var document = PatchDocument(resource: before, type: type, in: schemas)
        document.unmatched = unmatched
        for operation in operations { try document.apply(operation) }
        let checked = try ResourceRules.checked(document.resource, type: type, in: schemas)
        try schemas.checkPatched(checked, since: before, type: type)
        return PatchResult(resource: checked, members: document.members)
    }
}
