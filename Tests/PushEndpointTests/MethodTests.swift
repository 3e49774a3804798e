import JSONBytes
import SCIM
import Synchronization
import Testing

@testable import PushEndpoint

@Suite struct MethodTests {
    static let readable = [
        "", "/Users", "/Users/ID", "/Groups", "/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/Group",
        "/Schemas",
        "/Schemas/" + Schemas.groupURN,
    ]

    @Test("9110 9.3.2 HEAD has the status and the headers of GET and no body", arguments: readable)
    func head(_ template: String) async throws {
        let world = try World()
        let path = template.replacing("ID", with: await world.user("ann"))
        let headers = ["x-request-id": "r"]
        let get = await world.call("GET", path, headers: headers).response
        let head = await world.call("HEAD", path, headers: headers).response
        var expected = get.headers
        expected["content-length"] = String(get.body.count)
        #expect(get.status == 200 && head.status == 200 && !get.body.isEmpty && head.body.isEmpty)
        #expect(head.headers == expected)
    }

    @Test(
        "9110 9.3.2 HEAD of what is not there has the status of GET and no body",
        arguments: ["/Users/none", "/nowhere"])
    func headMissing(_ path: String) async throws {
        let answer = await (try World()).call("HEAD", path)
        #expect(answer.status == 404 && answer.response.body.isEmpty && answer.headers["content-length"] != "0")
    }

    @Test("9110 9.3.2 HEAD knows If-None-Match")
    func headUnchanged() async throws {
        let world = try World()
        let id = await world.user("ann")
        #expect(await world.call("HEAD", "/Users/" + id, headers: ["if-none-match": "W/\"1\""]).status == 304)
    }

    @Test("9110 9.3.2 HEAD needs the token as GET does")
    func headWithoutToken() async throws {
        let answer = await (try World()).raw("HEAD", "/scim/c-1/Users")
        #expect(answer.status == 401 && answer.response.body.isEmpty)
    }

    @Test("health answers HEAD")
    func health() async throws {
        let world = try World()
        let answer = await world.raw("HEAD", "/health")
        #expect(answer.status == 200 && answer.response.body.isEmpty && answer.headers["content-length"] == "15")
        let refused = await world.raw("POST", "/health")
        #expect(refused.status == 405 && refused.headers["allow"] == "GET, HEAD")
    }

    static let offers = [
        ("/Users", "GET, HEAD, POST"), ("/Users/x", "GET, HEAD, PUT, PATCH, DELETE"), ("/Groups", "GET, HEAD, POST"),
        ("/Groups/x", "GET, HEAD, PUT, PATCH, DELETE"), ("/Bulk", "POST"), ("/.search", "POST"),
        ("/Users/.search", "POST"), ("/Groups/.search", "POST"),
        ("", "GET, HEAD"), ("/ServiceProviderConfig", "GET, HEAD"),
        ("/ResourceTypes", "GET, HEAD"), ("/ResourceTypes/User", "GET, HEAD"), ("/Schemas", "GET, HEAD"),
        ("/Schemas/x", "GET, HEAD"),
    ]

    @Test("9110 15.5.6 a method that Allow does not name gets 405 and Allow, as a SCIM error", arguments: offers)
    func notAllowed(_ path: String, _ allow: String) async throws {
        let world = try World()
        let offered = allow.split(separator: ", ").map(String.init)
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"]
        where !offered.contains(method) {
            let answer = await world.call(method, path, "{}")
            #expect(answer.status == 405 && answer.headers["allow"] == allow, "\(method) \(path)")
            #expect(answer.text("status") == "405")
        }
    }

    @Test("9110 10.2.1 Allow is true: what it names is not refused with 405", arguments: offers)
    func allowed(_ path: String, _ allow: String) async throws {
        let world = try World()
        for method in allow.split(separator: ", ") {
            #expect(await world.call(String(method), path, "{}").status != 405, "\(method) \(path)")
        }
    }

    @Test("9110 9.3.7 OPTIONS is not offered, and says what is")
    func options() async throws {
        let answer = await (try World()).call("OPTIONS", "/Users")
        #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD, POST")
    }

