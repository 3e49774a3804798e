import Foundation
import GRDB
import JSONBytes
import Reconciliation
import Synchronization
import Testing

@testable import Provisioning
@testable import Storage

/// A job that tells somebody, and runs of it that ended in one way or another.
enum NotifiedRun {
    static func job(
        _ on: Set<NotifyPolicy.Trigger> = Set(NotifyPolicy.Trigger.allCases), command: [String]? = ["tell"],
        webhook: NotifyPolicy.Webhook? = nil
    ) -> Job {
        var job = Job(
            name: "nightly", organization: "acme", connection: "entra",
            source: .init(preset: .scim, users: ["u.json"]))
        job.notify = NotifyPolicy(on: on, command: command, webhook: webhook)
        job.path = "jobs/nightly.yaml"
        return job
    }

    static func result(
        tripped: Int = 0, quarantined: Int = 0, held: Int = 0, run: Int64? = 12
    ) -> RunResult {
        var summary = PlanSummary(counts: [.deactivate: 40], quarantined: quarantined, digest: "d", run: run)
        summary.outcome = tripped > 0 ? .refused : .applied
        let gates = (0..<tripped).map {
            GateReading(
                name: "limit.\($0)", measured: 40, limit: 10, population: 60, tripped: true,
                detail: "40 deactivate of 60, 10 allowed")
        }
        return RunResult(
            header: PlanHeader(
                organization: "acme", connection: "entra", job: "nightly", mode: .reconcile,
                asOf: Instant(milliseconds: 0)), summary: summary, tripped: gates, held: held)
    }

    static func entry(_ number: Int, text: String = "two accounts match") -> Quarantined {
        Quarantined(
            kind: .user, anchor: Anchor("a\(number)"), name: "p\(number)@acme.example", situation: .ambiguous,
            finding: Finding(code: "AMBIGUOUS", detail: text, cure: "unlink one"), place: nil)
    }

    static func watch(_ entries: Int, text: String = "two accounts match") -> RunWatch {
        var watch = RunWatch()
        for number in 0..<entries { watch.note(.quarantined(entry(number, text: text))) }
        return watch
    }
}

@Suite("Notifications")
struct NotificationTests {
    private let now = Instant(milliseconds: 1_800_000_000_000)

    @Test("a run that needs nobody tells nobody")
    func silent() {
        #expect(NotifiedRun.watch(0).notification(of: NotifiedRun.job(), NotifiedRun.result(), at: now) == nil)
        var job = NotifiedRun.job()
        job.notify = nil
        #expect(
            NotifiedRun.watch(3).notification(of: job, NotifiedRun.result(tripped: 1, quarantined: 3), at: now) == nil)
    }

    @Test(
        "each trigger is told if the job asks for it, and not else",
        arguments: NotifyPolicy.Trigger.allCases)
    func triggers(trigger: NotifyPolicy.Trigger) {
        let result = NotifiedRun.result(tripped: 1, quarantined: 1, held: 1)
        let ended = NotifiedRun.watch(1).notification(of: NotifiedRun.job([trigger]), result, at: now)
        let failed = RunWatch.notification(
            of: NotifiedRun.job([trigger]), failed: RunError(.sourceRefused, "too old"), at: now)
        #expect(ended?.triggers == (trigger == .failure ? nil : [trigger]))
        #expect((failed != nil) == (trigger == .failure))
    }

    @Test(
        "another run under way and a wish to stop are no failures", arguments: [RunError.Code.leaseHeld, .interrupted])
    func noFailure(code: RunError.Code) {
        #expect(RunWatch.notification(of: NotifiedRun.job(), failed: RunError(code, "x"), at: now) == nil)
    }

    @Test("an approved plan is not told as refused")
    func approved() {
        var result = NotifiedRun.result(tripped: 1)
        result.summary.approval = .init(by: "kim", at: now)
        #expect(NotifiedRun.watch(0).notification(of: NotifiedRun.job(), result, at: now) == nil)
    }

    @Test("the body says what happened, to whom, and what to do next")
    func body() throws {
        let told = try #require(
            NotifiedRun.watch(12).notification(
                of: NotifiedRun.job(), NotifiedRun.result(tripped: 1, quarantined: 12), at: now))
        let body = told.json
        let data = try #require(body["data"]?.object)
        #expect(body["type"]?.string == "rollcall.attention" && body["timestamp"]?.string == "2027-01-15T08:00:00Z")
        #expect(data["events"]?.array?.compactMap(\.string) == ["gate", "quarantine"])
        #expect(data["run"]?.integer == 12 && data["organization"]?.string == "acme")
        #expect(
            data["headline"]?.string
                == "acme/entra, job nightly: nothing was written: a gate refused the plan; 12 records are quarantined")
        let gate = try #require(data["gates"]?.array?.first?.object)
        #expect(gate["measured"]?.integer == 40 && gate["limit"]?.integer == 10 && gate["population"]?.integer == 60)
        let quarantined = try #require(data["quarantined"]?.object)
        #expect(quarantined["total"]?.integer == 12 && quarantined["first"]?.array?.count == 10)
        #expect(quarantined["first"]?.array?.first?.object?["cure"]?.string == "unlink one")
        #expect(
            data["next"]?.array?.compactMap(\.string)
                == ["rollcall runs show 12", "rollcall runs approve 12", "rollcall queue list"])
        #expect(told.variables["ROLLCALL_EVENT"] == "gate,quarantine" && told.variables["ROLLCALL_RUN"] == "12")
    }

    @Test("however much went wrong, the body stays small and its texts are one line")
    func small() throws {
        let long = String(repeating: "\"\\\u{1}é\n", count: 5000)
        var told = try #require(
            NotifiedRun.watch(500, text: long).notification(
                of: NotifiedRun.job(), NotifiedRun.result(tripped: 500, quarantined: 500), at: now))
        told.failure = long
        let text = JSONValue.object(told.json).text
        #expect(text.utf8.count < 64 << 10)
        #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        #expect(told.json["data"]?.object?["quarantined"]?.object?["total"]?.integer == 500)
        #expect(told.variables.values.allSatisfy { $0.unicodeScalars.count <= 301 && !$0.contains("\n") })
    }

    @Test("a failure says why and what to look at")
    func failure() throws {
        let told = try #require(
            RunWatch.notification(
                of: NotifiedRun.job(), failed: RunError(.sourceRefused, "the snapshot is too old"), at: now))
        #expect(told.json["data"]?.object?["failure"]?.string == "the snapshot is too old")
        #expect(told.next == ["rollcall check jobs/nightly.yaml"])
    }
}

