import Foundation
import Provisioning
import Reconciliation
import Snapshots
import Testing

/// Every export in `samples/exports`, read by the preset that `EXPECT.tsv` names, with what must come of it. A new preset or
/// sample is a new line there.
@Suite("Sample exports")
struct ExpectTests {
    /// Presets of `EXPECT.tsv` that are not written yet: a line goes when its preset comes.
    static let pending: Set<String> = [
        "second phase"
    ]
    /// Files that no preset of their line's product reads yet.
    static let pendingFiles: Set<String> = ["powershell-clixml-get-aduser.utf16le-bom.xml"]
    /// How many lines of `EXPECT.tsv` wait for them.
    static let pendingLines = 7

    static func isPending(_ row: Row) -> Bool { pending.contains(row.preset) || pendingFiles.contains(row.file) }

    /// One preset reads one format, so that some names stand for several.
    static let variants: [(preset: String, ending: String, name: String)] = [
        ("ad-powershell", "get-aduser.utf8.xml", "ad-powershell-xml"),
        ("ad-powershell", "de-culture.utf16le-bom.xml", "ad-powershell-xml"),
        ("bamboohr", ".xml", "bamboohr-xml"),
        ("successfactors", "atom.xml", "successfactors-atom"),
        ("successfactors", "compoundemployee.xml", "successfactors-compound"),
        ("successfactors", "hasmore-partial.xml", "successfactors-compound"),
        ("workday-raas", ".xml", "workday-raas-xml"),
    ]

    /// Own paths: the job whose description reads the file.
    static let ownPaths = [
        "generic-users-and-groups-one-document.json": "own-one-document", "generic-users.jsonl": "own-lines",
        "generic-users-utf8-bom-crlf-nfd.ndjson": "own-lines", "generic-users-elements.xml": "own-elements",
        "generic-users-attributes-xsi-nil.xml": "own-attributes",
    ]

    struct Row: Sendable, CustomTestStringConvertible {
        var file: String
        var preset: String
        var users: Int?
        var groups: Int?
        var verdict: String
        var testDescription: String { file }
    }

    static let root =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/samples/"
    static let exports = root + "exports/"

    static let rows: [Row] = {
        let text = String(
            decoding: FileManager.default.contents(atPath: exports + "EXPECT.tsv") ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").dropFirst().map { line in
            let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            return Row(file: cells[0], preset: cells[1], users: Int(cells[2]), groups: Int(cells[3]), verdict: cells[4])
        }
    }()

    static let readable = rows.filter { !isPending($0) && $0.preset != "any" }

    static func preset(_ row: Row) throws -> Preset {
        if let job = ownPaths[row.file] { return try JobFile.load(path: root + "jobs/\(job).yaml").source.preset }
        let variant = variants.first { $0.preset == row.preset && row.file.hasSuffix($0.ending) }
        return try #require(try PresetLibrary.preset(variant?.name ?? row.preset), "no preset \(row.preset)")
    }

    /// Named for what the line says is in it; what is refused, for what its name says.
    static func source(_ row: Row, _ preset: Preset) -> SourceSpecification {
        var source = SourceSpecification(preset: preset)
        let hasUsers = row.users != nil || (row.groups == nil && !row.file.contains("group"))
        if hasUsers { source.users = [exports + row.file] }
        if row.groups != nil || !hasUsers { source.groups = [exports + row.file] }
        return source
    }

    struct Reading {
        var records: [MappedRecord] = []
        var rejections: [Rejection] = []
        var verdict: SnapshotVerdict

        init(_ source: SourceSpecification) throws {
            let reader = try SnapshotReader(source, hashSeed: [1])
            while let element = try reader.next() {
                switch try element.map() {
                case .record(let record): records.append(record)
                case .rejected(let rejection): rejections.append(rejection)
                case .removed: break
                }
            }
            verdict = try reader.finish()
        }
    }

    @Test("no line is left out silently: what waits for a preset is counted")
    func counted() {
        let waiting = Self.rows.filter(Self.isPending)
        #expect(waiting.count == Self.pendingLines)
        #expect(Set(waiting.map(\.preset)).isSuperset(of: Self.pending))
        #expect(Self.rows.count == Self.readable.count + waiting.count + Self.rows.count { $0.preset == "any" })
    }

