import JSONBytes
import Reconciliation
import SCIM
import Storage
import Testing

@testable import PushEndpoint

@Suite("Queries")
struct QueryTests {
    private func escaped(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func people() async throws -> World {
        let world = try World()
        for body in [
            #"{"userName":"b","title":"Zoo","emails":[{"value":"z@x","type":"work"},{"value":"a@x","type":"home","primary":true}]}"#,
            #"{"userName":"A","title":"apple","emails":[{"value":"m@x","type":"work"}]}"#,
            #"{"userName":"c","active":true,"emails":[{"value":"B@x","type":"home"}]}"#,
            #"{"userName":"D","title":"Apple","active":false}"#,
        ] {
            #expect(await world.call("POST", "/Users", body).status == 201)
        }
        return world
    }

    // MARK: - Sorting, RFC 7644 3.4.2.3

    @Test(
        "results are sorted by the schema's case rule, unset values last, or first when descending, the primary value before others",
        arguments: [
            ("sortBy=userName", ["A", "b", "c", "D"]), ("sortBy=userName&sortOrder=descending", ["D", "c", "b", "A"]),
            ("sortBy=title", ["A", "D", "b", "c"]), ("sortBy=TITLE&sortOrder=Descending", ["c", "b", "D", "A"]),
            ("sortBy=emails", ["b", "c", "A", "D"]), ("sortBy=emails.value", ["b", "c", "A", "D"]),
            ("sortBy=active", ["D", "c", "b", "A"]), ("sortBy=urn:vendor:x:flag", ["b", "A", "c", "D"]),
            ("sortBy=meta.created", ["b", "A", "c", "D"]), ("sortOrder=descending", ["b", "A", "c", "D"]),
            ("sortBy=userName&startIndex=2&count=2", ["b", "c"]), ("sortBy=", ["b", "A", "c", "D"]),
            ("sortBy=userName&filter=title%20pr&startIndex=2", ["b", "D"]),
        ])
    func sorts(_ query: String, _ names: [String]) async throws {
        let answer = try await people().call("GET", "/Users", query: query)
        #expect(answer.status == 200 && answer.names == names)
    }

    @Test(
        "a query that cannot be is refused with what to do",
        arguments: [
            ("sortBy=shoe", 400, "invalidPath"), ("sortBy=emails[type%20eq%20%22x%22]", 400, "invalidPath"),
            ("sortBy=password", 403, "sensitive"), ("sortOrder=up", 400, "invalidValue"),
            ("cursor=&startIndex=1", 400, "invalidValue"), ("cursor=&count=0", 400, "invalidCount"),
            ("cursor=&count=x", 400, "invalidCount"), ("cursor=abc", 400, "invalidCursor"),
            ("cursor=%00", 400, "invalidCursor"),
        ])
    func refuses(_ query: String, _ status: Int, _ type: String) async throws {
        let answer = try await people().call("GET", "/Users", query: query)
        #expect(answer.status == status && answer.text("scimType") == type)
    }

    // MARK: - Index paging, RFC 7644 3.4.2.4

    @Test(
        "totals are of all, whatever the page",
        arguments: [
            ("count=0", 0, 1), ("count=-1", 0, 1), ("startIndex=0", 4, 1), ("startIndex=-7&count=2", 2, 1),
            ("startIndex=4", 1, 4), ("startIndex=5", 0, 5), ("count=100000", 4, 1), ("sortBy=title&startIndex=9", 0, 9),
        ])
    func pages(_ query: String, _ onPage: Int, _ start: Int) async throws {
        let answer = try await people().call("GET", "/Users", query: query)
        #expect(answer.body["totalResults"] == 4 && answer.body["itemsPerPage"]?.integer == onPage)
        #expect(answer.body["Resources"]?.array?.count == onPage && answer.body["startIndex"]?.integer == start)
        #expect(answer.body["nextCursor"] == nil)
    }

    // MARK: - Cursors, RFC 9865

    /// The names of all pages, with what happens between them.
    private func walk(
        _ world: World, _ query: String, between: @Sendable (World, Int) async -> Void = { _, _ in }
    ) async throws -> [String] {
        var names: [String] = []
        var cursor = ""
        for page in 0..<50 {
            let answer = await world.call("GET", "/Users", query: query + "&cursor=" + cursor)
            #expect(answer.status == 200 && answer.body["startIndex"] == nil)
            names += answer.names
            guard let next = answer.body["nextCursor"]?.string else { return names }
            #expect(
                next.utf8.allSatisfy {
                    $0 == 0x2D || $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x7A).contains($0)
                })
            cursor = next
            await between(world, page)
        }
        Issue.record("the walk does not end")
        return names
    }

    @Test(
        "a walk by cursor shows everybody once, in order",
        arguments: [
            ("count=1", ["b", "A", "c", "D"]), ("count=2", ["b", "A", "c", "D"]), ("count=4", ["b", "A", "c", "D"]),
            ("count=3&sortBy=userName", ["A", "b", "c", "D"]), ("count=1&sortBy=title", ["A", "D", "b", "c"]),
            ("count=1&sortBy=title&sortOrder=descending", ["c", "b", "D", "A"]),
            ("count=1&sortBy=urn:vendor:x:flag", ["b", "A", "c", "D"]), ("count=1&filter=title%20pr", ["b", "A", "D"]),
            ("count=1&filter=not%20(urn:vendor:x:flag%20pr)", ["b", "A", "c", "D"]),
        ])
    func walks(_ query: String, _ names: [String]) async throws {
        #expect(try await walk(people(), query) == names)
    }

    @Test("who comes or goes between two pages moves nobody who stays")
    func underChange() async throws {
        let names = try await walk(people(), "count=1&sortBy=userName") { world, page in
            _ = await world.user(page == 0 ? "0" : "bb\(page)")
            if page == 0 {
                let gone = await world.call("GET", "/Users", query: "filter=userName%20eq%20%22A%22")
                let id = gone.body["Resources"]?.array?.first?.object?["id"]?.string ?? ""
                #expect(await world.call("DELETE", "/Users/" + id).status == 204)
            }
            if page > 2 { return }
        }
        #expect(names.filter { !$0.hasPrefix("bb") } == ["A", "b", "c", "D"] && !names.contains("0"))
    }

    @Test("a cursor is of its query alone, and not for ever; its count may change")
    func binding() async throws {
        let world = try await people()
        let first = await world.call("GET", "/Users", query: "cursor=&count=1&sortBy=title")
        let next = first.text("nextCursor")
        #expect(first.body["totalResults"] == 4 && !next.isEmpty)
        _ = await world.user("e")
        let second = await world.call("GET", "/Users", query: "cursor=\(next)&count=9&sortBy=title")
        #expect(second.body["totalResults"] == 4 && second.names == ["D", "b", "c", "e"])
        for query in ["count=1", "sortBy=userName", "sortBy=title&sortOrder=descending", "sortBy=title&filter=id%20pr"]
        {
            let refused = await world.call("GET", "/Users", query: query + "&cursor=" + next)
            #expect(refused.status == 400 && refused.text("scimType") == "invalidCursor")
        }
        let groups = await world.call("GET", "/Groups", query: "cursor=\(next)&sortBy=displayName")
        #expect(groups.text("scimType") == "invalidCursor")
        let cut = await world.call("GET", "/Users", query: "sortBy=title&cursor=" + next.dropLast())
        #expect(cut.text("scimType") == "invalidCursor")
        world.tick(days: 2)
        let late = await world.call("GET", "/Users", query: "sortBy=title&cursor=" + next)
        #expect(late.status == 400 && late.text("scimType") == "expiredCursor")
    }

    @Test("the configuration says how lists are sorted and paged")
    func discovery() async throws {
        let body = try await World().call("GET", "/ServiceProviderConfig").body
        #expect(body["sort"] == ["supported": true])
        let pagination = body["pagination"]?.object
        #expect(pagination?["cursor"] == true && pagination?["index"] == true)
        #expect(pagination?["defaultPaginationMethod"] == "index" && pagination?["cursorTimeout"] == 86_400)
        #expect(pagination?["defaultPageSize"] == 100 && pagination?["maxPageSize"] == 200)
    }

    // MARK: - Limits

    @Test("what SQL answers has no limit; what is judged one by one has, and a cursor is the way round it")
    func limits() async throws {
        let world = try World()
        let scope = try #require(
            try world.store.pushScope(
                configurationID: World.configuration, tokenHash: world.token.hash,
                at: Instant(milliseconds: 1_795_000_001_000)))
        try await world.endpoint.commits.submit(scope, now: Instant(milliseconds: 1_795_000_001_000)) { transaction in
            for number in 0...Endpoint.scanMax {
                let resource: JSONObject = [
                    "userName": .string("u\(number)"), "title": number % 2 == 0 ? "even" : "odd",
                ]
                _ = try transaction.create(DirectoryRecord(id: "id\(number)", kind: .user, resource: resource))
            }
        }
        let odd = await world.call(
            "GET", "/Users", query: "count=1&filter=title%20eq%20%22ODD%22%20and%20not%20(userName%20sw%20%22u1%22)")
        #expect(odd.status == 200 && odd.body["totalResults"]?.integer == 4444)
        let judged = "filter=urn:vendor:x:flag%20pr"
        let refused = await world.call("GET", "/Users", query: judged)
        #expect(
            refused.status == 400 && refused.text("scimType") == "tooMany" && refused.text("detail").contains("cursor"))
        let narrowed = await world.call("GET", "/Users", query: judged + "%20and%20title%20eq%20%22even%22")
        #expect(narrowed.status == 200 && narrowed.body["totalResults"] == 0)
        let short = await world.call("GET", "/Users", query: judged + "&cursor=")
        #expect(
            short.status == 200 && short.names == [] && short.body["nextCursor"] != nil
                && short.body["totalResults"] == nil)
        let last = await world.call("GET", "/Users", query: judged + "&cursor=" + short.text("nextCursor"))
        #expect(last.status == 200 && last.names == [] && last.body["nextCursor"] == nil)
        #expect(await world.call("GET", "/Users", query: "sortBy=urn:vendor:x:flag").text("scimType") == "tooMany")
    }

    // MARK: - Several kinds

    @Test("a query over users and groups finds both, and tells them apart by meta.resourceType")
    func bothKinds() async throws {
        let world = try await people()
        #expect(await world.call("POST", "/Groups", #"{"displayName":"Apes"}"#).status == 201)
        func ids(_ body: JSONObject) async throws -> (total: JSONValue?, types: [String]) {
            var body = body
            body["schemas"] = [.string(QueryRequest.searchRequestURN)]
            let instant = Instant(milliseconds: 1_795_000_001_000)
            let scope = try #require(
                try world.store.pushScope(
                    configurationID: World.configuration, tokenHash: world.token.hash, at: instant))
            let query = ResourceQuery(
                store: world.store, scope: scope, types: [.user, .group], baseURL: "https://id.example", now: instant)
            let page = try query.page(QueryRequest(searchRequest: body))
            let types = page.resources.compactMap { $0.object?["meta"]?.object?["resourceType"]?.string }
            return (page.body["totalResults"], types)
        }
        #expect(try await ids([:]) == (5, ["User", "User", "User", "User", "Group"]))
        #expect(try await ids(["filter": #"meta.resourceType eq "Group""#]) == (1, ["Group"]))
        #expect(try await ids(["filter": #"displayName eq "apes" or userName eq "a""#]) == (2, ["User", "Group"]))
        #expect(try await ids(["sortBy": "displayName", "count": 2]) == (5, ["Group", "User"]))
        #expect(try await ids(["startIndex": 5]) == (5, ["Group"]))
        #expect(throws: SCIMError.self) { try QueryRequest(searchRequest: ["filter": "id pr"]) }
    }
}
