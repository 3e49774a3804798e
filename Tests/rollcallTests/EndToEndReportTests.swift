import Foundation
import JSONBytes
import Testing

@Suite("End to end: reports as files", .serialized)
struct EndToEndReportTests {
    private let entra = Acme.entra

    private func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    private func mode(_ path: String) throws -> mode_t {
        var status = stat()
        try #require(lstat(path, &status) == 0, "\(path)")
        return status.st_mode & 0o777
    }

    @Test("a job's report stands where the job says, relative to it, and only its owner can read it")
    func ofJob() throws {
        let place = try Workplace()
        let text = try read(Program.job("nightly.yaml")).replacing("../samples/", with: Program.checkout + "/samples/")
        let job = try place.write(
            "jobs/nightly.yaml",
            text
                + "\nreport: {html: out/page.html, csv: 'out/{date}/{run}.csv', json: out/lines.jsonl, text: ../page.txt}\n"
        )
        let dry = try place.run("run", job, "--dry-run", "--format", "json", expecting: 0)
        let run = try place.run("run", job, "--expect", dry.digest(), "--format", "json", expecting: 0)
        let page = try read(place.folder + "/jobs/out/page.html")
        #expect(page.contains(try run.digest()) && page.contains("60 people joined."))
        #expect(try mode(place.folder + "/jobs/out/page.html") == 0o600)
        #expect(try mode(place.folder + "/jobs/out") == 0o700)
        #expect(try read(place.folder + "/jobs/out/lines.jsonl") == run.text)
        #expect(try read(place.folder + "/page.txt").contains("Applied exactly what was shown."))
        let days = try FileManager.default.contentsOfDirectory(atPath: place.folder + "/jobs/out").sorted()
        #expect(days.count == 3 && days[0].contains(/^2\d\d\d-\d\d-\d\d$/))
        let table = try read(place.folder + "/jobs/out/" + days[0] + "/1.csv")
        #expect(table.split(separator: "\r\n").count == 1 + 69 + 72)
        for folder in ["/jobs", "/jobs/out", ""] {
            let names = try FileManager.default.contentsOfDirectory(atPath: place.folder + folder)
            #expect(!names.contains { $0.hasSuffix(".tmp") }, "\(names)")
        }
    }

    @Test("a dry run, a kept plan and its application have reports, and each names the command that comes next")
    func nextCommand() throws {
        let place = try Workplace()
        let (page, plan) = (place.folder + "/page.html", place.folder + "/tonight.plan")
        let dry = try place.run(
            "run", entra.days[0], "--dry-run", "--report-html", page, "--format", "json", expecting: 0)
        #expect(try read(page).contains("--expect \(try dry.digest())"))
        #expect(try place.state() == [])
        try place.run("plan", entra.days[0], "-o", plan, "--report-html", page, expecting: 0)
        #expect(try read(page).contains("rollcall apply \(plan)"))
        try place.run("apply", plan, "--report-html", page, "--quiet", expecting: 0)
        #expect(try read(page).contains("Applied exactly what was shown."))
        try place.run("run", entra.days[1], "--quiet", expecting: 0)
        try place.run("run", Program.sample("jobs/bad-day-3.yaml"), "--report-html", page, expecting: 4)
        let refused = try read(page)
        #expect(refused.contains("Refused by 3 gates. Nothing was written."))
        #expect(refused.contains("rollcall runs approve 3"))
    }

    @Test("a report that cannot be written undoes nothing and ends with status 1")
    func unwritable() throws {
        let place = try Workplace()
        let blocked = try place.write("file", "x") + "/page.html"
        let run = try place.run("run", entra.days[0], "--report-html", blocked, expecting: 1)
        #expect(run.errorLines.count == 1 && run.error.contains("page.html: the report cannot be written"), "\(run)")
        #expect(try place.account("agarcia@acme.example") != nil)
        #expect(try place.run("run", entra.days[0], expecting: 0).text.contains("Nothing to do."))
        let occupied = place.folder + "/state"
        try place.run("run", entra.days[0], "--report-csv", occupied, expecting: 1)
    }

    @Test("a run that fails leaves the last report as it was")
    func failedRun() throws {
        let place = try Workplace()
        let page = place.folder + "/page.html"
        try place.run("run", entra.days[0], "--report-html", page, "--quiet", expecting: 0)
        let before = try read(page)
        try place.run(
            "run", entra.days[0], "--users", Program.sample("exports/broken/entra-users-cut-off-mid-array.json"),
            "--report-html", page, expecting: 6)
        #expect(try read(page) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder).allSatisfy { !$0.hasSuffix(".tmp") })
    }

    @Test("a past run has the report it had")
    func pastRun() throws {
        let place = try Workplace()
        let (then, now) = (place.folder + "/then.csv", place.folder + "/now.csv")
        try place.run("run", entra.days[0], "--report-csv", then, "--quiet", expecting: 0)
        let output = try place.run(
            "runs", "report", "last", "--csv", now, "--html", place.folder + "/p.html", expecting: 0)
        #expect(output.lines == [place.folder + "/p.html", now])
        #expect(try read(now) == read(then))
        try place.run("runs", "report", "1", expecting: 64)
        try place.run("runs", "report", "7", "--csv", now, expecting: 78)
        try place.run("runs", "report", "1", "--csv", place.folder + "/{what}.csv", expecting: 64)
    }
}
