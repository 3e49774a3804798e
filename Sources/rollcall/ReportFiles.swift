import ArgumentParser
import Foundation
import Provisioning
import Reconciliation
import Reports

/// Where the reports of a run go beside standard output. Paths are relative to the current folder.
struct ReportOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The report as a page for a browser, to be signed off.", valueName: "file"))
    var reportHtml: String?
    @Option(help: ArgumentHelp("The report as a table: one line a change.", valueName: "file"))
    var reportCsv: String?
    @Option(help: ArgumentHelp("The report as JSON lines.", valueName: "file"))
    var reportJson: String?
    @Option(help: ArgumentHelp("The report as text.", valueName: "file"))
    var reportText: String?

    private var values: [(ReportPaths.Form, String?)] {
        [(.html, reportHtml), (.csv, reportCsv), (.json, reportJson), (.text, reportText)]
    }

    func add(to keys: inout [JobOption]) {
        for case (let form, let value?) in values { keys.append(JobOption("report." + form.rawValue, value)) }
    }

    /// The paths, for a command without a job.
    func paths() throws -> ReportPaths {
        try ReportPaths(checking: values)
    }
}

extension ReportPaths {
    init(checking values: [(Form, String?)]) throws {
        self.init()
        for case (let form, let path?) in values {
            if let problem = problem(path) { throw ValidationError("\(problem.detail): \(path); \(problem.cure)") }
            self[form] = path
        }
    }
}

/// The reports of one run as files, each whole or not at all, with mode 0600 since they name people.
///
/// A report that cannot be written ends nothing: the accounts matter more than the page about them. It is in ``failure``,
/// and the command ends with status 1.
final class ReportFiles {
    private var files: [ReportFile]

    init(_ paths: ReportPaths, context: ReportContext = ReportContext()) {
        files = ReportPaths.Form.allCases.compactMap { form in
            paths[form].map { ReportFile(path: $0, report: Self.report(form, context)) }
        }
    }

    private static func report(_ form: ReportPaths.Form, _ context: ReportContext) -> any Report {
        switch form {
        case .html: HTMLReport(context: context)
        case .csv: CSVReport()
        case .json: JSONReport()
        case .text: TextReport(style: .plain)
        }
    }

    func event(_ event: PlanEvent) { for file in files { file.event(event) } }

    /// Those that are written.
    var written: [String] { files.compactMap(\.written) }

    /// The first that could not be written, and how many others could not.
    var failure: CommandFailure? {
        let failures = files.compactMap(\.failure)
        guard let first = failures.first else { return nil }
        let more = failures.count > 1 ? "; nor can \(failures.count - 1) more" : ""
        return CommandFailure(.failed, first + more)
    }
}

/// One report's file: written under a temporary name while the run tells it, and named when the summary is known.
private final class ReportFile {
    private static let bufferBytes = 64 << 10

    private let path: String
    private var report: any Report
    private var buffer: [UInt8] = []
    private var descriptor: Int32 = -1
    private var temporary: String?
    private var date = ""
    private(set) var written: String?
    private(set) var failure: String?

    init(path: String, report: any Report) {
        self.path = path
        self.report = report
    }

    deinit { discard() }

    func event(_ event: PlanEvent) {
        guard failure == nil, written == nil else { return }
        if case .header(let header) = event {
            date = String(Timestamp.text(header.asOf).prefix(10))
            open()
        }
        buffer += report.text(for: event).utf8
        if buffer.count >= Self.bufferBytes { flush() }
        if case .summary(let summary) = event { finish(run: summary.run) }
    }

    /// In the last folder of the path that is known before the run has a number.
    private func open() {
        let known = path.prefix { $0 != "{" }
        let folder = known.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        guard makeFolder(folder) else { return }
        let name = folder + ".rollcall-report-\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
        descriptor = Foundation.open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return fail(path) }
        temporary = name
    }

    private func makeFolder(_ folder: String) -> Bool {
        if folder.isEmpty { return true }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return true
        } catch {
            fail(path, "its folder cannot be made: \(error.localizedDescription)")
            return false
        }
    }

    private func flush() {
        var start = 0
        while failure == nil, start < buffer.count {
            let count = buffer[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return fail(path) }
            start += count
        }
        buffer.removeAll(keepingCapacity: true)
    }

    private func finish(run: Int64?) {
        flush()
        guard failure == nil, let temporary else { return }
        let target = ReportPaths.filled(path, run: run, date: date)
        guard makeFolder(target.lastIndex(of: "/").map { String(target[...$0]) } ?? "") else { return }
        guard fsync(descriptor) == 0, close(descriptor) == 0 else { return fail(target) }
        descriptor = -1
        guard rename(temporary, target) == 0 else { return fail(target) }
        self.temporary = nil
        written = target
    }

    private func fail(_ path: String, _ why: String = String(cString: strerror(errno))) {
        failure = "\(path): the report cannot be written (\(why)); check the folder, its rights and its space"
        discard()
    }

    private func discard() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        if let temporary { unlink(temporary) }
        temporary = nil
        buffer = []
    }
}
