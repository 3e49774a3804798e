import JSONBytes
import SCIM
import Storage
import Testing

@testable import PushEndpoint

/// Plays a case in a world of its own.
struct ProtocolRunner {
    let world: World
    let name: String
    let source: SourceLocation
    private var ids: [String: (id: String, path: String)] = [:]

    static func play(_ one: ProtocolCase) async throws {
        var runner = ProtocolRunner(world: try World(), name: one.name, source: one.source)
        for given in one.given { try await runner.create(given) }
        runner.world.tick()
        for (index, step) in one.steps.enumerated() {
            try await runner.play(step, number: index + 1)
            runner.world.tick()
        }
    }

    private init(world: World, name: String, source: SourceLocation) {
        self.world = world
        self.name = name
        self.source = source
    }

    private mutating func create(_ given: Given) async throws {
        let answer = await world.call("POST", given.collection, filled(json(given.body)))
        try #require(answer.status == 201, "\(name): \(given.key) \(answer.body)", sourceLocation: source)
        ids[given.key] = (answer.text("id"), given.collection + "/" + answer.text("id"))
    }

    /// The text with the resources' ids for their keys.
    private func filled(_ text: String) -> String {
        ids.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value.id) }
    }

    private func play(_ step: Step, number: Int) async throws {
        let before = try await state()
        let body = String(validating: step.body, as: UTF8.self).map { Array(filled($0).utf8) } ?? step.body
        var headers = ["authorization": "Bearer " + world.token.text, "content-type": "application/scim+json"]
        for (key, value) in step.headers { headers[key] = filled(value) }
        let request = EndpointRequest(
            method: step.method, path: filled("/scim/\(World.configuration)" + step.path), query: filled(step.query),
            headers: headers.filter { $0.value != "absent" }, body: { body })
        let answer = Answer(response: await world.endpoint.handle(request))
        let after = try await state()
        let check = AnswerCheck(
            place: "\(name), step \(number): \(answer.status) \(JSONValue.object(answer.body).text)", source: source,
            answer: answer, before: before, after: after)
        check.status(step.expected)
        check.headers(step.expected.headers.mapValues { $0.map(filled) })
        try check.body(step.expected.body, filled)
        check.effect(step.expected.effect)
    }

    private func state() async throws -> WorldSnapshot {
        var snapshot = WorldSnapshot()
        for (key, place) in ids {
            let answer = await world.call("GET", place.path)
            if answer.status == 200 { snapshot.resources[key] = answer.body }
        }
        for item in try world.store.queueItems(QueueSelection()) where item.state == .waiting {
            if let id = item.recordID { snapshot.queue[id] = item.version }
        }
        return snapshot
    }
}

/// Everything that a case can see change.
struct WorldSnapshot: Equatable {
    var resources: [String: JSONObject] = [:]
    var queue: [String: Int64] = [:]
}

/// Compares an answer, and what is there afterwards, with what was expected.
struct AnswerCheck {
    let place: String
    let source: SourceLocation
    let answer: Answer
    let before: WorldSnapshot
    let after: WorldSnapshot

    func status(_ expected: Expected) {
        #expect(answer.status == expected.status, "\(place)", sourceLocation: source)
        if expected.status >= 400 {
            errorShape(expected)
        } else if !answer.response.body.isEmpty {
            #expect(answer.headers["content-type"] == "application/scim+json", "\(place)", sourceLocation: source)
        }
    }

    /// RFC 7644 3.12.
    private func errorShape(_ expected: Expected) {
        let body = answer.body
        #expect(
            body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
                && body["status"] == .string(String(expected.status)) && body["detail"]?.string?.isEmpty == false
                && body["scimType"]?.string == expected.scimType
                && answer.headers["content-type"] == "application/scim+json",
            "\(place)", sourceLocation: source)
    }

    func headers(_ expected: [String: String?]) {
        for (key, value) in expected {
            #expect(answer.headers[key] == value, "\(place): \(key)", sourceLocation: source)
        }
    }

    func body(_ rule: BodyRule, _ filled: (String) -> String) throws {
        switch rule {
        case .any: break
        case .empty: #expect(answer.response.body.isEmpty, "\(place)", sourceLocation: source)
        case .exactly(let text):
            let wanted = try object(text, filled)
            #expect(reduced(answer.body, to: wanted) == unordered(wanted), "\(place)", sourceLocation: source)
        case .holds(let text):
            let wanted = try object(text, filled)
            #expect(Self.holds(.object(wanted), .object(answer.body)), "\(place)", sourceLocation: source)
        case .changed(let text):
            try shown(try object(text, filled))
            #expect(after.resources["it"] == answer.body, "\(place): a GET shows the same", sourceLocation: source)
        case .shown(let text): try shown(try object(text, filled))
        }
    }

    private func shown(_ overlay: JSONObject) throws {
        var wanted = try #require(before.resources["it"], sourceLocation: source)
        for member in overlay.members { wanted[member.key] = member.value.isNull ? nil : member.value }
        for key in ["id", "meta", "schemas"] { wanted[key] = nil }
        #expect(reduced(answer.body, to: wanted) == unordered(wanted), "\(place)", sourceLocation: source)
    }

    func effect(_ effect: Effect) {
        switch effect {
        case .any: break
        case .nothing: #expect(before == after, "\(place): nothing changes", sourceLocation: source)
        case .nextVersion:
            let (old, new) = (before.resources["it"], after.resources["it"])
            let version = new.flatMap(Self.version) ?? 0
            let id = new?["id"]?.string ?? ""
            #expect(
                old.flatMap(Self.version).map { $0 + 1 } == version && after.queue[id] == version
                    && answer.headers["etag"] == "W/\"\(version)\"",
                "\(place): the next version", sourceLocation: source)
            #expect(
                Self.modified(old) < Self.modified(new), "\(place): a later lastModified", sourceLocation: source)
        }
    }

    // MARK: - Values

    private func object(_ text: String, _ filled: (String) -> String) throws -> JSONObject {
        try #require(JSONValue(parsing: filled(json(text))).object, sourceLocation: source)
    }

    private func reduced(_ body: JSONObject, to wanted: JSONObject) -> JSONValue {
        var body = body
        for key in ["schemas", "id", "meta"] where wanted[key] == nil { body[key] = nil }
        return unordered(body)
    }

    private func unordered(_ object: JSONObject) -> JSONValue { Self.unordered(.object(object)) }

    private static func unordered(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(unordered).sorted { $0.text < $1.text })
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { .init(key: $0.key, value: unordered($0.value)) }
                        .sorted { $0.key < $1.key }))
        default: value
        }
    }

    /// Whether the value is what is wanted: objects may have more members, lists may not.
    static func holds(_ wanted: JSONValue, _ value: JSONValue?) -> Bool {
        switch (wanted, value) {
        case (.null, _): return value == nil
        case (.object(let wanted), .object(let object)?):
            return wanted.members.allSatisfy { holds($0.value, object[$0.key]) }
        case (.array(let wanted), .array(let values)?):
            return wanted.count == values.count
                && wanted.allSatisfy { one in values.contains { holds(one, $0) } }
        default: return wanted == value
        }
    }

    private static func version(_ resource: JSONObject) -> Int64? {
        resource["meta"]?.object?["version"]?.string.flatMap { Int64($0.filter(\.isNumber)) }
    }

    private static func modified(_ resource: JSONObject?) -> String {
        resource?["meta"]?.object?["lastModified"]?.string ?? ""
    }
}
