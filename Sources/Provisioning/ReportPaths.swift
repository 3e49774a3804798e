/// Where a job's reports go. A path may contain `{run}` (the run's number, or `dry-run`) and `{date}` (the day of the run's
/// `asOf` in UTC, `2026-01-15`), so that each run keeps its own.
package struct ReportPaths: Sendable, Equatable {
    package enum Form: String, Sendable, CaseIterable { case html, csv, json, text }

    package private(set) var paths: [Form: String]

    package init(_ paths: [Form: String] = [:]) { self.paths = paths }

    package var isEmpty: Bool { paths.isEmpty }

    package subscript(form: Form) -> String? {
        get { paths[form] }
        set { paths[form] = newValue }
    }

    /// The path with its placeholders filled in.
    package static func filled(_ path: String, run: Int64?, date: String) -> String {
        path.replacing("{run}", with: run.map(String.init) ?? "dry-run").replacing("{date}", with: date)
    }

    /// What is wrong with one more path; `nil` where nothing is.
    package func problem(_ path: String) -> (detail: String, cure: String)? {
        if paths.values.contains(path) { return ("two reports go to one file", "give each a file of its own") }
        let rest = path.replacing("{run}", with: "").replacing("{date}", with: "")
        if rest.contains("{") || rest.contains("}") {
            return ("the path has an unknown placeholder", "known are {run} and {date}")
        }
        if path.hasSuffix("/") { return ("the path is a folder", "name a file, such as reports/nightly.html") }
        return nil
    }
}

extension JobReader {
    static func report(_ node: JobNode) throws(JobFileError) -> ReportPaths {
        let table = try Table(node, called: "report", keys: ReportPaths.Form.allCases.map(\.rawValue))
        var paths = ReportPaths()
        for form in ReportPaths.Form.allCases {
            guard let node = table[form.rawValue] else { continue }
            let path = try node.text(form.rawValue)
            if let problem = paths.problem(path) {
                throw JobFileError(.value, node.place, "\(problem.detail): \(Shown.text(path))", cure: problem.cure)
            }
            paths[form] = path
        }
        return paths
    }
}
