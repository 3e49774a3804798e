import JSONBytes
import Reconciliation
import SCIM
import Testing

/// Rows in which every property is filled.
enum FullRows {
    static let record = DirectoryRecord(
        id: "r1", kind: .user, anchor: Anchor("a1"), reference: "k1", name: "ada", active: false,
        attributes: Attributes([.init(path: "userName", value: "ada"), .init(path: "x", value: ["y": [1, true]])]),
        cleared: ["title"],
        references: [
            RecordReference(path: "m1", target: .source(key: "k2")),
            RecordReference(path: "m2", target: .record(id: "r2")),
        ],
        source: ["userType": "Guest"], version: 7, decidedVersion: 6, origin: .push,
        pushedAt: Instant(milliseconds: 11),
        missingSince: Instant(milliseconds: 12), deletedAt: Instant(milliseconds: 13))

    static func subject(_ name: String, anchor: String?) -> Subject {
        Subject(
            kind: .user, anchor: anchor.map(Anchor.init), name: name, displayName: "Ada", recordID: "r1",
            accountID: "u1")
    }

    static let changes = [
        Change(
            .update,
            attributes: [
                AttributeChange(path: "title", before: "old", after: nil),
                AttributeChange(
                    path: "manager", before: "u8", after: "u9", beforeLabel: "Old", afterLabel: "New",
                    afterIdentity: "anchor:n"),
            ], isDrift: true),
        Change(.rename, attributes: [AttributeChange(path: "userName", before: nil, after: "ada")]),
    ]

    static var rows: [PlanRow] {
        let writes: [MemberWrite] = [
            .listed(recordID: "r"), .unlisted(recordID: "r"), .deferred(key: "k"), .undeferred(key: "k"),
            .resolved(key: "k", recordID: "r"),
        ]
        return [
            PlanRow(
                phase: .free, subject: subject("ada", anchor: "a1"), situation: .confirmed, reason: "because",
                changes: changes,
                record: .store(record, previousVersion: 6, hash: "abc", dueAt: Instant(milliseconds: 99)),
                link: .init(accountID: "u1", evidence: "externalId"), accountVersion: 3,
                place: Place(file: "u.json", bytes: 5..<10)),
            PlanRow(
                phase: .bookkeeping,
                subject: Subject(kind: .group, anchor: nil, name: "g", recordID: nil, accountID: nil),
                situation: .unseen, reason: "", changes: [], record: .decided(version: 4)),
            PlanRow(
                phase: .createUsers, subject: subject("ben", anchor: nil), situation: .absent, reason: "new",
                changes: [Change(.create)], record: .store(record, previousVersion: nil, hash: "", dueAt: nil)),
        ]
            + writes.map {
                PlanRow(
                    phase: .addMembers, subject: subject("g", anchor: "g1"), situation: .confirmed, reason: "listed",
                    changes: [Change(.memberAdd)], member: subject("ada", anchor: "a1"), memberWrite: $0)
            }
    }
}

@Suite("The digest of a plan")
struct PlanDigestTests {
    private func digest(_ rows: [PlanRow], organization: String = "acme", connection: String = "main") -> String {
        var digest = PlanDigest(organization: organization, connection: connection)
        for row in rows { digest.add(row) }
        return digest.finalize()
    }

    @Test("the order of rows does not matter")
    func order() {
        let rows = FullRows.rows
        let expected = digest(rows)
        #expect(expected.count == 64)
        for shift in rows.indices {
            #expect(digest(Array(rows[shift...] + rows[..<shift])) == expected)
        }
        #expect(digest(rows.reversed()) == expected)
    }

    @Test("generated ids, versions, times, places, reasons and bookkeeping do not count")
    func incidental() {
        let row = FullRows.rows[0]
        var other = row
        other.subject.recordID = "r7"
        other.subject.accountID = "u7"
        other.subject.displayName = nil
        other.reason = "another reason"
        other.place = nil
        other.accountVersion = 9
        other.record = .decided(version: 1)
        other.link = nil
        other.phase = .updateUsers
        other.changes[0].attributes[1].after = "u10"
        other.changes[0].attributes[1].afterLabel = nil
        #expect(digest([other]) == digest([row]))
        #expect(digest([FullRows.rows[1]]) == digest([]))
    }

