import Foundation
import Provisioning
import Reconciliation
import Snapshots
import Testing

/// A job file that exists while `body` runs.
private func withJob<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jobs-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try! FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("night.ly.yaml")
    try Data(text.utf8).write(to: file)
    return try body(file.path)
}

private let minimal = "organization: acme\nsource: {preset: scim, users: u.json}\n"

/// What the loader says about a text, without the folder.
private func complaint(_ text: String) throws -> String {
    try withJob(text) { path in
        do {
            _ = try JobFile.load(path: path)
            return "accepted"
        } catch let error as JobFileError {
            return error.description.replacingOccurrences(of: path, with: "JOB")
        }
    }
}

private func job(_ text: String, _ options: [JobOption] = []) throws -> Job {
    try withJob(text) { try JobFile.load(path: $0, options: options) }
}

@Suite("Job files")
struct JobFileTests {
    @Test(
        "every job that comes with the program can be loaded",
        arguments: [
            "jobs/nightly.yaml", "jobs/import.yaml", "jobs/dry-run.yaml", "samples/jobs/nightly-day-2.yaml",
            "samples/jobs/bad-day-3.yaml", "samples/jobs/dsml-day-1.yaml", "samples/jobs/dsml-day-2.yaml",
            "samples/jobs/dsml-day-3.yaml", "samples/jobs/scim-day-1.yaml", "samples/jobs/scim-day-2.yaml",
            "samples/jobs/scim-day-3.yaml", "samples/jobs/okta.yaml",
        ])
    func shipped(path: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appendingPathComponent(path).path
        let job = try JobFile.load(path: file)
        #expect(job.organization.hasPrefix("acme"))
        #expect(!job.gates.canaries.isEmpty)
        #expect(job.source.sourceAttributes.count == 1)
        #expect(job.source.users.allSatisfy { FileManager.default.fileExists(atPath: $0) })
    }

    @Test("a job says when it runs and whom it tells; its files are relative to it")
    func scheduleAndNotify() throws {
        let text =
            minimal + """
                schedule: {cron: "0 2 * * *", timeZone: Europe/Berlin}
                notify:
                  on: [gate, failure]
                  command: [bin/tell, ops]
                  webhook: {url: "https://hooks.example.com/x", secretFile: secrets/hook}
                """
        try withJob(text) { path in
            let folder = path.replacingOccurrences(of: "night.ly.yaml", with: "")
            let job = try JobFile.load(path: path)
            #expect(job.schedule?.text == "0 2 * * * Europe/Berlin" && job.path == path)
            #expect(job.notify?.on == [.gate, .failure] && job.notify?.command == [folder + "bin/tell", "ops"])
            #expect(job.notify?.webhook?.secretFile == folder + "secrets/hook")
        }
        let plain = try job(minimal + "schedule: {cron: \"@daily\"}\nnotify: {command: [tell]}\n")
        #expect(plain.schedule?.clock == .utc && plain.notify?.command == ["tell"])
        #expect(plain.notify?.on == Set(NotifyPolicy.Trigger.allCases))
        let optional = try job(minimal, [JobOption("schedule.cron", "*/5 * * * *"), JobOption("notify.command", "a")])
        #expect(optional.schedule?.cron.text == "*/5 * * * *" && optional.notify?.command == ["a"])
    }

    @Test("a minimal job has the documented defaults")
    func defaults() throws {
        let job = try job(minimal)
        #expect(job.name == "night.ly")
        #expect(job.connection == "default")
        #expect(job.mode == .reconcile)
        #expect(job.source.kind == .full)
        #expect(job.source.exportDuration == .seconds(3600))
        #expect(job.rules.matching == MatchingRule.defaults)
        #expect(job.gates == GateLimits())
        #expect(!job.acceptsPartial)
    }