@Suite("Webhook signatures")
struct WebhookSignatureTests {
    @Test("the signature is the one of the Standard Webhooks specification's example")
    func example() throws {
        let signature = try WebhookSignature(secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let headers = signature.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: #"{"test": 2432232314}"#)
        #expect(headers.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(headers[2].value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(
        "a secret that is none is refused",
        arguments: [
            "", "hunter2", "whsec_", "whsec_!!!", "whsec_" + Data(repeating: 1, count: 23).base64EncodedString(),
            "whsec_" + Data(repeating: 1, count: 65).base64EncodedString(),
        ])
    func bad(secret: String) {
        #expect(throws: WebhookSignature.BadSecret.self) { try WebhookSignature(secret: secret) }
    }

    @Test("a secret of 24 to 64 bytes is taken", arguments: [24, 64])
    func good(bytes: Int) throws {
        _ = try WebhookSignature(secret: "whsec_" + Data(repeating: 1, count: bytes).base64EncodedString())
    }

    @Test("a secret's file that others may use is refused", arguments: [0o600, 0o400, 0o640, 0o604, 0o660] as [mode_t])
    func mode(mode: mode_t) throws {
        let path = NSTemporaryDirectory() + "rollcall-secret-" + UUID().uuidString
        defer { unlink(path) }
        try Data("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, mode) == 0)
        if mode & 0o077 == 0 {
            _ = try WebhookSignature(file: path)
        } else {
            #expect(throws: WebhookSignature.BadSecret.self) { try WebhookSignature(file: path) }
        }
    }

    @Test("a secret's file that is missing or a folder is refused")
    func noFile() {
        for path in ["/nowhere/secret", "/tmp"] {
            #expect(throws: WebhookSignature.BadSecret.self) { try WebhookSignature(file: path) }
        }
    }
}

@Suite("Outbox")
struct OutboxTests {
    /// What was sent, and how the next sendings end.
    private final class Post: Sendable {
        let sent = Mutex<[OutboxItem]>([])
        let ends = Mutex<[NotificationSender.Delivery]>([])
        let warnings = Mutex<[String]>([])

        func send(_ item: OutboxItem) -> NotificationSender.Delivery {
            sent.withLock { $0.append(item) }
            return ends.withLock { $0.isEmpty ? .delivered : $0.removeFirst() }
        }
    }

    private func notifier(_ world: World, _ post: Post) -> Notifier {
        Notifier(
            database: world.database, environment: world.environment, send: { item, _ in post.send(item) },
            warn: { line in post.warnings.withLock { $0.append(line) } })
    }

    private func told(_ world: World) throws -> RunNotification {
        try #require(
            NotifiedRun.watch(0).notification(
                of: NotifiedRun.job(), NotifiedRun.result(tripped: 1), at: world.clock.now))
    }

    private let both = NotifyPolicy(
        command: ["tell"], webhook: .init(url: "https://hooks.example.com/x", secretFile: "secret"))

    private func states(_ world: World) throws -> [String] {
        try world.store().read { db in
            try String.fetchAll(
                db, sql: "SELECT channel || ' ' || state || ' ' || attempts FROM notification ORDER BY id")
        }
    }

    @Test("what is told goes to every receiver once")
    func once() throws {
        let (world, post) = (try World(), Post())
        _ = try world.store(.readWrite)
        try notifier(world, post).tell(told(world), by: both)
        notifier(world, post).flush()
        #expect(post.sent.withLock { $0.map(\.channel) } == [.command, .webhook])
        #expect(try states(world) == ["command delivered 1", "webhook delivered 1"])
        #expect(post.warnings.withLock { $0 } == [])
    }

    @Test("a webhook that fails is tried again with growing pauses, under the same id, and given up after six times")
    func retried() throws {
        let (world, post) = (try World(), Post())
        _ = try world.store(.readWrite)
        post.ends.withLock { $0 = Array(repeating: .failed("503"), count: 10) }
        let policy = NotifyPolicy(webhook: both.webhook)
        try notifier(world, post).tell(told(world), by: policy)
        var minutes: [Int] = []
        for minute in 1...200 {
            world.clock.advance(60)
            let before = post.sent.withLock { $0.count }
            notifier(world, post).flush()
            if post.sent.withLock({ $0.count }) > before { minutes.append(minute) }
        }
        #expect(minutes == [1, 3, 7, 15, 31])
        #expect(Set(post.sent.withLock { $0.map(\.id) }).count == 1)
        #expect(try states(world) == ["webhook failed 6"])
        #expect(post.warnings.withLock { $0.count } == 6)
    }

    @Test("what one process took and never ended, another sends later")
    func crashed() throws {
        let (world, post) = (try World(), Post())
        let store = try world.store(.readWrite)
        try store.enqueue(
            OutboxItem(
                id: "m", organization: "acme", connection: "c", job: "j", createdAt: world.clock.now, channel: .webhook,
                target: "{}", body: "{}"))
        #expect(try store.takeNotification(now: world.clock.now, pause: Notifier.pause) != nil)
        #expect(try store.takeNotification(now: world.clock.now, pause: Notifier.pause) == nil)
        world.clock.advance(60)
        notifier(world, post).flush()
        #expect(post.sent.withLock { $0.map(\.attempts) } == [2])
    }

    @Test("where there is no database nothing is kept, and it is sent all the same")
    func noDatabase() throws {
        let (world, post) = (try World(), Post())
        try notifier(world, post).tell(told(world), by: both)
        #expect(post.sent.withLock { $0.count } == 2)
        #expect(!FileManager.default.fileExists(atPath: world.database))
    }

    @Test("where the database cannot be written it is sent all the same, and that is said")
    func damagedDatabase() throws {
        let (world, post) = (try World(), Post())
        try Data("no database".utf8).write(to: URL(fileURLWithPath: world.database))
        try notifier(world, post).tell(told(world), by: both)
        #expect(post.sent.withLock { $0.count } == 2)
        #expect(post.warnings.withLock { $0.count } == 1)
    }

    @Test("a worker that is asked to stop sends nothing more, and the next one does")
    func stopping() throws {
        let (world, post) = (try World(), Post())
        _ = try world.store(.readWrite)
        let stopping = Notifier(
            database: world.database, environment: world.environment(stopping: { true }),
            send: { item, _ in post.send(item) }, warn: { _ in })
        try stopping.tell(told(world), by: both)
        #expect(post.sent.withLock { $0.count } == 0)
        notifier(world, post).flush()
        #expect(post.sent.withLock { $0.count } == 2)
    }

    @Test("a refused run is told by the run itself, and what cannot be delivered does not change how it ends")
    func wholeRun() throws {
        let (world, post) = (try World(), Post())
        try world.run(Day((0..<9).map { Day.Person("p\($0)", "n\($0)") }))
        world.clock.advance(3600)
        var job = try world.job(Day([Day.Person("p1", "n1")]))
        job.gates = GateLimits()
        job.notify = NotifyPolicy(command: ["tell"])
        post.ends.withLock { $0 = [.refused("no such program")] }
        let result = try NotifyingRuns(engine: world.engine, notifier: notifier(world, post)).run(
            job, options: RunOptions(purpose: .apply)
        ) { _ in }
        #expect(result.summary.outcome == .refused)
        let sent = post.sent.withLock { $0 }
        #expect(sent.count == 1 && sent[0].body.contains("\"run\":\(result.summary.run!)"))
        #expect(post.warnings.withLock { $0 }.first?.contains("no such program") == true)
        job.source.users = [world.folder + "/missing.json"]
        #expect(throws: (any Error).self) {
            try NotifyingRuns(engine: world.engine, notifier: notifier(world, post)).run(
                job, options: RunOptions(purpose: .apply)
            ) { _ in }
        }
        #expect(post.sent.withLock { $0.count } == 2)
    }
}