    @Test("whatever happens to people counts")
    func essential() {
        let row = FullRows.rows[0]
        let variants: [(inout PlanRow) -> Void] = [
            { $0.subject.anchor = Anchor("a2") },
            { $0.subject.kind = .group },
            { $0.changes[0].changeClass = .attributeClear },
            { $0.changes[0].attributes[0].path = "nickName" },
            { $0.changes[0].attributes[0].before = "older" },
            { $0.changes[0].attributes[0].after = "new" },
            { $0.changes[0].attributes[1].afterIdentity = "anchor:other" },
            { $0.changes.removeLast() },
            { $0.member = FullRows.subject("ben", anchor: "b1") },
        ]
        var digests = [digest([row]), digest([row], organization: "other"), digest([row], connection: "other")]
        for variant in variants {
            var other = row
            variant(&other)
            digests.append(digest([other]))
        }
        #expect(Set(digests).count == digests.count)
        #expect(digest([row, row]) != digest([row]))
    }
}

@Suite("Plans as text")
struct CodingTests {
    private func reread(_ object: JSONObject) throws -> JSONObject {
        try #require(try JSONValue(parsing: JSONValue.object(object).text).object)
    }

    @Test("a row that is written and read is the same row")
    func rows() throws {
        for row in FullRows.rows { #expect(try PlanRow(json: reread(row.json)) == row) }
    }

    @Test("header, notice, quarantined record, gate and summary come back as they were")
    func events() throws {
        let header = PlanHeader(
            organization: "acme", connection: "main", job: "nightly", mode: .import, asOf: Instant(milliseconds: 5),
            takenAt: Instant(milliseconds: 4), sourceDigest: "d", files: [.init(path: "u", bytes: 1, records: 2)],
            rulesHash: "h", createsConnection: true)
        #expect(try PlanHeader(json: reread(header.json)) == header)
        let bare = PlanHeader(
            organization: "acme", connection: "main", job: "drain", mode: .reconcile, asOf: Instant(milliseconds: 5))
        #expect(try PlanHeader(json: reread(bare.json)) == bare)
        let notice = Notice(
            subject: FullRows.subject("ada", anchor: nil), situation: .held, text: "t", reason: "r")
        #expect(try Notice(json: reread(notice.json)) == notice)
        let entry = Quarantined(
            kind: .user, anchor: Anchor("a"), name: "n", situation: .taken,
            finding: Finding(code: "TAKEN", detail: "d", cure: "c"), place: Place(file: "f", bytes: 1..<2),
            recordID: "r",
            version: 3)
        #expect(try Quarantined(json: reread(entry.json)) == entry)
        let reading = GateReading(name: "g", measured: 1, limit: nil, population: 4, tripped: true, detail: "d")
        #expect(try GateReading(json: reread(reading.json)) == reading)
    }

    @Test("a summary comes back with every outcome")
    func summaries() throws {
        for outcome: PlanSummary.Outcome in [.planned, .applied, .refused, .unexpected("abc"), .interrupted] {
            let summary = PlanSummary(
                counts: [.create: 1, .memberRemove: 2], situations: [.absent: 1, .taken: 3], quarantined: 3,
                deferredMembers: 4, completeness: .plausible("why"), coverage: "users: complete", records: [.user: 5],
                digest: "d", outcome: outcome, run: 6, stale: 7)
            #expect(try PlanSummary(json: reread(summary.json)) == summary)
        }
        #expect(try PlanSummary(json: reread(PlanSummary().json)) == PlanSummary())
    }

    @Test("rules come back as they were, with the same hash")
    func rules() throws {
        var rules = Rules()
        #expect(try Rules(json: reread(rules.json)) == rules)
        rules.userScope = .clauses([
            [
                ScopingClause(
                    attribute: .slot(path: "emails", isMultiValued: true), operator: .isIn, values: ["a", "b"],
                    match: .all),
                ScopingClause(attribute: .active, operator: .isTrue, values: []),
            ],
            [
                ScopingClause(
                    attribute: .source("userType"), operator: .notEquals, values: ["G"], emptyNotEquals: true),
                ScopingClause(attribute: .externalId, operator: .startsWith, values: ["1"]),
            ],
        ])
        rules.groupScope = .expression(try Filter(parsing: #"displayName sw "app-""#))
        rules.mappingText = "scim/1"
        rules.onCreateOnly = ["title", "nickName"]
        rules.matching = [MatchingRule(.userName)]
        rules.policies.outOfScope = .keep
        rules.policies.deactivateAfter = .after(.seconds(7 * 86_400))
        let again = try Rules(json: reread(rules.json))
        #expect(again == rules && again.hash == rules.hash && rules.hash != Rules().hash)
    }

    @Test("what does not fit is refused with the name of the entry")
    func failures() throws {
        var row = FullRows.rows[0].json
        row["situation"] = "NO_SUCH"
        #expect(throws: CodingFailure.self) { try PlanRow(json: row) }
        row = FullRows.rows[0].json
        row["phase"] = 99
        #expect(throws: CodingFailure.self) { try PlanRow(json: row) }
        row["phase"] = nil
        #expect(throws: CodingFailure.self) { try PlanRow(json: row) }
    }
}
