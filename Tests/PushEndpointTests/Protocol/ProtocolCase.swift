import SCIM
import Testing

/// One case of the protocol: what is there, what is asked, what must come back and what must be there then.
///
/// Its name begins with the section that demands it, `7644 3.5.2.1` or `7643 2.5`, or with `trap 26`, a mistake that real
/// servers made. Every expected value comes from there.
struct ProtocolCase: Sendable, CustomTestStringConvertible {
    var name: String
    var given: [Given]
    var steps: [Step]
    var source: SourceLocation

    var testDescription: String { name }
}

/// A resource that is there before the case; `{key}` stands for its id from then on.
struct Given: Sendable {
    var key: String
    var collection: String
    var body: String
}

/// One request with what must come of it.
struct Step: Sendable {
    var method: String
    var path: String
    var query = ""
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var expected: Expected
}

struct Expected: Sendable {
    var status: Int
    var scimType: String?
    var body = BodyRule.any
    /// Headers that must have exactly this value; `nil`: that must be absent.
    var headers: [String: String?] = [:]
    var effect = Effect.any
}

/// What the answer's body must be. Lists compare without order: SCIM gives their order no meaning (RFC 7643 2.4).
enum BodyRule: Sendable {
    case any, empty
    /// Equal, save for `schemas`, `id` and `meta` where the expectation does not name them.
    case exactly(String)
    /// Every member that is named is there and holds; `null` means absent.
    case holds(String)
    /// The resource `it` as it was, with these members in place of its own; and a GET shows the same.
    case changed(String)
    /// As `changed`, for an answer that shows another part of the resource than a plain GET.
    case shown(String)
}

enum Effect: Sendable {
    case any
    /// No resource changed: neither content, version nor time; and nothing came into the queue.
    case nothing
    /// The resource `it` has the next version, a later time, and is queued with that version.
    case nextVersion
}

// MARK: - The text of a case

/// JSON with `'` for the quotes, a backtick for a quote inside a text, and `{E}`, `{U}`, `{G}` for the schemas' URNs.
func json(_ text: String) -> String {
    text.replacing("'", with: "\"").replacing("`", with: "\\\"").replacing("{E}", with: Schemas.enterpriseURN)
        .replacing("{U}", with: Schemas.userURN).replacing("{G}", with: Schemas.groupURN)
}

func given(_ key: String, _ body: String) -> Given { Given(key: key, collection: "/Users", body: body) }
func givenGroup(_ key: String, _ body: String) -> Given { Given(key: key, collection: "/Groups", body: body) }

/// Ann, Bob and Cy.
let threePeople = [
    given("ann", "{'userName':'ann','displayName':'Ann'}"), given("bob", "{'userName':'bob'}"),
    given("cy", "{'userName':'cy','displayName':'Cy'}"),
]

/// Somebody with a bit of everything.
let person = """
    {'userName':'ann','externalId':'7','title':'Chief','active':true,'name':{'givenName':'Ann','familyName':'Lee'},
     'emails':[{'value':'a@x.example','type':'work','primary':true},{'value':'b@x.example','type':'home'}],
     '{E}':{'department':'Sales','costCenter':'4130'}}
    """

// MARK: - Operations

func add(_ path: String, _ value: String) -> String { operation("add", path, value) }
func replace(_ path: String, _ value: String) -> String { operation("replace", path, value) }
func remove(_ path: String) -> String { "{'op':'remove','path':\(quoted(path))}" }
func remove(_ path: String, value: String) -> String { operation("remove", path, value) }
/// Without a path.
func add(_ value: String) -> String { "{'op':'add','value':\(value)}" }
func replace(_ value: String) -> String { "{'op':'replace','value':\(value)}" }

func operation(_ verb: String, _ path: String, _ value: String) -> String {
    "{'op':'\(verb)','path':\(quoted(path)),'value':\(value)}"
}

private func quoted(_ path: String) -> String { "'" + path.replacing("'", with: "`") + "'" }

