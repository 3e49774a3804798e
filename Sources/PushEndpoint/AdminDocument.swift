import JSONBytes
import Storage

/// The admin interface as an OpenAPI 3.1 document, made of the table that routes its requests.
enum AdminDocument {
    static func json(publicURL: String) -> JSONObject {
        var paths = JSONObject()
        for operation in AdminOperation.all {
            var path = paths[operation.path]?.object ?? parameters(of: operation)
            path[operation.method.lowercased()] = .object(item(operation))
            paths[operation.path] = .object(path)
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "Rollcall admin interface", "version": "1",
                "description": .string(
                    "Organizations, SSO configurations, push endpoints and their tokens, and whether somebody may sign in. "
                        + "Bodies have at most \(AdminAPI.bodyBytesMax) bytes; unknown members are refused."),
            ],
            "servers": [["url": .string(publicURL + AdminAPI.base)]],
            "security": [["adminToken": []]],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "adminToken": [
                        "type": "http", "scheme": "bearer",
                        "description":
                            "From 'rollcall admin tokens create'. x-access of an operation says what it must open.",
                    ]
                ],
                "responses": [
                    "Problem": [
                        "description": "A refusal (RFC 9457); nothing was changed.",
                        "content": ["application/problem+json": ["schema": reference("Problem")]],
                    ]
                ],
                "schemas": .object(schemas),
            ],
        ]
    }

    private static func parameters(of operation: AdminOperation) -> JSONObject {
        let names = operation.segments.filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        guard !names.isEmpty else { return JSONObject() }
        return [
            "parameters": .array(
                names.map { ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]] })
        ]
    }

    private static func item(_ operation: AdminOperation) -> JSONObject {
        var item: JSONObject = [
            "operationId": .string(operation.id), "summary": .string(operation.summary),
            "x-access": .string(operation.access.rawValue),
        ]
        if let body = operation.body {
            item["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": reference(body.name)]],
            ]
        }
        var responses: JSONObject = [String(operation.status): .object(success(operation.answer))]
        var refusals = ["401", "403", "404", "503"]
        if operation.body != nil { refusals += ["400", "409", "413", "415"] }
        for status in refusals.sorted() { responses[status] = ["$ref": "#/components/responses/Problem"] }
        item["responses"] = .object(responses)
        return item
    }

    private static func success(_ answer: AdminOperation.Answer) -> JSONObject {
        switch answer {
        case .nothing: ["description": "Done."]
        case .document:
            ["description": "The document.", "content": ["application/json": ["schema": ["type": "object"]]]]
        case .shape(let shape):
            ["description": "Done.", "content": ["application/json": ["schema": reference(shape.name)]]]
        }
    }

    private static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }

    // MARK: - Schemas

    private static var schemas: JSONObject {
        var schemas: JSONObject = ["Problem": .object(problem)]
        for operation in AdminOperation.all {
            if let body = operation.body { add(body, to: &schemas) }
            if case .shape(let shape) = operation.answer { add(shape, to: &schemas) }
        }
        return schemas
    }

    private static func add(_ shape: AdminShape, to schemas: inout JSONObject) {
        guard schemas[shape.name] == nil else { return }
        schemas[shape.name] = .object(schema(shape))
        for member in shape.members {
            switch member.form {
            case .object(let inner), .list(let inner): add(inner, to: &schemas)
            case .text, .moment, .flag, .number, .choice: break
            }
        }
    }

    private static func schema(_ shape: AdminShape) -> JSONObject {
        var properties = JSONObject()
        var required: [JSONValue] = []
        for member in shape.members {
            properties[member.name] = .object(schema(member))
            if case .optional = member.presence { continue }
            required.append(.string(member.name))
        }
        var schema: JSONObject = [
            "type": "object", "properties": .object(properties), "additionalProperties": false,
        ]
        if !required.isEmpty { schema["required"] = .array(required) }
        if shape.needsAny { schema["minProperties"] = 1 }
        if !shape.exactlyOne.isEmpty {
            schema["oneOf"] = .array(shape.exactlyOne.map { ["required": [.string($0)]] })
        }
        return schema
    }

    private static func schema(_ member: AdminMember) -> JSONObject {
        var schema: JSONObject =
            switch member.form {
            case .text: ["type": "string"]
            case .moment: ["type": "string", "format": "date-time"]
            case .flag: ["type": "boolean"]
            case .number(let range):
                ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
            case .choice(let words): ["type": "string", "enum": .array(words.map(JSONValue.string))]
            case .object(let shape): ["$ref": .string("#/components/schemas/" + shape.name)]
            case .list(let shape): ["type": "array", "items": reference(shape.name)]
            }
        if case .nullable = member.presence { schema = ["anyOf": [.object(schema), ["type": "null"]]] }
        schema["description"] = .string(member.summary)
        return schema
    }

    private static let problem: JSONObject = [
        "type": "object",
        "properties": [
            "type": ["type": "string"], "title": ["type": "string"], "status": ["type": "integer"],
            "code": ["type": "string", "enum": .array(AdminProblem.Code.allCases.map { .string($0.rawValue) })],
            "detail": ["type": "string", "description": "What is wrong and what cures it, for a person."],
        ],
        "required": ["type", "title", "status", "code", "detail"], "additionalProperties": false,
    ]
}
