import JSONBytes
import SCIM
import Storage
import Synchronization
import Testing

@testable import PushEndpoint

@Suite struct LimitTests {
    @Test("7644 3.7.4 as many operations as maxOperations are carried out, one more is 413 and nothing is done")
    func operations() async throws {
        let world = try World()
        let list = (0..<BulkRequest.operationsMax).map { _ in Bulk.delete("/Users/none") }
        #expect(await world.bulk(list: list).statuses.count == BulkRequest.operationsMax)
        let refused = await world.bulk(list: [Bulk.user("u", "ann")] + list)
        #expect(refused.status == 413 && refused.answer.text("status") == "413")
        #expect(refused.answer.text("detail").contains("maxOperations is 1000"))
        #expect(await world.total("/Users") == 0)
    }

    @Test("7644 3.7.4 a body of maxPayloadSize is read, one byte more is 413 and nothing is done")
    func payload() async throws {
        let world = try World()
        let body = JSONValue.object(["Operations": [Bulk.user("u", "ann")]]).text
        let padding = String(repeating: " ", count: BulkRequest.bodyBytesMax - body.utf8.count)
        let refused = await world.call("POST", "/Bulk", body + padding + " ")
        #expect(refused.status == 413 && refused.text("detail").contains("maxPayloadSize (8388608 bytes)"))
        #expect(await world.total("/Users") == 0)
        #expect(BulkAnswer(await world.call("POST", "/Bulk", body + padding)).statuses == ["201"])
    }

    @Test(
        "a single request has a limit of its own, below that of a bulk",
        arguments: [("POST", "/Users"), ("PUT", "/Users/x"), ("PATCH", "/Groups/x")])
    func single(_ method: String, _ path: String) async throws {
        let world = try World()
        let padding = String(repeating: " ", count: Discovery.bodyBytesMax - 2)
        #expect(await world.call(method, path, "{}" + padding).status != 413)
        #expect(await world.call(method, path, "{} " + padding).status == 413)
    }

    @Test(
        "9110 15.5.14 a body that says that it is too long is refused before it is read",
        arguments: [("/Users", 1 << 20), ("/Bulk", 8 << 20)])
    func declared(_ path: String, _ limit: Int) async throws {
        let world = try World()
        let wasRead = Mutex(false)
        func send(_ length: String) async -> EndpointResponse {
            await world.endpoint.handle(
                EndpointRequest(
                    method: "POST", path: "/scim/c-1" + path,
                    headers: [
                        "authorization": "Bearer " + world.token.text, "content-type": "application/json",
                        "content-length": length,
                    ]
                ) {
                    wasRead.withLock { $0 = true }
                    return Array("{}".utf8)
                })
        }
        for length in [limit + 1, Int.max] {
            let refused = Answer(response: await send(String(length)))
            #expect(refused.status == 413 && refused.text("status") == "413" && wasRead.withLock { !$0 })
        }
        #expect(await send(String(limit)).status == 400 && wasRead.withLock { $0 })
    }

    @Test(
        "a length that is no number does not matter: the body itself is counted",
        arguments: ["-1", "x", "", "99999999999999999999999"])
    func oddLengths(_ length: String) async throws {
        let answer = await (try World()).call(
            "POST", "/Users", #"{"userName":"a"}"#, headers: ["content-length": length])
        #expect(answer.status == 201)
    }

    @Test("6585 4 a token with as many requests at work as it may have gets 429 with Retry-After, others are served")
    func inFlight() async throws {
        let world = try World()
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let gates = Gate(gate)
        let statuses = await withTaskGroup(of: Int.self) { group in
            for index in 0..<RequestsInFlight.requestsMax {
                group.addTask {
                    let response = await world.endpoint.handle(
                        EndpointRequest(
                            method: "POST", path: "/scim/c-1/Users",
                            headers: [
                                "authorization": "Bearer " + world.token.text, "content-type": "application/json",
                            ]
                        ) {
                            enter.yield()
                            await gates.wait()
                            return Array(#"{"userName":"u\#(index)"}"#.utf8)
                        })
                    return response.status
                }
            }
            var iterator = entered.makeAsyncIterator()
            for _ in 0..<RequestsInFlight.requestsMax { await iterator.next() }
            let refused = await world.call("GET", "/Users")
            #expect(refused.status == 429 && refused.headers["retry-after"] == "1" && refused.text("status") == "429")
            #expect(refused.body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"])
            let other = await world.raw(
                "GET", "/scim/c-2/Users", headers: ["authorization": "Bearer " + world.otherToken.text])
            #expect(other.status == 200)
            open.finish()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 201, count: RequestsInFlight.requestsMax))
        #expect(await world.call("GET", "/Users").status == 200)
    }

    /// Lets everybody through once its stream has ended.
    private actor Gate {
        private let ended: Task<Void, Never>
        init(_ stream: AsyncStream<Void>) { ended = Task { for await _ in stream {} } }
        func wait() async { await ended.value }
    }

    @Test("the places of a token are counted by requests and by bytes, and given back")
    func places() {
        let places = RequestsInFlight()
        let bulk = BulkRequest.bodyBytesMax
        for _ in 0..<4 { #expect(places.enter("a", bodyBytes: bulk)) }
        #expect(!places.enter("a", bodyBytes: 1))
        #expect(places.enter("a", bodyBytes: 0) && places.enter("b", bodyBytes: bulk))
        places.leave("a", bodyBytes: bulk)
        #expect(places.enter("a", bodyBytes: 1))
        for _ in 0..<RequestsInFlight.requestsMax { #expect(places.enter("c", bodyBytes: 0)) }
        #expect(!places.enter("c", bodyBytes: 0))
        for _ in 0..<RequestsInFlight.requestsMax { places.leave("c", bodyBytes: 0) }
        #expect(places.enter("c", bodyBytes: 0))
    }

    @Test("a refused request gives its place back too")
    func refusedGivesBack() async throws {
        let world = try World()
        for _ in 0...RequestsInFlight.requestsMax {
            #expect(await world.call("POST", "/Users", "{").status == 400)
        }
    }

    @Test("a bulk of which nothing could be written is 503 with Retry-After")
    func storageGone() async throws {
        let world = try World()
        await world.endpoint.commits.close()
        let answer = await world.bulk(Bulk.user("1", "a"))
        #expect(answer.status == 503 && answer.answer.headers["retry-after"] == "30")
    }

    @Test("what a bulk did not write is told operation by operation, beside what it did write")
    func storageGoneHalfway() throws {
        let world = try World()
        let request = try BulkRequest(parsing: ["Operations": [Bulk.user("1", "a"), Bulk.delete("/Users/x")]])
        let scope = try #require(
            try world.store.pushScope(
                configurationID: "c-1", tokenHash: BearerToken.hash(world.token.text), at: world.endpoint.now()))
        let call = EndpointCall(
            endpoint: world.endpoint, request: EndpointRequest(method: "POST", path: "/Bulk"), scope: scope,
            baseURL: "https://id.example/scim/c-1")
        var run = BulkRun(request, call: call)
        run.refuse(BulkSchedule(request.operations).steps, SCIMError(status: 503, "The storage is full."))
        let results = run.response.results
        #expect(results.map(\.status) == [503, 503] && results.map { $0.error?.status } == [503, 503])
        #expect(results.map(\.location) == [nil, "https://id.example/scim/c-1/Users/x"])
    }
}
