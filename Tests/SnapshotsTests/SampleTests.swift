import Reconciliation
import Snapshots
import Testing

@Suite struct SampleTests {
    enum Expected: Sendable, Equatable {
        case users(Int, String)
        case groups(Int, String)
        case both(Int, Int, String)
        case refused(SnapshotError.Code)
    }

    struct Sample: Sendable, CustomTestStringConvertible {
        var file: String
        var preset: Preset
        var expected: Expected
        var testDescription: String { file }

        init(_ file: String, _ preset: Preset, _ expected: Expected) {
            self.file = file
            self.preset = preset
            self.expected = expected
        }
    }

    static let samples: [Sample] = [
        Sample("azure-cli-az-ad-group-list.json", .entraGraph, .groups(5, "plausible")),
        Sample("entra-graph-groups-delta-not-a-snapshot.json", .entraGraph, .refused(.delta)),
        Sample("entra-graph-users-delta-not-a-snapshot.json", .entraGraph, .refused(.delta)),
        Sample("entra-graph-users-default-properties-no-accountenabled.json", .entraGraph, .refused(.columnMissing)),
        Sample("entra-graph-users-page1-nextlink-partial.json", .entraGraph, .users(6, "partial")),
        Sample("entra-graph-users-select.json", .entraGraph, .users(13, "proven")),
        Sample("powershell7-get-mguser-default-accountenabled-null.json", .entraGraph, .refused(.columnMissing)),
        Sample("powershell7-get-mguser-properties-selected.json", .entraGraph, .users(12, "plausible")),
        Sample("scim-listresponse-empty.json", .scim, .users(0, "proven")),
        Sample("scim-listresponse-groups.json", .scim, .groups(5, "proven")),
        Sample("scim-listresponse-users-page1-partial.json", .scim, .users(6, "partial")),
        Sample("scim-listresponse-users.json", .scim, .users(12, "proven")),
        Sample("scim-resources-users-and-groups.ndjson", .scim, .both(12, 5, "plausible")),
        Sample("dsml-v1-namespaced.xml", .dsml, .both(8, 3, "plausible")),
        Sample("dsml-v1-phpldapadmin-no-namespace-untagged-base64.xml", .dsml, .both(12, 5, "plausible")),
        Sample("dsml-v2-batch-request-add.xml", .dsml, .both(12, 5, "plausible")),
        Sample("dsml-v2-directory-studio-base64-text.xml", .dsml, .both(12, 5, "proven")),
        Sample("dsml-v2-no-search-result-done-partial.xml", .dsml, .users(6, "partial")),
        Sample("dsml-v2-referral-and-error-response-partial.xml", .dsml, .users(6, "partial")),
        Sample("dsml-v2-search-response.xml", .dsml, .both(12, 5, "proven")),
        Sample("dsml-v2-size-limit-exceeded-partial.xml", .dsml, .users(6, "partial")),
        Sample("broken/convertto-xml-ansi-cp1252-without-declaration.xml", .dsml, .refused(.encoding)),
        Sample("broken/dsml-v2-cut-off-mid-entry.xml", .dsml, .refused(.truncated)),
        Sample("broken/empty-file.json", .entraGraph, .refused(.empty)),
        Sample("broken/entra-users-cut-off-mid-array.json", .entraGraph, .refused(.truncated)),
        Sample("broken/error-page-instead-of-export.json", .entraGraph, .refused(.errorBody)),
        Sample("broken/error-page-instead-of-export.json", .scim, .refused(.errorBody)),
        Sample("broken/generic-users-duplicate-keys-and-trailing-comma.json", .entraGraph, .refused(.syntax)),
        Sample("broken/xxe-and-entity-expansion-must-be-refused.xml", .dsml, .refused(.entity)),
    ]

    static func specification(_ sample: Sample) -> SourceSpecification {
        let path = Samples.exports + sample.file
        var specification = SourceSpecification(preset: sample.preset)
        switch sample.expected {
        case .users, .refused: specification.users = [path]
        case .groups: specification.groups = [path]
        case .both: (specification.users, specification.groups) = ([path], [path])
        }
        if sample.file.contains("groups-delta") { (specification.users, specification.groups) = ([], [path]) }
        return specification
    }

