import Foundation
import Reconciliation
import Snapshots
import Testing

@Suite struct SourceFileTests {
    private func code(_ specification: SourceSpecification) -> SnapshotError.Code? {
        #expect(throws: SnapshotError.self) { try Reading(specification) }?.code
    }

    @Test("a missing, special or unreadable file is refused at once")
    func special() throws {
        let scratch = try Scratch()
        func users(_ path: String) -> SourceSpecification { SourceSpecification(preset: .scim, users: [path]) }
        #expect(code(users(scratch.path + "/none.json")) == .missing)
        #expect(code(users(scratch.path + "/*.json")) == .missing)
        #expect(code(users(scratch.path)) == .notAFile)
        #expect(code(users("/dev/null")) == .notAFile)
        #expect(code(users("/dev/zero")) == .notAFile)
        mkfifo(scratch.path + "/pipe", 0o600)
        #expect(code(users(scratch.path + "/pipe")) == .notAFile)
        symlink(scratch.path + "/gone", scratch.path + "/dangling")
        #expect(code(users(scratch.path + "/dangling")) == .missing)
        symlink(scratch.path + "/circle", scratch.path + "/circle")
        #expect(code(users(scratch.path + "/circle")) == .unreadable)
        #expect(code(SourceSpecification(preset: .scim)) == .missing)
    }

    @Test("file names are never more than names, and messages stay one line")
    func names() throws {
        let scratch = try Scratch()
        for name in ["-rf", "$(touch x)", "a b'\"", "[x].json", "new\nline", "*"] {
            let path = try scratch.write(name, HostileFileTests.scim)
            #expect(try Reading(SourceSpecification(preset: .scim, users: [path])).records.count == 2)
            try scratch.write(name, "{")
            let error = #expect(throws: SnapshotError.self) {
                try Reading(SourceSpecification(preset: .scim, users: [path]))
            }
            #expect(error?.description.contains("\n") == false)
        }
    }

    @Test("a file that changes while it is read is refused", arguments: [Preset.scim, .dsml])
    func changed(preset: Preset) throws {
        let text = preset == .scim ? HostileFileTests.scim : HostileFileTests.dsml
        for change in ["append", "replace", "remove"] {
            let scratch = try Scratch()
            let path = try scratch.write("users", text)
            let reader = try SnapshotReader(SourceSpecification(preset: preset, users: [path]), hashSeed: [])
            while try reader.next() != nil {}
            switch change {
            case "append": try scratch.write("users", text + " ")
            case "replace":
                let other = try scratch.write("other", text)
                rename(other, path)
            default: try FileManager.default.removeItem(atPath: path)
            }
            let error = #expect(throws: SnapshotError.self) { try reader.finish() }
            #expect(error?.code == .changed)
        }
    }

    @Test("a file that changes between the first look and the reading is refused")
    func changedBefore() throws {
        let scratch = try Scratch()
        let path = try scratch.write("users", HostileFileTests.scim)
        let reader = try SnapshotReader(SourceSpecification(preset: .scim, users: [path]), hashSeed: [])
        try scratch.write("users", HostileFileTests.scim + "\n")
        let error = #expect(throws: SnapshotError.self) { try reader.next() }
        #expect(error?.code == .changed)
    }

    @Test("a pattern names its files in the order of their names, each once")
    func patterns() throws {
        let scratch = try Scratch()
        for (name, id) in [("b.json", "2"), ("a.json", "1"), ("c.txt", "3")] {
            try scratch.write(name, "[{\"id\":\"\(id)\",\"userName\":\"u\(id)\"}]")
        }
        let folder = scratch.path
        let reading = try Reading(
            SourceSpecification(preset: .scim, users: [folder + "/c.txt", folder + "/*.json", folder + "/a.json"]))
        #expect(reading.records.map(\.name) == ["u3", "u1", "u2"])
        #expect(reading.verdict.files.map(\.records) == [1, 1, 1])
    }

    @Test("the snapshot is taken when the job says, else before the oldest file less the export's duration")
    func takenAt() throws {
        let scratch = try Scratch()
        let users = try scratch.write("users", HostileFileTests.scim)
        let groups = try scratch.write("groups", HostileFileTests.scim)
        for (path, seconds) in [(users, 1_000_000.0), (groups, 2_000_000.0)] {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: path)
        }
        var specification = SourceSpecification(
            preset: .scim, users: [users], groups: [groups], exportDuration: .seconds(1000))
        #expect(try SnapshotReader(specification, hashSeed: []).takenAt == Instant(milliseconds: 999_000_000))
        specification.takenAt = Instant(milliseconds: 5)
        #expect(try SnapshotReader(specification, hashSeed: []).takenAt == Instant(milliseconds: 5))
    }

    @Test("the digest is the files' SHA-256, and a hash depends on element and seed alone")
    func digests() throws {
        let scratch = try Scratch()
        let path = try scratch.write("users", "[{\"id\":\"1\",\"userName\":\"a\"}, {\"id\":\"2\",\"userName\":\"b\"}]")
        let specification = SourceSpecification(preset: .scim, users: [path])
        let first = try Reading(specification)
        #expect(first.verdict.digest == "5715cada4c779ca04ac3d74f71682022cddb4bf4f8b553e1ce08dad673dbce17")
        #expect(try Reading(specification).hashes == first.hashes)
        #expect(try Reading(specification, maps: false).hashes == first.hashes)
        #expect(try Reading(specification, seed: [2]).hashes[0] != first.hashes[0])
        #expect(first.hashes[0] != first.hashes[1])
        #expect(first.hashes[0].hex.count == 32)
        try scratch.write("users", "[ {\"id\":\"2\",\"userName\":\"b\"} , {\"id\":\"1\",\"userName\":\"a\"} ]")
        #expect(try Reading(specification).hashes == first.hashes.reversed())
    }

    @Test("a place leads to the record's bytes and line", arguments: [Preset.entraGraph, .scim, .dsml])
    func places(preset: Preset) throws {
        let text =
            switch preset {
            case .entraGraph: HostileFileTests.graph
            case .scim: HostileFileTests.scim
            default: HostileFileTests.dsml
            }
        let scratch = try Scratch()
        let path = try scratch.write("users", text)
        let reading = try Reading(SourceSpecification(preset: preset, users: [path]))
        let bytes = Array(text.utf8)
        for place in reading.places {
            let element = String(decoding: bytes[place.bytes], as: UTF8.self)
            #expect(element.hasPrefix(preset == .dsml ? "<searchResultEntry" : "{\"id\""))
            #expect(element.hasSuffix(preset == .dsml ? "</searchResultEntry>" : "}"))
        }
        let line = try SourceText.lineAndColumn(offset: reading.places[1].bytes.lowerBound, file: path)
        #expect(line.line == (preset == .dsml ? 5 : 3))
        #expect(line.column == (preset == .dsml ? 1 : 3))
    }
}
