import Foundation
import JSONBytes
import Synchronization
import Testing

/// A company that is large enough to be interrupted: its export, made up, as Graph writes it.
struct LargeCompany: Sendable {
    /// Three batches of the applier: created, and given their memberships.
    static let people = 1_200
    static let groups = 3

    let arguments: [String]

    /// The Graph id of a person, or of a group.
    static func anchor(_ number: Int, of kind: String = "a") -> String {
        let digits = String(number)
        return kind + "0000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// Writes the export into the folder: everybody in one of the groups, and with a manager half the company away.
    init(_ place: Workplace) throws {
        let users = (0..<Self.people).map { number in
            """
            {"id":"\(Self.anchor(number))","userPrincipalName":"person\(number)@acme.example",\
            "displayName":"Person \(number)","jobTitle":"Title \(number % 17)","department":"Sales","accountEnabled":true,\
            "manager":{"@odata.type":"#microsoft.graph.user","id":"\(Self.anchor((number + Self.people / 2) % Self.people))"}}
            """
        }
        let groups = (0..<Self.groups).map { #"{"id":"\#(Self.anchor($0, of: "b"))","displayName":"Group \#($0)"}"# }
        func whole(_ rows: [String]) -> String {
            #"{"@odata.count":\#(rows.count),"value":["# + rows.joined(separator: ",\n") + "]}\n"
        }
        try place.write("export/users.json", whole(users))
        try place.write("export/groups.json", whole(groups))
        for group in 0..<Self.groups {
            let members = stride(from: group, to: Self.people, by: Self.groups).map {
                ##"{"@odata.type":"#microsoft.graph.user","id":"\##(Self.anchor($0))"}"##
            }
            try place.write(
                "export/members/\(Self.anchor(group, of: "b")).json",
                #"{"value":["# + members.joined(separator: ",") + "]}")
        }
        let folder = place.folder + "/export/"
        arguments = [
            "run", "--preset", "entra-graph", "--organization", "acme", "--users", folder + "users.json",
            "--groups", folder + "groups.json", "--members", folder + "members/{group}.json",
            "--taken-at", "2026-01-14T01:00:00Z", "--format", "json",
        ]
    }

    /// The accounts of a run that nobody disturbed.
    static let undisturbed = Result { () throws -> [String] in
        let place = try Workplace()
        let run = try place.start(try LargeCompany(place).arguments).wait()
        try #require(run.status == 0, "\(run)")
        return try place.namedAccounts()
    }
}

extension Workplace {
    /// Bytes of the database and what SQLite keeps beside it.
    func databaseBytes() -> Int {
        ["", "-wal", "-journal"].reduce(0) { sum, suffix in
            var status = stat()
            return sum + (stat(database + suffix, &status) == 0 ? Int(status.st_size) : 0)
        }
    }

    /// The plans of runs: `new-…` while planning, `run-…` from the first write on.
    func spools() -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: database + "-runs") } catch { return [] }
    }
}