    @Test("every file has a line, and every line a file")
    func files() throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: Self.exports).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: Self.exports + name, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        #expect(Set(names).subtracting(["README.md", "EXPECT.tsv"]) == Set(Self.rows.map(\.file)))
    }

    @Test("every sample job can be loaded, and its files are there")
    func jobs() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.root + "jobs")
        for name in names where name.hasSuffix(".yaml") {
            let source = try JobFile.load(path: Self.root + "jobs/" + name).source
            let files = source.users + source.groups
            #expect(!files.isEmpty && files.allSatisfy { FileManager.default.fileExists(atPath: $0) }, "\(name)")
        }
    }

    @Test("a real export is what its line says", arguments: readable)
    func line(row: Row) throws {
        let preset = try Self.preset(row)
        let source = Self.source(row, preset)
        if row.verdict.hasPrefix("members file") { return try checkMembers(row, preset) }
        if row.verdict.hasPrefix("refuse") || row.verdict.hasPrefix("stop") {
            let error = #expect(throws: SnapshotError.self) { try Reading(source) }
            if row.verdict.hasPrefix("stop") { #expect(error?.code == .columnMissing) }
            return
        }
        let reading = try Reading(source)
        let word = String(row.verdict.prefix { $0.isLetter })
        for (kind, count) in [(Kind.user, row.users), (.group, row.groups)] {
            #expect(reading.verdict.counts[kind] == count)
            if count != nil {
                #expect(reading.verdict.completeness[kind]?.word == word, "\(reading.verdict.completeness)")
            }
        }
        #expect(reading.rejections.map(\.detail) == [])
        #expect(reading.records.allSatisfy { $0.anchor?.value.isEmpty == false && !$0.name.isEmpty })
        #expect(Set(reading.records.map(\.reference)).count == reading.records.count)
        let users = reading.records.filter { $0.kind == .user }
        #expect(users.isEmpty || users.contains { $0.active != nil })
        if row.verdict.contains("active people only") {
            #expect(reading.verdict.completeness[.user]?.reason.contains("only active people") == true)
        }
    }

    @Test(
        "a preset's sample job reads its exports without a rejection, and has its canaries in them",
        arguments: [
            "ad-powershell", "ad-powershell-selected", "bamboohr", "freeipa", "github", "hibob", "jumpcloud",
            "ldap-json",
            "okta", "onelogin", "oneroster", "successfactors",
        ])
    func sampleJob(name: String) throws {
        let job = try JobFile.load(path: Self.root + "jobs/\(name).yaml")
        #expect(job.organization.hasPrefix("acme") && job.mode == .plan)
        let reading = try Reading(job.source)
        #expect(reading.rejections.map(\.detail) == [])
        let names = Set(reading.records.filter { $0.kind == .user && $0.active != false }.map(\.name))
        #expect(!job.gates.canaries.isEmpty && names.isSuperset(of: job.gates.canaries))
    }

    /// Each group of the preset's sample of groups gets the file as its members.
    private func checkMembers(_ row: Row, _ preset: Preset) throws {
        let groups = try #require(Self.rows.first { $0.preset == row.preset && $0.groups ?? 0 > 0 })
        var source = Self.source(groups, preset)
        source.users = []
        let keys = try Reading(source).records.compactMap(\.reference)
        let folder = NSTemporaryDirectory() + "members-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for key in keys {
            try FileManager.default.copyItem(atPath: Self.exports + row.file, toPath: folder + "/\(key).json")
        }
        source.members = folder + "/{group}.json"
        let expected = row.verdict.matches(of: /(\d+) (users?|groups?|external)/).reduce(0) { $0 + Int($1.output.1)! }
        let reading = try Reading(source)
        #expect(reading.records.count == groups.groups)
        for record in reading.records { #expect(record.members?.count == expected) }
    }

    @Test(
        "a broken file is refused by every preset, with one line that says why",
        arguments: rows.filter { $0.preset == "any" }, PresetLibrary.names)
    func broken(row: Row, name: String) throws {
        let preset = try #require(try PresetLibrary.preset(name))
        for kind in Kind.allCases {
            if let definition = preset.definition, definition.fields[RecordRole(kind)] == nil { continue }
            var source = SourceSpecification(preset: preset)
            if kind == .user {
                source.users = [Self.exports + row.file]
            } else {
                source.groups = [Self.exports + row.file]
            }
            let error = #expect(throws: SnapshotError.self, "\(kind)") { try Reading(source) }
            #expect(error?.description.contains("; ") == true && error?.description.contains("\n") == false)
        }
    }
}
