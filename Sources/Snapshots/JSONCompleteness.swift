import JSONBytes
import Reconciliation

/// What one JSON file says about being whole.
struct JSONFileMarks {
    /// Records in this file, of all kinds.
    var elements: Int
    /// The total that the file names, over all pages of its query.
    var total: Int?
    /// It says that another page follows.
    var hasNext = false
    /// It comes from a service that would say so if another page followed.
    var saysWhenThereIsMore = false
    /// It says outright whether it came to its end; `nil` when it does not say.
    var isDone: Bool?
    var page: Page?

    /// Which page it is, from 1.
    struct Page: Hashable {
        var number: Int
        var count: Int
    }
}

/// Judges the files of one kind as a set, since the pages of one export may come as many files.
enum JSONCompleteness {
    /// Numbers at which services cut pages: without a total they prove nothing.
    static let pageSizes: Set<Int> = [20, 50, 100, 200, 250, 500, 999, 1000]

    /// - Parameter pageSizes: further numbers at which the service cuts pages.
    static func judge(_ files: [JSONFileMarks], pageSizes own: Set<Int> = []) -> Completeness {
        let elements = files.reduce(0) { $0 + $1.elements }
        let open = files.count { $0.hasNext }
        if let missing = missingPages(files) { return .partial(missing) }
        if open == 0, files.contains(where: { $0.isDone == false }) {
            return .partial("the export lacks the mark that it came to its end")
        }
        if open == files.count { return .partial("the export says that more pages follow the last file") }
        if open == 0 && files.allSatisfy({ $0.total == $0.elements }) {
            return .proven("\(elements) records, as the export's own total says")
        }
        let totals = Set(files.compactMap(\.total))
        if totals.count > 1 { return .partial("the totals of the files contradict each other or their records") }
        if let total = totals.first {
            if total == elements && open < files.count {
                return .proven("\(elements) records on \(files.count) pages, as their total says")
            }
            return .partial("the export says that there are \(total) records, and has \(elements)")
        }
        if open > 0 { return .plausible("\(files.count) pages without a total; one of them says that it is the last") }
        if files.allSatisfy({ $0.page != nil }) { return .proven("all \(files.count) pages are here") }
        if files.allSatisfy({ $0.isDone == true }) { return .proven("the export says that it came to its end") }
        if files.allSatisfy({ $0.saysWhenThereIsMore && !isPageSize($0.elements, own) }) {
            return .proven("no page says that another follows")
        }
        return .plausible("the files have no mark that says whether they are whole")
    }

    /// A number of records at which a list may have been cut.
    static func isPageSize(_ count: Int, _ own: Set<Int>) -> Bool { pageSizes.contains(count) || own.contains(count) }

    /// Pages that say which they are have to be all of them, each once.
    private static func missingPages(_ files: [JSONFileMarks]) -> String? {
        let pages = files.compactMap(\.page)
        guard let count = pages.map(\.count).max() else { return nil }
        if Set(pages.map(\.number)) == Set(1...max(count, 1)), pages.count == max(count, 1), pages.count == files.count
        {
            return nil
        }
        return "the export has \(count) pages, and here are \(pages.map { String($0.number) }.joined(separator: ", "))"
    }
}

extension JSONFileMarks {
    /// Reads the marks of a Graph export and refuses what is no snapshot.
    init(entraGraph export: JSONExport, kind: SourceSpecification.SnapshotKind) throws(SnapshotError) {
        elements = export.elements
        guard export.shape == .object else { return }
        let members = export.members
        let path = export.file.path
        if !export.hasRecords {
            if let error = members["error"] ?? members["odata.error"] {
                let code = error.object?["code"]?.string ?? "without a code"
                throw SnapshotError(
                    .errorBody, file: path,
                    detail: "this is an error of the service (\(code)), not an export; export again")
            }
            throw SnapshotError(
                .noRecords, file: path,
                detail: "there is no array \"value\" in it; check that it is an answer of Microsoft Graph")
        }
        let next = members["@odata.nextLink"]?.string
        if kind == .full && (members["@odata.deltaLink"] != nil || next?.contains("/delta") == true) {
            throw SnapshotError(
                .delta, file: path,
                detail:
                    "this is a delta, which says nothing about who is not in it; export /users and /groups, not /delta, or "
                    + "say 'kind: delta' under source")
        }
        total = members["@odata.count"]?.integer
        hasNext = next != nil
        saysWhenThereIsMore = members["@odata.context"] != nil
    }

    /// Reads the marks of a SCIM ListResponse and refuses what is none.
    init(scim export: JSONExport) throws(SnapshotError) {
        elements = export.elements
        guard export.shape == .object else { return }
        let members = export.members
        let path = export.file.path
        let schemas = members["schemas"]?.array?.compactMap(\.string) ?? []
        if schemas.contains("urn:ietf:params:scim:api:messages:2.0:Error")
            || (!export.hasRecords && members["error"] != nil)
        {
            let status = members["status"]?.scalarText ?? "unknown"
            throw SnapshotError(
                .errorBody, file: path,
                detail: "this is an error of the service (status \(status)), not an export; export again")
        }
        total = members["totalResults"]?.integer
        if !export.hasRecords && total == nil {
            throw SnapshotError(
                .noRecords, file: path,
                detail: "there is no array \"Resources\" in it; check that it is a SCIM ListResponse")
        }
        if members["nextCursor"]?.string != nil { hasNext = true }
    }
}