    @Test("every key arrives where it belongs")
    func everything() throws {
        let job = try job(
            """
            organization: acme
            connection: entra
            mode: import
            source:
              preset: entra-graph
              users: [a.json, "/abs/b.json"]
              groups: drop/g-*.json
              members: drop/{group}.json
              kind: delta
              takenAt: "2026-01-14T01:00:00Z"
              exportDuration: 30m
              expect: {users: 900..1300, groups: 0..5}
              accept: partial
            scope:
              users:
                - - {attribute: department, operator: in, value: [NO, on, 007]}
                  - {attribute: source.userType, operator: Not_Equals, value: Guest, emptyNotEquals: true}
                - - {attribute: emails, operator: INCLUDES, value: "@acme", match: any}
              groups: displayName sw "app-"
            mapping:
              title: {from: jobTitle, apply: onCreate}
              department: {constant: NO}
            matching: [userName]
            policies:
              outOfScope: keep
              missing: {deactivateAfter: 7d, deleteAfter: never}
              nestedGroups: flatten
              allowUnverifiedEmailAccountLinking: true
            gates:
              shrink: 30%
              disable: {count: 7, percent: 6, floor: 2}
              memberRemove: 50%
              update: 9
              delete: {count: unlimited}
              canaries: [a@x, b@x]
            """)
        let source = job.source
        #expect(source.users.count == 2 && source.users[0].hasSuffix("/a.json") && source.users[0].hasPrefix("/"))
        #expect(source.users[1] == "/abs/b.json")
        #expect(source.members!.hasSuffix("/drop/{group}.json"))
        #expect(source.kind == .delta)
        #expect(source.takenAt == Instant(milliseconds: 1_768_352_400_000))
        #expect(source.exportDuration == .seconds(1800))
        #expect(source.sourceAttributes == ["userType"])
        #expect(job.expect == [.user: 900...1300, .group: 0...5])
        #expect(job.acceptsPartial)
        #expect(job.mode == .import)
        let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
        #expect(
            job.rules.userScope
                == .clauses([
                    [
                        ScopingClause(
                            attribute: .slot(path: enterprise, isMultiValued: false), operator: .isIn,
                            values: ["NO", "on", "007"]),
                        ScopingClause(
                            attribute: .source("userType"), operator: .notEquals, values: ["Guest"],
                            emptyNotEquals: true),
                    ],
                    [
                        ScopingClause(
                            attribute: .slot(path: "emails.value", isMultiValued: true), operator: .includes,
                            values: ["@acme"],
                            match: .any)
                    ],
                ]))
        #expect(job.rules.groupScope.canonicalText == #"scim: displayName sw "app-""#)
        #expect(
            source.overrides == [
                MappingLine(
                    target: try MappingTarget(parsing: "title", kind: .user), from: .attribute("jobTitle"),
                    apply: .onCreate)
            ])
        #expect(
            job.rules.recordMapping == [
                MappingLine(target: try MappingTarget(parsing: enterprise, kind: .user), from: .constant("NO"))
            ])
        #expect(job.rules.onCreateOnly == ["title"] && job.rules.keptSlots == ["title"])
        #expect(job.rules.matching == [MatchingRule(.userName)])
        #expect(job.rules.policies.deactivateAfter == .after(.seconds(7 * 86_400)))
        #expect(job.rules.policies.outOfScope == .keep && job.rules.policies.nestedGroups == .flatten)
        #expect(job.gates.shrinkPercent == 30)
        #expect(job.gates.limit(.deactivate) == ClassLimit(count: 7, percent: 6, floor: .number(2)))
        #expect(job.gates.limit(.memberRemove) == ClassLimit(count: 1000, percent: 50, floor: .number(10)))
        #expect(job.gates.limit(.update).count == 9)
        #expect(job.gates.limit(.delete) == ClassLimit(count: nil, percent: 2, floor: .number(0)))
        #expect(job.gates.canaries == ["a@x", "b@x"])
    }

    @Test("an option wins over the file, and its paths are relative to the current folder")
    func options() throws {
        let job = try job(
            minimal,
            [
                JobOption("connection", "okta"), JobOption("source.users", "[x].json"),
                JobOption("source.users", "y.json"),
                JobOption("gates.disable", "{count: 3}"), JobOption("matching", "userName, externalId"),
                JobOption("scope.users", "active eq true"), JobOption("policies.missing.deactivateAfter", "2d"),
            ])
        #expect(job.connection == "okta")
        #expect(job.source.users == ["[x].json", "y.json"])
        #expect(job.gates.limit(.deactivate).count == 3)
        #expect(job.rules.matching == [MatchingRule(.userName), MatchingRule(.externalId)])
        #expect(job.rules.userScope.canonicalText == "scim: active eq true")
        #expect(job.rules.policies.deactivateAfter == .after(.seconds(2 * 86_400)))
    }

    @Test("a job needs no file")
    func withoutFile() throws {
        let job = try JobFile.job(options: [
            JobOption("organization", "acme"), JobOption("source.preset", "scim"), JobOption("source.users", "U.json"),
        ])
        #expect(job.name == "command line" && job.source.users == ["U.json"])
        #expect(throws: JobFileError.self) { try JobFile.job(options: [JobOption("organization", "acme")]) }
    }
}

