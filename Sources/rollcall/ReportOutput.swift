import ArgumentParser
import Foundation
import JSONBytes
import Provisioning
import Reconciliation
import Reports
import Synchronization

/// Where the report of a run goes: standard output, in large writes, or held back until the exit status is known.
final class ReportOutput {
    /// Bytes that are collected before they are written.
    private static let bufferBytes = 64 << 10

    private var report: any Report
    private var buffer: [UInt8] = []
    private var descriptor = STDOUT_FILENO
    /// The unlinked file in which a quiet command keeps what it would have printed.
    private var held: Int32?
    private let isSilentIfDone: Bool
    private let progress: ProgressLine
    /// The first write that failed. An applying run goes on, since the accounts matter more than the page about them, and the
    /// command fails at its end.
    private var failure: CommandFailure?
    /// The same report as files.
    private let files: ReportFiles?

    /// Reports that come out whole take turns.
    private static let turn = Mutex(())

    /// - Parameters:
    ///   - isQuiet: nothing is printed until ``printing(_:)`` knows with which status the command ends.
    ///   - isWhole: nothing is printed before the end, and then all of it at once: for reports that are made side by side.
    init(
        _ format: OutputOptions.Format, isQuiet: Bool = false, isWhole: Bool = false,
        progress: ProgressLine = ProgressLine(), files: ReportFiles? = nil
    ) throws {
        self.files = files
        report = format == .json ? JSONReport() : TextReport(style: Self.isColourful ? .colour : .plain)
        self.progress = progress
        isSilentIfDone = isQuiet
        if isQuiet || isWhole {
            let file = try Self.unlinkedFile()
            held = file
            descriptor = file
        }
    }

    deinit { if let held { close(held) } }

    func event(_ event: PlanEvent) {
        files?.event(event)
        buffer += report.text(for: event).utf8
        if buffer.count >= Self.bufferBytes { flush() }
    }

    /// A last line that is no event of a plan: for people after an empty one, or for scripts.
    func line(text: String, json: JSONObject) {
        buffer += (report is JSONReport ? JSONReport.line(json) : "\n" + SafeText.message(text) + "\n").utf8
    }

    /// As ``event(_:)``, and stops a run that only looks once nobody can read it.
    func eventOrStop(_ event: PlanEvent) throws {
        self.event(event)
        if let failure { throw failure }
    }

    /// Runs the body and prints whatever it reported, also when it throws.
    ///
    /// A quiet command prints nothing when the status is ``ExitStatus/done``.
    /// - Throws: what the body throws; an `ExitCode` for any other status; ``CommandFailure`` when the report could not be
    ///   written.
    func printing(_ body: () throws -> ExitStatus) throws {
        let status: ExitStatus
        do {
            status = try body()
        } catch {
            finish(isSilent: false)
            // Both are said, and the worse counts.
            guard let failed = files?.failure else { throw error }
            _ = Failure(error).report()
            throw failed
        }
        finish(isSilent: isSilentIfDone && status == .done)
        if let failure = failure ?? files?.failure { throw failure }
        if status != .done { throw ExitCode(status.rawValue) }
    }

    private func finish(isSilent: Bool) {
        flush()
        progress.clear()
        if let held, !isSilent { Self.turn.withLock { _ in release(held) } }
    }

    private func release(_ file: Int32) {
        descriptor = STDOUT_FILENO
        guard lseek(file, 0, SEEK_SET) == 0 else { return fail() }
        var chunk = [UInt8](repeating: 0, count: Self.bufferBytes)
        while failure == nil {
            let count = chunk.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count == 0 { return }
            if count < 0 { return fail() }
            buffer += chunk[..<count]
            flush()
        }
    }

    private func flush() {
        guard failure == nil, !buffer.isEmpty else { return buffer.removeAll(keepingCapacity: true) }
        progress.clear()
        var start = 0
        while start < buffer.count {
            let written = buffer[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                if errno == EINTR { continue }
                fail()
                break
            }
            start += written
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func fail() {
        failure =
            failure ?? CommandFailure(.failed, "the report cannot be written: \(String(cString: strerror(errno)))")
    }

    private static func unlinkedFile() throws -> Int32 {
        var path = Array((NSTemporaryDirectory() + "/rollcall-XXXXXX").utf8CString)
        let file = mkstemp(&path)
        guard file >= 0 else {
            throw CommandFailure(.failed, "no temporary file for --quiet: \(String(cString: strerror(errno)))")
        }
        unlink(path)
        return file
    }

    /// On a terminal that may be coloured (no-color.org).
    private static var isColourful: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }
}
