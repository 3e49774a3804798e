import Foundation
import JSONBytes
import Synchronization
import Testing

/// The built program, run as its users run it: a process with arguments, files, a status and two outputs.
enum Program {
    /// How long anything may take before a test calls it stuck. Generous, since a busy machine is no failure.
    static let deadline = Duration.seconds(90)

    /// The program stands beside the test bundle, wherever the build folder is.
    static let path: String = {
        let places = ["/proc/self/exe"] + CommandLine.arguments + [Bundle.main.bundlePath]
        for place in places {
            var folder = URL(fileURLWithPath: place).resolvingSymlinksInPath().deletingLastPathComponent()
            for _ in 0..<3 {
                let program = folder.appendingPathComponent("rollcall").path
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: program, isDirectory: &isFolder), !isFolder.boolValue,
                    FileManager.default.isExecutableFile(atPath: program)
                {
                    return program
                }
                folder.deleteLastPathComponent()
            }
        }
        return "rollcall-was-not-built"
    }()

    /// The checkout, which has `jobs` and `samples`.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static func sample(_ path: String) -> String { checkout + "/samples/" + path }
    static func job(_ name: String) -> String { checkout + "/jobs/" + name }

    /// Asks until the answer is yes, and gives up at the deadline.
    static func eventually(
        within limit: Duration = deadline, _ what: String, _ isSo: () throws -> Bool
    ) throws {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while try !isSo() {
            guard clock.now < end else { throw Stuck("not so within \(limit): \(what)") }
            usleep(5_000)
        }
    }

    struct Stuck: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}

/// What a process left behind.
struct Output: Sendable, CustomStringConvertible {
    /// The exit status; the negative signal number for a process that a signal ended.
    let status: Int32
    let text: String
    let error: String

    var description: String { "status \(status)\n\(text.suffix(2_000))\n\(error)" }

    var lines: [String] { text.split(separator: "\n").map(String.init) }
    var errorLines: [String] { error.split(separator: "\n").map(String.init) }

    /// The lines of `--format json`.
    func objects(_ type: String? = nil) throws -> [JSONObject] {
        let all = try lines.map { try #require(try JSONValue(parsing: $0).object, "\($0)") }
        guard let type else { return all }
        return all.filter { $0["type"]?.string == type }
    }

    /// The last line of a plan, dry run or run.
    func summary() throws -> JSONObject {
        try #require(try objects("summary").last, "no summary in \(self)")
    }

    func digest() throws -> String { try #require(try summary()["digest"]?.string) }

    /// How many changes of each class the summary counts.
    func counts() throws -> [String: Int] {
        let members = try #require(try summary()["counts"]?.object).members
        return Dictionary(uniqueKeysWithValues: members.map { ($0.key, $0.value.integer ?? -1) })
    }

    /// Every change as one line: class, kind, name, and for a membership whose.
    func changes() throws -> [String] {
        try objects("change").map { change in
            var words = ["class", "kind", "name"].map { change[$0]?.string ?? "?" }
            if let member = change["member"]?.object?["name"]?.string { words.append(member) }
            return words.joined(separator: " ")
        }
    }

    func trippedGates() throws -> [String] {
        try objects("gate").filter { $0["tripped"]?.bool == true }.compactMap { $0["name"]?.string }
    }
}

/// A process of the program that is under way.
final class Running: Sendable {
    let pid: pid_t
    private let folder: String
    private let ended = Mutex<Int32?>(nil)

    /// - Parameter standardOutput: where its output goes instead of a file that ``wait(within:)`` reads.
    init(_ arguments: [String], environment: [String: String], folder: String, standardOutput: String? = nil) throws {
        self.folder = folder
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let write = O_WRONLY | O_CREAT | O_TRUNC
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let standardOutput {
            posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, folder + "/stdout", write, 0o600)
        }
        posix_spawn_file_actions_addopen(&actions, 2, folder + "/stderr", write, 0o600)
        var argv = ([Program.path] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup($0.key + "=" + $0.value) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, Program.path, &actions, nil, &argv, &envp)
        guard code == 0 else { throw Program.Stuck("\(Program.path): \(String(cString: strerror(code)))") }
        self.pid = pid
    }

    deinit {
        if !isEnded {
            kill(pid, SIGKILL)
            _ = reap(0)
        }
    }

    /// Whether it has ended; it is then no zombie either.
    var isEnded: Bool { reap(WNOHANG) != nil }

    func signal(_ number: Int32) { if !isEnded { kill(pid, number) } }

    /// Ends it as a power cut would, and returns once it is gone.
    func killNow() {
        signal(SIGKILL)
        _ = reap(0)
    }

    /// Waits for its end.
    func wait(within limit: Duration = Program.deadline) throws -> Output {
        do {
            try Program.eventually(within: limit, "process ends") { isEnded }
        } catch {
            killNow()
            throw Program.Stuck("\(error); so far: \(try output())")
        }
        return try output()
    }

    /// What it has printed until now.
    func output() throws -> Output {
        func text(_ name: String) throws -> String {
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path) else { return "" }
            return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        }
        return Output(status: reap(WNOHANG) ?? 0, text: try text("stdout"), error: try text("stderr"))
    }