@Suite("Job files that cannot be")
struct JobFileErrorTests {
    /// What is written over the minimal job, and what is said about it.
    static let complaints: [(String, String)] = [
        (minimal + "conection: x\n", "JOB:3:1: a job has no key \"conection\"; did you mean connection?"),
        (minimal + "zzz: x\n", "JOB:3:1: a job has no key \"zzz\"; known here: organization, connection, mode"),
        (minimal + "mode: x\nmode: y\n", "JOB:3:1: the key \"mode\" stands here twice"),
        (minimal + "mode: [reconcile]\n", "JOB:3:7: mode is a list; it must be text"),
        (minimal + "mode: yes\n", "JOB:3:7: mode cannot be \"yes\"; say reconcile or import or plan"),
        (minimal + "mode:\n", "JOB:3:6: mode is empty; it must be text"),
        (minimal + "report: {htm: x}\n", "JOB:3:10: report has no key \"htm\"; did you mean html?"),
        (minimal + "report: {html: \"{who}.html\"}\n", "JOB:3:16: the path has an unknown placeholder"),
        (minimal + "report: {html: x, csv: x}\n", "JOB:3:24: two reports go to one file: \"x\""),
        (minimal + "schedule: {cron: x}\n", "JOB:3:19: cron: there are 1 fields; there must be five"),
        (minimal + "schedule: {cron: \"0 2 30 2 *\"}\n", "JOB:3:23: cron: no month that is named has a day 30"),
        (minimal + "schedule:\n  cron: 0 25 * * *\n", "JOB:4:11: cron: there is no hour 25"),
        (minimal + "schedule: {timeZone: UTC}\n", "JOB:3:11: schedule needs the key cron"),
        (
            minimal + "schedule: {cron: \"@daily\", timeZone: Europe/Berlni}\n",
            "JOB:3:38: there is no time zone \"Europe/Berlni\"; did you mean Europe/Berlin?"
        ),
        (
            minimal + "schedule: {cron: \"@daily\", timeZone: CET}\n",
            "JOB:3:38: there is no time zone \"CET\"; "
        ),
        (minimal + "notify: {on: gate}\n", "JOB:3:9: notify says nobody to tell; say command, webhook, or both"),
        (minimal + "notify: {on: [never], command: x}\n", "JOB:3:15: on cannot be \"never\"; say gate or failure"),
        (minimal + "notify: {command: mail root}\n", "JOB:3:19: the command is one text with spaces, and no shell"),
        (minimal + "notify: {webhook: {url: \"https://a\"}}\n", "JOB:3:19: webhook needs the key secretFile"),
        (
            minimal + "notify: {webhook: {url: \"ftp://a\", secretFile: s}}\n",
            "JOB:3:25: the webhook's url begins neither with https:// nor with http://"
        ),
        (minimal + "a: &x b\n", "JOB:3:4: anchors (&) and aliases (*) are not used in jobs"),
        (minimal + "a: [b\n", "JOB:4:1: this is not YAML: "),
        (minimal + "\tmode: x\n", "JOB:3:1: this is not YAML: "),
        ("", "JOB: the file is empty"),
        ("- a\n", "JOB:1:1: a job is a list; it must be a table"),
        ("organization: a\n", "JOB:1:1: a job needs the key source; add it"),
        ("source: {preset: scim, users: u}\n", "JOB:1:1: a job needs the key organization; add it"),
        (
            "organization: a b\nsource: {preset: scim, users: u}\n",
            "JOB:1:15: \"a b\" cannot be the name of an organization"
        ),
        (
            "organization: a\nsource: {preset: ldap, users: u}\n",
            "JOB:2:18: preset cannot be \"ldap\"; say one of ad-powershell"
        ),
        ("organization: a\nsource: {preset: scim}\n", "JOB:2:9: the source names no files"),
        ("organization: a\nsource: {preset: scim, users: []}\n", "JOB:2:31: users is an empty list"),
        (
            "organization: a\nsource: {preset: scim, users: u, members: \"{group}\"}\n",
            "JOB:2:43: the preset scim finds members"
        ),
        (
            "organization: a\nsource: {preset: entra-graph, users: u, members: m}\n",
            "JOB:2:50: members must contain {group}"
        ),
        (
            "organization: a\nsource: {preset: scim, users: u, takenAt: yesterday}\n",
            "JOB:2:43: takenAt is \"yesterday\""
        ),
        (
            "organization: a\nsource: {preset: scim, users: u, exportDuration: 5w}\n",
            "JOB:2:50: exportDuration is \"5w\""
        ),
        ("organization: a\nsource: {preset: scim, users: u, expect: {users: 9..3}}\n", "JOB:2:50: users is \"9..3\""),
        (minimal + "gates: {shrink: 101%}\n", "JOB:3:17: shrink is \"101%\""),
        (minimal + "gates: {disable: -1}\n", "JOB:3:18: disable is \"-1\""),
        (minimal + "gates: {disable: 1, deactivate: 1}\n", "JOB:3:21: disable and deactivate are the same limit"),
        (minimal + "gates: {create: {percent: 5}}\n", "JOB:3:27: create has no percentage"),
        (minimal + "matching: [userName, userName]\n", "JOB:3:22: the rule stands here twice"),
        (minimal + "matching: [email]\n", "JOB:3:12: matching cannot be \"email\""),
        (minimal + "matching: [[userName, roles]]\n", "JOB:3:23: matching cannot be \"roles\""),
        (minimal + "matching: [[userName, userName]]\n", "JOB:3:23: the rule has \"userName\" twice"),
        (minimal + "matching: [[title, userName], userName+title]\n", "JOB:3:31: the rule stands here twice"),
        (minimal + "matching: [password]\n", "JOB:3:12: matching cannot be \"password\""),
        (minimal + "matching: []\n", "JOB:3:11: matching is an empty list"),
        (minimal + "policies: {missing: {deleteAfter: 0d}}\n", "JOB:3:35: deleteAfter is zero"),
        (minimal + "policies: {missing: {deleteAfter: 3 sightings}}\n", "JOB:3:35: deleteAfter is \"3 sightings\""),
        (
            minimal + "policies: {missing: {deactivateAfter: 0 sightings}}\n",
            "JOB:3:39: deactivateAfter is \"0 sightings\""
        ),
        (minimal + "policies: {missing: {deactivateAfter: soon}}\n", "JOB:3:39: deactivateAfter is \"soon\""),
        (minimal + "policies: {accountMissing: cry}\n", "JOB:3:28: accountMissing cannot be \"cry\""),
        (minimal + "mapping: {title: {}}\n", "JOB:3:18: the mapping of title says nothing"),
        (minimal + "mapping: {shoeSize: {from: x}}\n", "JOB:3:11: no user has an attribute \"shoeSize\""),
        (minimal + "mapping: {title: {from: x}, Title: {from: y}}\n", "JOB:3:29: \"title\" is mapped twice"),
    ]

