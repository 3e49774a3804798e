import Foundation
import Provisioning
import Reconciliation
import Snapshots

/// Measures whole runs of the engine on generated exports, or with `--what endpoint` the push endpoint (``EndpointBenchmark``):
///
///     swift run -c release Benchmarks [--what runs] [--people 100000] [--seed 7] [--folder DIR]
///
/// For each format: the first import into an empty store, the same export again, and one in which 1 % of the people changed.
/// Each line is JSON: CPU seconds (user and system), wall seconds, the process's peak memory so far, and what was done, so
/// that a wrong run is seen. Times compare within one call only; machines differ.
@main
struct Benchmarks {
    static func main() async throws {
        let options = try Options(CommandLine.arguments.dropFirst())
        switch options.what {
        case .runs: for format in CompanyGenerator.Format.allCases { try measure(format, options) }
        case .endpoint: try await EndpointBenchmark(options: options).run()
        }
    }

    private static func measure(_ format: CompanyGenerator.Format, _ options: Options) throws {
        let folder = options.folder + "/rollcall-bench-\(format.rawValue)"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var company = CompanyGenerator(people: options.people, seed: options.seed)
        let bytes = try company.write(format, to: folder + "/day-1")
        company.changedPerMille = 10
        _ = try company.write(format, to: folder + "/day-2")
        for (step, file, day) in [
            ("import", "day-1", Int64(1)), ("no change", "day-1", 1), ("1 % changed", "day-2", 2),
        ] {
            let before = Usage.now
            let result = try run(format, file: folder + "/" + file, day: day, database: folder + "/bench.db")
            let used = Usage.now.since(before)
            print(
                """
                {"type":"benchmark","format":"\(format.rawValue)","step":"\(step)","people":\(options.people),\
                "fileBytes":\(bytes),"cpuSeconds":\(used.cpu),"wallSeconds":\(used.wall),"peakMiB":\(Usage.peakMiB),\
                "changes":\(result.summary.counts.values.reduce(0, +)),"quarantined":\(result.summary.quarantined)}
                """)
        }
    }

    private static func run(
        _ format: CompanyGenerator.Format, file: String, day: Int64, database: String
    ) throws -> RunResult {
        let start = Instant(milliseconds: 1_767_225_600_000)
        let source = SourceSpecification(
            preset: format == .scim ? .scim : .dsml, users: [file], takenAt: start + .seconds(86_400 * day))
        let engine = Engine(
            database: database,
            environment: RunEnvironment(
                now: { start + .seconds(86_400 * (day + 1)) }, makeID: { UUID().uuidString.lowercased() }))
        return try engine.run(
            Job(name: "benchmark", organization: "bench", connection: "default", source: source),
            options: RunOptions(purpose: .apply), report: { _ in })
    }
}

/// What the command line says.
struct Options: Sendable {
    enum What: String, CaseIterable { case runs, endpoint }

    var what = What.runs
    var people = 100_000
    /// How long each kind of request is measured.
    var seconds = 5.0
    var connections = 16
    var seed: UInt64 = 7
    var folder = NSTemporaryDirectory()

    struct Unusable: Error, CustomStringConvertible {
        var description: String
    }

    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let name = rest.popFirst() {
            guard let value = rest.popFirst() else { throw Unusable(description: "\(name) needs a value") }
            switch name {
            case "--people":
                guard let number = Int(value), (1...10_000_000).contains(number) else {
                    throw Unusable(description: "--people is a number from 1 to 10000000, not \(value)")
                }
                people = number
            case "--seed":
                guard let number = UInt64(value) else {
                    throw Unusable(description: "--seed is a whole number, not \(value)")
                }
                seed = number
            case "--folder": folder = value
            case "--what":
                guard let named = What(rawValue: value) else {
                    throw Unusable(description: "--what is runs or endpoint, not \(value)")
                }
                what = named
            case "--seconds":
                guard let number = Double(value), (0.1...600).contains(number) else {
                    throw Unusable(description: "--seconds is a number from 0.1 to 600, not \(value)")
                }
                seconds = number
            case "--connections":
                guard let number = Int(value), (1...1000).contains(number) else {
                    throw Unusable(description: "--connections is a number from 1 to 1000, not \(value)")
                }
                connections = number
            default:
                throw Unusable(
                    description:
                        "unknown option \(name); known are --what, --people, --seed, --folder, --seconds and --connections"
                )
            }
        }
    }
}

/// What the process has used, as the kernel counts it.
private struct Usage {
    var cpu: Double
    var wall: Double

    static var now: Usage {
        let usage = raw
        return Usage(cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), wall: Date().timeIntervalSince1970)
    }

    static var peakMiB: Int { raw.ru_maxrss / 1024 }

    func since(_ earlier: Usage) -> Usage {
        Usage(cpu: Self.rounded(cpu - earlier.cpu), wall: Self.rounded(wall - earlier.wall))
    }

    private static var raw: rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
