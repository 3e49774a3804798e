import ArgumentParser
import JSONBytes
import Provisioning
import Reconciliation
import Reports
import Storage

extension QueueCommand {
    /// Says that held changes are meant.
    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Carry out exactly the held changes with this digest.",
            discussion: """
                rollcall queue list shows who is held, since when, and the digest. If something was held or cancelled since, the digest is
                another one and nothing is done (status 5).
                """)

        @Argument(help: "The digest that rollcall queue list shows.")
        var digest: String?
        @Flag(help: "Instead of a digest: all that this command shows now.")
        var allShown = false
        @Option(help: "Who answers for it. Default: the user who is logged in.")
        var by: String?
        @OptionGroup var selection: QueueOptions

        func validate() throws {
            guard (digest == nil) == allShown else { throw ValidationError("Give the digest, or say --all-shown.") }
            _ = try Approver.name(by)
        }

        func run() async throws {
            let progress = ProgressLine()
            let name = try Approver.name(by)
            let store = try Store(path: selection.store.path, mode: .readWrite)
            let sets = try HeldSet.all(in: store, selection.selection)
            let meant = sets.filter { digest == nil || $0.digest == digest }
            guard !meant.isEmpty else { throw Self.unknown(digest, sets) }
            let out = try ReportOutput(selection.output.format, progress: progress)
            let drainer = Drainer(store: store, environment: .live(progress))
            try out.printing {
                var worst = ExitStatus.done
                for set in meant {
                    let result = try drainer.approve(set.state, digest: set.digest, by: name) { out.event($0) }
                    worst = max(worst, ExitStatus(result))
                }
                return worst
            }
            try store.checkpoint()
            try store.close()
        }

        private static func unknown(_ digest: String?, _ sets: [HeldSet]) -> CommandFailure {
            let known = sets.map { "\($0.state.organizationName)/\($0.state.connectionName) \($0.digest)" }
            return CommandFailure(
                .stale,
                known.isEmpty
                    ? "nothing is held for approval"
                    : "no set of held changes has the digest \(SafeText.line(digest ?? "")); held now: "
                        + known.prefix(5).joined(separator: ", ") + "; read it again with 'rollcall queue list'")
        }
    }
}

/// All that one connection holds.
struct HeldSet {
    var state: ConnectionState
    var count: Int
    var digest: String

    static func all(in store: Store, _ selection: QueueSelection) throws -> [HeldSet] {
        try store.holdingConnections(selection).compactMap { state in
            let changes = try store.looking(state) { try $0.heldChanges() }
            return changes.isEmpty
                ? nil : HeldSet(state: state, count: changes.count, digest: HeldChange.digest(of: changes))
        }
    }

    var line: String {
        "\(state.organizationName)/\(state.connectionName) holds \(count) \(count == 1 ? "change" : "changes"); if all of them are "
            + "meant: rollcall queue approve \(digest)"
    }

    var json: JSONObject {
        [
            "type": "held", "organization": .string(state.organizationName),
            "connection": .string(state.connectionName),
            "count": .integer(count), "digest": .string(digest),
        ]
    }
}
