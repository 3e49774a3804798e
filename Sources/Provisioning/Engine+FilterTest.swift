import Reconciliation
import Snapshots
import Storage

/// How a filter is tried.
package struct FilterTestOptions: Sendable {
    /// A changed filter, and what it is called; `nil`: the job's own is tried.
    package var changed: (label: String, job: Job)?
    /// The stored directory instead of the job's snapshot.
    package var onDirectory: Bool
    /// The most people to name for each reason; `nil`: all.
    package var listed: Int?

    package init(changed: (label: String, job: Job)? = nil, onDirectory: Bool = false, listed: Int? = 10) {
        self.changed = changed
        self.onDirectory = onDirectory
        self.listed = listed
    }
}

extension Engine {
    /// Tries a filter on the job's snapshot or on the directory, beside the one that is in force: the connection's, as its
    /// last accepted run left it, else, for a changed filter, the job's own. Reads only.
    ///
    /// - Returns: one test for users, and one for groups where a filter asks about them.
    /// - Throws: ``RunError``, `SnapshotError`, `StorageError`.
    package func testFilter(_ job: Job, _ options: FilterTestOptions) throws -> [FilterTest] {
        let store = try Store(path: database, mode: .readOnly)
        let state = try store.existingConnection(organization: job.organization, connection: job.connection)
        try store.close()
        var current: (label: String, rules: Rules)?
        if let rules = state?.rules {
            current = ("the last accepted run of \(job.organization)/\(job.connection)", rules)
        } else if options.changed != nil {
            current = ("the job \(job.name)", job.rules)
        }
        let tested = options.changed.map { ($0.label, $0.job.rules) } ?? ("the job \(job.name)", job.rules)
        let pair = FilterPair(current: current, tested: tested, listed: options.listed)
        return options.onDirectory ? try onDirectory(job, pair) : try onSnapshot(job, pair)
    }

    private func onSnapshot(_ job: Job, _ pair: FilterPair) throws -> [FilterTest] {
        var job = job
        let attributes = pair.rules.flatMap { $0.userScope.sourceAttributes + $0.groupScope.sourceAttributes }
        job.source.sourceAttributes = Set(job.source.sourceAttributes + attributes).sorted()
        var tallies: [Kind: FilterTally] = [:]
        return try planned(job) { planning in
            planning.alsoUsedGroups = pair.rules.flatMap(\.usedGroups)
            for kind in Kind.allCases {
                tallies[kind] = pair.tally(kind, population: "the snapshot taken at \(planning.takenAt.text)")
            }
            planning.watch = { question, judgement in
                guard question.presence == .stated, question.place != nil else { return }
                let memberships = planning.judge.groups.memberships(
                    row: question.stored?.row, key: question.record.reference)
                tallies[question.record.kind]?.take(
                    judgement.record, in: ScopeContext(asOf: planning.judge.planner.asOf, memberships: memberships),
                    hasAccount: question.stored?.account?.active ?? false)
            }
        } inspect: { planning in
            var groups: GroupClosure?
            if case .snapshot(let closure) = planning.judge.groups { groups = closure }
            return Kind.allCases.compactMap { tallies[$0]?.finished(groups) }.filter(\.isAsked)
        }
    }

    private func onDirectory(_ job: Job, _ pair: FilterPair) throws -> [FilterTest] {
        let store = try Store(path: database, mode: .readOnly)
        let asOf = environment.now()
        return try store.planning(organization: job.organization, connection: job.connection) { session in
            guard session.state != nil else {
                throw RunError(
                    .configuration,
                    "\(job.organization)/\(job.connection) has no directory yet; leave --directory out to try the filter on the "
                        + "job's snapshot")
            }
            let lookup = session.lookup
            let forecast = GroupForecast(try lookup.directoryGroups(), newerThan: asOf, keepsUnlisted: false)
            let groups = try forecast.closures(lookup, used: Set(pair.rules.flatMap(\.usedGroups)).sorted()).before
            var tallies: [Kind: FilterTally] = [:]
            for kind in Kind.allCases {
                tallies[kind] = pair.tally(kind, population: "the directory at \(asOf.text)")
            }
            let mapping = RecordMapping(pair.tested.rules.recordMapping)
            try lookup.forEachPresentRecord { row, key in
                guard let stored = try lookup.subject(row: row) else { return }
                let memberships = groups.memberships(row: row, key: key)
                tallies[stored.record.kind]?.take(
                    mapping.effect(on: stored.record, memberOf: memberships.verdict(in:)).record,
                    in: ScopeContext(asOf: asOf, memberships: memberships),
                    hasAccount: stored.account?.active ?? false)
            }
            return Kind.allCases.compactMap { tallies[$0]?.finished(groups) }.filter(\.isAsked)
        }
    }
}

extension FilterTest {
    /// Groups are shown only where a filter asks about them.
    fileprivate var isAsked: Bool {
        kind == .user || tested.filter != .everyone || (current.map { $0.filter != .everyone } ?? false)
    }
}

/// The two filters of a test.
private struct FilterPair {
    var current: (label: String, rules: Rules)?
    var tested: (label: String, rules: Rules)
    var listed: Int?

    var rules: [Rules] { [tested.rules] + (current.map { [$0.rules] } ?? []) }

    func tally(_ kind: Kind, population: String) -> FilterTally {
        FilterTally(
            FilterTest(
                kind: kind, population: population,
                current: current.map { FilterTest.Side(label: $0.label, filter: $0.rules.scope(kind)) },
                tested: FilterTest.Side(label: tested.label, filter: tested.rules.scope(kind))), listed: listed)
    }
}
