import Foundation
import Reconciliation
import Snapshots

/// A folder that is gone after the test.
final class Scratch {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "snapshots-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// Everything that a reader says about a source.
struct Reading {
    var records: [MappedRecord] = []
    var removals: [Removal] = []
    var rejections: [Rejection] = []
    var hashes: [ElementHash] = []
    var places: [Place] = []
    var verdict: SnapshotVerdict

    init(_ specification: SourceSpecification, seed: [UInt8] = [1], maps: Bool = true) throws {
        let reader = try SnapshotReader(specification, hashSeed: seed)
        var rows: [SnapshotRow] = []
        while let element = try reader.next() {
            hashes.append(element.hash)
            places.append(element.place)
            if maps { rows.append(try element.map()) }
        }
        verdict = try reader.finish()
        for row in rows {
            switch row {
            case .record(let record): records.append(record)
            case .removed(let removal): removals.append(removal)
            case .rejected(let rejection): rejections.append(rejection)
            }
        }
    }

    func record(_ name: String) -> MappedRecord? { records.first { $0.name == name } }
}

enum Samples {
    private static let root =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/samples/"
    /// Exports as vendors' tools write them, with people who do not exist.
    static let exports = root + "exports/"
    /// The sample company.
    static let acme = root + "acme/"
}

enum FileBytes {
    static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map(Array.init) }
}
