import Foundation
import JSONBytes
import Testing

@Suite("End to end: looking at people, runs and jobs", .serialized)
struct EndToEndLookTests {
    @Test("explain names the record's place in the file, and the place is right", arguments: Acme.all)
    func places(acme: Acme) throws {
        let place = try Workplace()
        for who in ["agarcia", "svc-backup", "zobrien", "isandstrom"] {
            let name = who + "@acme.example"
            let output = try place.run("explain", acme.days[0], name, "--format", "json")
            guard output.status == 0 else { continue }
            let line = try #require(try output.objects("explanation").first)
            let parts = try #require(line["place"]?.string).split(separator: ":")
            let (row, column) = (try #require(Int(parts[parts.count - 2])), try #require(Int(parts[parts.count - 1])))
            let file = parts.dropLast(2).joined(separator: ":")
            let lines = try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "\n")
            let start = String(lines[row - 1].utf8.dropFirst(column - 1))
            #expect(start?.hasPrefix(acme.format == "dsml" ? "<" : "{") == true, "\(file):\(row):\(column)")
            // The first record after the place is the one that was asked for.
            let rest = lines[(row - 1)...].prefix(80).joined(separator: "\n")
            let end = try #require(rest.range(of: "@acme.example"))
            #expect(rest[..<end.upperBound].hasSuffix(name), "\(file):\(row):\(column) is not \(name)")
        }
        let known = try place.run("explain", acme.days[0], "agarcia@acme.example", "--format", "json", expecting: 0)
        #expect(try known.objects("explanation").first?["situation"]?.string == "ABSENT")
    }

    @Test("explain shows each clause's verdict, the situation and the decision")
    func clauses() throws {
        let place = try Workplace()
        let job = Acme.entra.days[1]
        try place.run("run", Acme.entra.days[0], "--quiet", expecting: 0)
        func explanation(_ who: String) throws -> JSONObject {
            let output = try place.run("explain", job, who + "@acme.example", "--format", "json", expecting: 0)
            return try #require(try output.objects("explanation").first)
        }
        func verdicts(_ object: JSONObject) -> [String] {
            (object["clauses"]?.array ?? []).compactMap { $0.object?["verdict"]?.string }
        }
        let service = try explanation("svc-backup")
        #expect(service["scope"]?.string == "out" && service["situation"]?.string == "IGNORED")
        #expect(verdicts(service) == ["true", "false", "false", "false"])
        let viktor = try explanation("vpetrov")
        #expect(viktor["situation"]?.string == "OUT_OF_SCOPE" && viktor["classes"]?.array == ["deactivate"])
        #expect(verdicts(viktor) == ["true", "true", "false", "false"])
        let oliver = try explanation("obrandt")
        #expect(oliver["situation"]?.string == "SOURCE_MISSING" && oliver["place"]?.isNull == true)
        let clara = try explanation("cfournier")
        #expect(clara["situation"]?.string == "CONFIRMED" && clara["classes"]?.array == ["rename", "update"])
        let page = try place.run("explain", job, "svc-backup@acme.example", expecting: 0).text
        for word in ["stands", "scope", "out of scope", "department IS NOT NULL is false", "IGNORED"] {
            #expect(page.contains(word), "\(word) is not in \(page)")
        }
        let nobody = try place.run("explain", job, "nobody@acme.example")
        #expect(nobody.status != 0 || nobody.text.contains("nobody@acme.example"), "\(nobody)")
    }

    @Test("runs show says again what the run said, and runs list has every run")
    func runs() throws {
        let place = try Workplace()
        let outputs = try zip(Acme.entra.days, [0, 0, 4] as [Int32]).map { day, status in
            try place.run("run", day, "--format", "json", expecting: status)
        }
        for (index, output) in outputs.enumerated() {
            let shown = try place.run("runs", "show", String(index + 1), "--format", "json", expecting: 0)
            #expect(shown.lines == output.lines)
        }
        let last = try place.run("runs", "show", "last", "--format", "json", expecting: 0)
        #expect(last.lines == outputs[2].lines)
        let list = try place.run("runs", "list", "--format", "json", expecting: 0).objects("run")
        #expect(list.compactMap { $0["state"]?.string } == ["refused", "applied", "applied"])
        #expect(try list.compactMap { $0["digest"]?.string } == outputs.reversed().map { try $0.digest() })
        #expect(try place.run("runs", "show", "99").status != 0)
    }

    @Test("check shows a job's rules and its first records, and writes nothing", arguments: Acme.all)
    func check(acme: Acme) throws {
        let place = try Workplace()
        let output = try place.run("check", acme.days[0], "--first", "3", "--format", "json", expecting: 0)
        #expect(try output.objects("job").count == 1 && output.objects("explanation").count == 3)
        let page = try place.run("check", acme.days[0], expecting: 0)
        #expect(page.text.contains("isandstrom@acme.example"))
        #expect(try place.state() == [])
    }

    @Test("who is disabled by hand stays so, whatever the source says, until somebody enables them")
    func administrator() throws {
        let place = try Workplace()
        try place.run("run", Acme.entra.days[0], "--quiet", expecting: 0)
        try place.run("accounts", "disable", "lhansen@acme.example", "--organization", "acme", expecting: 0)
        let run = try place.run("run", Acme.entra.days[0], "--format", "json", expecting: 0)
        #expect(try run.counts()["reactivate"] == nil)
        #expect(try run.summary()["situations"]?.object?["HELD"]?.integer == 1)
        #expect(try place.account("lhansen@acme.example")?["active"]?.bool == false)
        try place.run("accounts", "enable", "lhansen@acme.example", "--organization", "acme", expecting: 0)
        try place.run("accounts", "protect", "obrandt@acme.example", "--organization", "acme", expecting: 0)
        try place.run("run", Acme.entra.days[1], "--quiet")
        #expect(try place.account("lhansen@acme.example")?["active"]?.bool == true)
        #expect(try place.account("obrandt@acme.example")?["active"]?.bool == true)
    }
}