    @Test(
        "7644 3.11 /Me is 501 for every method: a token belongs to a connection, not to a person",
        arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func me(_ method: String) async throws {
        let answer = await (try World()).call(method, "/Me", "{}")
        #expect(answer.status == 501 && answer.text("status") == "501" && !answer.text("detail").isEmpty)
    }

    @Test("7644 3.11 /Me tells nothing without a token, and has nothing below it")
    func meElsewhere() async throws {
        let world = try World()
        #expect(await world.raw("GET", "/scim/c-1/Me").status == 401)
        #expect(await world.call("GET", "/Me/x").status == 404)
        #expect(await world.call("HEAD", "/Me").status == 501)
    }

    @Test(
        "7644 3.12 404 is a SCIM error in scim+json",
        arguments: ["/nowhere", "/Users/none", "/Users/a/b", "/Bulk/x", "/Schemas/x/y"])
    func notFound(_ path: String) async throws {
        let answer = await (try World()).call("GET", path)
        #expect(answer.status == 404 && answer.text("status") == "404")
        #expect(answer.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"])
        #expect(answer.headers["content-type"] == "application/scim+json")
    }

    @Test(
        "7644 3.8 Accept does not count: a change is not refused for the form of its answer",
        arguments: [
            "text/html", "application/xml", "application/json", "application/scim+json;q=0", "*/*", "", "garbage,,",
        ])
    func accept(_ accept: String) async throws {
        let answer = await (try World()).call("POST", "/Users", #"{"userName":"ann"}"#, headers: ["accept": accept])
        #expect(answer.status == 201 && answer.headers["content-type"] == "application/scim+json")
    }

    @Test(
        "7644 3.1 a body of another type is 415 on every method that reads one",
        arguments: ["/Users", "/Groups", "/Bulk"])
    func mediaType(_ path: String) async throws {
        let world = try World()
        let post = await world.call("POST", path, "{}", headers: ["content-type": "text/xml"])
        #expect(post.status == 415 && post.text("status") == "415")
        if path == "/Bulk" { return }
        for method in ["PUT", "PATCH"] {
            #expect(await world.call(method, path + "/x", "{}", headers: ["content-type": "text/xml"]).status == 415)
        }
    }

    @Test("7644 4 ServiceProviderConfig tells the limits of a bulk as they are")
    func bulkClaims() async throws {
        let answer = await (try World()).call("GET", "/ServiceProviderConfig")
        #expect(
            answer.body["bulk"]?.object
                == ["supported": true, "maxOperations": 1000, "maxPayloadSize": .integer(8 << 20)])
    }
}

@Suite struct RequestLogTests {
    @Test("every answer names its request: by the client's own name where that is plain, else by a new one")
    func requestID() async throws {
        let world = try World()
        for path in ["/Users", "/nowhere", "/Me", "/Bulk"] {
            #expect(
                await world.call("GET", path, headers: ["x-request-id": "a-1.b_c:d/e+f=@~"]).headers["x-request-id"]
                    == "a-1.b_c:d/e+f=@~")
            #expect(await world.call("GET", path).headers["x-request-id"]?.isEmpty == false)
        }
        #expect(
            await world.raw("GET", "/scim/c-1/Users", headers: ["x-request-id": "r"]).headers["x-request-id"] == "r")
        #expect(await world.raw("GET", "/health", headers: ["x-request-id": "r"]).headers["x-request-id"] == "r")
    }

    @Test("two requests without a name get two names")
    func madeIDs() async throws {
        let world = try World()
        let first = await world.call("GET", "/Users").headers["x-request-id"]
        #expect(await world.call("GET", "/Users").headers["x-request-id"] != first)
    }

    @Test(
        "a name that could forge a line or a header is not repeated",
        arguments: ["", "a b", "a\r\nb", "a\u{1B}[31m", "\u{00E9}", "a\"b", "a{b}", String(repeating: "x", count: 129)])
    func forged(_ name: String) async throws {
        let answer = await (try World()).call("GET", "/Users", headers: ["x-request-id": name])
        #expect(answer.headers["x-request-id"] != name && answer.headers["x-request-id"]?.isEmpty == false)
    }

    @Test("a name of 128 characters is repeated")
    func longest() async throws {
        let name = String(repeating: "x", count: 128)
        #expect(
            await (try World()).call("GET", "/Users", headers: ["x-request-id": name]).headers["x-request-id"] == name)
    }

    @Test("the log has a line for each request: what was asked and answered, for whom, and nothing personal")
    func entries() async throws {
        let log = Log()
        let world = try World(log: { log.append($0) })
        let id = await world.user("ann.secret")
        _ = await world.call("GET", "/Users/" + id, query: "filter=userName%20eq%20%22ann.secret%22")
        _ = await world.call("GET", "/Users", query: "filter=userName%20eq%20%22ann.secret%22")
        _ = await world.raw("GET", "/scim/c-1/Users?x=ann.secret", headers: ["x-request-id": "r"])
        _ = await world.call("BREW\u{1B}", "/ann.secret/" + id)
        _ = await world.raw("GET", "/health")
        let entries = log.entries
        #expect(
            entries.map { "\($0.method) \($0.route) \($0.status)" } == [
                "POST /scim/{configuration}/Users 201", "GET /scim/{configuration}/Users/{id} 200",
                "GET /scim/{configuration}/Users 200", "GET /scim/{configuration}/{unknown} 401",
                "OTHER /scim/{configuration}/{unknown} 404", "GET /health 200",
            ])
        #expect(entries.map { $0.organization } == ["acme", "acme", "acme", nil, "acme", nil])
        #expect(entries[0].connection?.isEmpty == false && entries[3].requestID == "r")
        for entry in entries {
            let line = JSONValue.object(entry.json).text
            for secret in ["ann.secret", id, world.token.text, "\u{1B}", "c-1"] { #expect(!line.contains(secret)) }
            #expect(entry.milliseconds >= 0 && line.contains(#""type":"request""#) && !line.contains("\n"))
        }
    }

    /// Proof by the mutex: entries come from any thread.
    final class Log: Sendable {
        private let list = Mutex<[RequestEntry]>([])
        var entries: [RequestEntry] { list.withLock { $0 } }
        func append(_ entry: RequestEntry) { list.withLock { $0.append(entry) } }
    }
}
