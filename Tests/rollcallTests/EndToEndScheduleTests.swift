import Foundation
import GRDB
import JSONBytes
import Testing

extension Workplace {
    /// Writes a job of the large company, with more keys.
    func largeJob(_ more: String) throws -> String {
        _ = try LargeCompany(self)
        return try write(
            "large.yaml",
            """
            organization: acme
            source:
              preset: entra-graph
              users: export/users.json
              groups: export/groups.json
              members: export/members/{group}.json
              takenAt: "2026-01-14T01:00:00Z"
            \(more)

            """)
    }

    /// Makes every schedule owe a run, as if the worker had been down for two days.
    func owe() throws {
        let queue = try DatabaseQueue(path: database)
        try queue.write { try $0.execute(sql: "UPDATE jobSchedule SET handledUntil = handledUntil - 172800000") }
        try queue.close()
    }

    func schedules(_ column: String) throws -> [Int?] {
        let queue = try DatabaseQueue(path: database)
        defer { try? queue.close() }
        return try queue.read { try Int?.fetchAll($0, sql: "SELECT \(column) FROM jobSchedule") }
    }
}

@Suite("End to end: schedules", .serialized)
struct EndToEndScheduleTests {
    private static let daily = "schedule: {cron: \"@daily\", timeZone: Europe/Berlin}"

    @Test("work --once runs what is due, once, and nothing that was not missed")
    func once() throws {
        let place = try Workplace()
        let job = try place.largeJob(Self.daily)
        #expect(try place.run("work", "--once", "--quiet", job, expecting: 0).text == "")
        try place.owe()
        let run = try place.run("work", "--once", "--format", "json", job, expecting: 0)
        #expect(try run.counts()["create"] == LargeCompany.people + LargeCompany.groups)
        try place.expectAccounts(try LargeCompany.undisturbed.get())
        let again = try place.run("work", "--once", "--format", "json", job, expecting: 0)
        #expect(again.text == "")
        #expect(try place.schedules("lastStatus") == [0])
    }