func patchBody(_ operations: [String]) -> String {
    "{'schemas':['urn:ietf:params:scim:api:messages:2.0:PatchOp'],'Operations':[\(operations.joined(separator: ","))]}"
}

// MARK: - Requests

func get(
    _ path: String, query: String = "", filter: String? = nil, headers: [String: String] = [:], _ status: Int,
    _ rule: BodyRule = .any, answers: [String: String?] = [:]
) -> Step {
    var query = query
    if let filter { query += (query.isEmpty ? "" : "&") + "filter=" + escaped(json(filter)) }
    let expected = Expected(status: status, body: rule, headers: answers, effect: .nothing)
    return Step(method: "GET", path: path, query: query, headers: headers, expected: expected)
}

func send(
    _ method: String, _ path: String, _ body: String, query: String = "", headers: [String: String] = [:],
    _ status: Int, _ rule: BodyRule = .any, answers: [String: String?] = [:], effect: Effect = .any
) -> Step {
    let expected = Expected(status: status, body: rule, headers: answers, effect: effect)
    return Step(
        method: method, path: path, query: query, headers: headers, body: Array(json(body).utf8), expected: expected)
}

func send(
    _ method: String, _ path: String, query: String = "", headers: [String: String] = [:], _ status: Int,
    _ rule: BodyRule = .any
) -> Step {
    send(method, path, "", query: query, headers: headers, status, rule)
}

/// A request that must be refused with this status and `scimType`, in the shape of RFC 7644 3.12, and change nothing.
func refused(
    _ method: String, _ path: String, _ body: String, query: String = "", filter: String? = nil,
    headers: [String: String] = [:], _ status: Int, _ scimType: String?, answers: [String: String?] = [:]
) -> Step {
    var query = query
    if let filter { query += (query.isEmpty ? "" : "&") + "filter=" + escaped(json(filter)) }
    let expected = Expected(status: status, scimType: scimType, headers: answers, effect: .nothing)
    return Step(
        method: method, path: path, query: query, headers: headers, body: Array(json(body).utf8), expected: expected)
}

func refused(
    _ method: String, _ path: String, query: String = "", filter: String? = nil, headers: [String: String] = [:],
    _ status: Int, _ scimType: String?, answers: [String: String?] = [:]
) -> Step {
    refused(
        method, path, "", query: query, filter: filter, headers: headers, status, scimType, answers: answers)
}

/// Percent escapes for all but letters, digits and the braces around a resource's key.
private func escaped(_ text: String) -> String {
    text.utf8.map { byte in
        let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        let isBrace = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}")
        return isPlain || isBrace
            ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
}

// MARK: - Cases

/// Lists cases one below the other, each checked by the compiler on its own.
@resultBuilder enum CaseList {
    static func buildExpression(_ one: ProtocolCase) -> [ProtocolCase] { [one] }
    static func buildExpression(_ many: [ProtocolCase]) -> [ProtocolCase] { many }
    static func buildBlock(_ parts: [ProtocolCase]...) -> [ProtocolCase] { parts.flatMap { $0 } }
    static func buildArray(_ parts: [[ProtocolCase]]) -> [ProtocolCase] { parts.flatMap { $0 } }
}

func scenario(
    _ name: String, _ given: [Given] = [], source: SourceLocation = #_sourceLocation, _ steps: Step...
) -> ProtocolCase {
    ProtocolCase(name: name, given: given, steps: steps, source: source)
}

/// A PATCH of a person after which exactly the members of `gives` differ from before.
func patch(
    _ name: String, _ before: String, _ operations: [String], gives: String, source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = send(
        "PATCH", "/Users/{it}", patchBody(operations), 200, .changed(gives), effect: .nextVersion)
    return ProtocolCase(name: name, given: [given("it", before)], steps: [step], source: source)
}