    @Test("a real export is read whole, or judged partial, or refused", arguments: samples)
    func verdict(sample: Sample) throws {
        let specification = Self.specification(sample)
        switch sample.expected {
        case .refused(let code):
            let error = #expect(throws: SnapshotError.self) { try Reading(specification) }
            #expect(error?.code == code, "\(error.map(\.description) ?? "")")
            #expect(error?.description.utf8.allSatisfy { $0 >= 0x20 } == true)
        case .users(let users, let word):
            let reading = try Reading(specification)
            #expect(reading.verdict.counts == [.user: users])
            #expect(reading.verdict.completeness[.user]?.word == word)
            #expect(reading.records.count + reading.rejections.count == users)
            #expect(reading.rejections == [])
        case .groups(let groups, let word):
            let reading = try Reading(specification)
            #expect(reading.verdict.counts == [.group: groups])
            #expect(reading.verdict.completeness[.group]?.word == word)
            #expect(reading.rejections == [])
        case .both(let users, let groups, let word):
            let reading = try Reading(specification)
            #expect(reading.verdict.counts == [.user: users, .group: groups])
            #expect(reading.verdict.completeness[.user]?.word == word)
            #expect(reading.rejections == [])
            #expect(reading.records.count { $0.kind == .group } == groups)
        }
    }

    @Test("members come from the file that is named after the group")
    func members() throws {
        let scratch = try Scratch()
        let groups = try scratch.write(
            "groups.json", #"{"@odata.count":1,"value":[{"id":"g1","displayName":"R&D"}]}"#)
        let bytes = try #require(FileBytes.read(Samples.exports + "entra-graph-group-members.json"))
        try scratch.write("g1.json", bytes)
        let reading = try Reading(
            SourceSpecification(preset: .entraGraph, groups: [groups], members: scratch.path + "/{group}.json"))
        #expect(reading.records[0].members?.count == 4)
        #expect(reading.verdict.files.count == 2)
    }

    @Test("three days of Acme are proven in three formats", arguments: ["day-1", "day-2", "day-3-bad"])
    func acme(day: String) throws {
        let people = ["day-1": 64, "day-2": 65, "day-3-bad": 42][day]!
        let groups = day == "day-1" ? 9 : 10
        let entra = Samples.acme + "entra/\(day)/"
        let scim = Samples.acme + "scim/\(day)/"
        let dsml = Samples.acme + "dsml/\(day)/directory.xml"
        for specification in [
            SourceSpecification(
                preset: .entraGraph, users: [entra + "users.json"], groups: [entra + "groups.json"],
                members: entra + "members/{group}.json", sourceAttributes: ["userType"]),
            SourceSpecification(preset: .scim, users: [scim + "users.json"], groups: [scim + "groups.json"]),
            SourceSpecification(preset: .dsml, users: [dsml], groups: [dsml], sourceAttributes: ["employeeType"]),
        ] {
            let reading = try Reading(specification)
            #expect(reading.verdict.counts[.user] == people)
            #expect(reading.verdict.counts[.group] == groups)
            #expect(reading.verdict.completeness[.user]?.word == "proven")
            #expect(reading.verdict.completeness[.group]?.word == "proven")
            #expect(reading.rejections == [])
            #expect(reading.records.allSatisfy { $0.anchor != nil })
            #expect(reading.records.filter { $0.kind == .group }.allSatisfy { $0.members != nil })
            checkReferences(reading)
        }
    }

    private func checkReferences(_ reading: Reading) {
        let keys = Set(reading.records.compactMap(\.reference))
        #expect(keys.count == reading.records.count)
        for record in reading.records {
            for reference in record.references { #expect(keys.contains(reference.key)) }
            for member in record.members ?? [] { #expect(keys.contains(member.key)) }
        }
        #expect(reading.records.contains { !$0.references.isEmpty })
        #expect(reading.records.first { $0.name == "VPN Pilot (empty)" }?.members == [])
    }
}
