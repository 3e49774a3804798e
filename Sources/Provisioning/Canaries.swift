import Reconciliation
import SCIM

/// People who must be in the snapshot, in scope and active (gate 2), by anchor or user name.
struct Canaries {
    let expected: [String]
    private(set) var met: Set<String> = []
    private let byKey: [String: String]

    init(_ expected: [String]) {
        self.expected = expected
        byKey = Dictionary(expected.map { (KeyFolding.fold($0), $0) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func meet(_ record: DirectoryRecord, verdict: ScopeVerdict) {
        guard !expected.isEmpty, record.kind == .user, record.active ?? true, verdict.isInScope else { return }
        if let canary = byKey[KeyFolding.fold(record.name)] { met.insert(canary) }
        if let anchor = record.anchor, expected.contains(anchor.value) { met.insert(anchor.value) }
    }

    /// Those that were not met.
    var missing: [String] { expected.filter { !met.contains($0) } }
}
