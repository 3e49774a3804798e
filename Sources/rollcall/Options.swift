import ArgumentParser
import Foundation

/// Which database a command works on.
struct StoreOptions: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: "The database file. Default: $ROLLCALL_DB, else rollcall.db in the current folder.")
    var database: String?

    /// The option, else the environment, else the current folder's `rollcall.db`.
    var path: String {
        if let database { return database }
        let environment = ProcessInfo.processInfo.environment["ROLLCALL_DB"] ?? ""
        return environment.isEmpty ? "rollcall.db" : environment
    }
}

/// How a command prints its result.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    @Option(help: "text for people, json for scripts: JSON lines, each with a type.")
    var format: Format = .text
}

/// A command that cannot do what was asked: one line for standard error, and the exit status.
struct CommandFailure: Error, CustomStringConvertible {
    var status: ExitStatus
    var description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }
}
