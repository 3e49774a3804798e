import Foundation
import JSONBytes
import Reconciliation
import Testing

@Suite("Directory records")
struct RecordTests {
    private func record(_ slots: [String: JSONValue], cleared: [String] = []) -> DirectoryRecord {
        DirectoryRecord(
            id: "r1", kind: .user, anchor: Anchor("a1"), reference: "k1", name: "ada", active: true,
            attributes: Attributes(slots.map { .init(path: $0.key, value: $0.value) }), cleared: cleared,
            version: 5, decidedVersion: 5, origin: .push, pushedAt: Instant(milliseconds: 1))
    }

    private func statement(
        _ slots: [String: JSONValue], cleared: [String] = [], active: Bool? = nil, anchor: String? = nil,
        references: [MappedRecord.Reference] = []
    ) -> MappedRecord {
        MappedRecord(
            kind: .user, anchor: anchor.map(Anchor.init), reference: nil, name: "ada", active: active,
            attributes: Attributes(slots.map { .init(path: $0.key, value: $0.value) }), cleared: cleared,
            references: references, place: Place(file: "f", bytes: 0..<1))
    }

    @Test("values replace, what is cleared goes, what is unsaid stays")
    func overlaying() {
        let next = record(["title": "old", "nickName": "N", "department": "D"])
            .overlaid(by: statement(["title": "new"], cleared: ["department"]))
        #expect(next.attributes["title"] == "new" && next.attributes["nickName"] == "N")
        #expect(next.attributes["department"] == nil && next.cleared == ["department"])
        #expect(next.version == 6 && next.origin == .snapshot && next.active == true)
        #expect(next.anchor == Anchor("a1") && next.reference == "k1")
    }

    @Test("saying the same again changes nothing, not even the version")
    func idempotent() {
        let manager = MappedRecord.Reference(path: DirectoryRecord.managerPath, key: "k2")
        let said = statement(["title": "new"], cleared: ["department"], active: false, references: [manager])
        let once = record(["title": "old"]).overlaid(by: said)
        #expect(once.overlaid(by: said) == once)
        #expect(once.references == [RecordReference(path: manager.path, target: .source(key: "k2"))])
    }

    @Test("a value that is said again is not cleared any more")
    func saidAgain() {
        let next = record([:], cleared: ["title", "department"]).overlaid(by: statement(["title": "new"]))
        #expect(next.cleared == ["department"])
    }

    @Test("a slot for new accounts only keeps what the record has")
    func onCreate() {
        let had = record(["title": "old"]).overlaid(by: statement(["title": "new"]), onCreateOnly: ["title"])
        #expect(had.attributes["title"] == "old" && had.version == 5)
        let new = record([:]).overlaid(by: statement(["title": "new"]), onCreateOnly: ["title"])
        #expect(new.attributes["title"] == "new")
    }

    @Test("who is named again is neither missing nor deleted")
    func returning() {
        var gone = record(["title": "T"])
        gone.missingSince = Instant(milliseconds: 2)
        gone.deletedAt = Instant(milliseconds: 3)
        let next = gone.overlaid(by: statement(["title": "T"]))
        #expect(next.missingSince == nil && next.deletedAt == nil && next.version == 6)
    }

    @Test("a push that repeats what a record shows changes nothing")
    func repeated() {
        var shown = record(["userName": "ada", "title": "T", #"emails[type eq "work"]"#: ["value": "w"]])
        shown.references = [
            RecordReference(path: DirectoryRecord.managerPath, target: .source(key: "k2"))
        ]
        #expect(shown.replacing(resource: shown.resource) == shown)
        var without = shown.resource
        without["title"] = nil
        let next = shown.replacing(resource: without)
        #expect(next.cleared == ["title"] && next.version == 6 && next.references == shown.references)
    }
}

@Suite("Instants")
struct InstantTests {
    @Test("edges of the calendar are written in RFC 3339")
    func edges() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"), (951_868_800, "2000-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (-2_208_988_800, "1900-01-01T00:00:00Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
        ] {
            #expect(Instant(milliseconds: Int64(seconds) * 1000).text == text)
        }
        #expect(Instant(milliseconds: -1).text == "1969-12-31T23:59:59Z")
        #expect(Instant(milliseconds: 999).text == "1970-01-01T00:00:00Z")
    }

    @Test("every 37th day of a thousand years agrees with the calendar of Foundation")
    func calendar() {
        for day in stride(from: -135_000, to: 230_000, by: 37) {
            let seconds = day * 86_400 + (day &* 7919) % 86_400
            let expected = Date(timeIntervalSince1970: Double(seconds)).ISO8601Format()
            if Instant(milliseconds: Int64(seconds) * 1000).text != expected { Issue.record("\(seconds): \(expected)") }
        }
    }

    @Test("durations are whole milliseconds")
    func durations() {
        #expect(Duration.seconds(300).milliseconds == 300_000)
        #expect((Instant(milliseconds: 5000) - .seconds(2)).milliseconds == 3000)
        #expect((Instant(milliseconds: 5000) - Instant(milliseconds: 1000)).milliseconds == 4000)
    }
}
