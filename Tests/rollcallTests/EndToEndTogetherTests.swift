import Foundation
import JSONBytes
import Synchronization
import Testing

@Suite("End to end: several processes, and their ends", .serialized)
struct EndToEndTogetherTests {
    @Test("a second run of a connection ends with 7 and names who runs; the first goes on")
    func leaseHeld() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        let small = Program.sample("exports/entra-graph-users-select.json")
        try place.run(
            "run", "--preset", "entra-graph", "--organization", "acme", "--users", small, "--taken-at",
            "2026-01-13T01:00:00Z", "--quiet", expecting: 0)
        // A run whose report nobody reads stands still while it plans: it holds the lease and no lock.
        let pipe = place.folder + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try #require(reader >= 0)
        let first = try place.start(company.arguments + ["--mode", "import"], standardOutput: pipe)
        try Program.eventually("the run plans") {
            first.isEnded || place.spools().contains { $0.hasPrefix("new-") }
        }
        let second = try place.start(company.arguments + ["--mode", "import"]).wait()
        #expect(second.status == 7, "\(second)")
        #expect(second.errorLines.count == 1 && second.error.contains("process \(first.pid) "), "\(second)")
        // Another connection is not concerned.
        try place.run("run", Acme.scim.days[0], "--quiet", expecting: 0)
        #expect(!first.isEnded)
        try Program.eventually("the report is read") {
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while read(reader, &chunk, chunk.count) > 0 {}
            return first.isEnded
        }
        close(reader)
        #expect(try first.wait().status == 0)
        let third = try place.start(company.arguments + ["--mode", "import"]).wait()
        #expect(try third.status == 0 && third.counts() == [:], "\(third)")
    }

    @Test("two first runs at once make every account once")
    func twoFirstRuns() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        let runs = try [place.start(company.arguments), place.start(company.arguments)]
        let outputs = try runs.map { try $0.wait() }
        #expect(outputs.contains { $0.status == 0 }, "\(outputs)")
        for output in outputs where output.status != 0 {
            #expect(output.status == 7 && output.errorLines.count == 1, "\(output)")
        }
        let last = try place.start(company.arguments).wait()
        #expect(try last.status == 0 && last.counts() == [:], "\(last)")
        try place.expectAccounts(LargeCompany.undisturbed.get())
    }

    @Test("serve accepts pushes while a run of another process applies, and both succeed")
    func serveAndRun() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        let endpoint = try PushEndpoint(place)
        let server = try Server(place)
        let isRunning = Mutex(true)
        let statuses = Mutex<[String: Int]>([:])
        let senders = Senders(2) { sender, number in
            let name = "s\(sender)n\(number)@acme.example"
            let answer = Client(server, endpoint).send("POST", "/Users", Push.user(name, anchor: name))
            statuses.withLock { $0[name] = answer?.status ?? 0 }
            return isRunning.withLock { $0 }
        }
        let run = try place.start(company.arguments).wait()
        isRunning.withLock { $0 = false }
        try senders.join()
        #expect(run.status == 0, "\(run)")
        let pushed = statuses.withLock { $0 }
        #expect(pushed.values.allSatisfy { $0 == 201 }, "\(pushed)")
        server.process.signal(SIGTERM)
        let end = try server.process.wait()
        #expect(end.status == 0 && end.error == "", "\(end)")
        try place.run("work", "--once", "--quiet", expecting: 0)
        let names = try place.accounts().compactMap { try JSONValue(parsing: $0).object?["userName"]?.string }
        #expect(names.count == LargeCompany.people + pushed.count)
        #expect(Set(pushed.keys).subtracting(names) == [])
    }

    @Test("what is pushed about the very people whom a run is bringing stays, and nobody is doubled")
    func samePeople() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        let endpoint = try PushEndpoint(place, connection: "default")
        let server = try Server(place)
        let client = Client(server, endpoint)
        let isRunning = Mutex(true)
        let pushed = Mutex<Set<String>>([])
        let patch =
            #"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"#
            + #""Operations":[{"op":"replace","path":"title","value":"Pushed"}]}"#
        let senders = Senders(2) { sender, number in
            let person = (number * 7 + sender * LargeCompany.people / 2) % LargeCompany.people
            let (name, anchor) = ("person\(person)@acme.example", LargeCompany.anchor(person))
            var answer = client.send("POST", "/Users", Push.user(name, anchor: anchor, title: "Pushed"))
            if answer?.status == 409 {
                let found = client.send("GET", "/Users?filter=externalId%20eq%20%22\(anchor)%22")
                let id = found?.object?["Resources"]?.array?.first?.object?["id"]?.string
                answer = id.flatMap { client.send("PATCH", "/Users/" + $0, patch) }
            }
            if let answer, answer.status < 300 { pushed.withLock { _ = $0.insert(name) } }
            return isRunning.withLock { $0 }
        }
        try Program.eventually("pushes arrive") { pushed.withLock(\.count) > 10 }
        let killed = try place.start(company.arguments)
        try Program.eventually("the run applies") {
            killed.isEnded || place.spools().contains { $0.hasPrefix("run-") }
        }
        killed.killNow()
        let run = try place.start(company.arguments).wait()
        #expect(run.status == 0, "\(run)")
        isRunning.withLock { $0 = false }
        try senders.join()
        server.process.signal(SIGTERM)
        #expect(try server.process.wait().status == 0)
        #expect(try place.run("work", "--once").status == 0)
        #expect(try place.start(company.arguments).wait().status == 0)
        let accounts = try place.accounts().compactMap { try JSONValue(parsing: $0).object }
        #expect(accounts.count == LargeCompany.people + LargeCompany.groups)
        let titles = Set(
            accounts.filter { $0["title"]?.string == "Pushed" }.compactMap { $0["userName"]?.string })
        #expect(titles == pushed.withLock { $0 })
        #expect(accounts.allSatisfy { $0["active"]?.bool == true })
        for group in accounts where group["kind"]?.string == "group" {
            #expect(group["members"]?.array?.count == LargeCompany.people / LargeCompany.groups)
        }
    }

    @Test("SIGTERM ends a run between two batches, and the next run finishes it")
    func terminated() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        let run = try place.start(company.arguments)
        try Program.eventually("the run applies") {
            run.isEnded || place.spools().contains { $0.hasPrefix("run-") }
        }
        run.signal(SIGTERM)
        let output = try run.wait()
        #expect(output.status == 8 || output.status == 0, "\(output)")
        let next = try place.start(company.arguments).wait()
        #expect(next.status == 0, "\(next)")
        try place.expectAccounts(LargeCompany.undisturbed.get())
    }

    @Test("SIGTERM ends an idle server and an idle worker with 0")
    func idle() throws {
        let place = try Workplace()
        try place.run("organizations", "create", "acme", expecting: 0)
        let server = try Server(place)
        server.process.signal(SIGTERM)
        #expect(try server.process.wait().status == 0)
        let worker = try place.start(["work"])
        // It ignores nothing: the handler is installed before the database is opened.
        let lock = place.database + "-lock"
        try Program.eventually("the worker works") { worker.isEnded || FileManager.default.fileExists(atPath: lock) }
        worker.signal(SIGTERM)
        #expect([0, -SIGTERM].contains(try worker.wait().status))
    }

    @Test("output that cannot be written is a failure with one line, and the accounts are right all the same")
    func fullOutput() throws {
        let place = try Workplace()
        let run = try place.start(["run", Acme.entra.days[0]], standardOutput: "/dev/full").wait()
        #expect(run.status == 1 && run.errorLines.count == 1, "\(run)")
        #expect(try place.run("run", Acme.entra.days[0], "--format", "json", expecting: 0).counts() == [:])
        for arguments in [
            ["run", Acme.entra.days[1], "--dry-run"], ["accounts", "export", "--organization", "acme"],
            ["accounts", "list", "--organization", "acme"], ["runs", "show", "last"], ["runs", "list"],
            ["explain", Acme.entra.days[0], "agarcia@acme.example"], ["check", Acme.entra.days[0]], ["--help"],
            ["--version"],
        ] {
            let output = try place.start(arguments, standardOutput: "/dev/full").wait()
            #expect(output.status == 1, "\(arguments): \(output)")
            #expect(output.errorLines.count <= 1, "\(arguments): \(output)")
        }
    }

    @Test("a closed pipe ends what only looks, and an applying run goes on to its end")
    func closedPipe() throws {
        let place = try Workplace()
        let pipe = place.folder + "/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        func intoClosedPipe(_ arguments: [String]) throws -> Output {
            let reader = open(pipe, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            try #require(reader >= 0)
            let process = try place.start(arguments, standardOutput: pipe)
            close(reader)
            return try process.wait()
        }
        let dry = try intoClosedPipe(["run", Acme.entra.days[0], "--dry-run", "--format", "json"])
        #expect(dry.status == 1 && dry.errorLines.count == 1, "\(dry)")
        #expect(try place.state() == [])
        let run = try intoClosedPipe(["run", Acme.entra.days[0], "--format", "json"])
        #expect(run.status == 1 && run.errorLines.count == 1, "\(run)")
        #expect(try place.accounts().count == 69)
        #expect(try place.run("run", Acme.entra.days[0], "--format", "json", expecting: 0).counts() == [:])
    }
}
