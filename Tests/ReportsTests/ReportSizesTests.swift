import Foundation
import JSONBytes
import Reconciliation
import Testing

@testable import Reports

/// `ROLLCALL_REPORT_SIZES=FOLDER swift test --filter ReportSizes` writes reports of generated plans into a folder and prints
/// what they cost.
@Suite("Report sizes", .serialized, .enabled(if: ProcessInfo.processInfo.environment["ROLLCALL_REPORT_SIZES"] != nil))
struct ReportSizesTests {
    private static let folder = ProcessInfo.processInfo.environment["ROLLCALL_REPORT_SIZES"] ?? ""

    @Test("reports of so many changes", arguments: [0, 1, 1_000, 100_000])
    func sizes(count: Int) throws {
        for (name, make) in Self.reports {
            var report = make()
            let path = Self.folder + "/\(count).\(name)"
            try Data().write(to: URL(fileURLWithPath: path))
            let file = try #require(FileHandle(forWritingAtPath: path))
            var bytes = 0
            var spent = Duration.zero
            GeneratedPlan(count: count).forEachEvent { event in
                var text = ""
                spent += ContinuousClock().measure { text = report.text(for: event) }
                bytes += text.utf8.count
                file.write(Data(text.utf8))
            }
            try file.close()
            print("\(count) changes, \(name): \(bytes) bytes, \(spent), peak memory of the process \(Self.peakKiB) KiB")
        }
    }

    private static let reports: [(String, @Sendable () -> any Report)] = [
        ("html", { HTMLReport(context: ReportContext(job: "jobs/nightly.yaml")) }), ("csv", { CSVReport() }),
        ("json", { JSONReport() }), ("txt", { TextReport(style: .plain) }),
    ]

    private static var peakKiB: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }
}

/// A plan with a bit of everything, the same for the same size.
struct GeneratedPlan {
    let count: Int
    private static let first = ["Ana", "Kwame", "Mehmet", "Aoife", "נועה", "Imogen", "张", "Fatima", "José", "Solange"]
    private static let last = [
        "García", "Boateng", "Yıldırım", "Ní Bhriain", "כהן", "Williams", "伟", "Zahra", "Peña", "Charles",
    ]

    func forEachEvent(_ body: (PlanEvent) -> Void) {
        body(SamplePlan.header)
        var counts: [ChangeClass: Int] = [:]
        for index in 0..<count {
            let row = row(index)
            for change in row.changes { counts[change.changeClass, default: 0] += 1 }
            body(.row(row))
        }
        for index in 0..<(count / 100) { body(notice(index)) }
        for index in 0..<(count / 200) { body(quarantined(index)) }
        for gate in SamplePlan.gates { body(gate) }
        var summary = PlanSummary(
            counts: counts, situations: [.confirmed: 9 * count, .absent: count / 4, .sourceMissing: count / 20],
            quarantined: count / 200, completeness: .proven("totalResults agrees"),
            coverage: "users: complete, groups: complete", records: [.user: 10 * count, .group: count / 100],
            digest: PlanDigest.sha256("\(count)"))
        summary.unmapped = count > 1 ? ["faxNumber": count, "costCenterCode": count / 2] : [:]
        body(.summary(summary))
    }

    private func user(_ index: Int) -> Subject {
        let name = Self.first[index % 10] + " " + Self.last[index / 10 % 10] + " \(index)"
        return SamplePlan.user(
            "user\(index)@acme.example", name, anchor: "0f8fad5b-d9cb-469f-a165-\(100_000_000_000 + index)")
    }

    private func row(_ index: Int) -> PlanRow {
        switch index % 20 {
        case 0..<5:
            var row = SamplePlan.create("user\(index)@acme.example", "New \(index)", anchor: "n\(index)")
            row.subject = user(index)
            return row
        case 5:
            return PlanRow(
                phase: .deactivateUsers, subject: user(index), situation: .sourceMissing,
                reason: "not in the snapshot taken at 2026-01-15T01:00:00Z",
                changes: [Change(.deactivate, attributes: [.init(path: "active", before: true, after: false)])],
                edit: index % 200 == 5 ? .leaves : nil)
        case 6..<12:
            var row = SamplePlan.membership(
                index % 4 == 0 ? .memberRemove : .memberAdd, "Group \(index / 40 % 500)", "m", "m")
            row.member = user(index)
            return row
        default:
            return PlanRow(
                phase: .updateUsers, subject: user(index), situation: .confirmed, reason: "the source changed",
                changes: [
                    Change(
                        .update,
                        attributes: [
                            .init(
                                path: "title", before: .string("Clerk \(index % 7)"),
                                after: .string("Lead \(index % 5)")),
                            .init(path: SamplePlan.department, before: "Sales", after: "R&D"),
                        ], isDrift: index % 50 == 13)
                ])
        }
    }

    private func notice(_ index: Int) -> PlanEvent {
        .notice(
            Notice(
                subject: user(index), situation: .sourceMissing, text: "deactivate unless the source names them again",
                reason: "missing since 2026-01-12T01:00:00Z",
                due: .init(.deactivate, at: Instant(milliseconds: 1_768_500_000_000 + Int64(index) * 3_600_000))))
    }

    private func quarantined(_ index: Int) -> PlanEvent {
        .quarantined(
            Quarantined(
                kind: .user, anchor: Anchor("q\(index)"), name: "twin\(index)@acme.example", situation: .ambiguous,
                finding: Finding(
                    code: "AMBIGUOUS", detail: "two accounts match by userName",
                    cure: "link one of them, or change the other's userName"),
                place: Place(file: "drop/users.json", bytes: index..<(index + 300))))
    }
}
