import Reconciliation
import SCIM

/// People who must be in the snapshot, in scope and active (gate 2), by anchor or user name.
struct Canaries {
    let expected: [String]
    private(set) var met: Set<String> = []
    /// Those whom the source names as inactive, out of scope or gone.
    private(set) var failed: Set<String> = []
    private let byKey: [String: String]

    init(_ expected: [String]) {
        self.expected = expected
        byKey = Dictionary(expected.map { (KeyFolding.fold($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func meet(_ record: DirectoryRecord, verdict: ScopeVerdict) {
        guard !expected.isEmpty, record.kind == .user else { return }
        let found = names(of: record)
        if record.active ?? true, verdict.isInScope { met.formUnion(found) } else { failed.formUnion(found) }
    }

    /// The source says that a record is gone.
    mutating func lose(_ record: DirectoryRecord) {
        if record.kind == .user { failed.formUnion(names(of: record)) }
    }

    /// The canaries that a record is.
    private func names(of record: DirectoryRecord) -> Set<String> {
        var names: Set<String> = []
        if let canary = byKey[KeyFolding.fold(record.name)] { names.insert(canary) }
        if let anchor = record.anchor, expected.contains(anchor.value) { names.insert(anchor.value) }
        return names
    }

    /// Those of whom the source says that they are not as they should be: all that a delta can say.
    var contradicted: [String] { expected.filter(failed.contains) }

    /// Those that were not met.
    var missing: [String] { expected.filter { !met.contains($0) } }
}