    @Test("a worker's run has the files of its report; one that cannot be written is said, and the run stays done")
    func reports() throws {
        let place = try Workplace()
        let report = "\nreport: {html: reports/page.html, json: 'reports/{run}.jsonl'}"
        let job = try place.largeJob(Self.daily + report)
        try place.run("work", "--once", "--quiet", job, expecting: 0)
        try place.owe()
        let run = try place.run("work", "--once", "--format", "json", job, expecting: 0)
        func read(_ path: String) throws -> String {
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: place.folder + path)), as: UTF8.self)
        }
        #expect(try read("/reports/1.jsonl") == run.text)
        #expect(try read("/reports/page.html").contains(run.digest()))
        // Where a file stands no folder can be made.
        let occupied = try place.write("file", "x")
        _ = try place.largeJob(Self.daily + "\nreport: {text: \(occupied)/page.txt}")
        try place.owe()
        let again = try place.run("work", "--once", "--format", "json", job, expecting: 1)
        #expect(again.error.contains("page.txt: the report cannot be written"))
        #expect(try again.summary()["outcome"]?.string == "applied")
    }

    @Test("SIGTERM ends a worker at the next batch boundary with status 8, and the next one finishes the run")
    func interrupted() throws {
        let place = try Workplace()
        let job = try place.largeJob(Self.daily)
        try place.run("work", "--once", "--quiet", job, expecting: 0)
        try place.owe()
        let socket = try NotifySocket()
        let worker = try place.start(
            ["work", job, "--format", "json"], environment: ["NOTIFY_SOCKET": socket.name])
        try Program.eventually("the run applies") {
            worker.isEnded || place.spools().contains { $0.hasPrefix("run-") }
        }
        let asked = ContinuousClock.now
        worker.signal(SIGTERM)
        let ended = try worker.wait()
        #expect(ContinuousClock.now - asked < .seconds(10))
        #expect(ended.status == 8, "\(ended)")
        #expect(try ended.summary()["outcome"]?.string == "interrupted")
        let said = socket.take().joined(separator: "\n")
        #expect(said.contains("READY=1\n") && said.contains("STATUS=running large") && said.contains("STOPPING=1"))
        let next = try place.run("work", "--once", "--format", "json", job, expecting: 0)
        #expect(try next.summary()["outcome"]?.string == "applied")
        try place.expectAccounts(try LargeCompany.undisturbed.get())
        #expect(try place.run("work", "--once", "--format", "json", job, expecting: 0).text == "")
    }

    @Test("SIGTERM ends run between two batches, too, and while it plans; the next run goes on")
    func runInterrupted() throws {
        let place = try Workplace()
        let company = try LargeCompany(place)
        for prefix in ["new-", "run-"] {
            let run = try place.start(company.arguments)
            try Program.eventually("the run has begun") {
                run.isEnded || place.spools().contains { $0.hasPrefix(prefix) }
            }
            run.signal(SIGTERM)
            let ended = try run.wait()
            #expect(ended.status == 8, "\(prefix) \(ended)")
        }
        let last = try place.start(company.arguments).wait()
        #expect(last.status == 0, "\(last)")
        try place.expectAccounts(try LargeCompany.undisturbed.get())
    }

    @Test("a broken job is reported, the other ones run, and the worst status counts")
    func broken() throws {
        let place = try Workplace()
        let job = try place.largeJob(Self.daily)
        try place.run("work", "--once", "--quiet", job, expecting: 0)
        try place.owe()
        let broken = try place.write("broken.yaml", "organization: acme\nschedule: {cron: \"0 25 * * *\"}\n")
        let run = try place.run("work", "--once", "--format", "json", broken, job, expecting: 78)
        #expect(run.error.contains("broken.yaml:1:1: a job needs the key source"))
        #expect(try run.counts()["create"] == LargeCompany.people + LargeCompany.groups)
    }

    @Test(
        "a worker picks up an edited job, says that it is alive to systemd, and ends with status 0 when nothing was interrupted"
    )
    func lives() throws {
        let place = try Workplace()
        let job = try place.largeJob("")
        let socket = try NotifySocket(isAbstract: true)
        let worker = try place.start(
            ["work", job], environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "200000"])
        var said: [String] = []
        try Program.eventually("signs of life") {
            said += socket.take()
            return worker.isEnded || said.filter { $0 == "WATCHDOG=1" }.count > 2
        }
        #expect(try worker.output().error.contains("the job has no schedule"))
        _ = try place.largeJob(Self.daily)
        worker.signal(SIGHUP)
        try Program.eventually("the job is scheduled") {
            said += socket.take()
            return worker.isEnded || said.contains { $0.hasPrefix("STATUS=idle, next job at ") }
        }
        worker.signal(SIGTERM)
        let ended = try worker.wait()
        #expect(ended.status == 0, "\(ended)")
        #expect(said.first?.hasPrefix("READY=1\n") == true)
    }

    @Test("serve says when it listens, that it is alive, and that it stops")
    func serves() throws {
        let place = try Workplace()
        let socket = try NotifySocket()
        let server = try place.start(
            ["serve", "--listen", "127.0.0.1:0"],
            environment: ["NOTIFY_SOCKET": socket.name, "WATCHDOG_USEC": "400000"])
        var said: [String] = []
        try Program.eventually("signs of life") {
            said += socket.take()
            return server.isEnded || said.filter { $0 == "WATCHDOG=1" }.count > 1
        }
        server.signal(SIGTERM)
        #expect(try server.wait().status == 0)
        said += socket.take()
        #expect(said.first?.hasPrefix("READY=1\nSTATUS=listening on http://127.0.0.1:") == true)
        #expect(said.last == "STOPPING=1\nSTATUS=stopping")
    }

    @Test("a refused run tells a command what a person needs, and ends as it would without")
    func notifies() throws {
        let place = try Workplace()
        let job = try place.largeJob("notify: {on: [gate, failure], command: [./tell, now]}")
        let script = try place.write(
            "tell",
            "#!/bin/sh\ncat > \"$(dirname \"$0\")/told\"\necho \"$1 $ROLLCALL_EVENT\" >> \"$(dirname \"$0\")/events\"\n"
        )
        chmod(script, 0o755)
        try place.run("run", job, "--quiet", expecting: 0)
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/told"))
        // The export of a company that has lost nearly everybody.
        try place.write(
            "export/users.json",
            #"{"@odata.count":1,"value":[{"id":"a","userPrincipalName":"a@acme.example","displayName":"A","accountEnabled":true}]}"#
        )
        try place.run("run", job, "--quiet", "--taken-at", "2026-01-15T01:00:00Z", expecting: 4)
        let told = try String(contentsOfFile: place.folder + "/told", encoding: .utf8)
        let body = try #require(try JSONValue(parsing: told.trimmingCharacters(in: .whitespacesAndNewlines)).object)
        let data = try #require(body["data"]?.object)
        #expect(data["run"]?.integer == 2 && data["job"]?.string == "large")
        #expect(data["gates"]?.array?.contains { $0.object?["name"]?.string == "plausibleSize.users" } == true)
        // A run that fails tells, too; so does a command that fails, on standard error alone.
        try place.write("export/users.json", "{")
        try place.write("tell", "#!/bin/sh\necho broken >&2\nexit 9\n")
        let failed = try place.run("run", job, "--quiet", "--taken-at", "2026-01-16T01:00:00Z", expecting: 6)
        #expect(
            failed.error.contains("the notification of job large by command failed")
                && failed.error.contains("status 9: broken"))
        #expect(try String(contentsOfFile: place.folder + "/events", encoding: .utf8) == "now gate\n")
    }

    @Test("notify test sends a sample, and says whether it arrived")
    func sample() throws {
        let place = try Workplace()
        let job = try place.write(
            "job.yaml", "organization: acme\nsource: {preset: scim, users: u.json}\nnotify: {command: [./tell]}\n")
        chmod(try place.write("tell", "#!/bin/sh\ncat > \"$(dirname \"$0\")/told\"\n"), 0o755)
        #expect(try place.run("notify", "test", job, expecting: 0).text == "command: delivered\n")
        #expect(try String(contentsOfFile: place.folder + "/told", encoding: .utf8).contains("\"sample\":true"))
        try FileManager.default.removeItem(atPath: place.folder + "/tell")
        #expect(try place.run("notify", "test", job, expecting: 1).error.contains("No such file"))
        let plain = try place.write("plain.yaml", "organization: acme\nsource: {preset: scim, users: u.json}\n")
        try place.run("notify", "test", plain, expecting: 78)
        #expect(!FileManager.default.fileExists(atPath: place.database))
    }

    @Test("check shows the next three times the job runs")
    func check() throws {
        let place = try Workplace()
        let job = try place.largeJob(Self.daily)
        let schedule = try #require(
            try place.run("check", job, "--first", "0", "--format", "json", expecting: 0).objects("schedule").first)
        #expect(schedule["cron"]?.string == "@daily" && schedule["timeZone"]?.string == "Europe/Berlin")
        #expect(schedule["next"]?.array?.count == 3)
        let text = try place.run("check", job, "--first", "0", expecting: 0).text
        #expect(text.contains("  schedule   @daily (Europe/Berlin)\n") && text.contains("  next runs  20"))
    }
}
