import JSONBytes
import Reconciliation
import Reports

/// A plan with one of everything, built by hand.
enum SamplePlan {
    static let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
    static let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value"

    static func user(_ name: String, _ displayName: String?, anchor: String) -> Subject {
        Subject(
            kind: .user, anchor: Anchor(anchor), name: name, displayName: displayName, recordID: "r-" + anchor,
            accountID: "a-" + anchor)
    }

    static func group(_ name: String, anchor: String) -> Subject {
        Subject(kind: .group, anchor: Anchor(anchor), name: name, recordID: nil, accountID: "g-" + anchor)
    }

    static let header = PlanEvent.header(
        PlanHeader(
            organization: "acme", connection: "entra", job: "nightly", mode: .reconcile,
            asOf: Instant(milliseconds: 1_768_446_305_250), takenAt: Instant(milliseconds: 1_768_438_800_000),
            sourceDigest: "5f70bf18", files: [.init(path: "drop/users.json", bytes: 48_213, records: 65)],
            rulesHash: "aa11", createsConnection: true))

    static let rows: [PlanRow] = [
        PlanRow(
            phase: .free, subject: user("cfournier@acme.example", "Clara Fournier", anchor: "7d01"),
            situation: .confirmed, reason: "in scope",
            changes: [
                Change(
                    .rename,
                    attributes: [
                        .init(path: "userName", before: "cbergmann@acme.example", after: "cfournier@acme.example")
                    ]),
                Change(
                    .update,
                    attributes: [
                        .init(path: "name.familyName", before: "Bergmann", after: "Fournier"),
                        .init(
                            path: #"emails[type eq "work"]"#,
                            before: ["primary": true, "value": "cbergmann@acme.example"],
                            after: ["primary": true, "value": "cfournier@acme.example"]),
                    ]),
            ]),
        create("aoife@acme.example", "Aoife Ní Bhriain", anchor: "7d02"),
        create("mehmet@acme.example", "Mehmet Yıldırım", anchor: "7d03"),
        PlanRow(
            phase: .updateUsers, subject: user("iwilliams@acme.example", "Imogen Williams", anchor: "7d04"),
            situation: .confirmed, reason: "in scope",
            changes: [
                Change(
                    .update,
                    attributes: [
                        .init(
                            path: manager, before: "a-1", after: "a-2", beforeLabel: "Caroline Dawson",
                            afterLabel: "Rohan Patel")
                    ]),
                Change(
                    .update, attributes: [.init(path: "title", before: "Boss of all", after: "Analyst")], isDrift: true),
                Change(.attributeClear, attributes: [.init(path: "nickName", before: "Immy", after: nil)]),
            ]),
        membership(.memberAdd, "R&D", "aoife@acme.example", "Aoife Ní Bhriain"),
        membership(.memberAdd, "R&D", "mehmet@acme.example", "Mehmet Yıldırım"),
        membership(.memberRemove, "R&D On-call", "kboateng@acme.example", "Kwame Boateng"),
        PlanRow(
            phase: .deactivateUsers, subject: user("obrandt@acme.example", "Oliver Brandt", anchor: "7d05"),
            situation: .sourceMissing, reason: "not in the snapshot taken at 2026-01-15T01:00:00Z",
            changes: [Change(.deactivate, attributes: [.init(path: "active", before: true, after: false)])]),
        PlanRow(
            phase: .deactivateUsers, subject: user("vpetrov@acme.example", "Виктор Петров", anchor: "7d09"),
            situation: .outOfScope, reason: "out of scope: department EQUALS \"Sales\" is not so (\"Partners\")",
            changes: [Change(.deactivate, attributes: [.init(path: "active", before: true, after: false)])],
            edit: .leaves),
        PlanRow(
            phase: .bookkeeping, subject: user("silent@acme.example", nil, anchor: "7d06"), situation: .confirmed,
            reason: "in scope", changes: []),
    ]

    static func create(_ name: String, _ displayName: String, anchor: String) -> PlanRow {
        PlanRow(
            phase: .createUsers, subject: user(name, displayName, anchor: anchor), situation: .absent,
            reason: "no account matches",
            changes: [
                Change(
                    .create,
                    attributes: [
                        .init(path: "userName", before: nil, after: .string(name)),
                        .init(path: "displayName", before: nil, after: .string(displayName)),
                        .init(path: "title", before: nil, after: "Engineer"),
                        .init(path: department, before: nil, after: "R&D"),
                        .init(path: manager, before: nil, after: "a-2", afterLabel: "Rohan Patel"),
                        .init(path: "name.givenName", before: nil, after: "A"),
                    ])
            ],
            place: Place(file: "drop/users.json", bytes: 120..<480))
    }

