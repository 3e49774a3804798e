import Reconciliation
import Storage

/// How a run is to be undone.
package struct UndoOptions: Sendable {
    package var purpose: RunOptions.Purpose
    package var limits: GateLimits
    /// Apply only an inverse plan with this digest.
    package var expect: String?

    package init(purpose: RunOptions.Purpose, limits: GateLimits = GateLimits(), expect: String? = nil) {
        self.purpose = purpose
        self.limits = limits
        self.expect = expect
    }
}

extension Engine {
    /// Takes back what a run, an applied plan, an undo or a day's drain did, except what somebody changed since, which is named.
    /// What was taken back stays so until the source says something else, or it is released.
    ///
    /// - Throws: ``RunError`` `.configuration` for a run that there is not or that changed nothing.
    package func undo(
        run number: Int64?, options: UndoOptions, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let run = try undoable(number)
        guard options.purpose == .apply else { return try lookAtUndo(of: run, options: options, report: report) }
        let header = undoHeader(of: run, state: nil)
        let leased = try lease(header)
        return try holding(leased) {
            let spool = try Spool(database: database, id: environment.makeID())
            do {
                let rules = leased.state.rules ?? Rules()
                let writer = try PlanFileWriter(path: spool.path)
                let judged = try planUndo(of: run, store: leased.store, limits: options.limits) { event in
                    try writer.write(event)
                    if case .header = event { try writer.write("rules", rules.json) }
                    try report(event)
                }
                try writer.write(.summary(judged.summary))
                try writer.finish()
                return try carryOut(
                    judged, rules: rules, spool: spool, leased: leased, kind: "apply", expect: options.expect,
                    report: report)
            } catch {
                try spool.removeIfUnnumbered()
                throw error
            }
        }
    }

    private func lookAtUndo(
        of run: RunRecord, options: UndoOptions, report: (PlanEvent) throws -> Void
    ) throws -> RunResult {
        let store = try Store(path: database, mode: .readOnly)
        let rules = try store.existingConnection(organization: run.organization, connection: run.connection)?.rules
        var writer: PlanFileWriter?
        if case .keepPlan(let path) = options.purpose { writer = try PlanFileWriter(path: path) }
        var judged = try planUndo(of: run, store: store, limits: options.limits) { event in
            try writer?.write(event)
            if case .header = event { try writer?.write("rules", (rules ?? Rules()).json) }
            try report(event)
        }
        if let expected = options.expect, expected != judged.summary.digest {
            judged.summary.outcome = .unexpected(expected)
        }
        try writer?.write(.summary(judged.summary))
        try writer?.finish()
        try report(.summary(judged.summary))
        return RunResult(header: judged.header, summary: judged.summary, tripped: judged.tripped)
    }

    private func planUndo(
        of run: RunRecord, store: Store, limits: GateLimits, emit: (PlanEvent) throws -> Void
    ) throws -> JudgedPlan {
        try store.planning(organization: run.organization, connection: run.connection) { session in
            let planning = UndoPlanning(run: run, session: session, limits: limits)
            try planning.plan()
            return try planning.tell(header: undoHeader(of: run, state: session.state), emit: emit)
        }
    }

    private func undoHeader(of run: RunRecord, state: ConnectionState?) -> PlanHeader {
        var header = PlanHeader(
            organization: run.organization, connection: run.connection, job: "undo of run \(run.run)", mode: .reconcile,
            asOf: environment.now(), rulesHash: state?.rulesHash ?? "")
        header.undoes = run.run
        return header
    }

    /// The run, if it can have changed anything.
    private func undoable(_ number: Int64?) throws -> RunRecord {
        let run = try knownRun(number)
        switch run.state {
        case "refused":
            throw RunError(
                .configuration, "run \(run.run) was refused: it changed nothing, so there is nothing to undo")
        case "running":
            throw RunError(.configuration, "run \(run.run) is still going on; wait for its end")
        default: return run
        }
    }

    /// A run by its number; `nil` for the newest.
    func knownRun(_ number: Int64?) throws -> RunRecord {
        let store = try Store(path: database, mode: .readOnly)
        if let run = try number.map({ try store.run($0) }) ?? store.runs(limit: 1).first { return run }
        throw RunError(
            .configuration,
            number.map { "there is no run \($0); see 'rollcall runs list'" } ?? "there are no runs yet")
    }

    // MARK: Holds

    /// What was undone and waits.
    package func holds(_ selection: HoldSelection) throws -> [UndoHold] {
        try Store(path: database, mode: .readOnly).holds(selection)
    }

    /// Lets what was undone happen again, if the source still says so: at the next run, for pushed records at the next drain.
    ///
    /// - Throws: ``RunError`` `.configuration` where nothing is held.
    package func release(_ selection: HoldSelection) throws -> [UndoHold] {
        let store = try Store(path: database, mode: .readWrite)
        let released = try store.release(selection, now: environment.now())
        try store.close()
        guard released.isEmpty else { return released }
        throw RunError(.configuration, "nothing is held there; see 'rollcall runs holds'")
    }
}
