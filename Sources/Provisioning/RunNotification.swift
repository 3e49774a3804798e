import JSONBytes
import Reconciliation

/// What somebody who was not there needs to know about a run: what happened, to whom, and what to do next.
///
/// Never a secret and never whole records: of a quarantined record its name, its anchor, its reason and its cure.
package struct RunNotification: Sendable, Equatable {
    /// Quarantined records that are named, and tripped gates; all are counted.
    static let namedMax = 10
    /// Code points of one text: the whole body stays far below 64 KiB.
    static let textMax = 300

    package var triggers: [NotifyPolicy.Trigger]
    package var organization: String
    package var connection: String
    package var job: String
    /// The job's file, for the commands to run next; `nil` for a job of options.
    package var path: String?
    package var at: Instant
    package var run: Int64?
    /// Why it could not be carried out.
    package var failure: String?
    package var gates: [GateReading] = []
    package var quarantined: [Quarantined] = []
    package var quarantinedCount = 0
    package var held = 0
    /// What an approval of exactly the held changes has to name.
    package var heldDigest: String?
    package var counts: [ChangeClass: Int] = [:]
    package var digest = ""
    /// Sent on purpose, to try the way.
    package var isSample = false

    /// One sentence for the subject of a message.
    package var headline: String {
        let name = "\(organization)/\(connection), job \(job)"
        var parts: [String] = []
        if failure != nil { parts.append("the run failed") }
        if triggers.contains(.gate) {
            parts.append(
                "nothing was written: \(gates.count == 1 ? "a gate" : "\(gates.count) gates") refused the plan")
        }
        if held > 0 { parts.append("\(held) change\(held == 1 ? " is" : "s are") held for approval") }
        if triggers.contains(.quarantine) {
            parts.append("\(quarantinedCount) record\(quarantinedCount == 1 ? " is" : "s are") quarantined")
        }
        return Self.short((isSample ? "[sample] " : "") + name + ": " + parts.joined(separator: "; "))
    }

    /// Commands that a person would run next.
    package var next: [String] {
        var commands: [String] = []
        if let run { commands.append("rollcall runs show \(run)") }
        if triggers.contains(.gate) {
            if let run {
                commands.append("rollcall runs approve \(run)")
            } else if let path {
                commands.append("rollcall run \(path) --dry-run")
            }
        }
        if triggers.contains(.failure), let path { commands.append("rollcall check \(path)") }
        if triggers.contains(.held) || triggers.contains(.quarantine) { commands.append("rollcall queue list") }
        if triggers.contains(.held), let heldDigest { commands.append("rollcall queue approve \(heldDigest)") }
        return commands
    }

    /// The body of a webhook and the standard input of a command.
    package var json: JSONObject {
        let counted = ChangeClass.allCases.compactMap { item in
            counts[item].map { JSONObject.Member(key: item.rawValue, value: .integer($0)) }
        }
        let data: JSONObject = [
            "events": .array(triggers.map { .string($0.rawValue) }), "sample": .bool(isSample),
            "organization": .string(organization), "connection": .string(connection), "job": .string(job),
            "run": run.map { .integer(Int($0)) } ?? .null, "headline": .string(headline),
            "failure": failure.map { .string(Self.short($0)) } ?? .null,
            "gates": .array(gates.prefix(Self.namedMax).map { .object(Self.object($0)) }),
            "quarantined": [
                "total": .integer(quarantinedCount),
                "first": .array(quarantined.prefix(Self.namedMax).map { .object(Self.object($0)) }),
            ],
            "held": .integer(held), "heldDigest": heldDigest.map(JSONValue.string) ?? .null,
            "counts": .object(JSONObject(counted)), "digest": .string(digest),
            "next": .array(next.map(JSONValue.string)),
        ]
        return ["type": "rollcall.attention", "timestamp": .string(at.text), "data": .object(data)]
    }

    private static func object(_ reading: GateReading) -> JSONObject {
        [
            "name": .string(reading.name), "measured": .integer(reading.measured),
            "limit": reading.limit.map(JSONValue.integer) ?? .null,
            "population": reading.population.map(JSONValue.integer) ?? .null, "detail": .string(short(reading.detail)),
        ]
    }

    private static func object(_ entry: Quarantined) -> JSONObject {
        [
            "kind": .string(entry.kind.rawValue), "name": entry.name.map { .string(short($0)) } ?? .null,
            "anchor": entry.anchor.map { .string(short($0.value)) } ?? .null, "code": .string(entry.finding.code),
            "detail": .string(short(entry.finding.detail)), "cure": .string(short(entry.finding.cure)),
        ]
    }

    /// The environment of a command: short texts on one line each.
    package var variables: [String: String] {
        [
            "ROLLCALL_EVENT": triggers.map(\.rawValue).joined(separator: ","), "ROLLCALL_ORGANIZATION": organization,
            "ROLLCALL_CONNECTION": connection, "ROLLCALL_JOB": job, "ROLLCALL_RUN": run.map { String($0) } ?? "",
            "ROLLCALL_HEADLINE": headline,
        ].mapValues(Self.short)
    }

    /// One line without control characters, cut with an ellipsis.
    static func short(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for (count, scalar) in text.unicodeScalars.enumerated() {
            guard count < textMax else { return String(result) + "…" }
            let isPlain = scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
            result.append(isPlain ? scalar : " ")
        }
        return String(result)
    }
}

