import Reconciliation
import Snapshots

/// A job as it is run, whether it came from a file or from options.
package struct Job: Sendable {
    /// The file's name without folder and ending, or `command line`.
    package var name: String
    package var organization: String
    package var connection: String
    package var mode: PlanMode
    package var source: SourceSpecification
    /// Numbers of records that are plausible, for formats that cannot prove that they are whole.
    package var expect: [Kind: ClosedRange<Int>]
    /// A partial source is taken for creates and updates only, instead of being refused.
    package var acceptsPartial: Bool
    /// A snapshot older than the last accepted one is taken, for a replay on purpose.
    package var allowsOlder: Bool
    package var rules: Rules
    package var gates: GateLimits
    /// Files for the reports of each run.
    package var report: ReportPaths
    /// When the worker runs it; `nil` for a job that only `run` runs.
    package var schedule: Schedule?
    /// Who is told when a run needs a person; `nil` for nobody.
    package var notify: NotifyPolicy?
    /// The file; `nil` for a job of options.
    package var path: String?

    package init(
        name: String, organization: String, connection: String, mode: PlanMode = .reconcile,
        source: SourceSpecification,
        expect: [Kind: ClosedRange<Int>] = [:], acceptsPartial: Bool = false, allowsOlder: Bool = false,
        rules: Rules = Rules(), gates: GateLimits = GateLimits(), report: ReportPaths = ReportPaths()
    ) {
        self.name = name
        self.organization = organization
        self.connection = connection
        self.mode = mode
        self.source = source
        self.expect = expect
        self.acceptsPartial = acceptsPartial
        self.allowsOlder = allowsOlder
        self.rules = rules
        self.gates = gates
        self.report = report
    }
}
