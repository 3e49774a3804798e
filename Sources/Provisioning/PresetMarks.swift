import Reconciliation
import Snapshots

/// The `complete` and `refuse` of a preset.
enum PresetMarks {
    static func complete(_ node: JobNode, _ paths: PresetPaths) throws(JobFileError) -> CompletenessRules {
        let table = try Table(
            node, called: "complete", keys: ["total", "next", "more", "done", "page", "pageSizes", "activeOnly"])
        var rules = CompletenessRules()
        if let node = table["total"] { try total(node, paths, &rules) }
        for node in table["next"]?.elements ?? [] { rules.next.append(try paths.field(node, "next")) }
        for node in table["more"]?.elements ?? [] { rules.more.append(try paths.field(node, "more")) }
        if let node = table["done"] { rules.done = try paths.condition(node, "done") }
        if let node = table["page"] {
            let page = try Table(node, called: "page", keys: ["number", "of"])
            rules.page = (
                try paths.field(try page.required("number"), "number"), try paths.field(try page.required("of"), "of")
            )
        }
        for node in table["pageSizes"]?.elements ?? [] { rules.pageSizes.insert(try node.count("pageSizes")) }
        if let node = table["activeOnly"] { rules.activeOnly = try activeOnly(node, paths) }
        return rules
    }

    private static func total(
        _ node: JobNode, _ paths: PresetPaths, _ rules: inout CompletenessRules
    ) throws(JobFileError) {
        guard case .map = node.content else {
            rules.total = try paths.field(node, "total")
            return
        }
        let table = try Table(node, called: "total", keys: ["users", "groups"])
        if let node = table["users"] { rules.totals[.user] = try paths.field(node, "users") }
        if let node = table["groups"] { rules.totals[.group] = try paths.field(node, "groups") }
    }

    private static func activeOnly(
        _ node: JobNode, _ paths: PresetPaths
    ) throws(JobFileError) -> CompletenessRules.ActiveOnly? {
        guard case .map = node.content else { return try node.flag("activeOnly") ? .always : nil }
        let table = try Table(node, called: "activeOnly", keys: ["unless"])
        return .unless(try paths.field(try table.required("unless"), "unless"))
    }

    static func refusals(_ node: JobNode, _ paths: PresetPaths) throws(JobFileError) -> [Refusal] {
        var refusals: [Refusal] = []
        for node in node.elements {
            let table = try Table(node, called: "refuse", keys: ["path", "has", "lacks", "because", "delta"])
            let isDelta = try table["delta"].map { node throws(JobFileError) in try node.flag("delta") } ?? false
            let because = try table["because"].map { node throws(JobFileError) in try node.text("because") }
            refusals.append(
                Refusal(
                    when: try paths.condition(table),
                    because: because ?? (isDelta ? "a delta" : "an error of the service"),
                    isDelta: isDelta))
        }
        return refusals
    }
}
