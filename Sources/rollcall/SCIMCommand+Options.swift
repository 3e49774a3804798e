import ArgumentParser
import Foundation
import JSONBytes
import PushEndpoint
import Reconciliation
import Reports
import Storage

/// Where the endpoint is reached from outside.
struct URLOptions: ParsableArguments {
    @Option(
        help: "The address under which rollcall serve is reached. Default: $ROLLCALL_URL, else http://127.0.0.1:8080.")
    var url: String?

    /// The address without a slash at its end.
    func checked() throws -> String {
        let environment = ProcessInfo.processInfo.environment["ROLLCALL_URL"] ?? ""
        let text = url ?? (environment.isEmpty ? "http://127.0.0.1:8080" : environment)
        let visible = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard visible, text.hasPrefix("http://") || text.hasPrefix("https://"), let parsed = URL(string: text),
            parsed.host?.isEmpty == false, parsed.query == nil, parsed.fragment == nil
        else {
            throw CommandFailure(
                .configuration, "'\(SafeText.line(text))' is no address of an endpoint; say --url https://HOST[:PORT]")
        }
        return String(text.reversed().drop { $0 == "/" }.reversed())
    }
}

/// Whose habits a push endpoint allows for.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which identity provider pushes, so that its habits are allowed for. Default: any.", valueName: "client"))
    var client: String?

    /// The names, for help and errors.
    static var list: String { Client.all.map(\.name).joined(separator: ", ") }

    /// - Returns: `nil` where nothing was said.
    /// - Throws: ``CommandFailure`` for a name that there is not, with those that there are.
    func checked() throws -> Client? {
        guard let client else { return nil }
        guard let found = Client(named: client) else {
            throw CommandFailure(
                .configuration, "there is no client '\(SafeText.line(client))'; there are: \(Self.list)")
        }
        return found
    }
}

/// How long a token lives.
struct ExpiryOptions: ParsableArguments {
    @Option(
        name: .customLong("expires"),
        help: "How long the bearer token works: 1d to 730d, also in hours or years (8760h, 1y).")
    var expires: String = "365d"

    var lifetime: Duration { get throws { try Span.parse(expires, option: "--expires") } }
}

/// Spans of time as people write them.
enum Span {
    /// Longer spans are a slip of the finger.
    private static let countMax = 100_000

    /// `90m`, `12h`, `365d` or `1y` (365 days).
    static func parse(_ text: String, option: String) throws -> Duration {
        let units: [Character: Int] = ["m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400]
        guard let unit = text.last, let seconds = units[unit],
            text.dropLast().utf8.allSatisfy({ (48...57).contains($0) }),
            let count = Int(text.dropLast()), count <= countMax
        else {
            throw CommandFailure(
                .configuration, "\(option): '\(SafeText.line(text))' is no span of time; write for example 365d or 12h")
        }
        return .seconds(count * seconds)
    }
}

/// What the commands about one endpoint share.
struct SCIMTargetOptions: ParsableArguments {
    @Argument(help: "Name or id of the push endpoint.")
    var name: String
    @OptionGroup var organization: OrganizationOptions
    @OptionGroup var base: URLOptions
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    func perform(mode: Store.Mode = .readWrite, _ body: (Store, Organization, SCIMPrinter) throws -> Void) throws {
        try CommandFailure.translating {
            let url = try base.checked()
            let store = try Store(path: store.path, mode: mode)
            let owner = try store.organization(named: organization.organization)
            try body(store, owner, SCIMPrinter(owner: owner, base: url, format: output.format))
            try store.close()
        }
    }

    func set(enabled: Bool) throws {
        try perform { store, owner, printer in
            let changed = try store.setSCIMConfiguration(
                name, of: owner.organization, enabled: enabled, by: Machine.administrator)
            try printer.done("the push endpoint \(changed.name) is \(enabled ? "enabled" : "disabled")", changed)
        }
    }
}

/// Prints push endpoints.
struct SCIMPrinter {
    let owner: Organization
    let base: String
    let format: OutputOptions.Format

    /// Why the endpoints answer nobody, or what to know of them; `nil` where SCIM provisioning is simply on.
    private var note: String? {
        switch owner.settings.scimProvisioning {
        case .on: nil
        case .beta: "SCIM provisioning is in beta for \(owner.name)"
        case .off:
            "SCIM provisioning is not in the plan of \(owner.name): every push is refused; switch it on with: "
                + "rollcall organizations set \(owner.name) --scim-provisioning on"
        }
    }

    private func endpointURL(_ configuration: SCIMConfiguration) -> String { base + "/scim/" + configuration.id }

    private func json(_ configuration: SCIMConfiguration) -> JSONObject {
        [
            "type": "scimConfiguration", "id": .string(configuration.id), "organization": .string(owner.name),
            "name": .string(configuration.name), "connection": .string(configuration.connectionName),
            "sso": configuration.ssoName.map(JSONValue.string) ?? .null, "client": .string(configuration.client),
            "enabled": .bool(configuration.enabled),
            "extensionSchemas": .array(configuration.schemas.extensions.map { .string($0.urn) }),
            "endpointUrl": .string(endpointURL(configuration)),
            "scimProvisioning": .string(owner.settings.scimProvisioning.rawValue),
        ]
    }

