import JSONBytes

/// Repairs the body of a request name by name and value by value.
struct BodyRepair: Sendable {
    /// The right spelling of a key or path.
    var name: @Sendable (String) -> String = { $0 }
    /// The right form of a value: asked with the attribute's name in lower case, without URN and parent. `nil` where it is right as a whole. What is inside is looked at next.
    var value: @Sendable (String, JSONValue) -> JSONValue?

    /// This one and then another.
    func followed(by next: BodyRepair) -> BodyRepair {
        let first = self
        return BodyRepair(
            name: { next.name(first.name($0)) },
            value: { name, value in
                guard let repaired = first.value(name, value) else { return next.value(name, value) }
                return next.value(name, repaired) ?? repaired
            })
    }

    /// A body of POST or PUT.
    func resource(_ body: JSONObject) -> JSONObject { object(body) }

    /// A body of PATCH.
    func patch(_ body: JSONObject) -> JSONObject {
        var body = body
        guard let key = body.spelling(of: "Operations"), let operations = body[key]?.array else { return body }
        body[key] = .array(operations.map { $0.object.map { .object(operation($0)) } ?? $0 })
        return body
    }

    private func operation(_ operation: JSONObject) -> JSONObject {
        var operation = operation
        var path = ""
        if let key = operation.spelling(of: "path"), let text = operation[key]?.string, !text.isEmpty {
            path = name(text)
            operation[key] = .string(path)
        }
        guard let key = operation.spelling(of: "value"), let value = operation[key] else { return operation }
        if !path.isEmpty {
            operation[key] = repaired(value, at: path)
        } else if let inner = value.object {
            operation[key] = .object(object(inner))
        }
        return operation
    }

    private func object(_ object: JSONObject) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let key = name(member.key)
            result[key] = repaired(member.value, at: key)
        }
        return result
    }

    private func repaired(_ given: JSONValue, at path: String) -> JSONValue {
        let whole = value(Self.leaf(path), given) ?? given
        if let inner = whole.object { return .object(object(inner)) }
        guard let values = whole.array else { return whole }
        return .array(values.map { $0.object.map { .object(object($0)) } ?? $0 })
    }

    private static func leaf(_ path: String) -> String {
        let start = path.lastIndex { $0 == ":" || $0 == "." }
        return (start.map { path[path.index(after: $0)...] } ?? path[...]).lowercased()
    }
}

extension BodyRepair {
    /// Booleans that came as text, in any letter case. There is nothing else that they could mean, so every client but `rfc`
    /// gets this repair; who is known to send them is said in the client's own file.
    static let booleans = BodyRepair { name, value in
        name == "active" || name == "primary" ? boolean(value) : nil
    }

    static func boolean(_ value: JSONValue) -> JSONValue {
        switch value.string?.lowercased() {
        case "true": true
        case "false": false
        default: value
        }
    }
}
