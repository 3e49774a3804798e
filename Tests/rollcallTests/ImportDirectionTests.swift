import Foundation
import Testing

/// The build does not stop a target from importing what its row in the table of the design does not name; this does.
@Suite("Import direction")
struct ImportDirectionTests {
    /// Our targets and those of ours that each may import. Nothing points back.
    static let allowed: [String: Set<String>] = [
        "JSONBytes": [],
        "SCIM": ["JSONBytes"],
        "Reconciliation": ["SCIM", "JSONBytes"],
        "Snapshots": ["Reconciliation", "SCIM", "JSONBytes", "CXMLTape"],
        "Storage": ["Reconciliation", "SCIM", "JSONBytes"],
        "Provisioning": ["Snapshots", "Storage", "Reconciliation", "SCIM", "JSONBytes"],
        "Reports": ["Reconciliation", "SCIM", "JSONBytes"],
        "PushEndpoint": ["Provisioning", "Snapshots", "Storage", "Reconciliation", "SCIM", "JSONBytes"],
        "rollcall": [
            "PushEndpoint", "Reports", "Provisioning", "Storage", "Snapshots", "Reconciliation", "SCIM", "JSONBytes",
        ],
        "Benchmarks": [
            "PushEndpoint", "Provisioning", "Storage", "Snapshots", "Reconciliation", "SCIM", "JSONBytes",
        ],
    ]

    /// What comes from elsewhere, and in which targets it may be.
    static let foreign: [String: Set<String>] = [
        "GRDB": ["Storage"],
        "CPCRE2": ["Reconciliation"],
        "Yams": ["Provisioning"],
        "Hummingbird": ["PushEndpoint", "Benchmarks"],
        "ArgumentParser": ["rollcall"],
        "FoundationXML": [],
        "FoundationNetworking": [],
    ]

    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("every target of the package has a row, and every row a target")
    func rows() throws {
        let manifest = try String(contentsOf: Self.package.appendingPathComponent("Package.swift"), encoding: .utf8)
        let pattern = /\.(?:target|executableTarget)\(\s*name: "(\w+)"/
        let targets = Set(manifest.matches(of: pattern).map { String($0.output.1) }).subtracting(["CXMLTape"])
        #expect(targets == Set(Self.allowed.keys))
    }

    @Test("a target imports only what its row names", arguments: allowed.keys.sorted())
    func direction(target: String) throws {
        let allowed = try #require(Self.allowed[target])
        for (file, line, module) in try Self.imports(of: target) {
            if Self.allowed[module] != nil || module.hasPrefix("C") && module.hasSuffix("Tape") {
                #expect(allowed.contains(module), "\(file):\(line) imports \(module)")
            } else if let targets = Self.foreign[module] {
                #expect(targets.contains(target), "\(file):\(line) imports \(module)")
            }
        }
    }

    @Test("the pure core does no I/O and waits for nothing")
    func pure() throws {
        for (file, line, module) in try Self.imports(of: "Reconciliation") + Self.imports(of: "SCIM") {
            #expect(
                !["Dispatch", "Glibc", "Synchronization", "Hummingbird"].contains(module),
                "\(file):\(line) imports \(module)")
        }
    }

    /// The imports of a target's Swift files; at least one file, or the test looks in the wrong place.
    private static func imports(of target: String) throws -> [(file: String, line: Int, module: String)] {
        let folder = package.appendingPathComponent("Sources").appendingPathComponent(target)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var imports: [(file: String, line: Int, module: String)] = []
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            count += 1
            let text = try String(contentsOf: file, encoding: .utf8)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                guard let module = module(importedBy: line) else { continue }
                imports.append((target + "/" + file.lastPathComponent, index + 1, module))
            }
        }
        #expect(count > 0, "no Swift files in \(folder.path)")
        return imports
    }

    /// `import A`, `@testable import A`, `internal import struct A.B`: all name A.
    static func module(importedBy line: Substring) -> String? {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard let index = words.firstIndex(of: "import"),
            words[..<index].allSatisfy({ word in
                word.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains(word)
            })
        else { return nil }
        var rest = words[(index + 1)...]
        let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        if let first = rest.first, kinds.contains(String(first)) { rest = rest.dropFirst() }
        return rest.first.map { String($0.prefix { $0 != "." && $0 != ";" }) }
    }

    @Test(
        "every form of import is seen",
        arguments: [
            ("import Yams", "Yams"), ("@testable import SCIM", "SCIM"), ("  internal import struct GRDB.Row", "GRDB"),
            ("package import JSONBytes", "JSONBytes"), ("// import Yams", nil), ("let import = 1", nil),
        ] as [(Substring, String?)])
    func forms(line: Substring, expected: String?) {
        #expect(Self.module(importedBy: line) == expected)
    }
}
