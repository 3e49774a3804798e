import Foundation
import Reconciliation
import SCIM
import Snapshots

/// A job as its author wrote it: a YAML file, options of the command line, or both.
///
/// What is not known is refused, never passed over: a typing mistake must not turn into a night without a filter.
package enum JobFile {
    /// The largest job file that is read: a filter with ten thousand clauses fits.
    package static let bytesMax = 1 << 20

    /// Reads a job.
    ///
    /// - Parameters:
    ///   - path: the job file; `nil` for a job that options alone describe. Its paths become relative to its folder.
    ///   - options: keys of a job with their values, see ``JobOption``. An option wins over the file, and several of one
    ///     key make a list. Paths in options are relative to the current folder.
    /// - Throws: ``JobFileError``, naming file, line and column (or the option) and the cure.
    package static func load(path: String?, options: [JobOption] = []) throws(JobFileError) -> Job {
        var root = JobNode(.map([]), JobPlace(file: path))
        if let path { root = try YAMLText.parse(try contents(of: path), file: path) }
        for (key, values) in grouped(options) { root = try root.setting(key, to: values) }
        var job = try JobReader.job(root, name: path.map(name(of:)) ?? "command line")
        job.path = path
        if let path {
            let (said, folder) = (Set(options.map(\.key)), folder(of: path))
            prefix(&job.source, with: folder, notFrom: said)
            prefix(&job.report, with: folder, notFrom: said)
            prefix(&job.notify, with: folder, notFrom: said)
        }
        return job
    }

    /// A job that options alone describe.
    package static func job(options: [JobOption]) throws(JobFileError) -> Job { try load(path: nil, options: options) }

    /// The limits that options alone describe, by the keys of a job's `gates`.
    package static func gates(options: [JobOption]) throws(JobFileError) -> GateLimits {
        var root = JobNode(.map([]), JobPlace(file: nil))
        for (key, values) in grouped(options) { root = try root.setting(key, to: values) }
        return try JobGates.read(root)
    }

    /// The file's name without folder and ending.
    private static func name(of path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        guard let dot = file.lastIndex(of: "."), dot != file.startIndex else { return file }
        return String(file[..<dot])
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    }

    /// `jobs/` and `../samples/x` give `samples/x`: what people read in reports and errors, and no other file as long as no
    /// folder on the way is a symbolic link.
    private static func joined(_ folder: String, _ path: String) -> String {
        var steps = folder.split(separator: "/", omittingEmptySubsequences: false).dropLast().map(String.init)
        var rest = path[...]
        while rest.hasPrefix("../"), let last = steps.last, !last.isEmpty, last != "..", last != "." {
            let link = try? FileManager.default.destinationOfSymbolicLink(atPath: steps.joined(separator: "/"))
            if link != nil { break }
            steps.removeLast()
            rest = rest.dropFirst(3)
        }
        return (steps.isEmpty ? "" : steps.joined(separator: "/") + "/") + rest
    }

    private static func prefix(_ source: inout SourceSpecification, with folder: String, notFrom options: Set<String>) {
        func relative(_ path: String) -> String { path.hasPrefix("/") ? path : joined(folder, path) }
        if !options.contains("source.users") { source.users = source.users.map(relative) }
        if !options.contains("source.groups") { source.groups = source.groups.map(relative) }
        if !options.contains("source.members") { source.members = source.members.map(relative) }
    }

    private static func prefix(_ report: inout ReportPaths, with folder: String, notFrom options: Set<String>) {
        for (form, path) in report.paths where !options.contains("report." + form.rawValue) && !path.hasPrefix("/") {
            report[form] = joined(folder, path)
        }
    }

    /// A command without a slash is looked for where programs are.
    private static func prefix(_ notify: inout NotifyPolicy?, with folder: String, notFrom options: Set<String>) {
        func relative(_ path: String) -> String { path.hasPrefix("/") ? path : joined(folder, path) }
        if !options.contains("notify.webhook.secretFile"), let file = notify?.webhook?.secretFile {
            notify?.webhook?.secretFile = relative(file)
        }
        if !options.contains("notify.command"), let program = notify?.command?.first, program.contains("/") {
            notify?.command?[0] = relative(program)
        }
    }

    private static func grouped(_ options: [JobOption]) -> [(key: String, values: [String])] {
        var groups: [(key: String, values: [String])] = []
        for option in options {
            if let index = groups.firstIndex(where: { $0.key == option.key }) {
                groups[index].values.append(option.value)
            } else {
                groups.append((option.key, [option.value]))
            }
        }
        return groups
    }

    private static func contents(of path: String) throws(JobFileError) -> String {
        try JobText.read(
            path, bytesMax: bytesMax, at: JobPlace(file: path), called: "a job file",
            tooLarge: "a job file is short; is this the export?")
    }

    /// A path as a job means it: relative to the job file, or to the current folder where an option says it.
    static func path(_ path: String, namedAt place: JobPlace) -> String {
        guard place.option == nil, let file = place.file, !path.hasPrefix("/") else { return path }
        return joined(folder(of: file), path)
    }
}

/// A key of a job, dotted as in the file (`source.users`, `gates.disable`), with its value as an option says it.
package struct JobOption: Sendable, Equatable {
    package var key: String
    /// Text, or flow YAML (`{count: 500, percent: 5}`) where the key's value is a table or a list of clauses.
    package var value: String

    package init(_ key: String, _ value: String) {
        self.key = key
        self.value = value
    }
}

/// A job that cannot be: one line with the place, what is wrong, and the cure.
package struct JobFileError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The file is missing, not permitted, too large or no file.
        case unreadable
        /// The text is not YAML, or uses a part of YAML that job files do not have.
        case syntax
        /// A key that no job has, or one that comes with a later version, or one that stands there twice.
        case key
        /// A value of the wrong type, or one that cannot be.
        case value
        /// Something that every job needs is not there.
        case missing
    }

    package var code: Code
    package var place: JobPlace
    package var detail: String
    package var cure: String

    package init(_ code: Code, _ place: JobPlace, _ detail: String, cure: String) {
        self.code = code
        self.place = place
        self.detail = detail
        self.cure = cure
    }

    package var description: String { "\(place): \(detail); \(cure)" }
}

/// Where in a job something stands.
package struct JobPlace: Sendable, Hashable, CustomStringConvertible {
    /// `nil` for the command line.
    package var file: String?
    /// The key of the option that said it.
    package var option: String?
    /// From 1, where there is a line to point at; columns count code points.
    package var line: Int?
    package var column: Int?

    package init(file: String?, option: String? = nil, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.option = option
        self.line = line
        self.column = column
    }

    package var description: String {
        if let option { return "option for " + option }
        let name = file ?? "command line"
        guard let line, let column else { return name }
        return "\(name):\(line):\(column)"
    }
}
