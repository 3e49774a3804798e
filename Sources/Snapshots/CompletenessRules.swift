import JSONBytes
import Reconciliation

/// What a document of an export says about being whole, as data.
package struct CompletenessRules: Sendable, Hashable {
    /// How many records there are, over all pages.
    package var total: FieldPath?
    /// How many of one kind there are.
    package var totals: [Kind: FieldPath] = [:]
    /// Has a value where another page follows. Its absence means something: the service writes it whenever there is more.
    package var next: [FieldPath] = []
    /// Says true or false: there is more.
    package var more: [FieldPath] = []
    /// Has one of these values in a document that came to its end.
    package var done: RecordCondition?
    /// Number of this page, and of all.
    package var page: (number: FieldPath, of: FieldPath)?
    /// Numbers of records at which this service cuts pages, beside the usual ones.
    package var pageSizes: Set<Int> = []
    /// Files of this kind have only active people; what tells them.
    package var activeOnly: ActiveOnly?

    package enum ActiveOnly: Sendable, Hashable {
        case always
        /// Where no record has a value at the path.
        case unless(FieldPath)
    }

    package init() {}

    var paths: [FieldPath] {
        var paths = next + more + Array(totals.values)
        if let total { paths.append(total) }
        if let done { paths.append(done.path) }
        if let page { paths += [page.number, page.of] }
        return paths
    }

    package static func == (left: CompletenessRules, right: CompletenessRules) -> Bool {
        left.paths == right.paths && left.done == right.done && left.pageSizes == right.pageSizes
            && left.activeOnly == right.activeOnly
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(paths) }
}

/// What one document of a file said, apart from its records.
struct DocumentMarks {
    var counts: [Kind: Int] = [:]
    var elements: Int { counts.values.reduce(0, +) }
    var total: Int?
    var totals: [Kind: Int] = [:]
    var hasNext = false
    var saysWhenThereIsMore = false
    /// It says outright whether it came to its end.
    var isDone: Bool?
    var page: JSONFileMarks.Page?
}

extension CompletenessRules {
    /// - Parameter beside: what stands beside the records; `nil` in a bare list, which has no place for marks.
    func marks(_ beside: RecordView?, counts: [Kind: Int]) -> DocumentMarks {
        var marks = DocumentMarks(counts: counts)
        guard let beside else { return marks }
        func number(_ path: FieldPath) -> Int? {
            beside.values(path).first?.plainText.flatMap { Int($0.trimmingWhiteSpace) }
        }
        marks.total = total.flatMap(number)
        for (kind, path) in totals { marks.totals[kind] = number(path) }
        marks.hasNext = next.contains { beside.values($0).contains(where: RecordCondition.isThere) }
        marks.saysWhenThereIsMore = !next.isEmpty
        for path in more {
            guard let flag = beside.values(path).first.flatMap(LooseBoolean.read) else { continue }
            if flag { marks.hasNext = true }
            marks.isDone = (marks.isDone ?? true) && !flag
        }
        if let done { marks.isDone = (marks.isDone ?? true) && done.holds(in: beside) }
        if let page, let own = number(page.number), let count = number(page.of) {
            marks.page = JSONFileMarks.Page(number: own, count: count)
        }
        return marks
    }
}

extension DocumentMarks {
    /// The marks for one kind: its own total if the document has one for it.
    func marks(of kind: Kind) -> JSONFileMarks {
        var marks = JSONFileMarks(elements: elements)
        if let own = totals[kind] {
            marks.total = own
            marks.elements = counts[kind] ?? 0
        } else {
            marks.total = total
        }
        marks.hasNext = hasNext
        marks.saysWhenThereIsMore = saysWhenThereIsMore
        marks.isDone = isDone
        marks.page = page
        return marks
    }
}
