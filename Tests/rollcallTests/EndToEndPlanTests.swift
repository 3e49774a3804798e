import Foundation
import JSONBytes
import Testing

@Suite("End to end: looking first", .serialized)
struct EndToEndPlanTests {
    private let entra = Acme.entra

    // MARK: Dry runs

    @Test("a dry run needs no database and makes none")
    func dryWithout() throws {
        let place = try Workplace()
        let dry = try place.run("run", entra.days[0], "--dry-run", "--format", "json", expecting: 0)
        #expect(try dry.counts() == ["create": 69, "memberAdd": 72] && dry.summary()["applied"]?.bool == false)
        #expect(try place.state() == [])
        try place.run("run", entra.days[0], "--dry-run", "--exit-code", expecting: 2)
        try place.run("plan", entra.days[0], "-o", place.folder + "/p.plan", expecting: 0)
        try place.run("check", entra.days[0], expecting: 0)
        try place.run("explain", entra.days[0], "agarcia@acme.example", expecting: 0)
        #expect(try place.state() == [])
    }

    @Test("a dry run beside an existing database writes not one byte of it")
    func dryBeside() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let before = try place.state()
        try place.run("run", entra.days[1], "--dry-run", expecting: 0)
        try place.run("run", entra.days[1], "--dry-run", "--exit-code", "--format", "json", expecting: 2)
        try place.run("run", entra.days[0], "--dry-run", "--exit-code", expecting: 0)
        try place.run("plan", entra.days[1], "-o", place.folder + "/p.plan", expecting: 0)
        try place.run("explain", entra.days[1], "cfournier@acme.example", expecting: 0)
        try place.run("check", entra.days[1], expecting: 0)
        #expect(try place.state() == before)
    }

    @Test("a job of mode plan is never applied, whatever the options, and has the digest of the run it stands for")
    func modePlan() throws {
        let place = try Workplace()
        let looked = try place.run("run", Program.job("dry-run.yaml"), "--format", "json", expecting: 0)
        #expect(try looked.summary()["applied"]?.bool == false)
        try place.run("run", Program.job("dry-run.yaml"), "--expect", try looked.digest(), expecting: 0)
        #expect(try place.state() == [])
        let run = try place.run("run", entra.days[0], "--format", "json", expecting: 0)
        #expect(try run.digest() == looked.digest())
    }

    // MARK: Kept plans

    @Test("a kept plan has the digest and the result of the run", arguments: Acme.all)
    func keptPlan(acme: Acme) throws {
        let (kept, run) = (try Workplace(), try Workplace())
        for day in acme.days[..<2] {
            let plan = kept.folder + "/p.plan"
            let planned = try kept.run("plan", day, "-o", plan, "--format", "json", expecting: 0)
            var status = stat()
            try #require(stat(plan, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let applied = try kept.run("apply", plan, "--format", "json", expecting: 0)
            let direct = try run.run("run", day, "--format", "json", expecting: 0)
            #expect(try applied.digest() == planned.digest() && direct.digest() == planned.digest())
            #expect(try applied.counts() == direct.counts() && applied.changes() == direct.changes())
            #expect(try applied.summary()["applied"]?.bool == true)
        }
        try kept.expectAccounts(run.namedAccounts(acme.organization), acme.organization)
        #expect(try kept.run("run", acme.days[1], "--format", "json", expecting: 0).counts() == [:])
    }

    @Test("a plan file that is cut, changed or empty is refused and changes nothing")
    func damagedPlan() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let plan = place.folder + "/p.plan"
        try place.run("plan", entra.days[1], "-o", plan, expecting: 0)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: plan)))
        let before = try place.state()
        var variants: [(String, [UInt8])] = [("empty", []), ("cut by one byte", Array(bytes.dropLast()))]
        variants.append(("cut in the middle", Array(bytes[..<(bytes.count / 2)])))
        let lastLine = try #require(bytes.dropLast().lastIndex(of: 10))
        variants.append(("without its last line", Array(bytes[...lastLine])))
        variants.append(("with something behind", bytes + Array("{}\n".utf8)))
        for part in 1..<8 {
            var changed = bytes
            let index = bytes.count * part / 8
            changed[index] = changed[index] == UInt8(ascii: "a") ? UInt8(ascii: "b") : UInt8(ascii: "a")
            variants.append(("changed at byte \(index)", changed))
        }
        for (what, variant) in variants {
            let path = place.folder + "/damaged.plan"
            try Data(variant).write(to: URL(fileURLWithPath: path))
            let output = try place.run("apply", path)
            #expect(output.status == 6 || output.status == 5, "\(what): \(output)")
            #expect(output.errorLines.count == 1 && output.error.contains("damaged.plan"), "\(what): \(output)")
            #expect(try place.state() == before, "\(what)")
        }
        #expect(try place.run("apply", place.folder + "/nowhere.plan").status == 6)
        #expect(try place.state() == before)
        try place.run("apply", plan, "--quiet", expecting: 0)
    }

    @Test("applying a plan a second time changes nobody")
    func twice() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let plan = place.folder + "/p.plan"
        try place.run("plan", entra.days[1], "-o", plan, expecting: 0)
        try place.run("apply", plan, "--quiet", expecting: 0)
        let accounts = try place.accounts()
        let again = try place.run("apply", plan, "--format", "json", expecting: 0)
        #expect(try again.counts() == [:] && again.summary()["applied"]?.bool == true)
        #expect(try again.summary()["deviations"]?.array?.count == 1)
        #expect(try place.accounts() == accounts)
        #expect(try place.run("run", entra.days[1], "--format", "json", expecting: 0).counts() == [:])
    }

    @Test("a plan names the row of an account that was disabled by hand since, and who did it; the rest on request")
    func stale() throws {
        let place = try Workplace()
        try place.run("run", entra.days[0], "--quiet", expecting: 0)
        let plan = place.folder + "/p.plan"
        try place.run("plan", entra.days[1], "-o", plan, expecting: 0)
        try place.run("accounts", "disable", "lhansen@acme.example", "--organization", "acme", expecting: 0)
        let before = try place.accounts()
        let refused = try place.run("apply", plan, "--format", "json", expecting: 5)
        #expect(refused.error.contains("1 row left out, as the report says"), "\(refused)")
        #expect(refused.errorLines.count == 1)
        let text = try place.run("apply", plan, expecting: 5)
        let told = (text.text + "\n" + text.error).split(separator: "\n").filter { $0.contains("accounts disable") }
        #expect(told.count == 1 && told[0].contains("lhansen@acme.example"), "the row is told once: \(told)")
        #expect(try refused.summary()["applied"]?.bool == false && place.accounts() == before)
        let applied = try place.run("apply", plan, "--fresh-only", "--format", "json", expecting: 5)
        #expect(applied.error.contains("1 row left out, as the report says"), "\(applied)")
        #expect(try applied.summary()["deviations"]?.array?.count == 1)
        let lars = try #require(try place.account("lhansen@acme.example"))
        #expect(lars["active"]?.bool == false && lars["disabledBy"]?.string == "administrator")
        #expect(lars["phoneNumbers"]?.array?.first?.object?["value"]?.string == "+45 20 55 01 39")
        #expect(try place.account("hnguyen@acme.example")?["title"]?.string == "Senior Data Analyst")
    }

    @Test("a plan that no gate would let pass is not applied from its file either")
    func refusedPlan() throws {
        let place = try Workplace()
        for day in entra.days[..<2] { try place.run("run", day, "--quiet", expecting: 0) }
        let before = try place.accounts()
        let plan = place.folder + "/p.plan"
        try place.run("plan", entra.days[2], "-o", plan, expecting: 4)
        try place.run("apply", plan, expecting: 4)
        #expect(try place.accounts() == before)
    }

    // MARK: Import

    @Test("an import deactivates nobody and removes no membership, on whichever day")
    func importing() throws {
        let place = try Workplace()
        let first = try place.run("run", Program.job("import.yaml"), "--format", "json", expecting: 0)
        #expect(try first.counts() == ["create": 69, "memberAdd": 72])
        #expect(try place.run("run", Program.job("import.yaml"), "--format", "json", expecting: 0).counts() == [:])
        let second = try place.run(
            "run", entra.days[1], "--mode", "import", "--format", "json", expecting: 0)
        let counts = try second.counts()
        #expect(counts["deactivate"] == nil && counts["memberRemove"] == nil, "\(counts)")
        #expect(counts["create"] == 4)
        let third = try place.run(
            "run", entra.days[2], "--mode", "import", "--set", "gates={shrink: 90%}", "--format", "json")
        #expect(try third.counts()["deactivate"] == nil && third.counts()["memberRemove"] == nil, "\(third)")
        for line in try place.accounts() { #expect(line.contains(#""active":true"#), "\(line)") }
    }
}
