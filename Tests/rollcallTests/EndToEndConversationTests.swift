import Foundation
import JSONBytes
import Testing

@Suite("End to end: clients", .serialized)
struct EndToEndConversationTests {
    /// The endpoint's client as the commands show it.
    private func client(_ place: Workplace, _ arguments: String...) throws -> [String?] {
        let all = ["scim"] + arguments + ["--organization", "acme", "--format", "json"]
        return try place.start(all).wait().objects("scimConfiguration").map { $0["client"]?.string }
    }

    @Test("the client is said when an endpoint is created, changed by scim set, and shown")
    func commands() throws {
        let place = try Workplace()
        try place.run("organizations", "create", "acme", expecting: 0)
        try place.run("sso", "create", "main", expecting: 0)
        #expect(try client(place, "create", "--sso", "main", "--name", "any") == ["default"])
        let named = ["create", "--sso", "main", "--name", "named", "--connection", "other", "--client", "okta"]
        let created = try place.start(["scim"] + named + ["--format", "json"]).wait()
        #expect(try created.objects("scimConfiguration").first?["client"]?.string == "okta")
        #expect(try client(place, "list") == ["default", "okta"])
        #expect(try client(place, "set", "any", "--client", "entra") == ["entra"])
        #expect(try client(place, "show", "any") == ["entra"])
        let shown = try place.run("scim", "show", "any", expecting: 0)
        #expect(shown.lines.contains("client      entra"))
        let listed = try place.run("scim", "list", expecting: 0)
        #expect(listed.text.contains("CLIENT") && listed.text.contains("okta"))
        let told = try place.run("scim", "set", "any", "--client", "rfc", expecting: 0)
        #expect(told.text.contains("any hears rfc"))
    }

    @Test("a client that there is not is refused with those that there are, and nothing is created")
    func unknown() throws {
        let place = try Workplace()
        try place.run("organizations", "create", "acme", expecting: 0)
        try place.run("sso", "create", "main", expecting: 0)
        let refused = try place.run(
            "scim", "create", "--sso", "main", "--name", "x", "--client", "Azure", expecting: 78)
        #expect(
            refused.error.contains("there is no client 'Azure'; there are: default, entra, okta, onelogin, ping, ")
                && refused.error.contains("jumpcloud, google, rfc"), "\(refused)")
        #expect(try client(place, "list") == [])
        try place.run("scim", "create", "--sso", "main", "--name", "x", expecting: 0)
        try place.run("scim", "set", "x", "--client", "Azure", expecting: 78)
        try place.run("scim", "set", "x", expecting: 64)
        try place.run("scim", "set", "y", "--client", "okta", expecting: 78)
        #expect(try client(place, "show", "x") == ["default"])
    }

    @Test(
        "a conversation is replayed by hand, over a socket, and arrives in the accounts",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl"), "the script needs curl"),
        arguments: ["entra/without-flag.http", "okta/catalogue-app.http", "rfc/by-the-letter.http"])
    func replay(file: String) throws {
        let place = try Workplace()
        let endpoint = try PushEndpoint(place)
        let name = String(file.prefix { $0 != "/" })
        try place.run("scim", "set", "production", "--client", name, "--organization", "acme", expecting: 0)
        let server = try Server(place)
        let url = "http://127.0.0.1:\(server.port)\(endpoint.path)"
        let (status, output) = try Self.bash(
            [Program.sample("scim/replay.sh"), url, Program.sample("scim/" + file)], token: endpoint.token)
        let lines = output.split(separator: "\n")
        #expect(status == 0 && !lines.isEmpty && lines.allSatisfy { $0.hasPrefix("ok") }, "\(output)")
        let text = try String(contentsOfFile: Program.sample("scim/" + file), encoding: .utf8)
        #expect(lines.count == text.components(separatedBy: "\n### ").count - 1)
        try Program.eventually("drained") { try !place.accounts().isEmpty }
        // Against another client's endpoint the letter of the RFC is not kept.
        guard name == "entra" else { return }
        let other = try Self.bash(
            [Program.sample("scim/replay.sh"), url, Program.sample("scim/rfc/by-the-letter.http")],
            token: endpoint.token)
        #expect(other.status == 1 && other.output.contains("WRONG"))
    }

    private static func bash(_ arguments: [String], token: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "TOKEN": token, "LC_ALL": "C.UTF-8"]
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