/// Listens to a run for what a notification says.
package struct RunWatch: Sendable {
    private var quarantined: [Quarantined] = []
    private var count = 0

    package init() {}

    package mutating func note(_ event: PlanEvent) {
        guard case .quarantined(let entry) = event else { return }
        count += 1
        if quarantined.count < RunNotification.namedMax { quarantined.append(entry) }
    }

    /// What is to be told of a run that ended; `nil` where nobody wants to know.
    package func notification(of job: Job, _ result: RunResult, at now: Instant) -> RunNotification? {
        guard let policy = job.notify else { return nil }
        var happened: [NotifyPolicy.Trigger] = []
        if !result.tripped.isEmpty && result.summary.approval == nil { happened.append(.gate) }
        if result.held > 0 { happened.append(.held) }
        if result.summary.quarantined > 0 { happened.append(.quarantine) }
        happened.removeAll { !policy.on.contains($0) }
        guard !happened.isEmpty else { return nil }
        var notification = RunNotification(job: job, happened, at: now)
        notification.run = result.summary.run
        notification.gates = happened.contains(.gate) ? result.tripped : []
        notification.held = happened.contains(.held) ? result.held : 0
        notification.heldDigest = notification.held > 0 ? result.summary.held?.digest : nil
        notification.quarantined = quarantined
        notification.quarantinedCount = max(count, result.summary.quarantined)
        notification.counts = result.summary.counts
        notification.digest = result.summary.digest
        return notification
    }

    /// What is to be told of a run that could not be carried out. Another run under way and a wish to stop are no failures.
    package static func notification(of job: Job, failed error: any Error, at now: Instant) -> RunNotification? {
        guard let policy = job.notify, policy.on.contains(.failure) else { return nil }
        if let error = error as? RunError, [.leaseHeld, .interrupted].contains(error.code) { return nil }
        var notification = RunNotification(job: job, [.failure], at: now)
        notification.failure = "\(error)"
        return notification
    }
}

extension RunNotification {
    init(job: Job, _ triggers: [NotifyPolicy.Trigger], at now: Instant) {
        self.init(
            triggers: triggers, organization: job.organization, connection: job.connection, job: job.name,
            path: job.path, at: now)
    }

    /// A made-up one, to try the way.
    package static func sample(of job: Job, at now: Instant) -> RunNotification {
        var sample = RunNotification(job: job, [.gate, .quarantine], at: now)
        sample.isSample = true
        sample.gates = [
            GateReading(
                name: "limit.deactivate", measured: 40, limit: 10, population: 60, tripped: true,
                detail: "40 deactivate of 60, 10 allowed")
        ]
        sample.quarantined = [
            Quarantined(
                kind: .user, anchor: Anchor("0000"), name: "sample@example.com", situation: .ambiguous,
                finding: Finding(code: "SAMPLE", detail: "nobody is meant", cure: "nothing is to be done"), place: nil)
        ]
        sample.quarantinedCount = 1
        return sample
    }
}
