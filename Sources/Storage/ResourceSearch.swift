import Foundation
import GRDB
import Reconciliation
import SCIM

/// A query for present records of a connection: what SQL answers of it, and what is left to the caller.
package struct ResourceSearch: Sendable {
    /// By what the results are sorted, and in which direction.
    package struct Sort: Sendable {
        package var path: AttributePath
        package var isDescending: Bool

        package init(path: AttributePath, isDescending: Bool) {
            self.path = path
            self.isDescending = isDescending
        }
    }

    /// Where a record stands in the order of the results: what a cursor keeps.
    package enum Position: Sendable, Equatable {
        /// Unsorted results stand in the order of creation.
        case row(Int64)
        case key([UInt8], id: String)
    }

    let scope: PushScope
    private let arms: [Arm]
    private let order: Order

    /// Whether the statements are worth keeping: clients can think up filters without end, but not without conjunctions.
    fileprivate let isCommon: Bool

    /// What has to be judged record by record, by kind; empty where SQL answers all of the filter.
    package let rests: [Kind: Filter]

    /// - Parameters:
    ///   - sort: `nil` sorts by creation. See ``canSort(by:kinds:)``.
    ///   - locationPrefix: what stands before the id in the `meta.location` of a kind.
    package init(
        _ scope: PushScope, kinds: [Kind], filter: Filter?, sort: Sort?, locationPrefix: (Kind) -> String
    ) {
        precondition(!kinds.isEmpty, "a query asks for some kind of record")
        self.scope = scope
        var rests: [Kind: Filter] = [:]
        var arms: [Arm] = []
        for kind in kinds {
            let columns = FilterColumns(
                kind: kind, locationPrefix: locationPrefix(kind), schemas: scope.schemas)
            let parts = FilterParts(filter, FilterSQL(columns: columns), FilterIndex(kind: kind, scope: scope))
            rests[kind] = parts.rest
            let key = sort.flatMap { SortColumn($0.path, columns, isAlone: kinds.count == 1) }
            precondition(sort == nil || key != nil, "the caller asked first whether this can be sorted by")
            arms.append(Arm(kind: kind, parts: parts, key: key))
        }
        self.rests = rests
        self.arms = arms
        if case .compare? = filter { isCommon = true } else { isCommon = filter == nil }
        order = sort.map { .key(isDescending: $0.isDescending) } ?? .row
    }

    /// Whether SQL can sort by the attribute.
    package static func canSort(by path: AttributePath, kinds: [Kind], in schemas: SchemaSet = .core) -> Bool {
        kinds.allSatisfy {
            SortColumn(
                path, FilterColumns(kind: $0, locationPrefix: "", schemas: schemas), isAlone: kinds.count == 1) != nil
        }
    }

    private enum Order { case row, key(isDescending: Bool) }

    /// The records of one kind.
    private struct Arm: Sendable {
        var kind: Kind
        var parts: FilterParts
        var key: SortColumn?
    }

    // MARK: - Statements

    /// Counts what fulfils the translated part of the filter.
    var counting: SQL {
        let counts = arms.map { "(SELECT count(*) FROM \(table($0, inOrder: false)) WHERE \(condition($0)))" as SQL }
        return "SELECT \(counts.joined(separator: " + "))"
    }

    /// A page of rows, each with its sort key: rows are chosen first, so that what an offset skips is not read whole.
    func page(after position: Position?, offset: Int, limit: Int) -> SQL {
        let selects = arms.map { select($0, after: position) }.joined(separator: " UNION ALL ")
        let columns = DirectoryRecord.columns(of: "d")
        return """
            WITH page (row, sortKey, id) AS (\(selects) ORDER BY \(sql: ordering("sortKey", "id", "row"))
                LIMIT \(limit) OFFSET \(offset))
            SELECT \(sql: columns), page.sortKey FROM page CROSS JOIN directoryRecord d ON d.row = page.row
            ORDER BY \(sql: ordering("page.sortKey", "page.id", "page.row"))
            """
    }

    private func ordering(_ key: String, _ id: String, _ row: String) -> String {
        switch order {
        case .row: row
        case .key(false): "\(key), \(id)"
        case .key(true): "\(key) DESC, \(id) DESC"
        }
    }

    private func select(_ arm: Arm, after position: Position?) -> SQL {
        let key = arm.key?.expression ?? "NULL"
        let id: SQL = arm.key == nil ? "NULL" : "r.id"
        let start: SQL = position.map { " AND \(follows($0, arm))" } ?? ""
        return """
            SELECT r.row AS row, \(key) AS sortKey, \(id) AS id FROM \(table(arm, inOrder: true))
            WHERE \(condition(arm))\(start)
            """
    }

    private func follows(_ position: Position, _ arm: Arm) -> SQL {
        switch (position, order, arm.key) {
        case (.row(let row), .row, _): return "r.row > \(row)"
        case (.key(let bytes, let id), .key(let isDescending), let key?):
            return "(\(key.expression), r.id) \(sql: isDescending ? "<" : ">") (\(key.bound(bytes)), \(id))"
        default: preconditionFailure("a position belongs to the order in which it was found")
        }
    }

    /// Rows that a filter's index names are looked up by number; else the index that the sort order has, if any, is walked.
    private func table(_ arm: Arm, inOrder: Bool) -> SQL {
        if arm.parts.rows != nil { return "directoryRecord AS r NOT INDEXED" }
        guard inOrder else { return "directoryRecord AS r" }
        return arm.key?.index.map { "directoryRecord AS r INDEXED BY \(sql: $0)" } ?? "directoryRecord AS r"
    }

    private func condition(_ arm: Arm) -> SQL {
        var parts: [SQL] = [
            "r.organization = \(scope.organization)", "r.connection = \(scope.connection)",
            "r.kind = '\(sql: arm.kind.rawValue)'", "r.present = 1",
        ]
        if let rows = arm.parts.rows { parts.append("r.row IN (\(rows))") }
        parts += arm.parts.conditions.map { "(\($0))" }
        return parts.joined(separator: " AND ")
    }
}

