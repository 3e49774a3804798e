import ArgumentParser
import Foundation
import Provisioning
import Reports
import Snapshots
import Storage

/// The one place where an error becomes an exit status and a line on standard error.
struct Failure {
    let error: any Error

    init(_ error: any Error) { self.error = error }

    /// Says what went wrong and returns the process's exit status.
    func report() -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        guard let (status, line) = Self.known(error) else { return reportParserError() }
        Self.say("rollcall: " + SafeText.message(line) + "\n", to: STDERR_FILENO)
        return status.rawValue
    }

    /// The errors of our own targets; `nil` for everything else.
    static func known(_ error: any Error) -> (ExitStatus, String)? {
        switch error {
        case let error as CommandFailure: (error.status, error.description)
        case let error as JobFileError: (.configuration, error.description)
        case let error as SnapshotError: (.source, error.description)
        case let error as RunError: (status(error.code), error.description)
        case let error as ConfigurationError: (.configuration, error.detail)
        case let error as StorageError: (.failed, error.description)
        default: nil
        }
    }

    private static func status(_ code: RunError.Code) -> ExitStatus {
        switch code {
        case .leaseHeld: .busy
        case .sourceRefused, .planDamaged: .source
        case .planStale: .stale
        case .configuration: .configuration
        case .failed: .failed
        case .interrupted: .interrupted
        }
    }

    /// Help and version go to standard output; usage errors are several lines, which teach. Anything that is neither is a
    /// failure of the program and one line.
    private func reportParserError() -> Int32 {
        let code = Rollcall.exitCode(for: error)
        if code == .success {
            let isWritten = Self.say(Rollcall.fullMessage(for: error) + "\n", to: STDOUT_FILENO)
            return isWritten ? ExitStatus.done.rawValue : ExitStatus.failed.rawValue
        }
        if code == .validationFailure {
            let lines = Rollcall.fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false)
            Self.say(lines.map { SafeText.message(String($0)) }.joined(separator: "\n") + "\n", to: STDERR_FILENO)
            return ExitStatus.usage.rawValue
        }
        Self.say("rollcall: " + SafeText.message("\(error)") + "\n", to: STDERR_FILENO)
        return ExitStatus.failed.rawValue
    }

    /// A line on standard error about something that does not end the command.
    static func warn(_ text: String) { say("rollcall: " + SafeText.message(text) + "\n", to: STDERR_FILENO) }

    @discardableResult
    static func say(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                return false
            }
            bytes = bytes.dropFirst(written)
        }
        return true
    }
}
