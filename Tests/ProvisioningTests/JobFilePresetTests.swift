import Foundation
import JSONBytes
import Provisioning
import Reconciliation
import Snapshots
import Testing

@Suite("Presets and own paths in jobs")
struct JobFilePresetTests {
    /// A job file in a folder of its own, with an export beside it.
    static func withJob<Result>(
        _ source: String, export: String = "[]", named name: String = "u.json", _ body: (String) throws -> Result
    ) throws -> Result {
        let folder = NSTemporaryDirectory() + "own-paths-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try! FileManager.default.removeItem(atPath: folder) }
        try Data(export.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        let path = folder + "/job.yaml"
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(
            separator: "\n")
        try Data("organization: acme\nsource:\n\(lines)\n".utf8).write(to: URL(fileURLWithPath: path))
        return try body(path)
    }

    static let own = """
        users: u.json
        format: json
        records: {users: "$.people[*]"}
        fields:
          users:
            anchor: id
            userName: login
            active: on
        """

    static func complaint(_ source: String) throws -> String {
        try withJob(source) { path in
            do {
                _ = try JobFile.load(path: path)
                return "accepted"
            } catch let error as JobFileError {
                return error.description.replacingOccurrences(of: path, with: "JOB")
            }
        }
    }

    static func read(_ source: String, export: String, named name: String = "u.json") throws -> ExpectTests.Reading {
        try withJob(source, export: export, named: name) { try ExpectTests.Reading(try JobFile.load(path: $0).source) }
    }

    @Test("a job names its own paths, and numbers stay the text that they are")
    func ownPaths() throws {
        let reading = try Self.read(
            Self.own,
            export: #"{"people":[{"id":00017e0,"login":"a","on":true}]}"#.replacing(
                "00017e0", with: "12345678901234567890"))
        #expect(reading.records.map(\.anchor) == [Anchor("12345678901234567890")])
        #expect(reading.verdict.columns[.user]?["active"] == ColumnCensus(filled: 1))
        #expect(reading.verdict.unmapped == [:])
    }