/// A filter taken apart at its outermost `and`.
private struct FilterParts: Sendable {
    /// What SQL judges.
    var conditions: [SQL] = []
    /// Among which rows the results are, where an index tells.
    var rows: SQL?
    /// What SQL cannot judge.
    var rest: Filter?

    init(_ filter: Filter?, _ translation: FilterSQL, _ index: FilterIndex) {
        guard let filter else { return }
        rows = index.rows(filter)
        for operand in filter.operands(of: .and) {
            if let condition = translation.condition(operand) {
                conditions.append(condition)
            } else {
                rest = rest.map { .and($0, operand) } ?? operand
            }
        }
    }
}

/// What SQL sorts by.
private struct SortColumn: Sendable {
    var expression: SQL
    /// The index that has the order.
    var index: String?
    /// Whether the expression is a column of text that is never NULL, instead of the bytes of a ``SortKey``.
    private var isText = false

    /// - Parameter isAlone: whether one kind is sorted; several are merged by the bytes of their sort keys.
    /// - Returns: `nil` for what SQL cannot tell.
    init?(_ path: AttributePath, _ columns: FilterColumns, isAlone: Bool) {
        if isAlone, let column = Self.column(of: path, columns.kind) {
            (expression, index) = column
            isText = true
            return
        }
        guard let source = columns.source(of: path) else { return nil }
        let json: SQL
        switch source {
        case .none: json = "NULL"
        case .one(let value): json = value.json
        case .many(let values):
            guard let order = values.order else { return nil }
            json = "(SELECT \(values.value.json) FROM \(values.from) ORDER BY \(order) LIMIT 1)"
        }
        expression = "rollcall_sortKey(\(json), \(path.textOrder.rawValue))"
    }

    private static func column(of path: AttributePath, _ kind: Kind) -> (SQL, index: String?)? {
        guard path.urn == nil, path.subAttribute == nil else { return nil }
        switch (path.attribute, kind) {
        case ("userName", .user): return ("r.nameKey", "directoryRecordName")
        case ("displayName", .group): return ("r.nameKey", "directoryRecordGroupName")
        case ("id", _): return ("r.id", nil)
        default: return nil
        }
    }

    func bound(_ bytes: [UInt8]) -> SQL { isText ? "\(String(decoding: bytes, as: UTF8.self))" : "\(Data(bytes))" }
}

extension Store {
    /// What a search found: the records with their positions, in order.
    package typealias Found = [(resource: StoredResource, position: ResourceSearch.Position)]

    /// How many records fulfil the translated part of the search, and a page of them, in one consistent state.
    ///
    /// - Parameters:
    ///   - position: of the last record before the page; `nil` begins with the first.
    ///   - offset: how many records are passed over after it.
    ///   - isCounted: whether the total is wanted: it costs a look at all that an index does not exclude.
    package func find(
        _ search: ResourceSearch, after position: ResourceSearch.Position? = nil, offset: Int = 0, limit: Int,
        isCounted: Bool
    ) throws -> (total: Int?, page: Found) {
        try read { db in
            let total =
                isCounted
                ? try SQLRequest<Int>(literal: search.counting, cached: search.isCommon).fetchOne(db) ?? 0 : nil
            guard limit > 0, total.map({ $0 > offset }) ?? true else { return (total, []) }
            let page = search.page(after: position, offset: offset, limit: limit)
            let rows = try SQLRequest<Row>(literal: page, cached: search.isCommon).fetchAll(db)
            return (total, try rows.map { try search.found($0) })
        }
    }
}

extension ResourceSearch {
    fileprivate func found(_ row: Row) throws -> (resource: StoredResource, position: Position) {
        let found = try FoundRecord(row: row)
        guard case .key = order else { return (found.stored, .row(found.row)) }
        let bytes =
            switch (row[DirectoryRecord.columnCount] as DatabaseValue).storage {
            case .blob(let data): [UInt8](data)
            case .string(let text): [UInt8](text.utf8)
            default: SortKey.none.bytes
            }
        return (found.stored, .key(bytes, id: found.record.id))
    }
}