    @Test("is refused with line, column and cure", arguments: complaints)
    func refused(text: String, expected: String) throws {
        let said = try complaint(text)
        #expect(said.hasPrefix(expected), "\(said)")
        #expect(said.contains("; ") && !said.contains("\n"))
    }

    static let scopes: [(String, String)] = [
        ("[]", "JOB:3:16: the filter has no groups of clauses"),
        ("[[]]", "JOB:3:17: the group of clauses is empty"),
        ("[{attribute: title, operator: IS NULL}]", "JOB:3:17: a group of clauses is a table"),
        ("[[{attribute: shoeSize, operator: IS NULL}]]", "JOB:3:30: no user has an attribute \"shoeSize\""),
        ("[[{attribute: name, operator: IS NULL}]]", "JOB:3:30: name has parts"),
        ("[[{attribute: meta.created, operator: IS NULL}]]", "JOB:3:30: meta cannot be used here"),
        ("[[{attribute: source., operator: IS NULL}]]", "JOB:3:30: source. names no attribute"),
        ("[[{attribute: title, operator: LIKE, value: x}]]", "JOB:3:47: there is no operator \"LIKE\""),
        ("[[{attribute: title, operator: EQUALS}]]", "JOB:3:18: EQUALS needs a value"),
        ("[[{attribute: title, operator: IS NULL, value: x}]]", "JOB:3:56: IS NULL takes no value"),
        (
            "[[{attribute: title, operator: INCLUDES, value: \"\"}]]",
            "JOB:3:64: INCLUDES needs a value that is not empty"
        ),
        ("[[{attribute: title, operator: EQUALS, value: }]]", "JOB:3:62: value is empty"),
        ("[[{attribute: title, operator: GREATER_THAN, value: ten}]]", "JOB:3:68: GREATER_THAN compares whole numbers"),
        ("[[{attribute: emails.value, operator: EQUALS, value: x}]]", "JOB:3:18: emails.value can have several values"),
        (
            "[[{attribute: title, operator: EQUALS, value: x, emptyNotEquals: true}]]",
            "JOB:3:65: emptyNotEquals has no meaning"
        ),
        ("'title eq'", "JOB:3:16: this is not a SCIM filter: "),
        ("'shoeSize eq \"1\"'", "JOB:3:16: no user has an attribute \"shoeSize\""),
    ]

