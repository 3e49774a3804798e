import JSONBytes
import Storage
import Testing

@testable import PushEndpoint

@Suite("OpenAPI document")
struct AdminDocumentTests {
    private func document(_ admin: AdminWorld) async -> JSONObject { await admin.call("GET", "/openapi.json").body }

    private func operations(_ document: JSONObject) -> [(path: String, method: String, item: JSONObject)] {
        (document["paths"]?.object?.members ?? []).flatMap { path in
            (path.value.object?.members ?? []).compactMap { member in
                guard member.key != "parameters", let item = member.value.object else { return nil }
                return (path.key, member.key.uppercased(), item)
            }
        }
    }

    @Test("each operation of the document is there, and each method beside it is not")
    func routes() async throws {
        let admin = try AdminWorld()
        let document = await document(admin)
        #expect(document["openapi"]?.string?.hasPrefix("3.1") == true)
        let operations = operations(document)
        #expect(operations.count == AdminOperation.all.count && operations.count >= 18)
        for (path, methods) in Dictionary(grouping: operations, by: \.path) {
            let real = Self.fill(path)
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"] {
                let answer = await (try AdminWorld()).call(method, real, "{}")
                if methods.contains(where: { $0.method == (method == "HEAD" ? "GET" : method) }) {
                    #expect(![404, 405].contains(answer.status), "\(method) \(real): \(answer)")
                } else {
                    #expect(answer.status == 405, "\(method) \(real): \(answer)")
                }
            }
        }
    }

    @Test("operations have ids and summaries of their own, and every parameter of a path is declared")
    func names() async throws {
        let document = await document(try AdminWorld())
        let operations = operations(document)
        let ids = operations.compactMap { $0.item["operationId"]?.string }
        #expect(Set(ids).count == operations.count)
        for (path, method, item) in operations {
            #expect(item["summary"]?.string?.isEmpty == false, "\(method) \(path)")
            let declared = document["paths"]?.object?[path]?.object?["parameters"]?.array ?? []
            let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
                String($0.dropFirst().dropLast())
            }
            #expect(declared.compactMap { $0.object?["name"]?.string } == names)
        }
    }

    @Test("real answers are what the document says, refusals too")
    func answers() async throws {
        let admin = try AdminWorld()
        let document = await document(admin)
        let schemas = SchemaCheck(document)
        let acme = "/organizations/acme"
        let scim = acme + "/scim-configurations"
        var seen: Set<String> = []
        for (method, path, body) in [
            ("GET", "/openapi.json", nil), ("GET", "/organizations", nil), ("POST", "/organizations", #"{"name":"n"}"#),
            ("GET", acme, nil), ("PATCH", acme, #"{"restrictAccountCreationToSCIM":true}"#),
            ("POST", acme + "/sign-in", #"{"userName":"ann"}"#), ("GET", acme + "/sso-configurations", nil),
            ("POST", acme + "/sso-configurations", #"{"name":"b"}"#), ("GET", acme + "/sso-configurations/b", nil),
            ("PATCH", acme + "/sso-configurations/b", #"{"active":false}"#), ("GET", scim, nil),
            ("POST", scim, #"{"name":"p","sso":"sso","connection":"c"}"#), ("GET", scim + "/p", nil),
            ("PATCH", scim + "/p", #"{"enabled":true}"#), ("POST", scim + "/p/tokens", #"{"name":"t"}"#),
            ("POST", scim + "/p/rotate-token", #"{"overlapHours":2}"#), ("DELETE", scim + "/p/tokens/t", nil),
            ("DELETE", scim + "/p", nil),
        ] as [(String, String, String?)] {
            let segments = path.split(separator: "/").map(String.init)
            let (operation, _) = try AdminOperation.all.compactMap { operation in
                operation.method == method ? operation.match(segments).map { (operation, $0) } : nil
            }.first.orRequire()
            seen.insert(operation.id)
            if let body, let shape = operation.body {
                let value = try JSONValue(parsing: body)
                #expect(schemas.faults(value, named: shape.name) == [], "\(operation.id)")
            }
            let answer = await admin.call(
                method, path.replacing("/tokens/t", with: "/tokens/" + Self.token(admin)), body)
            #expect(answer.status == operation.status, "\(operation.id): \(answer)")
            if case .shape(let shape) = operation.answer {
                #expect(schemas.faults(.object(answer.body), named: shape.name) == [], "\(operation.id)")
            }
        }
        #expect(seen == Set(AdminOperation.all.map(\.id)))
        for answer in [
            await admin.call("GET", "/nowhere"), await admin.call("POST", "/organizations", "{"),
            await admin.call("POST", "/organizations", #"{"name":"acme"}"#),
        ] {
            #expect(schemas.faults(.object(answer.body), named: "Problem") == [])
        }
    }

    /// The id of an ended or valid token called t, else of any.
    private static func token(_ admin: AdminWorld) -> String {
        do {
            let owner = try admin.world.store.organization(named: "acme").organization
            let all = try admin.world.store.scimConfigurations(of: owner).flatMap(\.tokens)
            return all.first { $0.name == "t" }?.id ?? "none"
        } catch { return "\(error)" }
    }

    @Test("the checker itself finds what is wrong")
    func checker() async throws {
        let schemas = SchemaCheck(await document(try AdminWorld()))
        for body in [
            #"{"name":"n"}"#, #"{"id":"i","name":5,"active":true,"createdAt":"x"}"#,
            #"{"id":"i","name":"n","active":true,"createdAt":"2026-01-01T00:00:00Z","more":1}"#,
        ] {
            #expect(schemas.faults(try JSONValue(parsing: body), named: "SSOConfiguration") != [])
        }
        #expect(schemas.faults(["status": "x"], named: "Problem") != [])
        #expect(schemas.faults(["userName": "a", "id": "b"], named: "SignInQuestion") != [])
    }

    private static func fill(_ path: String) -> String {
        path.replacing("{organization}", with: "acme").replacing("{sso}", with: "sso").replacing("{scim}", with: "push")
            .replacing("{token}", with: "token")
    }
}

extension Optional {
    fileprivate func orRequire() throws -> Wrapped { try #require(self) }
}

/// The part of JSON Schema that the document uses.
struct SchemaCheck {
    private let schemas: JSONObject

    init(_ document: JSONObject) {
        schemas = document["components"]?.object?["schemas"]?.object ?? JSONObject()
    }

    func faults(_ value: JSONValue, named name: String) -> [String] {
        guard let schema = schemas[name]?.object else { return ["no schema \(name)"] }
        return faults(value, schema, name)
    }

    private func faults(_ value: JSONValue, _ schema: JSONObject, _ place: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            return faults(value, named: String(reference.split(separator: "/").last ?? ""))
        }
        if let any = schema["anyOf"]?.array {
            let all = any.compactMap(\.object).map { self.faults(value, $0, place) }
            return all.contains([]) ? [] : all.flatMap { $0 }
        }
        var faults: [String] = []
        if let words = schema["enum"]?.array, !words.contains(value) { faults.append("\(place): \(value.text)") }
        if let one = schema["oneOf"]?.array {
            let count = one.count { member in
                (member.object?["required"]?.array ?? []).allSatisfy { $0.string.flatMap { value.object?[$0] } != nil }
            }
            if count != 1 { faults.append("\(place): \(count) of oneOf") }
        }
        switch (schema["type"]?.string, value) {
        case ("string", .string(let text)):
            if schema["format"]?.string == "date-time", text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) == nil {
                faults.append("\(place): no moment")
            }
        case ("boolean", .bool), ("null", .null): break
        case ("integer", .number(let text)) where Int(text) != nil: break
        case ("array", .array(let items)):
            let schema = schema["items"]?.object ?? JSONObject()
            for (index, item) in items.enumerated() { faults += self.faults(item, schema, "\(place)[\(index)]") }
        case ("object", .object(let object)): faults += members(object, schema, place)
        default: faults.append("\(place): \(value.text) is no \(schema["type"]?.string ?? "?")")
        }
        return faults
    }

    private func members(_ object: JSONObject, _ schema: JSONObject, _ place: String) -> [String] {
        let properties = schema["properties"]?.object ?? JSONObject()
        var faults: [String] = []
        for member in object.members {
            if let inner = properties[member.key]?.object {
                faults += self.faults(member.value, inner, place + "." + member.key)
            } else if schema["additionalProperties"] == false {
                faults.append("\(place).\(member.key): not declared")
            }
        }
        for name in schema["required"]?.array ?? [] where name.string.flatMap({ object[$0] }) == nil {
            faults.append("\(place): \(name.text) is missing")
        }
        if schema["minProperties"]?.integer ?? 0 > object.count { faults.append("\(place): too few members") }
        return faults
    }
}
