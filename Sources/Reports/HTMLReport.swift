import JSONBytes
import Reconciliation

/// A plan or run as one page for somebody to read and sign off: no network, no files beside it.
///
/// The text comes in one pass. Rows become data in the page's head as they are told; what a reader sees first is written
/// when the summary is known. A script shows all rows from that data, some at a time; without script, and on paper,
/// the page has the first ``shownMax`` of each kind and says how many there are.
///
/// Not swift-mustache: a template engine has no stream, and ``HTML`` makes an unescaped value unsayable.
package struct HTMLReport: Report {
    /// How many rows of each part stand in the page itself. Two hundred are read, nobody reads a thousand on paper.
    package static let shownMax = 200
    /// How many groups, and how many members of each, stand in the page itself.
    static let groupsMax = 100
    static let membersMax = 50

    let context: ReportContext
    var header: PlanHeader?
    var tally = Tally()
    var shown: [ChangePart: Bounded<PlanRow>] = [:]
    var groups = GroupBlocks()
    var edited: [RulesEdit: Bounded<PlanRow>] = [:]
    var due = Bounded<Notice>(HTMLReport.shownMax)
    var notes = Bounded<Notice>(HTMLReport.shownMax)
    var quarantined = Bounded<Quarantined>(HTMLReport.shownMax)
    var tripped = Bounded<GateReading>(HTMLReport.shownMax)
    var passed = Bounded<GateReading>(HTMLReport.shownMax)
    /// Lines of data so far.
    var lines = 0

    package init(context: ReportContext = ReportContext()) { self.context = context }

    package mutating func text(for event: PlanEvent) -> String {
        switch event {
        case .header(let header):
            self.header = header
            return headText(header)
        case .row(let row):
            guard !row.changes.isEmpty else { return "" }
            add(row)
            return line(Self.data(row))
        case .quarantined(let item):
            quarantined.add(item)
            return line(Self.data(item))
        case .notice(let notice):
            if notice.due == nil { notes.add(notice) } else { due.add(notice, keepingFirstBy: Notice.isSooner) }
            return line(Self.data(notice))
        case .gate(let reading):
            if reading.tripped { tripped.add(reading) } else { passed.add(reading) }
            return ""
        case .summary(let summary):
            due.settle(by: Notice.isSooner)
            return Self.dataEnd + bodyText(summary).markup
        }
    }

    private mutating func add(_ row: PlanRow) {
        tally.add(row)
        if let edit = row.edit { edited[edit, default: Bounded(Self.shownMax)].add(row) }
        if row.member != nil {
            groups.add(row)
        } else {
            shown[ChangePart(row.changes), default: Bounded(Self.shownMax)].add(row)
        }
    }

    private mutating func line(_ data: JSONValue) -> String {
        lines += 1
        return (lines == 1 ? "" : ",\n") + ScriptJSON.text(data.text)
    }
}

/// The parts in which changes are listed, the dangerous first.
enum ChangePart: Int, CaseIterable, Comparable {
    case loses, changes, joins, memberships

    init(_ changes: [Change]) {
        switch Tally.Effect(changes) {
        case .loses: self = .loses
        case .joins, .returns: self = .joins
        case .changes, .links, nil: self = .changes
        }
    }

    static func < (left: ChangePart, right: ChangePart) -> Bool { left.rawValue < right.rawValue }

    var title: String {
        switch self {
        case .loses: "Loses access"
        case .changes: "Changes"
        case .joins: "Joins or comes back"
        case .memberships: "Memberships"
        }
    }
}

/// Memberships under their groups: the first groups, and of each the first members.
struct GroupBlocks {
    struct Block {
        var group: Subject
        var members = Bounded<(member: Subject, change: Change, edit: RulesEdit?)>(HTMLReport.membersMax)
        var added = 0
        var removed = 0
        var reasons: [ChangeClass: String] = [:]
    }

    private(set) var blocks: [Block] = []
    private(set) var total = 0
    private var places: [String: Int] = [:]

    /// Memberships whose group is not kept.
    private(set) var beyond = 0

    mutating func add(_ row: PlanRow) {
        guard let member = row.member else { return }
        total += row.changes.count
        let key = row.subject.anchor.map { "a" + $0.value } ?? "n" + row.subject.name
        guard let place = places[key] ?? open(row.subject, key) else {
            beyond += row.changes.count
            return
        }
        for change in row.changes {
            blocks[place].members.add((member, change, row.edit))
            if change.changeClass == .memberRemove { blocks[place].removed += 1 } else { blocks[place].added += 1 }
            blocks[place].reasons[change.changeClass] = row.reason
        }
    }

    private mutating func open(_ group: Subject, _ key: String) -> Int? {
        guard blocks.count < HTMLReport.groupsMax else { return nil }
        blocks.append(Block(group: group))
        places[key] = blocks.count - 1
        return blocks.count - 1
    }
}

extension Notice {
    static func isSooner(_ left: Notice, _ right: Notice) -> Bool {
        guard let first = left.due?.at, let second = right.due?.at else { return false }
        return (first, left.subject.name) < (second, right.subject.name)
    }
}
