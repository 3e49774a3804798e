import ArgumentParser
import JSONBytes
import Reconciliation
import Reports
import Storage

extension AdminAccess: ExpressibleByArgument {}

struct AdminCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Open the admin HTTP interface with tokens, and see who changed the configuration.",
        discussion: """
            rollcall serve answers below /admin/v1 as soon as there is a valid admin token, and not at all without one. Its \
            description is served at /admin/v1/openapi.json.
            """, subcommands: [Tokens.self, Acts.self])

    struct Tokens: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create, list and revoke tokens of the admin interface.",
            subcommands: [Create.self, List.self, Revoke.self])

        struct Create: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Create a token of the admin interface and print it, once.",
                discussion: """
                    --access signIn: only the question whether somebody may sign in, for the application itself; read: also \
                    the configuration; full: also changing it. With --organization the token opens that one alone.
                    """)

            @Argument(help: "What the token is called, for example the program that uses it.")
            var name: String
            @Option(help: "signIn, read or full.")
            var access: AdminAccess
            @Option(help: "The only organization that the token opens. Left out: all.")
            var organization: String?
            @OptionGroup var expiry: ExpiryOptions
            @OptionGroup var store: StoreOptions
            @OptionGroup var output: OutputOptions

            func run() throws {
                try CommandFailure.translating {
                    let lifetime = try expiry.lifetime
                    let store = try Store(path: store.path, mode: .readWrite)
                    let owner = try organization.map { try store.organization(named: $0) }
                    let token = Machine.newToken(prefix: BearerToken.adminPrefix)
                    let created = try store.createAdminToken(
                        token, named: name, access: access, organization: owner?.organization, lifetime: lifetime,
                        now: Machine.now, by: Machine.administrator)
                    try store.close()
                    var out = StandardOutput(output.format)
                    if out.isJSON {
                        var line = created.json(Machine.now)
                        line["token"] = .string(token.text)
                        try out.json(line)
                    } else {
                        try out.line("admin token   \(token.text)")
                        try out.line("its name      \(created.name) (id \(created.id))")
                        try out.line("opens         \(created.access.rawValue), \(created.scope)")
                        try out.line("expires       \(Timestamp.text(created.expiresAt))")
                        try out.line()
                        try out.line("The token is shown this once; only its hash is kept.")
                    }
                    try out.flush()
                }
            }
        }

        struct List: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "List the tokens of the admin interface, never a token itself.")

            @OptionGroup var store: StoreOptions
            @OptionGroup var output: OutputOptions

            func run() throws {
                try CommandFailure.translating {
                    let all = try Store(path: store.path, mode: .readOnly).adminTokens()
                    let now = Machine.now
                    var out = StandardOutput(output.format)
                    if out.isJSON {
                        for token in all { try out.json(token.json(now)) }
                    } else if all.isEmpty {
                        try out.line(
                            "no admin tokens, so there is no admin interface; open it with: rollcall admin tokens create NAME"
                        )
                    } else {
                        try out.table(
                            ["NAME", "STATE", "ACCESS", "ORGANIZATION", "EXPIRES", "LAST USED", "ID"],
                            all.map {
                                [
                                    $0.name, $0.state(now), $0.access.rawValue, $0.organization?.name ?? "all",
                                    Timestamp.text($0.expiresAt), $0.lastUsedAt.map(Timestamp.text) ?? "never", $0.id,
                                ]
                            })
                    }
                    try out.flush()
                }
            }
        }

        struct Revoke: ParsableCommand {
            static let configuration = CommandConfiguration(abstract: "End a token of the admin interface at once.")

            @Argument(help: "Name or id of the token.")
            var name: String
            @OptionGroup var store: StoreOptions
            @OptionGroup var output: OutputOptions

            func run() throws {
                try CommandFailure.translating {
                    let store = try Store(path: store.path, mode: .readWrite)
                    let revoked = try store.revokeAdminToken(name, now: Machine.now, by: Machine.administrator)
                    try store.close()
                    var out = StandardOutput(output.format)
                    if out.isJSON {
                        try out.json(revoked.json(Machine.now))
                    } else {
                        try out.line("the admin token \(revoked.name) is revoked")
                    }
                    try out.flush()
                }
            }
        }
    }

    struct Acts: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List who changed the configuration, by command or over HTTP, the newest first.")

        @Option(help: "Only what was changed of this organization. Left out: everything.")
        var organization: String?
        @Option(help: "How many at most.")
        var limit: Int = 100
        @OptionGroup var store: StoreOptions
        @OptionGroup var output: OutputOptions

        func validate() throws {
            guard limit > 0 else { throw ValidationError("--limit is at least 1.") }
        }

        func run() throws {
            try CommandFailure.translating {
                let store = try Store(path: store.path, mode: .readOnly)
                let owner = try organization.map { try store.organization(named: $0) }
                let acts = try store.administrativeActs(of: owner?.organization, limit: limit)
                var out = StandardOutput(output.format)
                if out.isJSON {
                    for act in acts { try out.json(act.json) }
                } else if acts.isEmpty {
                    try out.line("nothing was changed yet")
                } else {
                    try out.table(
                        ["AT", "BY", "ORGANIZATION", "ACTION", "SUBJECT"],
                        acts.map {
                            [
                                Timestamp.text($0.at), $0.administrator, $0.organization ?? "-", $0.action.rawValue,
                                $0.subject,
                            ]
                        })
                }
                try out.flush()
            }
        }
    }
}

extension AdminToken {
    fileprivate var scope: String { organization.map { "the organization \($0.name) only" } ?? "all organizations" }

    fileprivate func state(_ now: Instant) -> String {
        isValid(at: now) ? "valid" : revokedAt == nil ? "expired" : "revoked"
    }

    fileprivate func json(_ now: Instant) -> JSONObject {
        [
            "type": "adminToken", "id": .string(id), "name": .string(name), "access": .string(access.rawValue),
            "organization": organization.map { .string($0.name) } ?? .null,
            "createdAt": .string(Timestamp.text(createdAt)), "expiresAt": .string(Timestamp.text(expiresAt)),
            "revokedAt": revokedAt.map { .string(Timestamp.text($0)) } ?? .null,
            "lastUsedAt": lastUsedAt.map { .string(Timestamp.text($0)) } ?? .null, "valid": .bool(isValid(at: now)),
        ]
    }
}

extension AdministrativeAct {
    fileprivate var json: JSONObject {
        [
            "type": "administrativeAct", "at": .string(Timestamp.text(at)), "administrator": .string(administrator),
            "organization": organization.map(JSONValue.string) ?? .null, "action": .string(action.rawValue),
            "subject": .string(subject),
        ]
    }
}
