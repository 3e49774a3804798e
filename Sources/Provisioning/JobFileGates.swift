import Reconciliation

/// The `gates` of a job. What is not said keeps its default.
enum JobGates {
    /// The classes with limits, by the names that they have in a job; `disable` is the name most products use.
    private static let classes: [(key: String, changeClass: ChangeClass)] = [
        ("disable", .deactivate), ("deactivate", .deactivate), ("delete", .delete), ("memberRemove", .memberRemove),
        ("groupDelete", .groupDisable), ("groupDisable", .groupDisable), ("rename", .rename), ("update", .update),
        ("create", .create),
        ("attributeClear", .attributeClear),
    ]

    static func read(_ node: JobNode) throws(JobFileError) -> GateLimits {
        let table = try Table(
            node, called: "gates",
            keys: ["shrink", "canaries", "sameRules", "keyChurn", "everythingChanged"] + classes.map(\.key))
        var limits = GateLimits()
        if let node = table["shrink"] {
            try share(node, "shrink", percent: &limits.shrinkPercent, floor: &limits.shrinkFloor)
        }
        if let node = table["canaries"] {
            for element in try node.texts("canaries", separator: ",") {
                limits.canaries.append(try element.text("canaries"))
            }
        }
        for (one, other) in [("disable", "deactivate"), ("groupDelete", "groupDisable")]
        where table[one] != nil && table[other] != nil {
            throw JobFileError(
                .key, table.place(of: other), "\(one) and \(other) are the same limit", cure: "keep one of them")
        }
        if let node = table["sameRules"] {
            limits.editLeavers = try unlimited(node, "sameRules") ? nil : try node.count("sameRules")
        }
        if let node = table["keyChurn"] {
            try share(node, "keyChurn", percent: &limits.churnPercent, floor: &limits.churnFloor)
        }
        if let node = table["everythingChanged"] {
            try share(node, "everythingChanged", percent: &limits.updatedPercent, floor: &limits.updatedFloor)
        }
        for (key, changeClass) in classes {
            guard let node = table[key] else { continue }
            limits.classes[changeClass] = try limit(node, key, over: limits.limit(changeClass))
        }
        return limits
    }

    /// `20%`, or a table that has the number below which nothing trips, too.
    private static func share(
        _ node: JobNode, _ key: String, percent: inout Int, floor: inout Int
    ) throws(JobFileError) {
        guard case .map = node.content else {
            percent = try node.percent(key)
            return
        }
        let table = try Table(node, called: key, keys: ["percent", "floor"])
        if let node = table["percent"] { percent = try node.percent("percent") }
        if let node = table["floor"] { floor = try node.count("floor") }
    }

    /// `50` is a count, `5%` a percentage, a table says more.
    private static func limit(_ node: JobNode, _ key: String, over old: ClassLimit) throws(JobFileError) -> ClassLimit {
        var limit = old
        guard case .map = node.content else {
            if try node.text(key).hasSuffix("%") {
                limit.percent = try percent(node, key)
            } else {
                limit.count = try unlimited(node, key) ? nil : try node.count(key)
            }
            return limit
        }
        let table = try Table(node, called: key, keys: ["count", "percent", "floor"])
        if let node = table["count"] { limit.count = try unlimited(node, "count") ? nil : try node.count("count") }
        if let node = table["percent"] {
            if key == "create" { _ = try percent(node, key) }
            limit.percent = try unlimited(node, "percent") ? nil : try percent(node, "percent")
        }
        if let node = table["floor"] { limit.floor = .number(try node.count("floor")) }
        return limit
    }

    private static func percent(_ node: JobNode, _ key: String) throws(JobFileError) -> Int {
        guard key != "create" else {
            throw JobFileError(
                .value, node.place, "create has no percentage: an empty store has nobody to measure it by",
                cure: "say a count")
        }
        return try node.percent(key)
    }

    private static func unlimited(_ node: JobNode, _ key: String) throws(JobFileError) -> Bool {
        try node.text(key) == "unlimited"
    }
}