    @Test("a filter that cannot be is refused when the job is loaded", arguments: scopes)
    func scope(filter: String, expected: String) throws {
        let said = try complaint(minimal + "scope: {users: \(filter)}\n")
        #expect(said.hasPrefix(expected), "\(said)")
    }

    @Test("a file that is missing, a folder, too large or not UTF-8 is refused with its name")
    func unreadable() throws {
        #expect(throws: JobFileError.self) { try JobFile.load(path: "/nowhere/job.yaml") }
        #expect(throws: JobFileError.self) { try JobFile.load(path: "/") }
        try withJob(minimal + "#" + String(repeating: "x", count: JobFile.bytesMax)) { path in
            _ = #expect(throws: JobFileError.self) { try JobFile.load(path: path) }
        }
        let padding = String(repeating: "x", count: JobFile.bytesMax - minimal.utf8.count - 1)
        #expect(try job(minimal + "#" + padding).organization == "acme")
    }

    @Test("aliases cannot multiply")
    func bomb() throws {
        var text = "a0: &a0 [x]\n"
        for level in 1...30 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(try complaint(text).hasPrefix("JOB:1:5: anchors (&)"))
    }

    @Test("the gates against suspicious plans have keys, and two names of one limit are refused")
    func suspicion() throws {
        func gates(_ text: String) throws -> GateLimits {
            try JobFile.job(options: [
                JobOption("organization", "acme"), JobOption("source.preset", "scim"),
                JobOption("source.users", "u.json"),
                JobOption("gates", text),
            ]).gates
        }
        let limits = try gates(
            "{sameRules: 3, keyChurn: {percent: 7, floor: 9}, everythingChanged: 60%, groupDelete: 4, shrink: {floor: 2}}"
        )
        #expect(limits.editLeavers == 3 && limits.churnPercent == 7 && limits.churnFloor == 9)
        #expect(limits.updatedPercent == 60 && limits.updatedFloor == 50 && limits.shrinkFloor == 2)
        #expect(limits.classes[.groupDisable]?.count == 4)
        #expect(try gates("{sameRules: unlimited}").editLeavers == nil)
        for wrong in [
            "{sameRules: 5%}", "{keyChurn: 101%}", "{keyChurn: {count: 4}}", "{everythingChanged: many}",
            "{groupDelete: 4, groupDisable: 4}",
        ] { #expect(throws: JobFileError.self, "\(wrong)") { try gates(wrong) } }
    }
}