    /// The endpoint with its newest token: the only place that shows one.
    func secret(_ configuration: SCIMConfiguration, _ token: BearerToken) throws {
        var out = StandardOutput(format)
        guard let kept = configuration.tokens.first(where: { $0.id == token.fingerprint }) else {
            throw CommandFailure(.failed, "the new token is not among those of the push endpoint")
        }
        let expires = Timestamp.text(kept.expiresAt)
        if out.isJSON {
            var object = json(configuration)
            object["token"] = .string(token.text)
            object["tokenId"] = .string(kept.id)
            object["tokenName"] = .string(kept.name)
            object["expiresAt"] = .string(expires)
            try out.json(object)
        } else {
            try out.line(
                "push endpoint  \(configuration.name) (\(owner.name), connection \(configuration.connectionName))")
            try out.line("URL            \(endpointURL(configuration))")
            try out.line("bearer token   \(token.text)")
            try out.line("its name       \(kept.name) (id \(kept.id))")
            try out.line("expires        \(expires)")
            try out.line()
            try out.line(
                "The token is shown this once; only its hash is kept. A lost one is replaced by: rollcall scim rotate")
            try out.line("In Microsoft Entra ID, map objectId to externalId: the default, mailNickname, can change.")
        }
        try out.flush()
    }

    func list(_ all: [SCIMConfiguration], now: Instant) throws {
        var out = StandardOutput(format)
        if out.isJSON {
            for configuration in all { try out.json(withTokens(configuration, now)) }
        } else if all.isEmpty {
            try out.line("no push endpoints; create one with: rollcall scim create --sso SSO --name NAME")
        } else {
            try out.table(
                ["NAME", "STATE", "CLIENT", "CONNECTION", "SSO", "TOKEN", "URL"],
                all.map {
                    [
                        $0.name, $0.enabled ? "enabled" : "disabled", $0.client, $0.connectionName, $0.ssoName ?? "-",
                        tokenState($0, now), endpointURL($0),
                    ]
                })
            if let note { try out.line(note) }
        }
        try out.flush()
    }

    func show(_ configuration: SCIMConfiguration, now: Instant) throws {
        var out = StandardOutput(format)
        if out.isJSON {
            try out.json(withTokens(configuration, now))
        } else {
            try out.line("name        \(configuration.name)")
            try out.line("state       \(configuration.enabled ? "enabled" : "disabled")")
            try out.line("client      \(configuration.client)")
            try out.line("URL         \(endpointURL(configuration))")
            try out.line("connection  \(configuration.connectionName)")
            try out.line("SSO         \(configuration.ssoName ?? "-")")
            for schema in configuration.schemas.extensions {
                try out.line(
                    "schema      \(schema.urn) (\(schema.type.rawValue), attributes: \(schema.attributes.count))")
            }
            if let note { try out.line("note        \(note)") }
            for token in configuration.tokens { try out.line("token       \(line(token, now))") }
        }
        try out.flush()
    }

    func done(_ sentence: String, _ configuration: SCIMConfiguration) throws {
        var out = StandardOutput(format)
        if out.isJSON { try out.json(json(configuration)) } else { try out.line(sentence) }
        try out.flush()
    }

    func tokens(_ configuration: SCIMConfiguration, now: Instant) throws {
        var out = StandardOutput(format)
        if out.isJSON {
            for token in configuration.tokens {
                var object: JSONObject = [
                    "type": "scimToken", "organization": .string(owner.name),
                    "scimConfiguration": .string(configuration.name),
                ]
                for member in json(token, now).members { object[member.key] = member.value }
                try out.json(object)
            }
        } else {
            try out.table(
                ["NAME", "STATE", "CREATED", "EXPIRES", "LAST USED", "ID"],
                configuration.tokens.map {
                    [
                        $0.name, state($0, now), Timestamp.text($0.createdAt), Timestamp.text($0.expiresAt),
                        $0.lastUsedAt.map(Timestamp.text) ?? "never", $0.id,
                    ]
                })
        }
        try out.flush()
    }

    private func state(_ token: SCIMConfiguration.Token, _ now: Instant) -> String {
        guard token.isValid(at: now) else { return token.revokedAt == nil ? "expired" : "revoked" }
        return token.revokedAt.map { "ends \(Timestamp.text($0))" } ?? "valid"
    }

    private func line(_ token: SCIMConfiguration.Token, _ now: Instant) -> String {
        let used = token.lastUsedAt.map { "last used \(Timestamp.text($0))" } ?? "never used"
        let revoked = token.revokedAt.map { ", revoked as of \(Timestamp.text($0))" } ?? ""
        return "\(token.name) (id \(token.id)) of \(Timestamp.text(token.createdAt)), "
            + "\(token.isValid(at: now) ? "valid" : "ended"), expires \(Timestamp.text(token.expiresAt))\(revoked), \(used)"
    }

    private func tokenState(_ configuration: SCIMConfiguration, _ now: Instant) -> String {
        guard let token = configuration.tokens.last(where: { $0.isValid(at: now) }) else { return "none valid" }
        return "until " + Timestamp.text(token.expiresAt)
    }

    private func withTokens(_ configuration: SCIMConfiguration, _ now: Instant) -> JSONObject {
        var object = json(configuration)
        object["tokens"] = .array(configuration.tokens.map { .object(json($0, now)) })
        return object
    }

    private func json(_ token: SCIMConfiguration.Token, _ now: Instant) -> JSONObject {
        [
            "id": .string(token.id), "name": .string(token.name), "createdAt": .string(Timestamp.text(token.createdAt)),
            "expiresAt": .string(Timestamp.text(token.expiresAt)),
            "revokedAt": token.revokedAt.map { .string(Timestamp.text($0)) } ?? .null,
            "lastUsedAt": token.lastUsedAt.map { .string(Timestamp.text($0)) } ?? .null,
            "valid": .bool(token.isValid(at: now)),
        ]
    }
}
