/// Who is told when a run needs a person.
package struct NotifyPolicy: Sendable, Equatable {
    package var on: Set<Trigger>
    /// A program and its arguments; no shell reads them.
    package var command: [String]?
    package var webhook: Webhook?

    package enum Trigger: String, CaseIterable, Sendable {
        /// A gate refused the plan.
        case gate
        /// The run could not be carried out: the source, the job, the database. Not: another run was under way.
        case failure
        /// Records were set aside.
        case quarantine
        /// Destructive changes of a drain wait for approval.
        case held
    }

    package struct Webhook: Sendable, Equatable {
        package var url: String
        /// The file with the secret that signs what is sent.
        package var secretFile: String

        package init(url: String, secretFile: String) {
            self.url = url
            self.secretFile = secretFile
        }
    }

    package init(on: Set<Trigger> = Set(Trigger.allCases), command: [String]? = nil, webhook: Webhook? = nil) {
        self.on = on
        self.command = command
        self.webhook = webhook
    }
}

/// The `notify` of a job.
enum JobNotify {
    /// Words of a command.
    static let wordsMax = 64
    /// Bytes of a webhook's address.
    static let urlBytesMax = 2048

    static func read(_ node: JobNode) throws(JobFileError) -> NotifyPolicy {
        let table = try Table(node, called: "notify", keys: ["on", "command", "webhook"])
        var policy = NotifyPolicy()
        if let node = table["on"] { policy.on = try triggers(node) }
        if let node = table["command"] { policy.command = try command(node) }
        if let node = table["webhook"] { policy.webhook = try webhook(node) }
        guard policy.command != nil || policy.webhook != nil else {
            throw JobFileError(
                .missing, node.place, "notify says nobody to tell", cure: "say command, webhook, or both")
        }
        return policy
    }

    private static func triggers(_ node: JobNode) throws(JobFileError) -> Set<NotifyPolicy.Trigger> {
        var triggers: Set<NotifyPolicy.Trigger> = []
        for element in try node.texts("on", separator: ",") {
            triggers.insert(try element.choice(NotifyPolicy.Trigger.self, "on"))
        }
        return triggers
    }

    private static func command(_ node: JobNode) throws(JobFileError) -> [String] {
        let nodes = try node.texts("command")
        guard nodes.count <= wordsMax else {
            throw JobFileError(
                .value, node.place, "the command has more than \(wordsMax) words", cure: "put them into a script")
        }
        var words: [String] = []
        for node in nodes { words.append(try node.text("command")) }
        guard nodes.count > 1 || !words[0].contains(" ") else {
            throw JobFileError(
                .value, node.place, "the command is one text with spaces, and no shell takes it apart",
                cure: "say a list: [program, argument]")
        }
        return words
    }

    private static func webhook(_ node: JobNode) throws(JobFileError) -> NotifyPolicy.Webhook {
        let table = try Table(node, called: "webhook", keys: ["url", "secretFile"])
        let node = try table.required("url")
        let url = try node.text("url")
        if let problem = problem(of: url) {
            throw JobFileError(
                .value, node.place, "the webhook's url \(problem)",
                cure: "for example https://hooks.example.com/rollcall")
        }
        return NotifyPolicy.Webhook(
            url: url, secretFile: try (try table.required("secretFile")).text("secretFile"))
    }

    /// What keeps an address from being one that a notification is posted to.
    static func problem(of url: String) -> String? {
        guard url.utf8.count <= urlBytesMax else { return "is longer than \(urlBytesMax) bytes" }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x5c && $0 != 0x22 }) else {
            return "has characters that an address cannot have"
        }
        let lower = url.lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else {
            return "begins neither with https:// nor with http://"
        }
        let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.hasPrefix(":") else { return "names no host" }
        guard !authority.contains("@") else {
            return "has a name or password before the host; a secret has no place in a job"
        }
        return url.contains("#") ? "has a fragment, which is never sent" : nil
    }
}