@Suite("End to end: kill -9", .serialized)
struct EndToEndCrashTests {
    @Test("every push that was acknowledged is there after kill -9, and in the accounts exactly once")
    func serveKilled() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let users = Mutex<[String: String]>([:])
        let members = Mutex<[String: Set<String>]>([:])
        for round in 1...3 {
            // With and without the worker beside it.
            let server = try Server(place, round == 2 ? ["--no-worker"] : [])
            let client = Client(server, endpoint)
            let before = members.withLock { $0.values.reduce(0) { $0 + $1.count } }
            let groups = try (0..<4).map {
                let name = "Round \(round), sender \($0)"
                return (name: name, id: try client.send("POST", "/Groups", Push.group(name), expecting: 201).id)
            }
            let senders = Senders(4) { sender, number in
                let name = "r\(round)s\(sender)n\(number)@acme.example"
                guard let user = client.send("POST", "/Users", Push.user(name, anchor: name)) else { return false }
                guard user.status == 201 else { return true }
                users.withLock { $0[name] = user.id }
                let (group, path) = (groups[sender].name, "/Groups/" + groups[sender].id)
                guard let added = client.send("PATCH", path, Push.addMember(user.id)) else { return false }
                if added.status < 300 { members.withLock { _ = $0[group, default: []].insert(name) } }
                return true
            }
            try Program.eventually("pushes are acknowledged") {
                members.withLock { $0.values.reduce(0) { $0 + $1.count } } >= before + 30 * round
            }
            server.process.killNow()
            try senders.join()
        }
        let (allUsers, allMembers) = (users.withLock { $0 }, members.withLock { $0 })
        let server = try Server(place, ["--no-worker"])
        let client = Client(server, endpoint)
        for (name, id) in allUsers {
            let answer = try client.send("GET", "/Users/" + id, expecting: 200)
            #expect(answer.object?["userName"]?.string == name)
        }
        try place.run("work", "--once", "--quiet", expecting: 0)
        let accounts = try place.accounts().compactMap { try JSONValue(parsing: $0).object }
        let names = accounts.compactMap { $0["userName"]?.string }
        #expect(Set(names).count == names.count)
        #expect(Set(allUsers.keys).subtracting(names) == [])
        for (group, expected) in allMembers {
            let found = accounts.filter { account in
                (account["groups"]?.array ?? []).contains { $0.object?["display"]?.string == group }
            }
            #expect(expected.subtracting(found.compactMap { $0["userName"]?.string }) == [], "\(group)")
        }
        server.process.signal(SIGTERM)
        #expect(try server.process.wait().status == 0)
    }

    @Test("a worker that is killed while it drains leaves nothing undone and does nothing twice")
    func workerKilled() throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        var expected: Set<String> = []
        for round in 1...3 {
            let server = try Server(place, ["--no-worker"])
            let senders = Senders(4, limit: 60) { sender, number in
                let name = "r\(round)s\(sender)n\(number)@acme.example"
                let answer = Client(server, endpoint).send("POST", "/Users", Push.user(name, anchor: name))
                return answer?.status == 201
            }
            try senders.join()
            for sender in 0..<4 {
                for number in 0..<60 { expected.insert("r\(round)s\(sender)n\(number)@acme.example") }
            }
            server.process.killNow()
            let bytes = place.databaseBytes()
            let worker = try round == 2 ? Server(place).process : place.start(["work", "--quiet"])
            try Program.eventually("the worker writes") { place.databaseBytes() != bytes || worker.isEnded }
            #expect(!worker.isEnded)
            worker.killNow()
        }
        try place.run("work", "--once", "--quiet", expecting: 0)
        let names = try place.accounts().compactMap { try JSONValue(parsing: $0).object?["userName"]?.string }
        #expect(names.count == expected.count && Set(names) == expected)
        #expect(try place.run("work", "--once", "--format", "json", expecting: 0).changes() == [])
    }

    @Test("a run that is killed again and again while it applies is finished by the next one, as if undisturbed")
    func runKilled() throws {
        let undisturbed = try LargeCompany.undisturbed.get()
        let place = try Workplace()
        let company = try LargeCompany(place)
        var killed = 0
        for part in 1...4 {
            let run = try place.start(company.arguments)
            let runs = place.spools().filter { $0.hasPrefix("run-") }.count
            try Program.eventually("the run applies") {
                if run.isEnded { return true }
                return place.spools().filter { $0.hasPrefix("run-") }.count > runs
            }
            // Later in each round: after so many more growths of the database.
            var growths = 0
            var bytes = place.databaseBytes()
            try Program.eventually("the database grows") {
                let now = place.databaseBytes()
                if now != bytes { growths += 1 }
                bytes = now
                return run.isEnded || growths >= part - 1
            }
            if !run.isEnded { killed += 1 }
            run.killNow()
        }
        #expect(killed > 0)
        // No one has to help: no lease blocks, nothing is left over, and looking first says what will be done.
        let dry = try place.start(company.arguments + ["--dry-run"]).wait()
        let last = try place.start(company.arguments).wait()
        try #require(last.status == 0, "\(last)")
        #expect(try last.digest() == dry.digest())
        #expect(try last.counts() == dry.counts())
        try place.expectAccounts(undisturbed)
        let again = try place.start(company.arguments).wait()
        #expect(try again.status == 0 && again.counts() == [:], "\(again)")
        let runs = try place.run("runs", "list", "--format", "json", expecting: 0).objects("run")
        #expect(runs.allSatisfy { $0["state"]?.string != "applying" && $0["endedAt"]?.isNull == false }, "\(runs)")
    }

    @Test("a kept plan that is killed while it is applied is finished by applying it again, as if undisturbed")
    func applyKilled() throws {
        let undisturbed = try LargeCompany.undisturbed.get()
        let place = try Workplace()
        let company = try LargeCompany(place)
        let plan = place.folder + "/p.plan"
        let arguments = ["plan"] + company.arguments.dropFirst() + ["-o", plan]
        let planned = try place.start(Array(arguments)).wait()
        try #require(planned.status == 0, "\(planned)")
        var killed = 0
        for part in 1...3 {
            let apply = try place.start(["apply", plan, "--expect", try planned.digest(), "--format", "json"])
            let runs = place.spools().filter { $0.hasPrefix("run-") }.count
            try Program.eventually("the plan is applied") {
                apply.isEnded || place.spools().filter { $0.hasPrefix("run-") }.count > runs
            }
            var growths = 0
            var bytes = place.databaseBytes()
            try Program.eventually("the database grows") {
                let now = place.databaseBytes()
                if now != bytes { growths += 1 }
                bytes = now
                return apply.isEnded || growths >= part - 1
            }
            if !apply.isEnded { killed += 1 }
            apply.killNow()
        }
        #expect(killed > 0)
        let last = try place.start(["apply", plan, "--format", "json"]).wait()
        #expect(try last.status == 0 && last.digest() == planned.digest(), "\(last)")
        try place.expectAccounts(undisturbed)
        let again = try place.start(["apply", plan, "--format", "json"]).wait()
        #expect(try again.status == 0 && again.counts() == [:], "\(again)")
        try place.expectAccounts(undisturbed)
    }

    @Test("a run that is killed while it plans leaves the accounts as they were, and its lease blocks nobody")
    func killedPlanning() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        try place.run("run", Acme.entra.days[0], "--connection", "default", "--mode", "import", "--quiet", expecting: 0)
        let before = try place.accounts()
        let arguments = company.arguments + ["--mode", "import", "--taken-at", "2026-01-15T01:00:00Z"]
        let run = try place.start(arguments)
        try Program.eventually("the run plans") { run.isEnded || place.spools().contains { $0.hasPrefix("new-") } }
        run.killNow()
        if place.spools().contains(where: { $0.hasPrefix("new-") }) { #expect(try place.accounts() == before) }
        let next = try place.run(
            "run", Acme.entra.days[0], "--connection", "default", "--mode", "import", "--format", "json")
        #expect(next.status == 0, "\(next)")
    }
}

/// Threads that send until they are told that there is nobody to send to.
final class Senders: Sendable {
    private let left: Mutex<Int>

    /// - Parameter send: sends one request; `false` ends its thread.
    init(_ count: Int, limit: Int = .max, _ send: @escaping @Sendable (_ sender: Int, _ number: Int) -> Bool) {
        left = Mutex(count)
        for sender in 0..<count {
            Thread.detachNewThread { [self] in
                var number = 0
                while number < limit && send(sender, number) { number += 1 }
                left.withLock { $0 -= 1 }
            }
        }
    }

    func join() throws { try Program.eventually("senders end") { left.withLock { $0 } == 0 } }
}