/// A PATCH of a person that succeeds and changes nothing: no content, version, time or queue.
func patchKeeps(
    _ name: String, _ before: String, _ operations: [String], source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = send("PATCH", "/Users/{it}", patchBody(operations), 200, .changed("{}"), effect: .nothing)
    return ProtocolCase(name: name, given: [given("it", before)], steps: [step], source: source)
}

/// A PATCH of a person that is refused with 400 and this `scimType`.
func patchRefused(
    _ name: String, _ before: String, _ operations: [String], _ scimType: String,
    source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = refused("PATCH", "/Users/{it}", patchBody(operations), 400, scimType)
    return ProtocolCase(name: name, given: [given("it", before)], steps: [step], source: source)
}

/// A PATCH of a group with these members; afterwards it has exactly those, by their `value`.
func patchMembers(
    _ name: String, of before: [String], _ operations: [String], leaves after: [String],
    source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let same = Set(before) == Set(after)
    let members = after.map { "{'value':'\($0)'}" }.joined(separator: ",")
    let holds = "{'members':\(after.isEmpty ? "null" : "[" + members + "]")}"
    let change = send(
        "PATCH", "/Groups/{it}", patchBody(operations), 200, .holds(holds), effect: same ? .nothing : .nextVersion)
    return ProtocolCase(
        name: name, given: threePeople + [team(before)], steps: [change, get("/Groups/{it}", 200, .holds(holds))],
        source: source)
}

func patchGroupRefused(
    _ name: String, of before: [String], _ operations: [String], _ scimType: String,
    source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = refused("PATCH", "/Groups/{it}", patchBody(operations), 400, scimType)
    return ProtocolCase(name: name, given: threePeople + [team(before)], steps: [step], source: source)
}

/// The group `it` with these members.
func team(_ members: [String]) -> Given {
    let list = members.map { "{'value':'\($0)'}" }.joined(separator: ",")
    return givenGroup("it", "{'displayName':'Team'\(members.isEmpty ? "" : ",'members':[" + list + "]")}")
}

/// A POST of a person that answers 201 with exactly this, and a GET shows the same.
func create(
    _ name: String, _ body: String, gives: String, source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = send("POST", "/Users", body, 201, .exactly(gives))
    return ProtocolCase(name: name, given: [], steps: [step], source: source)
}

/// A POST of a person that is refused with 400 and this `scimType`, and creates nobody.
func createRefused(
    _ name: String, _ body: String, _ scimType: String, source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let steps = [
        refused("POST", "/Users", body, 400, scimType), get("/Users", 200, .holds("{'totalResults':0}")),
    ]
    return ProtocolCase(name: name, given: [], steps: steps, source: source)
}

/// A POST whose bytes are no acceptable JSON.
func bytesRefused(
    _ name: String, _ bytes: [UInt8], source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    var step = refused("POST", "/Users", 400, "invalidSyntax")
    step.body = bytes
    return ProtocolCase(
        name: name, given: [], steps: [step, get("/Users", 200, .holds("{'totalResults':0}"))], source: source)
}

/// A PUT of a person after which it is exactly `gives`, and differs from before.
func put(
    _ name: String, _ before: String, _ body: String, gives: String, source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let steps = [
        send("PUT", "/Users/{it}", body, 200, .exactly(gives), effect: .nextVersion),
        get("/Users/{it}", 200, .exactly(gives)),
    ]
    return ProtocolCase(name: name, given: [given("it", before)], steps: steps, source: source)
}

/// A PUT of a person that succeeds and changes nothing.
func putKeeps(
    _ name: String, _ before: String, _ body: String, source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = send("PUT", "/Users/{it}", body, 200, .changed("{}"), effect: .nothing)
    return ProtocolCase(name: name, given: [given("it", before)], steps: [step], source: source)
}

func putRefused(
    _ name: String, _ before: String, _ body: String, _ scimType: String, source: SourceLocation = #_sourceLocation
) -> ProtocolCase {
    let step = refused("PUT", "/Users/{it}", body, 400, scimType)
    return ProtocolCase(name: name, given: [given("it", before)], steps: [step], source: source)
}
