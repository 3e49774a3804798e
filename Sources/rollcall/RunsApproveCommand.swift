import ArgumentParser
import Foundation
import JSONBytes
import Provisioning
import Reconciliation
import Reports

/// Says that a refused plan is meant.
struct RunsApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Approve the plan of a run that a gate refused: exactly that plan, once, until it expires.",
        discussion: """
              rollcall runs show 12                            read every change first
              rollcall runs approve 12 --by "Ana, change 4711"
              rollcall run jobs/nightly.yaml                   applies it, if the plan still is this one

            An approval names the plan's digest. If anything differs at the next run, the run is refused again.
            """)

    @Argument(help: "The refused run's number, or last.")
    var run: String
    @Option(help: "The digest that you read; another one is refused.")
    var digest: String?
    @Option(help: "Who answers for it. Default: the user who is logged in.")
    var by: String?
    @Option(name: .customLong("for"), help: "How long it is good: 30m, 24h, 7d.")
    var lifetime = "24h"
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard run == "last" || Int64(run) != nil else { throw ValidationError("Name a run by its number, or last.") }
        _ = try duration()
        _ = try Approver.name(by)
    }

    private func duration() throws -> Duration {
        guard let seconds = Approver.seconds(lifetime), Engine.approvalLifetime.contains(.seconds(seconds)) else {
            throw ValidationError("--for must be from 1m to 30d, such as 24h.")
        }
        return .seconds(seconds)
    }

    func run() async throws {
        let engine = Engine(database: store.path, environment: .live(ProgressLine()))
        let approved = try engine.approve(
            run: Int64(run), digest: digest, by: try Approver.name(by), lifetime: try duration())
        var out = StandardOutput(output.format)
        if out.isJSON {
            try out.json(approved.json)
        } else {
            try out.line(
                "approved run \(approved.run.run) of \(approved.run.organization)/\(approved.run.connection) by \(approved.by), "
                    + "once, until \(Timestamp.text(approved.expiresAt))")
            try out.line("digest \(approved.digest)")
            let again =
                approved.run.undoes.map { "call 'rollcall runs undo \($0)' again" }
                ?? "run the job '\(approved.run.job)' again"
            try out.line("next: \(again), or apply what was kept:")
            try out.line("  " + approved.next(store))
        }
        try out.flush()
    }
}

/// Who approves, and for how long.
enum Approver {
    /// The longest name or remark.
    static let nameCharactersMax = 200

    static func name(_ given: String?) throws -> String {
        let environment = ProcessInfo.processInfo.environment
        let name = given ?? environment["SUDO_USER"] ?? environment["USER"] ?? environment["LOGNAME"] ?? NSUserName()
        let isVisible = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard !name.allSatisfy(\.isWhitespace), isVisible, name.count <= nameCharactersMax else {
            throw ValidationError("Say who approves with --by NAME (up to \(nameCharactersMax) characters).")
        }
        return name
    }

    /// `45s`, `30m`, `24h`, `7d`.
    static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number > 0 else {
            return nil
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : seconds
    }
}

extension ApprovedPlan {
    fileprivate func next(_ store: StoreOptions) -> String {
        "rollcall apply \(Self.quoted(planPath)) --db \(Self.quoted(store.path))"
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x61 && $0 <= 0x7A)
                || [0x2F, 0x2E, 0x2D, 0x5F].contains($0)
        }
        return isPlain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }

    fileprivate var json: JSONObject {
        [
            "type": "approval", "run": .integer(run.run), "organization": .string(run.organization),
            "connection": .string(run.connection), "job": .string(run.job), "digest": .string(digest),
            "by": .string(by), "at": .string(Timestamp.text(at)), "expiresAt": .string(Timestamp.text(expiresAt)),
            "plan": .string(planPath),
        ]
    }
}
