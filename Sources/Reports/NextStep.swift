import Reconciliation

/// How the command was called that a report is about, for the command that comes next.
package struct ReportContext: Sendable, Equatable {
    /// The job's file as it was named; `nil` for a job that options described.
    package var job: String?
    /// The file that keeps the plan.
    package var plan: String?
    /// The database, where an option named it.
    package var database: String?

    package init(job: String? = nil, plan: String? = nil, database: String? = nil) {
        self.job = job
        self.plan = plan
        self.database = database
    }
}

/// What somebody does who has read a report and agrees with it: the command that applies or approves exactly this plan.
package struct NextStep: Sendable, Equatable {
    /// What the command does, in a sentence.
    package var text: String
    /// A line for a shell; `nil` where there is nothing to call.
    package var command: String?

    /// - Returns: `nil` where nothing is left to do.
    package static func after(
        _ summary: PlanSummary, mode: PlanMode, isTripped: Bool, context: ReportContext = ReportContext()
    ) -> NextStep? {
        switch summary.outcome {
        case .applied: nil
        case .interrupted:
            NextStep(
                text: "What was done stays done; this goes on with the rest.", command: run(context, ["run"], nil))
        case .refused:
            NextStep(
                text:
                    "Approves exactly this plan, once. If the export or the job is wrong, mend it and run again instead.",
                command: command(["runs", "approve", summary.run.map(String.init) ?? "last"], context))
        case .unexpected, .planned:
            if !summary.isEmpty {
                planned(summary, mode: mode, isTripped: isTripped, context: context)
            } else if isTripped {
                NextStep(
                    text:
                        "Nothing would change, but the gates refuse what was read: find out what is wrong with the export or "
                        + "the job, mend it, and run again.", command: run(context, ["run"], nil))
            } else {
                nil
            }
        }
    }

    private static func planned(
        _ summary: PlanSummary, mode: PlanMode, isTripped: Bool, context: ReportContext
    ) -> NextStep {
        let refusal =
            isTripped
            ? " The gates refuse it, keep it, and name the run that can then be approved with rollcall runs approve."
            : ""
        if mode == .plan {
            return NextStep(
                text:
                    "A job with mode: plan is never applied. With the job of the same connection that is, this applies "
                    + "exactly this plan, or nothing." + refusal,
                command: "rollcall run JOB --expect " + summary.digest)
        }
        if let plan = context.plan {
            return NextStep(
                text: "Applies exactly this plan, and names what changed in the meantime." + refusal,
                command: command(["apply", plan], context))
        }
        return NextStep(
            text: "Applies exactly this plan, or nothing." + refusal,
            command: run(context, ["run"], summary.digest))
    }

    private static func run(_ context: ReportContext, _ words: [String], _ digest: String?) -> String {
        let expect = digest.map { ["--expect", $0] } ?? []
        guard let job = context.job else {
            return "rollcall run OPTIONS" + expect.map { " " + ShellWord.quoted($0) }.joined()
        }
        return command(words + [job] + expect, context)
    }

    private static func command(_ words: [String], _ context: ReportContext) -> String {
        let database = context.database.map { ["--db", $0] } ?? []
        return (["rollcall"] + words + database).map(ShellWord.quoted).joined(separator: " ")
    }
}

/// A word as a shell takes it.
enum ShellWord {
    static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./:@%+,".utf8.contains(byte)
            }
        }
        return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
