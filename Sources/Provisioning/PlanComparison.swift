import Foundation
import JSONBytes
import Reconciliation
import Storage

/// Says how a plan that is being made differs from one that was shown before: row by row, as a person names them.
///
/// Kept in memory: the changes of the shown plan.
final class PlanComparison {
    private struct Shown {
        var attributes: [AttributeChange]
        var sentence: String
    }

    private var shown: [String: Shown] = [:]
    private var deviations: [String] = []

    /// - Throws: ``RunError`` `.planDamaged`.
    init(shown plan: PlanFileReader) throws {
        try plan.forEachEvent { event in
            guard case .row(let row) = event else { return }
            for change in row.changes {
                shown[Self.key(change, row)] = Shown(
                    attributes: change.attributes, sentence: Self.naming(change, row))
            }
        }
    }

    /// Takes note of an event of the plan that is being made.
    func see(_ event: PlanEvent) {
        guard case .row(let row) = event else { return }
        for change in row.changes {
            guard let before = shown.removeValue(forKey: Self.key(change, row)) else {
                deviations.append("\(Self.naming(change, row)): new, it was not shown")
                continue
            }
            let differing = Self.differences(before.attributes, change.attributes)
            if !differing.isEmpty {
                deviations.append("\(Self.naming(change, row)): now " + differing.joined(separator: ", "))
            }
        }
    }

    /// Everything that differs, a sentence each, once the whole plan was seen.
    func finish() -> [String] {
        deviations + shown.values.map { "\($0.sentence): gone, it was shown" }.sorted()
    }

    private static func key(_ change: Change, _ row: PlanRow) -> String {
        [row.subject, row.member].compactMap { $0 }
            .map { $0.kind.rawValue + ":" + ($0.anchor.map { "a" + $0.value } ?? "n" + $0.name) }
            .joined(separator: "\u{1}") + "\u{1}" + change.changeClass.rawValue
    }

    private static func naming(_ change: Change, _ row: PlanRow) -> String {
        "\(row.subject.name): \(change.changeClass.rawValue)" + (row.member.map { " of \($0.name)" } ?? "")
    }

    /// As the digest sees them: a reference by whom it names.
    private static func differences(_ left: [AttributeChange], _ right: [AttributeChange]) -> [String] {
        func value(_ value: JSONValue?, _ identity: String?) -> String {
            identity.map { JSONValue.string($0).text } ?? value?.canonical.text ?? "no value"
        }
        func text(_ change: AttributeChange) -> String {
            "\(value(change.before, change.beforeIdentity)) -> \(value(change.after, change.afterIdentity))"
        }
        let before = Dictionary(left.map { ($0.path, text($0)) }, uniquingKeysWith: { first, _ in first })
        let after = Dictionary(right.map { ($0.path, text($0)) }, uniquingKeysWith: { first, _ in first })
        return Set(before.keys).union(after.keys).sorted().compactMap { path in
            guard before[path] != after[path] else { return nil }
            return "\(path) \(after[path] ?? "as it is"), shown was \(before[path] ?? "as it is")"
        }
    }
}

/// A plan that somebody was shown and wants carried out, and nothing else.
struct Expectation {
    var digest: String
    /// The shown plan, where there is a file of it: then what differs can be named.
    var plan: PlanFileReader?
}

extension Engine {
    /// What `--expect` names: a digest, or the file of a plan. Of a digest the plan is looked for among the runs' own files.
    ///
    /// - Throws: ``RunError`` `.planDamaged` for a file that is no whole plan, `.configuration` for what is neither.
    func expectation(_ text: String?) throws -> Expectation? {
        guard let text else { return nil }
        if text.utf8.count == 64, text.utf8.allSatisfy(Self.isHexDigit) {
            return Expectation(digest: text, plan: try keptPlan(of: text))
        }
        guard FileManager.default.fileExists(atPath: text) else {
            throw RunError(
                .configuration,
                "--expect '\(text)': this is neither a digest (64 hexadecimal digits) nor the file of a plan")
        }
        let plan = try PlanFileReader(checking: text)
        return Expectation(digest: try KeptPlan(plan).summary.digest, plan: plan)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    private func keptPlan(of digest: String) throws -> PlanFileReader? {
        let store = try Store(path: database, mode: .readOnly)
        for spool in try store.spools(ofDigest: digest) {
            let path = database + "-runs/" + spool
            if FileManager.default.fileExists(atPath: path) { return PlanFileReader(trusting: path) }
        }
        return nil
    }
}