    static func membership(_ item: ChangeClass, _ name: String, _ member: String, _ displayName: String) -> PlanRow {
        PlanRow(
            phase: item == .memberAdd ? .addMembers : .removeMembers, subject: group(name, anchor: "9a-" + name),
            situation: .confirmed,
            reason: item == .memberAdd ? "the source lists the member" : "the source no longer lists the member",
            changes: [Change(item)], member: user(member, displayName, anchor: "m-" + member))
    }

    static let quarantined = PlanEvent.quarantined(
        Quarantined(
            kind: .user, anchor: Anchor("7d07"), name: "twin@acme.example", situation: .ambiguous,
            finding: Finding(
                code: "AMBIGUOUS", detail: "two accounts match by userName",
                cure: "link one of them, or change the other's userName"),
            place: Place(file: "drop/users.json", bytes: 900..<1200)))

    static let notice = PlanEvent.notice(
        Notice(
            subject: user("held@acme.example", "Hella Held", anchor: "7d08"), situation: .held,
            text: "stays disabled", reason: "an administrator disabled the account"))

    /// About to lose access, the later one first.
    static let due: [PlanEvent] = [
        .notice(
            Notice(
                subject: user("later@acme.example", "Lara Later", anchor: "7d10"), situation: .sourceMissing,
                text: "deactivate in 6 days unless the source names them again",
                reason: "not in the snapshot taken at 2026-01-15T01:00:00Z",
                due: .init(.deactivate, at: Instant(milliseconds: 1_768_957_200_000)))),
        .notice(
            Notice(
                subject: user("soon@acme.example", "נועה כהן", anchor: "7d11"), situation: .sourceMissing,
                text: "delete in 1 day unless the source names them again",
                reason: "not in the snapshots since 2025-12-16T01:00:00Z",
                due: .init(.delete, at: Instant(milliseconds: 1_768_525_200_000)))),
    ]

    static let gates: [PlanEvent] = [
        .gate(
            GateReading(
                name: "plausibleSize.users", measured: 1, limit: 12, population: 64, tripped: false,
                detail: "65 users, 64 before: 0 fewer, 12 allowed")),
        .gate(
            GateReading(
                name: "limit.create", measured: 2, limit: nil, population: 60, tripped: false,
                detail: "2 create of 60, unlimited")),
    ]

    static let trippedGate = PlanEvent.gate(
        GateReading(
            name: "limit.deactivate", measured: 24, limit: 10, population: 60, tripped: true,
            detail: "24 deactivate of 60, 10 allowed"))

    static func summary(
        _ outcome: PlanSummary.Outcome, run: Int64? = nil, approved: Bool = false, deviations: [String] = []
    ) -> PlanEvent {
        var summary = PlanSummary(
            counts: [
                .rename: 1, .create: 2, .update: 2, .attributeClear: 1, .memberAdd: 2, .memberRemove: 1, .deactivate: 2,
            ],
            situations: [.confirmed: 57, .absent: 2, .outOfScope: 1, .sourceMissing: 3, .ambiguous: 1, .held: 1],
            quarantined: 1, deferredMembers: 2, completeness: .proven("@odata.count is 65"),
            coverage: "users: complete, groups: complete", records: [.user: 65, .group: 10],
            digest: "0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd0123abcd", outcome: outcome, run: run)
        summary.unmapped = ["faxNumber": 3, "onPremisesSamAccountName": 64, "employeeHireDate": 64]
        if approved { summary.approval = .init(by: "mira", at: Instant(milliseconds: 1_768_449_600_000)) }
        if outcome == .applied { summary.shown = summary.digest }
        summary.deviations = deviations
        return .summary(summary)
    }

    static var body: [PlanEvent] { [header] + rows.map(PlanEvent.row) + due + [notice, quarantined] + gates }
}

extension Report {
    /// All events, one after the other.
    mutating func page(_ events: [PlanEvent]) -> String { events.map { text(for: $0) }.joined() }
}
