import Provisioning
import Reconciliation
import Testing

@testable import rollcall

@Suite("Exit status")
struct ExitStatusTests {
    private func result(
        _ outcome: PlanSummary.Outcome, creates: Int = 0, quarantined: Int = 0, tripped: Bool = false, held: Int = 0
    ) -> RunResult {
        let gate = GateReading(name: "g", measured: 2, limit: 1, population: nil, tripped: true, detail: "")
        return RunResult(
            header: PlanHeader(
                organization: "o", connection: "c", job: "j", mode: .reconcile, asOf: Instant(milliseconds: 0)),
            summary: PlanSummary(
                counts: creates > 0 ? [.create: creates] : [:], quarantined: quarantined, outcome: outcome),
            tripped: tripped ? [gate] : [], held: held)
    }

    @Test("the order of severity is the documented one")
    func severity() {
        let worstFirst: [Int32] = [1, 78, 64, 7, 6, 5, 4, 8, 3, 2, 0]
        #expect(ExitStatus.allCases.sorted(by: >).map(\.rawValue) == worstFirst)
    }

    @Test("the worst of what happened counts")
    func worst() {
        #expect(ExitStatus(result(.applied, creates: 3)) == .done)
        #expect(ExitStatus(result(.applied, creates: 3, quarantined: 1)) == .quarantined)
        #expect(ExitStatus(result(.refused, creates: 3, quarantined: 1, tripped: true)) == .refused)
        #expect(ExitStatus(result(.planned, creates: 3, tripped: true)) == .refused)
        #expect(ExitStatus(result(.applied, held: 2)) == .refused)
        #expect(ExitStatus(result(.unexpected("x"), quarantined: 1, tripped: true)) == .stale)
        #expect(ExitStatus(result(.interrupted, quarantined: 1)) == .interrupted)
    }

    @Test("differences have a status only when a dry run is asked for it")
    func differences() {
        #expect(ExitStatus(result(.planned, creates: 1)) == .done)
        #expect(ExitStatus(result(.planned, creates: 1), comparing: true) == .differences)
        #expect(ExitStatus(result(.planned), comparing: true) == .done)
        #expect(ExitStatus(result(.planned, creates: 1, quarantined: 1), comparing: true) == .quarantined)
    }

    @Test("every error of ours has a status and a line")
    func errors() throws {
        func status(_ error: any Error) -> rollcall.ExitStatus? { Failure.known(error)?.0 }
        #expect(status(RunError(.leaseHeld, "x")) == .busy)
        #expect(status(RunError(.sourceRefused, "x")) == .source)
        #expect(status(RunError(.planDamaged, "x")) == .source)
        #expect(status(RunError(.planStale, "x")) == .stale)
        #expect(status(RunError(.configuration, "x")) == .configuration)
        #expect(status(RunError(.failed, "x")) == .failed)
        #expect(status(RunError(.interrupted, "x")) == .interrupted)
        #expect(status(CommandFailure(.usage, "x")) == .usage)
        #expect(status(JobFileError(.key, JobPlace(file: "f"), "x", cure: "y")) == .configuration)
        #expect(status(CancellationError()) == nil)
    }
}

@Suite("Job options")
struct JobOptionsTests {
    private func job(_ arguments: [String]) throws -> Job {
        try JobOptions.parse(["--organization", "acme", "--preset", "scim", "--users", "u.json"] + arguments).load(nil)
    }

    @Test("every key of a job exists as an option")
    func everyKey() throws {
        let job = try job([
            "--connection", "c", "--mode", "import", "--groups", "g1.json", "--groups", "g2.json", "--kind", "delta",
            "--taken-at", "2026-01-14T01:00:00Z", "--export-duration", "30m", "--expect-users", "1..2",
            "--expect-groups",
            "3..4", "--accept", "partial", "--scope-users", "active eq true", "--scope-groups",
            "[[{attribute: displayName, operator: EQUALS, value: a}]]", "--map", "name.givenName=a\"b", "--matching",
            "userName", "--out-of-scope", "keep", "--missing-deactivate-after", "7d", "--missing-delete-after", "never",
            "--nested-groups", "flatten", "--allow-unverified-email-account-linking", "true", "--shrink", "7%",
            "--limit",
            "deactivate={count: 3}", "--limit", "update=4", "--canary", "a", "--canary", "b", "--cron", "0 2 * * MON",
            "--time-zone", "Europe/Berlin", "--notify-on", "gate,held", "--notify-command", "tell", "--notify-command",
            "--now", "--notify-webhook", "https://a/b", "--notify-secret-file", "s",
        ])
        #expect(job.connection == "c" && job.mode == .import && job.source.groups == ["g1.json", "g2.json"])
        #expect(job.source.kind == .delta && job.acceptsPartial && job.expect == [.user: 1...2, .group: 3...4])
        #expect(job.rules.groupScope.canonicalText == #"displayName EQUALS "a""#)
        #expect(job.source.overrides.map(\.target.path) == ["name.givenName"])
        #expect(job.source.overrides.map(\.source) == [.attribute("a\"b")])
        #expect(
            job.rules.policies.deactivateAfter == .after(.seconds(7 * 86_400)) && job.rules.policies.outOfScope == .keep
        )
        #expect(job.gates.shrinkPercent == 7 && job.gates.canaries == ["a", "b"])
        #expect(job.gates.limit(.deactivate).count == 3 && job.gates.limit(.update).count == 4)
        #expect(job.schedule?.text == "0 2 * * MON Europe/Berlin" && job.notify?.on == [.gate, .held])
        #expect(job.notify?.command == ["tell", "--now"])
        #expect(job.notify?.webhook == .init(url: "https://a/b", secretFile: "s"))
    }

    @Test("--set reaches any key, and an option of its own wins")
    func settings() throws {
        let job = try job(["--set", "gates={shrink: 5%, disable: 9}", "--shrink", "6%"])
        #expect(job.gates.shrinkPercent == 6 && job.gates.limit(.deactivate).count == 9)
        #expect(throws: (any Error).self) { try self.job(["--set", "gates"]) }
        #expect(throws: JobFileError.self) { try self.job(["--set", "nonsense=1"]) }
    }
}
