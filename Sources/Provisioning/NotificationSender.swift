import Foundation
import JSONBytes
import Reconciliation
import Storage

/// Carries one notification to its receiver: runs the command, or posts to the webhook.
///
/// HTTP is spoken by the `curl` program: it brings TLS and the system's certificates, in a process that a time limit can end. The
/// library that Foundation offers is the same curl, loaded into every command of ours.
package struct NotificationSender: Sendable {
    /// How long a receiver may take: a worker that is asked to stop is gone within ten seconds.
    package static let limit = Duration.seconds(8)

    package enum Delivery: Sendable, Equatable {
        case delivered
        /// It may work later.
        case failed(String)
        /// It will not.
        case refused(String)
    }

    private let environment: [String: String]
    private let curl: String

    /// - Parameter environment: what a command inherits, besides what tells of the run.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment, curl: String = "curl") {
        // A command is no service of systemd's.
        self.environment = environment.filter { !["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"].contains($0.key) }
        self.curl = curl
    }

    package func send(_ item: OutboxItem, now: Instant) -> Delivery {
        do throws(Undeliverable) {
            let target = try NotificationTarget(item)
            return switch target {
            case .command(let words, let variables): try command(words, variables, item)
            case .webhook(let webhook): try post(item, to: webhook, now: now)
            }
        } catch {
            return .refused(error.description)
        }
    }

    struct Undeliverable: Error { var description: String }

    private func command(_ words: [String], _ variables: [String: String], _ item: OutboxItem) throws(Undeliverable)
        -> Delivery
    {
        let ended = try run(
            words, environment.merging(variables) { _, told in told }, input: Array((item.body + "\n").utf8))
        guard ended.status != 0 else { return .delivered }
        let why =
            ended.isTimedOut
            ? "took longer than \(Self.limit.components.seconds) seconds and was killed"
            : ended.status.map { "ended with status \($0)" } ?? "was ended by a signal"
        let said = ended.output.isEmpty ? "" : ": " + RunNotification.short(ended.output)
        return .refused("\(words[0]) \(why)\(said)")
    }

    private func run(_ words: [String], _ environment: [String: String], input: [UInt8]) throws(Undeliverable)
        -> ChildProcess.Ended
    {
        do throws(ChildProcess.Failed) {
            return try ChildProcess.run(words, environment: environment, input: input, limit: Self.limit)
        } catch {
            throw Undeliverable(description: error.description)
        }
    }

    // MARK: Webhooks

    private func post(_ item: OutboxItem, to webhook: NotifyPolicy.Webhook, now: Instant) throws(Undeliverable)
        -> Delivery
    {
        let signature: WebhookSignature
        do throws(WebhookSignature.BadSecret) { signature = try WebhookSignature(file: webhook.secretFile) } catch {
            throw Undeliverable(description: "\(webhook.secretFile): the webhook's secret \(error.description)")
        }
        let headers = signature.headers(id: item.id, timestamp: now.milliseconds / 1000, body: item.body)
        // Everything goes through standard input, so that neither address nor signature stands in the list of processes.
        let ended = try run(
            [curl, "-q", "--config", "-"], environment,
            input: Array(Self.configuration(webhook.url, headers, item.body).utf8))
        let host = webhook.url.split(separator: "/").dropFirst().first.map(String.init) ?? webhook.url
        let code = Int(ended.output.suffix(3)) ?? 0
        guard ended.status == 0 else {
            let said =
                ended.isTimedOut
                ? "no answer in time" : RunNotification.short(String(ended.output.dropLast(code == 0 ? 3 : 0)))
            return .failed("\(host): \(said)")
        }
        switch code {
        case 200..<300: return .delivered
        case 300..<400:
            return .refused("\(host) answered \(code), and redirects are not followed; say the final address")
        case 410: return .refused("\(host) answered 410: the receiver is gone")
        default: return .failed("\(host) answered \(code)")
        }
    }

    /// What curl is asked to do: one POST, over HTTP or HTTPS, no redirect, no answer kept.
    static func configuration(_ url: String, _ headers: [(name: String, value: String)], _ body: String) -> String {
        var lines = [
            "url = \(quoted(url))", "request = POST", "proto = \"=http,https\"", "globoff", "silent", "show-error",
            "output = /dev/null", "write-out = \"%{http_code}\"", "connect-timeout = 4",
            "max-time = \(limit.components.seconds - 1)", "user-agent = rollcall", "header = \"expect:\"",
            "header = \"content-type: application/json\"",
        ]
        lines += headers.map { "header = " + quoted("\($0.name): \($0.value)") }
        lines.append("data-binary = " + quoted(body))
        return lines.joined(separator: "\n") + "\n"
    }

    /// As curl reads a value: what is JSON has no control characters of its own.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

/// Where a notification goes, as the outbox keeps it.
enum NotificationTarget {
    case command(words: [String], variables: [String: String])
    case webhook(NotifyPolicy.Webhook)

    var channel: OutboxItem.Channel {
        switch self {
        case .command: .command
        case .webhook: .webhook
        }
    }

    /// - Throws: for what another version wrote.
    init(_ item: OutboxItem) throws(NotificationSender.Undeliverable) {
        let object: JSONObject?
        do { object = try JSONValue(parsing: Array(item.target.utf8)).object } catch { object = nil }
        switch item.channel {
        case .command:
            let words = (object?["command"]?.array ?? []).compactMap(\.string)
            guard !words.isEmpty else { throw NotificationSender.Undeliverable(description: "the outbox is damaged") }
            let variables = (object?["environment"]?.object?.members ?? []).compactMap { member in
                member.value.string.map { (member.key, $0) }
            }
            self = .command(words: words, variables: Dictionary(variables) { first, _ in first })
        case .webhook:
            guard let url = object?["url"]?.string, let file = object?["secretFile"]?.string else {
                throw NotificationSender.Undeliverable(description: "the outbox is damaged")
            }
            self = .webhook(NotifyPolicy.Webhook(url: url, secretFile: file))
        }
    }

    /// The receivers that a policy names. Paths become absolute, since another process may carry it.
    static func all(of policy: NotifyPolicy, _ notification: RunNotification) -> [(
        channel: OutboxItem.Channel, text: String
    )] {
        var targets: [(OutboxItem.Channel, String)] = []
        if var words = policy.command {
            if words[0].contains("/") { words[0] = absolute(words[0]) }
            let variables = notification.variables.sorted { $0.key < $1.key }.map {
                JSONObject.Member(key: $0.key, value: .string($0.value))
            }
            let object: JSONObject = [
                "command": .array(words.map(JSONValue.string)), "environment": .object(JSONObject(variables)),
            ]
            targets.append((.command, JSONValue.object(object).text))
        }
        if let webhook = policy.webhook {
            let object: JSONObject = [
                "url": .string(webhook.url), "secretFile": .string(absolute(webhook.secretFile)),
            ]
            targets.append((.webhook, JSONValue.object(object).text))
        }
        return targets
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
