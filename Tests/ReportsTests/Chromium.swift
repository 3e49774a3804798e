import Foundation
import Testing

@testable import Reports

/// A Chromium without a window: opens a page from a file, and tells what the page's script made of it.
///
/// It has a profile of its own, in the page's folder, and no network: every name is unknown to it. Timers run on virtual time, so that
/// nothing is waited for.
struct Chromium {
    struct Failed: Error { var description: String }

    /// As CI says it: without a browser, the tests fail instead of being left out.
    static let isRequired = ProcessInfo.processInfo.environment["ROLLCALL_REQUIRE_CHROMIUM"] == "1"
    static let isUsable = isRequired || program != nil

    private static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
        return names.lazy.flatMap { name in folders.lazy.map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// Seconds after which a browser that hangs is killed: a start takes 1 to 5, more on a busy machine.
    private static let secondsMax = 120

    /// A page as the browser has it when its script and its timers are through.
    struct Document {
        /// The whole document.
        let markup: String
        /// What `saying` evaluates to, in JSON; `null` without.
        let said: String
        /// The addresses with which the page asked for something, be it answered or not, its own file left out.
        let requests: [String]
    }

    /// Opens a page.
    ///
    /// - Parameters:
    ///   - fragment: what follows the `#` of the address.
    ///   - acting: a script of the test's that does what a reader would do. It is added to the page, and to its policy.
    ///   - saying: an expression, evaluated a second (of virtual time) after the page is there.
    static func open(
        _ page: String, at fragment: String = "", acting: String = "", saying: String = "null"
    ) throws -> Document {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rollcall-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("page.html")
        try Data(with(acting, saying, page).utf8).write(to: file)
        let markup = try run(folder, file.absoluteString + (fragment.isEmpty ? "" : "#" + fragment))
        let said = PageParts.inner("data-said=\"", "\"", of: markup)?.removingPercentEncoding
        let log = try String(contentsOf: folder.appendingPathComponent("log.json"), encoding: .utf8)
        return Document(markup: markup, said: said ?? "", requests: requests(log))
    }

    /// The addresses of the `.invalid` domain in a log of the browser's network; a browser has errands of its own, too.
    private static func requests(_ log: String) -> [String] {
        Set(log.matches(of: #/"url":"(https?:\/\/[^"\/]*\.invalid[^"]*)"/#).map { String($0.1) }).sorted()
    }

    private static func with(_ acting: String, _ saying: String, _ page: String) -> String {
        let script = """
            \(acting)
            setTimeout(function () {
              document.body.dataset.said = encodeURIComponent(JSON.stringify(\(saying)));
            }, 1000);
            """
        let policy = "script-src " + HTML.escape(ContentHash.source(HTML(stringLiteral: script))) + " "
        return page.replacing("script-src ", with: policy).replacing(
            "</body>", with: "<script>\(script)</script></body>")
    }

    private static func run(_ folder: URL, _ address: String) throws -> String {
        guard let program else {
            throw Failed(description: "ROLLCALL_REQUIRE_CHROMIUM is 1, and no Chromium is in PATH")
        }
        let output = folder.appendingPathComponent("document.html")
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        // The sandbox refuses to run as root, as in a container; the page is ours.
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--user-data-dir=" + folder.appendingPathComponent("profile").path,
            "--log-net-log=" + folder.appendingPathComponent("log.json").path,
            "--virtual-time-budget=5000", "--dump-dom", address,
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = FileHandle.nullDevice
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if ended.wait(timeout: .now() + .seconds(secondsMax)) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            throw Failed(description: "Chromium did not end in \(secondsMax) s")
        }
        try handle.close()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw Failed(description: "\(program) ended with \(process.terminationStatus)")
        }
        return try String(contentsOf: output, encoding: .utf8)
    }
}
