import JSONBytes
import SCIM
import Testing

@testable import PushEndpoint

@Suite struct BulkRefusalTests {
    @Test(
        "7644 3.7.3 after as many failures as failOnErrors says, nothing more is done and no result is invented",
        arguments: [(1, 1), (2, 3), (3, 5), (0, 1), (99, 6)])
    func failOnErrors(_ limit: Int, _ done: Int) async throws {
        let world = try World()
        let answer = await world.bulk(
            Bulk.delete("/Users/none"), Bulk.user("1", "a"), Bulk.delete("/Users/none"), Bulk.user("2", "b"),
            Bulk.delete("/Users/none"), Bulk.user("3", "c"), failOnErrors: limit)
        #expect(answer.status == 200)
        #expect(answer.statuses == Array(["404", "201", "404", "201", "404", "201"].prefix(done)))
        #expect(await world.total("/Users") == done / 2)
    }

    @Test("7644 3.7 without failOnErrors everything is tried")
    func failsAll() async throws {
        let answer = await (try World()).bulk(list: (0..<5).map { _ in Bulk.delete("/Users/none") })
        #expect(answer.statuses == ["404", "404", "404", "404", "404"])
    }

    @Test("7644 3.7 failOnErrors must be a whole number", arguments: ["-1", "1.5", "\"1\"", "true", "[]"])
    func badFailOnErrors(_ value: String) async throws {
        let world = try World()
        let answer = await world.call(
            "POST", "/Bulk", #"{"failOnErrors":\#(value),"Operations":[\#(Bulk.user("1", "a").text)]}"#)
        #expect(answer.status == 400 && answer.text("scimType") == "invalidValue")
        #expect(await world.total("/Users") == 0)
    }

    @Test("7644 3.7 what cannot be read counts as a failure for failOnErrors")
    func unreadableCounts() async throws {
        let world = try World()
        let answer = await world.bulk(["method": "GET", "path": "/Users"], Bulk.user("1", "a"), failOnErrors: 1)
        #expect(answer.statuses == ["400"])
        #expect(await world.total("/Users") == 0)
    }

    @Test("7644 3.7 failOnErrors holds across transactions")
    func failOnErrorsAcross() async throws {
        let world = try World()
        var list = (0..<150).map { Bulk.user("u\($0)", "user\($0)") }
        list.insert(Bulk.delete("/Users/none"), at: 120)
        let answer = await world.bulk(list: list, failOnErrors: 1)
        #expect(answer.operations.count == 121 && answer.statuses.last == "404")
        #expect(await world.total("/Users") == 120)
    }

    // MARK: - What is no bulk

    @Test(
        "7644 3.7 a body that is no bulk request is refused as a whole",
        arguments: [
            "{}", #"{"Operations":{}}"#, #"{"Operations":[]}"#, #"{"Operations":null}"#, #"{"Operations":[1]}"#,
            #"{"Operations":[null]}"#, #"{"Operations":["DELETE"]}"#, "[]", "", "{",
        ])
    func noBulk(_ body: String) async throws {
        let answer = await (try World()).call("POST", "/Bulk", body)
        #expect(answer.status == 400 && answer.text("scimType") == "invalidSyntax")
    }

    @Test("7644 3.7 a body with something that is no operation does nothing at all")
    func nothingDone() async throws {
        let world = try World()
        let answer = await world.call("POST", "/Bulk", #"{"Operations":[\#(Bulk.user("1", "a").text),7]}"#)
        #expect(answer.status == 400)
        #expect(await world.total("/Users") == 0)
    }

    @Test(
        "7644 3.7 an operation that cannot be is refused with 400, and the next one is carried out",
        arguments: [
            #"{"method":"GET","path":"/Users/x"}"#, #"{"method":"POST","path":"/Users","data":{"userName":"x"}}"#,
            #"{"method":"POST","path":"/Users","bulkId":"","data":{"userName":"x"}}"#,
            #"{"method":"POST","path":"/Users","bulkId":7,"data":{"userName":"x"}}"#,
            #"{"method":"POST","path":"/Users/x","bulkId":"1","data":{"userName":"x"}}"#,
            #"{"method":"POST","path":"/Users","bulkId":"1"}"#,
            #"{"method":"POST","path":"/Users","bulkId":"1","data":"x"}"#,
            #"{"method":"POST","path":"/Users","bulkId":"1","data":[{"userName":"x"}]}"#,
            #"{"method":"POST","path":"/Bulk","bulkId":"1","data":{"Operations":[]}}"#,
            #"{"method":"POST","path":"/Users/.search","bulkId":"1","data":{}}"#,
            #"{"method":"POST","path":"/Me","bulkId":"1","data":{}}"#, #"{"method":"PUT","path":"/Users","data":{}}"#,
            #"{"method":"PUT","path":"/Users/","data":{}}"#, #"{"method":"PATCH","path":"/Users/a/b","data":{}}"#,
            #"{"method":"PATCH","path":"/Users/a?attributes=id","data":{}}"#, #"{"method":"DELETE","path":"/Users"}"#,
            #"{"method":"DELETE","path":"/users/x"}"#, #"{"method":"DELETE","path":"//Users/x"}"#,
            #"{"method":"DELETE","path":"https://id.example/scim/c-1/Users/x"}"#, #"{"method":"DELETE"}"#,
            #"{"method":"DELETE","path":7}"#, #"{"path":"/Users/x"}"#, #"{"method":null,"path":"/Users/x"}"#,
            #"{"method":7,"path":"/Users/x"}"#, "{}", #"{"method":"DELETE","path":"/Schemas/x"}"#,
        ])
    func unreadableOperation(_ operation: String) async throws {
        let world = try World()
        let answer = BulkAnswer(
            await world.call("POST", "/Bulk", #"{"Operations":[\#(operation),\#(Bulk.user("ok", "a").text)]}"#))
        #expect(answer.status == 200 && answer.statuses == ["400", "201"], "\(operation)")
        #expect(answer.errors[0]?["status"] == "400" && answer.errors[0]?["schemas"] != nil)
    }

    @Test("7644 3.7 the letter case of a method and of member names does not count")
    func letterCase() async throws {
        let world = try World()
        let answer = BulkAnswer(
            await world.call(
                "POST", "/Bulk",
                #"{"operations":[{"Method":"post","Path":"/Users","BulkID":"1","Data":{"userName":"a"}}]}"#))
        #expect(answer.statuses == ["201"] && answer.operations[0]["method"] == "POST")
    }

    @Test("7644 3.7 a path may leave out its first slash")
    func relativePath() async throws {
        let world = try World()
        let ann = await world.user("ann")
        #expect(await world.bulk(Bulk.delete("Users/" + ann)).statuses == ["204"])
    }

    @Test("7644 3.7 a bulkId on another method than POST goes back to the client and names nothing")
    func bulkIDElsewhere() async throws {
        let world = try World()
        let ann = await world.user("ann")
        let answer = await world.bulk(
            ["method": "DELETE", "path": .string("/Users/" + ann), "bulkId": "d"],
            Bulk.group("g", "G", members: ["bulkId:d"]))
        #expect(answer.statuses == ["204", "400"] && answer.operations[0]["bulkId"] == "d")
    }
}