    private func reap(_ options: Int32) -> Int32? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            var found = waitpid(pid, &status, options)
            while found < 0 && errno == EINTR { found = waitpid(pid, &status, options) }
            guard found == pid else { return nil }
            let signal = status & 0x7f
            ended = signal == 0 ? (status >> 8) & 0xff : -signal
            return ended
        }
    }
}

/// A folder of a test's own with a database in it, gone at the end of the test.
final class Workplace: Sendable {
    let folder: String
    let database: String
    private let count = Atomic<Int>(0)

    init() throws {
        let root = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath()
        folder = root.appendingPathComponent("rollcall-test-" + UUID().uuidString.lowercased()).path
        database = folder + "/state/rollcall.db"
        try FileManager.default.createDirectory(atPath: folder + "/state", withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch {
            Issue.record("\(folder) cannot be removed: \(error)")
        }
    }

    /// Starts the program on this folder's database.
    func start(
        _ arguments: [String], environment more: [String: String] = [:], standardOutput: String? = nil
    ) throws -> Running {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let outputs = folder + "/process-\(number)"
        try FileManager.default.createDirectory(atPath: outputs, withIntermediateDirectories: true)
        var environment = ["ROLLCALL_DB": database, "TZ": "UTC", "TMPDIR": folder]
        for name in ["PATH", "HOME", "LD_LIBRARY_PATH"] {
            environment[name] = ProcessInfo.processInfo.environment[name]
        }
        environment.merge(more) { _, new in new }
        return try Running(arguments, environment: environment, folder: outputs, standardOutput: standardOutput)
    }

    /// Runs the program to its end.
    @discardableResult
    func run(_ arguments: String...) throws -> Output { try start(arguments).wait() }

    /// Runs the program and insists on its status.
    @discardableResult
    func run(
        _ arguments: String..., expecting status: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Output {
        let output = try start(arguments).wait()
        try #require(output.status == status, "\(arguments): \(output)", sourceLocation: sourceLocation)
        return output
    }

    /// Every account and group of an organization as `accounts export` prints them.
    func accounts(_ organization: String = "acme") throws -> [String] {
        try ["user", "group"].flatMap { kind in
            try run(
                "accounts", "export", "--organization", organization, "--kind", kind, "--format", "json", expecting: 0
            ).lines
        }
    }

    /// The accounts without what may differ between two stores with the same content: ids of ours, also in references and
    /// memberships, are names, and lists are sorted.
    func namedAccounts(_ organization: String = "acme") throws -> [String] {
        let objects = try accounts(organization).map { try #require(try JSONValue(parsing: $0).object) }
        var names: [String: String] = [:]
        for object in objects {
            let id = try #require(object["id"]?.string)
            names[id] = object["userName"]?.string ?? object["displayName"]?.string ?? "?"
        }
        return objects.map { Self.text(.object($0), names) }.sorted()
    }

    /// Expects the same accounts as in another store, and shows the first that differ.
    func expectAccounts(
        _ expected: [String], _ organization: String = "acme", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try namedAccounts(organization)
        let (extra, absent) = (Set(found).subtracting(expected), Set(expected).subtracting(found))
        #expect(
            found == expected,
            """
            \(found.count) accounts, \(expected.count) expected; not expected: \(extra.sorted().prefix(2)); absent: \
            \(absent.sorted().prefix(2))
            """, sourceLocation: sourceLocation)
    }

    private static func text(_ value: JSONValue, _ names: [String: String]) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): "\"" + (names[text] ?? text) + "\""
        case .array(let values): "[" + values.map { text($0, names) }.sorted().joined(separator: ",") + "]"
        case .object(let object):
            "{" + object.members.map { $0.key + ":" + text($0.value, names) }.sorted().joined(separator: ",") + "}"
        }
    }

    /// One account by userName, name or externalId.
    func account(_ who: String, _ organization: String = "acme") throws -> JSONObject? {
        try accounts(organization).compactMap { try JSONValue(parsing: $0).object }
            .first { account in ["id", "userName", "externalId", "displayName"].contains { account[$0]?.string == who }
            }
    }

    /// Name, size, time and content of everything in the database's folder, for "nothing was written".
    ///
    /// Not SQLite's list of who reads (`-shm`) and an empty `-wal`: whoever opens a database in WAL mode makes those.
    func state() throws -> [String] {
        let root = folder + "/state"
        let names = try FileManager.default.subpathsOfDirectory(atPath: root).sorted()
        return try names.compactMap { name in
            var status = stat()
            try #require(lstat(root + "/" + name, &status) == 0)
            let isFile = status.st_mode & S_IFMT == S_IFREG
            if name.hasSuffix(".db-shm") || name.hasSuffix(".db-wal") && status.st_size == 0 { return nil }
            let bytes = isFile ? try Data(contentsOf: URL(fileURLWithPath: root + "/" + name)) : Data()
            return "\(name) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(bytes.hashValue)"
        }
    }

    /// Writes a file into this folder and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let path = folder + "/" + name
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