    @Test("a job's keys are laid over the preset's, and a key without a value takes it away")
    func overlay() throws {
        let source = """
            preset: okta
            users: u.json
            fields:
              users:
                title:
                department: profile.unit
                active: {from: status, values: {X: true}}
            """
        let reading = try Self.read(
            source,
            export: #"[{"id":"1","status":"X","profile":{"login":"a","title":"T","unit":"U","department":"D"}}]"#)
        let record = try #require(reading.records.first)
        #expect(record.attributes["title"] == nil && record.active == true)
        #expect(record.attributes["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"] == "U")
        #expect(reading.verdict.unmapped["users.profile.title"] == 1)
    }

    static let mistakes: [(source: String, message: String)] = {
        var all: [(source: String, message: String)] = []
        all.append((own + "\n    titel: x", "JOB:11:7: no user has an attribute \"titel\""))
        all.append((own.replacing("login", with: "'log[in'"), "JOB:9:22: userName, column 5"))
        all.append((own.replacing("$.people[*]", with: "$.people[0]"), "JOB:5:30: users, column 10"))
        all.append(
            (own + "\n    title: {from: t, steps: [shout]}", "JOB:11:32: there is no step \"shout\"; known: all, any"))
        all.append((own + "\n    title: {fro: t}", "JOB:11:15: title has no key \"fro\"; did you mean from?"))
        all.append((own + "\n    title: {steps: [lower]}", "needs one of from, first-of"))
        all.append((own + "\n    manager: {from: m, ref: badge}", "ref: badge names what no record is called by"))
        all.append((own.replacing("userName: login", with: "title: login"), "fields.users has no userName"))
        all.append((own + "\ncomplete: {totl: \"$.n\"}", "complete has no key \"totl\"; did you mean total?"))
        all.append((own.replacing("format: json", with: "format: yaml"), "format cannot be \"yaml\"; say json or xml"))
        all.append((own.replacing("    anchor: id", with: "    externalId: id"), "say anchor in place of externalId"))
        all.append(("preset: oktta\nusers: u.json", "preset cannot be \"oktta\"; say one of ad-powershell"))
        all.append(("preset: scim\nusers: u.json\nrecords: {users: \"$[*]\"}", "the preset scim is read by code"))
        all.append(("users: u.json", "source needs the key preset"))
        all.append(("preset: keycloak\nusers: u.json\nmembers: \"{group}.json\"", "the preset keycloak finds members"))
        return all
    }()

    @Test(
        "what is wrong in a description is refused at its place, with the cure",
        arguments: mistakes)
    func refused(source: String, message: String) throws {
        let complaint = try Self.complaint(source)
        #expect(complaint.contains(message), "\(complaint)")
    }

    @Test(
        "every preset that comes with the program can be read, and read again from what a plan keeps of it",
        arguments: PresetLibrary.names)
    func shipped(name: String) throws {
        let preset = try #require(try PresetLibrary.preset(name))
        #expect(preset.name == name && PresetLibrary.summary(name).contains(": "))
        let text = try #require(PresetLibrary.text(name))
        #expect(text.contains("# What it cannot tell:") || name == "scim")
        #expect(text.contains("# How to export"))
        guard let definition = preset.definition else { return }
        #expect(definition.fields[.user]?.active != nil || definition.fields[.user] == nil)
        let again = try JSONValue(parsing: definition.text)
        #expect(again.text == definition.text)
    }

    @Test("the files of the presets and the list of them are the same")
    func listed() throws {
        let folder =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path + "/Sources/Provisioning/Presets"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(files) == Set(PresetLibrary.names.map { $0 + ".yaml" }))
        for name in PresetLibrary.names {
            #expect(
                FileManager.default.contents(atPath: "\(folder)/\(name).yaml").map {
                    String(decoding: $0, as: UTF8.self)
                } == PresetLibrary.text(name))
        }
    }

    @Test("Windows' code page is refused with the cure, and read where the job names it; a byte order mark outranks it")
    func codePage() throws {
        let people = "{\"people\":[{\"id\":1,\"login\":\"zo\u{EB}\",\"on\":true}]}"
        let western: [UInt8] = people.unicodeScalars.map { UInt8($0.value) }
        func read(_ source: String, _ bytes: [UInt8]) throws -> ExpectTests.Reading {
            try Self.withJob(source) { path in
                try Data(bytes).write(to: URL(fileURLWithPath: path.replacing("job.yaml", with: "u.json")))
                return try ExpectTests.Reading(try JobFile.load(path: path).source)
            }
        }
        let error = #expect(throws: SnapshotError.self) { try read(Self.own, western) }
        #expect(
            error?.code == .encoding && error?.line == 1 && error?.detail.contains("encoding: windows-1252") == true)
        let declared = Self.own + "\nencoding: windows-1252"
        #expect(try read(declared, western).records.map(\.name) == ["zo\u{EB}"])
        let utf16: [UInt8] = [0xFF, 0xFE] + people.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try read(declared, utf16).records.map(\.name) == ["zo\u{EB}"])
    }

    // MARK: Who names whom

    @Test("people and groups are named by other names, on either side, and whoever is unknown stays open")
    func references() throws {
        let source = """
            users: u.json
            groups: u.json
            format: json
            records: {users: "$.people[*]", groups: "$.teams[*]"}
            fields:
              users:
                anchor: id
                userName: login
                active: on
                names: {badge: badge}
                manager: {from: boss, ref: badge}
              groups:
                anchor: id
                displayName: name
                members:
                  - {from: "who[*]", ref: userName}
                  - {from: "teams[*]", ref: groups.key}
            """
        let export = """
            {"teams":[{"id":1,"name":"T","who":["B","a","gone"],"teams":[1]},{"id":2,"name":"U"}],
             "people":[{"id":1,"login":"a","on":true,"badge":"x","boss":"y"},{"id":2,"login":"b","on":true,"badge":"y","boss":"z"}]}
            """
        let reading = try Self.read(source, export: export)
        let teams = reading.records.filter { $0.kind == .group }
        #expect(teams.map(\.reference) == ["group:1", "group:2"])
        #expect(teams[0].members?.map(\.key) == ["2", "1", "userName:gone", "group:1"])
        #expect(teams[1].members == nil)
        let people = reading.records.filter { $0.kind == .user }
        #expect(people.map { $0.references.map(\.key) } == [["2"], ["badge:z"]])
    }

    @Test("memberships that users or records of their own tell are the group's members, and part of its hash")
    func memberships() throws {
        let byUser = """
            users: u.json
            groups: u.json
            format: json
            records: {users: "$.people[*]", groups: {path: "$.teams[*]", nested: "$.sub[*]"}}
            fields:
              users: {anchor: id, userName: id, active: on, groups: {from: in, split: "|", ref: displayName}}
              groups: {anchor: id, displayName: name}
            """
        func export(_ groups: String) -> String {
            #"{"people":[{"id":"1","on":true,"in":"\#(groups)"},{"id":"2","on":true,"in":"In"}],"teams":[{"id":"9","name":"Top","sub":[{"id":"8","name":"in"}]}]}"#
        }
        let reading = try Self.read(byUser, export: export("In|Top"))
        #expect(reading.records.suffix(2).map { $0.members?.map(\.key) } == [["1"], ["1", "2"]])
        #expect(reading.verdict.counts == [.user: 2, .group: 2])
        let apart = """
            users: u.json
            groups: u.json
            format: xml
            records: {users: /x/person, groups: /x/group, memberships: /x/membership}
            fields:
              users: {anchor: "@id", userName: "@id", active: "@on"}
              groups: {anchor: "@id", displayName: "@id"}
              memberships: {groups: {from: "@group", ref: groups.key}, members: member/@id}
            """
        let xml = """
            <x><person id="1" on="1"/><person id="2" on="0"/><group id="1"/><group id="2"/>
            <membership group="1"><member id="1"/><member id="2"/></membership></x>
            """
        let told = try Self.read(apart, export: xml)
        #expect(told.records.suffix(2).map { $0.members?.map(\.key) } == [["1", "2"], []])
        let untold = xml.replacing("membership", with: "nothing")
        #expect(try Self.read(apart, export: untold).records.suffix(2).map(\.members) == [nil, nil])
    }

    @Test("a list that is not there says nothing, however deep it would stand; an empty one says that there is nobody")
    func absentLists() throws {
        let source = """
            groups: u.json
            format: json
            records: {groups: "$[*]"}
            fields:
              groups: {anchor: id, displayName: id, members: "attributes.member"}
            """
        let export = #"""
            [{"id":"1","attributes":{"member":["a"]}},{"id":"2","attributes":{"member":[]}},{"id":"3","attributes":{}},
             {"id":"4"},{"id":"5","attributes":{"member":"a"}}]
            """#
        let groups = try Self.read(source, export: export).records
        #expect(groups.map { $0.members?.map(\.key) } == [["a"], [], nil, nil, ["a"]])
    }

    // MARK: What an export may not be taken for

    static let marked =
        own + """

            complete: {total: "$.total", next: "$.next", more: "$.cut", page: {number: "$.page", of: "$.pages"}}
            refuse: [{path: "$.delta", delta: true}, {path: "$.status", has: failed, because: a failed report}]
            """

    static func people(_ count: Int, _ marks: String = "") -> String {
        let people = (0..<count).map { #"{"id":\#($0),"login":"u\#($0)","on":true}"# }.joined(separator: ",")
        return #"{"people":[\#(people)]\#(marks)}"#
    }

    static let markedExports: [(export: String, word: String)] = {
        var all: [(export: String, word: String)] = []
        all.append((people(3, #","total":3"#), "proven"))
        all.append((people(3, #","total":4"#), "partial"))
        all.append((people(3), "proven"))
        all.append((people(50), "plausible"))
        all.append((people(3, #","next":"x""#), "partial"))
        all.append((people(3, #","next":null"#), "proven"))
        all.append((people(3, #","cut":true"#), "partial"))
        all.append((people(50, #","cut":false"#), "proven"))
        all.append((people(3, #","page":1,"pages":2"#), "partial"))
        all.append((people(50, #","page":1,"pages":1"#), "proven"))
        all.append(
            ("[" + people(3, #","page":2,"pages":2"#) + "," + people(50, #","page":1,"pages":2"#) + "]", "proven"))
        all.append(
            ("[" + people(3, #","page":2,"pages":2"#) + "," + people(50, #","page":2,"pages":2"#) + "]", "partial"))
        all.append((people(2, #","next":"x""#) + "\n" + people(1), "plausible"))
        all.append((#"[{"id":1,"login":"a","on":true}]"#, "plausible"))
        all.append((#"{"id":1,"login":"a","on":"0"}"# + "\n" + #"{"id":2,"login":"b"}"#, "plausible"))
        return all
    }()

    @Test(
        "marks decide what an export may be taken for",
        arguments: markedExports)
    func marks(export: String, word: String) throws {
        let reading = try Self.read(Self.marked, export: export)
        #expect(reading.verdict.completeness[.user]?.word == word, "\(reading.verdict.completeness)")
        #expect(reading.rejections == [])
    }

    static let noSnapshots: [(export: String, code: SnapshotError.Code)] = {
        var all: [(export: String, code: SnapshotError.Code)] = []
        all.append((people(3, #","delta":"token""#), SnapshotError.Code.delta))
        all.append((people(3, #","status":"Failed""#), .errorBody))
        all.append((#"{"error":{"code":"x"}}"#, .errorBody))
        all.append((#"{"persons":[]}"#, .noRecords))
        all.append(("<html/>", .noRecords))
        all.append((#"{"people":[{"id":1,"login":"a"},{"id":2,"login":"b","on":null}]}"#, .columnMissing))
        all.append(("{\"people\":[{\"id\":1,\"login\":\"a\"", .truncated))
        return all
    }()

    @Test(
        "what is no snapshot is refused, with a line that says what it is",
        arguments: noSnapshots)
    func noSnapshot(export: String, code: SnapshotError.Code) throws {
        let error = #expect(throws: SnapshotError.self) { try Self.read(Self.marked, export: export) }
        #expect(error?.code == code, "\(error.map(\.description) ?? "")")
    }

    @Test("where the job says that it is a delta, its mark is no reason to refuse it, and silence means nothing")
    func delta() throws {
        let reading = try Self.read(Self.marked + "\nkind: delta", export: Self.people(3, #","delta":"token""#))
        #expect(reading.records.count == 3 && reading.verdict.completeness[.user]?.word == "partial")
        let error = #expect(throws: SnapshotError.self) {
            try Self.read(Self.marked + "\nkind: delta", export: Self.people(3, #","status":"Failed""#))
        }
        #expect(error?.code == .errorBody)
    }

    @Test("a file of another preset is called by its name")
    func mismatch() throws {
        let error = #expect(throws: SnapshotError.self) {
            try Self.read(Self.own, export: #"{"@odata.context":"x","value":[]}"#)
        }
        #expect(error?.detail.hasSuffix("it looks like an export for the preset entra-graph") == true)
    }

    @Test("null and absent are unknown, never false")
    func unknown() throws {
        let reading = try Self.read(
            Self.own,
            export: #"{"people":[{"id":1,"login":"a","on":true},{"id":2,"login":"b"},{"id":3,"login":"c","on":null}]}"#)
        #expect(reading.records.map(\.active) == [true, nil, nil])
        #expect(reading.verdict.columns[.user]?["active"] == ColumnCensus(filled: 1, null: 1, absent: 1))
    }

    @Test("a status that the table does not have sets the person aside, and nobody else")
    func strange() throws {
        let source = Self.own.replacing("active: on", with: "active: {from: on, values: {A: true, L: false}}")
        let reading = try Self.read(
            source, export: #"{"people":[{"id":1,"login":"a","on":"A"},{"id":2,"login":"b","on":"?"}]}"#)
        #expect(reading.records.map(\.name) == ["a"] && reading.rejections.map(\.anchor) == [Anchor("2")])
    }
}
